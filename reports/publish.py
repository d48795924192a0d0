"""One report on disk: the workbook and the twins of every sheet, each with its record."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from reports.charts import Chart
from reports.cover import Cover
from reports.csv_twin import FileRecord, record, tie_out_data, write_csv
from reports.files import file_name, slug
from reports.parquet_twin import write_parquet
from reports.totals import totals
from reports.workbook import FreePage, write_workbook
from revrec.disclosure.by_column import by_column
from revrec.errors import ReportError
from revrec.model.dataset import DataSet, TieOut

_TWINS = {"csv": write_csv, "parquet": write_parquet}
"""What the files beside a workbook end in, and what writes them."""


def publish(
    folder: Path,
    cover: Cover,
    sheets: Sequence[DataSet],
    tie_outs: Sequence[TieOut],
    charts: Sequence[Chart] = (),
    *,
    free: Mapping[str, FreePage] | None = None,
) -> list[FileRecord]:
    """Write a workbook and its twins into the folder; the twins carry the data set's name.

    Raises what ``write_workbook``, ``write_csv`` and ``write_parquet`` raise. The workbook comes
    first, so that a report that is refused leaves no twins.
    """
    book = folder / file_name(cover)
    sheets = list(map(by_column, sheets))
    write_workbook(book, cover, sheets, tie_outs, charts, free=free)
    twins = [*sheets, tie_out_data(tie_outs)] if tie_outs else sheets
    return [
        record(book, [(data, totals(data)) for data in sheets]),
        *(
            write(folder / file_name(cover, f"{slug(data.name)}.{suffix}"), data)
            for data in twins
            for suffix, write in _TWINS.items()
        ),
    ]


def pick(data: Mapping[str, DataSet], names: Iterable[str]) -> list[DataSet]:
    """The named data sets in that order; ``ReportError`` if one is missing."""
    wanted = list(names)
    missing = [name for name in wanted if name not in data]
    if missing:
        raise ReportError(
            f"The report needs {', '.join(missing)}; given are {', '.join(data) or 'none'}.",
            remedy="Build the missing data sets, empty if there is nothing to show.",
        )
    return [data[name] for name in wanted]
