"""How fast steps 1-4 decide and step 5 recognises, as ratios to the bare operation.

Run as ``python -m tests.bench.bench_engine``. Ratios compare with the least work that could give
the figure, on the same data in the same run, so that they hold on any machine.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import date
from decimal import Decimal

import duckdb
import pyarrow as pa
from rich.console import Console
from rich.table import Table

from revrec.asc606.decide import decide
from revrec.asc606.standalone_selling_price import Books
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
from revrec.model.history import ContractHistory
from revrec.periods import FOREVER
from revrec.recognition.arithmetic import Arithmetic

CONTRACTS = 10_000
OBLIGATIONS = 1_000_000
FIRST, LAST = date(2026, 1, 1), date(2026, 12, 31)


def best(run: Callable[[], object], times: int = 3) -> float:
    """Seconds of the fastest of several runs."""
    seconds = []
    for _ in range(times):
        started = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - started)
    return min(seconds)


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


def decide_all(histories: list[ContractHistory], books: Books) -> int:
    """Steps 1-4 of contracts; questions are answered once for all, as the engine does."""
    asking = []
    segments = 0
    for history in histories:
        deciding = decide(history, books)
        try:
            asking.append((deciding, next(deciding)))
        except StopIteration as done:
            segments += len(done.value.segments)
    if asking:
        with Arithmetic([]) as arithmetic:
            answers = iter(arithmetic.progress([q for _, asked in asking for q in asked]))
        for deciding, questions in asking:
            try:
                deciding.send([next(answers) for _ in questions])
            except StopIteration as done:
                segments += len(done.value.segments)
    return segments


def bench_decide(table: Table) -> None:
    """Microseconds per contract, and the ratio to building its segments bare."""
    books = Books((), default_policy())
    shape = Shape(progress=Progress.DAYS, starts=FIRST, ends=LAST)

    def bare() -> None:
        for number in range(CONTRACTS):
            Segment(
                contract=f"C-{number}",
                obligation="obligation-0",
                component="fixed",
                product="platform",
                currency="USD",
                valid_from=FIRST,
                valid_to=FOREVER,
                price=1_200_000,
                shape=shape,
            )

    floor = best(bare)
    for obligations, modified in ((1, False), (3, False), (3, True)):
        histories = [ContractHistory(contract(number, obligations)) for number in range(CONTRACTS)]
        for history in histories if modified else ():
            history.modifications.append(
                Modification(
                    id="M",
                    contract=history.contract.id,
                    on=date(2026, 7, 1),
                    price_change=Decimal(600),
                )
            )
        seconds = best(lambda told=histories: decide_all(told, books))
        what = f"decide, {obligations} obligations{', 1 modification' if modified else ''}"
        table.add_row(
            what,
            f"{CONTRACTS:,}",
            f"{seconds:.2f}",
            f"{CONTRACTS / seconds:,.0f} contracts/s, {seconds / CONTRACTS * 1e6:,.0f} us each",
            f"{seconds / floor:,.0f} x building one segment",
        )


def bench_recognise(table: Table) -> None:
    """Obligations per second for one period, and the ratio to a bare product in DuckDB."""
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
    with Arithmetic([]) as arithmetic:
        seconds = best(lambda: arithmetic.recognise(segments, [date(2026, 1, 31)]), 2)
    prices = pa.table({"price": pa.array([each.price for each in segments], pa.int64())})
    with duckdb.connect() as database:
        database.register("prices", prices)
        floor = best(
            lambda: database.sql("select price::hugeint * 31 // 365 from prices").to_arrow_table()
        )
    table.add_row(
        "recognise one period",
        f"{OBLIGATIONS:,}",
        f"{seconds:.2f}",
        f"{OBLIGATIONS / seconds:,.0f} obligations/s",
        f"{seconds / floor:,.0f} x one product in SQL",
    )


if __name__ == "__main__":
    shown = Table("operation", "rows", "seconds", "speed", "ratio to the bare operation")
    bench_decide(shown)
    bench_recognise(shown)
    Console(width=140).print(shown)
