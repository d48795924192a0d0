"""The second file of a close: journal entries by account and in full, for the general ledger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from reports.cover import Cover
from reports.csv_twin import FileRecord
from reports.publish import pick, publish
from reports.totals import tie
from revrec.model.dataset import DataSet, TieOut

SUMMARY, DETAIL = "journal_summary", "journal_detail"


def write_journal(
    folder: Path, cover: Cover, data: Mapping[str, DataSet], tie_outs: Sequence[TieOut]
) -> list[FileRecord]:
    """Write the journal: summary by account, then every line.

    Both data sets have money columns ``debit`` and ``credit``. Added to the tie-outs given:
    debits equal credits in each, and the summary equals the detail, in every currency.
    """
    summary, detail = pick(data, (SUMMARY, DETAIL))
    checks = [
        *tie("Debits equal credits", (summary, "debit"), (summary, "credit")),
        *tie("Debits equal credits, line by line", (detail, "debit"), (detail, "credit")),
        *tie("Summary and detail: debits", (summary, "debit"), (detail, "debit")),
        *tie("Summary and detail: credits", (summary, "credit"), (detail, "credit")),
    ]
    return publish(folder, cover, [summary, detail], [*checks, *tie_outs])
