"""A batch is recorded once, whole, and every row of it is accounted for."""

from __future__ import annotations

import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from revrec.errors import FeedError, IdempotencyMismatch, NotFound
from revrec.store import audit_log
from revrec.store.database import Database
from revrec.store.lake import Lake
from revrec.store.transaction import Transaction
from revrec.usage import batches
from revrec.usage.ingest import ingest
from revrec.usage.rollup import daily
from revrec.usage.totals import ControlTotals, Total
from tests.properties.profiles import examples
from tests.usage.conftest import Send
from tests.usage.samples import as_csv, as_ndjson, as_parquet, gzipped, told

Held = Callable[[], pa.Table]
Run = Callable[[Callable[[Transaction], Any]], Any]


def total(rows: int, quantity: str, amount: str) -> Total:
    """A control total."""
    return Total(rows=rows, quantity=Decimal(quantity), amount=Decimal(amount))


def test_every_row_is_accounted_for(send: Send, held: Held) -> None:
    """Received = accepted + duplicate + quarantined, in rows, in quantity and in amount."""
    totals = send(
        [
            told(usage_id="u-1", quantity="10", amount="0.10"),
            told(usage_id="u-2", quantity="20", amount="0.20", usage_date="2026-01-16"),
            told(usage_id="u-2", quantity="20", amount="0.20", usage_date="2026-01-16"),
            told(usage_id="u-1", quantity="11", amount="0.10"),
            told(usage_id="u-3", quantity="1e3", amount="0.40"),
            told(usage_id="u-4", quantity="40", amount="0.50", contract="nobody"),
        ]
    )

    assert total(6, "101", "1.50") == totals.received
    assert total(2, "30", "0.30") == totals.accepted
    assert total(1, "20", "0.20") == totals.duplicate
    assert total(3, "51", "1.00") == totals.quarantined
    assert totals.days == {
        date(2026, 1, 15): total(1, "10", "0.10"),
        date(2026, 1, 16): total(1, "20", "0.20"),
    }
    assert ["u-1", "u-2"] == held()["usage_id"].to_pylist()


def test_a_batch_says_who_brought_what_and_when(send: Send) -> None:
    """The batch is named by the bytes of its file unless it was given a name."""
    import hashlib

    content = as_csv([told()])

    totals = send(content, name="january.csv")

    assert hashlib.sha256(content).hexdigest() == totals.batch
    assert ("january.csv", "metering") == (totals.name, totals.recorded_by)
    assert datetime(2026, 2, 1, 9, tzinfo=UTC) == totals.recorded_at
    assert "batch-7" == send([told(usage_id="u-2")], batch="batch-7").batch


def test_the_same_batch_again_changes_nothing(send: Send, held: Held, run: Run) -> None:
    """The first totals come back, down to the days, and no second audit event."""
    rows = [told(), told(usage_id="u-2", quantity="NaN")]

    first = send(rows)
    before = held()
    again = send(rows, name="other-name.csv")

    assert first == again
    assert before == held()
    events = [event for event in run(audit_log.read) if event.operation == "usage.ingest"]
    assert [first.batch] == [event.subject for event in events]
    assert (2, 1, 0, 1) == tuple(
        events[0].details[fate] for fate in ("received", "accepted", "duplicate", "quarantined")
    )


def test_a_batch_id_is_not_used_for_other_content(send: Send, held: Held) -> None:
    """Rows under a known batch id would vanish; they are refused instead."""
    first = send([told()], batch="b-1")

    assert first == send([told()], batch="b-1")
    with pytest.raises(IdempotencyMismatch, match="'b-1' was recorded on 2026-02-01"):
        send([told(usage_id="u-2")], batch="b-1")
    assert ["u-1"] == held()["usage_id"].to_pylist()


