"""``revrec export-journal``, ``exports``, ``posted-references``: to general ledgers and back."""

# ruff: noqa: FBT002 - options are read from their defaults

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.table import Table

from revrec.commands.shared import DEFAULT_ACTOR, Actor, AsJson, OfBook, err, out, say, workspace_of
from revrec.errors import FeedError, StoreError
from revrec.general_ledger.documents import Grain
from revrec.general_ledger.layouts import NAMES
from revrec.general_ledger.references import Matched, Standing
from revrec.money import as_text
from revrec.operations import exporting, references
from revrec.operations.exporting import Wish
from revrec.store import exports as recorded


def export_journal(
    period: str,
    *,
    layout: Annotated[str, typer.Option(help=f"One of {', '.join(NAMES)}.")] = "csv",
    detail: Annotated[bool, typer.Option("--detail", help="A line for each posting.")] = False,
    by: Annotated[
        Literal["account", "product"], typer.Option(help="What sums are by, without --detail.")
    ] = "product",
    flash: Annotated[
        bool, typer.Option("--flash", help="What closing the period now would post.")
    ] = False,
    told: Annotated[
        list[str] | None,
        typer.Option("--set", help="What the layout needs, as company_code=1000."),
    ] = None,
    book: OfBook = None,
    folder: Annotated[Path, typer.Option("--out", help="Folder for the files.")] = Path("out"),
    actor: Actor = DEFAULT_ACTOR,
) -> None:
    """Write the journal of a closed period for a general ledger; again gives the same files."""
    pairs = _pairs(told or [])
    with workspace_of(actor) as workspace:
        wish = Wish(
            period=workspace.calendar().parse(period),
            layout=layout,
            grain=Grain.POSTING if detail else Grain(by),
            told=pairs,
            framework=book,
            flash=flash,
        )
        exported = exporting.export_journal(workspace, wish)
    for file in exported.files:
        path = folder / file.name
        try:
            folder.mkdir(parents=True, exist_ok=True)
            path.write_bytes(file.content)
        except OSError as error:
            raise StoreError(
                f"{path} cannot be written: {error.strerror}.",
                remedy="Make the folder writable, then export again: the files are the same.",
            ) from error
        out.print(str(path), highlight=False, soft_wrap=True)
        err.print(f"{file.name}: {len(file.documents):,} documents, {file.lines:,} lines")


def exports(
    period: Annotated[str | None, typer.Option(help="Of this period only.")] = None,
    documents: Annotated[
        bool, typer.Option("--documents", help="What became of each document.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """List exports to general ledgers, or what became of their documents."""
    with workspace_of() as workspace:
        chosen = None if period is None else str(workspace.calendar().parse(period))
        if documents:
            found = workspace.run(references.standings, read_only=True)
            _show_standings((each for each in found if chosen in {None, each.period}), as_json)
            return
        listed = workspace.run(lambda tx: recorded.exports(tx, period=chosen), read_only=True)
    if as_json:
        out.print_json(json.dumps([asdict(each) for each in listed], default=str))
        return
    table = Table(
        "export", "period", "close", "book", "layout", "by", "files", "digest", "at", "who"
    )
    for each in listed:
        close = str(each.ordinal) if each.ordinal else "flash"
        words = [str(each.id), each.period, close, each.book or "first", each.layout, each.grain]
        table.add_row(
            *words,
            str(len(each.files)),
            each.digest[:12],
            str(each.exported_at)[:19],
            each.exported_by,
        )
    out.print(table)


def posted_references(file: Path, as_json: AsJson = False, actor: Actor = DEFAULT_ACTOR) -> None:
    """Take back what a general ledger posted, from CSV or JSON, and match it with the exports."""
    try:
        content = file.read_bytes()
    except OSError as error:
        raise FeedError(
            f"{file} cannot be read: {error.strerror}.", remedy="Name a CSV or JSON file."
        ) from error
    with workspace_of(actor) as workspace:
        taken = references.take_references(workspace, content, file.name)
    counts = taken.recorded
    err.print(
        f"{counts.new:,} new, {counts.corrected:,} corrected, {counts.unchanged:,} unchanged, "
        f"{len(taken.refused):,} refused"
    )
    for each in taken.refused:
        say(f"  refused: {each}")
    _show_standings(taken.matched, as_json)
    if taken.refused or any(
        each.standing in {Standing.DIFFERING, Standing.UNKNOWN} for each in taken.matched
    ):
        raise typer.Exit(1)


def _show_standings(found: Iterable[Matched], as_json: bool) -> None:  # noqa: FBT001 - passed on
    if as_json:
        out.print_json(json.dumps([asdict(each) for each in found]))
        return
    table = Table("document", "standing", "period", "exported", "posted", "number", "why")
    for each in found:
        exported = "" if each.exported is None else as_text(each.exported, each.currency)
        posted = "" if each.posted is None else as_text(each.posted, each.posted_currency)
        words = [each.document, each.standing.value, each.period, exported, posted]
        table.add_row(*words, each.number, each.why)
    out.print(table)


def _pairs(told: list[str]) -> dict[str, str]:
    strange = [each for each in told if "=" not in each]
    if strange:
        raise FeedError(
            f"--set {strange[0]} has no value.", remedy="Write it as --set company_code=1000."
        )
    return {name: value for name, _, value in (each.partition("=") for each in told)}
