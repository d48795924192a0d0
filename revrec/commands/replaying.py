"""``revrec replay``: the books computed again from facts alone."""

from __future__ import annotations

import json
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from revrec.commands.shared import AsJson, err, out, say, workspace_of
from revrec.operations.replaying import Replayed, replay_backup
from revrec.operations.replaying import replay as replay_books
from revrec.runtime.logging import configure
from revrec.runtime.settings import Settings


def replay(
    backup: Annotated[
        Path | None, typer.Argument(help="A backup, restored to a home of its own; else the books.")
    ] = None,
    *,
    through: Annotated[str, typer.Option(help="Last period; all that are closed unless told.")] = (
        ""
    ),
    into: Annotated[
        Path | None, typer.Option(help="An empty folder that keeps the restored backup.")
    ] = None,
    digest: Annotated[str, typer.Option(help="What `backup` printed, if it was kept.")] = "",
    as_json: AsJson = False,
) -> None:
    """Compute every close again from its facts alone and compare journal and detail to the byte.

    With a backup nothing but its folder is needed, on any machine.
    """
    if backup is None:
        with workspace_of() as workspace, err.status("Replaying ..."):
            last = workspace.calendar().parse(through) if through else None
            found = {workspace.entity: replay_books(workspace, last)}
    else:
        settings = Settings()
        configure(settings.log_level)
        with ExitStack() as stack, err.status("Restoring and replaying ..."):
            home = into or Path(
                stack.enter_context(tempfile.TemporaryDirectory(prefix="revrec-replay-"))
            )
            found = replay_backup(settings, backup, home, digest=digest, through=through)
    if as_json:
        out.print_json(json.dumps({str(entity): _told(each) for entity, each in found.items()}))
        return
    for entity, each in found.items():
        for close in each.closes:
            out.print(
                f"[green]ok[/] entity {entity}: {close.period} close {close.ordinal}: "
                f"{close.postings:,} postings, {close.entries:,} entries, head "
                f"{close.chain_head[:16]}",
                highlight=False,
            )
        say(f"entity {entity}: journal sha256 {each.journal_sha256}, equal to what is kept")
        for book, sha256 in each.detail_sha256.items():
            say(f"entity {entity}: detail {book or 'of the first book'} sha256 {sha256}, equal")


def _told(replayed: Replayed) -> dict[str, object]:
    return {
        "closes": [
            {
                "period": str(each.period),
                "close": each.ordinal,
                "postings": each.postings,
                "entries": each.entries,
                "chain_seq": each.chain_seq,
                "chain_head": each.chain_head,
            }
            for each in replayed.closes
        ],
        "journal_sha256": replayed.journal_sha256,
        "detail_sha256": dict(replayed.detail_sha256),
    }
