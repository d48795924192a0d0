"""Credits and commitments at the end of a day as files: a workbook with its twins."""

from __future__ import annotations

from pathlib import Path

from reports.cover import Cover
from reports.csv_twin import write_manifest
from reports.publish import publish
from revrec.engine import ENGINE_VERSION
from revrec.operations.commitments import PositionReport


def write_position(report: PositionReport, folder: Path) -> list[Path]:
    """Write workbook, twins and manifest. The report is a draft: nobody approves a balance."""
    as_of = report.position.as_of
    cover = Cover(
        entity=report.entity.name or f"Entity {report.entity.id}",
        report="Burn-down",
        period=str(report.period),
        as_of=report.known_at,
        functional_currency=report.entity.functional_currency,
        run_id=f"{as_of:%Y%m%d}",
        engine_version=ENGINE_VERSION,
        facts_version=report.fact_seq,
        usage_version=report.usage_version,
        prepared_by=report.prepared_by,
    )
    files = publish(folder, cover, report.datasets, report.tie_outs)
    return [*(folder / each.name for each in files), write_manifest(folder, cover, files)]
