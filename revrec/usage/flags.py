"""Statistical flags: usage that is unlikely for its own history. A flag blocks nothing.

Rules that a row can break alone stand in ``rules``; what stands here needs the days around it, may
be right, and is for a person to look at.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

import pyarrow as pa

from revrec.columnar import connect

USED_DAYS_MIN = 5
"""Days with usage in a history without which nothing is usual: a median of fewer says nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """Beyond what a day is looked at; the policy elects it."""

    history_days: int
    """Days before a day that tell what is usual."""
    times_max: int
    """Times the median of its history beyond which a day is flagged."""
    silent_days: int
    """Days without usage, after a history with usage, that are flagged."""
    most_a_day: Mapping[str, Decimal]
    """What a meter can count in a day at most, by meter."""

    @classmethod
    def of(cls, value: Callable[[str], str]) -> Thresholds:
        """Those that are elected."""
        most = value("most_usage_a_day")
        pairs = [] if most == "none" else [each.split("=") for each in most.split(";")]
        return cls(
            history_days=int(value("usual_history").removesuffix("_days")),
            times_max=int(value("unlikely_times")),
            silent_days=int(value("unlikely_silence").removesuffix("_days")),
            most_a_day={meter.strip(): Decimal(figure) for meter, figure in pairs},
        )


class Flag(StrEnum):
    """What is unlikely about a day."""

    SPIKE = "spike"
    """More times what is usual than the policy elects: a hundred, unless it says otherwise."""
    UNIT_MIX_UP = "unit-mix-up"
    """About a thousand or a million times what is usual, or a thousandth or a millionth of it."""
    IMPOSSIBLE_RATE = "impossible-rate"
    """More than the policy says the meter can count in a day."""
    SILENCE = "silence"
    """No usage for so many days as the policy elects, where there was usage before."""


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


def flagged(daily: pa.Table, *, as_of: date, thresholds: Thresholds) -> list[Flagged]:
    """What is unlikely in the roll-up of a usage ledger (``rollup.DAILY``) up to a day.

    In order of day, contract, meter and flag.
    """
    most = thresholds.most_a_day
    limits = pa.table(
        {
            "meter": pa.array(list(most), pa.string()),
            "most": pa.array(list(most.values()), pa.decimal128(38, 9)),
        }
    )
    with connect() as connection:
        connection.register("daily", daily)
        connection.register("limits", limits)
        rows = connection.execute(
            _FLAGS,
            {
                "as_of": as_of,
                "history": thresholds.history_days,
                "used": USED_DAYS_MIN,
                "times": thresholds.times_max,
                "silent": thresholds.silent_days,
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
