"""The reconciliation as tables for readers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date

import duckdb

from revrec.column_rows import ColumnRows
from revrec.columnar import looked_up
from revrec.model.dataset import Column, ColumnType, DataSet
from revrec.reconciliation import limits
from revrec.reconciliation.reasons import CODES, Reason

Row = tuple[object, ...]


def text(name: str, title: str) -> Column:
    """Text as it is."""
    return Column(name=name, title=title)


def money(name: str, title: str, parts: tuple[str, ...] = ()) -> Column:
    """Minor units of the row's currency, with a control total; the sum of its parts if named."""
    return Column(name=name, title=title, type=ColumnType.MONEY, total=True, parts=parts)


def quantity(name: str, title: str) -> Column:
    """An exact decimal; units of several meters do not add."""
    return Column(name=name, title=title, type=ColumnType.QUANTITY)


def day(name: str, title: str) -> Column:
    """A calendar day."""
    return Column(name=name, title=title, type=ColumnType.DATE)


ROW_KEY = text("row_key", "Row key")
CUSTOMER = (text("customer", "Customer"), text("customer_name", "Customer name"))
_OBLIGATION = (
    *CUSTOMER,
    text("contract", "Contract"),
    text("obligation", "Performance obligation"),
)
_IN = (text("service_month", "Service month"), text("currency", "Currency"))
SUBJECT = (*_OBLIGATION, *_IN)
"""What a row of a month is of ..."""
SUBJECT_BY_DAY = (*_OBLIGATION, day("day", "Day"), *_IN)
"""... and of a day."""


def age(since: date, as_of: date) -> str:
    """The bucket of what has been open since a day; current before that day."""
    days = (as_of - since).days
    if days < 0:
        return limits.CURRENT
    return next((name for last, name in limits.AGES if days <= last), limits.OLDEST)


def key_of(*parts: object) -> str:
    r"""A stable row key; a slash within a part is marked.

    >>> key_of("ACME/1", "seats")
    'ACME\\/1/seats'
    """
    return "/".join(str(part).replace("\\", "\\\\").replace("/", "\\/") for part in parts)


def lines(database: duckdb.DuckDBPyConnection) -> DataSet:
    """One row per contract, obligation and month with anything in one of the three systems."""
    return DataSet(
        name="reconciliation",
        title="Usage to billing to revenue",
        columns=[
            *SUBJECT,
            text("meter", "Meters"),
            quantity("metered_quantity", "Metered"),
            quantity("rated_quantity", "Rated"),
            quantity("invoiced_quantity", "Invoiced units"),
            quantity("rated_exact", "Rated, exact"),
            money("rated", "Rated"),
            money("invoiced", "Invoiced"),
            money("drawdown", "Drawn from what was paid before"),
            money("revenue", "Revenue"),
            quantity("metered_less_rated", "Metered less rated"),
            text("quantity_reason", "Why not rated"),
            money("rated_less_invoiced", "Rated less invoiced"),
            text("why_rated_less_invoiced", "Why"),
            money("invoiced_less_revenue", "Invoiced less revenue"),
            text("why_invoiced_less_revenue", "Why"),
            text("reason", "Reason"),
            ROW_KEY,
        ],
        rows=ColumnRows.of(database.sql(_LINES).to_arrow_table()),
        note="A month's bills for fixed fees are those issued for a service of that month, or "
        "issued in it for a longer one. Reason is the largest of the row, and unexplained before "
        "all others.",
    )


def named(difference: str) -> str:
    """SQL for the reasons of a difference and their amounts as text, the largest first.

    Of rows of ``reasons`` with the unit of their currency.
    """
    return f"""
        coalesce(string_agg(reason || ' ' || in_decimals(amount, unit), '; '
                            order by abs(amount) desc, reason)
                 filter (where difference = '{difference}'), '')"""


