"""``revrec sample``: audit samples, drawn, looked at, evaluated."""

# ruff: noqa: FBT002 - options are read from their defaults

from __future__ import annotations

import csv
import json
import secrets
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from revrec.commands.shared import (
    DEFAULT_ACTOR,
    Actor,
    AsJson,
    OfBook,
    err,
    out,
    running,
    say,
    workspace_of,
)
from revrec.errors import FeedError
from revrec.model.policy import Account
from revrec.model.sample import SampleMethod, SampleUnit, Target
from revrec.money import as_text
from revrec.operations import sampled, sampling
from revrec.operations.sampled import Drawn, Told, told_of
from revrec.operations.sampling import ZEROS, Wish
from revrec.sampling.monetary import Planning

app = typer.Typer(help="Audit samples.", no_args_is_help=True, callback=running)
Named = Annotated[str, typer.Argument(help="The sample's id.")]
_YES = frozenset({"true", "yes", "1"})
_NO = frozenset({"", "false", "no", "0"})


@app.command()
def draw(  # noqa: PLR0917 - parameters of a sample, each with its default
    method: Annotated[SampleMethod, typer.Option(help="How it is drawn.")],
    account: Annotated[Account, typer.Option(help="Of which account.")] = Account.REVENUE,
    unit: Annotated[
        SampleUnit | None, typer.Option(help="What an item is; a posting unless told.")
    ] = None,
    first: Annotated[str, typer.Option("--from", help="First period; the last unless told.")] = "",
    last: Annotated[str, typer.Option("--to", help="A closed period; the last unless told.")] = "",
    currency: Annotated[str, typer.Option(help="Where the account has several.")] = "",
    confidence: Annotated[str, typer.Option(help="Such as 95% or 90%.")] = "95%",
    tolerable: Annotated[
        str | None, typer.Option(help="Misstatement you tolerate; of a control a percentage.")
    ] = None,
    expected: Annotated[str, typer.Option(help="What you expect of it.")] = "0",
    planning: Annotated[Planning, typer.Option(help="How what is expected counts.")] = (
        Planning.RATIO
    ),
    zeros: Annotated[int, typer.Option(min=0, help="Items without an amount.")] = ZEROS,
    size: Annotated[int | None, typer.Option(min=1, help="Items, where not computed.")] = None,
    bound: Annotated[list[str] | None, typer.Option(help="Bound of strata; repeatable.")] = None,
    target: Annotated[list[Target] | None, typer.Option(help="Repeatable.")] = None,
    top: Annotated[int, typer.Option(min=1, help="How many of the largest are chosen.")] = 25,
    operation: Annotated[str, typer.Option(help="The control, in the audit log.")] = "",
    seed: Annotated[int | None, typer.Option(min=0, help="Drawn for you unless told.")] = None,
    book: OfBook = None,
    as_json: AsJson = False,
    actor: Actor = DEFAULT_ACTOR,
) -> None:
    """Draw a sample of closed periods and record it; the same again gives the same one."""
    of_events = method is SampleMethod.ATTRIBUTE
    with workspace_of(actor) as workspace, err.status("Drawing ..."):
        calendar = workspace.calendar()
        wish = Wish(
            method=method,
            seed=secrets.randbits(63) if seed is None else seed,
            unit=unit or (SampleUnit.EVENT if of_events else SampleUnit.POSTING),
            account=account,
            first=calendar.parse(first) if first else None,
            last=calendar.parse(last) if last else None,
            currency=currency,
            framework=book,
            confidence=Fraction(_number(confidence.removesuffix("%"))) / 100,
            tolerable=None if tolerable is None else _number(tolerable.removesuffix("%")),
            expected=_number(expected.removesuffix("%")),
            planning=planning,
            zeros=zeros,
            size=size,
            bounds=[_number(each) for each in bound or ()],
            targets=target or (),
            top=top,
            operation=operation,
        )
        drawn = workspace.run(lambda tx: sampling.draw(tx, workspace.lake, wish))
    _show(Drawn(sample=drawn), as_json=as_json)


@app.command()
def results(  # noqa: PLR0917 - what was found of an item
    sample: Named,
    file: Annotated[
        Path | None,
        typer.Argument(help="CSV: item, audited (empty: as recorded), deviates, note."),
    ] = None,
    item: Annotated[list[str] | None, typer.Option(help="One item; repeatable.")] = None,
    audited: Annotated[str | None, typer.Option(help="What it should have been.")] = None,
    deviates: Annotated[
        bool, typer.Option("--deviates", help="It is not as it should be.")
    ] = False,
    note: Annotated[str, typer.Option(help="What was found.")] = "",
    rest: Annotated[
        bool, typer.Option("--rest", help="Every item without a result is as recorded.")
    ] = False,
    actor: Actor = DEFAULT_ACTOR,
) -> None:
    """Record what was found of items; the last word on each counts."""
    told = [
        Told(
            item=each,
            audited=None if audited is None else _number(audited),
            deviates=deviates,
            note=note,
        )
        for each in item or ()
    ]
    told += _rows(file) if file is not None else []
    with workspace_of(actor) as workspace:
        found = workspace.run(lambda tx: sampled.record_results(tx, sample, told))
        if rest:
            open_ = [each for each in found.sample.items if each.number not in found.results]
            others = [Told(item=each.item) for each in open_]
            found = workspace.run(lambda tx: sampled.record_results(tx, sample, others))
    say(f"{len(found.results):,} of {len(found.sample.items):,} items have a result.")


