"""The routes of version 1; each calls one operation."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Response

from api import schemas
from api.access import Books, Key, keyed
from api.bodies import Records
from api.closing import ask_close, certificate_of
from api.etags import PRECONDITIONS, TAGGED, IfMatch
from api.job_schemas import JobTold
from api.journal_schemas import JournalEntry, PostedLine
from api.listing import LISTED, REFUSED, Listed
from api.routing import (
    BODIES,
    EVERY,
    WRITES,
    KnownAt,
    OfFramework,
    PathPeriod,
    answer,
    refusals,
    router,
)
from revrec.citations import REGISTER
from revrec.errors import NotFound
from revrec.feeds.loading import judged
from revrec.ledger.entries import PostedEntry
from revrec.money import Money
from revrec.operations import close as closing
from revrec.operations import inspect
from revrec.operations.answering import once
from revrec.operations.books import chosen
from revrec.operations.closable import Kind
from revrec.operations.known import pins_at
from revrec.operations.refused import take
from revrec.store import calendars, journal
from revrec.store.periods import PeriodReopening, PeriodStatus
from revrec.store.transaction import Transaction

CLOSES = (
    *("period-closed", "period-not-ready", "close-in-progress"),
    *("self-approval", "approval-needed"),
)


@router.post(
    "/facts",
    tags=["facts"],
    operation_id="record_facts",
    summary="Record facts",
    response_model=schemas.FactsRecorded,
    responses=refusals(*WRITES, *BODIES, "approval-needed"),
)
def record_facts(books: Books, key: Key, told: Records) -> Response:
    """Record contracts, prices, invoices and events; a bad record is set aside and stops no other.

    A record has the fields of its kind. Amounts are strings; a number counts as it is written.
    As NDJSON, a record a line and up to 100,000 of them, a line that cannot be read is set aside
    too. What is set aside waits in quarantine to be corrected and released, or dismissed.
    """
    places = ((f"record {number}", each) for number, each in enumerate(told.records, start=1))
    loaded = judged(places, key)
    return answer(
        once(
            books,
            keyed(key, "facts", told.digest),
            lambda tx: take(tx, loaded, source=f"api {key}"),
            lambda taken: schemas.FactsRecorded.of(taken).model_dump_json(),
        )
    )


@router.get(
    "/periods",
    tags=["periods"],
    operation_id="list_periods",
    summary="List periods",
    response_model=schemas.page_of(schemas.PeriodListed),
    responses={**LISTED, **refusals(*EVERY, *REFUSED)},
)
def list_periods(
    books: Books,
    asked: Listed,
    status: Annotated[
        PeriodStatus | None, Query(description="Those that stand so.", examples=["closed"])
    ] = None,
) -> Response:
    """Periods that were closed at least once, with their last certificate, in order of time."""
    found = books.run(lambda tx: inspect.closed_periods(tx, asked.known_at), read_only=True)
    shown = [
        schemas.PeriodListed.model_validate(each, from_attributes=True)
        for each in found
        if status in {None, each.status}
    ]
    return asked.whole(schemas.PeriodListed, shown)


@router.get(
    "/periods/{period}",
    tags=["periods"],
    operation_id="get_period",
    summary="Read a certificate",
    responses={**TAGGED, **refusals(*EVERY, "feed-error", "not-found")},
)
def get_period(period: PathPeriod, books: Books, known_at: KnownAt = None) -> schemas.PeriodClosed:
    """The certificate of a period's last close, now or by a moment."""
    found = books.run(lambda tx: certificate_of(tx, period, known_at), read_only=True)
    if found is None:
        raise NotFound(f"{period} was never closed.", remedy="List the periods that were.")
    return found


@router.post(
    "/periods/{period}/close",
    tags=["periods"],
    operation_id="close_period",
    summary="Close a period",
    status_code=202,
    response_model=JobTold,
    responses=refusals(*WRITES, *PRECONDITIONS, *CLOSES, "payload-too-large"),
)
def close_period(
    period: PathPeriod, body: schemas.CloseRequested, books: Books, key: Key, match: IfMatch
) -> Response:
    """Ask for the close of a period, which the caller prepared and another person approved.

    `Location` leads to the job. What it comes to is its result, and the period's certificate.
    """
    people = {"prepared_by": books.actor, "approved_by": body.approved_by}
    return ask_close(books, period, key, Kind.HARD, people, match=match)


