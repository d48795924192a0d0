"""The lake: its files."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer
from rich.table import Table

from revrec.commands.shared import DEFAULT_ACTOR, Actor, AsJson, err, out, workspace_of
from revrec.operations.compacting import compact as compact_lake


# ruff: noqa: FBT002 - options are read from their defaults
def compact(
    tables: Annotated[
        list[str] | None, typer.Argument(help="Tables of the lake; all if left out.")
    ] = None,
    actor: Actor = DEFAULT_ACTOR,
    as_json: AsJson = False,
) -> None:
    """Join the many small files of each day; no row, total or pinned version changes."""
    with workspace_of(actor) as workspace, err.status("Compacting ..."):
        done = compact_lake(workspace, tables or ())
    if as_json:
        out.print_json(json.dumps([asdict(each) for each in done]))
        return
    table = Table("table", "version", "files before", "files after", "rows written anew")
    for each in done:
        counts = (each.version, each.files_before, each.files_after, each.rows)
        table.add_row(each.table, *(f"{count:,}" for count in counts))
    out.print(table)
    err.print(f"{len(done):,} tables had small files.")
