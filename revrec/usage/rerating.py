"""Rate what was counted, and bring the usage ledger to it: new rows, and corrections of old ones.

The lines that follow from all counted usage and all prices known now, less what the ledger holds
of each, are appended. Usage that came late, a corrected card or agreement, a correction of usage:
whatever moved a line is told in the row that moves it, which names the row it corrects. Nothing
is rewritten, and rated again the ledger does not change.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import TypeAdapter

from revrec.errors import InvariantViolated
from revrec.feeds.records import ADAPTERS
from revrec.model.contract import Contract
from revrec.model.fact import FactKind, digest_of
from revrec.model.rating import PriceAgreement, RateCard, Reset
from revrec.rating import rate as rating
from revrec.rating.catalogue import Told
from revrec.store import facts
from revrec.store.lake import Lake
from revrec.store.transaction import Transaction
from revrec.usage import batches
from revrec.usage.columns import ARRIVED, COUNTED
from revrec.usage.days import day_zone
from revrec.usage.ledger import TABLE
from revrec.usage.rules import RATED_HERE
from revrec.usage.staging import receive, scratch, workbench
from revrec.usage.totals import ControlTotals

SOURCE = RATED_HERE
"""The source of rated rows in the usage ledger."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unpriced:
    """Usage of a contract's meter that no price holds for."""

    contract: str
    meter: str
    labels: str
    first_day: date
    last_day: date
    quantity: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class RatingRun:
    """What a rating found, and what it appended.

    counted = rated + unpriced, in quantity. Sums mix units and currencies: they are hash totals.
    """

    through: date
    """Windows that ended by this day were charged what they owe beside usage."""
    counted: Decimal
    rated: Decimal
    """Quantity of the rated lines."""
    unpriced: tuple[Unpriced, ...]
    amounts: dict[str, Decimal]
    """Rated amount to date by currency."""
    new: int
    """Lines the ledger did not hold."""
    corrected: int
    """Lines it held with another quantity or amount."""
    differences: dict[str, Decimal]
    """What new lines and corrections change, by currency."""
    reasons: dict[str, int]
    """Corrections by what moved them."""
    recorded: ControlTotals | None
    """The batch; none if nothing was to be appended, or nothing was asked to be."""


def rate_usage(tx: Transaction, lake: Lake, *, through: date, dry_run: bool = False) -> RatingRun:
    """Rate all counted usage; append what differs from the ledger unless it is a dry run.

    Raises FeedError or CurrencyMismatch for prices that do not fit together.
    """
    batches.take_locks(tx, TABLE, COUNTED.table)
    with compared(tx, lake, through) as bench:
        found = _found(bench, through)
        if dry_run or not found.new + found.corrected:
            return found
        return replace(found, recorded=_append(bench, tx, lake, through))


