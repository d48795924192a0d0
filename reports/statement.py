"""A customer's statement of use as files: a workbook with its twins, and JSON."""

from __future__ import annotations

import json
from pathlib import Path

from reports.cover import Cover
from reports.csv_twin import write_manifest
from reports.files import atomically, file_name
from reports.publish import publish
from revrec.engine import ENGINE_VERSION
from revrec.operations.statements import StatementReport, statement_data


def write_statement(report: StatementReport, folder: Path) -> list[Path]:
    """Write workbook, twins, manifest and the lines as JSON. It is a draft: nobody approves it."""
    made = report.statement
    cover = Cover(
        entity=report.entity.name or f"Entity {report.entity.id}",
        report=f"Statement {made.customer}",
        period=f"{made.first}..{made.last}",
        as_of=report.known_at,
        functional_currency=report.entity.functional_currency,
        run_id=f"U{made.version or 0}",
        engine_version=ENGINE_VERSION,
        facts_version=report.fact_seq,
        usage_version=made.version,
        prepared_by=report.prepared_by,
    )
    files = publish(folder, cover, report.datasets, report.tie_outs)
    told = folder / file_name(cover, "json")
    with atomically(told) as target:
        target.write_text(json.dumps(statement_data(made), indent=1), encoding="utf-8")
    manifest = write_manifest(folder, cover, files)
    return [*(folder / each.name for each in files), manifest, told]
