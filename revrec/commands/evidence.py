"""``revrec evidence``: what auditors ask for, in one go."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from revrec.commands.shared import DEFAULT_ACTOR, Actor, err, out, say, workspace_of


def evidence(
    last: Annotated[str, typer.Argument(metavar="PERIOD", help="Last period.")],
    first: Annotated[str, typer.Option("--from", help="First period; the same unless told.")] = "",
    cases: Annotated[
        list[Path] | None, typer.Option(help="Scenarios to run as control tests; repeatable.")
    ] = None,
    folder: Annotated[Path, typer.Option("--out", help="Folder for the files.")] = Path("out"),
    *,
    actor: Actor = DEFAULT_ACTOR,
) -> None:
    """Write the auditors' request list with what answers it, and a card for each list.

    Ends with 1 if a control test misses, rows of an interface are left over, or conflicting
    duties are not answered for.
    """
    from reports.evidence import write_evidence
    from revrec.feeds.scenario import read_scenario
    from revrec.operations.evidence import evidence as gather

    files = [file for path in cases or () for file in _files(path)]
    scenarios = [read_scenario(file) for file in files]
    with workspace_of(actor) as workspace, err.status("Gathering evidence ..."):
        calendar = workspace.calendar()
        period = calendar.parse(last)
        begins = calendar.parse(first) if first else period
        gathered = gather(workspace, begins, period, scenarios)
        written = write_evidence(gathered, folder)
    for file in written:
        out.print(str(file), highlight=False, soft_wrap=True)
    failed = False
    for name, column, what in (
        ("control_tests", 3, "control tests miss"),
        ("interface_completeness", 8, "batches have rows left over"),
    ):
        rows = gathered.datasets[name].rows if name in gathered.datasets else ()
        off = sum(row[column] != "0" for row in rows)
        say(f"{len(rows):,} of {name.replace('_', ' ')}, {off:,} {what}")
        failed |= bool(off)
    open_ = [row for row in gathered.datasets["separation_of_duties"].rows if not row[3]]
    say(f"{len(open_):,} conflicts of duties are not answered for")
    if failed or open_:
        raise typer.Exit(1)


def _files(path: Path) -> list[Path]:
    return sorted(path.rglob("*.yaml")) if path.is_dir() else [path]
