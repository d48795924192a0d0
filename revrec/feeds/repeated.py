"""Parts of facts that many facts have in common, read once."""

from __future__ import annotations

from typing import Generic, TypeVar

import msgspec

from revrec.feeds.adapters import adapter_of

_Model = TypeVar("_Model")
_ENCODE = msgspec.json.Encoder().encode
KEPT_MAX = 5_000
"""Parts kept of a kind, some megabytes; beyond them all are forgotten and read again."""


class Repeated(Generic[_Model]):
    """Frozen objects by the words they are told in."""

    def __init__(self, kind: type[_Model]) -> None:
        self._kind = kind
        self._known: dict[bytes, _Model] = {}

    def of(self, told: object) -> _Model:
        """The object that is told; the same one for the same words in the same order."""
        words = _ENCODE(told)
        found = self._known.get(words)
        if found is None:
            if len(self._known) >= KEPT_MAX:
                self._known.clear()
            found = self._known[words] = adapter_of(self._kind).validate_python(told)
        return found
