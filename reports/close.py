"""Everything a close puts on disk: three or four reports, their twins, one manifest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from reports.cover import Cover
from reports.csv_twin import FileRecord, write_manifest
from reports.earlier import earlier_report
from reports.forecast import against_forecast
from reports.journal import DETAIL, write_journal
from reports.publish import pick, publish
from reports.reconciliation import REASONS, THREE_WAY, write_reconciliation
from reports.schedules import write_schedules
from reports.since import changes_since
from revrec.model.dataset import DataSet, TieOut

RECONCILED = (
    THREE_WAY,
    REASONS,
    "billing_findings",
    "reconciliation_ageing",
    "findings",
    "reconciliation_strays",
)
"""Data sets that belong to the reconciliation when they are given."""
SCHEDULES = "Schedules"
BOTH = "US GAAP (ASC 606) and IFRS 15"
COMPARED = ("book_comparison", "book_balances", "book_totals", "book_rules")
"""Those of two books side by side, in their order."""


def close_report(
    folder: Path,
    cover: Cover,
    data: Mapping[str, DataSet],
    tie_outs: Sequence[TieOut],
    *,
    since: Path | None = None,
    beside: Sequence[FileRecord] = (),
) -> list[FileRecord]:
    """Write schedules, journal and reconciliation, and a manifest of all files.

    Every data set goes into a file: ``journal_detail`` into the journal with the summary, those
    named in ``RECONCILED`` into the reconciliation, those in ``COMPARED`` into a comparison of
    books, all others into the schedules. The tie-outs of the close stand in each workbook. Each
    file names its report; the rest of the cover is shared. Without usage there is no
    ``reconciliation`` data set and no such file, without a second book no comparison. With the
    folder of an earlier report (``since``), the schedules end in revenue against what that report
    had scheduled, and in what changed; ``ReportError`` if it is not to be compared with this one.
    ``beside`` are files of the close that stand in the folder already; the manifest vouches for
    them too.
    """
    reconciled = {name: data[name] for name in RECONCILED if name in data}
    both = {name: data[name] for name in COMPARED if name in data}
    elsewhere = {DETAIL, *reconciled, *both}
    scheduled = {name: sheet for name, sheet in data.items() if name not in elsewhere}
    checks = list(tie_outs)
    if since is not None:
        earlier = earlier_report(since, cover, SCHEDULES)
        forecast, met = against_forecast(earlier, scheduled, cover)
        changes, tied = changes_since(earlier, scheduled, cover)
        scheduled |= {sheet.name: sheet for sheet in (*forecast, changes)}
        checks += [*met, *tied]
    files = write_schedules(folder, replace(cover, report=SCHEDULES), scheduled, checks)
    files += write_journal(folder, replace(cover, report="Journal"), data, tie_outs)
    if reconciled:
        about = replace(cover, report="Reconciliation")
        files += write_reconciliation(folder, about, reconciled, tie_outs)
    if both:
        about = replace(cover, report="Books", book=BOTH)
        files += publish(folder, about, pick(both, COMPARED), tie_outs)
    files += beside
    write_manifest(folder, cover, files)
    return files
