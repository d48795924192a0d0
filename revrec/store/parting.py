"""All contracts cut into parts that share nothing with one another.

What is told of one party, or of contracts that are joined, stays in one part. Facts of no contract
belong to every part. Bodies are not read here; beyond its memory the database spills to a folder.
"""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

import duckdb
import pyarrow as pa

from revrec.columnar import connect_apart
from revrec.model.fact import FactKind
from revrec.store import fact_columns
from revrec.store.fact_columns import TOLD
from revrec.store.transaction import Transaction

MEMORY_MAX = "2GB"
_PARTIES = """
create table party as
select contract, 'party ' || max(party) as party from told group by contract
"""
_LEADERS = """
create table leader as
select contract, coalesce(c.leader, p.leader, party, 'contract ' || contract) as leader
from (from party union all by name
      select name[10:] as contract, null as party from joined
      where starts_with(name, 'contract ') and name[10:] not in (select contract from party))
left join joined c on c.name = 'contract ' || contract
left join joined p on p.name = party
"""
_PLACES = """
create table place as
select contract, ((dense_rank() over (order by leader) - 1) * $parts
                  // (select count(distinct leader) from leader))::integer as part
from leader
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """Contracts in parts, and what is told of each."""

    database: duckdb.DuckDBPyConnection
    """Tables ``place`` (contract, part) and ``told`` (``TOLD`` with the part)."""
    parts: int
    of_all: pa.Table
    """Facts of no contract (``TOLD``)."""
    since: date | None
    """The first day that anything is told of."""

    def facts(self, number: int) -> pa.Table:
        """What is told of the contracts of a part (``TOLD``)."""
        return self.of("told", number).select(TOLD.names).cast(TOLD)

    def of(self, table: str, number: int) -> pa.Table:
        """Rows of a part: of ``told``, or of a table that was loaded."""
        rows = self.database.table(table).filter(f"part = {number}").to_arrow_table()
        return rows.drop_columns("part")

    def table(self, name: str) -> pa.Table:
        """All rows of ``told`` or ``place``, with their parts."""
        return self.database.table(name).to_arrow_table()

    def load(self, name: str, rows: pa.Table) -> None:
        """Put rows by contract into the database, each with its part, as a table of the name."""
        self.database.register("rows_to_load", rows)
        self.database.sql(
            "select r.*, coalesce(part, 0) as part"
            " from rows_to_load r left join place using (contract) order by part"
        ).create(name)
        self.database.unregister("rows_to_load")


def contracts_told(tx: Transaction, through_seq: int) -> int:
    """How many contracts there are to be cut."""
    row = tx.connection.execute(
        "select count(*) from facts.fact"
        " where entity_id = %s and kind = 'contract' and version = 1 and seq <= %s",
        [tx.entity, through_seq],
    ).fetchone()
    return 0 if row is None else int(row[0])


@contextmanager
def cut(
    tx: Transaction,
    parts: int,
    *,
    through_seq: int,
    joined: Iterable[Collection[str]],
    aside: Collection[FactKind],
    among: Collection[str] | None = None,
) -> Iterator[Cut]:
    """Cut all contracts, or those named, as of a seq, into at most so many parts of about one size.

    ``joined`` are names that stay together; kinds set ``aside`` do not tell when a contract began.
    """
    with tempfile.TemporaryDirectory(prefix="revrec-close-") as folder:
        config = {"memory_limit": MEMORY_MAX, "temp_directory": folder}
        with connect_apart(config) as database:
            of_all = _load(database, fact_columns.read(tx, through_seq=through_seq, among=among))
            database.execute(_PARTIES)
            database.register("joined", _joined(database, joined))
            database.execute(_LEADERS)
            database.execute(_PLACES, {"parts": parts})
            database.execute(
                "create or replace table told as select t.*, coalesce(part, 0) as part"
                " from told t left join place using (contract) order by part"
            )
            yield Cut(database=database, parts=parts, of_all=of_all, since=_since(database, aside))


def _load(database: duckdb.DuckDBPyConnection, told: Iterable[pa.Table]) -> pa.Table:
    """Facts of contracts into the database; those of none are given back."""
    database.register("block", TOLD.empty_table())
    database.execute("create table told as from block")
    of_all = [TOLD.empty_table()]
    for block in told:
        of_all.append(block.filter(block["contract"].is_null()))
        database.register("block", block)
        database.execute("insert into told from block where contract is not null")
    database.unregister("block")
    return pa.concat_tables(of_all)


def _since(database: duckdb.DuckDBPyConnection, aside: Collection[FactKind]) -> date | None:
    elsewhere = sorted(kind.value for kind in aside)
    [(day,)] = database.execute(
        "select min(effective_on) from told where kind not in (select unnest($kinds))",
        {"kinds": elsewhere},
    ).fetchall()
    return None if day is None else date.fromisoformat(str(day))


def _joined(database: duckdb.DuckDBPyConnection, groups: Iterable[Collection[str]]) -> pa.Table:
    """Contracts of groups and their parties, each with the name its whole group has in common."""
    above: dict[str, str] = {}

    def leader(name: str) -> str:
        while (higher := above.setdefault(name, name)) != name:
            name = higher
        return name

    for group in groups:
        found = database.execute(
            "select party from party where party is not null and contract in (select unnest($1))",
            [list(group)],
        ).fetchall()
        members = [f"contract {each}" for each in group] + [party for (party,) in found]
        first, *others = sorted({leader(name) for name in members})
        for other in others:
            above[other] = first
    names = sorted(above)
    return pa.table(
        {
            "name": pa.array(names, pa.string()),
            "leader": pa.array([leader(name) for name in names], pa.string()),
        }
    )
