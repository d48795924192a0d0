"""How fast use is drawn from credits, beside a bare loop over the same use in the same run.

Run as ``python -m tests.bench.bench_burn_down [uses]``; a million daily uses of a thousand
contracts, each with twelve grants of three priorities, if left out. The bare loop reads the same
columns and sums them by contract in a dictionary. Exits with 1 if drawing takes more than
``RATIO_MAX`` times as much processor time.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

import pyarrow as pa
from rich.console import Console
from rich.table import Table

from revrec.columnar import connect
from revrec.commitments.accounts import Account, accounts_of
from revrec.commitments.burn import burn, uses_of
from revrec.model.credit import CreditGrant
from revrec.model.credit_book import CreditBook
from revrec.usage.rollup import DAILY

USES = 1_000_000
CONTRACTS = 1_000
GRANTS = 12
RATIO_MAX = 9
YEAR_END = date(2026, 12, 31)
_TOLD = f"""
select 'C-' || (n % {CONTRACTS}) as contract, 'm' || ((n // {CONTRACTS}) % 3) as meter,
       date '2026-01-01' + ((n // {CONTRACTS} // 3) % 365)::integer as usage_date,
       sum(1000::decimal(38,9)) as quantity,
       sum(((hash(n) % 100000)::decimal(38,12) / 1000)::decimal(38,12)) as amount,
       count(*) as rows, null::timestamptz as last_recorded_at
from range($uses) as numbers(n) group by all order by all
"""


def book() -> CreditBook:
    """Grants that end one after the other."""
    told = CreditBook()
    for contract in range(CONTRACTS):
        for number in range(GRANTS):
            told.add(
                CreditGrant(
                    id=f"g{contract}-{number}",
                    contract=f"C-{contract}",
                    on=date(2026, 1, 1),
                    last_day=YEAR_END - timedelta(days=number * 20),
                    amount=Decimal(2000),
                    paid=Decimal(1500),
                    priority=number % 3,
                )
            )
    return told


def timed(run: Callable[[], int]) -> tuple[int, float]:
    """What the run gives, and its seconds of processor time."""
    started = time.process_time()
    given = run()
    return given, time.process_time() - started


def bare(daily: pa.Table) -> int:
    """The same columns, summed in a dictionary."""
    sums: dict[str, Decimal] = {}
    names, amounts = daily["contract"].to_pylist(), daily["amount"].to_pylist()
    for name, amount in zip(names, amounts, strict=True):
        sums[name] = sums.get(name, Decimal(0)) + amount
    return len(sums)


def drawn(daily: pa.Table, accounts: list[Account]) -> int:
    """Every account drawn down; the number of draws."""
    uses = uses_of(daily, accounts)
    return sum(len(burn(each, uses.get(each.id, []), YEAR_END).draws) for each in accounts)


def main(uses: int) -> int:
    """Measure and tell; 1 if drawing takes too long beside the bare loop."""
    with connect() as connection:
        daily = connection.sql(_TOLD, params={"uses": uses}).to_arrow_table().cast(DAILY)
    _, reference = timed(lambda: bare(daily))
    accounts, making = [], 0.0

    def make() -> int:
        accounts.extend(accounts_of(book(), {}, "first_to_lapse")[0])
        return len(accounts)

    _, making = timed(make)
    draws, drawing = timed(lambda: drawn(daily, accounts))
    table = Table(
        "what", "processor s", "x bare", title=f"{daily.num_rows:,} uses, {draws:,} draws"
    )
    for what, seconds in (("bare loop", reference), ("accounts", making), ("draw", drawing)):
        table.add_row(what, f"{seconds:.2f}", f"{seconds / reference:.1f}")
    Console().print(table)
    return int(drawing > RATIO_MAX * reference)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else USES))