@contextmanager
def compared(tx: Transaction, lake: Lake, through: date) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database with what counted usage costs, what the ledger holds of it, and ``change``."""
    told = read_told(tx)
    with scratch() as bench:
        _put_counted(bench, tx, lake, told)
        rating.compute(bench, told, through=through)
        _put_held(bench, tx, lake)
        bench.execute(_TARGETS, {"source": SOURCE})
        bench.execute(_CHANGES)
        yield bench


def read_told(tx: Transaction) -> Told:
    """Cards and agreements as known now, and the contracts they price as modified."""
    prices = _latest(tx, ("rate_card", "price_agreement"), None)
    cards: list[tuple[RateCard, int]] = []
    agreements: list[PriceAgreement] = []
    for kind, version, body in prices:
        record = ADAPTERS[FactKind(kind)].validate_python(body)
        if isinstance(record, RateCard):
            cards.append((record, version))
        else:
            agreements.append(record)
    named = sorted({agreement.contract for agreement in agreements})
    ends: dict[str, list[tuple[str, str, str]]] = {}
    contracts: dict[str, Contract] = {}
    for kind, _, body in _latest(tx, ("contract", "modification"), named):
        if kind == "contract":
            contract = _CONTRACT.validate_python(body)
            contracts[contract.id] = contract
        elif body.get("end"):
            ends.setdefault(body["contract"], []).append((body["on"], body["id"], body["end"]))
    for name, told in ends.items():
        if name in contracts:
            contracts[name] = replace(contracts[name], end=date.fromisoformat(max(told)[2]))
    return Told(cards=cards, agreements=agreements, contracts=contracts)


_CONTRACT = TypeAdapter(Contract)


def _latest(
    tx: Transaction, kinds: tuple[str, ...], contracts: list[str] | None
) -> Iterator[tuple[str, int, dict[str, str]]]:
    rows = tx.connection.execute(
        """
        select distinct on (kind, key) kind, version, body from facts.fact
        where entity_id = %(entity)s and kind = any(%(kinds)s)
          and (%(contracts)s::text[] is null or contract = any(%(contracts)s::text[]))
        order by kind, key, version desc
        """,
        {"entity": tx.entity, "kinds": list(kinds), "contracts": contracts},
    )
    for kind, version, body in rows:
        yield str(kind), int(version), body


def _put_counted(bench: duckdb.DuckDBPyConnection, tx: Transaction, lake: Lake, told: Told) -> None:
    """Make ``metered``, counted usage by day, and ``unit``, what each meter counts in."""
    dataset = lake.dataset(tx, COUNTED.table)
    if dataset is None:
        bench.register("counted", pa.Table.from_batches([], rating.METERED))
        bench.execute("create table metered as select * from counted")
        bench.execute("create table unit (contract varchar, meter varchar, unit varchar)")
        return
    names = "contract meter usage_date usage_id corrects dimensions quantity unit occurred_at"
    columns = names.split()
    reader = dataset.scanner(columns=columns, filter=pc.field("entity_id") == tx.entity).to_reader()
    prices = [price for card, _ in told.cards for price in card.prices]
    prices += [price for agreement in told.agreements for price in agreement.overrides]
    singly = [
        meter
        for price in prices
        if price.per_event is not None or price.resets is Reset.EVENT
        for meter in (price.meter, *price.meters)
    ]
    hourly = [
        meter
        for price in prices
        if price.resets is Reset.HOUR
        for meter in (price.meter, *price.meters)
    ]
    bench.register("counted", reader)
    bench.execute(_METERED, {"zone": day_zone(tx), "singly": singly, "hourly": hourly})
    bench.unregister("counted")
    bench.execute(
        "create table unit as select contract, meter, min(unit) as unit from metered group by all"
    )


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
       sum(quantity) as quantity, min(unit) as unit
from counted
group by all
"""


def _put_held(bench: duckdb.DuckDBPyConnection, tx: Transaction, lake: Lake) -> None:
    """Make ``held``: each rated line of the ledger, its corrections summed in."""
    dataset = lake.dataset(tx, TABLE)
    if dataset is None:
        bench.execute(_NOTHING_HELD)
        return
    condition = (pc.field("entity_id") == tx.entity) & (pc.field("source") == SOURCE)
    columns = "usage_id corrects contract meter usage_date quantity amount currency unit"
    wanted = [*columns.split(), "dimensions", "recorded_at"]
    bench.register("ledger", dataset.scanner(columns=wanted, filter=condition).to_reader())
    bench.execute(_HELD)
    bench.unregister("ledger")


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
_TARGETS = """
create table target as
select 'rated-' || left(sha256(concat_ws(
           chr(31), $source, r.contract, r.meter, r.day, r.line, r.labels, r.event, r.charge,
           coalesce(r.tier, -1)
       )), 32) as line_id,
       r.*, coalesce(u.unit, 'charge') as unit
from rated_line r left join unit u using (contract, meter)
"""
_CHANGES = """
create table change as
with moved as (
    select coalesce(t.line_id, h.line_id) as line_id, t.line_id is null as gone,
           coalesce(h.rows, 0) as rows,
           coalesce(t.contract, h.contract) as contract, coalesce(t.meter, h.meter) as meter,
           coalesce(t.day, h.day) as day, coalesce(t.currency, h.currency) as currency,
           coalesce(h.unit, t.unit) as unit,
           coalesce(t.quantity, 0) - coalesce(h.quantity, 0) as quantity,
           coalesce(t.amount, 0) - coalesce(h.amount, 0) as amount,
           t.labels, h.dimensions as told_before, t.edition, t.version, t.agreed_apart, t.line,
           t.charge, t.tier, t.event, t.before, t.after, t.gross, t.credited, t.window_first,
           t.window_last
    from target t full join held h on h.line_id = t.line_id
),
by_day as (
    select contract, meter, day, sum(quantity) as quantity from moved group by all
),
differing as (
    select m.*, d.quantity as day_quantity,
           m.rows > 0 and not m.gone and (
               json_extract_string(told_before, '$.rating.edition') <> m.edition
               or json_extract_string(told_before, '$.rating.version') <> m.version::varchar
               or json_extract_string(told_before, '$.rating.agreed_apart') <> m.agreed_apart
           ) as card_changed
    from moved m join by_day d using (contract, meter, day)
    where m.quantity <> 0 or m.amount <> 0
)
select * exclude (day_quantity, card_changed),
       case when rows = 0 then ''
            when card_changed then 'the price was corrected or replaced'
            when day_quantity <> 0 then 'usage of the day was added or corrected'
            else 'the running total before it changed' end as reason
from differing
"""
_ROWS = """
with told as (
    select *, case when gone then json_merge_patch(
        told_before, json_object('rating', json_object('reason', reason))
    ) else json_merge_patch(
        coalesce(labels, '{}'),
        json_object('rating', json_object(
            'edition', edition, 'version', version::varchar, 'agreed_apart', agreed_apart,
            'line', line, 'charge', charge, 'tier', tier::varchar, 'event', event,
            'before', before::varchar, 'after', after::varchar, 'gross', gross::varchar,
            'credited', credited::varchar, 'window_first', window_first::varchar,
            'window_last', window_last::varchar, 'reason', reason
        ))
    ) end as labels_told
    from change
),
entries as (
    select line_id as usage_id, null as corrects, quantity, amount, * exclude (quantity, amount)
    from told where rows = 0 and quantity >= 0 and amount >= 0
    union all by name
    select line_id as usage_id, null as corrects, 0 as quantity, 0 as amount,
           * exclude (quantity, amount)
    from told where rows = 0 and (quantity < 0 or amount < 0)
    union all by name
    select line_id || '-' || greatest(rows, 1) as usage_id, line_id as corrects, quantity, amount,
           * exclude (quantity, amount)
    from told where rows > 0 or quantity < 0 or amount < 0
)
select row_number() over (order by day, contract, meter, usage_id) as row_number,
       $source as source, usage_id, contract, meter, day::varchar as usage_date,
       quantity::decimal(38,9)::varchar as quantity, unit,
       amount::decimal(38,12)::varchar as amount, currency, labels_told::varchar as dimensions,
       corrects
from entries order by row_number
"""


