"""Periods: closed, reopened, looked ahead at; gates, the checklist, the word of another person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from revrec.client.calls import Call, Listing, Operation, Paged, at, get, listed, post, told
from revrec.client.jobs import Job
from revrec.client.shapes import Amount


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A period that was closed at least once."""

    period: str
    status: str
    """open, closing, soft_closed or closed."""
    closed_at: datetime
    prepared_by: str
    approved_by: str
    chain_head: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """The certificate of a close."""

    period: str
    ordinal: int
    """1 for the first close of the period, one more for each reclose."""
    closed_at: datetime
    prepared_by: str
    approved_by: str
    chain_seq: int
    """The journal's last entry at the close ..."""
    chain_head: str
    """... and its digest, to be kept outside the books."""
    engine_version: str
    stage: str
    """soft while the cut-off may be moved, hard when closed for good."""
    totals: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reopening:
    """A period that is open again."""

    period: str
    ordinal: int
    reopened_at: datetime
    requested_by: str
    approved_by: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FlashLine:
    """What a close would post to an account; debits are positive."""

    event: str
    account: str
    amount: Amount


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiver:
    """A gate that need not be passed for one close."""

    period: str
    gate: str
    requested_by: str
    approved_by: str
    reason: str
    waived_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """A gate of a period's close as it stands."""

    gate: str
    asks: str
    bound: str
    value: str
    blocks: bool
    what: str
    remedy: str
    waivable: bool
    waiver: Waiver | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Evidence of a task, and what another person said of it."""

    task: str
    prepared_by: str
    prepared_at: datetime
    sha256: str
    link: str
    note: str
    outcome: str | None
    """accepted or returned; None until another person signs."""
    signed_by: str | None
    signed_at: datetime | None
    sign_off_note: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A task of a period's close."""

    task: str
    title: str
    owner: str
    due_on: date
    after: list[str]
    gate: str | None
    required: bool
    state: str
    """waits, open, prepared, returned, waived or done."""
    what: str
    evidence: Evidence | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """A word that was given."""

    period: str
    ordinal: int
    action: str
    gate: str
    given_by: str
    given_at: datetime
    note: str


class PeriodOperations:
    """Closing, and what belongs to it. A period is ``2026-01`` or ``FY2026-P01``."""

    @Paged
    def list_periods(self) -> Listing[Period]:
        """Periods that were closed at least once, with their last certificate."""
        return listed(at("periods"), Period)

    @Operation
    def get_period(self, period: str) -> Call[Certificate]:
        """The certificate of a period's last close."""
        return get(at("periods", period), Certificate)

    @Operation
    def flash_close(self, period: str) -> Call[list[FlashLine]]:
        """What closing the period now would post; nothing is written."""
        return get(at("periods", period, "flash"), list[FlashLine])

    @Operation
    def give_consent(
        self, period: str, action: str, *, gate: str | None = None, note: str | None = None
    ) -> Call[Consent]:
        """Let another person close, soft_close, cut_off, reopen or waive."""
        body = told(action=action, gate=gate, note=note)
        return post(at("periods", period, "consents"), Consent, body)

    @Operation
    def close_period(self, period: str, *, approved_by: str) -> Call[Job]:
        """Ask for a close: the key's person prepared it, another gave their word on it.

        ``wait`` for the job; the period's certificate is there then.
        """
        return post(at("periods", period, "close"), Job, {"approved_by": approved_by})

    @Operation
    def soft_close_period(self, period: str, *, approved_by: str) -> Call[Job]:
        """Ask to post what is known; later facts post here only if the cut-off is moved."""
        return post(at("periods", period, "soft-close"), Job, {"approved_by": approved_by})

    @Operation
    def move_cut_off(self, period: str, *, requested_by: str, reason: str) -> Call[Job]:
        """Ask to post what is known by now in a soft-closed period; the key's person approves."""
        body = {"requested_by": requested_by, "reason": reason}
        return post(at("periods", period, "cut-off"), Job, body)

    @Operation
    def reopen_period(self, period: str, *, requested_by: str, reason: str) -> Call[Reopening]:
        """Open the last closed period again; the key's person approves."""
        body = {"requested_by": requested_by, "reason": reason}
        return post(at("periods", period, "reopen"), Reopening, body)

    @Operation
    def list_gates(self, period: str) -> Call[list[Gate]]:
        """The gates of a period's close, and which of them block."""
        return get(at("periods", period, "gates"), list[Gate])

    @Operation
    def waive_gate(self, period: str, gate: str, *, requested_by: str, reason: str) -> Call[Waiver]:
        """Let one close pass a gate; the key's person approves."""
        body = {"requested_by": requested_by, "reason": reason}
        return post(at("periods", period, "gates", gate, "waiver"), Waiver, body)

    @Operation
    def list_tasks(self, period: str) -> Call[list[Task]]:
        """The checklist of a period's close."""
        return get(at("periods", period, "checklist"), list[Task])

    @Operation
    def prepare_task(
        self,
        period: str,
        task: str,
        *,
        note: str | None = None,
        link: str | None = None,
        sha256: str | None = None,
    ) -> Call[Evidence]:
        """Tell what shows that a task is done."""
        body = told(note=note, link=link, sha256=sha256)
        return post(at("periods", period, "checklist", task, "evidence"), Evidence, body)

    @Operation
    def sign_task(
        self, period: str, task: str, *, accept: bool, note: str | None = None
    ) -> Call[Evidence]:
        """Accept or return another person's evidence."""
        body = told(accept=accept, note=note)
        return post(at("periods", period, "checklist", task, "sign-off"), Evidence, body)
