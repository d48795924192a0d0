"""Whatever the bytes, a file is refused by name or every row of it comes through."""

from __future__ import annotations

import io
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from revrec.errors import FeedError
from revrec.usage import doors, lines
from revrec.usage.columns import ARRIVED, COLUMNS, REQUIRED
from tests.properties.profiles import examples
from tests.usage.samples import (
    as_csv,
    as_ndjson,
    as_parquet,
    gzipped,
    told,
    zstandarded,
)

HEADING = ",".join(REQUIRED) + "\n"
ROW = ",".join(told().values()) + "\n"


def through(folder: Path, name: str, content: bytes) -> list[dict[str, object]]:
    """The rows that come through the door as text, by row number."""
    path = folder / "feed"
    path.write_bytes(content)
    batches = list(doors.read_texts(path, name))
    assert all(batch.schema == ARRIVED for batch in batches)
    return sorted((row for batch in batches for row in batch.to_pylist()), key=_number)


def _number(row: dict[str, object]) -> int:
    number = row["row_number"]
    assert isinstance(number, int)
    return number


def values(row: dict[str, object]) -> dict[str, object]:
    """The columns of a row that hold something."""
    return {name: row[name] for name in COLUMNS if row[name] not in (None, "")}


@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("a.csv", as_csv),
        ("a.csv.gz", lambda rows: gzipped(as_csv(rows))),
        ("a.csv.zst", lambda rows: zstandarded(as_csv(rows))),
        ("a.ndjson", as_ndjson),
        ("a.jsonl", as_ndjson),
        ("a.ndjson.gz", lambda rows: gzipped(as_ndjson(rows))),
        ("a.ndjson.zst", lambda rows: zstandarded(as_ndjson(rows))),
        ("unnamed", as_csv),
        ("unnamed", as_ndjson),
    ],
)
def test_every_text_form_gives_the_same_rows(
    tmp_path: Path, name: str, write: Callable[[list[dict[str, str]]], bytes]
) -> None:
    """Text is taken as sent: no digit is added, dropped or rounded."""
    rows = [
        told(usage_id="u-1", quantity="0.10", amount="123456789012345.123456789012"),
        told(usage_id="u-2", quantity="1000000000000000000", dimensions='{"region":"eu"}'),
        told(usage_id="ü-3", amount="-0.000000000001", corrects="u-1"),
    ]

    read = through(tmp_path, name, write(rows))

    assert rows == [values(row) for row in read]
    assert [1, 2, 3] == [row["row_number"] for row in read]


def test_parquet_decimals_and_dates_become_plain_digits(tmp_path: Path) -> None:
    """The smallest amount comes without an exponent and the date in ISO form."""
    read = through(tmp_path, "a.parquet", as_parquet([told(amount="0.000000000001")]))

    assert "0.000000000001" == read[0]["amount"]
    assert "1000.000000000" == read[0]["quantity"]
    assert "2026-01-15" == read[0]["usage_date"]


def test_json_numbers_keep_their_digits(tmp_path: Path) -> None:
    """A JSON number is text too: 0.1 is not the nearest binary fraction, 1e400 not infinity."""
    figures = ["0.10", "12345678901234567890.123456789", "1e400", "-0", "NaN", "Infinity", "1E-7"]
    content = "".join(f'{{"usage_id":"u","amount":{figure}}}\n' for figure in figures)

    read = through(tmp_path, "a.ndjson", content.encode())

    assert figures == [row["amount"] for row in read]


def test_an_escape_in_one_line_changes_nothing_for_the_others(tmp_path: Path) -> None:
    """Lines of one shape are read by a pattern, others by a parser, with the same result."""
    plain = b'{"source": "a", "usage_id": "u1", "amount": 1.50, "dimensions": {"a": 1}}\n'
    escaped = b'{"source": "a", "usage_id": "\\u0075\\u0031", "amount": "1.50"}\n'

    fast = through(tmp_path, "a.ndjson", plain * 3)
    slow = through(tmp_path, "a.ndjson", plain * 3 + escaped)

    expected = {"source": "a", "usage_id": "u1", "amount": "1.50"}
    for row in [*fast, *slow]:
        assert expected == {name: row[name] for name in expected}
    assert ['{"a":"1"}'] * 3 + [None] == [row["dimensions"] for row in slow]


