"""Packages: what one reader wants of a close, in one workbook, each by its name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from enum import StrEnum
from pathlib import Path

from reports.charts import Chart, ChartKind
from reports.close import RECONCILED, close_report
from reports.cover import Cover
from reports.csv_twin import FileRecord, write_manifest
from reports.publish import pick, publish
from reports.reconciliation import write_reconciliation
from reports.schedules import currencies_drawn, schedule_charts
from reports.totals import currencies
from revrec.disclosure import board
from revrec.disclosure.disclosed import ELECTIONS, PARAGRAPHS, sheets_of_disclosures
from revrec.disclosure.flux import BY_PRODUCT, DETAIL, DRIVERS
from revrec.disclosure.flux_functional import NAME as FUNCTIONAL
from revrec.disclosure.remaining_obligations import BANDS
from revrec.errors import NotFound, ReportError
from revrec.model.dataset import DataSet, TieOut


class Package(StrEnum):
    """For whom."""

    MONTH_END = "month-end"
    """The controller: everything of the close."""
    BOARD = "board"
    """Directors: sentences, figures, ratios and charts."""
    DISCLOSURE = "disclosure"
    """Those who write the notes: 606-10-50 by paragraph, with the policies elected."""
    FLUX = "flux"
    """Those who explain why revenue changed."""
    RECONCILIATION = "reconciliation"
    """Those who follow usage to bills and to revenue."""


def package_of(name: str) -> Package:
    """The package of that name; NotFound if there is none."""
    if name not in set(Package):
        raise NotFound(
            f"There is no package {name!r}.", remedy=f"Packages are {', '.join(Package)}."
        )
    return Package(name)


Given = Mapping[str, DataSet]
_Write = Callable[[Path, Cover, Given, Sequence[TieOut]], list[FileRecord]]


def write_package(
    package: Package,
    folder: Path,
    cover: Cover,
    data: Given,
    tie_outs: Sequence[TieOut],
    *,
    since: Path | None = None,
    beside: Sequence[FileRecord] = (),
) -> list[FileRecord]:
    """Write a package's workbook, its twins and a manifest into the folder.

    The manifest is named after the package, so that several packages share a folder.
    Every workbook carries the tie-outs of the whole close. Raises NotFound if there is nothing
    for the package to show, ReportError as ``write_workbook`` does, or if the changes since an
    earlier report are wanted of another package than the month-end.
    """
    if package is Package.MONTH_END:
        return close_report(folder, cover, data, tie_outs, since=since, beside=beside)
    if since is not None:
        raise ReportError(
            f"The package {package} has no schedules to compare with those in {since}.",
            remedy=f"Export the package {Package.MONTH_END}, or leave out the earlier folder.",
        )
    about = replace(cover, report=package.value.capitalize())
    files = _WRITERS[package](folder, about, data, tie_outs)
    write_manifest(folder, about, files, f"{package}.manifest.json")
    return files


def _board(folder: Path, cover: Cover, data: Given, tie_outs: Sequence[TieOut]) -> list[FileRecord]:
    sheets = pick(
        data,
        (board.SENTENCES, board.FIGURES, board.RATIOS, "revenue_by_product", board.REVENUE_BRIDGE,
         board.LIABILITY_BRIDGE, board.BY_BAND),
    )  # fmt: skip
    charts = [
        chart
        for currency in currencies_drawn(cover, data["revenue_by_product"])[:1]
        for chart in _board_charts(currency, data)
        if currency in currencies(data[chart.sheet])
    ]
    return publish(folder, cover, sheets, tie_outs, charts)


def _board_charts(currency: str, data: Given) -> list[Chart]:
    liabilities = data[board.LIABILITY_BRIDGE]
    return [
        Chart(
            kind=ChartKind.STACKED, title="Revenue by month", sheet="revenue_by_product",
            currency=currency, values=("amount",), category="period", series="product",
        ),
        _revenue_bridge(currency, board.REVENUE_BRIDGE),
        Chart(
            kind=ChartKind.BRIDGE, title="Contract liabilities", sheet=liabilities.name,
            currency=currency, values=tuple(each.name for each in liabilities.columns[1:-1]),
        ),
        Chart(
            kind=ChartKind.BARS, title="Remaining obligations by time", sheet=board.BY_BAND,
            currency=currency, values=("amount",), category="band", order=tuple(BANDS.values()),
        ),
    ]  # fmt: skip


def _revenue_bridge(currency: str, sheet: str) -> Chart:
    return Chart(
        kind=ChartKind.BRIDGE, title="Revenue, from the period before", sheet=sheet,
        currency=currency, values=("base", *DRIVERS, "current"),
    )  # fmt: skip


def _disclosure(
    folder: Path, cover: Cover, data: Given, tie_outs: Sequence[TieOut]
) -> list[FileRecord]:
    sheets = pick(data, (PARAGRAPHS, *sheets_of_disclosures(data), ELECTIONS))
    charts = schedule_charts(cover, {each.name: each for each in sheets})
    return publish(folder, cover, sheets, tie_outs, charts)


def _flux(folder: Path, cover: Cover, data: Given, tie_outs: Sequence[TieOut]) -> list[FileRecord]:
    bridge = board.REVENUE_BRIDGE
    exchange = [FUNCTIONAL] if FUNCTIONAL in data else []
    sheets = pick(data, (BY_PRODUCT, bridge, *exchange, DETAIL))
    charts = [
        _revenue_bridge(currency, bridge)
        for currency in currencies_drawn(cover, data[bridge])
        if data[bridge].rows
    ]
    return publish(folder, cover, sheets, tie_outs, charts)


def _reconciliation(
    folder: Path, cover: Cover, data: Given, tie_outs: Sequence[TieOut]
) -> list[FileRecord]:
    given = {name: data[name] for name in RECONCILED if name in data}
    if not given:
        raise NotFound(
            f"There is no usage in {cover.months}, so there is nothing to reconcile.",
            remedy="Record usage and invoices, or export another package.",
            period=cover.period,
        )
    return write_reconciliation(folder, cover, given, tie_outs)


_WRITERS: Mapping[Package, _Write] = {
    Package.BOARD: _board,
    Package.DISCLOSURE: _disclosure,
    Package.FLUX: _flux,
    Package.RECONCILIATION: _reconciliation,
}