_LINES = f"""
with why as (
    select contract, obligation, month,
           {named("rated_less_invoiced")} as rated, {named("invoiced_less_revenue")} as invoiced,
           arg_max(reason, (reason = 'unexplained', abs(amount), reason)) as reason,
           -sum(amount) filter (where difference = 'invoiced_less_revenue'
                                and reason = 'credit_drawdown') as credits,
           sum(amount) filter (where difference = 'rated_less_invoiced'
                               and reason = 'commitment_drawdown') as commitments
    from reasons join contracts using (contract) group by contract, obligation, month
)
select c.customer, c.customer_name, l.contract, l.obligation,
       period_name(l.month) as service_month, c.currency, coalesce(s.meters, ''),
       l.metered_quantity, l.rated_quantity, l.billed_quantity, l.rated_exact, l.rated, l.billed,
       (case when s.drawdown = 'credit_drawdown' then coalesce(w.credits, 0)
             else coalesce(w.commitments, 0) end)::bigint,
       l.revenue, l.metered_quantity - l.rated_quantity,
       case when l.metered_quantity = l.rated_quantity then ''
            when s.drawdown is not null then s.drawdown
            when s.charged_by_use then 'free_grant' else 'fixed_fee' end,
       l.rated - l.billed, coalesce(w.rated, ''), l.billed - l.revenue, coalesce(w.invoiced, ''),
       coalesce(w.reason, ''),
       concat_ws('/', marked(l.contract), marked(l.obligation), period_name(l.month))
from lines l
join contracts c using (contract)
left join services s using (contract, obligation)
left join why w using (contract, obligation, month)
order by c.customer, l.contract, l.obligation, l.month
"""


def reasons(database: duckdb.DuckDBPyConnection, *, by_day: bool = False) -> DataSet:
    """One row per reason of a difference of a month, or of a day."""
    of, table, on = ("_by_day", "day_reasons", "day") if by_day else ("", "reasons", "month")
    found = database.sql(
        f"""
        select c.customer, c.customer_name, r.contract, r.obligation, {"r.day, " * by_day}
               period_name(r.month) as service_month, c.currency, r.difference, r.reason, r.amount,
               concat_ws('/', marked(r.contract), marked(r.obligation),
                         {"r.day" if by_day else "period_name(r.month)"}, r.difference, r.reason)
                   as row_key
        from {table} r join contracts c using (contract)
        order by c.customer, r.contract, r.obligation, r.{on}, r.difference desc, r.reason
        """
    ).to_arrow_table()
    coded = looked_up(found, ["reason"], _code, ["code"])
    return DataSet(
        name=f"reconciliation_reasons{of}",
        title="Reasons of differences by day" if by_day else "Reasons of differences",
        columns=[
            *(SUBJECT_BY_DAY if by_day else SUBJECT),
            text("difference", "Difference"),
            text("reason", "Reason"),
            text("code", "Code"),
            money("amount", "Amount"),
            ROW_KEY,
        ],
        rows=ColumnRows.of(coded.select([*found.column_names[:-2], "code", "amount", "row_key"])),
    )


def _code(reason: str) -> tuple[str]:
    return (CODES[Reason(reason)].value,)


def ageing(found: DataSet) -> DataSet:
    """What is open by reason and age: one row per code, reason and currency; it must reach zero.

    ``found`` are the findings of the reconciliation. Amounts are added without their signs.
    """
    place = {column.name: number for number, column in enumerate(found.columns)}
    buckets = (limits.CURRENT, *(name for _, name in limits.AGES), limits.OLDEST)
    sums: dict[tuple[str, str, str], dict[str, int]] = {}
    counts: Counter[tuple[str, str, str]] = Counter()
    for row in found.rows:
        reason = Reason(str(row[place["reason"]]))
        key = (CODES[reason].value, reason.value, str(row[place["currency"]]))
        held = sums.setdefault(key, dict.fromkeys(buckets, 0))
        held[str(row[place["age"]])] += abs(int(str(row[place["amount"]])))
        counts[key] += 1
    return DataSet(
        name="reconciliation_ageing",
        title="Open differences by age",
        columns=[
            text("code", "Code"),
            text("reason", "Reason"),
            text("currency", "Currency"),
            Column(name="findings", title="Findings", type=ColumnType.INTEGER, total=True),
            *(
                money(f"age_{number}", name[0].upper() + name[1:])
                for number, name in enumerate(buckets)
            ),
            money("amount", "Amount"),
            ROW_KEY,
        ],
        rows=[
            (*key, counts[key], *held.values(), sum(held.values()), key_of(*key))
            for key, held in sorted(sums.items())
        ],
        note="Amounts without their signs, by days since. All of it must reach zero: what is "
        "invoiced wrongly by a correction, what has no reason by the fact that is missing.",
    )


