"""Commands that verify, and that run scenarios."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import typer

from revrec.commands.shared import err, out, progress_of, say, workspace_of
from revrec.errors import FeedError, RevrecError
from revrec.operations.verify import verify as verify_books


def check(paths: list[Path]) -> None:
    """Run scenarios and print what differs; folders are searched for YAML files."""
    from revrec.audit.check import check as check_scenario
    from revrec.feeds.scenario import read_scenario

    files = sorted({file for path in paths for file in _scenarios(path)})
    if not files:
        raise FeedError(
            f"No scenario in {', '.join(map(str, paths))}.", remedy="Name a .yaml file or a folder."
        )
    failed = held = 0
    with progress_of("scenarios", len(files)) as progress:
        for file in files:
            try:
                outcomes = check_scenario(read_scenario(file))
            except RevrecError as error:
                failed += 1
                say(f"{file}: {error}" + (f" (field {error.field})" if error.field else ""))
                continue
            finally:
                progress.advance(progress.task_ids[0])
            held += sum(each.holds for each in outcomes)
            for each in (each for each in outcomes if not each.holds):
                failed += 1
                wanted = each.expectation
                when = f"as of {wanted.as_of}" if wanted.as_of else f"in {wanted.period}"
                where = " ".join(filter(None, (wanted.contract, wanted.obligation)))
                out.print(
                    f"{file}: {wanted.measure} {where} {when}: expected {wanted.amount}, came out "
                    f"{each.actual} ({each.actual - wanted.amount:+})",
                    highlight=False,
                )
    out.print(f"{len(files):,} scenarios: {held:,} expectations hold, {failed:,} do not.")
    if failed:
        raise typer.Exit(1)


def print_schema() -> None:
    """Print the JSON Schema of the scenario format."""
    from revrec.feeds.scenario import schema

    out.print_json(json.dumps(schema()))


def verify() -> None:
    """Verify chain, files, journal and invariants; rebuild the last close from its facts."""
    with workspace_of() as workspace, err.status("Verifying ..."):
        found = verify_books(workspace)
    for line in found:
        out.print(f"[green]ok[/] {line}", highlight=False)


def _scenarios(path: Path) -> Iterator[Path]:
    if path.is_dir():
        yield from path.rglob("*.yaml")
    else:
        yield path
