"""The routes of version 1; each calls one operation."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from api import schemas
from api.access import Books, Key, keyed
from revrec.citations import REGISTER
from revrec.errors import FeedError
from revrec.feeds.records import fact_of
from revrec.model.fact import digest_of
from revrec.money import Money
from revrec.operations import close as closing
from revrec.operations import inspect
from revrec.operations.answering import once
from revrec.operations.facts import recording
from revrec.periods import Period
from revrec.store import journal
from revrec.store.facts import Recorded
from revrec.usage.ingest import ingest

router = APIRouter(prefix="/v1")
_RECORDS_MAX = 10_000
_PAGE_MAX = 500


@router.post("/facts", tags=["facts"], operation_id="record_facts")
def record_facts(
    records: list[dict[str, Any]], books: Books, key: Key, response: Response
) -> schemas.FactsRecorded:
    """Record contracts, prices, invoices and events; a bad record is refused and stops no other."""
    if len(records) > _RECORDS_MAX:
        raise FeedError(
            f"{len(records):,} records in one request.",
            remedy=f"Send at most {_RECORDS_MAX:,}, or load a file.",
        )
    facts, refused = [], []
    for number, record in enumerate(records, start=1):
        try:
            facts.append(fact_of(record, f"record {number}"))
        except FeedError as error:
            refused.append(schemas.Refusal(place=f"record {number}", message=str(error)))

    def encode(recorded: Recorded) -> str:
        return schemas.FactsRecorded(
            new=recorded.new,
            unchanged=recorded.unchanged,
            corrected=recorded.corrected,
            refused=refused,
        ).model_dump_json()

    answered = once(
        books,
        keyed(key, "facts", digest_of(records)),
        lambda tx: recording(tx, facts, source=f"api {key}"),
        encode,
    )
    _mark(response, replayed=answered.replayed)
    return schemas.FactsRecorded.model_validate_json(answered.body)


@router.post("/usage/batches", tags=["usage"], operation_id="ingest_usage")
def ingest_usage(
    request: Request,
    books: Books,
    key: Key,
    name: Annotated[str, Query(description="File name; its ending tells the format.")],
) -> schemas.BatchReceived:
    """Ingest a file of daily rated usage; the key names the batch, which counts once."""
    totals = ingest(
        books.database,
        books.lake,
        request.state.body,
        source_name=name,
        entity=books.entity,
        actor=books.actor,
        batch=key,
    )
    return schemas.BatchReceived.of(totals)


@router.get("/periods", tags=["periods"], operation_id="list_periods")
def list_periods(books: Books) -> list[inspect.ClosedPeriod]:
    """Periods that were closed, with their last certificate."""
    return inspect.status(books).periods


@router.post("/periods/{period}/close", tags=["periods"], operation_id="close_period")
def close_period(
    period: str, body: schemas.CloseRequested, books: Books, key: Key, response: Response
) -> schemas.PeriodClosed:
    """Close the period; the caller prepared it, another person approved it."""
    month = Period.parse(period)
    people = {"prepared_by": books.actor, "approved_by": body.approved_by}
    closing.begin_close(books, month, **people)
    answered = once(
        books,
        keyed(key, "close", period, books.actor, body.approved_by),
        lambda tx: closing.finish_close(tx, books.lake, month, **people),
        lambda closed: schemas.PeriodClosed.of(closed.certificate).model_dump_json(),
    )
    _mark(response, replayed=answered.replayed)
    return schemas.PeriodClosed.model_validate_json(answered.body)


@router.get("/periods/{period}/flash", tags=["periods"], operation_id="flash_close")
def flash_close(period: str, books: Books) -> list[schemas.FlashLine]:
    """What closing the period now would post; writes nothing."""
    computed = closing.flash_close(books, Period.parse(period))
    return [
        schemas.FlashLine(
            event=row["event"],
            account=row["account"],
            amount=schemas.Amount.of(Money(int(row["amount"]), row["currency"])),
        )
        for row in inspect.by_account(computed)
    ]


@router.get("/journal", tags=["journal"], operation_id="list_journal")
def list_journal(
    books: Books,
    response: Response,
    after: Annotated[int, Query(ge=0, description="Last seq already read.")] = 0,
    limit: Annotated[int, Query(ge=1, le=_PAGE_MAX)] = 100,
) -> list[schemas.JournalEntry]:
    """Journal entries in order of the chain, a page at a time."""
    entries = [each for each in books.run(journal.read, read_only=True) if each.seq > after]
    page = entries[:limit]
    if len(entries) > limit:
        response.headers["Link"] = f'</v1/journal?after={page[-1].seq}&limit={limit}>; rel="next"'
    return [
        schemas.JournalEntry(
            seq=each.seq,
            period=str(each.entry.period),
            origin=str(each.entry.origin),
            event=each.entry.event,
            memo=each.entry.memo,
            posted_at=each.posted_at,
            posted_by=each.posted_by,
            previous=each.previous,
            digest=each.digest,
            lines=[
                schemas.JournalLine(
                    account=line.account,
                    product=line.product,
                    gl_code=line.gl_code,
                    gl_name=line.gl_name,
                    amount=schemas.Amount.of(Money(line.amount, line.currency)),
                )
                for line in each.entry.lines
            ],
        )
        for each in page
    ]


@router.get("/contracts/{contract}/explanation", tags=["audit"], operation_id="explain_contract")
def explain_contract(contract: str, as_of: date, books: Books) -> schemas.Explanation:
    """How a contract is accounted for on a day, down to facts and paragraphs."""
    told = inspect.explain_contract(books, contract, as_of)
    return schemas.Explanation(
        contract=told.contract,
        day=told.day,
        facts=list(told.facts),
        decisions=[schemas.DecisionMade.of(each) for each in told.decisions],
        earned=[str(each) for each in told.earned],
        balances={name: schemas.Amount.of(each) for name, each in told.balances.items()},
    )


@router.get("/coverage", tags=["audit"], operation_id="list_coverage")
def list_coverage(_: Books) -> list[schemas.RuleCited]:
    """Which rule of the engine states which paragraphs."""
    return [
        schemas.RuleCited(rule=each.rule, paragraphs=list(each.paragraphs), summary=each.summary)
        for _, each in sorted(REGISTER.items())
    ]


def _mark(response: Response, *, replayed: bool) -> None:
    if replayed:
        response.headers["Idempotency-Replayed"] = "true"
