"""Whatever can be explained, by one door: commands and routes ask here, and render what comes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from revrec.audit.explanation import Explanation, Subject
from revrec.disclosure.columns import parts_of
from revrec.errors import FeedError
from revrec.model.books import Framework
from revrec.operations.explaining import explain_contract, explain_posting
from revrec.operations.explaining_lines import explain_line
from revrec.operations.explaining_periods import explain_period
from revrec.operations.moments import changes_between
from revrec.operations.tracing import explain_fact
from revrec.operations.workspace import Workspace
from revrec.periods import Period
from revrec.store import entities
from revrec.store.entities import Entity
from revrec.store.transaction import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is asked about."""

    subject: Subject
    name: str
    """A contract; ``CONTRACT/OBLIGATION``; a period; a fact's digest or name.

    Of a posting its row key; of a line ``PERIOD/SHEET`` and its row key after a blank, where the
    report is of several periods ``FIRST..LAST/SHEET``; of changes two moments with two dots
    between, the later of which may be left out.
    """
    day: date | None = None
    """Of a contract or an obligation: the day on which it is explained; of changes, in whose
    period they are told."""
    framework: Framework | None = None
    """Of the book; the first if left out."""
    known_at: datetime | None = None
    """As known at a moment; now if left out. A posting is explained as its close knew it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """The answer, with what a file says of itself."""

    explanation: Explanation
    entity: Entity
    period: Period
    prepared_by: str


def explain(workspace: Workspace, asked: Asked) -> Explanation:
    """Explain what is asked about.

    Raises NotFound for what is unknown, FeedError for a name or day that is missing or malformed,
    and why a contract is refused if it is.
    """
    return _ANSWERS[asked.subject](workspace, asked)


def _posting(workspace: Workspace, asked: Asked) -> Explanation:
    return explain_posting(workspace, asked.name, framework=asked.framework)


def _contract(workspace: Workspace, asked: Asked) -> Explanation:
    contract, obligation = asked.name, None
    if asked.subject is Subject.OBLIGATION:
        contract, obligation = _pair(asked)
    return explain_contract(
        workspace,
        contract,
        _day(asked),
        obligation=obligation,
        framework=asked.framework,
        known_at=asked.known_at,
    )


def _period(workspace: Workspace, asked: Asked) -> Explanation:
    period = workspace.calendar().parse(asked.name)
    return explain_period(workspace, period, framework=asked.framework)


def _of_sheet(workspace: Workspace, asked: Asked) -> Explanation:
    return explain_line(workspace, *_line(asked), framework=asked.framework)


def _fact(workspace: Workspace, asked: Asked) -> Explanation:
    return explain_fact(workspace, asked.name, framework=asked.framework)


def _changes(workspace: Workspace, asked: Asked) -> Explanation:
    earlier, later = _moments(asked)
    within = workspace.calendar().of(asked.day) if asked.day else None
    return changes_between(workspace, earlier, later, period=within, framework=asked.framework)


_ANSWERS: Mapping[Subject, Callable[[Workspace, Asked], Explanation]] = {
    Subject.POSTING: _posting,
    Subject.CONTRACT: _contract,
    Subject.OBLIGATION: _contract,
    Subject.PERIOD: _period,
    Subject.LINE: _of_sheet,
    Subject.FACT: _fact,
    Subject.CHANGES: _changes,
}


def told(workspace: Workspace, asked: Asked) -> Told:
    """The same, to be written to files."""
    explanation = explain(workspace, asked)

    def entity(tx: Transaction) -> Entity:
        return entities.get(tx) or Entity(id=tx.entity, name="", functional_currency="USD")

    return Told(
        explanation=explanation,
        entity=workspace.run(entity, read_only=True),
        period=workspace.calendar().of(explanation.day),
        prepared_by=workspace.actor,
    )


def _day(asked: Asked) -> date:
    if asked.day is None:
        raise FeedError(
            f"{asked.name} is explained on a day, and none is told.",
            remedy="Tell the day, such as 2026-03-31.",
        )
    return asked.day


def _line(asked: Asked) -> tuple[str, str, str]:
    """Period, sheet and row key."""
    place, _, key = asked.name.partition(" ")
    period, _, sheet = place.partition("/")
    if not sheet or not key:
        raise FeedError(
            f"{asked.name!r} is no line of a workbook.",
            remedy="Write PERIOD/SHEET and the row key after a blank, such as "
            "'2026-03/contract_position C-1', or FIRST..LAST/SHEET as the file's name has it.",
        )
    return period, sheet, key


def _moments(asked: Asked) -> tuple[datetime, datetime | None]:
    earlier, _, later = asked.name.partition("..")
    try:
        told = [datetime.fromisoformat(each) for each in (earlier, later) if each]
    except ValueError:
        told = []
    if not told or any(each.tzinfo is None for each in told):
        raise FeedError(
            f"{asked.name!r} tells no moments.",
            remedy="Write 2026-02-01T09:00:00Z..2026-03-01T09:00:00Z; the later may be left out.",
        )
    return told[0], told[1] if len(told) > 1 else None


def _pair(asked: Asked) -> tuple[str, str]:
    parts = parts_of(asked.name)
    if len(parts) != 2:  # noqa: PLR2004 - a contract and its obligation
        raise FeedError(
            f"{asked.name!r} is no obligation of a contract.",
            remedy="Write CONTRACT/OBLIGATION; a slash within a name takes a backslash before it.",
        )
    return parts[0], parts[1]
