"""The routes that lead into the usage ledger: totals, rows, and its roll-up."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from fastapi import Depends, Query, Response
from pydantic import AwareDatetime, StringConstraints

from api import drilling_schemas as schemas
from api.access import Books, Key, keyed
from api.routing import EVERY, WRITES, answer, refusals, router
from revrec.operations import drilling
from revrec.operations.answering import once
from revrec.operations.statements import customer_statement
from revrec.usage import rollup
from revrec.usage.drilling import Span

_Name = Annotated[str | None, Query(max_length=200)]
_Label = Annotated[str, StringConstraints(pattern=r"^[^=]{1,100}=.{0,1000}$")]


def _span(
    *,
    first: Annotated[date | None, Query(alias="from", examples=["2026-01-01"])] = None,
    last: Annotated[date | None, Query(alias="to", examples=["2026-01-31"])] = None,
    customer: _Name = None,
    contract: _Name = None,
    meter: _Name = None,
    source: _Name = None,
    label: Annotated[
        list[str],
        Query(max_length=20, description="Labels, as `region=eu`.", examples=[["region=eu"]]),
    ] = [],  # noqa: B006 - the framework copies it
    version: Annotated[
        int | None, Query(ge=0, le=2**53, description="As of this version of the usage ledger.")
    ] = None,
    known_at: Annotated[AwareDatetime | None, Query(description="As it was known then.")] = None,
) -> Span:
    labels = dict(each.partition("=")[::2] for each in label)
    known: datetime | None = known_at
    return Span(
        first=first,
        last=last,
        customer=customer,
        contract=contract,
        meter=meter,
        source=source,
        labels=labels,
        version=version,
        known_at=known,
    )


Asked = Annotated[Span, Depends(_span)]


@router.get(
    "/usage/totals",
    tags=["usage"],
    operation_id="total_usage",
    summary="Total usage",
    responses=refusals(*EVERY, "feed-error", "not-found"),
)
def total_usage(
    books: Books,
    span: Asked,
    by: Annotated[
        list[str],
        Query(
            max_length=10,
            description="customer, contract, meter, source, month, day or label:NAME.",
            examples=[["contract", "month"]],
        ),
    ] = ["contract", "month"],  # noqa: B006 - the framework copies it
) -> schemas.UsageTotals:
    """Totals of the usage ledger by any grains, each of one unit and one currency."""
    return schemas.UsageTotals.of(drilling.usage_totals(books, by, span))


@router.get(
    "/usage/rows",
    tags=["usage"],
    operation_id="list_usage",
    summary="List rows of usage",
    responses=refusals(*EVERY, "not-found"),
)
def list_usage(
    books: Books,
    span: Asked,
    after: Annotated[int, Query(ge=0, lt=2**31, description="Rows to pass over first.")] = 0,
    limit: Annotated[int, Query(ge=1, le=10_000)] = 100,
) -> schemas.UsageRows:
    """The rows that totals sum, by day, source and id."""
    return schemas.UsageRows.of(drilling.usage_rows(books, span, limit=limit, after=after))


@router.get(
    "/usage/statement",
    tags=["usage"],
    operation_id="get_usage_statement",
    summary="Read a customer's statement of use",
    responses=refusals(*EVERY, "not-found"),
)
def get_usage_statement(
    books: Books,
    *,
    customer: Annotated[str, Query(max_length=200, examples=["acme"])],
    first: Annotated[date, Query(alias="from", examples=["2026-01-01"])],
    last: Annotated[date, Query(alias="to", examples=["2026-01-31"])],
    label: Annotated[str, Query(max_length=100, description="The label of projects.")] = "project",
    most: Annotated[int, Query(ge=0, le=1000, description="Projects of a meter shown.")] = 20,
    version: Annotated[int | None, Query(ge=0, le=2**53)] = None,
) -> schemas.UsageStatement:
    """Totals, meters, projects and days of a customer's use; each level the sum of the next."""
    report = customer_statement(
        books, customer=customer, label=label, first=first, last=last, version=version, most=most
    )
    return schemas.UsageStatement.of(report.statement)


@router.post(
    "/usage/rollups",
    tags=["usage"],
    operation_id="roll_up_usage",
    summary="Roll usage up",
    response_model=schemas.UsageRolledUp,
    responses=refusals(*WRITES, "payload-too-large"),
)
def roll_up_usage(
    body: schemas.RollUpRequested,  # noqa: ARG001 - it says nothing yet
    books: Books,
    key: Key,
) -> Response:
    """Sum what was appended since the last roll-up; figures stay as they are, and come sooner."""
    return answer(
        once(
            books,
            keyed(key, "rollup"),
            lambda tx: rollup.roll_up(tx, books.lake),
            lambda done: schemas.UsageRolledUp.of(done).model_dump_json(),
        )
    )
