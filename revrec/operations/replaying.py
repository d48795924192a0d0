"""Replaying the books: every close computed again from facts alone, compared to the byte.

Nothing that was posted is read to compute: the first close starts from nothing and each later one
from what the replay posted before. Of the records only the pins of each close are taken (which
facts it knew), and who posted when.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pyarrow as pa
import pyarrow.ipc

from revrec.engine import ENGINE_VERSION
from revrec.errors import InvariantViolated, NotFound
from revrec.feeds.frameworks import frameworks
from revrec.ledger import chain
from revrec.ledger.chart import charted
from revrec.ledger.detail import DETAIL, detail, journal_entries
from revrec.ledger.entries import PostedEntry
from revrec.operations.backing_up import restore
from revrec.operations.books import kept_beside
from revrec.operations.computing import compute, posted_detail, read_inputs
from revrec.operations.workspace import Workspace, open_workspace
from revrec.periods import Period
from revrec.runtime.settings import Settings
from revrec.store import embedded, journal, periods
from revrec.store.lake import Lake
from revrec.store.periods import PeriodClose
from revrec.store.transaction import Transaction

_SORTED = [(name, "ascending") for name in DETAIL.names]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayedClose:
    """A close that came out as it is kept."""

    period: Period
    ordinal: int
    entries: int
    postings: int
    chain_seq: int
    chain_head: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """What was replayed, and the hashes of what came out, which are those of what is kept."""

    closes: tuple[ReplayedClose, ...]
    journal_sha256: str
    """Of the journal as CSV (``chain.export_csv``)."""
    detail_sha256: Mapping[str, str]
    """Of the posting detail of each book, sorted, as an Arrow stream; the first book is empty."""


@dataclass(slots=True)
class _Made:
    """What the replay has posted so far."""

    entries: list[PostedEntry] = field(default_factory=list)
    detail: dict[str, list[pa.Table]] = field(default_factory=dict)

    @property
    def head(self) -> chain.Head:
        """Seq and digest of the last entry."""
        last = self.entries[-1] if self.entries else None
        return (0, chain.GENESIS) if last is None else (last.seq, last.digest)

    def posted(self, book: str) -> pa.Table:
        """The detail of a book, as closes read it."""
        held = pa.concat_tables([DETAIL.empty_table(), *self.detail.get(book, ())])
        return held.sort_by([(n, "ascending") for n in ("period", "entry_seq", "line_no")])


def replay(workspace: Workspace, through: Period | None = None) -> Replayed:
    """Replay every close, or those through the last one of a period.

    Raises InvariantViolated at the first close that does not come out as it is kept, NotFound
    where nothing is closed.
    """
    return workspace.run(lambda tx: replaying(tx, workspace.lake, through), read_only=True)


def replay_backup(
    settings: Settings, folder: Path, into: Path, *, digest: str = "", through: str = ""
) -> dict[int, Replayed]:
    """Restore a backup into an empty home and replay each entity's books there.

    Nothing of the settings' own stores is touched. Raises what ``restore`` and ``replay`` raise.
    """
    own = {"home": into, "database_url": None, "owner_database_url": None, "lake": None}
    found = {}
    try:
        for entity in restore(settings.model_copy(update=own), folder, digest=digest).verified:
            there = settings.model_copy(update={**own, "entity": entity})
            with open_workspace(there, actor="replay") as workspace:
                last = workspace.calendar().parse(through) if through else None
                found[entity] = replay(workspace, last)
    finally:
        embedded.stop(into)
    return found


def replaying(tx: Transaction, lake: Lake, through: Period | None = None) -> Replayed:
    """Replay within a transaction of the caller's."""
    closes = sorted(
        periods.closes(tx), key=lambda each: (each.closed_at, each.chain_seq, each.ordinal)
    )
    if through is not None:
        last = [place for place, each in enumerate(closes) if each.period == through]
        closes = closes[: last[-1] + 1] if last else []
    if not closes:
        raise NotFound(
            f"{through or 'No period'} was closed, so there is nothing to replay.",
            remedy="See `revrec status`.",
        )
    kept = journal.read_all(tx)
    made, told = _Made(), []
    for certificate in closes:
        before = len(made.entries)
        postings = _again(tx, lake, certificate, made, kept)
        _require_same(certificate, made, kept, before)
        seq, head = made.head
        told.append(
            ReplayedClose(
                period=certificate.period,
                ordinal=certificate.ordinal,
                entries=len(made.entries) - before,
                postings=postings,
                chain_seq=seq,
                chain_head=head,
            )
        )
    upto = closes[-1].chain_seq
    return Replayed(
        closes=tuple(told),
        journal_sha256=_same(_journal(made.entries), _journal(kept[:upto]), "The journal"),
        detail_sha256={
            book: _same(
                _bytes(made.posted(book)),
                _bytes(_kept_detail(tx, lake, book, closes)),
                f"The posting detail{f' of {book}' if book else ''}",
            )
            for book in made.detail
        },
    )


