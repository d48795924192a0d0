"""A parallel run: two schedules of the same contracts, and why they differ.

Revenue is compared by contract, obligation where both tell it, and period; balances by contract
and period. A difference is named by the first rule that accounts for it; what none accounts for
is unexplained. Amounts are minor units; a difference is ours less theirs.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

REVENUE = "revenue"
"""The measure that is compared by obligation."""
_GRAIN = 8
"""Full periods of the same service differ by less than this part of them, whatever the grain of
time: 28 days are 8% fewer than a twelfth of the year."""


class Status(StrEnum):
    """How two figures compare."""

    MATCHED = "matched"
    WITHIN_TOLERANCE = "within_tolerance"
    DIFFERING = "differing"
    ONLY_THERE = "only_there"
    ONLY_HERE = "only_here"


class Reason(StrEnum):
    """Why they differ, in the order in which the rules are asked."""

    NONE = ""
    ROUNDING = "rounding"
    """Within the tolerance."""
    CURRENCY = "currency"
    """The contract is in another currency."""
    CONTRACT = "contract"
    """One side does not have the contract."""
    OBLIGATION = "obligation"
    """One side does not have the obligation, and the contract's total differs."""
    ALLOCATION = "allocation"
    """The contract's total is the same, shared otherwise by obligations."""
    PRORATION = "proration"
    """The same total over the same periods, by another grain of time."""
    TIMING = "timing"
    """The same total in other periods."""
    MODIFICATION = "modification"
    """The same until a modification took effect."""
    PRICE = "price"
    """The same shape for another price."""
    REVENUE = "revenue"
    """A balance that differs by what revenue to date differs."""
    UNEXPLAINED = "unexplained"


@dataclass(frozen=True, slots=True, order=True)
class Cell:
    """What is compared."""

    contract: str
    obligation: str
    """Empty where a side tells the contract as a whole, and for balances."""
    currency: str
    measure: str
    period: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """A figure on both sides."""

    cell: Cell
    theirs: int
    ours: int
    status: Status
    reason: Reason

    @property
    def difference(self) -> int:
        """Ours less theirs."""
        return self.ours - self.theirs


@dataclass(slots=True, kw_only=True)
class Schedule:
    """One side: figures in minor units, and the periods in which modifications took effect."""

    figures: dict[Cell, int] = field(default_factory=lambda: defaultdict(int))
    modified: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def only(self, periods: Collection[str]) -> Schedule:
        """Of these periods."""
        kept = {cell: each for cell, each in self.figures.items() if cell.period in periods}
        return Schedule(figures=kept, modified=self.modified)

    def whole(self, contracts: Collection[str]) -> Schedule:
        """With the revenue of these contracts in one, whatever its obligations."""
        found = Schedule(modified=self.modified)
        for cell, amount in self.figures.items():
            name = "" if cell.contract in contracts else cell.obligation
            at = Cell(cell.contract, name, cell.currency, cell.measure, cell.period)
            found.figures[at] += amount
        return found


def compare(theirs: Schedule, ours: Schedule, *, tolerance: int = 0) -> list[Compared]:
    """Every figure of either side, in order; ``tolerance`` in minor units for each of them.

    Only periods of their schedule are compared. A contract of which they tell the whole is
    compared as a whole.
    """
    ours = ours.only({cell.period for cell in theirs.figures})
    revenue = [cell for cell in theirs.figures if cell.measure == REVENUE]
    as_a_whole = {cell.contract for cell in revenue if not cell.obligation}
    theirs, ours = theirs.whole(as_a_whole), ours.whole(as_a_whole)
    told = {cell.measure for cell in theirs.figures}
    cells = {*theirs.figures, *(cell for cell in ours.figures if cell.measure in told)}
    by_contract: defaultdict[str, list[Cell]] = defaultdict(list)
    for cell in sorted(cells):
        by_contract[cell.contract].append(cell)
    return [
        each
        for contract, listed in sorted(by_contract.items())
        for each in _Contract(contract, listed, theirs, ours, tolerance).compared()
    ]


Amounts = Mapping[str, int]
"""Period -> minor units."""


