"""Whether what was taken over ties to the other system, by contract and account."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from revrec.disclosure import columns as c
from revrec.model.dataset import DataSet
from revrec.model.history import Book
from revrec.model.opening import OpeningBalance
from revrec.money import to_minor

BALANCES = (
    "receivable",
    "contract_asset",
    "contract_liability",
    "refund_liability",
    "contract_costs",
)
NOT_TAKEN_OVER = "not_taken_over"
"""In place of an account: the contract stands here and was not taken over."""
RECOGNIZED = "recognised"
"""In place of an account: revenue to date."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tied:
    """A balance of a contract at its cutover, in minor units."""

    contract: str
    currency: str
    account: str
    theirs: int
    ours: int
    reason: str
    """Why a person accepts the difference."""

    @property
    def difference(self) -> int:
        """Ours less theirs."""
        return self.ours - self.theirs

    @property
    def is_open(self) -> bool:
        """Differs, and nobody said why that is right."""
        missing = self.account == NOT_TAKEN_OVER
        return (missing or bool(self.difference)) and not self.reason


def tied(
    book: Book, at_cutover: Mapping[str, Mapping[str, int]], posted: Collection[str] = ()
) -> list[Tied]:
    """Every balance told of contracts that are taken over, beside ours, and contracts left out.

    ``at_cutover`` are our balances by contract on its day of cutover. Contracts that are
    ``posted`` were here before; where there are none, every contract signed by then is expected.
    """
    taken = [
        (history.contract.currency, told, at_cutover[name])
        for name, history in sorted(book.histories.items())
        if name in at_cutover and name not in posted
        for told in history.openings
    ]
    found = [each for of_contract in taken for each in _balances(*of_contract)]
    if posted or not taken:
        return found
    last = max(told.on for _, told, _ in taken)
    return [
        *found,
        *(
            Tied(
                contract=name,
                currency=history.contract.currency,
                account=NOT_TAKEN_OVER,
                theirs=0,
                ours=0,
                reason="",
            )
            for name, history in sorted(book.histories.items())
            if not history.openings and history.contract.inception <= last
        ),
    ]


def cutover_totals(tied_here: Iterable[Tied], controls: Mapping[tuple[str, str], int]) -> DataSet:
    """By account and currency: what was told, ours, and the other system's control totals."""
    sums: dict[tuple[str, str], list[int]] = {}
    for each in tied_here:
        if each.account != NOT_TAKEN_OVER:
            told = sums.setdefault((each.account, each.currency), [0, 0])
            told[0] += each.theirs
            told[1] += each.ours
    rows = []
    for key in sorted({*sums, *controls}):
        theirs, ours = sums.get(key, (0, 0))
        control = controls.get(key)
        off = None if control is None else theirs - control
        rows.append((*key, theirs, ours, ours - theirs, control, off, c.key_of(*key)))
    return DataSet(
        name="cutover_totals",
        title="Balances taken over",
        columns=[
            c.text("account", "Account"), c.CURRENCY, c.money("theirs", "As told by contract"),
            c.money("ours", "Ours"), c.money("difference", "Ours less told"),
            c.money("control", "Control total"), c.money("off", "Told less control total"),
            c.ROW_KEY,
        ],
        rows=rows,
    )  # fmt: skip


def cutover_differences(tied_here: Iterable[Tied]) -> DataSet:
    """Contracts and accounts that differ, with the reason where one was given."""
    return DataSet(
        name="cutover_differences",
        title="Differences at cutover",
        columns=[
            c.CONTRACT, c.text("account", "Account"), c.CURRENCY, c.money("theirs", "Theirs"),
            c.money("ours", "Ours"), c.money("difference", "Ours less theirs"),
            c.text("reason", "Reason"), c.ROW_KEY,
        ],
        rows=[
            (
                *(each.contract, each.account, each.currency, each.theirs, each.ours),
                *(each.difference, each.reason, c.key_of(each.contract, each.account)),
            )
            for each in tied_here
            if each.difference or each.account == NOT_TAKEN_OVER
        ],
    )  # fmt: skip


def _balances(currency: str, told: OpeningBalance, ours: Mapping[str, int]) -> Iterator[Tied]:
    revenue = sum(to_minor(each.recognized, currency) for each in told.obligations)
    theirs = {name: to_minor(getattr(told, name), currency) for name in BALANCES}
    for account, amount in {RECOGNIZED: revenue, **theirs}.items():
        if amount or ours[account]:
            yield Tied(
                contract=told.contract,
                currency=currency,
                account=account,
                theirs=amount,
                ours=ours[account],
                reason=told.reason,
            )
