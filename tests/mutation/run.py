"""How many planted wrongs the fast tests find: ``python -m tests.mutation.run [files] [options]``.

pytest collects once; then forked processes take some mutants each, one after another: the code of
one function is exchanged in place, decorators and all, and the tests that come to its statement
run, the cheap ones first, until one fails. Functions come in an order that a seed fixes, so that
a run that ends early is a sample; the next run goes on with what has not been noticed yet in files
that did not change.
``equivalent.yaml`` lists wrongs that change nothing anyone could see, each with the reason.
Writes ``docs/quality.md``; exits with 1 below the bar.

mutmut 3 leaves decorated functions alone, which every rule here is; cosmic-ray starts a process
with all imports for every mutant.
"""

from __future__ import annotations

import argparse
import gc
import os
import pickle
import random
import shutil
import signal
import sys
import time
import traceback
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.architecture.rules import ROOT
from tests.mutation import told
from tests.mutation.mutants import Mutant, mutants, planted
from tests.mutation.observed import KEPT, digest, function, observe, recalled

MODULES = (
    "revrec/money.py",
    "revrec/periods.py",
    "revrec/asc606",
    "revrec/asc340",
    "revrec/ledger",
    "revrec/recognition",
    "revrec/reconciliation",
)
# Not those whose fixtures are shared and dear: every process would make them anew.
TESTS = (
    "tests/unit",
    "tests/scenarios",
    "tests/oracle/test_oracle_by_hand.py",
    "tests/reconciliation/test_agents_and_financing.py",
    "tests/reconciliation/test_bills.py",
    "tests/reconciliation/test_fees.py",
    "tests/reconciliation/test_parts.py",
    "tests/reconciliation/test_planted.py",
    "tests/reconciliation/test_reasons.py",
    "tests/reconciliation/test_rights_used.py",
    "tests/reconciliation/test_royalties.py",
    "tests/reconciliation/test_terms.py",
    "tests/store/test_chain.py",
    "tests/store/test_entries.py",
)
BAR = 0.90
SECONDS = 10.0
"""Processor time that the tests of one mutant may take: what they miss by then is unnoticed."""
BATCH = 20
"""Mutants that a process tries one after another."""
_LOOPS = 5
"""Seconds a test may take beyond many times its usual: a mutant that needs more loops."""

Batch = list[tuple[Mutant, list[pytest.Item]]]
"""Mutants with the tests that come to their statements."""
Kept = dict[tuple[str, str, int], str]
"""Digest of a file, wrong and its number -> what became of it."""


@dataclass(slots=True, eq=False)
class Run:
    """The session as a plugin of pytest: what is collected is run many times over."""

    wrongs: list[Mutant]
    workers: int
    until: float
    seconds: float
    results: dict[Mutant, str] = field(default_factory=dict)
    failed: bool = False
    loud: bool = False
    """Whether to show why tests fail."""
    _costs: dict[pytest.Item, float] = field(default_factory=dict)
    _sharp: defaultdict[tuple[Path, str], Counter[pytest.Item]] = field(
        default_factory=lambda: defaultdict(Counter)
    )

    def pytest_collection(self) -> None:
        """A failing example need not be made small."""
        from hypothesis import Phase, settings

        from tests.properties import profiles

        phases = (Phase.explicit, Phase.generate)
        settings.register_profile("commit", settings.get_profile("commit"), phases=phases)
        profiles.load()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.failed = self.failed or report.failed
        if report.failed and self.loud:
            sys.stderr.write(f"{report.nodeid}\n{report.longreprtext}\n")

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """In place of one run of all tests."""
        # A server of a session's own cannot be shared by forked processes.
        items = [item for item in session.items if "server_url" not in _fixtures(item)]
        self._observe(items)
        known = recalled()
        reach = known.reach(items)
        self._costs = {item: known.tests[item.nodeid].seconds for item in items}
        left = [(wrong, reach(wrong)) for wrong in self.wrongs]
        running: dict[int, tuple[int, Batch]] = {}
        gc.freeze()
        while left and time.monotonic() < self.until:
            batch, left = left[:BATCH], left[BATCH:]
            self.results |= {wrong: told.UNREACHED for wrong, some in batch if not some}
            batch = [each for each in batch if each[1]]
            reader, writer = os.pipe()
            running[_forked(lambda batch=batch, writer=writer: self._try(batch, writer))] = (
                reader,
                batch,
            )
            os.close(writer)
            if len(running) >= self.workers or not left:
                left = self._wait(running) + left
        while running:
            self._wait(running)
        return True

    def _wait(self, running: dict[int, tuple[int, Batch]]) -> Batch:
        """What a process found; gives what it did not come to."""
        process, _ = os.wait()
        reader, batch = running.pop(process)
        with os.fdopen(reader, "rb") as pipe:
            found = pipe.read()
        for (wrong, _), survived in zip(batch, found, strict=False):
            self.results[wrong] = told.UNNOTICED if survived else told.NOTICED
        if len(found) < len(batch):
            # The mutant ended its process: it looped, or brought the interpreter down.
            self.results[batch[len(found)][0]] = told.NOTICED
        _keep(self.results)
        return batch[len(found) + 1 :]

    def _try(self, batch: Batch, writer: int) -> int:
        for wrong, items in batch:
            planted_in = function(wrong.path, wrong.function)
            right, planted_in.__code__ = planted_in.__code__, planted(wrong)
            os.write(writer, bytes([self._survives(wrong, items)]))
            planted_in.__code__ = right
        return 0

    def _survives(self, wrong: Mutant, items: list[pytest.Item]) -> bool:
        self.failed = False
        until = time.process_time() + self.seconds
        # What noticed another wrong of the function may notice this one.
        sharp = self._sharp[wrong.path, wrong.function]
        for item in sorted(items, key=lambda item: -sharp[item]):
            signal.setitimer(signal.ITIMER_PROF, _LOOPS + 10 * self._costs[item])
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)
            signal.setitimer(signal.ITIMER_PROF, 0)
            if self.failed:
                sharp[item] += 1
                return False
            if time.process_time() > until:
                break
        return True

    def _observe(self, items: list[pytest.Item]) -> None:
        unknown = recalled().stale(items)
        if not unknown:
            return
        process = _forked(lambda: self._observed(unknown), loud=True)
        _, status = os.waitpid(process, 0)
        if status:
            sys.exit("tests fail without any mutant")

    def _observed(self, items: list[pytest.Item]) -> int:
        self.loud = True
        observe(items, files(MODULES))
        return int(self.failed)


