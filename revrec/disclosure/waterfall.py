"""Revenue waterfall: what was earned month by month, and what is scheduled to be."""

from __future__ import annotations

import pyarrow as pa

from revrec.citations import cites
from revrec.columnar import table_of
from revrec.disclosure import columns as c
from revrec.disclosure.frame import Frame
from revrec.model.dataset import DataSet

_ALONE = pa.schema(
    [
        ("contract", pa.string()),
        ("obligation", pa.string()),
        ("component", pa.string()),
        ("selling_price", pa.decimal128(38, 12)),
    ]
)
_STANDING = """
standing as (
    select contract, obligation, component, sum(price) as allocated,
           sum(remaining) as remaining,
           sum(case when timed then remaining else 0 end) as remaining_timed
    from outlook group by all
)
"""
_NOTE = (
    "Months before the schedule hold revenue posted in them, as in the journal; what of it belongs "
    "to earlier months stands apart and names them. Scheduled is what passes with time. Without a "
    "schedule is what is used or delivered. Usage allocated to its day (606-10-32-40) enters the "
    "price as it occurs. Before, actual, scheduled, beyond and without a schedule give the total; "
    "total less recognised is what remains."
)


@cites("606-10-50-13", "606-10-50-12A")
def revenue_waterfall(frame: Frame, allocated: DataSet) -> DataSet:
    """A row for each contract, obligation and component of the price; minor units.

    Standalone selling prices are those of ``allocated``, the allocation detail.

    Ties: the actual months to the journal's revenue, remaining to the remaining performance
    obligations, total to the allocated price.
    """
    span = frame.span
    frame.load("alone", _alone(allocated))
    shown = ["before", *(c.month_name("actual", month) for month in span.periods)]
    shown += [c.month_name("scheduled", month) for month in span.scheduled]
    return frame.data_set(
        "revenue_waterfall",
        "Revenue waterfall",
        [
            c.ENTITY, c.CUSTOMER, c.CONTRACT, c.OBLIGATION, c.COMPONENT, c.PRODUCT,
            c.text("category", "Category"), c.text("measure", "Measure of progress"),
            c.day("starts", "Start"), c.day("ends", "End"), c.CURRENCY,
            c.price("selling_price", "Standalone selling price"),
            c.money("allocated", "Transaction price share"),
            c.money("prior_years", "Recognised in earlier years"),
            c.money("year_to_date", f"Recognised in FY{span.period.fiscal_year} to date"),
            c.money("before", f"Recognised before {span.first}"),
            *(c.money(c.month_name("actual", m), f"{m} actual") for m in span.periods),
            c.money("late", "Of which for earlier months"),
            c.text("late_months", "Earlier months, and posted in"),
            *(c.money(c.month_name("scheduled", m), f"{m} scheduled") for m in span.scheduled),
            c.money("beyond", "Beyond horizon"),
            c.money("unscheduled", "Without a schedule"),
            c.money("total", "Total", parts=(*shown, "beyond", "unscheduled")),
            c.money("remaining", "Remaining"),
            c.ROW_KEY,
        ],
        _sql(frame),
        note=_NOTE,
    )  # fmt: skip


@cites("606-10-50-12A")
def late_revenue(frame: Frame) -> DataSet:
    """Revenue of earlier months posted in the report, because it was learned after their close."""
    return frame.data_set(
        "late_revenue",
        "Revenue of earlier months",
        [
            c.ENTITY, c.CUSTOMER, c.CONTRACT, c.OBLIGATION, c.COMPONENT, c.PRODUCT,
            c.text("event", "Event"), c.text("origin", "Month it belongs to"),
            c.text("period", "Month of posting"), c.CURRENCY, c.money("amount", "Revenue"),
            c.ROW_KEY,
        ],
        f"""
        select {frame.entity} as entity, coalesce(any_value(c.customer), '') as customer,
               contract, obligation, component, product, event, origin, period, p.currency,
               -sum(amount)::bigint as amount,
               key_of([contract, obligation, component, product, event, origin, period])
                   as row_key
        from posted p left join contract c using (contract)
        where account = 'revenue' and late and month <> ''
        group by contract, obligation, component, product, event, origin, period, p.currency
        order by customer, contract, obligation, component, product, event, origin, period
        """,
        note="A closed month does not change: what is learned later is posted to the open month.",
    )  # fmt: skip