@pytest.mark.parametrize("content", [as_csv([]), b""])
def test_an_empty_batch_is_recorded(send: Send, run: Run, content: bytes) -> None:
    """Nothing received is an answer too; the lake does not move."""
    totals = send(content, name="usage.csv" if content else "usage.ndjson")

    assert Total() == totals.received
    assert totals.lake_version is None
    assert totals == run(lambda tx: batches.recorded(tx, totals.batch))


def test_a_batch_without_a_good_row_leaves_the_lake_alone(send: Send) -> None:
    """Its rows are all in quarantine."""
    totals = send([told(contract="nobody")])

    assert (0, 1, None) == (totals.accepted.rows, totals.quarantined.rows, totals.lake_version)


def test_a_file_that_is_refused_leaves_nothing(send: Send, held: Held, run: Run) -> None:
    """Damage in the last block undoes the first ones."""
    content = gzipped(as_csv([told(usage_id=f"u-{n}") for n in range(5000)]))[:-20]

    with pytest.raises(FeedError, match="damaged or cut short"):
        send(content, name="usage.csv.gz")

    assert "usage.ingest" not in {event.operation for event in run(audit_log.read)}
    assert 0 == held().num_rows


def test_a_file_is_read_from_its_path(
    database: Database, lake: Lake, books: int, tmp_path: Path
) -> None:
    """And one that is not there is not found."""
    path = tmp_path / "usage.parquet"
    path.write_bytes(as_parquet([told()]))
    seen: list[int] = []

    totals = ingest(
        database, lake, path, source_name=path.name, entity=books, actor="m", progress=seen.append
    )

    assert 1 == totals.accepted.rows
    assert [1] == seen
    with pytest.raises(NotFound, match=r"There is no file gone\.csv"):
        ingest(database, lake, "gone.csv", source_name="gone.csv", entity=books, actor="m")


def test_a_file_that_grows_while_it_is_read_is_refused(
    database: Database, lake: Lake, books: int, tmp_path: Path, run: Run
) -> None:
    """Its name, the digest of its bytes, would be that of another file."""
    path = tmp_path / "usage.csv"
    path.write_bytes(as_csv([told()]))

    def grow(_: int) -> None:
        path.write_bytes(as_csv([told(), told(usage_id="u-2")]))

    with pytest.raises(FeedError, match="the file changed while it was read"):
        ingest(database, lake, path, source_name="a.csv", entity=books, actor="m", progress=grow)

    assert "usage.ingest" not in {event.operation for event in run(audit_log.read)}


def test_the_form_of_the_file_makes_no_difference(send: Send, held: Held) -> None:
    """CSV, NDJSON and Parquet of the same usage: the second and third are all duplicates."""
    rows = [
        told(usage_id="u-1", quantity="0.1", amount="0.000000000001"),
        told(usage_id="u-2", dimensions='{"region": "eu", "tier": "2"}'),
    ]

    totals = [
        send(as_csv(rows), name="a.csv"),
        send(as_ndjson(rows), name="a.ndjson"),
        send(as_parquet(rows), name="a.parquet"),
    ]

    assert [(2, 0), (0, 2), (0, 2)] == [(t.accepted.rows, t.duplicate.rows) for t in totals]
    assert 2 == held().num_rows


def test_a_correction_changes_the_sum_and_not_the_row(
    send: Send, database: Database, lake: Lake, books: int
) -> None:
    """The ledger keeps both rows; the day's sum is what was really used."""
    send([told(quantity="1000", amount="0.25")])
    totals = send([told(usage_id="c-1", quantity="-400", amount="-0.1", corrects="u-1")])

    table = database.run(
        lambda tx: daily(lake.dataset(tx, "usage"), ["acme"]), entity=books, actor="a"
    )

    assert total(1, "-400", "-0.1") == totals.accepted
    assert [(Decimal(600), Decimal("0.15"), 2)] == [
        (row["quantity"], row["amount"], row["rows"]) for row in table.to_pylist()
    ]


