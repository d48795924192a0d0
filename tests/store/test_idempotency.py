"""The same request twice is one effect and one answer."""

from __future__ import annotations

import pytest

from revrec.errors import IdempotencyMismatch
from revrec.store import audit_log, idempotency
from revrec.store.idempotency import Answer


def request(digest="d1", key="k", body="first"):
    """A request that has an effect and answers with ``body``."""

    def operation(tx):
        known = idempotency.recall(tx, key, digest)
        if known is not None:
            return known
        audit_log.write(tx, "effect", body, {})
        idempotency.remember(tx, key, digest, status=201, body=body)
        return None

    return operation


def effects(run):
    """How often something happened."""
    return [event.subject for event in run(audit_log.read)]


def test_the_first_answer_is_given_again(run, clock):
    """Byte for byte, with its status and time; nothing happens a second time."""
    assert None is run(request(body="ü\r\n1"))
    for _ in range(4):
        answer = run(request(body="another"))
        assert Answer(status=201, body="ü\r\n1", recorded_at=clock.now()) == answer
    assert ["ü\r\n1"] == effects(run)


def test_a_key_is_for_one_request(run):
    """Another request under the same key is a mistake of the client."""
    run(request("d1"))

    with pytest.raises(IdempotencyMismatch, match="'k' was used for another request"):
        run(request("d2"))
    assert ["first"] == effects(run)


def test_keys_belong_to_an_entity(database, entity):
    """Two entities may use the same key."""
    for books in (entity, entity + 100_000):
        assert None is database.run(request(), entity=books, actor="a")


def test_an_answer_goes_with_its_effect(run):
    """A request that failed leaves the key free."""

    def fail(tx):
        request()(tx)
        raise RuntimeError("after the answer was kept")

    with pytest.raises(RuntimeError):
        run(fail)
    assert None is run(request())
    assert ["first"] == effects(run)
