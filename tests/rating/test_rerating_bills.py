"""A price lowered for the past: the ledger is corrected, what was billed too much comes back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from revrec.commitments.position import Position, position_of
from revrec.feeds.book import book_of
from revrec.feeds.records import to_fact
from revrec.model.fact import FactKind
from revrec.store import facts
from revrec.store.transaction import Transaction
from revrec.usage import rollup
from tests.rating.conftest import Metering
from tests.usage.samples import told

MARCH = date(2026, 3, 31)
COMMITMENT = {
    "kind": "commitment", "id": "year", "contract": "acme", "on": "2026-01-01",
    "last_day": "2026-12-31", "amount": "5000", "form": "postpaid",
}  # fmt: skip
BILL = {
    "kind": "invoice", "id": "I-1", "contract": "acme", "on": "2026-03-31",
    "lines": [{"amount": "900.00", "consideration": "use"}],
}  # fmt: skip


def at_the_end_of_march(books: Metering) -> Position:
    """Where the commitment stands, from all facts and all of the ledger."""

    def read(tx: Transaction) -> Position:
        book, _ = book_of(each.fact for each in facts.read(tx))
        daily = rollup.daily(books.lake.dataset(tx, "usage"), entity=books.entity)
        return position_of(book, daily, MARCH)

    return books.database.run(read, entity=books.entity, actor="auditor", read_only=True)


def test_a_card_corrected_for_the_past_is_credited_and_nothing_old_is_edited(
    books: Metering, price: Callable[..., None]
) -> None:
    """300 tokens at 3.00 were billed, 900.00; at 2.40 they are 720.00: 180.00 come back, once.

    The ledger keeps its row and gets a correction; the commitment is consumed by 720.00.
    """
    price({"id": "tokens", "meter": "tokens", "unit_amount": "3.00"})
    row = {name: value for name, value in told(quantity="300").items()
           if name not in {"amount", "currency"}}  # fmt: skip
    books.send([row])
    books.rate()
    books.tell(COMMITMENT, BILL)
    (settled,) = at_the_end_of_march(books).reconciling()

    price({"id": "tokens", "meter": "tokens", "unit_amount": "2.40"})
    run = books.rate()
    found = at_the_end_of_march(books)
    (open_one,) = found.reconciling()
    (memo,) = open_one.documents
    books.tell({"kind": memo.kind, **to_fact(FactKind(memo.kind), memo).body})
    (again,) = at_the_end_of_march(books).reconciling()

    assert (settled.due, settled.billed, settled.documents) == (90000, 90000, ())
    assert (run.new, run.corrected) == (0, 1)
    assert [each["amount"] for each in books.ledger()] == [900, -180]
    assert (open_one.difference, memo.kind) == (-18000, "credit_memo")
    assert (again.difference, again.documents) == (0, ())
    assert [each.consumed for each in found.commitments()] == [720]
