"""Commands that explain: the same answer as text, as JSON, and as a workbook of live formulas."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from revrec.audit.explanation import Subject
from revrec.audit.telling import explanation_data, lines_of
from revrec.commands.commitments import KnownAt
from revrec.commands.shared import AsJson, OfBook, out, running, say, workspace_of
from revrec.operations.explanations import Asked, told

app = typer.Typer(
    help="Follow what the books hold to facts and paragraphs.",
    no_args_is_help=True,
    callback=running,
)
_Day = Annotated[
    datetime, typer.Option("--as-of", formats=["%Y-%m-%d"], help="Such as 2026-03-31.")
]
_Folder = Annotated[
    Path | None, typer.Option("--out", help="Folder for a workbook of live formulas and its twins.")
]


@app.command()
def posting(
    key: Annotated[str, typer.Argument(help="Row key of the journal detail.")],
    book: OfBook = None,
    folder: _Folder = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Explain a posting as its close knew it: facts, decisions, every step of the arithmetic."""
    _tell(Asked(subject=Subject.POSTING, name=key, framework=book), folder, as_json=as_json)


def _on_a_day(subject: Subject) -> Callable[..., None]:
    """The command for what is explained on a day, as known at a moment."""

    def command(
        name: Annotated[
            str, typer.Argument(help="CONTRACT; of an obligation CONTRACT/OBLIGATION.")
        ],
        as_of: _Day,
        book: OfBook = None,
        known_at: KnownAt = None,
        folder: _Folder = None,
        *,
        as_json: AsJson = False,
    ) -> None:
        asked = Asked(
            subject=subject, name=name, day=as_of.date(), framework=book, known_at=known_at
        )
        _tell(asked, folder, as_json=as_json)

    return command


app.command(
    "contract", help="Explain a contract on a day: facts, five steps, what it earned, its balances."
)(_on_a_day(Subject.CONTRACT))
app.command("obligation", help="Explain a performance obligation on a day.")(
    _on_a_day(Subject.OBLIGATION)
)


@app.command()
def fact(
    fact: Annotated[
        str,
        typer.Argument(
            help="SHA-256 or its beginning; 'invoice INV-1', its second line 'invoice INV-1#2'; "
            "'usage CONTRACT/METER/DAY'."
        ),
    ],
    book: OfBook = None,
    folder: _Folder = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Show every posting that a fact touched, and what it gave of each."""
    _tell(Asked(subject=Subject.FACT, name=fact, framework=book), folder, as_json=as_json)


@app.command()
def period(
    period: str, book: OfBook = None, folder: _Folder = None, *, as_json: AsJson = False
) -> None:
    """Explain a closed period: each account from its opening to its closing, by kind of posting."""
    _tell(Asked(subject=Subject.PERIOD, name=period, framework=book), folder, as_json=as_json)


@app.command()
def line(
    line: Annotated[
        str,
        typer.Argument(
            help="'PERIOD/SHEET ROW_KEY', such as '2026-03/contract_position C-1'; "
            "'FIRST..LAST/SHEET ROW_KEY' where the report is of several periods."
        ),
    ],
    book: OfBook = None,
    folder: _Folder = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Explain a row of any sheet of a report of closed periods."""
    _tell(Asked(subject=Subject.LINE, name=line, framework=book), folder, as_json=as_json)


def changes(
    earlier: Annotated[str, typer.Option("--from", help="Such as 2026-02-01T09:00:00Z.")],
    later: Annotated[str, typer.Option("--to", help="Now if left out.")] = "",
    within: Annotated[
        str | None, typer.Option("--period", help="What it does to it; that of the later moment.")
    ] = None,
    book: OfBook = None,
    folder: _Folder = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Show what became known between two moments, what it does to the books, and why."""
    with workspace_of() as workspace:
        day = workspace.calendar().parse(within).last if within else None
    asked = Asked(subject=Subject.CHANGES, name=f"{earlier}..{later}", day=day, framework=book)
    _tell(asked, folder, as_json=as_json)


def _tell(asked: Asked, folder: Path | None, *, as_json: bool) -> None:
    """Print an explanation, or write it; 1 if its arithmetic does not give what is posted."""
    with workspace_of() as workspace:
        found = told(workspace, asked)
    explanation = found.explanation
    if folder is not None:
        from reports.explanation import write_explanation

        for file in write_explanation(found, folder):
            out.print(str(file), highlight=False, soft_wrap=True)
    elif as_json:
        out.print_json(json.dumps(explanation_data(explanation)))
    else:
        for line in lines_of(explanation):
            out.print(line, highlight=False, markup=False, soft_wrap=True)
    if not explanation.holds:
        say("The arithmetic does not give what is posted; see the differences.")
        raise typer.Exit(1)
