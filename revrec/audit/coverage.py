"""The register of coverage: which rules state a paragraph, which cases show it, what is left out.

Three sources, put together and never written by hand: ``@cites`` of the rules, the cases' ``cites``
with the decisions that come out when they run, and the scope with its reasons.
"""

from __future__ import annotations

import pkgutil
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import Any

import yaml

import revrec
from revrec.citations import REGISTER
from revrec.engine import counted, decide_all
from revrec.feeds.documents import read_text, read_yaml
from revrec.feeds.scenario import Scenario, read_scenario
from revrec.recognition.arithmetic import Arithmetic

REASONS = ("judged", "explains", "out")
"""Why no rule states a paragraph."""
_HEAD = """\
# Written by `make coverage` from the rules, the cases and scope.yaml; do not edit.
# stated: rules compute it. judged, explains, out: no rule does, for the reason given.
"""


@dataclass(frozen=True, slots=True)
class Scope:
    """Every paragraph answered for, and why some have no rule."""

    paragraphs: tuple[str, ...]
    also_known: frozenset[str]
    reasons: Mapping[str, tuple[str, str]]
    """Paragraph -> kind of reason and its words."""


@dataclass(slots=True)
class Covered:
    """What is known of one paragraph."""

    rules: list[str] = field(default_factory=list)
    cited_by: list[str] = field(default_factory=list)
    """Cases that cite it."""
    decided_in: int = 0
    """Cases in which a decision rests on it."""


def read_scope(path: Path) -> Scope:
    """The scope as written down."""
    told = read_yaml(read_text(path), str(path))
    return Scope(
        paragraphs=tuple(_expand(told["sections"])),
        also_known=frozenset(_expand(told["also_known"])),
        reasons={
            paragraph: (kind, " ".join(each["because"].split()))
            for kind in REASONS
            for each in told[kind]
            for paragraph in _expand({each["section"]: each["paragraphs"]})
        },
    )


def _expand(sections: Mapping[str, Any]) -> Iterator[str]:
    """``{606-10-25: 1-3 16A}`` as paragraphs, in order."""
    for section, ranges in sections.items():
        for each in str(ranges).split():
            first, _, last = each.partition("-")
            if last:
                yield from (f"{section}-{n}" for n in range(int(first), int(last) + 1))
            else:
                yield f"{section}-{first}"


def covered(cases: Iterable[Path]) -> dict[str, Covered]:
    """Paragraph -> rules of the program and cases among these files."""
    found: dict[str, Covered] = defaultdict(Covered)
    for module in pkgutil.walk_packages(revrec.__path__, "revrec."):
        import_module(module.name)
    for name, citation in sorted(REGISTER.items()):
        for paragraph in citation.paragraphs:
            found[paragraph].rules.append(name.removeprefix("revrec."))
    for path in sorted(cases):
        scenario = read_scenario(path)
        for paragraph in scenario.cites:
            found[paragraph].cited_by.append(path.stem)
        for paragraph in _decided(scenario):
            found[paragraph].decided_in += 1
    return found


def _decided(scenario: Scenario) -> set[str]:
    """Paragraphs that decisions rest on when a case runs."""
    days = {day for each in scenario.expected for day in each.days if day is not None}
    book = scenario.book()
    with Arithmetic(counted(book)) as arithmetic:
        contracts, _ = decide_all(book, arithmetic, max(days, default=date.min))
    return {
        paragraph
        for each in contracts.values()
        for decision in each.decisions
        for paragraph in decision.paragraphs
    }


def register(scope: Scope, found: Mapping[str, Covered]) -> str:
    """The register as YAML, paragraph by paragraph in the order of the scope."""
    paragraphs = {name: _told(name, found.get(name, Covered()), scope) for name in scope.paragraphs}
    counts = {
        status: sum(each["status"] == status for each in paragraphs.values())
        for status in ("stated", *REASONS, "open")
    }
    body = yaml.safe_dump({"counts": counts, "paragraphs": paragraphs}, sort_keys=False, width=100)
    return _HEAD + body


def _told(name: str, known: Covered, scope: Scope) -> dict[str, Any]:
    kind, because = scope.reasons.get(name, ("open", "no rule and no reason"))
    told: dict[str, Any] = {"status": "stated" if known.rules else kind}
    told |= {"rules": known.rules} if known.rules else {"because": because}
    if known.decided_in:
        told["decided_in_cases"] = known.decided_in
    if known.cited_by:
        told["cited_by_cases"] = known.cited_by
    return told


def open_paragraphs(scope: Scope, found: Mapping[str, Covered]) -> list[str]:
    """Paragraphs in scope that no rule states and no reason explains."""
    return [
        name
        for name in scope.paragraphs
        if name not in scope.reasons and not found.get(name, Covered()).rules
    ]


def unknown_paragraphs(scope: Scope, found: Mapping[str, Covered]) -> list[str]:
    """Cited paragraphs that the scope does not list: a slip, or a section to add."""
    return sorted(found.keys() - set(scope.paragraphs) - scope.also_known)


def write(docs: Path, cases: Sequence[Path]) -> None:
    """Write ``coverage.yaml`` beside ``scope.yaml``."""
    text = register(read_scope(docs / "scope.yaml"), covered(cases))
    (docs / "coverage.yaml").write_text(text, encoding="utf-8")