@router.post(
    "/periods/{period}/reopen",
    tags=["periods"],
    operation_id="reopen_period",
    summary="Reopen a period",
    response_model=schemas.PeriodReopened,
    responses=refusals(
        *WRITES,
        *PRECONDITIONS,
        *("period-not-ready", "close-in-progress", "self-approval", "approval-needed"),
        "payload-too-large",
    ),
)
def reopen_period(
    period: PathPeriod, body: schemas.ReopenRequested, books: Books, key: Key, match: IfMatch
) -> Response:
    """Open the last closed period again; another person asked, the caller approves."""
    people = {"requested_by": body.requested_by, "approved_by": books.actor}

    def reopen(tx: Transaction) -> PeriodReopening:
        match.check(lambda: certificate_of(tx, period))
        return closing.reopening(tx, period, **people, reason=body.reason)

    return answer(
        once(
            books,
            keyed(key, "reopen", str(period), *people.values(), body.reason),
            reopen,
            lambda reopened: schemas.PeriodReopened.of(reopened).model_dump_json(),
        )
    )


@router.get(
    "/periods/{period}/flash",
    tags=["periods"],
    operation_id="flash_close",
    summary="Preview a close",
    responses=refusals(*EVERY, "feed-error", "period-not-ready"),
)
def flash_close(
    period: PathPeriod, books: Books, known_at: KnownAt = None
) -> list[schemas.FlashLine]:
    """What closing the period now would post; writes nothing."""
    computed = closing.flash_close(books, period, known_at=known_at)
    return [
        schemas.FlashLine(
            event=row["event"],
            account=row["account"],
            amount=schemas.Amount.of(Money(int(row["amount"]), row["currency"])),
        )
        for row in inspect.by_account(computed)
    ]


@router.get(
    "/journal",
    tags=["journal"],
    operation_id="list_journal",
    summary="Read the journal",
    response_model=schemas.page_of(JournalEntry),
    responses={**LISTED, **refusals(*EVERY, *REFUSED, "not-found")},
)
def list_journal(
    books: Books,
    asked: Listed,
    period: Annotated[
        schemas.PeriodText | None, Query(description="Posted to this period.")
    ] = None,
    book: OfFramework = None,
) -> Response:
    """Journal entries in the order of the chain; in other forms than JSON a line a row."""
    of = None if period is None else books.calendar().parse(period)

    def read(tx: Transaction, after: int, limit: int) -> list[PostedEntry]:
        at = of or calendars.calendar(tx).of(tx.now.date())
        name = chosen(tx, at, pins_at(tx, books.lake, asked.known_at), book)
        return journal.read(tx, of, after=after, limit=limit, book=name, known_at=asked.known_at)

    return asked.numbered(
        JournalEntry,
        read,
        JournalEntry.of,
        number=lambda each: each.seq,
        rows=(PostedLine, PostedLine.of),
    )


@router.get(
    "/combinations/proposals",
    tags=["facts"],
    operation_id="list_combination_proposals",
    summary="List contracts to combine",
    response_model=schemas.page_of(schemas.CombinationProposed),
    responses={**LISTED, **refusals(*EVERY, *REFUSED, "period-not-ready")},
)
def list_combination_proposals(
    books: Books,
    asked: Listed,
    contract: Annotated[
        str | None, Query(max_length=200, description="Those with a contract.", examples=["C-1"])
    ] = None,
) -> Response:
    """Contracts that may be one, about which nobody has decided; decide with a `combination`."""
    found = [
        schemas.CombinationProposed.of(each)
        for each in inspect.open_combinations(books, known_at=asked.known_at)
        if contract is None or contract in each.contracts
    ]
    return asked.whole(schemas.CombinationProposed, found)


@router.get(
    "/coverage",
    tags=["audit"],
    operation_id="list_coverage",
    summary="List rules and paragraphs",
    responses=refusals(*EVERY),
)
def list_coverage(_: Books) -> list[schemas.RuleCited]:
    """Which rule of the engine states which paragraphs."""
    return [
        schemas.RuleCited(rule=each.rule, paragraphs=list(each.paragraphs), summary=each.summary)
        for _, each in sorted(REGISTER.items())
    ]
