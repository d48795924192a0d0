"""What rating reads: usage as it was counted, and the rated lines that the ledger holds.

Of what is rated anew alone, where ``since`` tells it: contracts, each from a day on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from revrec.model.rating import Price, Reset
from revrec.rating import rate as rating
from revrec.rating.aggregates import apart
from revrec.rating.catalogue import Told
from revrec.store.lake import Lake
from revrec.store.transaction import Transaction
from revrec.usage.columns import COUNTED
from revrec.usage.days import day_zone
from revrec.usage.ledger import TABLE, rows_of
from revrec.usage.rules import RATED_HERE
from revrec.usage.since import EVER, Since, read_from

SOURCE = RATED_HERE
"""The source of rated rows in the usage ledger."""


def put_since(bench: duckdb.DuckDBPyConnection, since: Mapping[str, Since]) -> None:
    """Make ``since``: contracts that are rated anew."""
    columns = (
        pa.array(list(since), pa.string()),
        pa.array([each.changed for each in since.values()], pa.date32()),
        pa.array([each.fed for each in since.values()], pa.date32()),
    )
    bench.register("told", pa.Table.from_arrays(columns, ["contract", "changed", "fed"]))
    bench.execute("create table since as select * from told")
    bench.unregister("told")


_OUTSIDE = "not exists (select 1 from since s where s.contract = {table}.contract and {within})"
_UNFED = "delete from metered where " + _OUTSIDE.format(
    table="metered", within="s.fed <= metered.day"
)
_UNCHANGED_HELD = "delete from held where " + _OUTSIDE.format(
    table="held",
    within="s.changed <= json_extract_string(held.dimensions, '$.rating.window_last')::date",
)
UNCHANGED_TARGETS = "delete from target where " + _OUTSIDE.format(
    table="target", within="s.changed <= target.window_last"
)


def _only(since: Mapping[str, Since] | None) -> pc.Expression:
    """The rows that are read for what is rated anew."""
    if since is None:
        return pc.scalar(value=True)
    condition = pc.field("contract").isin(pa.array(sorted(since), pa.string()))
    first = read_from(since)
    return condition if first == EVER else condition & (pc.field("usage_date") >= first)


def put_counted(
    bench: duckdb.DuckDBPyConnection,
    tx: Transaction,
    lake: Lake,
    told: Told,
    since: Mapping[str, Since] | None,
) -> None:
    """Make ``metered``, counted usage by day, and ``unit``, what each meter counts in."""
    dataset = lake.dataset(tx, COUNTED.table)
    if dataset is None:
        bench.register("counted", pa.Table.from_batches([], rating.METERED))
        bench.execute("create table metered as select * from counted")
        bench.execute("create table unit (contract varchar, meter varchar, unit varchar)")
        return
    names = (
        "contract meter usage_date source usage_id corrects dimensions quantity unit occurred_at"
    )
    columns = names.split()
    condition = (pc.field("entity_id") == tx.entity) & _only(since)
    reader = rows_of(dataset, columns, condition)
    prices = [price for card, _ in told.cards for price in card.prices]
    prices += [price for agreement in told.agreements for price in agreement.overrides]
    told_apart = {
        "singly": _meters(
            each for each in prices if each.per_event is not None or each.resets is Reset.EVENT
        ),
        "hourly": _meters(each for each in prices if each.resets is Reset.HOUR),
    }
    bench.register("counted", reader)
    apart_meters = _meters(filter(apart, prices))
    if apart_meters:
        told_apart["apart"] = apart_meters
    statement = _METERED.format(apart=_APART if apart_meters else "")
    bench.execute(statement, {"zone": day_zone(tx), **told_apart})
    bench.unregister("counted")
    if apart_meters:
        bench.execute(_METERED_APART, {"hourly": told_apart["hourly"]})
    if since is not None:
        bench.execute(_UNFED)
    bench.execute(
        "create table unit as select contract, meter, min(unit) as unit from metered group by all"
    )


def _meters(prices: Iterable[Price]) -> list[str]:
    """The meters that the prices are of."""
    return [meter for price in prices for meter in (price.meter, *price.meters)]


_METERED = """
create table metered as
select contract, meter,
       coalesce(cast(occurred_at at time zone $zone as date), usage_date) as day,
       dimensions as labels,
       case when list_contains($hourly, meter) and occurred_at is not null
            then strftime(occurred_at at time zone $zone, '%Y-%m-%dT%H')
                 || printf('%+06d', (epoch(occurred_at at time zone $zone)
                                     - epoch(occurred_at at time zone 'UTC'))::bigint)
            when list_contains($hourly, meter) and list_contains($singly, meter)
            then repeat(' ', 19)
            else '' end
       || case when list_contains($singly, meter)
            then coalesce(cast(occurred_at as varchar) || ' ', '')
                 || coalesce(corrects, usage_id)
            else '' end as event,
       {apart}
       sum(quantity) as quantity, min(unit) as unit
from counted
group by all
"""
_APART = """
       case when list_contains($apart, meter)
            then source || ' ' || coalesce(corrects, usage_id) end as told_as,
       case when list_contains($apart, meter) then corrects is not null end as amends,
       case when list_contains($apart, meter) then occurred_at end as told_at,
"""
_METERED_APART = """
create or replace table metered as
select contract, meter, day, labels, event, quantity, unit from metered where told_as is null
union all
select contract, meter, arg_min(day, amends), arg_min(labels, amends),
       case when list_contains($hourly, meter) then rpad(left(arg_min(event, amends), 19), 19, ' ')
            else '' end
       || coalesce(cast(arg_min(told_at, amends) as varchar) || ' ', '') || told_as,
       sum(quantity), min(unit)
from metered where told_as is not null
group by contract, meter, told_as
"""


def put_held(
    bench: duckdb.DuckDBPyConnection, tx: Transaction, lake: Lake, since: Mapping[str, Since] | None
) -> None:
    """Make ``held``: each rated line of the ledger, its corrections summed in."""
    dataset = lake.dataset(tx, TABLE)
    if dataset is None:
        bench.execute(_NOTHING_HELD)
        return
    condition = (pc.field("entity_id") == tx.entity) & (pc.field("source") == SOURCE)
    condition &= _only(since)
    columns = "usage_id corrects contract meter usage_date quantity amount currency unit"
    wanted = [*columns.split(), "dimensions", "recorded_at"]
    bench.register("ledger", rows_of(dataset, wanted, condition))
    bench.execute(_HELD)
    bench.unregister("ledger")
    if since is not None:
        bench.execute(_UNCHANGED_HELD)


_HELD = """
create table held as
select coalesce(corrects, usage_id) as line_id, any_value(contract) as contract,
       any_value(meter) as meter, any_value(usage_date) as day, any_value(currency) as currency,
       any_value(unit) as unit, sum(quantity) as quantity, sum(amount) as amount,
       count(*) as rows, arg_max(dimensions, (recorded_at, usage_id)) as dimensions
from ledger group by 1
"""
_NOTHING_HELD = """
create table held (
    line_id varchar, contract varchar, meter varchar, day date, currency varchar, unit varchar,
    quantity decimal(38,9), amount decimal(38,12), rows bigint, dimensions varchar
)
"""