@app.command()
def evaluate(sample: Named, as_json: AsJson = False, actor: Actor = DEFAULT_ACTOR) -> None:
    """Evaluate a sample by its results. Ends with 1 unless it supports what is recorded."""
    with workspace_of(actor) as workspace:
        found = workspace.run(lambda tx: sampled.evaluating(tx, sample))
    made = found.evaluations[-1]
    if as_json:
        out.print_json(json.dumps(told_of(found)["evaluations"][-1]))
    else:
        table = Table("figure", "")
        for name, figure in made.figures.items():
            table.add_row(name.replace("_", " "), figure)
        out.print(table)
    say(made.conclusion)
    if made.supported is False:
        raise typer.Exit(1)


@app.command()
def pack(
    sample: Named,
    folder: Annotated[Path, typer.Option("--out", help="Folder for the files.")] = Path("out"),
    actor: Actor = DEFAULT_ACTOR,
) -> None:
    """Write the evidence for a sample: workbook, population, a document a contract, JSON."""
    from reports.sample_pack import write_sample_pack
    from revrec.operations.sample_packs import sample_pack

    with workspace_of(actor) as workspace, err.status("Gathering evidence ..."):
        gathered = sample_pack(workspace, sample)
        files = write_sample_pack(gathered, folder)
    for file in files:
        out.print(str(file), highlight=False, soft_wrap=True)
    for contract, why in gathered.refused.items():
        say(f"{contract} is not explained: {why}")
    if gathered.population_sha256 != gathered.drawn.sample.population.sha256:
        say("Something was posted to the sample's periods since it was drawn.")


@app.command("list")
def list_samples(as_json: AsJson = False) -> None:
    """List samples with their population, how far they are and what they say."""
    with workspace_of() as workspace:
        found = workspace.run(sampled.listed, read_only=True)
    if as_json:
        out.print_json(json.dumps([told_of(each) for each in found]))
        return
    table = Table("sample", "method", "drawn", "by", "items", "results", "supports")
    for each in found:
        said = each.evaluations[-1].supported if each.evaluations else None
        table.add_row(
            each.sample.id,
            each.sample.method.value,
            f"{each.sample.drawn_at:%Y-%m-%d}",
            each.sample.drawn_by,
            f"{len(each.sample.items):,}",
            f"{len(each.results):,}",
            {True: "yes", False: "no", None: ""}[said],
        )
    out.print(table)


@app.command()
def show(sample: Named, as_json: AsJson = False) -> None:
    """Show a sample: what it was drawn from, how, its items and what was found of them."""
    with workspace_of() as workspace:
        found = workspace.run(lambda tx: sampled.found_as(tx, sample), read_only=True)
    _show(found, as_json=as_json)


def _show(found: Drawn, *, as_json: bool) -> None:
    if as_json:
        out.print_json(json.dumps(told_of(found)))
        return
    sample, population = found.sample, found.sample.population
    table = Table("no", "item", "contract", "why", "recorded", "audited", "note")
    for each in sample.items:
        result = found.results.get(each.number)
        audited = None if result is None else result.audited
        table.add_row(
            str(each.number),
            each.item,
            each.detail.get("contract", each.detail.get("subject", "")),
            each.stratum,
            _amount(each.amount, population.currency),
            "" if audited is None else _amount(audited, population.currency),
            "" if result is None else result.note,
        )
    out.print(table)
    say(f"{sample.id}: {sample.method.value}, seed {sample.seed}, {len(sample.items):,} items.")
    say(f"  population: {population.query}")
    if population.currency:
        say(
            f"  {population.count:,} items, {as_text(population.total, population.currency)}; the "
            f"journal has {as_text(population.ledger_total, population.currency)} (difference "
            f"{as_text(population.total - population.ledger_total, population.currency)})"
        )
    else:
        say(f"  {population.count:,} items")
    say(f"  sha256 {population.sha256}")
    for name, value in sample.parameters.items():
        say(f"  {name.replace('_', ' ')}: {value}")


def _amount(amount: int, currency: str) -> str:
    return as_text(amount, currency) if currency else ""


def _rows(path: Path) -> list[Told]:
    """Results of a CSV file. Raises FeedError for a column or value that is none."""
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        unknown = set(reader.fieldnames or ()) - {"item", "audited", "deviates", "note"}
        if unknown or "item" not in (reader.fieldnames or ()):
            raise FeedError(
                f"{path} does not have the columns of results.",
                remedy="Columns are item, audited, deviates and note; only item has to be there.",
            )
        return [_told(row, f"{path}, row {number}") for number, row in enumerate(reader, start=2)]


def _told(row: dict[str, str], place: str) -> Told:
    deviates = (row.get("deviates") or "").strip().lower()
    if deviates not in _YES | _NO:
        raise FeedError(f"{place}: deviates is {deviates!r}.", remedy="Write yes or no.")
    audited = (row.get("audited") or "").strip()
    return Told(
        item=row["item"],
        audited=_number(audited, place) if audited else None,
        deviates=deviates in _YES,
        note=row.get("note") or "",
    )


def _number(text: str, place: str = "") -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        where = f"{place}: " if place else ""
        raise FeedError(f"{where}{text!r} is not a number.", remedy="Write it as 1200.50.")
    return number
