"""How fast a portfolio is estimated again: fit, tried on its past, drawn, constrained, told.

Run as ``python -m tests.bench.bench_estimates [contracts]``; 100,000 if left out. The reference
draws and sorts as many numbers as the estimates draw, in the same run. Exits with 1 if the
estimates take more than ``SECONDS_MAX`` of processor time, which two cores give in two minutes.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from datetime import date
from decimal import Decimal

import numpy as np
from rich.console import Console
from rich.table import Table

from revrec.estimation.cases import Case
from revrec.estimation.constraint import ConstraintPolicy
from revrec.estimation.estimate import estimates
from revrec.estimation.numbers import generator
from revrec.estimation.outlook import DRAWS, fit_portfolio
from revrec.model.contract import (
    Consideration,
    ConsiderationKind,
    Contract,
    EstimationMethod,
)
from revrec.model.estimation import ComponentKind, VariableComponent
from tests.estimation.judging import panel_of_steps
from tests.estimation.portfolios import simulate

CONTRACTS = 100_000
AHEAD = 9
SECONDS_MAX = 240


def cases(count: int) -> list[Case]:
    """An overage for each contract."""
    terms = Contract(
        id="C",
        customer="c",
        currency="USD",
        inception=date(2026, 1, 1),
        obligations=(),
        consideration=(Consideration(id="over", kind=ConsiderationKind.VARIABLE),),
    )
    return [
        Case(
            component=VariableComponent(
                id=f"V-{row}",
                contract="C",
                on=date(2026, 1, 1),
                component=ComponentKind.OVERAGE,
                method=EstimationMethod.EXPECTED_VALUE,
                consideration="over",
                threshold=Decimal(5_000),
                unit_price=Decimal("0.02"),
            ),
            contract=terms,
            days_left=AHEAD * 28,
            row=row,
        )
        for row in range(count)
    ]


def timed(run: Callable[[], object]) -> tuple[float, float]:
    """Seconds the run takes, on the wall and of all processors."""
    wall, processor = time.perf_counter(), time.process_time()
    run()
    return time.perf_counter() - wall, time.process_time() - processor


def main(contracts: int) -> int:
    """Print the figures; 1 if the budget is missed."""
    truth = simulate("churning", contracts=contracts, past=13, future=1, seed=1)
    panel, asked = panel_of_steps(truth.past), cases(contracts)
    rng = generator(1)

    def reference() -> None:
        for _ in range(0, contracts, 2_000):
            np.sort(rng.standard_normal((2_000, DRAWS * AHEAD)), axis=1)

    def estimated() -> None:
        portfolio = fit_portfolio(panel, horizon=AHEAD, rng=rng)
        found = list(estimates(asked, portfolio, policy=ConstraintPolicy(), rng=rng))
        assert len(found) == contracts

    table = Table("what", "wall s", "processor s", "of the reference")
    base = timed(reference)
    ours = timed(estimated)
    for name, (wall, processor) in (("draw and sort", base), ("estimates", ours)):
        table.add_row(name, f"{wall:.1f}", f"{processor:.1f}", f"{processor / base[1]:.1f}")
    Console().print(table)
    return int(ours[1] > SECONDS_MAX)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else CONTRACTS))
