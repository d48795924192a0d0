"""Whether a cutover ties: what another system had beside ours, before it is closed over."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path

from revrec.disclosure.cutover import Tied, cutover_differences, cutover_totals, tied
from revrec.errors import FeedError
from revrec.feeds.documents import read_text
from revrec.model.dataset import DataSet
from revrec.money import to_minor
from revrec.operations.computing import compute, read_inputs
from revrec.operations.workspace import Workspace
from revrec.periods import Period
from revrec.store.transaction import Transaction

Controls = Mapping[tuple[str, str], int]
"""Account and currency -> the other system's total, in minor units."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TiedCutover:
    """Contracts taken over by the end of a period, beside the other system's balances."""

    balances: Sequence[Tied]
    controls: Controls

    @property
    def contracts(self) -> int:
        """How many are taken over."""
        return len({each.contract for each in self.balances if each.theirs or each.ours})

    @property
    def open(self) -> Sequence[str]:
        """What differs and nobody gave a reason for, and control totals that are not met."""
        named = [f"{each.contract} {each.account}" for each in self.balances if each.is_open]
        names = [column.name for column in self.datasets[0].columns]
        off, account = names.index("off"), names.index("account")
        totals = [f"total {row[account]}" for row in self.datasets[0].rows if row[off]]
        return [*named, *totals]

    @property
    def datasets(self) -> tuple[DataSet, DataSet]:
        """Totals by account, and the contracts that differ."""
        return cutover_totals(self.balances, self.controls), cutover_differences(self.balances)


def tied_cutover(workspace: Workspace, period: Period, controls: Controls) -> TiedCutover:
    """What is taken over by the end of the period, as a close of it would compute it.

    Raises PeriodNotReady when contracts cannot be accounted for.
    """

    def show(tx: Transaction) -> TiedCutover:
        computed = compute(read_inputs(tx, workspace.lake, None), period)
        found = tied(computed.inputs.book, computed.at_cutover)
        return TiedCutover(balances=found, controls=controls)

    return workspace.run(show, read_only=True)


def read_controls(path: Path) -> Controls:
    """Totals by account from a CSV file of account, currency and amount; rows of one add up.

    Raises FeedError naming the row that does not fit, or for a file without rows.
    """
    found: defaultdict[tuple[str, str], int] = defaultdict(int)
    for number, row in enumerate(csv.DictReader(read_text(path).splitlines()), start=1):
        try:
            key = row["account"], row["currency"]
            found[key] += to_minor(Decimal(row["amount"]), row["currency"])
        except (KeyError, InvalidOperation, TypeError) as error:
            raise FeedError(
                f"{path.name}, row {number}: no account, currency and amount.",
                remedy="Write account,currency,amount, such as receivable,USD,1200.50.",
                source=path.name,
            ) from error
        except FeedError as error:
            raise FeedError(
                f"{path.name}, row {number}: {error.message}",
                remedy=error.remedy,
                source=path.name,
            ) from error
    if not found:
        raise FeedError(f"{path.name} has no totals.", remedy="Give one row at least.")
    return dict(found)
