"""``revrec backup`` and ``restore``: both stores together."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from revrec.commands.shared import err, out
from revrec.operations.backing_up import back_up
from revrec.operations.backing_up import restore as restore_backup
from revrec.runtime.logging import configure
from revrec.runtime.settings import Settings

Folder = Annotated[Path, typer.Argument(help="Folder of the backup.")]


def backup(folder: Folder) -> None:
    """Write a backup of database and lake into a new folder, also while a close runs."""
    settings = Settings()
    configure(settings.log_level)
    with err.status("Backing up ..."):
        made = back_up(settings, folder)
    rows = sum(each.rows for each in made.tables)
    err.print(f"{len(made.tables):,} tables, {rows:,} rows; {len(made.files):,} files")
    out.print(made.digest, highlight=False)


def restore(
    folder: Folder,
    *,
    digest: Annotated[str, typer.Option(help="What `backup` printed, if it was kept.")] = "",
) -> None:
    """Restore a backup to an empty home, or an empty database and lake, and verify the books."""
    settings = Settings()
    configure(settings.log_level)
    with err.status("Restoring and verifying ..."):
        done = restore_backup(settings, folder, digest=digest)
    for entity, lines in done.verified.items():
        for line in lines:
            out.print(f"[green]ok[/] entity {entity}: {line}", highlight=False)
