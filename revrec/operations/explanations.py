"""Whatever can be explained, by one door: commands and routes ask here, and render what comes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from revrec.audit.explanation import Explanation, Subject
from revrec.disclosure.columns import parts_of
from revrec.errors import FeedError
from revrec.model.books import Framework
from revrec.operations.explaining import explain_contract, explain_posting
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
    """A contract; ``CONTRACT/OBLIGATION``; the row key of a posting; a fact's digest or name."""
    day: date | None = None
    """Of a contract or an obligation: the day on which it is explained."""
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
    match asked.subject:
        case Subject.POSTING:
            return explain_posting(workspace, asked.name, framework=asked.framework)
        case Subject.CONTRACT:
            return explain_contract(
                workspace, asked.name, _day(asked), framework=asked.framework,
                known_at=asked.known_at,
            )  # fmt: skip
        case Subject.OBLIGATION:
            contract, obligation = _pair(asked)
            return explain_contract(
                workspace, contract, _day(asked), obligation=obligation,
                framework=asked.framework, known_at=asked.known_at,
            )  # fmt: skip
        case Subject.FACT:
            return explain_fact(workspace, asked.name, framework=asked.framework)


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


def _pair(asked: Asked) -> tuple[str, str]:
    parts = parts_of(asked.name)
    if len(parts) != 2:  # noqa: PLR2004 - a contract and its obligation
        raise FeedError(
            f"{asked.name!r} is no obligation of a contract.",
            remedy="Write CONTRACT/OBLIGATION; a slash within a name takes a backslash before it.",
        )
    return parts[0], parts[1]
