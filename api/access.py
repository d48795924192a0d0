"""Who calls: bearer keys, kept only as SHA-256, each acting as one person or system."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from typing import Annotated

from fastapi import Depends, Header, Request

from api.problems import Unauthorised
from revrec.errors import FeedError
from revrec.operations.answering import Request as KeyedRequest
from revrec.operations.workspace import Workspace

KEY_MAX = 64


def workspace_of(
    request: Request, authorization: Annotated[str | None, Header()] = None
) -> Workspace:
    """The stores, acting as whoever the key belongs to."""
    keys: Mapping[str, str] = request.app.state.api_keys
    scheme, _, key = (authorization or "").partition(" ")
    digest = hashlib.sha256(key.encode()).hexdigest()
    actor = next(
        (actor for known, actor in keys.items() if hmac.compare_digest(known, digest)), None
    )
    if scheme.lower() != "bearer" or actor is None:
        raise Unauthorised(
            "The request has no known key.",
            remedy="Send `Authorization: Bearer KEY`; an operator adds keys to REVREC_API_KEYS.",
        )
    workspace: Workspace = request.app.state.workspace
    return workspace.acting_as(actor)


def key_of(idempotency_key: Annotated[str | None, Header(max_length=KEY_MAX)] = None) -> str:
    """The client's key for a request that writes; required."""
    if not idempotency_key:
        raise FeedError(
            "A request that writes needs an Idempotency-Key header.",
            remedy=f"Send one of your own, at most {KEY_MAX} characters, and repeat it on retries.",
            field="Idempotency-Key",
        )
    return idempotency_key


def keyed(key: str, *asked: object) -> KeyedRequest:
    """The key with a digest of what was asked."""
    digest = hashlib.sha256(repr(asked).encode()).hexdigest()
    return KeyedRequest(key=key, digest=digest)


Books = Annotated[Workspace, Depends(workspace_of)]
Key = Annotated[str, Depends(key_of)]
