"""How far commitments are consumed at a date, beside an even course, and what is missing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Context, Decimal
from fractions import Fraction

from revrec.commitments.burn import Burned, held_in
from revrec.commitments.lots import Held, scale_of
from revrec.commitments.standing import counted_of
from revrec.model.commitment import Commitment, CommitmentForm
from revrec.model.contract import Contract, CountedIn
from revrec.model.events import CreditMemo, Invoice
from revrec.model.history import ContractHistory
from revrec.money import AMOUNT_SCALE, atoms, from_minor, minor_digits, round_ratio
from revrec.periods import FOREVER, next_day
from revrec.rating.settlement import SpendingCommitment, shortfalls

_EXACT = Context(prec=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitmentStanding:
    """A commitment at the end of a day; counts are in its unit, percentages have two decimals."""

    account: str
    contract: str
    customer: str
    region: str
    commitment: str
    form: CommitmentForm
    within: str | None
    counted_in: CountedIn
    currency: str
    first_day: date
    last_day: date | None
    amount: Decimal
    """As amended by then."""
    price: Decimal
    consumed: Decimal
    """By its own use and that of commitments within it, also after what rolled over."""
    remaining: Decimal
    rolled_over: Decimal
    lapsed: Decimal
    exceeded: Decimal
    """Use that was beyond it."""
    days_left: int | None
    expected_percent: Decimal | None
    """Of an even course from the first day to the last."""
    actual_percent: Decimal | None
    projected: Decimal | None
    """Use by the last day if it goes on as it did on average."""
    shortfall_projected: Decimal | None
    overage_projected: Decimal | None
    exhausted_on: date | None
    """The day on which it was used up, or will be at the average so far."""
    true_up_on: date | None
    shortfall: Decimal
    """What is missing so far, what is charged for those within it counted in."""
    true_up: Decimal
    """What is owed for that, once the day of the true-up has come; nothing if prepaid."""


def commitment_standings(
    burned: Burned, histories: Mapping[str, ContractHistory], as_of: date
) -> Iterator[CommitmentStanding]:
    """Every commitment of an account that has begun, in the order of their first days."""
    begun = commitments_in(burned, as_of)
    missing = missing_of(begun, histories, as_of)
    for held in begun:
        contract = histories[held.of.contract].contract
        yield _standing(burned, held, contract, missing[held.origin], as_of)


def commitments_in(burned: Burned, as_of: date) -> list[Held]:
    """Commitments of an account that have begun by a day, without what rolled over of them."""
    held = sorted(held_in(burned), key=lambda each: (each.first, each.lot.name))
    return [
        each
        for each in held
        if isinstance(each.of, Commitment)
        and not each.rolled_over
        and each.lot.begun
        and each.first <= as_of
    ]


def missing_of(
    begun: Iterable[Held], histories: Mapping[str, ContractHistory], as_of: date
) -> dict[str, int]:
    """Atoms missing to each commitment; what is missing within one counts towards it as used."""
    listed = list(begun)
    spending = [each for each in listed if each.of.counted_in is CountedIn.AMOUNT]
    known = {each.lot.name for each in spending}
    told = shortfalls(
        [
            SpendingCommitment(
                id=each.origin,
                amount=Decimal(each.lot.amount + each.lot.adjusted),
                within=each.lot.within.name
                if each.lot.within and each.lot.within.name in known
                else None,
            )
            for each in spending
        ],
        {
            each.origin: Decimal(
                each.lot.drawn
                + each.lot.exceeded
                + _billed(each, histories[each.of.contract], as_of)
            )
            for each in spending
        },
    )
    found = {name: int(amount) for name, amount in told.items()}
    for each in listed:
        lot = each.lot
        used = lot.drawn + lot.counted + lot.exceeded
        found.setdefault(each.origin, max(lot.amount + lot.adjusted - used, 0))
    return found


def _billed(held: Held, history: ContractHistory, as_of: date) -> int:
    """Atoms billed, less credited, that count as spending: by the day the service begins."""
    names = held.of.counts_billed if isinstance(held.of, Commitment) else ()
    if not names:
        return 0
    last = held.last_day(as_of)
    bills: list[tuple[int, Invoice | CreditMemo]] = [(1, each) for each in history.invoices]
    bills += [(-1, each) for each in history.credit_memos]
    return sum(
        sign * atoms(line.amount, AMOUNT_SCALE)
        for sign, bill in bills
        for line in bill.lines
        if bill.on <= as_of
        and line.consideration in names
        and held.first <= (line.service_from or bill.on) <= last
    )


def true_up_of(held: Held, missing: int, currency: str, as_of: date) -> int:
    """What is owed for what is missing, in minor units; nothing before its day or if prepaid."""
    on = true_up_on(held, as_of)
    if not isinstance(held.of, Commitment) or held.of.form is CommitmentForm.PREPAID:
        return 0
    whole = held.lot.amount + held.lot.adjusted
    if on is None or as_of < on or not whole:
        return 0
    exact = Fraction(held.price(as_of)) * 10 ** minor_digits(currency) * Fraction(missing, whole)
    return round_ratio(exact.numerator, exact.denominator)


def true_up_on(held: Held, as_of: date) -> date | None:
    """The day on which what is missing is billed: as told, else the day after the last."""
    if isinstance(held.of, Commitment) and held.of.true_up_on and not held.of.recurs:
        return held.of.true_up_on
    last = held.last_day(as_of)
    return None if last == FOREVER else next_day(last)


def _standing(
    burned: Burned, held: Held, contract: Contract, missing: int, as_of: date
) -> CommitmentStanding:
    lot, told = held.lot, held.of
    assert isinstance(told, Commitment)
    scale = scale_of(told.counted_in)
    last = held.last_day(as_of)
    whole = lot.amount + lot.adjusted
    consumed = lot.drawn + lot.counted + (lot.into.drawn if lot.into else 0)
    course = _Course(held.first, last, as_of, consumed + lot.exceeded)
    projected = course.projected

    def counted(atoms: int) -> Decimal:
        return Decimal(atoms).scaleb(-scale, _EXACT)

    return CommitmentStanding(
        account=burned.account.id,
        contract=contract.id,
        customer=contract.customer,
        region=contract.region,
        commitment=held.origin,
        form=told.form,
        within=told.within,
        counted_in=told.counted_in,
        currency=contract.currency,
        first_day=held.first,
        last_day=None if last == FOREVER else last,
        amount=counted(whole),
        price=held.price(as_of),
        consumed=counted(consumed),
        remaining=counted(lot.balance + (lot.into.balance if lot.into else 0)),
        rolled_over=counted(lot.carried),
        lapsed=counted(lot.lapsed + (lot.into.lapsed if lot.into else 0)),
        exceeded=counted(lot.exceeded),
        days_left=course.days_left,
        expected_percent=course.expected_percent,
        actual_percent=_percent(Fraction(consumed, whole)) if whole else None,
        projected=None if projected is None else counted(projected),
        shortfall_projected=None if projected is None else counted(max(whole - projected, 0)),
        overage_projected=None if projected is None else counted(max(projected - whole, 0)),
        exhausted_on=_used_up(burned, held, whole) or course.reaches(whole),
        true_up_on=true_up_on(held, as_of),
        shortfall=counted(missing),
        true_up=from_minor(true_up_of(held, missing, contract.currency, as_of), contract.currency),
    )


@dataclass(frozen=True, slots=True)
class _Course:
    """Use so far over a window of days, as an average."""

    first: date
    last: date
    as_of: date
    used: int

    @property
    def elapsed(self) -> int:
        """Days of the window up to the day, itself included."""
        return (min(self.as_of, self.last) - self.first).days + 1

    @property
    def days(self) -> int | None:
        """Days of the whole window; none if it has no end."""
        return None if self.last == FOREVER else (self.last - self.first).days + 1

    @property
    def days_left(self) -> int | None:
        return None if self.days is None else self.days - self.elapsed

    @property
    def expected_percent(self) -> Decimal | None:
        return None if self.days is None else _percent(Fraction(self.elapsed, self.days))

    @property
    def projected(self) -> int | None:
        """Use by the last day, to the nearest atom."""
        return None if self.days is None else round_ratio(self.used * self.days, self.elapsed)

    def reaches(self, whole: int) -> date | None:
        """The day on which use reaches an amount at its average; none if it never does."""
        if self.used <= 0 or self.as_of > self.last:
            return None
        days = -(-whole * self.elapsed // self.used)
        ahead = max(days, 1) - 1
        left = (FOREVER - self.first).days
        return None if ahead >= left else self.first + timedelta(days=ahead)


def _used_up(burned: Burned, held: Held, whole: int) -> date | None:
    """The day on which the draws reached all of it and stayed there."""
    if held.lot.balance or held.lot.drawn + held.lot.counted < whole or not whole:
        return None
    inner = {each.lot.name: each.lot for each in held_in(burned) if is_within(each, held)}
    total = 0
    found: date | None = None
    for draw in burned.draws:
        if draw.lot in inner and not draw.exceeds:
            total += counted_of(draw, inner[draw.lot])
            if total < whole:
                found = None
            elif found is None:
                found = draw.day
    return found


def is_within(each: Held, outer: Held) -> bool:
    """Whether what is used of a commitment counts towards another, or it is that one."""
    lot = each.lot
    while lot is not outer.lot:
        if lot.within is None:
            return False
        lot = lot.within
    return True


def _percent(ratio: Fraction) -> Decimal:
    return Decimal(round_ratio(ratio.numerator * 10_000, ratio.denominator)).scaleb(-2)