def test_entities_do_not_see_each_other(database: Database, lake: Lake, send: Send) -> None:
    """The same rows for an entity without the contract are all set aside."""
    rows = [told()]
    send(rows)

    other = ingest(
        database, lake, io.BytesIO(as_csv(rows)), source_name="a.csv", entity=10_001, actor="m"
    )

    assert (0, 1) == (other.accepted.rows, other.quarantined.rows)


def test_what_is_unreadable_for_postgres_is_kept_in_words(send: Send, run: Run) -> None:
    """A NUL cannot be stored; the row is shown whole with the NUL in hexadecimal."""
    send(as_ndjson([told(usage_id="a\x00b")]), name="a.ndjson")
    send(b"\x00" * 9 + b"\n" + as_ndjson([told()]), name="b.ndjson")

    rows = run(
        lambda tx: tx.connection.execute(
            "select reason, payload ->> 'text' from records.quarantined_row order by id"
        ).fetchall()
    )

    assert ["unreadable-text", "malformed-row"] == [reason for reason, _ in rows]
    assert r"a\u0000b" in rows[0][1]
    assert r"\x00" * 9 == rows[1][1]


def test_the_same_batch_from_many_senders_at_once_counts_once(send: Send, held: Held) -> None:
    """All of them are told the same totals."""
    rows = [told(usage_id=f"u-{n}") for n in range(20)]

    with ThreadPoolExecutor(8) as pool:
        totals = list(pool.map(lambda _: send(rows), range(8)))

    assert [totals[0]] * 8 == totals
    assert 20 == held().num_rows


def test_overlapping_batches_at_once_count_each_row_once(send: Send, held: Held) -> None:
    """Eight senders with half of their rows in common."""
    parts = [[told(usage_id=f"u-{n}") for n in range(5 * k, 5 * k + 10)] for k in range(8)]

    with ThreadPoolExecutor(8) as pool:
        totals = list(pool.map(send, parts))

    assert 80 == sum(t.received.rows for t in totals)
    assert 45 == sum(t.accepted.rows for t in totals)
    assert 35 == sum(t.duplicate.rows for t in totals)
    assert sorted(f"u-{n}" for n in range(45)) == sorted(held()["usage_id"].to_pylist())


DIRT = st.sampled_from(
    [
        {},
        {"quantity": "NaN"},
        {"quantity": "1e400"},
        {"quantity": "-1"},
        {"amount": "1,5"},
        {"amount": "-0"},
        {"amount": "9" * 40},
        {"usage_date": "2026-02-30"},
        {"usage_date": "2027-01-01"},
        {"contract": "nobody"},
        {"meter": "images"},
        {"currency": "EUR"},
        {"unit": "=1"},
        {"usage_id": ""},
        {"dimensions": "{"},
        {"corrects": "nothing"},
    ]
)


@examples(commit=10, torture=500)
@given(
    st.lists(
        st.tuples(
            st.integers(1, 6), st.decimals(0, 1000, places=9), st.decimals(0, 1000, places=12), DIRT
        ),
        max_size=30,
    )
)
def test_control_totals_hold_for_any_dirt(
    send: Send, drawn: list[tuple[int, Decimal, Decimal, dict[str, str]]]
) -> None:
    """What was received, summed by hand from what was sent, is what the batch accounts for."""
    rows = [
        told(usage_id=f"u-{number}", quantity=f"{quantity:f}", amount=f"{amount:f}") | dirt
        for number, quantity, amount, dirt in drawn
    ]

    totals: ControlTotals = send(rows)

    unread = {"NaN", "1e400", "1,5", "-0", "9" * 40}
    assert len(rows) == totals.received.rows
    for column in ("quantity", "amount"):
        figures = [Decimal(row[column]) for row in rows if row[column] not in unread]
        assert sum(figures, Decimal(0)) == getattr(totals.received, column)
        parts = (totals.accepted, totals.duplicate, totals.quarantined)
        assert sum(getattr(part, column) for part in parts) == getattr(totals.received, column)