def unbilled(database: duckdb.DuckDBPyConnection, as_of: date) -> DataSet:
    """Usage charged by use that no invoice dated up to the end of the range had billed.

    Looked back on as of the day of the reconciliation: what was billed since, and what is left.
    """
    rows = database.execute(_UNBILLED).fetchall()
    return DataSet(
        name="unbilled",
        title="Unbilled usage",
        columns=[
            *CUSTOMER,
            text("contract", "Contract"),
            text("meter", "Meters"),
            text("obligation", "Performance obligation"),
            text("consideration", "Usage fee"),
            text("service_month", "Service month"),
            text("currency", "Currency"),
            quantity("quantity", "Quantity"),
            money("amount", "Amount", ("subsequently_billed", "variance")),
            day("expected_on", "Expected on an invoice by"),
            money("subsequently_billed", "Billed since"),
            day("billed_on", "Billed on"),
            text("invoices", "Invoices"),
            money("variance", "Amount less billed since"),
            text("reason", "Reason"),
            text("age", "Age"),
            ROW_KEY,
        ],
        rows=[_unbilled(row, as_of) for row in rows],
    )


def _unbilled(row: Row, as_of: date) -> Row:
    due = row[10]
    assert isinstance(due, date)
    return (*row, age(due, as_of), key_of(row[2], row[5], row[6]))


_UNBILLED = """
with billed as (
    select contract, consideration, month,
           coalesce(sum(amount) filter (where "on" <= getvariable('through_last')), 0) as before,
           sum(quantity) filter (where "on" <= getvariable('through_last')) as q_before,
           coalesce(sum(amount) filter (where "on" > getvariable('through_last')), 0) as since,
           min("on") filter (where "on" > getvariable('through_last')) as billed_on,
           coalesce(string_agg(distinct document, ', ' order by document)
               filter (where "on" > getvariable('through_last')), '') as invoices
    from usage_bills
    group by all
),
why as (
    select number, string_agg(distinct reason, ', ' order by reason) as reason
    from explained group by number
)
select c.customer, c.customer_name, k.contract, coalesce(s.meters, ''), k.obligation,
       k.consideration, period_name(k.month), c.currency,
       case when k.q_charged <> 0 then k.q_charged - coalesce(b.q_before, 0) end,
       (k.charged - coalesce(b.before, 0))::bigint, k.due,
       coalesce(b.since, 0)::bigint, b.billed_on, coalesce(b.invoices, ''),
       (k.charged - coalesce(b.before, 0) - coalesce(b.since, 0))::bigint, coalesce(w.reason, '')
from cases k
join contracts c using (contract)
left join services s using (contract, obligation)
left join billed b using (contract, consideration, month)
left join why w using (number)
where k.charged - coalesce(b.before, 0) > greatest(k.lines, 1)
order by c.customer, k.contract, k.consideration, k.month
"""


def strays(database: duckdb.DuckDBPyConnection) -> DataSet:
    """Usage and revenue of contracts that the book does not have; there must be none."""
    rows = database.execute(
        """
        select contract, 'usage' as told_as, meter, period_name(month), told_rows, quantity,
               amount
        from strays
        where month >= getvariable('first')
        union all
        select r.contract, 'revenue', r.obligation, period_name(r.month), count(*), null, null
        from revenue r anti join contracts c using (contract)
        where r.month between getvariable('first') and getvariable('through')
        group by all
        order by 1, 2, 3, 4
        """
    ).fetchall()
    return DataSet(
        name="reconciliation_strays",
        title="Contracts not in the book",
        columns=[
            text("contract", "Contract"),
            text("told_as", "Told as"),
            text("subject", "Meter or obligation"),
            text("service_month", "Service month"),
            Column(name="rows", title="Rows", type=ColumnType.INTEGER, total=True),
            quantity("quantity", "Quantity"),
            quantity("amount", "Amount, exact"),
            ROW_KEY,
        ],
        rows=_keyed(rows, 4),
    )


def _keyed(rows: Iterable[Row], parts: int) -> Sequence[Row]:
    return [(*row, key_of(*row[:parts])) for row in rows]
