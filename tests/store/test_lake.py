"""A Delta version counts once PostgreSQL names it; what nobody names is taken back."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.compute
import pyarrow.dataset as ds
import pytest
from deltalake import DeltaTable, write_deltalake

from revrec.errors import InvariantViolated, LedgerBroken, NotFound, StoreError
from revrec.store.lake import Lake
from revrec.store.lake_files import GROUP_ROWS_BY_CONTRACT
from revrec.store.lake_tables import CONFIGURATION, TABLES, USAGE

AT = datetime(2026, 2, 1, 9, 0, 0, 123456, tzinfo=UTC)


def usage(entity, *amounts, day=1):
    """One row of usage for each amount."""
    rows = [
        {
            "entity_id": entity,
            "usage_date": date(2026, 1, day),
            "source": "meter",
            "usage_id": f"{day}-{number}",
            "contract": "C",
            "meter": "tokens",
            "quantity": Decimal(number),
            "unit": "token",
            "amount": Decimal(amount),
            "currency": "USD",
            "dimensions": "{}",
            "corrects": None,
            "batch": "b",
            "recorded_at": AT,
        }
        for number, amount in enumerate(amounts, start=1)
    ]
    return pa.Table.from_pylist(rows, schema=USAGE)


def posting(entity, amount, *, period="2026-01"):
    """One row of posting detail."""
    texts = "origin contract customer obligation component product event account currency".split()
    row = dict.fromkeys([*texts, "decisions", "paragraphs", "facts_digest"], "x")
    row |= {"entity_id": entity, "period": period, "amount": amount, "entry_seq": 1, "line_no": 1}
    row |= dict.fromkeys(["functional_currency", "functional", "gl_code", "gl_name"])
    return pa.Table.from_pylist([row])


@pytest.fixture
def append(lake, run, entity):
    """Appends usage as one batch of its own transaction."""

    def append_usage(batch, *amounts, day=1):
        rows = usage(entity, *amounts, day=day)
        return run(lambda tx: lake.append(tx, "usage", rows, batch, {"amount": "1"}))

    return append_usage


@pytest.fixture
def amounts(lake, run):
    """The amounts that readers see, in order."""

    def read(version=None):
        dataset = run(lambda tx: lake.dataset(tx, "usage", version))
        return None if dataset is None else sorted(dataset.to_table()["amount"].to_pylist())

    return read


@pytest.fixture
def folder(settings, entity):
    """The entity's usage table on disk."""
    return Path(settings.lake_root) / f"entity-{entity}" / "usage"


def die_after_append(lake, run, entity, batch="lost"):
    """What is left when the process ends between the Delta commit and PostgreSQL's."""

    def operation(tx):
        lake.append(tx, "usage", usage(entity, "66", day=6), batch, {})
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(operation)


@pytest.mark.parametrize("compacted", [False, True])
def test_one_contract_is_read_out_of_one_row_group(lake, run, entity, compacted):
    """Not a file more, not a row group more, however many contracts there are."""
    for period in ("2026-01", "2026-02"):
        names = pa.array([f"C-{number * 7919 % 9973:04}" for number in range(9973)])
        row = posting(entity, 1, period=period)
        told = row.take(pa.array([0] * len(names)))
        told = told.set_column(told.schema.get_field_index("contract"), "contract", names)
        halves = told.slice(0, 5000), told.slice(5000)
        for half, rows in enumerate(halves):
            batch = f"{period} {half}"
            run(lambda tx: lake.append(tx, "posting", rows, batch, {}))  # noqa: B023
    if compacted:
        assert run(lambda tx: lake.compact(tx, "posting")) is not None
    held = run(lambda tx: lake.dataset(tx, "posting"))

    named = ds.field("contract").isin(["C-4711"])
    wanted = named & (ds.field("period") == "2026-01")
    groups = [
        group.row_groups[0]
        for fragment in held.get_fragments(wanted)
        for group in fragment.split_by_row_group(named)
    ]

    assert 1 == held.count_rows(filter=wanted)
    assert sum(group.num_rows for group in groups) <= 2 * GROUP_ROWS_BY_CONTRACT
    assert held.count_rows() == 2 * 9973


def test_a_table_from_before_tells_contracts_from_then_on(lake, run, entity, settings):
    """The settings of a table are brought up to date when it is written to again."""
    uri = Path(settings.lake_root) / f"entity-{entity}" / "posting"
    former = {k: v for k, v in CONFIGURATION.items() if k != "delta.dataSkippingStatsColumns"}
    schema, partition_by = TABLES["posting"]
    DeltaTable.create(uri, schema=schema, partition_by=partition_by, configuration=former)

    for number in range(2):
        run(lambda tx: lake.append(tx, "posting", posting(entity, 1), str(number), {}))  # noqa: B023

    held = run(lambda tx: lake.dataset(tx, "posting"))
    assert 2 == held.count_rows(filter=ds.field("contract") == "x")
    assert not [*held.get_fragments(ds.field("contract") == "y")]
    run(lake.verify)


