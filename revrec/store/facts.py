"""Facts: append-only, in versions; what was known at any point can be read again.

A correction is the next version under the same kind and key. Recording the same content again
changes nothing, so a feed may be sent twice. Bodies are stored as JSON with decimals as text;
they were validated on the way in and are not validated again on the way out.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice

import psycopg
from psycopg.rows import TupleRow
from pydantic_core import from_json

from revrec.collector import collector_at_rest
from revrec.model.fact import Fact, FactKind, RecordedFact, canonical_fact
from revrec.store import locks
from revrec.store.transaction import Transaction

READ_ROWS = 5_000
"""Rows fetched at once; bounds the memory beside the result."""

CHUNK_FACTS = 10_000
"""Facts compared and written at once; bounds the memory beside the caller's."""
FEW = 1_000
"""Up to this many rows plain inserts are faster than a staging table."""

_COLUMNS = "kind, key, version, contract, effective_on, digest, body"
_TYPES = ("text", "text", "int4", "text", "date", "text", "text")
_LATEST = """
select kind, key, version, digest
from unnest(%s::text[], %s::text[]) as told (kind, key)
cross join lateral (
  select version, digest from facts.fact
  where entity_id = %s and kind = told.kind and key = told.key
  order by version desc limit 1
) as latest
"""
_INSERT = f"insert into facts.fact ({_COLUMNS}, entity_id, recorded_at, recorded_by)"
# PostgreSQL has no COPY into a table under row-level security; INSERT .. SELECT obeys it.
_STAGING = """
create temporary table staged_fact (
  position int generated always as identity,
  kind text, key text, version int, contract text, effective_on date, digest text, body text
) on commit drop
"""
_RECORDED = "seq, kind, key, version, contract, effective_on, recorded_at, recorded_by, body::text"
LATEST_THROUGH = """
from facts.fact
where entity_id = %(entity)s and seq <= %(through)s
  and not exists (
    select from facts.fact as later
    where later.entity_id = fact.entity_id and later.kind = fact.kind and later.key = fact.key
      and later.version > 1 and later.version > fact.version and later.seq <= %(through)s
  )
"""
"""SQL: the latest version of every fact of an entity as of a seq."""
NO_LIMIT = 2**63 - 1
"""A seq beyond all."""
_READ = f"select {_RECORDED} {LATEST_THROUGH}"
# Both have an index of their own: few of many facts are of no contract, or of several.
_OF_NONE = (
    "from facts.fact where entity_id = %(entity)s and contract is null and seq <= %(through)s"
)
_SHARED = (
    "from facts.fact where entity_id = %(entity)s and seq <= %(through)s"
    " and kind = 'contract_cost' and body ? 'shared'"
)

