"""How many planted wrongs the fast tests find: ``python -m tests.mutation.run [files] [options]``.

pytest collects once; then every mutant gets a forked process, in which the code of one function is
exchanged in place, decorators and all, and the tests that call it run until one fails. Mutants come
in an order that a seed fixes, so that a run that ends early is a sample. ``equivalent.yaml`` lists
wrongs that change nothing anyone could see, each with the reason. Exits with 1 below the bar.

mutmut 3 leaves decorated functions alone, which every rule here is; cosmic-ray starts a process
with all imports for every mutant.
"""

from __future__ import annotations

import argparse
import builtins
import os
import pickle
import random
import signal
import sys
import time
import traceback
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from types import FunctionType
from typing import Any

import pytest
import yaml
from rich.console import Console
from rich.table import Table

from tests.architecture.rules import ROOT
from tests.mutation.mutants import SEEN, Mutant, marked, mutants, planted

MODULES = (
    "revrec/money.py",
    "revrec/periods.py",
    "revrec/asc606",
    "revrec/asc340",
    "revrec/ledger",
)
TESTS = (
    "tests/unit",
    "tests/scenarios",
    "tests/oracle/test_oracle_by_hand.py",
)
EQUIVALENT = Path(__file__).with_name("equivalent.yaml")
BAR = 0.90
SECONDS_MAX = 60
"""A mutant that takes longer has been noticed: it loops."""
NOTICED, UNNOTICED, UNREACHED = "noticed", "unnoticed", "unreached"


@dataclass(slots=True, eq=False)
class Run:
    """The session as a plugin of pytest: what is collected is run many times over."""

    wrongs: list[Mutant]
    workers: int
    until: float
    results: dict[Mutant, str] = field(default_factory=dict)
    failed: bool = False

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.failed = self.failed or report.failed

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """In place of one run of all tests."""
        callers = self._callers(session)
        running: dict[int, Mutant] = {}
        for wrong in self.wrongs:
            items = [session.items[n] for n in callers.get((str(wrong.path), wrong.function), ())]
            if not items:
                self.results[wrong] = UNREACHED
                continue
            if time.monotonic() > self.until:
                break
            while len(running) >= self.workers:
                self._wait(running)
            running[_forked(lambda told=wrong, some=items: self._try(told, some))] = wrong
        while running:
            self._wait(running)
        return True

    def _wait(self, running: dict[int, Mutant]) -> None:
        process, status = os.wait()
        survived = os.waitstatus_to_exitcode(status) == 0
        self.results[running.pop(process)] = UNNOTICED if survived else NOTICED

    def _try(self, wrong: Mutant, items: list[pytest.Item]) -> int:
        signal.alarm(SECONDS_MAX)
        _plant(wrong)
        for item in items:
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)
            if self.failed:
                return 1
        return 0

    def _callers(self, session: pytest.Session) -> dict[tuple[str, str], list[int]]:
        """File and function -> the tests that call it, the quick ones first."""
        reader, writer = os.pipe()
        process = _forked(lambda: self._observe(session, writer), loud=True)
        os.close(writer)
        with os.fdopen(reader, "rb") as pipe:
            told = pickle.load(pipe)
        os.waitpid(process, 0)
        if told["failed"]:
            pytest.exit("tests fail without any mutant", returncode=2)
        found: dict[tuple[str, str], list[int]] = told["callers"]
        return found

    def _observe(self, session: pytest.Session, writer: int) -> int:
        seen: set[tuple[str, str]] = set()
        setattr(builtins, SEEN, seen)
        for path in {wrong.path for wrong in self.wrongs}:
            for name, code in marked(path).items():
                _function(path, name).__code__ = code
        callers: dict[tuple[str, str], list[int]] = defaultdict(list)
        seconds: dict[int, float] = {}
        for number, item in enumerate(session.items):
            seen.clear()
            started = time.monotonic()
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)
            seconds[number] = time.monotonic() - started
            for each in seen:
                callers[each].append(number)
        for numbers in callers.values():
            numbers.sort(key=seconds.__getitem__)
        with os.fdopen(writer, "wb") as pipe:
            pickle.dump({"callers": dict(callers), "failed": self.failed}, pipe)
        return 0