def test_an_empty_table_has_no_version(lake, run, amounts):
    """Nothing was committed, nothing is read, nothing needs recovery."""
    assert None is run(lambda tx: lake.committed_version(tx, "usage"))
    assert None is amounts()
    assert [] == run(lake.recover)
    run(lake.verify)


def test_what_was_appended_is_read(append, amounts, run, lake):
    """Each append is one version; older versions stay readable."""
    first, second = append("a", "1.5", "0.000000000001"), append("b", "2", day=2)

    assert first < second == run(lambda tx: lake.committed_version(tx, "usage"))
    assert [Decimal("1E-12"), Decimal("1.5")] == amounts(first)
    assert [Decimal("1E-12"), Decimal("1.5"), Decimal(2)] == amounts(second) == amounts()
    run(lake.verify)


def test_types_and_digits_are_kept(append, run, lake):
    """Thirty-eight digits, twelve decimals and microseconds come back."""
    amount = Decimal("12345678901234567890123456.123456789012")
    append("a", amount)
    table = run(lambda tx: lake.dataset(tx, "usage")).to_table()

    assert USAGE == table.select(USAGE.names).schema
    assert [amount] == table["amount"].to_pylist()
    assert [AT] == table["recorded_at"].to_pylist()


def test_filters_are_exact(append, run, lake):
    """No statistics are kept that would round a bound and skip a file that has the row."""
    append("a", "12345678901234567890123456.123456789012")
    dataset = run(lambda tx: lake.dataset(tx, "usage"))
    column = pyarrow.compute.field
    just_below = Decimal("12345678901234567890123456.123456789011")
    moment = AT.replace(microsecond=123455)

    assert 1 == dataset.to_table(filter=column("amount") > pa.scalar(just_below)).num_rows
    assert 1 == dataset.to_table(filter=column("recorded_at") > pa.scalar(moment)).num_rows
    assert 1 == dataset.to_table(filter=column("usage_date") == date(2026, 1, 1)).num_rows
    assert 0 == dataset.to_table(filter=column("usage_date") == date(2026, 1, 2)).num_rows


def test_the_same_batch_is_appended_once(append, amounts):
    """Asking again gives the version it has."""
    first = append("a", "1")

    assert first == append("a", "1")
    assert [Decimal(1)] == amounts()


def test_postings_and_usage_are_tables_of_their_own(lake, run, entity, append, amounts):
    """Versions are counted per table; integers stay integers."""
    append("a", "1")
    version = run(lambda tx: lake.append(tx, "posting", posting(entity, 2**62), "2026-01", {}))
    dataset = run(lambda tx: lake.dataset(tx, "posting", version))

    assert [2**62] == dataset.to_table()["amount"].to_pylist()
    assert [Decimal(1)] == amounts()


def test_a_table_made_before_a_column_takes_rows_that_have_it(lake, run, entity, monkeypatch):
    """Rows of then have nothing in it; nothing is rewritten."""
    schema, partitions = TABLES["posting"]
    before = pa.schema([field for field in schema if not field.name.startswith("functional")])
    with monkeypatch.context() as patch:
        patch.setitem(TABLES, "posting", (before, partitions))
        old = run(lambda tx: lake.append(tx, "posting", posting(entity, 1), "2026-01", {}))
    assert [None] == run(lambda tx: lake.dataset(tx, "posting")).to_table()[
        "functional"
    ].to_pylist()

    row = posting(entity, 2).to_pylist()[0] | {"functional_currency": "USD", "functional": 3}
    new = pa.Table.from_pylist([row], schema=schema)
    run(lambda tx: lake.append(tx, "posting", new, "2026-02", {}))

    rows = run(lambda tx: lake.dataset(tx, "posting")).to_table().to_pylist()
    assert [(1, None), (2, 3)] == sorted((row["amount"], row["functional"]) for row in rows)
    assert 1 == run(lambda tx: lake.dataset(tx, "posting", old)).to_table().num_rows
    run(lake.verify)


