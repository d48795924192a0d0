"""Closes over HTTP: asked for once for each key, answered with the job that does them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from fastapi import Response

from api import job_schemas, schemas
from api.access import keyed
from api.etags import Match
from api.routing import answer
from revrec.errors import PeriodClosed
from revrec.model.job import Job
from revrec.operations import jobs
from revrec.operations.answering import Answered, once
from revrec.operations.closable import Kind
from revrec.operations.workspace import Workspace
from revrec.periods import Period
from revrec.store import periods
from revrec.store.periods import PeriodClose
from revrec.store.transaction import Transaction


def ask_close(
    books: Workspace,
    period: Period,
    key: str,
    kind: Kind,
    people: Mapping[str, str],
    *,
    match: Match,
    reason: str = "",
) -> Response:
    """Ask for a close: 202 with the job; PeriodClosed, with the certificate, if it is so closed."""

    def ask(tx: Transaction) -> Job:
        match.check(lambda: certificate_of(tx, period))
        asked = jobs.submit_close(tx, period, kind, two=people, reason=reason)
        if isinstance(asked, PeriodClose):
            raise _already_closed(asked)
        return asked

    # A close for good keeps the name its keys had before there were others.
    name = "close" if kind is Kind.HARD else kind.value
    two = people["prepared_by"], people["approved_by"]
    return accepted(
        once(
            books,
            keyed(key, name, str(period), *two, *filter(None, [reason])),
            ask,
            lambda job: job_schemas.JobTold.of(job).model_dump_json(),
        )
    )


def accepted(given: Answered) -> Response:
    """The answer to what is asked for as a job: 202, and where to look at it."""
    response = answer(given)
    response.status_code = 202
    number = job_schemas.JobTold.model_validate_json(given.body).id
    response.headers["Location"] = f"/v1/jobs/{number}"
    return response


def certificate_of(
    tx: Transaction, period: Period, known_at: datetime | None = None
) -> schemas.PeriodClosed | None:
    """The certificate of a period's last close, by a moment or so far, if there is one."""
    found = [each for each in periods.closes(tx, known_at) if each.period == period]
    return schemas.PeriodClosed.of(found[-1]) if found else None


def _already_closed(certificate: PeriodClose) -> PeriodClosed:
    told = {"soft": "soft-closed", "hard": "closed"}[certificate.stage]
    return PeriodClosed(
        f"{certificate.period} is {told}: certificate {certificate.ordinal} of "
        f"{certificate.closed_at.isoformat()}, chain head {certificate.chain_head}.",
        remedy=f"Read it at /v1/periods/{certificate.period}, or have the period reopened.",
        certificate={
            "period": str(certificate.period),
            "ordinal": certificate.ordinal,
            "closed_at": certificate.closed_at.isoformat(),
            "chain_head": certificate.chain_head,
        },
    )
