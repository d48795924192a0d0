"""Evidence for auditors as files: a workbook with its twins and a manifest."""

from __future__ import annotations

from pathlib import Path

from reports.cover import Cover
from reports.csv_twin import write_manifest
from reports.publish import publish
from revrec.operations.evidence import Evidence

MANIFEST = "evidence.manifest.json"


def write_evidence(gathered: Evidence, folder: Path) -> list[Path]:
    """Write workbook, twins and manifest. A draft: nobody approves a list of what is kept."""
    same = gathered.first == gathered.last
    cover = Cover(
        entity=gathered.entity.name or f"Entity {gathered.entity.id}",
        report="Evidence",
        period=str(gathered.last) if same else f"{gathered.first}..{gathered.last}",
        as_of=gathered.known_at,
        functional_currency=gathered.entity.functional_currency,
        run_id=gathered.chain_head[:12],
        engine_version=gathered.engine_version,
        facts_version=gathered.fact_seq,
        prepared_by=gathered.prepared_by,
        chain_head=gathered.chain_head,
    )
    files = publish(folder, cover, list(gathered.datasets.values()), ())
    manifest = write_manifest(folder, cover, files, MANIFEST)
    return [*(folder / each.name for each in files), manifest]
