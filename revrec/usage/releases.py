"""Releases from quarantine: what one person may let in, and what needs two.

A release within the bounds that the policy elects is one person's; a larger one is requested by
one and approved by another, which the database checks too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from re import fullmatch
from typing import Any

from psycopg.types.json import Jsonb

from revrec.errors import ApprovalNeeded, NotFound, SelfApproval
from revrec.store import audit_log
from revrec.store.lake import Lake
from revrec.store.transaction import Transaction
from revrec.usage import quarantine
from revrec.usage.elections import elected
from revrec.usage.totals import EXACT, ControlTotals

ROWS, AMOUNT = "release_rows_of_one_person", "release_amount_of_one_person"
"""The elections that bound what one person may release."""
Corrections = Mapping[int, Mapping[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """What a release would let into the ledger."""

    rows: int
    amounts: Mapping[str, Decimal]
    """Sum of the absolute amounts by currency; an amount that cannot be read will not get in."""

    def __str__(self) -> str:
        worth = ", ".join(f"{currency} {sum_:,f}" for currency, sum_ in self.amounts.items())
        return f"{self.rows:,} rows" + (f" of {worth}" if worth else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseRequest:
    """A release that one person asked for and another has to approve."""

    id: int
    rows: tuple[int, ...]
    corrections: Corrections
    size: Size
    note: str
    requested_at: datetime
    requested_by: str


def release(
    tx: Transaction,
    lake: Lake,
    rows: Sequence[int],
    *,
    note: str,
    corrections: Corrections | None = None,
) -> ControlTotals:
    """Judge quarantined rows again, as a batch of their own, and give its control totals.

    ``corrections`` gives, by row id, columns to replace; an empty text blanks one. The same
    release again changes nothing and gives the first totals.

    Raises ``ApprovalNeeded`` beyond what one person may release, ``NotFound`` for an id that is
    not known, ``Conflict`` for a row already resolved, ``FeedError`` for a correction that names
    no column of usage.
    """
    given = corrections or {}
    quarantine.check_corrections(rows, given)
    first = quarantine.released(tx, rows, given)
    if first is not None:
        return first
    size = size_of(tx, rows, given)
    beyond = _beyond(tx, size)
    if beyond:
        raise ApprovalNeeded(
            f"Releasing {size} needs a second person: {beyond}.",
            remedy="Request the release, and have another person approve the request.",
        )
    return quarantine.judge_again(tx, lake, rows, note=note, corrections=given, details={})


def request_release(
    tx: Transaction, rows: Sequence[int], *, note: str, corrections: Corrections | None = None
) -> ReleaseRequest:
    """Ask for a release, which another person approves; asked again, it is the same request.

    Raises what ``release`` raises, except ApprovalNeeded.
    """
    given = corrections or {}
    quarantine.check_corrections(rows, given)
    size = size_of(tx, rows, given)
    batch = quarantine.batch_of(rows, given)
    known = tx.connection.execute(
        "select id from records.release_request"
        " where entity_id = %s and batch = %s and requested_by = %s",
        [tx.entity, batch, tx.actor],
    ).fetchone()
    if known is None:
        known = tx.connection.execute(
            "insert into records.release_request (entity_id, batch, released, corrections,"
            " amounts, note, requested_at, requested_by)"
            " values (%s, %s, %s, %s, %s, %s, %s, %s) returning id",
            [
                *(tx.entity, batch, Jsonb(sorted(set(rows)))),
                Jsonb({str(row): dict(columns) for row, columns in given.items()}),
                Jsonb({currency: f"{amount:f}" for currency, amount in size.amounts.items()}),
                *(note, tx.now, tx.actor),
            ],
        ).fetchone()
        details = {"rows": size.rows, "note": note}
        audit_log.write(tx, "usage.release.request", batch, details)
    assert known is not None, "an insert gives its row back"
    return _request(tx, known[0])


def approve_release(tx: Transaction, lake: Lake, request: int) -> ControlTotals:
    """Release what another person asked for; again, it changes nothing and gives the totals.

    Raises SelfApproval for whoever asked, NotFound for a request there is not, Conflict for a row
    that was resolved meanwhile.
    """
    asked = _request(tx, request)
    if asked.requested_by == tx.actor:
        raise SelfApproval(
            f"{tx.actor} cannot approve the release {request} they asked for.",
            remedy="Have another person approve it.",
        )
    # Before the rows: the approval is what lets them in.
    tx.connection.execute(
        "insert into records.release_approval"
        " (entity_id, request, requested_by, approved_by, approved_at)"
        " values (%s, %s, %s, %s, %s) on conflict do nothing",
        [tx.entity, request, asked.requested_by, tx.actor, tx.now],
    )
    return quarantine.judge_again(
        tx,
        lake,
        asked.rows,
        note=asked.note,
        corrections=asked.corrections,
        details={"request": request, "requested_by": asked.requested_by},
    )


def open_requests(tx: Transaction, known_at: datetime | None = None) -> list[ReleaseRequest]:
    """Requests that nobody has approved yet, or had by a moment, in order."""
    rows = tx.connection.execute(
        _SELECT
        + " and (%s::timestamptz is null or requested_at <= %s)"
        + " and not exists (select from records.release_approval done"
        + " where done.entity_id = asked.entity_id and done.request = asked.id"
        + " and (%s::timestamptz is null or approved_at <= %s)) order by id",
        [tx.entity, *[known_at] * 4],
    ).fetchall()
    return [_told(row) for row in rows]


def size_of(tx: Transaction, rows: Sequence[int], corrections: Corrections) -> Size:
    """What a release of open rows, so corrected, would let into the ledger."""
    amounts: defaultdict[str, Decimal] = defaultdict(Decimal)
    kept = quarantine.open_rows(tx, sorted(set(rows)))
    for row in quarantine.corrected(kept, corrections):
        amount, currency = row.get("amount", ""), row.get("currency", "")
        if fullmatch(r"-?[0-9]{1,16}(\.[0-9]{1,12})?", amount):
            amounts[currency] = EXACT.add(amounts[currency], abs(Decimal(amount)))
    return Size(rows=len(kept), amounts=dict(sorted(amounts.items())))


def _beyond(tx: Transaction, size: Size) -> str:
    """Which bound a release is beyond, in words; nothing if it is within both."""
    rows_most, amount_most = int(elected(tx, ROWS)), Decimal(elected(tx, AMOUNT))
    if size.rows > rows_most:
        return f"one person may release {rows_most:,} rows"
    if any(amount > amount_most for amount in size.amounts.values()):
        return f"one person may release {amount_most:,f} of a currency"
    return ""


_SELECT = """
    select id, released, corrections, amounts, note, requested_at, requested_by
    from records.release_request asked where entity_id = %s
"""


def _request(tx: Transaction, request: int) -> ReleaseRequest:
    row = tx.connection.execute(_SELECT + " and id = %s", [tx.entity, request]).fetchone()
    if row is None:
        raise NotFound(
            f"There is no request {request} to release rows.", remedy="List the open requests."
        )
    return _told(row)


def _told(row: tuple[Any, ...]) -> ReleaseRequest:
    request, rows, corrections, amounts, note, requested_at, requested_by = row
    return ReleaseRequest(
        id=request,
        rows=tuple(rows),
        corrections={int(name): columns for name, columns in corrections.items()},
        size=Size(
            rows=len(rows), amounts={currency: Decimal(told) for currency, told in amounts.items()}
        ),
        note=note,
        requested_at=requested_at,
        requested_by=requested_by,
    )