def _again(
    tx: Transaction,
    lake: Lake,
    certificate: PeriodClose,
    made: _Made,
    kept: Sequence[PostedEntry],
) -> int:
    """Compute a close and post it to the replay; the number of postings."""
    period, pins = certificate.period, certificate.pins
    second = kept_beside(tx, period, pins)
    count = 0
    for book in ("", *([] if second is None else [second.framework.value])):
        differing = frameworks().differences if book else ()
        inputs = read_inputs(tx, lake, pins, differing=differing, posted=made.posted(book))
        computed = compute(inputs, period)
        known = computed.inputs.book
        postings = charted(computed.postings, computed.inputs.posted, known, period)
        entries = [replace(each, book=book) for each in journal_entries(postings, known, period)]
        seq, _ = made.head
        by = kept[seq].posted_by if seq < len(kept) else certificate.prepared_by
        posted = chain.link(
            entries, made.head, entity=tx.entity, posted_at=certificate.closed_at, by=by
        )
        rows = detail(postings, known, computed.accounting, posted, period=period, entity=tx.entity)
        made.entries += posted
        made.detail.setdefault(book, []).append(rows)
        count += rows.num_rows
    return count


def _require_same(
    certificate: PeriodClose, made: _Made, kept: Sequence[PostedEntry], before: int
) -> None:
    """Refuse a close whose entries are not those that are kept, naming the first."""
    if made.head == (certificate.chain_seq, certificate.chain_head):
        return
    again = made.entries[before:]
    there = kept[before : certificate.chain_seq]
    first = next(
        (
            place
            for place, (one, other) in enumerate(zip(again, there, strict=False))
            if one != other
        ),
        min(len(again), len(there)),
    )
    raise InvariantViolated(
        f"{certificate.period} replayed from its facts differs at entry {before + first + 1}: "
        f"{len(again):,} entries come out, {len(there):,} are kept.",
        remedy="Compare the engine version with the certificate's, then look at the facts that "
        "were known to the close.",
        engine_version=certificate.engine_version,
        own_engine_version=ENGINE_VERSION,
    )


def _kept_detail(tx: Transaction, lake: Lake, book: str, closes: Sequence[PeriodClose]) -> pa.Table:
    """The detail that closes so far left, of those that are replayed."""
    table = posted_detail(tx, lake, book=book)
    if len(closes) == len(periods.closes(tx)):
        return table
    seq = closes[-1].chain_seq
    names = {str(each.period) for each in closes}
    kept = [
        row["entry_seq"] <= seq and row["period"] in names
        for row in table.select(["entry_seq", "period"]).to_pylist()
    ]
    return table.filter(pa.array(kept, pa.bool_()))


def _same(made: bytes, kept: bytes, what: str) -> str:
    found = hashlib.sha256(made).hexdigest()
    if made != kept:
        raise InvariantViolated(
            f"{what} that comes out of the facts is not the one that is kept.",
            remedy="Run `revrec verify`; restore what is kept to what the last close names.",
            replayed=found,
            kept=hashlib.sha256(kept).hexdigest(),
        )
    return found


def _journal(entries: Sequence[PostedEntry]) -> bytes:
    file = io.StringIO()
    chain.export_csv(entries, file)
    return file.getvalue().encode()


def _bytes(table: pa.Table) -> bytes:
    """A table in one order, as one batch of an Arrow stream."""
    ordered = table.cast(DETAIL).sort_by(_SORTED).combine_chunks()
    sink = pa.BufferOutputStream()
    with pyarrow.ipc.new_stream(sink, DETAIL) as writer:
        writer.write_table(ordered)
    written: bytes = sink.getvalue().to_pybytes()
    return written