def test_a_table_with_a_column_that_is_no_longer_told_takes_rows(lake, run, entity, monkeypatch):
    """Release 0.1.0 kept a digest of each row of usage; rows since then have it empty."""
    schema, partitions = TABLES["usage"]
    digest = pa.field("digest", pa.string(), nullable=False)
    before = usage(entity, "1").append_column(digest, pa.array(["d" * 64], pa.string()))
    with monkeypatch.context() as patch:
        patch.setitem(TABLES, "usage", (pa.schema([*schema, digest]), partitions))
        old = run(lambda tx: lake.append(tx, "usage", before, "old", {}))

    run(lambda tx: lake.append(tx, "usage", usage(entity, "2"), "new", {}))

    held = run(lambda tx: lake.dataset(tx, "usage")).to_table()
    assert [(Decimal(1), "d" * 64), (Decimal(2), "")] == sorted(
        zip(held["amount"].to_pylist(), held["digest"].to_pylist(), strict=True)
    )
    assert 1 == run(lambda tx: lake.dataset(tx, "usage", old)).to_table().num_rows
    compacted = run(lambda tx: lake.compact(tx, "usage"))
    assert (2, 1) == (compacted.rows, compacted.files_after)
    again = run(lambda tx: lake.append(tx, "usage", usage(entity, "3", day=2), "newer", {}))
    rows = run(lambda tx: lake.dataset(tx, "usage", again)).to_table()
    assert [Decimal(1), Decimal(2), Decimal(3)] == sorted(rows["amount"].to_pylist())
    run(lake.verify)


def test_entities_do_not_share_a_table(lake, database, entity, append, amounts):
    """Another entity's append is not seen, and is nobody's dangling version."""
    append("a", "1")
    other = entity + 100_000
    database.run(
        lambda tx: lake.append(tx, "usage", usage(other, "2"), "a", {}),
        entity=other,
        actor="preparer",
    )

    assert [] == database.run(lake.recover, entity=entity, actor="preparer")
    assert [Decimal(1)] == amounts()


def test_rows_of_another_entity_are_refused(lake, run, entity):
    """The rows say whose they are; a mix-up stops before anything is written."""
    with pytest.raises(InvariantViolated, match="in entity"):
        run(lambda tx: lake.append(tx, "usage", usage(entity + 1, "1"), "a", {}))
    with pytest.raises(InvariantViolated, match="no rows"):
        run(lambda tx: lake.append(tx, "usage", usage(entity), "a", {}))
    with pytest.raises(InvariantViolated, match="do not have its columns"):
        run(lambda tx: lake.append(tx, "usage", usage(entity, "1").drop_columns("meter"), "a", {}))


def test_a_dangling_version_is_not_read_and_is_taken_back(
    lake, run, entity, append, amounts, folder
):
    """A Delta commit that PostgreSQL does not name is as if it had not been."""
    append("a", "1")
    die_after_append(lake, run, entity)

    assert 2 == DeltaTable(str(folder)).to_pyarrow_dataset().count_rows()
    assert [Decimal(1)] == amounts()
    assert ["usage"] == run(lake.recover)
    assert 1 == DeltaTable(str(folder)).to_pyarrow_dataset().count_rows()
    assert [] == run(lake.recover)
    append("b", "2")
    assert [Decimal(1), Decimal(2)] == amounts()
    run(lake.verify)


def test_the_next_append_takes_a_dangling_version_back(lake, run, entity, append, amounts, folder):
    """Recovery needs no restart; the lost batch may be sent again."""
    append("a", "1")
    die_after_append(lake, run, entity)
    die_after_append(lake, run, entity)
    append("b", "2")
    append("lost", "66", day=6)

    assert [Decimal(1), Decimal(2), Decimal(66)] == amounts()
    assert 3 == DeltaTable(str(folder)).to_pyarrow_dataset().count_rows()
    run(lake.verify)


def test_the_first_append_may_die_too(lake, run, entity, append, amounts, folder):
    """With nothing committed the table goes back to empty."""
    die_after_append(lake, run, entity)

    assert None is amounts()
    assert ["usage"] == run(lake.recover)
    assert 0 == DeltaTable(str(folder)).to_pyarrow_dataset().count_rows()
    append("a", "1")
    assert [Decimal(1)] == amounts()


def test_a_killed_process_leaves_nothing(
    lake, run, entity, append, amounts, folder, settings, database_url
):
    """Killed with signal 9 after the Delta commit: the rows are gone after recovery."""
    append("a", "1")
    script = f"""
import os, signal
from revrec.runtime.clock import SystemClock
from revrec.runtime.settings import Settings
from revrec.store.database import Database
from revrec.store.lake import Lake
from tests.store.test_lake import usage

def die(tx):
    Lake({settings.lake_root!r}).append(tx, "usage", usage({entity}, "9"), "killed", {{}})
    os.kill(os.getpid(), signal.SIGKILL)

settings = Settings(home={str(settings.home)!r}, database_url={database_url!r})
Database.open(settings, SystemClock()).run(die, entity={entity}, actor="victim")
"""
    killed = subprocess.run(
        [sys.executable, "-c", script], check=False, cwd=Path(__file__).parents[2]
    )

    assert -signal.SIGKILL == killed.returncode
    assert 2 == DeltaTable(str(folder)).to_pyarrow_dataset().count_rows()
    assert [Decimal(1)] == amounts()
    assert ["usage"] == run(lake.recover)
    assert 1 == DeltaTable(str(folder)).to_pyarrow_dataset().count_rows()


