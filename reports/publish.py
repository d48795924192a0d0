"""One report on disk: the workbook and the CSV twin of every sheet, each with its record."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from reports.charts import Chart
from reports.cover import Cover
from reports.csv_twin import FileRecord, record, tie_out_data, write_csv
from reports.files import file_name, slug
from reports.totals import totals
from reports.workbook import FreePage, write_workbook
from revrec.errors import ReportError
from revrec.model.dataset import DataSet, TieOut


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

    Raises what ``write_workbook`` and ``write_csv`` raise. The workbook comes first, so that a
    report that is refused leaves no twins.
    """
    book = folder / file_name(cover)
    write_workbook(book, cover, sheets, tie_outs, charts, free=free)
    twins = [*sheets, tie_out_data(tie_outs)] if tie_outs else sheets
    return [
        record(book, [(data, totals(data)) for data in sheets]),
        *(write_csv(folder / file_name(cover, f"{slug(data.name)}.csv"), data) for data in twins),
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
