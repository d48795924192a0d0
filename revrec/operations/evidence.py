"""Evidence for auditors: what their request list asks for, each with a card of how it was made.

A card (information produced by the entity, AS 1105.10) names the query, its parameters, when it
ran, and how many rows and which totals came out, so that a list can be relied on or run again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from revrec.audit.check import check
from revrec.engine import ENGINE_VERSION
from revrec.errors import RevrecError
from revrec.feeds.scenario import Scenario
from revrec.model.dataset import ColumnType, DataSet
from revrec.operations.workspace import Workspace
from revrec.periods import Period
from revrec.store import entities, facts, journal
from revrec.store.entities import Entity
from revrec.store.evidence import Listed, lists, table
from revrec.store.transaction import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Everything gathered, by name, with who asked and when."""

    entity: Entity
    first: Period
    last: Period
    datasets: Mapping[str, DataSet]
    fact_seq: int
    chain_head: str
    known_at: datetime
    prepared_by: str
    engine_version: str = ENGINE_VERSION


def evidence(
    workspace: Workspace, first: Period, last: Period, cases: Sequence[Scenario] = ()
) -> Evidence:
    """Gather the evidence of periods; ``cases`` are tests of the rules, run by the same engine."""
    tested = _tested(cases)

    def read(tx: Transaction) -> Evidence:
        made = lists(tx, first, last)
        if cases:
            made["control_tests"] = tested
        cards, found = _cards(tx, made), [each.data for each in made.values()]
        asked = _requests({each.name: each for each in found})
        return Evidence(
            entity=entities.get(tx) or Entity(id=tx.entity, name="", functional_currency="USD"),
            first=first,
            last=last,
            datasets={each.name: each for each in (asked, *found, cards)},
            fact_seq=facts.last_seq(tx),
            chain_head=journal.head(tx)[1],
            known_at=tx.now,
            prepared_by=tx.actor,
        )

    return workspace.run(read, read_only=True)


def _tested(cases: Sequence[Scenario]) -> Listed:
    """Each scenario as a test of the automated control that its paragraphs name."""
    rows = []
    for case in cases:
        try:
            outcomes = check(case)
        except RevrecError as error:
            rows.append((case.title, " ".join(case.cites), "0", "1", str(error)))
            continue
        wrong = [each for each in outcomes if not each.holds]
        told = "; ".join(
            f"{each.expectation.measure}: {each.actual} instead of {each.expectation.amount}"
            for each in wrong
        )
        held = len(outcomes) - len(wrong)
        rows.append((case.title, " ".join(case.cites), str(held), str(len(wrong)), told))
    data = table(
        "control_tests",
        "Control tests",
        "Cases with expected amounts, run through the code that closes the books.",
        "case paragraphs expectations_held expectations_missed what",
        rows,
    )
    count = f"{len(cases):,} cases, named in the list"
    return Listed(data=data, query="revrec check FILE", parameters=count)


_REQUESTS = (
    ("Journal entry population with preparer and approver", "AS 2401.61", "journal_entries", ""),
    ("Period open and close log", "ITGC", "period_log", ""),
    ("Estimates, elections, prices: proposals and approvals", "AS 2501", "approvals", ""),
    ("Change log with reasons", "ITGC", "change_log", ""),
    ("User access list and role matrix", "ITGC", "access_report", ""),
    ("Separation of duties with exceptions", "ITGC", "separation_of_duties", ""),
    ("Interface completeness", "AS 1105.10", "interface_completeness", ""),
    ("Access by auditors", "ITGC", "inspections", ""),
    ("Samples with populations and conclusions", "AS 2315", "samples", ""),
    ("Automated control test cases with results", "AS 2201", "control_tests", "--cases"),
    ("Contract population, with billings", "AS 1105.10", "", "revrec export PERIOD"),
    ("Revenue and balance rollforwards by month", "606-10-50-8", "", "revrec export PERIOD"),
    ("Remaining obligations", "606-10-50-13", "", "revrec export PERIOD"),
    ("Modification and estimate logs", "606-10-50-12A", "", "revrec export PERIOD"),
    ("Selling price study", "606-10-32-33", "", "revrec ssp-study DATE"),
    ("Memos on variable consideration, looked back on", "606-10-32-11", "", "revrec memos DATE"),
    ("Three-way reconciliation with aged items", "AS 2305", "", "revrec reconcile PERIOD"),
    ("Policies elected, with paragraphs and reasons", "606-10-50-17", "",
     "revrec export PERIOD --package disclosure"),
    ("Explanation of any posting, from facts to the last cent", "AS 2310", "",
     "revrec explain posting ROW_KEY"),
    ("Explanation of any contract", "AS 2310", "", "revrec explain contract CONTRACT --as-of DATE"),
    ("Evidence for a sample", "AS 2315", "", "revrec sample pack SAMPLE"),
    ("Re-performance from facts", "AS 1105.21", "", "revrec replay"),
    ("Backup and restore test", "ITGC", "", "revrec replay BACKUP"),
)  # fmt: skip
"""What auditors ask for: the request, why, the list that answers it, or the command that does."""


def _requests(made: Mapping[str, DataSet]) -> DataSet:
    rows = []
    for number, (asked, why, name, command) in enumerate(_REQUESTS, start=1):
        here = made.get(name)
        where = here.title if here is not None else command
        rows.append((str(number), asked, why, "sheet" if here is not None else "command", where))
    return table(
        "request_list",
        "Request list",
        "What auditors ask for and where it is.",
        "number request standard form where",
        rows,
    )


def _cards(tx: Transaction, made: Mapping[str, Listed]) -> DataSet:
    """One card a list: what it tells, the query, its parameters, when it ran, rows and totals."""
    seq, head = journal.head(tx)
    rows = [
        (each.data.name, each.data.note, each.query, each.parameters,
         f"{tx.now:%Y-%m-%d %H:%M:%S} UTC", tx.actor, ENGINE_VERSION, str(len(each.data.rows)),
         _totals(each.data), f"{seq} {head}")
        for each in made.values()
    ]  # fmt: skip
    return table(
        "information_cards",
        "Cards",
        "How each list was made. A query gives the same rows again: run it as revrec_reader after "
        f"SET revrec.entity_id = {tx.entity}.",
        "list tells query parameters ran_at ran_by engine_version rows totals chain",
        rows,
    )


def _totals(data: DataSet) -> str:
    names = [column.name for column in data.columns]
    sums: dict[tuple[str, str], int] = {}
    for place, column in enumerate(data.columns):
        if column.type is ColumnType.MONEY and column.total:
            for row in data.rows:
                key = column.name, str(row[names.index("currency")])
                amount = row[place]
                assert isinstance(amount, int)
                sums[key] = sums.get(key, 0) + amount
    return "; ".join(
        f"{name} {currency} {total} (minor units)"
        for (name, currency), total in sorted(sums.items())
    )