def _found(bench: duckdb.DuckDBPyConnection, through: date) -> RatingRun:
    """What the tables say, checked: all that was counted is rated or has no price."""
    counted = _sum(bench, "metered")
    rated = _sum(bench, "rated_line")
    unpriced = bench.execute(
        """
        select contract, meter, labels, min(day), max(day), sum(quantity)
        from unpriced group by all order by all
        """
    ).fetchall()
    if counted != rated + sum((row[5] for row in unpriced), Decimal(0)):
        raise InvariantViolated(
            f"{counted} units were counted, {rated} are rated and the rest is not accounted for.",
        )
    changed = bench.execute(
        """
        select count(*) filter (where rows = 0), count(*) filter (where rows > 0) from change
        """
    ).fetchall()
    return RatingRun(
        through=through,
        counted=counted,
        rated=rated,
        unpriced=tuple(
            Unpriced(**dict(zip(Unpriced.__dataclass_fields__, row, strict=True)))
            for row in unpriced
        ),
        amounts=_by_currency(bench, "target"),
        new=changed[0][0],
        corrected=changed[0][1],
        differences=_by_currency(bench, "change"),
        reasons=dict(
            bench.execute(
                "select reason, count(*) from change where reason <> '' group by 1 order by 1"
            ).fetchall()
        ),
        recorded=None,
    )


def _sum(bench: duckdb.DuckDBPyConnection, table: str) -> Decimal:
    statement = f"select coalesce(sum(quantity), 0)::decimal(38,9) from {table}"
    (row,) = bench.execute(statement).fetchall()
    return Decimal(row[0])


def _by_currency(bench: duckdb.DuckDBPyConnection, table: str) -> dict[str, Decimal]:
    statement = f"select currency, sum(amount) from {table} group by 1 order by 1"
    return dict(bench.execute(statement).fetchall())


def _append(
    bench: duckdb.DuckDBPyConnection, tx: Transaction, lake: Lake, through: date
) -> ControlTotals:
    """Append the changes as one batch, through the rules every row of usage keeps."""
    rows = bench.sql(_ROWS, params={"source": SOURCE}).to_arrow_table()
    rows = rows.append_column("fault", pa.nulls(rows.num_rows, pa.string()))
    for name in ARRIVED.names:
        if name not in rows.column_names:
            rows = rows.append_column(name, pa.nulls(rows.num_rows, pa.string()))
    arrived = rows.select(ARRIVED.names).cast(ARRIVED)
    versions = [lake.committed_version(tx, table) for table in (COUNTED.table, TABLE)]
    batch = "rating-" + digest_of([versions, through.isoformat(), facts.last_seq(tx)])
    with workbench() as judge:
        receive(judge, arrived.to_batches, rated_here=True)
        return batches.record(
            tx,
            lake,
            judge,
            batch=batch,
            name=f"rating through {through}",
            details={"rated_through": through.isoformat(), "versions": json.dumps(versions)},
        )