_Row = tuple[str, str, int, str | None, date, str, str]
"""Kind, key, version, contract, effective day, digest, body as JSON text."""
_VERSION = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What became of a batch of facts: ``new + unchanged + corrected`` is their number."""

    new: int
    """First versions."""
    unchanged: int
    """Facts equal to their latest version; nothing was written."""
    corrected: int
    """Further versions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Which contracts a fact is of, in one of its versions."""

    kind: FactKind
    contract: str | None
    shared: tuple[str, ...] = ()
    """Contracts it is shared by, if it is of several."""

    @property
    def contracts(self) -> set[str]:
        """All of them."""
        return {*self.shared, *([] if self.contract is None else [self.contract])}


@collector_at_rest()
def record(tx: Transaction, facts: Iterable[Fact]) -> Recorded:
    """Record facts: unknown ones as version 1, changed ones as the next version.

    Facts are numbered (``seq``) in the order given. One batch of an entity at a time; waits for
    the instant in which a close pins the facts. The facts are gone through again when the
    transaction is begun again: give a list, not an iterator that is used up.
    """
    locks.facts_shared(tx)
    locks.recording(tx)
    told = new = written = 0
    remaining = iter(facts)
    while chunk := list(islice(remaining, CHUNK_FACTS)):
        rows = _changed(tx, chunk)
        _insert(tx, rows)
        told += len(chunk)
        written += len(rows)
        new += sum(1 for row in rows if row[_VERSION] == 1)
    return Recorded(new=new, unchanged=told - written, corrected=written - new)


def differing(tx: Transaction, facts: Sequence[Fact]) -> list[Fact]:
    """Those of the facts that are new or differ from their latest version."""
    changed = {(kind, key) for kind, key, *_ in _changed(tx, facts)}
    return [fact for fact in facts if (fact.kind.value, fact.key) in changed]


def read(
    tx: Transaction,
    *,
    through_seq: int | None = None,
    kind: FactKind | None = None,
    among: Collection[str] | None = None,
    of_none: bool = True,
) -> list[RecordedFact]:
    """The latest version of every fact as of ``through_seq``, ordered by (kind, key).

    Without ``through_seq`` everything the transaction sees counts. ``kind`` narrows to the facts
    of one kind, ``among`` to those of the contracts named and those of no contract, or without
    ``of_none`` to the former alone.
    """
    narrow = "" if kind is None else " and kind = %(kind)s"
    if among is not None:
        named = "contract = any(%(among)s)"
        narrow += f" and (contract is null or {named})" if of_none else f" and {named}"
    values = {
        "entity": tx.entity,
        "through": NO_LIMIT if through_seq is None else through_seq,
        "kind": kind,
        "among": None if among is None else sorted(among),
    }
    with collector_at_rest(), _cursor(tx, few=among is not None) as cursor:
        cursor.execute(_READ + narrow, values)
        read_facts = [recorded_of(*row) for row in cursor]
    # Sorted here and not by PostgreSQL, which would carry the bodies through files on disk.
    return sorted(read_facts, key=lambda known: (known.fact.kind.value, known.fact.key))


def _cursor(tx: Transaction, *, few: bool) -> psycopg.Cursor[TupleRow]:
    """One that holds few rows at once, or is given them all: a round trip in the place of five."""
    if few:
        return tx.connection.cursor(binary=True)
    cursor = tx.connection.cursor("read_facts", binary=True)
    cursor.itersize = READ_ROWS
    return cursor


def versions(tx: Transaction, kind: str, key: str) -> list[RecordedFact]:
    """Every version of a fact, the first one first; none of an unknown one."""
    return _versions(tx, "kind = %s and key = %s", [kind, key])


def by_digest(tx: Transaction, digest: str) -> list[RecordedFact]:
    """Versions whose digest begins so."""
    # No digit of a digest is beyond f; the operators are those of the index, whatever the locale.
    return _versions(tx, "digest ~>=~ %s and digest ~<~ %s", [digest, f"{digest}g"])


def _versions(tx: Transaction, narrow: str, values: list[str]) -> list[RecordedFact]:
    rows = tx.connection.execute(
        f"select {_RECORDED} from facts.fact where entity_id = %s and {narrow}"
        " order by kind, key, version",
        [tx.entity, *values],
    )
    return [recorded_of(*row) for row in rows]


def last_seq(tx: Transaction) -> int:
    """The highest seq recorded for the entity; 0 when there is none."""
    row = tx.connection.execute(
        "select coalesce(max(seq), 0) from facts.fact where entity_id = %s", [tx.entity]
    ).fetchone()
    return 0 if row is None else int(row[0])


def count_after(tx: Transaction, seq: int) -> int:
    """How many facts, new and corrected, the entity recorded after a seq."""
    row = tx.connection.execute(
        "select count(*) from facts.fact where entity_id = %s and seq > %s", [tx.entity, seq]
    ).fetchone()
    return 0 if row is None else int(row[0])


def arrived(tx: Transaction, after: int, through: int) -> list[RecordedFact]:
    """Versions that were recorded after a seq up to another, in their order."""
    rows = tx.connection.execute(
        f"select {_RECORDED} from facts.fact"
        " where entity_id = %s and seq > %s and seq <= %s order by seq",
        [tx.entity, after, through],
    )
    return [recorded_of(*row) for row in rows]


def counts_between(tx: Transaction, after: int, through: int) -> list[tuple[str, int, int]]:
    """By kind: how many versions were recorded after a seq up to another, and corrections."""
    rows = tx.connection.execute(
        "select kind, count(*), count(*) filter (where version > 1) from facts.fact"
        " where entity_id = %s and seq > %s and seq <= %s group by kind order by kind",
        [tx.entity, after, through],
    )
    return [(kind, told, corrected) for kind, told, corrected in rows]


def told_between(tx: Transaction, after: int, through: int) -> list[Told]:
    """What was told after a seq up to another, in every version that was told of it by then."""
    rows = tx.connection.execute(
        """
        select distinct kind, contract, body -> 'shared' from facts.fact
        where entity_id = %(entity)s and seq <= %(through)s and (kind, key) in (
            select kind, key from facts.fact
            where entity_id = %(entity)s and seq > %(after)s and seq <= %(through)s
        )
        """,
        {"entity": tx.entity, "after": after, "through": through},
    )
    return [
        Told(kind=_KINDS[kind], contract=contract, shared=tuple(shared or ()))
        for kind, contract, shared in rows
    ]


def sharing(tx: Transaction, through: int | None = None) -> list[Told]:
    """Facts that several contracts share, in every version up to a seq."""
    rows = tx.connection.execute(
        f"select distinct kind, contract, body -> 'shared' {_SHARED}",
        {"entity": tx.entity, "through": NO_LIMIT if through is None else through},
    )
    return [
        Told(kind=_KINDS[kind], contract=contract, shared=tuple(shared))
        for kind, contract, shared in rows
    ]


def naming(tx: Transaction, name: str, through: int | None = None) -> frozenset[str]:
    """Contracts with a fact that has the name as a text anywhere in a version up to a seq."""
    rows = tx.connection.execute(
        "select distinct contract from facts.fact where entity_id = %s and seq <= %s"
        " and contract is not null and strpos(body::text, to_json(%s::text)::text) > 0",
        [tx.entity, NO_LIMIT if through is None else through, name],
    )
    return frozenset(contract for (contract,) in rows)


def seq_at(tx: Transaction, known_at: datetime) -> int:
    """The seq of the last fact recorded for the entity by a moment; 0 when there was none."""
    row = tx.connection.execute(
        "select seq from facts.fact where entity_id = %s and recorded_at <= %s"
        " order by recorded_at desc, seq desc limit 1",
        [tx.entity, known_at],
    ).fetchone()
    return 0 if row is None else int(row[0])


def last_of(tx: Transaction, contracts: Collection[str], through: int | None = None) -> int:
    """The highest seq of a fact of the contracts in any version, up to another; 0 without one.

    A fact that was corrected to be of another contract is one of both.
    """
    row = tx.connection.execute(
        """
        select max(any_version.seq)
        from facts.fact as own
        join facts.fact as any_version using (entity_id, kind, key)
        where entity_id = %(entity)s and own.contract = any(%(names)s::text[])
          and any_version.seq <= %(through)s
        """,
        {
            "entity": tx.entity,
            "names": sorted(contracts),
            "through": NO_LIMIT if through is None else through,
        },
    ).fetchone()
    return 0 if row is None or row[0] is None else int(row[0])


def last_joining(tx: Transaction, through: int | None = None) -> tuple[int, int]:
    """The highest seqs of a fact of no contract and of a cost that contracts share, up to another.

    0 when there is none.
    """
    row = tx.connection.execute(
        f"select (select max(seq) {_OF_NONE}), (select max(seq) {_SHARED})",
        {"entity": tx.entity, "through": NO_LIMIT if through is None else through},
    ).fetchone()
    found = (0, 0) if row is None else row
    return found[0] or 0, found[1] or 0


def _changed(tx: Transaction, facts: Sequence[Fact]) -> list[_Row]:
    """Rows for the facts that differ from the version before, recorded or just told."""
    keys = dict.fromkeys((fact.kind.value, fact.key) for fact in facts)
    kinds, names = [kind for kind, _ in keys], [key for _, key in keys]
    latest = tx.connection.execute(_LATEST, [kinds, names, tx.entity])
    known = {(kind, key): (version, digest) for kind, key, version, digest in latest}
    rows: list[_Row] = []
    for fact in facts:
        kind, key = fact.kind.value, fact.key
        body, digest = _encoded(fact)
        version, digest_before = known.get((kind, key), (0, ""))
        if digest != digest_before:
            known[kind, key] = (version + 1, digest)
            rows.append((kind, key, version + 1, fact.contract, fact.effective_on, digest, body))
    return rows


def _insert(tx: Transaction, rows: Sequence[_Row]) -> None:
    same = (tx.entity, tx.now, tx.actor)
    with tx.connection.cursor() as cursor:
        if len(rows) <= FEW:
            values = "values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
            cursor.executemany(f"{_INSERT} {values}", [(*row, *same) for row in rows])
            return
        cursor.execute(_STAGING)
        with cursor.copy(f"copy staged_fact ({_COLUMNS}) from stdin (format binary)") as copy:
            copy.set_types(_TYPES)
            for row in rows:
                copy.write_row(row)
        columns = _COLUMNS.replace("body", "body::jsonb")
        cursor.execute(
            f"{_INSERT} select {columns}, %s, %s, %s from staged_fact order by position", same
        )
        cursor.execute("drop table staged_fact")


def _encoded(fact: Fact) -> tuple[str, str]:
    """The body as JSON and the fact's digest, from one pass of the canonical encoder.

    The digest covers kind, key and body; the body's own encoding is its last part.
    """
    whole = canonical_fact(fact.kind, fact.key, fact.body)
    body_at = len(canonical_fact(fact.kind, fact.key, {})) - len("{}]")
    return whole[body_at:-1].decode(), hashlib.sha256(whole).hexdigest()


def recorded_of(  # noqa: PLR0917 - one parameter for each column, in their order
    seq: int,
    kind: str,
    key: str,
    version: int,
    contract: str | None,
    effective_on: date,
    recorded_at: datetime,
    recorded_by: str,
    body: str,
) -> RecordedFact:
    """A row as a fact with its place in the books."""
    fact = Fact(
        kind=_KINDS[kind],
        key=key,
        contract=contract,
        effective_on=effective_on,
        body=from_json(body, cache_strings="keys"),
    )
    return RecordedFact(
        fact=fact, seq=seq, version=version, recorded_at=recorded_at, recorded_by=recorded_by
    )


_KINDS = {kind.value: kind for kind in FactKind}
