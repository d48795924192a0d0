"""A report of the operations as files: cover and data sets of what a close stands on."""

from __future__ import annotations

from pathlib import Path

from reports.checker import write_checker
from reports.cover import Cover, Status
from reports.csv_twin import FileRecord
from reports.packages import Package, write_package
from revrec.collector import collector_at_rest
from revrec.model.books import Framework
from revrec.operations.report import CloseStage, Report
from revrec.periods import Period

_RUN_ID_DIGITS = 12
_BOOKS = {Framework.ASC606: "US GAAP (ASC 606)", Framework.IFRS15: "IFRS (IFRS 15)"}


@collector_at_rest()
def export(
    report: Report,
    folder: Path,
    package: Package = Package.MONTH_END,
    *,
    since: Path | None = None,
) -> list[FileRecord]:
    """Write a package's workbooks, their twins and a manifest into the folder.

    With the folder of an earlier report of the same books, the schedules of the month-end end in
    what changed since, and the folder carries the journal's chain and a program that checks it all
    by itself. The run id is the head of the journal's chain, so the same books give the
    same names.
    """
    certificate = report.certificate
    soft = certificate.stage is CloseStage.SOFT
    single = report.first == report.period
    cover = Cover(
        entity=report.entity.name or f"Entity {report.entity.id}",
        report="Close",
        period=str(report.period) if single else f"{report.first}..{report.period}",
        as_of=certificate.closed_at,
        functional_currency=report.entity.functional_currency,
        run_id=certificate.chain_head[:_RUN_ID_DIGITS],
        engine_version=certificate.engine_version,
        facts_version=certificate.fact_seq,
        usage_version=certificate.usage_version,
        prepared_by=certificate.prepared_by,
        approved_by=certificate.approved_by,
        closed_at=None if soft else certificate.closed_at,
        status=Status.DRAFT if soft else Status.CLOSED,
        chain_head=certificate.chain_head,
        version=certificate.ordinal,
        days=_days(report.first, report.period),
        waived=tuple(map(str, report.waived)),
        book=_BOOKS[report.framework],
        journal_book=report.book,
    )
    further = {
        Package.BOARD: report.board,
        Package.FLUX: report.board,
        Package.DISCLOSURE: report.disclosed,
    }.get(package)
    data = {**report.datasets, **(further() if further else {})}
    beside = write_checker(folder, report.chain) if package is Package.MONTH_END else []
    return write_package(package, folder, cover, data, report.tie_outs, since=since, beside=beside)


def _days(first: Period, last: Period) -> str:
    """First and last day of periods of weeks; the name of a month tells them."""
    return "" if last.calendar.by_months else f"{first.first} to {last.last}"