def _forked(work: Callable[[], int], *, loud: bool = False) -> int:
    """Do it in a process of its own; gives the process id."""
    process = os.fork()
    if process == 0:
        try:
            os._exit(work())
        except BaseException:  # noqa: BLE001  whatever a mutant raises ends its process
            if loud:
                traceback.print_exc()
            os._exit(3)
    return process


def _module_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


def _function(path: Path, name: str) -> FunctionType:
    """The function itself, under decorators and properties."""
    found: Any = import_module(_module_of(path))
    for part in name.split("."):
        found = found.__dict__[part]
    for attribute in ("fget", "__func__", "__wrapped__"):
        found = getattr(found, attribute, found)
    assert isinstance(found, FunctionType), f"{path} {name} is no function"
    return found


def _plant(wrong: Mutant) -> None:
    """Exchange the code in place: whoever imported the function has the wrong one now."""
    _function(wrong.path, wrong.function).__code__ = planted(wrong)


def equivalent() -> dict[tuple[str, str], str]:
    """File and wrong -> why it changes nothing that could be seen."""
    told = yaml.safe_load(EQUIVALENT.read_text(encoding="utf-8")) or {}
    return {
        (name, wrong): each["because"]
        for name, groups in told.items()
        for each in groups
        for wrong in each["wrongs"]
    }


def _files(names: list[str]) -> list[Path]:
    paths = [ROOT / name for name in names]
    return [
        each for path in paths for each in (sorted(path.rglob("*.py")) if path.is_dir() else [path])
    ]


def show(results: dict[Mutant, str], known: dict[tuple[str, str], str], planned: int) -> bool:
    """A row for each file and the survivors; true at or above the bar."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    survivors = []
    for wrong, result in results.items():
        name = str(wrong.path.relative_to(ROOT))
        if result == UNNOTICED and (name, wrong.told) in known:
            counts[name]["equivalent"] += 1
            continue
        counts[name][result] += 1
        if result != NOTICED:
            survivors.append((name, wrong.line, result, wrong.told))
    table = Table("file", "noticed", "unnoticed", "unreached", "equivalent", "score")
    total: Counter[str] = sum(counts.values(), Counter())
    for name, each in [*sorted(counts.items()), ("all", total)]:
        table.add_row(
            name,
            *(str(each[kind]) for kind in (NOTICED, UNNOTICED, UNREACHED, "equivalent")),
            f"{_score(each):.1%}",
        )
    console = Console(width=160, highlight=False, markup=False)
    for name, line, result, told in sorted(survivors):
        console.print(f"{name}:{line}: {result}: {told}", soft_wrap=True)
    console.print(table)
    console.print(f"{len(results):,} of {planned:,} wrongs tried")
    return _score(total) >= BAR


def _score(counts: Counter[str]) -> float:
    tried = counts[NOTICED] + counts[UNNOTICED] + counts[UNREACHED]
    return counts[NOTICED] / tried if tried else 1.0


def main() -> int:
    """Plant, run, tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*", default=MODULES)
    parser.add_argument("--tests", nargs="*", default=TESTS)
    parser.add_argument("--minutes", type=float, default=20.0)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--seed", type=int, default=606)
    asked = parser.parse_args()
    wrongs = [wrong for path in _files(list(asked.files)) for wrong in mutants(path)]
    random.Random(asked.seed).shuffle(wrongs)
    run = Run(wrongs, asked.workers, time.monotonic() + asked.minutes * 60)
    options = ["-o", "addopts=", "--import-mode=importlib", "-m", "not torture", "--capture=no"]
    options += ["--timeout=0"]
    for plugin in ("terminal", "xdist", "cacheprovider"):
        options += ["-p", f"no:{plugin}"]
    code = pytest.main([*options, *asked.tests], plugins=[run])
    if not run.results:
        return int(code) or 1
    return 0 if show(run.results, equivalent(), len(wrongs)) else 1


if __name__ == "__main__":
    sys.exit(main())
