"""The same request twice is one effect and one answer, kept with the effect it reports."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from revrec.operations.workspace import Workspace
from revrec.store import idempotency
from revrec.store.transaction import Transaction

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request's key, chosen by the client, and a digest of what it asks."""

    key: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """The body of the answer, and whether it was given before."""

    body: str
    replayed: bool


def once(
    workspace: Workspace,
    request: Request,
    operation: Callable[[Transaction], T],
    encode: Callable[[T], str],
    *,
    before: Callable[[], object] | None = None,
) -> Answered:
    """Run the operation and keep its answer, or give the answer kept for the key.

    ``before`` is what has to be done ahead of the operation in transactions of its own; a
    request that was answered does not do it again.

    Raises RequestInProgress while a request with the key runs, IdempotencyMismatch when the key was
    used for another request.
    """

    def run(tx: Transaction) -> Answered:
        known = idempotency.recall(tx, request.key, request.digest)
        if known is not None:
            return Answered(body=known.body, replayed=True)
        body = encode(operation(tx))
        idempotency.remember(tx, request.key, request.digest, status=200, body=body)
        return Answered(body=body, replayed=False)

    if before is not None:
        answer = workspace.run(
            lambda tx: idempotency.look_up(tx, request.key, request.digest), read_only=True
        )
        if answer is not None:
            return Answered(body=answer.body, replayed=True)
        before()
    return workspace.run(run)
