"""The routes of what was told: contracts, customers, and facts of every kind."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Annotated

from fastapi import Path, Query, Response

from api import resource_schemas as schemas
from api.access import Books
from api.etags import TAGGED
from api.listing import LISTED, REFUSED, Asked, Listed, OfContract
from api.routing import EVERY, KnownAt, refusals, router
from revrec.model.fact import FactKind
from revrec.operations import listing
from revrec.store.fact_pages import Wanted

_Id = Annotated[str, Path(max_length=200, examples=["C-0001"])]
_Kind = Annotated[FactKind, Path(description="The kind of fact.", examples=["invoice"])]
_OfCustomer = Annotated[
    str | None, Query(max_length=200, description="Those of a customer.", examples=["acme"])
]
_First = Annotated[date | None, Query(alias="from", description="Effective on this day or later.")]
_Last = Annotated[date | None, Query(alias="to", description="Effective on this day or earlier.")]


@router.get(
    "/facts/{kind}",
    tags=["facts"],
    operation_id="list_facts",
    summary="List facts of a kind",
    response_model=schemas.FactPage,
    responses={**LISTED, **refusals(*EVERY, *REFUSED)},
)
def list_facts(  # noqa: PLR0917 - parameters of the route
    kind: _Kind,
    books: Books,
    asked: Listed,
    contract: OfContract = None,
    first: _First = None,
    last: _Last = None,
) -> Response:
    """The latest version of each, by key: invoices, payments, prices, rate cards, policies, ...

    By `Accept`: a page of JSON, or all of them as NDJSON, CSV, Arrow IPC or Parquet.
    """
    return _answer(books, asked, Wanted(kind=kind, contract=contract, first=first, last=last))


@router.get(
    "/facts/{kind}/{key}",
    tags=["facts"],
    operation_id="get_fact",
    summary="Read a fact",
    responses={**TAGGED, **refusals(*EVERY, "feed-error", "not-found")},
)
def get_fact(kind: _Kind, key: _Id, books: Books, known_at: KnownAt = None) -> schemas.FactVersions:
    """A fact in every version that was told: what, when and by whom."""
    found = listing.versions_of(books, kind, key, known_at=known_at)
    return schemas.FactVersions.of(found)


@router.get(
    "/contracts",
    tags=["contracts"],
    operation_id="list_contracts",
    summary="List contracts",
    response_model=schemas.FactPage,
    responses={**LISTED, **refusals(*EVERY, *REFUSED)},
)
def list_contracts(
    books: Books,
    asked: Listed,
    customer: _OfCustomer = None,
    first: _First = None,
    last: _Last = None,
) -> Response:
    """Contracts as they were told, by id; `from` and `to` are of the day of inception."""
    wanted = Wanted(kind=FactKind.CONTRACT, customer=customer, first=first, last=last)
    return _answer(books, asked, wanted)


@router.get(
    "/contracts/{contract}",
    tags=["contracts"],
    operation_id="get_contract",
    summary="Read a contract",
    responses={**TAGGED, **refusals(*EVERY, "feed-error", "not-found")},
)
def get_contract(contract: _Id, books: Books, known_at: KnownAt = None) -> schemas.FactTold:
    """A contract as it was told last; its facts are listed with `contract=`."""
    found = listing.versions_of(books, FactKind.CONTRACT, contract, known_at=known_at)
    return schemas.FactTold.of(found[-1])


@router.get(
    "/customers",
    tags=["contracts"],
    operation_id="list_customers",
    summary="List customers",
    response_model=schemas.CustomerPage,
    responses={**LISTED, **refusals(*EVERY, *REFUSED)},
)
def list_customers(books: Books, asked: Listed) -> Response:
    """Customers as their contracts tell of them, by id."""
    return asked.facts(
        partial(listing.list_customers, books),
        schemas.CustomerPage.of,
        lambda each: each.customer,
        partial(listing.customers_data, books),
    )


@router.get(
    "/customers/{customer}",
    tags=["contracts"],
    operation_id="get_customer",
    summary="Read a customer",
    responses={**TAGGED, **refusals(*EVERY, "feed-error", "not-found")},
)
def get_customer(
    customer: Annotated[str, Path(max_length=200, examples=["acme"])],
    books: Books,
    known_at: KnownAt = None,
) -> schemas.CustomerTold:
    """A customer as its contracts tell of it; they are listed with `customer=`."""
    found = listing.customer_of(books, customer, known_at=known_at)
    return schemas.CustomerTold.of(found)


def _answer(books: Books, asked: Asked, wanted: Wanted) -> Response:
    return asked.facts(
        partial(listing.list_facts, books, wanted),
        schemas.FactPage.of,
        lambda each: each.fact.key,
        partial(listing.facts_data, books, wanted),
    )
