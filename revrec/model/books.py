"""Books: the same facts, decided and recognised under a framework (Topic 606 or IFRS 15)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from revrec.model.contract import _STRICT


class Framework(StrEnum):
    """What a book is kept under."""

    ASC606 = "asc606"
    IFRS15 = "ifrs15"

    @property
    def other(self) -> Framework:
        """The other of the two."""
        return Framework.IFRS15 if self is Framework.ASC606 else Framework.ASC606

    @property
    def label(self) -> str:
        """Name for readers."""
        return "ASC 606" if self is Framework.ASC606 else "IFRS 15"


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondBook:
    """A book kept beside the first: the same facts and policy, but where the frameworks differ.

    The first is kept as the policy elects, under Topic 606 unless it elects otherwise.
    """

    __pydantic_config__ = _STRICT

    framework: Framework
    elections: Mapping[str, str] = field(default_factory=dict)
    """What this book elects otherwise than its framework's values, by name."""
    effective_from: date
    """Closes from this month on post the book, all that went before with the first of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A rule on which the frameworks differ: elections with a value for each."""

    __pydantic_config__ = _STRICT

    title: str
    elections: Mapping[str, Mapping[Framework, str]]
    effective_from: date
    asc606: tuple[str, ...]
    """Paragraphs of the codification."""
    ifrs15: tuple[str, ...]
    """Paragraphs of IFRS 15."""
    rationale: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Alike:
    """A rule whose words differ, and why no amount does."""

    __pydantic_config__ = _STRICT

    title: str
    asc606: tuple[str, ...]
    ifrs15: tuple[str, ...]
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Frameworks:
    """Topic 606 and IFRS 15 side by side."""

    __pydantic_config__ = _STRICT

    differences: Mapping[str, Difference]
    """By name, in the order in which a comparison applies them one after the other."""
    alike: Mapping[str, Alike]
