"""Who calls and what they may: bearer keys of people and services, and what a call needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, NoReturn

from fastapi import Depends, Header, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from api.tokens import Shown, looks_like_token
from revrec.errors import AccessError, Forbidden, Unauthorised
from revrec.model.fact import digest_of
from revrec.model.people import Actor, Duty
from revrec.operations.answering import Request as KeyedRequest
from revrec.operations.people import (
    NOBODY,
    by_key,
    by_token,
    digest_of_key,
    note_inspection,
    require,
)
from revrec.operations.workspace import Workspace
from revrec.store import people
from revrec.store.transaction import Transaction

_READ = frozenset({Duty.READ})
_RECORD = frozenset({Duty.RECORD, Duty.PREPARE})
_PREPARE = frozenset({Duty.PREPARE})
_APPROVE = frozenset({Duty.APPROVE})
_CONTROL = frozenset({Duty.CONTROL})
_INSPECT = frozenset({Duty.INSPECT})
_AUDIT = frozenset({Duty.AUDIT})
_OPERATE = frozenset({Duty.OPERATE})
_ADMINISTER = frozenset({Duty.ADMINISTER})
_ANY = frozenset(Duty)

MAY: Mapping[str, frozenset[Duty]] = {
    "record_facts": _RECORD,
    "list_quarantined_facts": _READ,
    "get_quarantined_fact": _READ,
    "release_facts": _PREPARE,
    "dismiss_facts": _PREPARE,
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
    "explain_posting": _READ,
    "explain_contract_fully": _READ,
    "list_facts": _READ,
    "get_fact": _READ,
    "list_contracts": _READ,
    "get_contract": _READ,
    "list_customers": _READ,
    "get_customer": _READ,
    "get_contract_schedule": _READ,
    "explain_obligation": _READ,
    "explain_fact": _READ,
    "explain_period": _READ,
    "explain_line": _READ,
    "explain_changes": _READ,
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
    "get_user": _INSPECT,
    "enrol_user": _ADMINISTER,
    "grant_role": _ADMINISTER,
    "end_role": _ANY,
    "accept_conflict": _CONTROL,
    "list_keys": _INSPECT,
    "get_key": _INSPECT,
    "issue_key": _ANY,
    "rotate_key": _ANY,
    "end_key": _ANY,
    "list_webhooks": _INSPECT,
    "add_webhook": _ADMINISTER,
    "get_webhook": _INSPECT,
    "rotate_webhook": _ADMINISTER,
    "end_webhook": _ADMINISTER,
    "list_deliveries": _INSPECT,
    "replay_delivery": _OPERATE,
    "list_audit_events": _INSPECT,
    "get_evidence": _INSPECT,
    "list_samples": _READ,
    "get_sample": _READ,
    "get_sample_pack": _READ,
    "draw_sample": _AUDIT,
    "record_sample_results": _AUDIT,
    "evaluate_sample": _AUDIT,
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
    description="A key of a person or service, issued by `revrec keys add`, or a token of the "
    "OpenID provider that the service trusts.",
    auto_error=False,
)
Entity = Annotated[
    int,
    Header(
        alias="Revrec-Entity",
        ge=0,
        le=2**31 - 1,
        description="The reporting entity, of those that the service serves; its own if 0.",
    ),
]


def workspace_of(
    request: Request,
    given: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
    entity: Entity = 0,
) -> Workspace:
    """The stores, acting as whoever the key or token is of, if they may call the operation.

    Raises Unauthorised, Forbidden, which are in the audit log, and TooManyRequests.
    """
    state = request.app.state
    workspace: Workspace = state.workspace
    operation = request.scope["route"].operation_id
    wanted = MAY.get(operation, frozenset())
    shown = _shown(request, given.credentials if given else "", entity or workspace.entity)
    if isinstance(shown, AccessError):
        # Each is a row of the audit log, so they are limited too, by where they come from.
        peer = request.client.host if request.client else ""
        state.limit.spend(request, workspace.database, f"from {peer}")
        workspace.acting_as(NOBODY).run(lambda _: _refuse(shown), read_only=True)
    request.state.actor = shown.actor.name
    state.limit.spend(request, workspace.database, shown.caller)
    books = replace(
        workspace,
        entity=entity or workspace.entity,
        actor=shown.actor.name,
        duties=shown.actor.duties,
    )
    if not shown.actor.duties.intersection(wanted):
        # In a transaction, so that the denial is in the audit log.
        books.run(lambda _: require(shown.actor, wanted, operation), read_only=True)
    if shown.actor.name != OPEN_NAME:
        query = request.url.query
        asked = f"{request.url.path}?{query}" if query else request.url.path
        note_inspection(books, operation, asked)
    return books


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shown:
    """Who calls, and by what name their requests are counted."""

    actor: Actor
    caller: str


def _shown(request: Request, credentials: str, entity: int) -> _Shown | AccessError:
    """Whom the key or token is of, or why it lets nobody in."""
    state = request.app.state
    workspace: Workspace = state.workspace
    try:
        if not credentials:
            raise Unauthorised(
                "The request has no key.",
                remedy="Send `Authorization: Bearer KEY`; `revrec keys add` issues one.",
            )
        if entity not in {workspace.entity, *workspace.served}:
            raise Forbidden(
                f"This service does not serve entity {entity}.",
                remedy="Ask the service of that entity, or leave Revrec-Entity out.",
            )
        token: Shown | None = None
        if state.tokens is not None and looks_like_token(credentials):
            token = state.tokens.shown_by(credentials)
    except AccessError as denial:
        return denial
    digest = digest_of_key(credentials)

    def identify(tx: Transaction) -> _Shown | AccessError:
        is_open = state.open_key == digest and entity == workspace.entity
        if is_open and not people.is_enrolled(tx):
            return _Shown(actor=Actor(name=OPEN_NAME, duties=frozenset(Duty)), caller=OPEN_NAME)
        try:
            if token is None:
                return _Shown(actor=by_key(tx, credentials), caller=f"key_{digest[:12]}")
            actor = by_token(tx, token.login, roles=token.roles, entities=token.entities)
        except AccessError as denial:
            # Told on, and not raised here: what is raised is written into the audit log.
            return denial
        return _Shown(actor=actor, caller=f"{entity}/{token.login}")

    known = replace(workspace, entity=entity, actor=NOBODY, duties=None)
    return known.run(identify, read_only=True)


def _refuse(denial: AccessError) -> NoReturn:
    raise denial


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
