"""A parallel run as files: a workbook with its twins."""

from __future__ import annotations

from pathlib import Path

from reports.cover import Cover
from reports.csv_twin import write_manifest
from reports.publish import publish
from revrec.engine import ENGINE_VERSION
from revrec.operations.parallel import ParallelRun


def write_parallel_run(run: ParallelRun, folder: Path) -> list[Path]:
    """Write workbook, twins and manifest. A draft: nobody approves a comparison."""
    cover = Cover(
        entity=run.entity.name or f"Entity {run.entity.id}",
        report="Parallel run",
        period=str(run.last) if run.first == run.last else f"{run.first}..{run.last}",
        as_of=run.known_at,
        functional_currency=run.entity.functional_currency,
        run_id=str(run.last),
        engine_version=ENGINE_VERSION,
        facts_version=run.fact_seq,
        prepared_by=run.prepared_by,
    )
    files = publish(folder, cover, run.datasets, ())
    return [*(folder / each.name for each in files), write_manifest(folder, cover, files)]