def test_a_null_is_blank_and_the_word_null_is_not(tmp_path: Path) -> None:
    """JSON's null leaves a column out; the text "null" is a text."""
    content = b'{"usage_id": null, "source": "null"}\n' * 2

    read = through(tmp_path, "a.ndjson", content)

    assert [(None, "null")] * 2 == [(row["usage_id"], row["source"]) for row in read]


@pytest.mark.parametrize(
    ("name", "content", "rows"),
    [
        ("a.csv", (HEADING + ROW).encode(), 1),
        ("a.csv", b"\xef\xbb\xbf" + (HEADING + ROW).encode(), 1),
        ("a.csv", (HEADING + ROW + ROW).replace("\n", "\r\n").encode(), 2),
        ("a.csv", (HEADING + ROW.rstrip()).encode(), 1),
        ("a.csv", ("\n" + HEADING + "\n\n" + ROW + "\n" + ROW + "\n").encode(), 2),
        ("a.csv", HEADING.encode(), 0),
        ("a.csv", HEADING.rstrip().encode(), 0),
        ("a.ndjson", b"", 0),
        ("a.ndjson", b"\n\n", 0),
        ("a.ndjson", b"\xef\xbb\xbf" + as_ndjson([told()]), 1),
        ("a.ndjson", as_ndjson([told()]).rstrip(), 1),
    ],
)
def test_harmless_variation_is_taken(tmp_path: Path, name: str, content: bytes, rows: int) -> None:
    """A byte order mark, Windows line ends, blank lines, no last line end, no rows at all."""
    read = through(tmp_path, name, content)

    assert [told()] * rows == [values(row) for row in read]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("metering,u-1,acme\n", "malformed-row"),
        (ROW.replace("1000", "1,000"), "malformed-row"),
        (ROW.replace("u-1", '"u-1'), "malformed-row"),
        (ROW.replace("u-1", 'u"-1'), "malformed-row"),
        (ROW.replace("u-1", '"u"-1'), "malformed-row"),
        (ROW.replace("u-1", "u\r-1"), "malformed-row"),
        (ROW.replace("u-1", "\udcff-1"), "unreadable-text"),
    ],
)
def test_a_damaged_csv_line_is_set_aside_alone(tmp_path: Path, line: str, reason: str) -> None:
    """A quote that is never closed swallows no other row; the line is kept as it came."""
    content = (HEADING + ROW + line + ROW).encode("utf-8", "surrogateescape")

    read = through(tmp_path, "a.csv", content)

    assert [None, reason, None] == [row["fault"] for row in read]
    shown = line.rstrip("\n").replace("\udcff", r"\xff")
    assert shown == read[1]["fault_value"]
    assert told() == values(read[2])


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"[1, 2]", "malformed-row"),
        (b'"text"', "malformed-row"),
        (b"{", "malformed-row"),
        (b'{"source": "a", "source": "b"}', "malformed-row"),
        (b'{"usage_id": true}', "malformed-row"),
        (b'{"usage_id": ["u"]}', "malformed-row"),
        (b'{"usage_id": "\x00"}', "malformed-row"),
        (b'{"usage_id": "u"} {"usage_id": "v"}', "malformed-row"),
        (b'{"a":' * 5000, "malformed-row"),
        (b'{"corects": "u-1"}', "unknown-field"),
        (b'{"usage_id": "\xff"}', "unreadable-text"),
        (b'{"usage_id": "\\ud800"}', "unreadable-text"),
        (b'{"usage_id": "\\ud800", "dimensions": {"a": "\\udfff"}}', "unreadable-text"),
    ],
)
def test_a_damaged_json_line_is_set_aside_alone(tmp_path: Path, line: bytes, reason: str) -> None:
    """Each line stands for itself, whatever JSON or bytes it holds."""
    row = as_ndjson([told()])

    read = through(tmp_path, "a.ndjson", row + line + b"\n" + row)

    assert [None, reason, None] == [each["fault"] for each in read]
    assert [1, 2, 3] == [each["row_number"] for each in read]


