"""Which tests come to which statement, and what each costs: observed once, kept for the next run.

Kept is what tests did whose file is as it was. A statement of a rule that changed since, which no
test has seen, counts as reached by all tests of its function.
"""

from __future__ import annotations

import builtins
import hashlib
import pickle
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from types import FunctionType
from typing import Any

import pytest

from tests.architecture.rules import ROOT
from tests.mutation.mutants import SEEN, Mutant, Statement, marked

KEPT = ROOT / ".mutation"
"""What earlier runs found, to go on from; may be deleted."""
_KEEP_EVERY = 200
"""Tests after which what was observed is written down."""


@dataclass(frozen=True, slots=True)
class Observed:
    """What one test did."""

    digest: str
    """Of the file it is in."""
    seconds: float
    """Of processor time."""
    seen: frozenset[Statement]


@dataclass(slots=True)
class Observations:
    """What is known of all tests."""

    tests: dict[str, Observed] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    """Digests of the rules that were observed first."""

    def stale(self, items: Iterable[pytest.Item]) -> list[pytest.Item]:
        """The tests that are new or whose file changed."""
        return [
            item
            for item in items
            if item.nodeid not in self.tests or self.tests[item.nodeid].digest != digest(item.path)
        ]

    def reach(self, items: Iterable[pytest.Item]) -> Callable[[Mutant], list[pytest.Item]]:
        """Wrong -> the tests that come to its statement.

        First those in a file named after its module, then those that cost least for what they
        reach of it: they are about it.
        """
        statements: dict[Statement, list[pytest.Item]] = defaultdict(list)
        functions: dict[tuple[str, str], list[pytest.Item]] = defaultdict(list)
        of_file: dict[tuple[str, str], int] = {}
        for item in items:
            seen = self.tests[item.nodeid].seen
            for statement in seen:
                statements[statement].append(item)
            for called in {(path, name) for path, name, _ in seen}:
                functions[called].append(item)
            for path, number in Counter(path for path, _, _ in seen).items():
                of_file[item.nodeid, path] = number
        there = {path: told for path, told in self.files.items() if Path(path).exists()}
        changed = {path for path, told in there.items() if digest(Path(path)) != told}

        def of(wrong: Mutant) -> list[pytest.Item]:
            path, name, _ = wrong.statement
            found = statements.get(wrong.statement, [])
            if not found and path in changed:
                found = functions.get((path, name), [])

            def rank(item: pytest.Item) -> tuple[bool, float]:
                about = item.path.stem == f"test_{wrong.path.stem}"
                return not about, self.tests[item.nodeid].seconds / of_file[item.nodeid, path]

            return sorted(found, key=rank)

        return of


def recalled() -> Observations:
    """What an earlier run found."""
    kept = KEPT / "observed.pickle"
    return pickle.loads(kept.read_bytes()) if kept.exists() else Observations()


def observe(items: Sequence[pytest.Item], paths: Collection[Path]) -> None:
    """Run tests on marked code, in a process of its own, and keep what they did."""
    seen: set[Statement] = set()
    setattr(builtins, SEEN, seen)
    for path in paths:
        for name, code in marked(path).items():
            function(path, name).__code__ = code
    found = recalled()
    digests = {path: digest(path) for path in {item.path for item in items}}
    for path in paths:
        found.files.setdefault(str(path), digest(path))
    for number, item in enumerate(items, start=1):
        seen.clear()
        started = time.process_time()
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)
        seconds = time.process_time() - started
        found.tests[item.nodeid] = Observed(digests[item.path], seconds, frozenset(seen))
        if number in {_KEEP_EVERY * (number // _KEEP_EVERY), len(items)}:
            KEPT.mkdir(exist_ok=True)
            (KEPT / "observed.pickle").write_bytes(pickle.dumps(found))


def digest(path: Path) -> str:
    """Of what a file holds."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def function(path: Path, name: str) -> FunctionType:
    """The function itself, under decorators and properties."""
    found: Any = import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
    for part in name.split("."):
        found = found.__dict__[part]
    for attribute in ("fget", "__func__", "__wrapped__"):
        found = getattr(found, attribute, found)
    assert isinstance(found, FunctionType), f"{path} {name} is no function"
    return found
