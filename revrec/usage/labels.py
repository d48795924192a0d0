"""Dimensions of usage: JSON objects, held in one canonical writing."""

from __future__ import annotations

from functools import lru_cache

from revrec.usage.ndjson_door import labels_as_text, parse

_KNOWN_MAX = 2**16
"""Texts remembered; rows share their labels, so nearly every text was read before."""


@lru_cache(maxsize=_KNOWN_MAX)
def canonical_labels(text: str) -> str | None:
    """The canonical JSON of dimensions; none if they are no JSON object."""
    try:
        value = parse(text)
    except ValueError:
        return None
    if not isinstance(value, dict):
        return None
    canonical = labels_as_text(value)
    try:
        canonical.encode()
    except UnicodeEncodeError:
        return None
    return canonical
