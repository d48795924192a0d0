"""Errors of earlier periods: measured, and what becomes of them."""

# ruff: noqa: FBT002 - options are read from their defaults

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from revrec.commands.shared import DEFAULT_ACTOR, Actor, AsJson, out, say, workspace_of
from revrec.model.misstatement import ErrorTreatment, QualitativeFactor
from revrec.operations import misstating
from revrec.operations.misstating import percent

Factors = Annotated[
    list[QualitativeFactor] | None,
    typer.Option("--factor", help="What makes errors material whatever their size; repeatable."),
]


def misstatements(
    factor: Factors = None,
    folder: Annotated[
        Path | None, typer.Option("--out", help="Also write the worksheet as a workbook there.")
    ] = None,
    as_json: AsJson = False,
    actor: Actor = DEFAULT_ACTOR,
) -> None:
    """Measure errors of earlier periods by rollover and iron curtain (250-10-S99-1)."""
    with workspace_of(actor) as workspace:
        assessed = misstating.misstatements(workspace, factor or [])
    made = assessed.worksheet
    if as_json:
        out.print_json(json.dumps(misstating.told_of(made)))
    else:
        table = Table("year to", "measure", "rollover", "iron curtain", "statements", "", "")
        for each in made.effects:
            amounts = (each.rollover, each.iron_curtain, each.benchmark)
            share = percent(max(each.shares))
            against = f"{share} against {percent(each.threshold)}"
            verdict = "material" if each.material else "below"
            table.add_row(
                str(each.year_end), each.measure, *(f"{a:,f}" for a in amounts), against, verdict
            )
        out.print(table)
    say(f"{made.conclusion} Proposed: {made.proposed.value}.")
    if folder is not None:
        from reports.misstatements import write_worksheet

        for file in write_worksheet(assessed, folder):
            say(str(file))


def assess(
    period: Annotated[str, typer.Argument(help="The period whose errors are judged.")],
    treatment: Annotated[ErrorTreatment, typer.Option(help="What becomes of them.")],
    rationale: Annotated[str, typer.Option(help="Why.")],
    factor: Factors = None,
    actor: Actor = DEFAULT_ACTOR,
) -> None:
    """Propose what becomes of errors of a period; another person decides (`revrec decide`)."""
    with workspace_of(actor) as workspace:
        asked = workspace.calendar().parse(period)
        made = workspace.run(
            lambda tx: misstating.assessing(
                tx,
                asked,
                treatment=treatment,
                factors=factor or [],
                rationale=rationale,
            )
        )
    say(f"{made.reason} Proposal {made.id} waits for another person than {made.prepared_by}.")
