"""Parallel runs: the books beside the schedule of another system, or beside other policies.

Nothing is written. Under other policies everything is computed as a close would, and taken back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa

from revrec import engine
from revrec.asc606.modification import takes_effect
from revrec.columnar import connect
from revrec.disclosure import columns as c
from revrec.errors import FeedError
from revrec.ledger.subledger import Subledger, first_period
from revrec.model.dataset import DataSet
from revrec.model.fact import Fact
from revrec.operations.computing import read_inputs
from revrec.operations.workspace import Workspace
from revrec.periods import Period
from revrec.recognition.counts import usage_by_obligation
from revrec.reconciliation.parallel import REVENUE, Cell, Compared, Schedule, Status, compare
from revrec.store import entities, facts
from revrec.store.entities import Entity
from revrec.store.lake import Lake
from revrec.store.transaction import Transaction, taken_back

_BALANCES = ("receivable", "contract_asset", "contract_liability", "refund_liability")


@dataclass(frozen=True, slots=True, kw_only=True)
class ParallelRun:
    """What agrees and what does not, of the periods compared."""

    entity: Entity
    first: Period
    last: Period
    compared: Sequence[Compared]
    refused: Sequence[str]
    """Why contracts could not be accounted for here; they count as not being here."""
    known_at: datetime
    fact_seq: int
    prepared_by: str

    @property
    def differences(self) -> Sequence[Compared]:
        """What is neither the same nor within the tolerance."""
        agree = {Status.MATCHED, Status.WITHIN_TOLERANCE}
        return [each for each in self.compared if each.status not in agree]

    @property
    def datasets(self) -> tuple[DataSet, DataSet]:
        """How much of it there is for which reason, and every figure that differs at all."""
        return _summary(self.compared), _figures(self.compared)


def parallel_run(workspace: Workspace, theirs: Schedule, *, tolerance: int = 0) -> ParallelRun:
    """Compare the schedule of another system with ours, over the periods it tells.

    ``tolerance`` is in minor units for each figure. Raises FeedError when it tells no period.
    """
    calendar = workspace.calendar()
    told = sorted(calendar.parse(each) for each in {cell.period for cell in theirs.figures})
    if not told:
        raise FeedError("The schedule tells no period.", remedy="Give at least one row.")
    first, last = told[0], told[-1]

    def run(tx: Transaction) -> ParallelRun:
        ours, refused = _ours(tx, workspace.lake, first, last)
        found = compare(theirs, ours, tolerance=tolerance)
        return _run(tx, first, last, found, refused)

    return workspace.run(run, read_only=True)


def policies_in_parallel(
    workspace: Workspace, told: Sequence[Fact], first: Period, last: Period
) -> ParallelRun:
    """Compare the books under other facts, such as a policy, with the books as they are.

    Theirs are the books under the facts told. Raises FeedError for an end before the beginning.
    """
    if last < first:
        raise FeedError(f"The periods end with {last}, before {first}.", remedy="Turn them round.")

    def run(tx: Transaction) -> ParallelRun:
        ours, refused = _ours(tx, workspace.lake, first, last)
        with taken_back(tx):
            facts.record(tx, told)
            theirs, others = _ours(tx, workspace.lake, first, last)
        return _run(tx, first, last, compare(theirs, ours), sorted({*refused, *others}))

    return workspace.run(run)


def _run(
    tx: Transaction,
    first: Period,
    last: Period,
    compared: Sequence[Compared],
    refused: Sequence[str],
) -> ParallelRun:
    return ParallelRun(
        entity=entities.get(tx) or Entity(id=tx.entity, name="", functional_currency="USD"),
        first=first,
        last=last,
        compared=compared,
        refused=refused,
        known_at=tx.now,
        fact_seq=facts.last_seq(tx),
        prepared_by=tx.actor,
    )


def _ours(tx: Transaction, lake: Lake, first: Period, last: Period) -> tuple[Schedule, list[str]]:
    """The books as known now: revenue and balances of every period from the first to the last."""
    inputs = read_inputs(tx, lake, None)
    book, periods = inputs.book, [*first.through(last)]
    days = [first.previous.last, *(each.last for each in periods)]
    known = sorted({*days, *(each.last for each in first_period(book, first).through(first))})
    counts = usage_by_obligation(inputs.usage, book.histories.values())
    accounting = engine.account(book, known, usage=[counts])
    found = Schedule()
    with connect() as database:
        database.register("segments", accounting.recognised.columns)
        database.register("recognised", accounting.recognised.table)
        database.register("periods", _table(periods))
        rows = database.execute(
            """
            select contract, obligation, currency, period,
                   sum(case when r.day = p.day then revenue else -revenue end)::bigint as amount
            from recognised r join segments s using (segment)
            join periods p on r.day = p.day or r.day = p.before
            group by all having amount <> 0
            """
        ).fetchall()
    for contract, obligation, currency, period, amount in rows:
        found.figures[Cell(contract, obligation, currency, REVENUE, period)] = amount
    with Subledger(book, accounting) as subledger:
        positions = subledger.positions(days[1:]).to_pylist()
    named = {each.last: str(each) for each in periods}
    for row in positions:
        currency = book.histories[row["contract"]].contract.currency
        for name in _BALANCES:
            if row[name]:
                cell = Cell(row["contract"], "", currency, name, named[row["day"]])
                found.figures[cell] = row[name]
    for name, history in book.histories.items():
        on = (first.calendar.of(takes_effect(each)) for each in history.modifications)
        found.modified[name] = {str(each) for each in on}
    return found, [str(error) for error in accounting.refused.values()]


def _table(periods: Sequence[Period]) -> pa.Table:
    return pa.table(
        {
            "period": [str(each) for each in periods],
            "day": pa.array([each.last for each in periods], pa.date32()),
            "before": pa.array([each.previous.last for each in periods], pa.date32()),
        }
    )


def _summary(compared: Sequence[Compared]) -> DataSet:
    counted: Counter[tuple[str, str, str, str]] = Counter()
    sums: Counter[tuple[str, str, str, str]] = Counter()
    unsigned: Counter[tuple[str, str, str, str]] = Counter()
    contracts: dict[tuple[str, str, str, str], set[str]] = {}
    for each in compared:
        key = each.cell.currency, each.cell.measure, each.status.value, each.reason.value
        counted[key] += 1
        sums[key] += each.difference
        unsigned[key] += abs(each.difference)
        contracts.setdefault(key, set()).add(each.cell.contract)
    return DataSet(
        name="parallel_run",
        title="Parallel run",
        columns=[
            c.CURRENCY, c.text("measure", "Measure"), c.text("status", "Status"),
            c.text("reason", "Reason"), c.count("contracts", "Contracts"),
            c.count("figures", "Figures", total=True), c.money("difference", "Ours less theirs"),
            c.money("unsigned", "Unsigned"), c.ROW_KEY,
        ],
        rows=[
            (*key, len(contracts[key]), counted[key], sums[key], unsigned[key], c.key_of(*key))
            for key in sorted(counted)
        ],
        note="Reasons are found by rule; what no rule accounts for is unexplained.",
    )  # fmt: skip


def _figures(compared: Sequence[Compared]) -> DataSet:
    return DataSet(
        name="parallel_run_differences",
        title="Differences of the parallel run",
        columns=[
            c.CONTRACT, c.OBLIGATION, c.CURRENCY, c.text("measure", "Measure"), c.PERIOD,
            c.money("theirs", "Theirs"), c.money("ours", "Ours"),
            c.money("difference", "Ours less theirs"), c.text("status", "Status"),
            c.text("reason", "Reason"), c.ROW_KEY,
        ],
        rows=[
            (
                *(each.cell.contract, each.cell.obligation, each.cell.currency),
                *(each.cell.measure, each.cell.period),
                *(each.theirs, each.ours, each.difference),
                *(each.status.value, each.reason.value),
                c.key_of(each.cell.contract, each.cell.obligation, each.cell.currency,
                         each.cell.measure, each.cell.period),
            )
            for each in compared
            if each.difference
        ],
    )  # fmt: skip
