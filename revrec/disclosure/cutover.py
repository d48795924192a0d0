"""Whether what was taken over ties to the other system, by contract and account."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from revrec.disclosure import columns as c
from revrec.model.dataset import DataSet
from revrec.model.history import Book
from revrec.model.opening import ControlTotal, CutoverAccount, OpeningBalance
from revrec.money import to_minor

_BALANCES = [each.value for each in CutoverAccount if each is not CutoverAccount.RECOGNISED]
NOT_TAKEN_OVER = "not_taken_over"
"""In place of an account: the contract stands here and was not taken over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tied:
    """A balance of a contract at its cutover, in minor units."""

    on: date
    """The day of cutover."""
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


@dataclass(frozen=True, slots=True, kw_only=True)
class TiedTotal:
    """An account of all contracts taken over on a day, in minor units."""

    on: date
    account: str
    currency: str
    theirs: int
    """As told by contract."""
    ours: int
    control: int | None
    """As the other system's ledger shows it; none if that was not told."""
    reason: str
    """Why a person accepts that it is not what was told by contract."""

    @property
    def off(self) -> int | None:
        """What was told by contract less the control total."""
        return None if self.control is None else self.theirs - self.control

    @property
    def is_open(self) -> bool:
        """Off, and nobody said why that is right."""
        return bool(self.off) and not self.reason

    def __str__(self) -> str:
        return f"total {self.account} {self.currency} of {self.on}"


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
                on=last,
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


def tied_totals(
    tied_here: Iterable[Tied], controls: Iterable[ControlTotal], through: date
) -> list[TiedTotal]:
    """By day, account and currency: what was told, ours, and control totals of days through one."""
    sums: dict[tuple[date, str, str], tuple[int, int]] = {}
    for each in tied_here:
        if each.account != NOT_TAKEN_OVER:
            key = each.on, each.account, each.currency
            theirs, ours = sums.get(key, (0, 0))
            sums[key] = theirs + each.theirs, ours + each.ours
    shown: dict[tuple[date, str, str], list[ControlTotal]] = {}
    for total in controls:
        if total.on <= through:
            key = total.on, total.account.value, total.currency
            shown.setdefault(key, []).append(total)
    return [
        TiedTotal(
            on=on,
            account=account,
            currency=currency,
            theirs=theirs,
            ours=ours,
            control=sum(to_minor(each.amount, currency) for each in told) if told else None,
            reason="; ".join(each.reason for each in told if each.reason),
        )
        for on, account, currency in sorted({*sums, *shown})
        for theirs, ours in [sums.get((on, account, currency), (0, 0))]
        for told in [shown.get((on, account, currency), [])]
    ]


def cutover_totals(totals: Iterable[TiedTotal]) -> DataSet:
    """By day, account and currency: what was told, ours, and the other system's control totals."""
    return DataSet(
        name="cutover_totals",
        title="Balances taken over",
        columns=[
            c.day("on", "Day of cutover"), c.text("account", "Account"), c.CURRENCY,
            c.money("theirs", "As told by contract"),
            c.money("ours", "Ours"), c.money("difference", "Ours less told"),
            c.money("control", "Control total"), c.money("off", "Told less control total"),
            c.text("reason", "Reason"), c.ROW_KEY,
        ],
        rows=[
            (
                *(each.on, each.account, each.currency, each.theirs, each.ours),
                *(each.ours - each.theirs, each.control, each.off, each.reason),
                c.key_of(each.on.isoformat(), each.account, each.currency),
            )
            for each in totals
        ],
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
    theirs = {name: to_minor(getattr(told, name), currency) for name in _BALANCES}
    for account, amount in {CutoverAccount.RECOGNISED.value: revenue, **theirs}.items():
        if amount or ours[account]:
            yield Tied(
                on=told.on,
                contract=told.contract,
                currency=currency,
                account=account,
                theirs=amount,
                ours=ours[account],
                reason=told.reason,
            )
