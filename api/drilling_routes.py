"""The routes that lead into the usage ledger: totals, rows, and its roll-up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Annotated, Any

from fastapi import Depends, Query, Response
from pydantic import StringConstraints

from api import drilling_schemas as schemas
from api.access import Books, Key, keyed
from api.listing import LISTED, REFUSED, FirstDay, LastDay, Listed, OfContract
from api.routing import EVERY, WRITES, KnownAt, answer, refusals, router
from api.schemas import page_of
from revrec.operations import drilling
from revrec.operations.answering import once
from revrec.operations.statements import customer_statement
from revrec.store.transaction import Transaction
from revrec.usage import rollup
from revrec.usage.drilling import Span, rows

_PART = 50_000
"""Rows of usage that are read at once: each time, all that fit are put in order."""
_Version = Annotated[
    int | None,
    Query(ge=0, le=2**53, description="As of this version of the usage ledger; the last if none."),
]
_Label = Annotated[str, StringConstraints(pattern=r"^[^=]{1,100}=.{0,1000}$")]


def _span(
    *,
    first: FirstDay = None,
    last: LastDay = None,
    customer: Annotated[
        str | None, Query(max_length=200, description="Of a customer.", examples=["acme"])
    ] = None,
    contract: OfContract = None,
    meter: Annotated[
        str | None, Query(max_length=200, description="Of a meter.", examples=["tokens"])
    ] = None,
    source: Annotated[
        str | None, Query(max_length=200, description="Sent by this.", examples=["gateway"])
    ] = None,
    label: Annotated[
        list[str],
        Query(max_length=20, description="Labels, as `region=eu`.", examples=[["region=eu"]]),
    ] = [],  # noqa: B006 - the framework copies it
    version: _Version = None,
    known_at: KnownAt = None,
) -> Span:
    labels = dict(each.partition("=")[::2] for each in label)
    return Span(
        first=first,
        last=last,
        customer=customer,
        contract=contract,
        meter=meter,
        source=source,
        labels=labels,
        version=version,
        known_at=known_at,
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
    response_model=page_of(schemas.UsageRow),
    responses={**LISTED, **refusals(*EVERY, *REFUSED, "not-found")},
)
def list_usage(books: Books, asked: Listed, span: Asked) -> Response:
    """The rows that totals sum, by day, source and id."""
    known = replace(span, known_at=asked.known_at)

    def read(tx: Transaction, after: int, limit: int) -> Sequence[Mapping[str, Any]]:
        found: list[dict[str, Any]] = rows(
            tx, books.lake, known, limit=limit, after=after
        ).rows.to_pylist()
        return found

    return asked.numbered(schemas.UsageRow, read, schemas.UsageRow.of, part=_PART)


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
    customer: Annotated[
        str, Query(max_length=200, description="Whose statement it is.", examples=["acme"])
    ],
    first: Annotated[
        date, Query(alias="from", description="The first day of use.", examples=["2026-01-01"])
    ],
    last: Annotated[
        date, Query(alias="to", description="The last day of use.", examples=["2026-01-31"])
    ],
    label: Annotated[str, Query(max_length=100, description="The label of projects.")] = "project",
    most: Annotated[int, Query(ge=0, le=1000, description="Projects of a meter shown.")] = 20,
    version: _Version = None,
    known_at: KnownAt = None,
) -> schemas.UsageStatement:
    """Totals, meters, projects and days of a customer's use; each level the sum of the next."""
    report = customer_statement(
        books,
        customer=customer,
        label=label,
        first=first,
        last=last,
        version=version,
        known_at=known_at,
        most=most,
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
