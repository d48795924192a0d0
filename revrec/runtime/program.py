"""Which program this is: what was derived by another is derived again."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

import revrec

_READ = frozenset({".py", ".sql", ".yaml", ".json"})


@cache
def program_digest() -> str:
    """SHA-256 over the sources of the package, in order of their paths."""
    package = Path(revrec.__file__).parent
    digest = hashlib.sha256()
    for path in sorted(each for each in package.rglob("*") if each.suffix in _READ):
        digest.update(f"{path.relative_to(package).as_posix()}\n".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()
