"""What commands share: the stores, the terminal, and options that mean the same everywhere."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn

from revrec.operations.workspace import Workspace, open_workspace
from revrec.runtime.logging import configure
from revrec.runtime.settings import Settings

err = Console(stderr=True)
out = Console(width=None if sys.stdout.isatty() else 140)

Actor = Annotated[str, typer.Option("--as", help="Who acts; kept with everything that is written.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print data as JSON.")]
DEFAULT_ACTOR = "accounting"


@contextmanager
def workspace_of(actor: str = DEFAULT_ACTOR) -> Iterator[Workspace]:
    """The stores the settings name, opened for the actor."""
    settings = Settings()
    configure(settings.log_level)
    with open_workspace(settings, actor=actor, migrate=settings.database_url is None) as opened:
        yield opened


@contextmanager
def progress_of(what: str, total: int | None) -> Iterator[Progress]:
    """A bar on the terminal while something is worked through."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
    )
    with Progress(*columns, console=err, transient=True) as progress:
        progress.add_task(what, total=total)
        yield progress


def say(line: str) -> None:
    """Words for people, as they are."""
    err.print(line, highlight=False, markup=False, soft_wrap=True)


def show_rows(progress: Progress, rows: int) -> None:
    """Tell the bar how many rows are done."""
    progress.update(progress.task_ids[0], completed=rows)
