"""The routes of a close's controls: gates, waivers, the checklist."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Query, Response

from api import close_schemas as schemas
from api.access import Books, Key, keyed
from api.closing import ask_close
from api.estimate_schemas import ProposalListed
from api.etags import PRECONDITIONS, IfMatch
from api.job_schemas import JobTold
from api.routing import EVERY, WRITES, KnownAt, PathPeriod, answer, refusals, router
from api.schemas import CloseRequested
from revrec.model.misstatement import QualitativeFactor
from revrec.operations import checklist as tasks
from revrec.operations import close as closing
from revrec.operations import gates, misstating
from revrec.operations.answering import once
from revrec.operations.closable import Kind

_REFUSED = (
    *WRITES,
    *("not-found", "self-approval", "approval-needed", "period-closed", "payload-too-large"),
)

_CLOSES = (
    *WRITES,
    *("period-closed", "period-not-ready", "close-in-progress"),
    *("self-approval", "approval-needed"),
    "payload-too-large",
)


GateName = Annotated[str, Path(max_length=64, examples=["rows-set-aside-are-few"])]
TaskName = Annotated[str, Path(max_length=64, examples=["rollforward_reviewed"])]


@router.post(
    "/periods/{period}/soft-close",
    tags=["periods"],
    operation_id="soft_close_period",
    summary="Close a period softly",
    status_code=202,
    response_model=JobTold,
    responses=refusals(*PRECONDITIONS, *_CLOSES),
)
def soft_close_period(
    period: PathPeriod, body: CloseRequested, books: Books, key: Key, match: IfMatch
) -> Response:
    """Ask to post what is known; later facts post here only if the cut-off is moved."""
    people = {"prepared_by": books.actor, "approved_by": body.approved_by}
    return ask_close(books, period, key, Kind.SOFT, people, match=match)


@router.post(
    "/periods/{period}/cut-off",
    tags=["periods"],
    operation_id="move_cut_off",
    summary="Move a soft close's cut-off",
    status_code=202,
    response_model=JobTold,
    responses=refusals(*PRECONDITIONS, *_CLOSES),
)
def move_cut_off(
    period: PathPeriod, body: schemas.CutOffMoved, books: Books, key: Key, match: IfMatch
) -> Response:
    """Ask to post what is known by now in a soft-closed period; the caller approves."""
    people = {"prepared_by": body.requested_by, "approved_by": books.actor}
    return ask_close(books, period, key, Kind.CUT_OFF, people, match=match, reason=body.reason)


@router.get(
    "/periods/{period}/gates",
    tags=["periods"],
    operation_id="list_gates",
    summary="List the gates of a close",
    responses=refusals(*EVERY, "feed-error"),
)
def list_gates(period: PathPeriod, books: Books) -> list[schemas.GateTold]:
    """Every gate of the period's close: value, bound, what waits and what to do about it."""
    return [schemas.GateTold.of(each) for each in closing.gate_states(books, period)]


@router.post(
    "/periods/{period}/gates/{gate}/waiver",
    tags=["periods"],
    operation_id="waive_gate",
    summary="Waive a gate",
    response_model=schemas.WaiverTold,
    responses=refusals(*_REFUSED),
)
def waive_gate(
    period: PathPeriod, gate: GateName, body: schemas.WaiverRequested, books: Books, key: Key
) -> Response:
    """Let the next close pass a gate; another person asked, the caller approves."""
    people = {"requested_by": body.requested_by, "approved_by": books.actor}
    return answer(
        once(
            books,
            keyed(key, "waive", str(period), gate, *people.values(), body.reason),
            lambda tx: gates.waive(tx, period, gate, **people, reason=body.reason),
            lambda made: schemas.WaiverTold.of(made).model_dump_json(),
        )
    )


@router.get(
    "/periods/{period}/checklist",
    tags=["periods"],
    operation_id="list_tasks",
    summary="List the tasks of a close",
    responses=refusals(*EVERY, "feed-error"),
)
def list_tasks(period: PathPeriod, books: Books) -> list[schemas.TaskTold]:
    """Every task of the period's close: owner, due day, state, evidence, sign-off."""
    return [schemas.TaskTold.of(each) for each in tasks.checklist(books, period)]


@router.post(
    "/periods/{period}/checklist/{task}/evidence",
    tags=["periods"],
    operation_id="prepare_task",
    summary="Give evidence of a task",
    response_model=schemas.EvidenceTold,
    responses=refusals(*_REFUSED),
)
def prepare_task(
    period: PathPeriod, task: TaskName, body: schemas.EvidenceGiven, books: Books, key: Key
) -> Response:
    """Record what the caller did for a task; another person signs it."""
    return answer(
        once(
            books,
            keyed(key, "prepare", str(period), task, books.actor, body.model_dump_json()),
            lambda tx: tasks.prepare_task(tx, period, task, **body.model_dump()),
            lambda given: schemas.EvidenceTold.of(given).model_dump_json(),
        )
    )


@router.post(
    "/periods/{period}/checklist/{task}/sign-off",
    tags=["periods"],
    operation_id="sign_task",
    summary="Sign a task off",
    response_model=schemas.EvidenceTold,
    responses=refusals(*_REFUSED),
)
def sign_task(
    period: PathPeriod, task: TaskName, body: schemas.SignOffGiven, books: Books, key: Key
) -> Response:
    """Accept or return what another person did for a task."""
    return answer(
        once(
            books,
            keyed(key, "sign", str(period), task, books.actor, body.model_dump_json()),
            lambda tx: tasks.sign_task(tx, period, task, accept=body.accept, note=body.note),
            lambda given: schemas.EvidenceTold.of(given).model_dump_json(),
        )
    )


@router.get(
    "/misstatements",
    tags=["audit"],
    operation_id="measure_misstatements",
    summary="Measure errors of earlier periods",
    responses=refusals(*EVERY, "feed-error", "contract-error"),
)
def measure_misstatements(
    books: Books,
    factor: Annotated[
        list[QualitativeFactor] | None,
        Query(description="What makes them material whatever their size."),
    ] = None,
    known_at: KnownAt = None,
) -> schemas.MisstatementsMeasured:
    """Errors by rollover and iron curtain against the statements of each year (250-10-S99-1)."""
    made = misstating.misstatements(books, factor or [], known_at=known_at).worksheet
    return schemas.MisstatementsMeasured.model_validate(misstating.told_of(made))


@router.post(
    "/periods/{period}/misstatements",
    tags=["audit"],
    operation_id="assess_misstatements",
    summary="Propose what becomes of errors",
    response_model=ProposalListed,
    responses=refusals(*WRITES, "contract-error", "payload-too-large"),
)
def assess_misstatements(
    period: PathPeriod, body: schemas.AssessmentProposed, books: Books, key: Key
) -> Response:
    """Propose catch-up or reopening for the errors of a period; another person decides."""
    return answer(
        once(
            books,
            keyed(key, "assess", str(period), books.actor, body.model_dump_json()),
            lambda tx: misstating.assessing(
                tx,
                period,
                treatment=body.treatment,
                factors=body.factors,
                rationale=body.rationale,
            ),
            lambda made: ProposalListed.of(made).model_dump_json(),
        )
    )
