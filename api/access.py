"""Who calls and what they may: bearer keys, kept only as SHA-256, each an actor with a role."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, get_args

from fastapi import Depends, Header, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from api.problems import Forbidden, Unauthorised
from revrec.model.fact import digest_of
from revrec.operations.answering import Request as KeyedRequest
from revrec.operations.workspace import Workspace
from revrec.runtime.settings import ApiKey, Role

_ALL: frozenset[Role] = frozenset(get_args(Role))
_PREPARE: frozenset[Role] = frozenset({"preparer", "admin"})
_APPROVE: frozenset[Role] = frozenset({"approver", "admin"})
_OPERATE: frozenset[Role] = frozenset({"admin"})

MAY: Mapping[str, frozenset[Role]] = {
    "record_facts": _PREPARE,
    "simulate": _ALL,
    "propose_change": _PREPARE,
    "ingest_usage": _PREPARE,
    "rate_usage": _PREPARE,
    "list_quarantine": _ALL,
    "release_rows": _PREPARE,
    "reject_rows": _PREPARE,
    "list_release_requests": _ALL,
    "request_release": _PREPARE,
    "approve_release": _APPROVE,
    "list_batches": _ALL,
    "get_batch": _ALL,
    "list_usage_days": _ALL,
    "list_rules": _ALL,
    "list_flags": _ALL,
    "total_usage": _ALL,
    "list_usage": _ALL,
    "roll_up_usage": _OPERATE,
    "record_counts": _PREPARE,
    "compare_counts": _ALL,
    "compact_lake": _OPERATE,
    "close_period": _PREPARE,
    "soft_close_period": _PREPARE,
    "move_cut_off": _APPROVE,
    "reopen_period": _APPROVE,
    "propose_estimates": _PREPARE,
    "override_estimate": _PREPARE,
    "study_prices": _PREPARE,
    "decide_proposal": _APPROVE,
    "list_proposals": _ALL,
    "get_proposal": _ALL,
    "forecast_use": _ALL,
    "look_back": _ALL,
    "list_periods": _ALL,
    "get_period": _ALL,
    "flash_close": _ALL,
    "list_gates": _ALL,
    "waive_gate": _APPROVE,
    "measure_misstatements": _ALL,
    "assess_misstatements": _PREPARE,
    "list_tasks": _ALL,
    "prepare_task": _PREPARE,
    "sign_task": _APPROVE,
    "list_journal": _ALL,
    "export_journal": _PREPARE,
    "list_exports": _ALL,
    "list_exported_documents": _ALL,
    "get_export_file": _ALL,
    "record_references": _PREPARE,
    "list_combination_proposals": _ALL,
    "explain_contract": _ALL,
    "list_coverage": _ALL,
    "compare_books": _ALL,
    "list_book_rules": _ALL,
    "get_trial_balance": _ALL,
    "list_credits": _ALL,
    "list_credit_draws": _ALL,
    "list_commitments": _ALL,
    "reconcile_commitments": _ALL,
    "settle_commitments": _PREPARE,
    "calculate": _ALL,
}
"""Operation -> roles that may call it. An operation that is not listed is refused to all."""

_bearer = HTTPBearer(
    scheme_name="api_key",
    description="A key whose SHA-256 is in REVREC_API_KEYS.",
    auto_error=False,
)


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of a service."""

    by_digest: Mapping[str, ApiKey]

    @classmethod
    def of(cls, configured: Mapping[str, str | ApiKey]) -> Keys:
        """Keys as configured: a name alone acts as admin."""
        return cls(
            {
                digest: ApiKey(actor=given) if isinstance(given, str) else given
                for digest, given in configured.items()
            }
        )

    def holder(self, key: str) -> ApiKey | None:
        """Whom a key acts as. What is compared is a hash, so timing tells nothing of the key."""
        return self.by_digest.get(hashlib.sha256(key.encode()).hexdigest())


def workspace_of(
    request: Request, given: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
) -> Workspace:
    """The stores, acting as whoever the key belongs to, if their role may call the operation."""
    keys: Keys = request.app.state.keys
    holder = None if given is None else keys.holder(given.credentials)
    if holder is None:
        raise Unauthorised(
            "The request has no known key.",
            remedy="Send `Authorization: Bearer KEY`; an operator adds keys to REVREC_API_KEYS.",
        )
    request.state.actor = holder.actor
    operation = request.scope["route"].operation_id
    allowed = MAY.get(operation, frozenset())
    if holder.role not in allowed:
        raise Forbidden(
            f"The role {holder.role} of {holder.actor} may not call {operation}.",
            remedy=f"Have one of these do it: {', '.join(sorted(allowed))}.",
        )
    workspace: Workspace = request.app.state.workspace
    return workspace.acting_as(holder.actor)


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
