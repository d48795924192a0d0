"""The register of paragraphs: which rule rests on which paragraph of the codification.

``@cites`` goes on every function that states a rule. The register is data: the coverage table,
``explain`` and the tests read it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

_FORM = re.compile(r"\d{3}-\d{2}-S?\d{2}-\d{1,3}[A-Z]?")
_Rule = TypeVar("_Rule", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Citation:
    """A rule function and the paragraphs it states."""

    rule: str
    paragraphs: tuple[str, ...]
    summary: str


REGISTER: dict[str, Citation] = {}
"""Rule (dotted name) -> its citation, filled as modules are imported."""


def cites(*paragraphs: str) -> Callable[[_Rule], _Rule]:
    """Register the function as the statement of these codification paragraphs."""
    malformed = [text for text in paragraphs if not _FORM.fullmatch(text)]
    if malformed or not paragraphs:
        raise ValueError(f"not paragraphs of the codification: {malformed or 'none given'}")

    def register(rule: _Rule) -> _Rule:
        name = f"{rule.__module__}.{rule.__qualname__}"
        summary = (rule.__doc__ or "").strip().partition("\n")[0]
        REGISTER[name] = Citation(name, paragraphs, summary)
        return rule

    return register
