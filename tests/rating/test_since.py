"""What changed since the last rating is all that is rated anew, and the ledger is the same."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from revrec.usage.rerating import read_told
from revrec.usage.since import EVER, Since, changed_since
from revrec.usage.staging import scratch
from tests.rating.conftest import Metering
from tests.rating.test_rerating import TIERED, counted
from tests.usage.customers import customer, fact

JANUARY_LAST = date(2026, 1, 31)
MARCH_LAST = date(2026, 3, 31)


def globex_agrees(**terms: Any) -> dict[str, Any]:
    """Globex pays by a list of its own in euros."""
    return {
        "kind": "price_agreement", "id": "globex-1", "contract": "globex", "on": "2026-01-01",
        "card": "euro",
    } | terms  # fmt: skip


def euro(*prices: dict[str, Any]) -> dict[str, Any]:
    """The list Globex pays by."""
    return {"kind": "rate_card", "id": "euro-1", "card": "euro", "currency": "EUR",
            "effective_from": "2026-01-01", "prices": list(prices)}  # fmt: skip


def changed(books: Metering, through: date) -> dict[str, Since] | None:
    """What the next rating would rate anew."""

    def read(tx: Any) -> dict[str, Since] | None:
        with scratch() as bench:
            return changed_since(bench, tx, books.lake, read_told(tx), through=through)

    return books.database.run(read, entity=books.entity, actor="auditor", read_only=True)


def test_only_what_changed_is_rated_anew(books: Metering, price: Callable[..., None]) -> None:
    """A contract, from the beginning of the month a change lies in; nothing where nothing did."""
    price(TIERED)
    books.tell(euro(TIERED), globex_agrees())
    books.send([counted(60), counted(80, contract="globex")])
    assert changed(books, JANUARY_LAST) is None

    books.rate(JANUARY_LAST)
    assert changed(books, JANUARY_LAST) == {}
    assert changed(books, MARCH_LAST) == {}

    books.send([counted(10, day=date(2026, 2, 10)), counted(5, day=date(2026, 3, 5))])
    february = Since(changed=date(2026, 2, 10), fed=date(2026, 2, 1))
    assert changed(books, JANUARY_LAST) == {"acme": february}

    books.rate(JANUARY_LAST)
    books.tell(euro(TIERED | {"minimum": "100"}))
    assert changed(books, JANUARY_LAST) == {"globex": Since(changed=EVER, fed=EVER)}

    books.rate(JANUARY_LAST)
    due = Since(changed=date(2026, 2, 1), fed=date(2026, 2, 1))
    assert changed(books, MARCH_LAST) == {"globex": due}
    assert changed(books, date(2026, 1, 30)) is None


@pytest.mark.parametrize("pooled", [False, True], ids=["apart", "pooled"])
def test_the_ledger_is_as_if_everything_were_rated(
    books: Metering, price: Callable[..., None], *, pooled: bool
) -> None:
    """After each step a rating of everything finds nothing to change, and the totals agree."""
    monthly = TIERED | {"minimum": "30", "anchor": "contract"}
    price(monthly)
    books.tell(
        {"kind": "price_agreement", "id": "acme-1", "contract": "acme", "on": "2026-01-01",
         "card": "list", "pool": "group" if pooled else ""}
    )  # fmt: skip
    if pooled:
        books.tell(fact_record("globex"), globex_agrees(card="list", pool="group"))
    else:
        books.tell(euro(monthly | {"resets": "quarter"}), globex_agrees())
    steps: list[Callable[[], object]] = [
        lambda: books.send([counted(60), counted(80, contract="globex")], batch="first"),
        lambda: books.send([counted(70, day=date(2026, 2, 3))], batch="february"),
        lambda: books.send(
            [
                counted(9, day=date(2026, 1, 3), contract="globex"),
                counted(-5, corrects="u-2026-01-15-60"),
            ],
            batch="late and corrected",
        ),
        lambda: price(monthly | {"minimum": "50"}),
        lambda: books.send([counted(1, meter="calls")], batch="unpriced"),
        lambda: price(monthly, {"id": "calls", "meter": "calls", "unit_amount": "2"}),
    ]
    for number, step in enumerate(steps):
        step()
        run = books.rate(MARCH_LAST if number > 1 else JANUARY_LAST)
        whole = books.rate(
            MARCH_LAST if number > 1 else JANUARY_LAST, dry_run=True, everything=True
        )

        assert (whole.new, whole.corrected) == (0, 0)
        assert (run.counted, run.rated, run.unpriced) == (
            whole.counted, whole.rated, whole.unpriced,
        )  # fmt: skip
        assert run.amounts == whole.amounts
        assert run.new + run.corrected > 0 or number == 4


def fact_record(name: str) -> dict[str, Any]:
    """The contract in dollars, as a record."""
    told = fact(customer(name))
    return {"kind": told.kind.value, **told.body}
