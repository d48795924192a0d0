"""Memos on estimates as files: a workbook with its twins, and the pages as JSON."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

from reports.charts import Chart, ChartKind
from reports.cover import Cover
from reports.csv_twin import write_manifest
from reports.files import atomically, file_name
from reports.memo_pages import PAGES_MAX, write_page
from reports.publish import publish
from reports.totals import currencies
from revrec.operations.memos import Memos

_SCHEDULE = "variable_consideration"


def write_memos(memos: Memos, folder: Path) -> list[Path]:
    """Write workbook, twins, manifest, and the pages as one JSON document.

    Drawn by currency: what is included of the estimates, and what is held back, by kind of
    component. Each component has a sheet of its own, up to ``PAGES_MAX``. The report is a draft:
    each estimate has its own approval.
    """
    cover = _cover(memos)
    data = memos.datasets
    sheets = [each for each in data.values() if each.rows or each.name == _SCHEDULE]
    drawn = sorted(currency for currency in currencies(data[_SCHEDULE]) if currency)
    charts = [
        Chart(
            kind=ChartKind.BARS,
            title=f"{title} by component",
            sheet=_SCHEDULE,
            currency=currency,
            values=(value,),
            category="kind",
        )
        for currency in drawn
        for value, title in (("included", "Included"), ("excluded", "Held back"))
    ]
    pages = {each["component"]: partial(write_page, memo=each) for each in memos.pages[:PAGES_MAX]}
    files = publish(folder, cover, sheets, [], charts, free=pages)
    manifest = write_manifest(folder, cover, files)
    told = folder / file_name(cover, "memos.json")
    with atomically(told) as target:
        target.write_text(json.dumps(list(memos.pages), indent=1, sort_keys=True), encoding="utf-8")
    return [*(folder / each.name for each in files), manifest, told]


def _cover(memos: Memos) -> Cover:
    return Cover(
        entity=memos.entity.name or f"Entity {memos.entity.id}",
        report="Estimates",
        period=str(memos.period),
        as_of=memos.known_at,
        functional_currency=memos.entity.functional_currency,
        run_id=f"{memos.as_of:%Y%m%d}",
        engine_version=f"statistics {memos.model_version}",
        facts_version=memos.fact_seq,
        prepared_by=memos.prepared_by,
    )
