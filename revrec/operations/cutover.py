"""Whether a cutover ties: what another system had beside ours, before it is closed over."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path

from revrec.disclosure.cutover import (
    Tied,
    TiedTotal,
    cutover_differences,
    cutover_totals,
    tied,
    tied_totals,
)
from revrec.errors import FeedError
from revrec.feeds.documents import read_text
from revrec.model.dataset import DataSet
from revrec.model.opening import ControlTotal, CutoverAccount
from revrec.money import to_minor
from revrec.operations.computing import compute, posted_by, read_inputs
from revrec.operations.known import pins_at
from revrec.operations.workspace import Workspace
from revrec.periods import Period
from revrec.store.transaction import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class TiedCutover:
    """Contracts taken over by the end of a period, beside the other system's balances."""

    balances: Sequence[Tied]
    totals: Sequence[TiedTotal]

    @property
    def contracts(self) -> int:
        """How many are taken over."""
        return len({each.contract for each in self.balances if each.theirs or each.ours})

    @property
    def open(self) -> Sequence[str]:
        """What differs and nobody gave a reason for, and control totals that are not met."""
        named = [f"{each.contract} {each.account}" for each in self.balances if each.is_open]
        return [*named, *(str(each) for each in self.totals if each.is_open)]

    @property
    def datasets(self) -> tuple[DataSet, DataSet]:
        """Totals by account, and the contracts that differ."""
        return cutover_totals(self.totals), cutover_differences(self.balances)


def tied_cutover(
    workspace: Workspace,
    period: Period,
    controls: Sequence[ControlTotal] = (),
    *,
    known_at: datetime | None = None,
) -> TiedCutover:
    """What is taken over by the end of the period, as a close of it would compute it.

    By what was known at a moment, or is now. ``controls`` take the place of the control totals
    that are recorded.
    Raises PeriodNotReady when contracts cannot be accounted for.
    """

    def show(tx: Transaction) -> TiedCutover:
        pins = pins_at(tx, workspace.lake, known_at)
        posted = posted_by(tx, workspace.lake, known_at)
        computed = compute(read_inputs(tx, workspace.lake, pins, posted=posted), period)
        book = computed.inputs.book
        found = tied(book, computed.at_cutover)
        totals = tied_totals(found, controls or book.control_totals, period.last)
        return TiedCutover(balances=found, totals=totals)

    return workspace.run(show, read_only=True)


def read_controls(path: Path, on: date) -> list[ControlTotal]:
    """Totals of a day of cutover from a CSV file of account, currency and amount.

    Raises FeedError naming the row that does not fit, or for a file without rows.
    """
    found = []
    for number, row in enumerate(csv.DictReader(read_text(path).splitlines()), start=1):
        place = f"{path.name}, row {number}"
        try:
            account, currency, amount = row["account"], row["currency"], Decimal(row["amount"])
            to_minor(amount, currency)
        except (KeyError, InvalidOperation, TypeError) as error:
            raise FeedError(
                f"{place}: no account, currency and amount.",
                remedy="Write account,currency,amount, such as receivable,USD,1200.50.",
                source=path.name,
            ) from error
        except FeedError as error:
            raise FeedError(
                f"{place}: {error.message}", remedy=error.remedy, source=path.name
            ) from error
        if account not in set(CutoverAccount):
            raise FeedError(
                f"{place}: {account!r} is no account of a cutover.",
                remedy=f"Use one of: {', '.join(CutoverAccount)}.",
                source=path.name,
            )
        found.append(
            ControlTotal(
                id=place, on=on, account=CutoverAccount(account), currency=currency, amount=amount
            )
        )
    if not found:
        raise FeedError(f"{path.name} has no totals.", remedy="Give one row at least.")
    return found
