"""How fast steps 1-4 decide and step 5 recognises, in multiples of a reference measured beside.

Run as ``python -m tests.bench.bench_engine``. Decisions are compared with a loop of exact
arithmetic of the standard library, recognition with a bare product in SQL, on the same data in the
same run, so that multiples compare between machines and with ``baseline.yaml``, which holds those
of the last release. ``--record NAME`` writes that file. Times are of the processor: a busy machine
hardly stretches them. Exits with 1 where a median is above its budget.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import duckdb
import pyarrow as pa
import yaml
from rich.console import Console
from rich.table import Table

from revrec.engine import decide_all
from revrec.feeds.policies import default_policy
from revrec.model.contract import (
    Consideration,
    ConsiderationKind,
    Contract,
    Measure,
    PerformanceObligation,
)
from revrec.model.decision import Progress, Segment, Shape
from revrec.model.events import Modification
from revrec.model.history import Book, ContractHistory
from revrec.periods import FOREVER
from revrec.recognition.arithmetic import Arithmetic

CONTRACTS = 10_000
OBLIGATIONS = 1_000_000
FIRST, LAST = date(2026, 1, 1), date(2026, 12, 31)
BASELINE = Path(__file__).with_name("baseline.yaml")
ROUNDS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """Medians of several rounds."""

    what: str
    rows: int
    microseconds: float
    """Of the processor, for one row."""
    multiple: float
    """Of the reference of the same round."""
    budget: float | None = None
    """Microseconds."""

    @property
    def speed(self) -> str:
        return f"{1e6 / self.microseconds:,.0f}/s"


def seconds_of(run: Callable[[], object]) -> float:
    """Processor seconds of one run."""
    started = time.process_time()
    run()
    return time.process_time() - started


def compared(
    what: str,
    rows: int,
    run: Callable[[], object],
    reference: Callable[[], object],
    budget: float | None = None,
) -> Measured:
    """Rounds of the reference and the run, one beside the other."""
    rounds = [(seconds_of(reference), seconds_of(run)) for _ in range(ROUNDS)]
    return Measured(
        what=what,
        rows=rows,
        microseconds=statistics.median(seconds for _, seconds in rounds) / rows * 1e6,
        multiple=statistics.median(seconds / least for least, seconds in rounds),
        budget=budget,
    )


def contract(number: int, obligations: int) -> Contract:
    """A contract of a year with so many obligations of a selling price each."""
    return Contract(
        id=f"C-{number}",
        customer=f"customer {number}",
        currency="USD",
        inception=FIRST,
        end=LAST,
        obligations=tuple(
            PerformanceObligation(
                id=f"obligation-{each}",
                product="platform",
                measure=Measure.DAYS,
                standalone_selling_price=Decimal(1000 + each),
            )
            for each in range(obligations)
        ),
        consideration=(
            Consideration(id="fee", kind=ConsiderationKind.FIXED, amount=Decimal(12000)),
        ),
    )


def exact_arithmetic() -> None:
    """The reference for decisions: per contract a sum of two fractions and two texts."""
    for number in range(CONTRACTS):
        share = Fraction(number + 1, 365) + Fraction(number + 2, 12)
        str(Decimal(share.numerator))
        f"{share.numerator:,} of {share.denominator:,}"


def bench_decide() -> list[Measured]:
    """Steps 1-4 and contract costs, as the engine runs them."""
    measured = []
    for obligations, modified, budget in ((1, False, 100), (3, False, None), (3, True, 300)):
        histories = {
            f"C-{number}": ContractHistory(contract(number, obligations))
            for number in range(CONTRACTS)
        }
        for name, history in histories.items() if modified else ():
            history.modifications.append(
                Modification(id="M", contract=name, on=date(2026, 7, 1), price_change=Decimal(600))
            )
        book = Book(policy=default_policy(), histories=histories)

        def decide(told: Book = book) -> None:
            with Arithmetic([]) as arithmetic:
                decided, refused = decide_all(told, arithmetic)
            assert (len(decided), len(refused)) == (CONTRACTS, 0)

        what = f"decide, {obligations} obligations{', 1 modification' if modified else ''}"
        measured.append(compared(what, CONTRACTS, decide, exact_arithmetic, budget))
    return measured


def bench_recognise() -> Measured:
    """One period of many obligations, beside a bare product in DuckDB."""
    shape = Shape(progress=Progress.DAYS, starts=FIRST, ends=LAST)
    segments = [
        Segment(
            contract=f"C-{number}",
            obligation="platform",
            component="fixed",
            product="platform",
            currency="USD",
            valid_from=FIRST,
            valid_to=FOREVER,
            price=1_000_000 + number,
            shape=shape,
        )
        for number in range(OBLIGATIONS)
    ]
    prices = pa.table({"price": pa.array([each.price for each in segments], pa.int64())})
    product = "select price::hugeint * 31 // 365 from prices"
    with Arithmetic([]) as arithmetic, duckdb.connect() as database:
        database.register("prices", prices)
        return compared(
            "recognise one period",
            OBLIGATIONS,
            lambda: arithmetic.recognise(segments, [date(2026, 1, 31)]),
            lambda: database.sql(product).to_arrow_table(),
        )


def show(measured: list[Measured], recorded: Mapping[str, float], release: str) -> None:
    """A row for each operation, with the change since the release."""
    table = Table(
        "operation",
        "rows",
        "us each",
        "budget",
        "speed",
        "multiple of reference",
        release,
        "change",
    )
    for each in measured:
        before = recorded.get(each.what)
        table.add_row(
            each.what,
            f"{each.rows:,}",
            f"{each.microseconds:,.1f}",
            f"{each.budget:,.0f}" if each.budget else "",
            each.speed,
            f"{each.multiple:,.1f}",
            f"{before:,.1f}" if before else "",
            f"{each.multiple / before:.2f} x" if before else "",
        )
    Console(width=140).print(table)


def record(measured: list[Measured], release: str) -> None:
    """Write the baseline: multiples compare between machines, microseconds do not."""
    multiples = {each.what: round(each.multiple, 1) for each in measured}
    told = yaml.safe_dump({"release": release, "multiples": multiples}, sort_keys=False)
    note = "# Multiples of the reference in tests/bench/bench_engine.py; it writes this file.\n"
    BASELINE.write_text(note + told, encoding="utf-8")


def main(arguments: list[str]) -> int:
    """Measure, show, and record if asked to."""
    told = yaml.safe_load(BASELINE.read_text(encoding="utf-8"))
    measured = [*bench_decide(), bench_recognise()]
    show(measured, told["multiples"], told["release"])
    if arguments[:1] == ["--record"]:
        record(measured, arguments[1])
    return int(any(each.budget and each.microseconds > each.budget for each in measured))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