def _without(column: str) -> str:
    return HEADING.replace(f"{column},", "")


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.csv", b"", "the file is empty"),
        ("a.csv", _without("amount").encode(), "the column 'amount' is missing"),
        ("a.csv", ("source," + HEADING).encode(), "two columns are named 'source'"),
        ("a.csv", ("corects," + HEADING).encode(), "the column 'corects' is not known"),
        ("a.csv", HEADING.replace(",", ";").encode(), "the column 'source' is missing"),
        ("a.csv", (HEADING + ROW).replace("\n", "\r").encode(), "cannot be read as names"),
        ("a.csv", b"\xff" + HEADING.encode(), "cannot be read as names"),
        ("a.csv", (HEADING + ROW).encode("utf-16"), "encoded in UTF-16"),
        ("a.csv", HEADING.encode() + b"x" * (lines.LINE_BYTES_MAX * 6), "a line is longer"),
        ("a.csv.gz", (HEADING + ROW).encode(), "the name says gzip"),
        ("a.csv.zst", (HEADING + ROW).encode(), "the name says zstd"),
        ("a.csv.gz", b"", "the name says gzip"),
        ("a.csv.gz", gzipped((HEADING + ROW * 999).encode())[:-20], "damaged or cut short"),
        ("a.csv.zst", zstandarded((HEADING + ROW * 999).encode())[:-9], "damaged or cut short"),
        ("a.csv.gz", gzipped(HEADING.encode()) + b"rest", "damaged or cut short"),
        ("a.ndjson", b'[{"source": "a"}]', "one JSON array"),
        ("a.parquet", HEADING.encode(), "not Parquet"),
        ("a.parquet", as_parquet([told()])[:-30], "not Parquet|damaged or cut short"),
        ("a.parquet", b"PAR1" + b"\x00" * 50 + b"PAR1", "damaged or cut short"),
        ("a.xlsx", b"PK\x03\x04" + b"\x00" * 50, "a workbook or zip archive"),
    ],
)
def test_a_file_without_rows_to_tell_apart_is_refused(
    tmp_path: Path, name: str, content: bytes, says: str
) -> None:
    """The error names the file, says what is wrong and what to send instead."""
    with pytest.raises(FeedError, match=says) as refused:
        through(tmp_path, name, content)

    assert refused.value.message.startswith(name)
    assert refused.value.remedy
    assert name == refused.value.attributes["file"]


@pytest.mark.parametrize(
    ("column", "values_given", "says"),
    [
        ("quantity", pa.array([1.5]), "the column 'quantity' has the type double. Binary"),
        ("amount", pa.array([1.5], pa.float32()), "the column 'amount' has the type float. Binary"),
        ("usage_date", pa.array([0], pa.timestamp("us")), "the column 'usage_date' has the type"),
        ("usage_id", pa.array([True]), "the column 'usage_id' has the type bool"),
        ("meter", pa.array([["a"]]), "the column 'meter' has the type list"),
        ("dimensions", pa.array([{"a": "b"}]), "the column 'dimensions' has the type struct"),
    ],
)
def test_parquet_types_that_are_not_exact_are_refused(
    tmp_path: Path, column: str, values_given: pa.Array, says: str
) -> None:
    """A float holds no decimal figure exactly; the sender must say what was meant."""
    table = pa.table({name: [text] for name, text in told().items()} | {column: values_given})
    sink = io.BytesIO()
    pq.write_table(table, sink)

    with pytest.raises(FeedError, match=says) as refused:
        through(tmp_path, "a.parquet", sink.getvalue())

    assert column == refused.value.attributes["column"]