@dataclass(slots=True)
class _Contract:
    """A contract on both sides."""

    name: str
    cells: list[Cell]
    theirs: Schedule
    ours: Schedule
    tolerance: int
    known: tuple[frozenset[tuple[str, str, str]], ...] = ()
    """What they have and what we have: obligation, currency and measure."""

    def __post_init__(self) -> None:
        """Look once what either side has."""
        self.known = tuple(
            frozenset(
                (each.obligation, each.currency, each.measure)
                for each in self.cells
                if each in side.figures
            )
            for side in (self.theirs, self.ours)
        )

    def compared(self) -> Iterator[Compared]:
        """Its figures with status and reason."""
        reasons: dict[tuple[str, str], Reason] = {}
        for cell in self.cells:
            theirs, ours = (side.figures.get(cell, 0) for side in (self.theirs, self.ours))
            status = self._status(cell, ours - theirs)
            reason = Reason.ROUNDING if status is Status.WITHIN_TOLERANCE else Reason.NONE
            if status not in {Status.MATCHED, Status.WITHIN_TOLERANCE}:
                key = cell.obligation, cell.measure
                if key not in reasons or cell.measure != REVENUE:
                    reasons[key] = self._of_sides() or self._of(cell, ours - theirs)
                reason = reasons[key]
            yield Compared(cell=cell, theirs=theirs, ours=ours, status=status, reason=reason)

    def _status(self, cell: Cell, difference: int) -> Status:
        if not difference:
            return Status.MATCHED
        if self._has(self.theirs, cell) and self._has(self.ours, cell):
            within = abs(difference) <= self.tolerance
            return Status.WITHIN_TOLERANCE if within else Status.DIFFERING
        return Status.ONLY_HERE if self._has(self.ours, cell) else Status.ONLY_THERE

    def _has(self, side: Schedule, like: Cell) -> bool:
        """Whether a side has the contract's obligation in any period."""
        return (like.obligation, like.currency, like.measure) in self.known[side is self.ours]

    def _of_sides(self) -> Reason:
        """What is so of the contract, whatever its amounts."""
        currencies = [{currency for _, currency, _ in known} for known in self.known]
        if not all(currencies):
            return Reason.CONTRACT
        return Reason.NONE if currencies[0] == currencies[1] else Reason.CURRENCY

    def _of(self, cell: Cell, difference: int) -> Reason:
        """The first rule that accounts for what differs."""
        if cell.measure != REVENUE:
            return self._of_balance(cell, difference)
        return self._of_contract(cell) or self._of_amounts(cell)

    def _of_contract(self, cell: Cell) -> Reason:
        """What only the whole contract shows; none if it is the obligation alone."""
        sides = (self.theirs, self.ours)
        whole = [sum(self._amounts(side, None).values()) for side in sides]
        part = [sum(self._amounts(side, cell.obligation).values()) for side in sides]
        periods = len({each.period for each in self.cells})
        if self._same(whole, len(self.cells)) and not self._same(part, periods):
            return Reason.ALLOCATION
        return Reason.NONE if all(self._has(side, cell) for side in sides) else Reason.OBLIGATION

    def _of_amounts(self, cell: Cell) -> Reason:
        """What the amounts of an obligation by period show."""
        theirs, ours = (self._amounts(side, cell.obligation) for side in (self.theirs, self.ours))
        if self._same([sum(theirs.values()), sum(ours.values())], len(ours)):
            return Reason.PRORATION if self._by_grain(theirs, ours) else Reason.TIMING
        if self._since_modified(theirs, ours):
            return Reason.MODIFICATION
        return Reason.PRICE if self._in_proportion(theirs, ours) else Reason.UNEXPLAINED

    def _of_balance(self, cell: Cell, difference: int) -> Reason:
        """A balance follows revenue to date, where nothing else differs."""
        to_date = sum(
            side.figures.get(each, 0) * sign
            for side, sign in ((self.ours, 1), (self.theirs, -1))
            for each in self.cells
            if each.measure == REVENUE and each.period <= cell.period
        )
        sign = 1 if cell.measure == "contract_asset" else -1
        follows = abs(difference - sign * to_date) <= self.tolerance
        return Reason.REVENUE if to_date and follows else Reason.UNEXPLAINED

    def _amounts(self, side: Schedule, obligation: str | None) -> Amounts:
        """Revenue by period of an obligation, or of the contract; every period of the contract."""
        found = dict.fromkeys(sorted({each.period for each in self.cells}), 0)
        for each in self.cells:
            if each.measure == REVENUE and obligation in {None, each.obligation}:
                found[each.period] += side.figures.get(each, 0)
        return found

    def _same(self, totals: Sequence[int], figures: int) -> bool:
        theirs, ours = totals
        return abs(ours - theirs) <= self.tolerance * figures

    def _by_grain(self, theirs: Amounts, ours: Amounts) -> bool:
        """The same service periods, of which full ones differ a little and the ends as they may."""
        served = [period for period, amount in theirs.items() if amount]
        if served != [period for period, amount in ours.items() if amount]:
            return False
        return all(
            abs(ours[each] - theirs[each]) * _GRAIN <= abs(ours[each]) for each in served[1:-1]
        )

    def _since_modified(self, theirs: Amounts, ours: Amounts) -> bool:
        """Nothing differs before a modification, known here or there, and what follows does."""
        differing = (each for each in ours if abs(ours[each] - theirs[each]) > self.tolerance)
        first = next(differing, "")
        modified = self.ours.modified.get(self.name, set())
        return first in modified | self.theirs.modified.get(self.name, set())

    def _in_proportion(self, theirs: Amounts, ours: Amounts) -> bool:
        """Every period in the proportion of the totals, to a minor unit and the tolerance."""
        of_theirs, of_ours = sum(theirs.values()), sum(ours.values())
        if not of_theirs or not of_ours:
            return False
        most = (self.tolerance + 1) * abs(of_theirs)
        return all(abs(ours[each] * of_theirs - theirs[each] * of_ours) <= most for each in ours)
