"""Writing files whose bytes depend on their content alone."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from revrec.demo.dirt import FileRow
from revrec.money import AMOUNT_SCALE, QUANTITY_SCALE

COLUMNS = (
    "source",
    "usage_id",
    "contract",
    "meter",
    "usage_date",
    "quantity",
    "unit",
    "amount",
    "currency",
    "dimensions",
    "corrects",
)
_ATOMS = 10**AMOUNT_SCALE
_TYPES = pa.schema(
    [
        pa.field(name, {
            "usage_date": pa.date32(),
            "quantity": pa.decimal128(38, QUANTITY_SCALE),
            "amount": pa.decimal128(38, AMOUNT_SCALE),
        }.get(name, pa.string()))
        for name in COLUMNS
    ]
)  # fmt: skip


def amount_text(amount: int) -> str:
    """An amount in units of 10**-12 as a decimal without trailing zeros.

    >>> amount_text(247518070200000)
    '247.5180702'
    """
    sign = "-" if amount < 0 else ""
    whole, part = divmod(abs(amount), _ATOMS)
    return f"{sign}{whole}.{part:0{AMOUNT_SCALE}d}".rstrip("0").rstrip(".")


def write_ndjson(path: Path, records: Iterable[Mapping[str, object]]) -> None:
    """One JSON object per line."""
    text = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
    path.write_bytes(text.encode())


def write_usage(path: Path, rows: Sequence[FileRow]) -> None:
    """Usage as Parquet, compressed CSV or NDJSON, as the name says."""
    if path.suffix == ".parquet":
        _write_parquet(path, rows)
    elif path.suffix == ".gz":
        _write_csv(path, rows)
    else:
        write_ndjson(path, (_members(row) for row in rows))


def _texts(told: FileRow) -> dict[str, str | None]:
    """The row as text by column; none for what is left out."""
    row = told.row
    return {
        "source": row.source,
        "usage_id": row.usage_id,
        "contract": row.contract,
        "meter": row.meter,
        "usage_date": row.usage_date.isoformat(),
        "quantity": str(row.quantity),
        "unit": row.unit,
        "amount": amount_text(row.amount),
        "currency": row.currency,
        "dimensions": f'{{"workspace":"{row.workspace}"}}',
        "corrects": row.corrects,
        **told.spelt,
    }


def _members(told: FileRow) -> dict[str, object]:
    members: dict[str, object] = {
        name: text for name, text in _texts(told).items() if text is not None
    }
    members["dimensions"] = {"workspace": told.row.workspace}
    return members


def _write_csv(path: Path, rows: Sequence[FileRow]) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for told in rows:
        texts = _texts(told)
        writer.writerow([texts[name] or "" for name in COLUMNS])
    # Neither a time nor a name: a gzip header would carry both into the bytes.
    packed = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", fileobj=packed, compresslevel=6, mtime=0) as file:
        file.write(text.getvalue().encode())
    path.write_bytes(packed.getvalue())


def _write_parquet(path: Path, rows: Sequence[FileRow]) -> None:
    columns: dict[str, list[object]] = {name: [] for name in COLUMNS}
    for told in rows:
        texts: dict[str, object] = dict(_texts(told))
        texts["usage_date"] = told.row.usage_date
        texts["quantity"] = Decimal(told.row.quantity)
        texts["amount"] = Decimal(amount_text(told.row.amount))
        for name in COLUMNS:
            columns[name].append(texts[name])
    arrays = [pa.array(columns[field.name], field.type) for field in _TYPES]
    pq.write_table(pa.Table.from_arrays(arrays, schema=_TYPES), path, compression="zstd")