def _sql(frame: Frame) -> str:
    """Posted revenue beside the outlook; either may know a component the other does not."""
    first = frame.span.period.year_first
    months, ahead = frame.span.periods, frame.span.scheduled
    actual = [c.month_name("actual", month) for month in months]
    posted = "".join(
        f"-sum(amount) filter (month = '{month}') as {name}, "
        for month, name in zip(months, actual, strict=True)
    )
    reached = "".join(
        f", sum(a.amount) filter (a.day = date '{month.last}') as reached_{number}"
        for number, month in enumerate(ahead, start=1)
    )
    until = ["0", *(f"coalesce(reached_{number}, 0)" for number in range(1, len(ahead) + 1))]
    scheduled = "".join(
        f"({now} - {before})::bigint as {c.month_name('scheduled', month)}, "
        for before, now, month in zip(until[:-1], until[1:], ahead, strict=True)
    )
    zero = "".join(f"coalesce({name}, 0)::bigint as {name}, " for name in actual)
    recognised = " + ".join(f"coalesce({name}, 0)" for name in ["before", *actual])
    return f"""
    with earned as (
        select contract, obligation, component, any_value(currency) as posted_in,
               -sum(amount) filter (takes_over or period < '{first}') as prior_years,
               -sum(amount) filter (not takes_over and period >= '{first}') as year_to_date,
               -sum(amount) filter (month = '') as before, {posted}
               -sum(amount) filter (late and month <> '') as late,
               string_agg(distinct origin || ' in ' || period, ', '
                          order by origin || ' in ' || period)
                   filter (late and month <> '') as late_months
        from posted where account = 'revenue' group by contract, obligation, component
    ),
    timed as (
        select o.contract, o.obligation, o.component {reached}
        from ahead a join outlook o using (segment) group by all
    ),
    {_STANDING}
    select {frame.entity} as entity, coalesce(c.customer, '') as customer, contract, obligation,
           component, coalesce(o.product, '') as product, coalesce(k.category, 'fixed') as category,
           coalesce(o.measure, '') as measure, o.starts, o.ends,
           coalesce(c.currency, posted_in) as currency,
           a.selling_price, coalesce(allocated, 0)::bigint as allocated,
           coalesce(prior_years, 0)::bigint as prior_years,
           coalesce(year_to_date, 0)::bigint as year_to_date,
           coalesce(before, 0)::bigint as before, {zero}
           coalesce(late, 0)::bigint as late, coalesce(late_months, '') as late_months,
           {scheduled}
           (coalesce(remaining_timed, 0) - {until[-1]})::bigint as beyond,
           (coalesce(remaining, 0) - coalesce(remaining_timed, 0))::bigint as unscheduled,
           ({recognised} + coalesce(remaining, 0))::bigint as total,
           coalesce(remaining, 0)::bigint as remaining,
           key_of([contract, obligation, component]) as row_key
    from standing full join earned using (contract, obligation, component)
    left join timed using (contract, obligation, component)
    left join contract c using (contract)
    left join obligation o using (contract, obligation)
    left join component k using (contract, component)
    left join alone a using (contract, obligation, component)
    order by customer, contract, obligation, component
    """


def _alone(allocated: DataSet) -> pa.Table:
    """Selling prices by contract, obligation and component, where an allocation names them."""
    names = [each.name for each in allocated.columns]
    places = [names.index(each.name) for each in _ALONE]
    rows = [tuple(row[place] for place in places) for row in allocated.rows]
    return table_of(rows, _ALONE)
