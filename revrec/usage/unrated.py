"""What was counted and is not in the usage ledger as its prices give it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from revrec.store.lake import Lake
from revrec.store.transaction import Transaction
from revrec.usage.columns import COUNTED
from revrec.usage.rerating import compared


@dataclass(frozen=True, slots=True, kw_only=True)
class Unrated:
    """Counted usage up to a day that the usage ledger does not hold as its prices give it."""

    lines: int
    """Lines that are new or differ."""
    first_day: date | None
    differences: dict[str, Decimal]
    """What rating them would change, by currency."""
    unpriced: int
    """Contracts' meters with usage that no price holds for."""


def unrated(tx: Transaction, lake: Lake, *, through: date) -> Unrated | None:
    """What rating through a day would append on days up to it; None if nothing was ever counted.

    Reads what is committed and takes no locks.
    """
    if lake.committed_version(tx, COUNTED.table) is None:
        return None
    with compared(tx, lake, through) as bench:
        up_to = {"through": through}
        rows = bench.execute(
            "select count(*), min(day) from change where day <= $through", up_to
        ).fetchall()
        sums = bench.execute(
            "select currency, sum(amount) from change where day <= $through group by 1 order by 1",
            up_to,
        ).fetchall()
        gaps = bench.execute(
            "select count(distinct (contract, meter)) from unpriced where day <= $through", up_to
        ).fetchall()
    return Unrated(
        lines=rows[0][0], first_day=rows[0][1], differences=dict(sums), unpriced=gaps[0][0]
    )