def _fixtures(item: pytest.Item) -> list[str]:
    return list(getattr(item, "fixturenames", ()))


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


def files(names: tuple[str, ...]) -> list[Path]:
    """The files of rooms."""
    paths = [ROOT / name for name in names]
    return [
        each for path in paths for each in (sorted(path.rglob("*.py")) if path.is_dir() else [path])
    ]


def _keys(wrongs: list[Mutant]) -> dict[Mutant, tuple[str, str, int]]:
    digests = {path: digest(path) for path in {wrong.path for wrong in wrongs}}
    return {wrong: (digests[wrong.path], wrong.told, wrong.number) for wrong in wrongs}


def _plan(names: tuple[str, ...], seed: int) -> list[Mutant]:
    """The wrongs to try: not those that were noticed before."""
    by_function: defaultdict[tuple[Path, str], list[Mutant]] = defaultdict(list)
    noticed = {wrong for wrong, result in _known().items() if result == told.NOTICED}
    for path in files(names):
        for wrong in mutants(path):
            if wrong not in noticed:
                by_function[path, wrong.function].append(wrong)
    functions = list(by_function.values())
    random.Random(seed).shuffle(functions)
    return [wrong for function in functions for wrong in function]


def _known() -> dict[Mutant, str]:
    """What became of every wrong that was tried in a file as it is now."""
    kept = _recalled()
    wrongs = [wrong for path in files(MODULES) for wrong in mutants(path)]
    return {wrong: kept[key] for wrong, key in _keys(wrongs).items() if key in kept}


def _recalled() -> Kept:
    path = KEPT / "results.pickle"
    return pickle.loads(path.read_bytes()) if path.exists() else {}


def _keep(results: dict[Mutant, str]) -> None:
    keys = _keys(list(results))
    kept = _recalled() | {keys[wrong]: result for wrong, result in results.items()}
    KEPT.mkdir(exist_ok=True)
    (KEPT / "results.pickle").write_bytes(pickle.dumps(kept))


def main() -> int:
    """Plant, run, tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*", default=MODULES)
    parser.add_argument("--tests", nargs="*", default=TESTS)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--seconds", type=float, default=SECONDS)
    parser.add_argument("--seed", type=int, default=606)
    parser.add_argument("--anew", action="store_true", help="forget what earlier runs found")
    asked = parser.parse_args()
    if asked.anew:
        shutil.rmtree(KEPT, ignore_errors=True)
    wrongs = _plan(tuple(asked.files), asked.seed)
    run = Run(wrongs, asked.workers, time.monotonic() + asked.minutes * 60, asked.seconds)
    options = ["-o", "addopts=", "--import-mode=importlib", "-m", "not torture", "--capture=no"]
    options += ["--timeout=0"]
    for plugin in ("terminal", "xdist", "cacheprovider"):
        options += ["-p", f"no:{plugin}"]
    code = pytest.main([*options, *asked.tests], plugins=[run])
    if not run.results and wrongs:
        return int(code) or 1
    _keep(run.results)
    return _tell(tuple(asked.files))


def _tell(names: tuple[str, ...]) -> int:
    """Survivors and scores of the files asked for on the screen, of all in the documentation."""
    known = _known()
    asked = set(files(names))
    present = [wrong for path in files(MODULES) for wrong in mutants(path)]
    planned = Counter(told.named(wrong.path) for wrong in present)
    for each in told.outdated(present):
        sys.stdout.write(f"explained, but no longer there: {each}\n")
    shown = {wrong: result for wrong, result in known.items() if wrong.path in asked}
    told.show(shown, planned)
    told.write(told.scores(known, planned), MODULES, datetime.now(UTC).date())
    return 0 if told.total(told.scores(shown, planned).values()).ratio >= BAR else 1


if __name__ == "__main__":
    sys.exit(main())
