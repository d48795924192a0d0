"""What commands share: the stores, the terminal, and options that mean the same everywhere."""

from __future__ import annotations

import os
import pwd
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn

from revrec.commands.rights import NEEDS, command_of
from revrec.model.books import Framework
from revrec.operations.people import NAMELESS, Proof, admitted
from revrec.operations.workspace import Workspace, open_workspace
from revrec.runtime.logging import configure
from revrec.runtime.settings import Settings

err = Console(stderr=True)
out = Console(width=None if sys.stdout.isatty() else 140)

Actor = Annotated[
    str,
    typer.Option(
        "--as", help="Who acts; once people are enrolled, their login or REVREC_KEY proves it."
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print data as JSON.")]
OfBook = Annotated[
    Framework | None,
    typer.Option("--book", help="The book under this framework; the first if left out."),
]
_running: ContextVar[str] = ContextVar("running", default="")
DEFAULT_ACTOR = ""
"""Whoever is proven to act."""


def running(ctx: typer.Context) -> None:
    """Note which command is going to run: the callback of the program and of its groups."""
    _running.set(command_of(f"{ctx.command_path} {ctx.invoked_subcommand or ''}".strip()))


@contextmanager
def workspace_of(actor: str = DEFAULT_ACTOR, *others: str) -> Iterator[Workspace]:
    """The stores the settings name, opened for whoever acts, if they may run this command.

    ``actor`` is who acts by the command line, ``others`` who may act instead: of a command that
    two people stand behind, either runs it. Raises Unauthorised, Forbidden.
    """
    settings = Settings()
    configure(settings.log_level)
    migrate = settings.database_url is None
    with open_workspace(settings, actor=actor or NAMELESS, migrate=migrate) as opened:
        command = _running.get()
        proof = Proof(
            login=pwd.getpwuid(os.getuid()).pw_name,
            key=None if settings.key is None else settings.key.get_secret_value(),
        )
        claimed = tuple(filter(None, (actor, *others)))
        yield admitted(
            opened, proof, claimed, duties=NEEDS.get(command, frozenset()), operation=command
        )


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
