"""Many rows, sent in two ways, give one ledger: the one a naive count of the rows expects."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import cycle
from pathlib import Path

import duckdb
import pytest

from revrec.store import facts
from revrec.store.database import Database
from revrec.store.lake import Lake
from revrec.usage.ingest import ingest
from revrec.usage.totals import ControlTotals, Total
from tests.usage.customers import customer, fact

CONTRACTS = 200
FIRST, SECOND = 7001, 7002
FORMS = ("csv", "ndjson", "parquet")
_TABLE = """
create table usage as
select n, 'metering' as source, 'u-' || n as usage_id, 'c-' || n % $contracts as contract,
       'tokens' as meter,
       date '2026-02-01' + (n % 28)::integer
           - case when hash(n, 'late') % 20 = 0 then 31 else 0 end as usage_date,
       (hash(n, 'units') % 1000000000 || '.' ||
           lpad((hash(n, 'rest') % 1000000000)::varchar, 9, '0'))::decimal(38,9) as quantity,
       'token' as unit,
       (hash(n, 'money') % 1000000 || '.' ||
           lpad((hash(n, 'part') % 10000000000)::varchar, 12, '0'))::decimal(38,12) as amount,
       'USD' as currency, hash(n, 'fate') % 1000 as fate, hash(n, 'place') / 2.0 ** 64 as place,
       hash(n, 'again') / 2.0 ** 64 as wait
from range($rows) as numbers(n)
"""
_SENDINGS = """
create table sending as
with told as (
    select *, case when $shuffled then place else n / $rows::double end as moment from usage
)
select *, row_number() over (order by moment, again, n) as number
from (
    select *, 0 as again from told
    union all by name
    select * replace (moment + (1 - moment) * wait as moment), 1 as again from told where fate < 10
    union all by name
    select * replace (moment + (1 - moment) * wait as moment, amount + 1 as amount), 1 as again
    from told where fate = 10
)
"""
_COLUMNS = "source, usage_id, contract, meter, usage_date, quantity, unit, amount, currency"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What became of a sending."""

    totals: list[ControlTotals]
    received: Total
    """The rows that were sent and their sums, counted where they were written."""

    def summed(self, fate: str) -> Total:
        """One control total over all batches."""
        return sum((getattr(each, fate) for each in self.totals), Total())


def files(
    connection: duckdb.DuckDBPyConnection, folder: Path, sizes: Iterator[int]
) -> Iterator[Path]:
    """The sending cut into files of such sizes, of three forms in turn."""
    (rows,) = connection.execute("select count(*) from sending").fetchall()[0]
    first = 0
    for number, (form, size) in enumerate(zip(cycle(FORMS), sizes, strict=False)):
        if first >= rows:
            return
        path = folder / f"part-{number}.{form}"
        kind = "json" if form == "ndjson" else form
        connection.execute(
            f"copy (select {_COLUMNS} from sending where number > {first}"
            f" and number <= {first + size} order by number) to '{path}' (format {kind})"
        )
        yield path
        path.unlink()
        first += size


def send(
    database: Database,
    lake: Lake,
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    entity: int,
    sizes: Iterator[int],
) -> Sent:
    """Send what the connection holds as ``sending`` into books of the entity."""
    contracts = [fact(customer(f"c-{number}")) for number in range(CONTRACTS)]
    database.run(lambda tx: facts.record(tx, contracts), entity=entity, actor="preparer")
    totals = [
        ingest(database, lake, path, source_name=path.name, entity=entity, actor="metering")
        for path in files(connection, folder, sizes)
    ]
    told = connection.execute("select count(*), sum(quantity), sum(amount) from sending")
    rows, quantity, amount = told.fetchall()[0]
    return Sent(totals=totals, received=Total(rows=rows, quantity=quantity, amount=amount))


def differing(
    database: Database, lake: Lake, connection: duckdb.DuckDBPyConnection, entity: int
) -> list[int]:
    """Rows of the ledger that were not told first, rows told first that it lacks, and repeats."""
    held = database.run(
        lambda tx: lake.dataset(tx, "usage"), entity=entity, actor="auditor", read_only=True
    )
    assert held is not None
    connection.register("held", held)
    connection.execute(f"create or replace table ledger as select {_COLUMNS} from held")
    connection.unregister("held")
    sides = (("ledger", "usage"), ("usage", "ledger"))
    counts = [
        f"select count(*) from (select {_COLUMNS} from {one} except select {_COLUMNS} from {other})"
        for one, other in sides
    ]
    counts.append("select count(*) - count(distinct usage_id) from ledger")
    return [connection.execute(count).fetchall()[0][0] for count in counts]


@pytest.mark.timeout(6 * 3600)
@pytest.mark.parametrize(
    "rows", [20_000, pytest.param(10_000_000, marks=pytest.mark.torture)], ids="{:,}".format
)
def test_two_ways_of_sending_give_one_ledger(
    database: Database, lake: Lake, tmp_path: Path, rows: int
) -> None:
    """1% told twice, 0.1% twice with other content, 5% late: in one file, or shuffled in many."""
    with duckdb.connect() as connection:
        connection.execute("set memory_limit = '2GB'")
        connection.execute("set temp_directory = $1", [str(tmp_path)])
        connection.execute(_TABLE, {"rows": rows, "contracts": CONTRACTS})
        ways = []
        for entity, shuffled, sizes in (
            (FIRST, False, cycle([2 * rows])),
            (SECOND, True, cycle([1, rows // 3, 333, rows // 5])),
        ):
            connection.execute("drop table if exists sending")
            connection.execute(_SENDINGS, {"rows": rows, "shuffled": shuffled})
            ways.append(send(database, lake, connection, tmp_path, entity, sizes))
            assert [0, 0, 0] == differing(database, lake, connection, entity)
        (again, conflicting, late, quantity, amount) = connection.execute(
            "select count(*) filter (where fate < 10), count(*) filter (where fate = 10),"
            " count(*) filter (where usage_date < date '2026-02-01'), sum(quantity), sum(amount)"
            " from usage"
        ).fetchall()[0]

    accepted = Total(rows=rows, quantity=quantity, amount=amount)
    for sent in ways:
        assert accepted == sent.summed("accepted")
        assert sent.received == sent.summed("received")
        assert (again, conflicting) == (
            sent.summed("duplicate").rows,
            sent.summed("quarantined").rows,
        )
    assert [True, False] == [len(sent.totals) == 1 for sent in ways]
    for kind, per_mille in ((again, 10), (conflicting, 1), (late, 50)):
        assert abs(kind - rows * per_mille // 1000) < rows // 200
    assert Decimal(0) < amount
