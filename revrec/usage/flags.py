"""Statistical flags: usage that is unlikely for its own history. A flag blocks nothing.

Rules that a row can break alone stand in ``rules``; what stands here needs the days around it, may
be right, and is for a person to look at.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

import pyarrow as pa

from revrec.columnar import connect

HISTORY_DAYS = 28
"""Days before a day that tell what is usual."""
HISTORY_DAYS_USED_MIN = 5
"""Days with usage among them without which nothing is usual."""
TIMES_MAX = 100
"""Times the median of its history beyond which a day is flagged."""
SILENT_DAYS = 7
"""Days without usage, after a history with usage, that are flagged."""


class Flag(StrEnum):
    """What is unlikely about a day."""

    SPIKE = "spike"
    """More than a hundred times what is usual."""
    UNIT_MIX_UP = "unit-mix-up"
    """About a thousand or a million times what is usual, or a thousandth or a millionth of it."""
    IMPOSSIBLE_RATE = "impossible-rate"
    """More than the meter can count in a day."""
    SILENCE = "silence"
    """No usage for a week where there was usage before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flagged:
    """A day of a contract's meter to look at."""

    contract: str
    meter: str
    day: date
    flag: Flag
    quantity: Decimal
    usual: Decimal
    """The median of the days with usage in its history; of an impossible rate, the most a day."""

    def __str__(self) -> str:
        return (
            f"{self.flag}: {self.contract} used {self.quantity:,f} of {self.meter} on {self.day}, "
            f"where {self.usual:,f} is "
            + ("the most." if self.flag is Flag.IMPOSSIBLE_RATE else "usual.")
        )


def flagged(
    daily: pa.Table, *, as_of: date, most_a_day: Mapping[str, Decimal] | None = None
) -> list[Flagged]:
    """What is unlikely in the roll-up of a usage ledger (``rollup.DAILY``) up to a day.

    ``most_a_day`` gives what a meter can count in a day at most, by meter. In order of day,
    contract, meter and flag.
    """
    limits = pa.table(
        {
            "meter": pa.array(list(most_a_day or {}), pa.string()),
            "most": pa.array(list((most_a_day or {}).values()), pa.decimal128(38, 9)),
        }
    )
    with connect() as connection:
        connection.register("daily", daily)
        connection.register("limits", limits)
        rows = connection.execute(
            _FLAGS,
            {
                "as_of": as_of,
                "history": HISTORY_DAYS,
                "used": HISTORY_DAYS_USED_MIN,
                "times": TIMES_MAX,
                "silent": SILENT_DAYS,
            },
        ).fetchall()
    return [
        Flagged(
            contract=contract,
            meter=meter,
            day=day,
            flag=Flag(flag),
            quantity=quantity,
            usual=usual,
        )
        for contract, meter, day, flag, quantity, usual in rows
    ]


_FLAGS = """
with days as (
    select contract, meter, usage_date as day, quantity
    from daily where usage_date <= $as_of and quantity > 0
),
history as (
    select d.contract, d.meter, d.day, d.quantity, count(b.day) as used,
           quantile_disc(b.quantity, 0.5) as usual
    from days d left join days b
      on b.contract = d.contract and b.meter = d.meter
     and b.day between d.day - $history and d.day - 1
    group by all
),
apart as (
    select *, quantity > usual * 900 and quantity < usual * 1100
              or quantity > usual * 900000 and quantity < usual * 1100000
              or quantity * 900 < usual and quantity * 1100 > usual
              or quantity * 900000 < usual and quantity * 1100000 > usual as by_thousands
    from history where used >= $used
),
lasting as (
    select contract, meter, max(day) as last_day, arg_max(quantity, day) as quantity,
           count(*) filter (where day > last_of_all - $history) as used,
           quantile_disc(quantity, 0.5) as usual
    from days join (
        select contract, meter, max(day) as last_of_all from days group by all
    ) using (contract, meter)
    where day > last_of_all - $history
    group by all
)
select contract, meter, day, case when by_thousands then 'unit-mix-up' else 'spike' end as flag,
       quantity, usual
from apart where by_thousands or quantity > usual * $times
union all
select contract, meter, day, 'impossible-rate', quantity, most
from days join limits using (meter) where quantity > most
union all
select contract, meter, last_day + $silent, 'silence', 0, usual
from lasting where used >= $used and $as_of >= last_day + $silent
order by day, contract, meter, flag
"""