def files_of(folder):
    """The data files, oldest first."""
    return sorted(folder.rglob("*.parquet"), key=lambda path: (path.stat().st_mtime_ns, path))


def flip_a_byte(path):
    """Change the content, not the size."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (flip_a_byte, "is not the one committed"),
        (lambda path: path.write_bytes(path.read_bytes() + b"x"), "is not the one committed"),
        (os.remove, "is missing"),
    ],
    ids=["changed", "grown", "removed"],
)
def test_a_damaged_file_is_named(lake, run, append, folder, damage, message):
    """Verify compares name, size and content of every file that was committed."""
    append("a", "1")
    append("b", "2", day=2)
    victim = files_of(folder)[0]
    damage(victim)

    with pytest.raises(LedgerBroken, match=message) as caught:
        run(lake.verify)

    assert victim.name in caught.value.message


def test_a_file_added_to_a_commit_is_named(lake, run, append, folder):
    """Somebody who rewrites the Delta log of a named version is found out."""
    append("a", "1")
    named = folder / "_delta_log" / "00000000000000000001.json"
    line = next(text for text in named.read_text().splitlines() if text.startswith('{"add"'))
    data = files_of(folder)[0]
    forged = data.with_name("part-forged.parquet")
    forged.write_bytes(data.read_bytes())
    named.write_text(named.read_text() + line.replace(data.name, forged.name) + "\n")

    with pytest.raises(LedgerBroken, match=r"part-forged.parquet was added in usage without"):
        run(lake.verify)


def test_a_changed_commit_row_is_found(lake, run, entity, append, superuser):
    """The digest covers the list of files."""
    append("a", "1")
    superuser.execute("set session_replication_role = replica")
    superuser.execute(
        "update records.lake_commit set files_digest = repeat('0', 64) where entity_id = %s",
        [entity],
    )

    with pytest.raises(LedgerBroken, match="commit of usage version 1 was changed"):
        run(lake.verify)


def test_an_unnamed_version_cannot_be_read(lake, run, append):
    """Version 0 is the empty table, 2 does not exist, and neither was committed."""
    append("a", "1")
    for version in (0, 2):
        with pytest.raises(NotFound, match=f"Version {version} of usage was never committed"):
            run(lambda tx, version=version: lake.dataset(tx, "usage", version))


def test_other_writers_are_refused_by_delta(append, folder):
    """The table is append-only by its own setting: no tool deletes or overwrites rows."""
    append("a", "1")
    table = DeltaTable(str(folder))

    with pytest.raises(Exception, match="append-only"):
        table.delete()
    with pytest.raises(Exception, match="append-only"):
        write_deltalake(table, table.to_pyarrow_table(), mode="overwrite")


def test_the_commit_row_says_what_was_committed(append, superuser, entity, clock):
    """Rows, totals, time, and each file with its size and hash."""
    append("a", "1", "2")
    row = superuser.execute(
        "select row_count, totals, recorded_at, files from records.lake_commit"
        " where entity_id = %s",
        [entity],
    ).fetchone()

    assert (2, {"amount": "1"}, clock.now()) == row[:3]
    assert [(True, 64)] == [(size > 0, len(sha256)) for _, size, sha256 in row[3]]


@pytest.mark.parametrize("root", ["/proc/no-such-place", "{file}/lake"])
def test_a_lake_that_cannot_be_written_says_so(run, entity, tmp_path, root):
    """A read-only place, or a file where a folder should be: nothing was changed."""
    file = tmp_path / "file"
    file.write_text("not a folder")
    place = Lake(root.format(file=file))

    with pytest.raises(StoreError, match=r"cannot be written.*Check REVREC_LAKE"):
        run(lambda tx: place.append(tx, "usage", usage(entity, "1"), "a", {}))
    assert None is run(lambda tx: place.committed_version(tx, "usage"))


def test_a_lake_that_is_gone_says_so(run, append, tmp_path):
    """PostgreSQL names a version and the folder is another."""
    append("a", "1")
    elsewhere = Lake(tmp_path)

    with pytest.raises(StoreError, match=f"lake at {tmp_path} cannot be read"):
        run(lambda tx: elsewhere.dataset(tx, "usage"))


def test_an_object_store_is_passed_through(run, entity):
    """The URL is Delta's to understand; its own words reach the operator."""
    with pytest.raises(StoreError, match="lake at gopher://bucket/books cannot be"):
        run(
            lambda tx: Lake("gopher://bucket/books").append(
                tx, "usage", usage(entity, "1"), "a", {}
            )
        )
