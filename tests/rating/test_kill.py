"""kill -9 at any point of a rating leaves the ledger unrated or rated whole; again, it is whole."""

from __future__ import annotations

import random
import time
from typing import Any

import pytest

from revrec.runtime.settings import Settings
from revrec.store import facts
from revrec.store.database import Database
from revrec.store.lake import Lake
from tests.processes import PROCESSES
from tests.rating.conftest import Metering
from tests.usage import victim
from tests.usage.customers import customers
from tests.usage.samples import told

SEED = 20260202
ROWS = 1000
FIRST_ENTITY = 6000
CARD = {
    "kind": "rate_card",
    "id": "list-1",
    "card": "list",
    "currency": "USD",
    "effective_from": "2026-01-01",
    "prices": [{"id": "tokens", "meter": "tokens", "unit_amount": "0.03", "included": "500"}],
}
AGREEMENT = {
    "kind": "price_agreement",
    "id": "acme-1",
    "contract": "acme",
    "on": "2026-01-01",
    "card": "list",
}


def counted(database: Database, lake: Lake, entity: int) -> Metering:
    """Books of the entity with usage that is counted and priced, and not rated yet."""
    database.run(lambda tx: facts.record(tx, customers()), entity=entity, actor="preparer")
    books = Metering(database, lake, entity)
    books.tell(CARD, AGREEMENT)
    books.send(
        [
            told(
                usage_id=f"u-{n}",
                usage_date=f"2026-01-{n % 28 + 1:02}",
                quantity=str(n + 1),
                amount=None,
                currency=None,
            )
            for n in range(ROWS)
        ],
        batch="counted",
    )
    return books


def rows(books: Metering) -> list[dict[str, Any]]:
    """What the ledger holds, but for the entity and the name of the batch."""
    return [row | {"entity_id": 0, "batch": ""} for row in books.ledger()]


def killed(settings: Settings, entity: int, *, after: float | None) -> int | None:
    """Rate in a process that is killed after so many seconds, or between the two commits."""
    hear, say = PROCESSES.Pipe(duplex=False)
    child = PROCESSES.Process(
        target=victim.price, args=(settings, entity), kwargs={"say": say, "dying": after is None}
    )
    child.start()
    assert "begins" == hear.recv()
    child.join(timeout=after)
    child.kill()
    child.join()
    return child.exitcode


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("kills", [3, pytest.param(100, marks=pytest.mark.torture)])
def test_killed_at_random_points(
    database: Database, lake: Lake, settings: Settings, kills: int
) -> None:
    """Kills over the length of a rating; the seed is fixed, the scheduler is not."""
    whole = counted(database, lake, FIRST_ENTITY)
    started = time.monotonic()
    run = whole.rate()
    length = time.monotonic() - started
    # The sum of 1 to 1000 less 500 free units, at 0.03 a unit.
    assert {"USD": 15000} == run.amounts
    expected = rows(whole)
    chance = random.Random(SEED)

    deaths = 0
    for entity in range(FIRST_ENTITY + 1, FIRST_ENTITY + 1 + kills):
        books = counted(database, lake, entity)
        deaths += killed(settings, entity, after=chance.uniform(0, length)) != 0

        assert rows(books) in ([], expected)
        books.rate()
        assert expected == rows(books)

    assert 0 == books.rate().new
    assert deaths >= kills // 2


def test_killed_between_the_two_commits(database: Database, lake: Lake, settings: Settings) -> None:
    """A rating whose Delta version PostgreSQL does not name never was."""
    books = counted(database, lake, FIRST_ENTITY - 1)

    assert -9 == killed(settings, books.entity, after=None)
    assert [] == rows(books)
    assert {"USD": 15000} == books.rate().amounts
    assert 15000 == sum(books.amounts().values())
