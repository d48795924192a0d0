"""Seeded draws that anyone can repeat with SHA-256 and nothing else.

The number drawn for a purpose is the SHA-256 of ``SEED:PURPOSE:COUNT`` in UTF-8 as a whole number,
modulo what there is to choose from; numbers from the last, incomplete round of residues are passed
over, so that no choice is more likely than another.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

_SPACE = 1 << 256


def numbers(seed: int, purpose: str, below: int) -> Iterator[int]:
    """Whole numbers from 0 to ``below`` - 1, without end."""
    whole = _SPACE - _SPACE % below
    count = 0
    while True:
        drawn = int.from_bytes(hashlib.sha256(f"{seed}:{purpose}:{count}".encode()).digest())
        count += 1
        if drawn < whole:
            yield drawn % below


def start(seed: int, purpose: str, interval: int) -> int:
    """The random start of a systematic selection: 1 to the interval."""
    return next(numbers(seed, purpose, interval)) + 1


def chosen(seed: int, purpose: str, among: int, size: int) -> list[int]:
    """So many different places, 0 to ``among`` - 1, in order; all where there are no more."""
    if size >= among:
        return list(range(among))
    found: set[int] = set()
    for place in numbers(seed, purpose, among):
        if len(found) == size:
            break
        found.add(place)
    return sorted(found)