def test_parquet_takes_texts_of_any_arrow_kind(tmp_path: Path) -> None:
    """Large, dictionary-encoded and integer columns hold the same texts."""
    table = pa.table({name: [text] for name, text in told().items()})
    table = table.set_column(0, "source", table["source"].dictionary_encode())
    table = table.set_column(1, "usage_id", pa.array([17], pa.int64()))
    table = table.set_column(2, "contract", table["contract"].cast(pa.large_string()))
    table = table.set_column(5, "quantity", pa.array([Decimal("1E-9")], pa.decimal128(38, 9)))
    sink = io.BytesIO()
    pq.write_table(table, sink)

    read = through(tmp_path, "a.parquet", sink.getvalue())

    assert [told(usage_id="17", quantity="0.000000001")] == [values(row) for row in read]


def test_parquet_texts_that_are_not_utf8_are_set_aside(tmp_path: Path) -> None:
    """Parquet readers trust their texts; this door does not."""
    ids = pa.array([b"u-1", b"\xff", b"u-3"], pa.binary())
    broken = pa.Array.from_buffers(pa.string(), 3, ids.buffers())
    table = pa.table({name: [text] * 3 for name, text in told().items()} | {"usage_id": broken})
    sink = io.BytesIO()
    pq.write_table(table, sink)

    read = through(tmp_path, "a.parquet", sink.getvalue())

    assert [None, "unreadable-text", None] == [row["fault"] for row in read]
    assert ["u-1", None, "u-3"] == [row["usage_id"] for row in read]
    assert r"\\xff" in str(read[1]["fault_value"])


def test_rows_are_counted_across_blocks(tmp_path: Path) -> None:
    """Row numbers go on from block to block and count the rows set aside."""
    good = 3 * lines.BLOCK_BYTES // len(ROW)
    content = HEADING + ROW * good + "damaged\n" + ROW * good

    path = tmp_path / "feed"
    path.write_text(content)
    batches = list(doors.read(path, "a.csv"))

    numbers = sorted(n for batch in batches for n in batch["row_number"].to_pylist())
    assert list(range(1, 2 * good + 2)) == numbers
    faults = [row for batch in batches for row in batch.to_pylist() if row["fault"]]
    assert [good + 1] == [row["row_number"] for row in faults]


def test_a_file_of_too_many_rows_is_refused(tmp_path: Path) -> None:
    """Nothing unpacks for ever."""
    path = tmp_path / "feed"
    path.write_text(HEADING + ROW * 11)

    with pytest.raises(FeedError, match="more than 10 rows"):
        list(doors.read(path, "a.csv", rows_max=10))


@examples(commit=150, torture=20_000)
@given(st.data())
def test_no_damage_makes_a_traceback_or_loses_a_line(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """Random bytes in a CSV or NDJSON file: FeedError, or one row per line that is not blank."""
    name, content = data.draw(
        st.sampled_from([
            ("a.csv", as_csv([told(usage_id=f"u-{n}") for n in range(4)])),
            ("a.ndjson", as_ndjson([told(usage_id=f"u-{n}") for n in range(4)])),
        ])
    )  # fmt: skip
    damaged = bytearray(content)
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(damaged)))
        piece = data.draw(
            st.one_of(
                st.binary(max_size=3),
                st.sampled_from([b'"', b",", b"\n", b"\r", b"\x00", b"\\", b"{", b"}", b"\xff"]),
            )
        )
        damaged[at : at + data.draw(st.integers(0, 2))] = piece
    folder = tmp_path_factory.mktemp("damage")
    text = (bytes(damaged) + b"\n").replace(b"\r\n", b"\n").removeprefix(b"\xef\xbb\xbf")
    filled = [line for line in text.split(b"\n") if line]
    expected = len(filled) - (name == "a.csv")

    try:
        read = through(folder, name, bytes(damaged))
    except FeedError:
        return

    assert list(range(1, expected + 1)) == [row["row_number"] for row in read]
