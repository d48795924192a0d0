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

from revrec.errors import InvariantViolated
from revrec.feeds.adapters import adapter_of
from revrec.feeds.records import MODELS
from revrec.model.contract import Contract
from revrec.model.fact import FactKind, digest_of
from revrec.model.rating import PriceAgreement, RateCard
from revrec.rating import rate as rating
from revrec.rating.catalogue import Told
from revrec.store import facts, rating_marks
from revrec.store.lake import Lake
from revrec.store.transaction import Transaction
from revrec.usage import batches
from revrec.usage.columns import ARRIVED, COUNTED
from revrec.usage.days import day_zone
from revrec.usage.ledger import TABLE, rows_of
from revrec.usage.rated_tables import (
    SOURCE,
    UNCHANGED_TARGETS,
    put_counted,
    put_held,
    put_since,
)
from revrec.usage.since import changed_since, mark_of
from revrec.usage.staging import ROWS_AT_ONCE, receive, scratch, workbench
from revrec.usage.totals import ControlTotals


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
    """Of it what has a price. The rated lines have the same quantity, but for prices of what is
    no sum: peaks, distinct values, levels."""
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


def rate_usage(
    tx: Transaction, lake: Lake, *, through: date, dry_run: bool = False, everything: bool = False
) -> RatingRun:
    """Rate counted usage; append what differs from the ledger unless it is a dry run.

    What changed since the last rating is rated anew, or everything, which gives the same.

    Raises FeedError or CurrencyMismatch for prices that do not fit together.
    """
    batches.take_locks(tx, TABLE, COUNTED.table)
    fact_seq = facts.last_seq(tx)
    with compared(tx, lake, through, everything=everything) as bench:
        found = _found(bench, tx, lake, through)
        if dry_run:
            return found
        unpriced = {each.contract for each in found.unpriced}
        mark = mark_of(tx, lake, fact_seq=fact_seq, through=through, unpriced=unpriced)
        rating_marks.put(tx, mark)
        if not found.new + found.corrected:
            return found
        return replace(found, recorded=_append(bench, tx, lake, through))


@contextmanager
def compared(
    tx: Transaction, lake: Lake, through: date, *, everything: bool = False
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database with what counted usage costs, what the ledger holds of it, and ``change``.

    Of what changed since the last rating alone, unless everything is asked for.
    """
    told = read_told(tx)
    with scratch() as bench:
        bench.execute("set TimeZone = 'UTC'")
        since = None
        if not everything:
            since = changed_since(bench, tx, lake, told, through=through)
        if since is not None:
            agreements = [each for each in told.agreements if each.contract in since]
            told = replace(told, agreements=agreements)
            put_since(bench, since)
        put_counted(bench, tx, lake, told, since)
        rating.compute(bench, told, through=through, zone=day_zone(tx))
        put_held(bench, tx, lake, since)
        bench.execute(_TARGETS, {"source": SOURCE})
        if since is not None:
            bench.execute(UNCHANGED_TARGETS)
        bench.execute(_CHANGES)
        yield bench


def read_told(tx: Transaction) -> Told:
    """Cards and agreements as known now, and the contracts they price as modified."""
    prices = _latest(tx, ("rate_card", "price_agreement"), None)
    cards: list[tuple[RateCard, int]] = []
    agreements: list[PriceAgreement] = []
    for kind, version, body in prices:
        record = adapter_of(MODELS[FactKind(kind)]).validate_python(body)
        if isinstance(record, RateCard):
            cards.append((record, version))
        else:
            agreements.append(record)
    named = sorted({agreement.contract for agreement in agreements})
    ends: dict[str, list[tuple[str, str, str]]] = {}
    contracts: dict[str, Contract] = {}
    for kind, _, body in _latest(tx, ("contract", "modification"), named):
        if kind == "contract":
            contract = adapter_of(Contract).validate_python(body)
            contracts[contract.id] = contract
        elif body.get("end"):
            ends.setdefault(body["contract"], []).append((body["on"], body["id"], body["end"]))
    for name, told in ends.items():
        if name in contracts:
            contracts[name] = replace(contracts[name], end=date.fromisoformat(max(told)[2]))
    return Told(cards=cards, agreements=agreements, contracts=contracts)


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


def _found(
    bench: duckdb.DuckDBPyConnection, tx: Transaction, lake: Lake, through: date
) -> RatingRun:
    """What the tables say, checked: all that was counted is rated or has no price."""
    counted = _sum(bench, "metered")
    rated = _sum(bench, "rated_line") + _sum(bench, "not_added")
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
    total = _counted_in_all(bench, tx, lake)
    changed = bench.execute(
        """
        select count(*) filter (where rows = 0), count(*) filter (where rows > 0) from change
        """
    ).fetchall()
    return RatingRun(
        through=through,
        counted=total,
        rated=rated + total - counted,
        unpriced=tuple(
            Unpriced(**dict(zip(Unpriced.__dataclass_fields__, row, strict=True)))
            for row in unpriced
        ),
        amounts=_amounts(bench, tx, lake),
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


def _counted_in_all(bench: duckdb.DuckDBPyConnection, tx: Transaction, lake: Lake) -> Decimal:
    """Quantity of all that was counted, rated anew or not."""
    dataset = lake.dataset(tx, COUNTED.table)
    if dataset is None:
        return Decimal(0)
    condition = pc.field("entity_id") == tx.entity
    bench.register("counted", rows_of(dataset, ["quantity"], condition))
    total = _sum(bench, "counted")
    bench.unregister("counted")
    return total


def _amounts(bench: duckdb.DuckDBPyConnection, tx: Transaction, lake: Lake) -> dict[str, Decimal]:
    """Rated amount to date by currency: what the ledger holds and what changes."""
    found = dict(_by_currency(bench, "change"))
    dataset = lake.dataset(tx, TABLE)
    if dataset is not None:
        condition = (pc.field("entity_id") == tx.entity) & (pc.field("source") == SOURCE)
        columns = ["currency", "amount"]
        bench.register("ledger", rows_of(dataset, columns, condition))
        for currency, amount in _by_currency(bench, "ledger").items():
            found[currency] = found.get(currency, Decimal(0)) + amount
        bench.unregister("ledger")
    return dict(sorted(found.items()))


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
    bench.execute(f"create table appending as {_ROWS}", {"source": SOURCE})
    given = {name for (name, *_) in bench.execute("from appending limit 0").description}
    columns = ", ".join(name if name in given else f"null as {name}" for name in ARRIVED.names)

    def arriving() -> Iterator[pa.RecordBatch]:
        for rows in bench.sql(f"select {columns} from appending").to_arrow_reader(ROWS_AT_ONCE):
            yield rows.cast(ARRIVED)

    versions = [lake.committed_version(tx, table) for table in (COUNTED.table, TABLE)]
    batch = "rating-" + digest_of([versions, through.isoformat(), facts.last_seq(tx)])
    with workbench() as judge:
        receive(judge, arriving, rated_here=True)
        return batches.record(
            tx,
            lake,
            judge,
            batch=batch,
            name=f"rating through {through}",
            details={"rated_through": through.isoformat(), "versions": json.dumps(versions)},
        )
