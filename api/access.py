"""Who calls and what they may: bearer keys of people and services, and what a call needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated

from fastapi import Depends, Header, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from revrec.errors import Unauthorised
from revrec.model.fact import digest_of
from revrec.model.people import Actor, Duty
from revrec.operations.answering import Request as KeyedRequest
from revrec.operations.people import NOBODY, by_key, digest_of_key, require
from revrec.operations.workspace import Workspace
from revrec.store import people
from revrec.store.transaction import Transaction

_READ = frozenset({Duty.READ})
_RECORD = frozenset({Duty.RECORD, Duty.PREPARE})
_PREPARE = frozenset({Duty.PREPARE})
_APPROVE = frozenset({Duty.APPROVE})
_CONTROL = frozenset({Duty.CONTROL})
_INSPECT = frozenset({Duty.INSPECT})
_OPERATE = frozenset({Duty.OPERATE})
_ADMINISTER = frozenset({Duty.ADMINISTER})
_ANY = frozenset(Duty)

MAY: Mapping[str, frozenset[Duty]] = {
    "record_facts": _RECORD,
    "simulate": _READ,
    "run_in_parallel": _READ,
    "show_cutover": _READ,
    "propose_change": _PREPARE,
    "ingest_usage": _RECORD,
    "rate_usage": _RECORD,
    "list_quarantine": _READ,
    "release_rows": _PREPARE,
    "reject_rows": _PREPARE,
    "list_release_requests": _READ,
    "request_release": _PREPARE,
    "approve_release": _APPROVE,
    "list_batches": _READ,
    "get_batch": _READ,
    "list_usage_days": _READ,
    "list_rules": _READ,
    "list_flags": _READ,
    "total_usage": _READ,
    "list_usage": _READ,
    "roll_up_usage": _OPERATE,
    "record_counts": _RECORD,
    "compare_counts": _READ,
    "compact_lake": _OPERATE,
    "close_period": _PREPARE,
    "soft_close_period": _PREPARE,
    "move_cut_off": _CONTROL,
    "reopen_period": _CONTROL,
    "propose_estimates": _PREPARE,
    "override_estimate": _PREPARE,
    "study_prices": _PREPARE,
    "decide_proposal": _APPROVE,
    "list_proposals": _READ,
    "get_proposal": _READ,
    "forecast_use": _READ,
    "look_back": _READ,
    "list_periods": _READ,
    "get_period": _READ,
    "flash_close": _READ,
    "list_gates": _READ,
    "waive_gate": _CONTROL,
    "measure_misstatements": _READ,
    "assess_misstatements": _PREPARE,
    "list_findings": _READ,
    "get_finding": _READ,
    "change_finding": _PREPARE | _APPROVE,
    "run_checks": _RECORD,
    "list_tasks": _READ,
    "prepare_task": _PREPARE,
    "sign_task": _APPROVE,
    "list_journal": _READ,
    "list_datasets": _READ,
    "get_dataset": _READ,
    "export_journal": _PREPARE,
    "list_exports": _READ,
    "list_exported_documents": _READ,
    "get_export_file": _READ,
    "get_package": _READ,
    "get_usage_statement": _READ,
    "record_references": _RECORD,
    "list_combination_proposals": _READ,
    "explain_contract": _READ,
    "list_coverage": _READ,
    "compare_books": _READ,
    "list_book_rules": _READ,
    "get_trial_balance": _READ,
    "list_credits": _READ,
    "list_credit_draws": _READ,
    "list_commitments": _READ,
    "reconcile_commitments": _READ,
    "settle_commitments": _PREPARE,
    "calculate": _READ,
    "give_consent": _PREPARE | _APPROVE | _CONTROL,
    "list_users": _INSPECT,
    "enrol_user": _ADMINISTER,
    "grant_role": _ADMINISTER,
    "end_role": _ANY,
    "accept_conflict": _CONTROL,
    "list_keys": _INSPECT,
    "issue_key": _ANY,
    "end_key": _ANY,
    "list_audit_events": _INSPECT,
    "start_job": _READ | _RECORD,
    "list_jobs": _READ,
    "get_job": _READ,
    "watch_job": _READ,
    "cancel_job": _READ | _RECORD,
}
"""Operation -> duties, one of which lets a caller in; who has which is the database's to say.

An operation that is not listed is refused to all. A key and a role may be ended, and a key issued,
by its own person; the database looks at whose it is.
"""

OPEN_NAME = "operator"
"""Whom the service's own key acts as while nobody is enrolled."""

_bearer = HTTPBearer(
    scheme_name="api_key",
    description="A key of a person or service, issued by `revrec keys add`.",
    auto_error=False,
)


def workspace_of(
    request: Request, given: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
) -> Workspace:
    """The stores, acting as whoever the key belongs to, if they may call the operation."""
    if given is None or not given.credentials:
        raise Unauthorised(
            "The request has no key.",
            remedy="Send `Authorization: Bearer KEY`; `revrec keys add` issues one.",
        )
    workspace: Workspace = request.app.state.workspace
    open_key: str | None = request.app.state.open_key
    operation = request.scope["route"].operation_id
    wanted = MAY.get(operation, frozenset())

    def shown(tx: Transaction) -> Actor:
        is_open = open_key is not None and not people.is_enrolled(tx)
        if is_open and digest_of_key(given.credentials) == open_key:
            return Actor(name=OPEN_NAME, duties=frozenset(Duty))
        return by_key(tx, given.credentials)

    actor = workspace.acting_as(NOBODY).run(shown, read_only=True)
    request.state.actor = actor.name
    books = replace(workspace, actor=actor.name, duties=actor.duties)
    if not actor.duties.intersection(wanted):
        # In a transaction, so that the denial is in the audit log.
        books.run(lambda _: require(actor, wanted, operation), read_only=True)
    return books


def key_of(
    idempotency_key: Annotated[
        str,
        Header(
            alias="Idempotency-Key",
            pattern=r"^[\x21-\x7e]{1,64}$",
            description="Names the request; the same key again is answered and not done again.",
            examples=["close-2026-01"],
        ),
    ],
) -> str:
    """The client's key for a request that writes."""
    return idempotency_key


def keyed(key: str, *asked: object) -> KeyedRequest:
    """The key with a digest of what was asked."""
    return KeyedRequest(key=key, digest=digest_of(list(asked)))


Books = Annotated[Workspace, Depends(workspace_of)]
Key = Annotated[str, Depends(key_of)]
