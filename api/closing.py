"""Closes over HTTP: once for each key, with the certificate as the answer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from api import schemas
from api.access import keyed
from api.etags import Match
from revrec.errors import PeriodClosed
from revrec.operations import close as closing
from revrec.operations.answering import Answered, once
from revrec.operations.checking import run_checks
from revrec.operations.close import Kind
from revrec.operations.workspace import Workspace
from revrec.periods import Period
from revrec.store import periods
from revrec.store.periods import PeriodClose
from revrec.store.transaction import Transaction


def close_once(
    books: Workspace,
    period: Period,
    key: str,
    kind: Kind,
    people: Mapping[str, str],
    *,
    match: Match,
    reason: str = "",
) -> Answered:
    """Close a period as asked; PeriodClosed, with the certificate, if it is so closed already.

    What the checks see then becomes findings, as after a close by command; an answer given again
    runs none.
    """
    prepared_by, approved_by = people["prepared_by"], people["approved_by"]

    def close(tx: Transaction) -> PeriodClose:
        match.check(lambda: certificate_of(tx, period))
        closed = closing.finish_close(
            tx, books.lake, period, prepared_by=prepared_by, approved_by=approved_by
        )
        if not closed.new:
            raise _already_closed(closed.certificate)
        return closed.certificate

    def begin() -> None:
        books.run(lambda tx: match.check(lambda: certificate_of(tx, period)), read_only=True)
        closing.begin_close(
            books,
            period,
            prepared_by=prepared_by,
            approved_by=approved_by,
            kind=kind,
            reason=reason,
        )

    # A close for good keeps the name its keys had before there were others.
    name = "close" if kind is Kind.HARD else kind.value
    with closing.given_up_if_blocked(books, period):
        answered = once(
            books,
            keyed(key, name, str(period), prepared_by, approved_by, *filter(None, [reason])),
            close,
            lambda certificate: schemas.PeriodClosed.of(certificate).model_dump_json(),
            before=begin,
        )
    if not answered.replayed:
        run_checks(books)
    return answered


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
