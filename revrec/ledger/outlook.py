"""What is still to be recognised, and when: the prices in force at the end of the report.

The outlook is the accounting as it stands on that day. A modification that takes effect later
changes a later report, even if the book knows of it already. What passes with time is scheduled
by step 5's own arithmetic; what is used or delivered has no schedule, only a last day.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

import pyarrow as pa

from revrec.citations import cites
from revrec.model.decision import ELAPSED, Segment
from revrec.periods import FOREVER
from revrec.recognition.arithmetic import Arithmetic

Query = Callable[[str], pa.Table]
"""Asks the subledger's tables."""
_SCHEDULED = pa.schema([("segment", pa.int64()), ("day", pa.date32()), ("revenue", pa.int64())])


@cites("606-10-50-13")
def in_force(query: Query, on: date) -> pa.Table:
    """Prices in force at the end of the day and what of them is recognised, by segment.

    ``remaining`` is the price not yet recognised; usage allocated to its day (32-40) has its
    revenue as price and nothing remaining. ``latest`` is the last day on which counted progress
    becomes complete, if there is one.
    """
    return query(
        f"""
        select s.segment, s.contract, s.obligation, s.component, s.product, s.as_used,
               case when s.as_used then r.revenue else s.price end as price,
               r.revenue as recognised,
               case when s.as_used then 0 else s.price - r.revenue end as remaining,
               s.shape.progress as progress,
               s.shape.entitled is not null or s.as_used as by_use,
               coalesce(s.shape.lapses, s.shape.ends) as latest
        from segments s join recognised r using (segment)
        where r.day = date '{on.isoformat()}'
        order by s.segment
        """
    )


def scheduled(segments: Sequence[Segment], standing: pa.Table, days: Sequence[date]) -> pa.Table:
    """Revenue to date at each day of what passes with time: segment, day, revenue.

    ``standing`` names those by their place in ``segments``. Nothing is assumed to change after
    the report: segments in force stay in force.
    """
    open_ones = [
        number
        for number, remaining in zip(
            standing["segment"].to_pylist(), standing["remaining"].to_pylist(), strict=True
        )
        if remaining and segments[number].shape.progress in ELAPSED
    ]
    if not open_ones:
        return _SCHEDULED.empty_table()
    with Arithmetic([]) as arithmetic:
        kept = [segments[number]._replace(valid_to=FOREVER) for number in open_ones]
        table = arithmetic.recognise(kept, days).table
    places = pa.array(open_ones, pa.int64())
    return pa.table(
        {
            "segment": places.take(table["segment"].combine_chunks()),
            "day": table["day"],
            "revenue": table["revenue"],
        },
        schema=_SCHEDULED,
    )
