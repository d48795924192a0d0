"""The routes of estimates, proposals and forecasts; each calls one operation."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated

from fastapi import Path, Query, Response

from api import estimate_schemas as schemas
from api.access import Books, Key, keyed
from api.etags import PRECONDITIONS, TAGGED, IfMatch
from api.listing import LISTED, REFUSED, Listed, OfContract
from api.routing import EVERY, WRITES, KnownAt, answer, refusals, router
from api.schemas import page_of
from revrec.errors import NotFound
from revrec.model.proposal import Proposal, ProposalDecision, ProposalKind
from revrec.operations import estimating
from revrec.operations.answering import once
from revrec.operations.forecasting import forecast_use, outlook_data
from revrec.operations.looking_back import look_back_data, look_back_on
from revrec.operations.price_study import studying
from revrec.store import proposals
from revrec.store.transaction import Transaction

ProposalId = Annotated[str, Path(max_length=64, examples=["7c1f0a52e3b94d0c8a11"])]


@router.post(
    "/estimates",
    tags=["estimates"],
    operation_id="propose_estimates",
    summary="Estimate variable consideration",
    response_model=schemas.EstimatesProposed,
    responses=refusals(*WRITES, "payload-too-large"),
)
def propose_estimates(body: schemas.RunRequested, books: Books, key: Key) -> Response:
    """Estimate every open component; within the policy's bounds it stands, outside it waits."""
    return answer(
        once(
            books,
            keyed(key, "estimates", str(body.as_of), body.seed),
            lambda tx: estimating.proposing(tx, books.lake, body.as_of, seed=body.seed),
            lambda run: schemas.EstimatesProposed.of(run).model_dump_json(),
        )
    )


@router.post(
    "/estimates/overrides",
    tags=["estimates"],
    operation_id="override_estimate",
    summary="Override an estimate",
    response_model=schemas.ProposalListed,
    responses=refusals(*WRITES, "not-found", "payload-too-large"),
)
def override_estimate(body: schemas.OverrideRequested, books: Books, key: Key) -> Response:
    """Propose an estimate by hand; another person decides of it."""

    def override(tx: Transaction) -> Proposal:
        return estimating.overriding(
            tx,
            books.lake,
            body.component,
            Decimal(body.value),
            as_of=body.as_of,
            basis=body.basis,
        )

    return answer(
        once(
            books,
            keyed(key, "override", body.model_dump_json()),
            override,
            lambda made: schemas.ProposalListed.of(made).model_dump_json(),
        )
    )


@router.get(
    "/proposals",
    tags=["estimates"],
    operation_id="list_proposals",
    summary="List proposals that wait",
    response_model=page_of(schemas.ProposalListed),
    responses={**LISTED, **refusals(*EVERY, *REFUSED)},
)
def list_proposals(
    books: Books,
    asked: Listed,
    kind: Annotated[
        ProposalKind | None, Query(description="Of one kind.", examples=["estimate"])
    ] = None,
    contract: OfContract = None,
) -> Response:
    """Proposals that wait for a second person, the oldest first."""
    found = [
        schemas.ProposalListed.of(each)
        for each in estimating.waiting_proposals(books, asked.known_at)
        if kind in {None, each.kind} and contract in {None, each.contract}
    ]
    return asked.whole(schemas.ProposalListed, found)


@router.get(
    "/proposals/{proposal}",
    tags=["estimates"],
    operation_id="get_proposal",
    summary="Read a proposal",
    responses={**TAGGED, **refusals(*EVERY, "not-found")},
)
def get_proposal(proposal: ProposalId, books: Books) -> schemas.ProposalListed:
    """A proposal with its memo."""
    return books.run(lambda tx: _told(tx, proposal), read_only=True)


def _told(tx: Transaction, proposal: str) -> schemas.ProposalListed:
    found = proposals.find(tx, proposal)
    if found is None:
        raise NotFound(f"No proposal {proposal!r}.", remedy="List those that wait.")
    return schemas.ProposalListed.of(found)


@router.post(
    "/proposals/{proposal}/decision",
    tags=["estimates"],
    operation_id="decide_proposal",
    summary="Decide of a proposal",
    response_model=schemas.ProposalDecided,
    responses=refusals(*WRITES, *PRECONDITIONS, "not-found", "self-approval", "payload-too-large"),
)
def decide_proposal(
    proposal: ProposalId,
    body: schemas.DecisionRequested,
    books: Books,
    key: Key,
    match: IfMatch,
) -> Response:
    """Approve or reject what another person or the model prepared; approval records its facts."""

    def decide(tx: Transaction) -> ProposalDecision:
        match.check(lambda: _told(tx, proposal))
        return estimating.deciding(tx, proposal, approve=body.approve, note=body.note)

    return answer(
        once(
            books,
            keyed(key, "decide", proposal, body.model_dump_json()),
            decide,
            lambda made: schemas.ProposalDecided.of(made).model_dump_json(),
        )
    )


@router.get(
    "/forecast",
    tags=["estimates"],
    operation_id="forecast_use",
    summary="Forecast use and commitments",
    responses=refusals(*EVERY),
)
def get_forecast(
    books: Books,
    *,
    as_of: Annotated[
        date, Query(description="The last day whose use is known.", examples=["2026-01-31"])
    ],
    until: Annotated[
        date, Query(description="The last day of the forecast.", examples=["2026-12-31"])
    ],
    confidence: Annotated[
        float,
        Query(ge=0.5, le=0.99, description="Of the intervals, a probability.", examples=[0.8]),
    ] = 0.8,
    seed: Annotated[
        int,
        Query(ge=0, lt=2**31, description="Of the draws: the same gives the same.", examples=[1]),
    ] = 1,
    known_at: KnownAt = None,
) -> schemas.OutlookGiven:
    """Use, rated amounts and the run-off of commitments, with intervals; writes nothing."""
    seen = forecast_use(books, as_of, until, confidence=confidence, seed=seed, known_at=known_at)
    return schemas.OUTLOOK.validate_python(outlook_data(seen), strict=False)


@router.get(
    "/look-back",
    tags=["estimates"],
    operation_id="look_back",
    summary="Look back on estimates",
    responses=refusals(*EVERY),
)
def look_back(
    books: Books,
    as_of: Annotated[date, Query(description="Outcomes by this day.", examples=["2026-12-31"])],
    known_at: KnownAt = None,
) -> schemas.LookedBack:
    """Estimates that counted against their outcomes: bias, stated confidence, reversals."""
    found = look_back_data(look_back_on(books, as_of, known_at=known_at))
    return schemas.LOOK_BACK.validate_python(found, strict=False)


@router.post(
    "/selling-prices/studies",
    tags=["estimates"],
    operation_id="study_prices",
    summary="Study selling prices",
    response_model=schemas.PricesStudied,
    responses=refusals(*WRITES, "period-not-ready", "payload-too-large"),
)
def post_study(body: schemas.StudyRequested, books: Books, key: Key) -> Response:
    """Study what was invoiced, by strata the data show; the book proposed waits for approval."""
    return answer(
        once(
            books,
            keyed(key, "study", str(body.since), str(body.as_of)),
            lambda tx: studying(tx, books.lake, body.since, body.as_of),
            lambda found: schemas.PricesStudied.of(found).model_dump_json(),
        )
    )
