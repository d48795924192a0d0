"""The routes of version 1; each calls one operation."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Response

from api import schemas
from api.access import Books, Key, keyed
from api.bodies import Records
from api.closing import certificate_of, close_once
from api.etags import PRECONDITIONS, TAGGED, IfMatch
from api.routing import BODIES, EVERY, WRITES, KnownAt, PathPeriod, answer, refusals, router
from revrec.citations import REGISTER
from revrec.errors import NotFound
from revrec.feeds.loading import judged
from revrec.ledger.entries import PostedEntry
from revrec.money import Money
from revrec.operations import close as closing
from revrec.operations import inspect
from revrec.operations.answering import once
from revrec.operations.close import Kind
from revrec.operations.refused import take
from revrec.store import journal
from revrec.store.periods import PeriodReopening
from revrec.store.transaction import Transaction

_PAGE_MAX = 500
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
    responses=refusals(*EVERY),
)
def list_periods(books: Books) -> list[schemas.PeriodListed]:
    """Periods that were closed at least once, with their last certificate."""
    return [
        schemas.PeriodListed.model_validate(each, from_attributes=True)
        for each in inspect.status(books).periods
    ]


@router.get(
    "/periods/{period}",
    tags=["periods"],
    operation_id="get_period",
    summary="Read a certificate",
    responses={**TAGGED, **refusals(*EVERY, "feed-error", "not-found")},
)
def get_period(period: PathPeriod, books: Books) -> schemas.PeriodClosed:
    """The certificate of a period's last close."""
    found = books.run(lambda tx: certificate_of(tx, period), read_only=True)
    if found is None:
        raise NotFound(f"{period} was never closed.", remedy="List the periods that were.")
    return found


@router.post(
    "/periods/{period}/close",
    tags=["periods"],
    operation_id="close_period",
    summary="Close a period",
    response_model=schemas.PeriodClosed,
    responses=refusals(*WRITES, *PRECONDITIONS, *CLOSES, "payload-too-large"),
)
def close_period(
    period: PathPeriod, body: schemas.CloseRequested, books: Books, key: Key, match: IfMatch
) -> Response:
    """Close the period; the caller prepared it, another person approved it."""
    people = {"prepared_by": books.actor, "approved_by": body.approved_by}
    return answer(close_once(books, period, key, Kind.HARD, people, match=match))


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
    responses={
        200: {
            "headers": {
                "Link": {
                    "description": 'The next page, as `<...>; rel="next"`; absent on the last.',
                    "schema": {"type": "string"},
                }
            }
        },
        **refusals(*EVERY),
    },
)
def list_journal(
    books: Books,
    response: Response,
    after: Annotated[int, Query(ge=0, le=2**53, description="Last seq already read.")] = 0,
    limit: Annotated[int, Query(ge=1, le=_PAGE_MAX, description="Entries of a page.")] = 100,
) -> list[schemas.JournalEntry]:
    """Journal entries in the order of the chain, a page at a time."""

    def read(tx: Transaction) -> list[PostedEntry]:
        return journal.read(tx, after=after, limit=limit + 1)

    found = books.run(read, read_only=True)
    page = found[:limit]
    if len(found) > limit:
        response.headers["Link"] = f'</v1/journal?after={page[-1].seq}&limit={limit}>; rel="next"'
    return [schemas.JournalEntry.of(each) for each in page]


@router.get(
    "/combinations/proposals",
    tags=["facts"],
    operation_id="list_combination_proposals",
    summary="List contracts to combine",
    responses=refusals(*EVERY, "period-not-ready"),
)
def list_combination_proposals(
    books: Books, known_at: KnownAt = None
) -> list[schemas.CombinationProposed]:
    """Contracts that may be one, about which nobody has decided; decide with a `combination`."""
    found = inspect.open_combinations(books, known_at=known_at)
    return [schemas.CombinationProposed.of(each) for each in found]


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
