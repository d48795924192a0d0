"""Data sets kept as files are read as they were written, in memory that does not grow."""

from __future__ import annotations

from collections import deque
from datetime import UTC, date, datetime
from decimal import Decimal
from multiprocessing import get_context
from pathlib import Path

from api.tabular import FORMS, Condition, Rows, among, told
from reports.parquet_twin import BATCH, rows_of
from reports.stored import store, stored
from revrec.model.dataset import Column, ColumnType, DataSet
from tests.reports.samples import data_sets

SMALL, LARGE = BATCH, 12 * BATCH
PLAIN = [
    Column(name="row_key", title="Row", type=ColumnType.TEXT),
    Column(name="currency", title="Currency", type=ColumnType.TEXT),
    Column(name="amount", title="Amount", type=ColumnType.MONEY, total=True),
]
COLUMNS = [
    Column(name="row_key", title="Row", type=ColumnType.TEXT),
    Column(name="currency", title="Currency", type=ColumnType.TEXT),
    Column(name="amount", title="Amount", type=ColumnType.MONEY, total=True),
    Column(name="quantity", title="Quantity", type=ColumnType.QUANTITY),
    Column(name="price", title="Price", type=ColumnType.PRICE),
    Column(name="count", title="Count", type=ColumnType.INTEGER),
    Column(name="day", title="Day", type=ColumnType.DATE),
    Column(name="at", title="At", type=ColumnType.DATE),
]


def rows(count: int) -> DataSet:
    """Rows with all that is hard to keep: every tenth tells nothing, some beyond 64 bits."""
    moment = datetime(2026, 1, 31, 23, 59, 59, 123456, tzinfo=UTC)
    many = [
        (
            f"=R-{number}\x07&",
            ("USD", "JPY", "BHD")[number % 3],
            *(
                (None,) * 6
                if number % 10 == 0
                else (
                    (-1) ** number * (10**30 + number),
                    Decimal(number) / 8 + Decimal("1.10"),
                    Decimal("0.00000000000001") * number,
                    2**63 + number,
                    date(2026, 1, 1 + number % 31),
                    moment,
                )
            ),
        )
        for number in range(count)
    ]
    return DataSet(name="many", title="Many", columns=COLUMNS, rows=many, note="Hard.")


def plain_rows(count: int) -> DataSet:
    """Rows of 300 bytes and more each."""
    many = [(f"R-{number:0250}", ("USD", "JPY")[number % 2], number) for number in range(count)]
    return DataSet(name="many", title="Many", columns=PLAIN, rows=many)


def in_form(form: str, sent: Rows) -> bytes:
    """All that is sent."""
    return b"".join(FORMS[form](sent))


def test_all_forms_and_pages_are_those_of_what_was_written(tmp_path):
    """To the byte: a quarter's sheets, and hard rows over several row groups."""
    hard = rows(BATCH + 7)
    written = {"empty": DataSet(name="empty", title="", columns=COLUMNS, rows=[])}
    written |= {"many": hard} | {each.name: each for each in data_sets(30).values()}
    store(tmp_path, written.values())
    found = stored(tmp_path)

    assert list(written) == list(found)
    for name, data in written.items():
        kept = found[name]
        assert (len(data.rows), data.columns) == (kept.count, kept.told.columns)
        for form in FORMS:
            sent = Rows(parts=kept.parts(), schema=kept.schema())
            assert in_form(form, Rows(parts=[data])) == in_form(form, sent), (name, form)
    for start, stop in ((0, 3), (BATCH - 2, BATCH + 2), (BATCH, 3 * BATCH), (3 * BATCH, 10**6)):
        page = found["many"].page(start, stop)
        shown = [told(page, row) for row in rows_of(page, 0, len(page.rows))]
        assert [told(hard, row) for row in rows_of(hard, start, stop)] == shown


def test_what_is_chosen_comes_in_parts_as_long_as_all_rows_do(tmp_path):
    """Half of two row groups and more is one part and the rest of it; of none, one is told."""
    data = plain_rows(2 * BATCH + 200)
    store(tmp_path, [data])
    kept = stored(tmp_path)["many"]

    def yen(part):
        return among(part, [Condition(column="currency", value="JPY")])

    parts = list(kept.chosen(yen))
    assert [BATCH, 100] == [len(part.rows) for part in parts]
    whole = yen(data)
    for form in ("application/x-ndjson", "text/csv"):
        sent = Rows(parts=parts, schema=kept.schema())
        assert in_form(form, Rows(parts=[whole])) == in_form(form, sent)
    nothing = kept.chosen(lambda part: among(part, [Condition(column="row_key", value="none")]))
    assert [0] == [len(part.rows) for part in nothing]


def written(folder: Path, count: int) -> None:
    """Keep so many rows."""
    store(folder, [plain_rows(count)])


def held(folders: list[Path]) -> list[int]:
    """Megabytes held at most after a page and all forms of each were read."""
    most = []
    for folder in folders:
        kept = stored(folder)["many"]
        assert 5 == len(kept.page(kept.count - 5, kept.count).rows)
        for form in FORMS:
            deque(FORMS[form](Rows(parts=kept.parts(), schema=kept.schema())), maxlen=0)
        most.append(peak())
    return most


def peak() -> int:
    """Megabytes this process held at most; what ``getrusage`` tells counts the one before it."""
    told = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(told["VmHWM"].split()[0]) // 1024


def test_memory_does_not_grow_with_rows(tmp_path):
    """Twelve times the rows, 33 MB more as text alone, hold less than 20 MB more."""
    small, large = tmp_path / "small", tmp_path / "large"
    with get_context("spawn").Pool(1, maxtasksperchild=1) as alone:
        for folder, count in ((small, SMALL), (large, LARGE)):
            folder.mkdir()
            alone.apply(written, (folder, count))
        before, after = alone.apply(held, ([small, large],))

    assert after - before < 20
