"""Evidence for auditors: what their request list asks for, each with a card of how it was made.

A card (information produced by the entity, AS 1105.10) names the query, its parameters, when it
ran, and how many rows and which totals came out, so that a list can be relied on or run again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from revrec.audit.check import check
from revrec.engine import ENGINE_VERSION
from revrec.errors import RevrecError
from revrec.feeds.scenario import Scenario
from revrec.model.dataset import Column, ColumnType, DataSet
from revrec.model.people import Person
from revrec.model.proposal import ProposalDecision, ProposalKind
from revrec.operations.workspace import Workspace
from revrec.periods import Period
from revrec.store import audit_log, entities, facts, journal, people, periods, proposals, samples
from revrec.store.audit_log import EVERYTHING, LOOKED_AT, Wanted
from revrec.store.entities import Entity
from revrec.store.transaction import Transaction
from revrec.usage.control import list_batches

_PAGE = 5_000
_BATCHES_MAX = 1_000_000
_CHANGES = ("role.", "duties.", "person.", "key.", "change.", "proposal.", "estimates.", "period.")
"""Operations of the audit log that change who may what, or what figures rest on."""


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
        made = {each.name: each for each in (make(tx, first, last) for make in _LISTS)}
        if cases:
            made[tested.name] = tested
        cards = _cards(tx, made, first, last)
        return Evidence(
            entity=entities.get(tx) or Entity(id=tx.entity, name="", functional_currency="USD"),
            first=first,
            last=last,
            datasets={each.name: each for each in (_requests(made), *made.values(), cards)},
            fact_seq=facts.last_seq(tx),
            chain_head=journal.head(tx)[1],
            known_at=tx.now,
            prepared_by=tx.actor,
        )

    return workspace.run(read, read_only=True)


def _access(tx: Transaction, _first: Period, _last: Period) -> DataSet:
    everyone = people.everyone(tx)
    return _table(
        "access_report",
        "Access",
        "Everyone enrolled with roles, duties and keys in use.",
        "name kind login roles duties keys enrolled_by enrolled_at",
        [
            (each.name, each.kind.value, each.login or "",
             " ".join(grant.role for grant in each.grants), " ".join(sorted(each.duties)),
             str(sum(key.is_good(tx.now) for key in each.keys)), each.enrolled_by,
             f"{each.enrolled_at:%Y-%m-%d %H:%M}")
            for each in everyone
        ],
    )  # fmt: skip


def _duties(tx: Transaction, _first: Period, _last: Period) -> DataSet:
    return _table(
        "separation_of_duties",
        "Separation of duties",
        "Duties one person has that nobody has together, and who answers for it.",
        "name duty other answered_by until reason",
        [row for each in people.everyone(tx) for row in _conflicts(each)],
    )


def _conflicts(person: Person) -> list[tuple[str, ...]]:
    answer = person.exception
    told = ("", "", "") if answer is None else (
        answer.accepted_by, str(answer.until), answer.reason
    )  # fmt: skip
    return [(person.name, duty.value, other.value, *told) for duty, other in person.conflicts]


def _changes(tx: Transaction, _first: Period, _last: Period) -> DataSet:
    return _table(
        "change_log",
        "Change log",
        "Who changed rights, elections, prices, estimates or the state of a period, and why.",
        "event at actor operation subject details",
        [
            (str(each.id), f"{each.at:%Y-%m-%d %H:%M:%S}", each.actor, each.operation,
             each.subject, "; ".join(f"{k}: {v}" for k, v in sorted(each.details.items())))
            for each in _events(tx)
            if each.operation.startswith(_CHANGES)
        ],
    )  # fmt: skip


def _events(tx: Transaction, wanted: Wanted = EVERYTHING) -> list[audit_log.AuditEvent]:
    found: list[audit_log.AuditEvent] = []
    after = 0
    while page := audit_log.read(tx, after=after, limit=_PAGE, wanted=wanted):
        found += page
        after = page[-1].id
    return found


def _inspections(tx: Transaction, _first: Period, _last: Period) -> DataSet:
    return _table(
        "inspections",
        "Inspections",
        "What auditors asked for.",
        "event at actor operation subject",
        [
            (str(each.id), f"{each.at:%Y-%m-%d %H:%M:%S}", each.actor, each.operation, each.subject)
            for each in _events(tx, Wanted(operation=LOOKED_AT))
        ],
    )


def _decided(tx: Transaction, _first: Period, _last: Period) -> DataSet:
    decided = proposals.decisions(tx)
    rows = [
        (each.id, each.kind.value, each.subject, str(each.as_of), each.prepared_by,
         each.standing.value, *_decision(decided, each.id), each.reason)
        for kind in ProposalKind
        for each in proposals.history(tx, kind)
    ]  # fmt: skip
    return _table(
        "approvals",
        "Approvals",
        "What was proposed, by whom, and who decided.",
        "proposal kind subject as_of prepared_by standing outcome decided_by decided_at reason",
        rows,
    )


def _decision(decided: Mapping[str, ProposalDecision], proposal: str) -> tuple[str, str, str]:
    if proposal not in decided:
        return "", "", ""
    found = decided[proposal]
    return found.outcome.value, found.approved_by, f"{found.decided_at:%Y-%m-%d %H:%M}"


def _periods(tx: Transaction, _first: Period, _last: Period) -> DataSet:
    closed = [
        (each.closed_at, str(each.period), f"closed ({each.stage.value})", each.prepared_by,
         each.approved_by, "", each.chain_head, each.engine_version)
        for each in periods.closes(tx)
    ]  # fmt: skip
    opened = [
        (each.reopened_at, str(each.period), "reopened", each.requested_by, each.approved_by,
         each.reason, "", "")
        for each in periods.reopenings(tx)
    ]  # fmt: skip
    return _table(
        "period_log",
        "Periods",
        "When each period was closed and opened again, by whom, by which engine.",
        "at period what prepared_by approved_by reason chain_head engine_version",
        [(f"{at:%Y-%m-%d %H:%M:%S}", *rest) for at, *rest in sorted([*closed, *opened])],
    )


def _entries(tx: Transaction, first: Period, last: Period) -> DataSet:
    signed = {each.chain_seq: each for each in periods.closes(tx)}
    bounds = sorted(signed)
    rows = []
    for each in journal.read_all(tx):
        if not first <= each.entry.period <= last:
            continue
        close = signed[next(bound for bound in bounds if bound >= each.seq)]
        debits = sum(line.amount for line in each.entry.lines if line.amount > 0)
        rows.append(
            (each.seq, str(each.entry.period), str(each.entry.origin), each.entry.event,
             each.entry.currency, debits, f"{each.posted_at:%Y-%m-%d %H:%M}",
             f"{each.posted_at:%A}", close.prepared_by, close.approved_by, each.entry.book,
             each.digest)
        )  # fmt: skip
    names = (
        "entry period origin event currency debits posted_at weekday prepared_by approved_by book "
        "digest"
    )
    types = {"entry": ColumnType.INTEGER, "debits": ColumnType.MONEY}
    return DataSet(
        name="journal_entries",
        title="Journal entries",
        columns=[
            Column(
                name=name,
                title=name.replace("_", " ").capitalize(),
                type=types.get(name, ColumnType.TEXT),
                total=name == "debits",
            )
            for name in names.split()
        ],
        rows=rows,
        note="Every entry with who prepared and approved its close (AS 2401.61).",
    )


def _interfaces(tx: Transaction, _first: Period, _last: Period) -> DataSet:
    rows = []
    for each in list_batches(tx, limit=_BATCHES_MAX):
        accepted, duplicate, aside = (
            each.fates.accepted, each.fates.duplicate, each.fates.quarantined,
        )  # fmt: skip
        left = each.received.rows - accepted.rows - duplicate.rows - aside.rows
        rows.append(
            (each.batch, each.name, f"{each.recorded_at:%Y-%m-%d %H:%M}", each.recorded_by,
             *(f"{total.rows}" for total in (each.received, accepted, duplicate, aside)),
             str(left))
        )  # fmt: skip
    return _table(
        "interface_completeness",
        "Interfaces",
        "Rows received are rows accepted, known before and set aside; nothing is left over.",
        "batch name recorded_at recorded_by received accepted duplicate set_aside left_over",
        rows,
    )


def _sampled(tx: Transaction, _first: Period, _last: Period) -> DataSet:
    rows = []
    for each in samples.read(tx):
        made = samples.evaluations(tx, each.id)
        rows.append(
            (each.id, each.method.value, each.population.query, str(len(each.items)),
             str(len(samples.results(tx, each.id))), made[-1].conclusion if made else "")
        )  # fmt: skip
    return _table(
        "samples",
        "Samples",
        "Samples that were drawn, and what they say.",
        "sample method population items results conclusion",
        rows,
    )


_LISTS: tuple[Callable[[Transaction, Period, Period], DataSet], ...] = (
    *(_entries, _periods, _decided, _changes, _access, _duties, _interfaces, _inspections),
    _sampled,
)


def _tested(cases: Sequence[Scenario]) -> DataSet:
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
    return _table(
        "control_tests",
        "Control tests",
        "Cases with expected amounts, run through the code that closes the books.",
        "case paragraphs expectations_held expectations_missed what",
        rows,
    )


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
    ("Explanation of any contract", "AS 2310", "", "revrec explain CONTRACT --as-of DATE"),
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
    return _table(
        "request_list",
        "Request list",
        "What auditors ask for and where it is.",
        "number request standard form where",
        rows,
    )


def _cards(tx: Transaction, made: Mapping[str, DataSet], first: Period, last: Period) -> DataSet:
    """One card a list: the query, its parameters, when it ran, rows and totals."""
    seq, head = journal.head(tx)
    rows = [
        (each.name, each.note, f"entity {tx.entity}, {first} to {last}",
         f"{tx.now:%Y-%m-%d %H:%M:%S} UTC", tx.actor, ENGINE_VERSION, str(len(each.rows)),
         _totals(each), f"{seq} {head}")
        for each in made.values()
    ]  # fmt: skip
    return _table(
        "information_cards",
        "Cards",
        "How each list was made.",
        "list query parameters ran_at ran_by engine_version rows totals chain",
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


def _table(
    name: str, title: str, note: str, columns: str, rows: Sequence[tuple[str, ...]]
) -> DataSet:
    return DataSet(
        name=name,
        title=title,
        columns=[
            Column(name=each, title=each.replace("_", " ").capitalize()) for each in columns.split()
        ],
        rows=rows,
        note=note,
    )
