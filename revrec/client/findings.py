"""Findings of the checks, and what people do about them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from revrec.client.calls import Call, Operation, at, get, post, told
from revrec.client.jobs import Job


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A cause that a check found, with its history."""

    finding: str
    check: str
    reason: str
    customer: str
    contract: str
    subject: str
    currency: str
    amount: Decimal
    """As last seen; above zero where too much was invoiced, used or paid."""
    state: str
    """open, accepted, in_progress, resolved or reopened."""
    owner: str
    since: date
    age: str
    due_on: date | None
    waits_for_another_than: str
    sentence: str
    events: list[dict[str, Any]]


class FindingOperations:
    """Reading findings and acting on them."""

    @Operation
    def list_findings(
        self,
        *,
        state: str | None = None,
        standing: bool | None = None,
        check: str | None = None,
        contract: str | None = None,
        owner: str | None = None,
    ) -> Call[list[Finding]]:
        """What checks found, the oldest first."""
        return get(
            at("findings"),
            list[Finding],
            state=state,
            standing=standing,
            check=check,
            contract=contract,
            owner=owner,
        )

    @Operation
    def get_finding(self, finding: str) -> Call[Finding]:
        """One finding with its history."""
        return get(at("findings", finding), Finding)

    @Operation
    def change_finding(
        self,
        finding: str,
        action: str,
        *,
        note: str | None = None,
        owner: str | None = None,
        due_on: date | None = None,
    ) -> Call[Finding]:
        """One step: assign, accept, start, note, resolve or reopen."""
        body = told(action=action, note=note, owner=owner, due_on=due_on)
        return post(at("findings", finding, "actions"), Finding, body)

    @Operation
    def run_checks(self) -> Call[Job]:
        """Ask for the checks, which bring the findings to what they see now; ``wait`` for them."""
        return post(at("checks", "runs"), Job)
