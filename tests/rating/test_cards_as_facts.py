"""Rate cards and price agreements are facts: read, recorded in versions, told again the same."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from revrec.feeds.book import book_of
from revrec.feeds.loading import load
from revrec.feeds.records import fact_of, of_fact, to_fact
from revrec.model.fact import FactKind
from revrec.model.rating import PriceAgreement, RateCard, Reset, TierMode

CARD = """
rate_cards:
  - id: list-2026
    card: list
    currency: USD
    effective_from: 2026-01-01
    rounding: {mode: half_up}
    prices:
      - {id: input, meter: tokens, when: {type: input}, unit_amount: "3.00", per: 1000000}
      - {id: cached, meter: tokens, when: {type: cached}, multiple_of: input, multiplier: "0.1"}
      - id: calls
        meter: calls
        mode: volume
        resets: year
        tiers: [{up_to: 1000, unit_amount: "0.01"}, {unit_amount: "0.008"}]
price_agreements:
  - {id: acme-1, contract: acme, on: 2026-02-01, card: list, pool: group}
"""


def test_a_file_of_cards_and_agreements_is_read(tmp_path: Path) -> None:
    """Each becomes a fact of its kind, effective on its day, and reads back as it was told."""
    path = tmp_path / "prices.yaml"
    path.write_text(CARD)

    loaded = load(path)

    card, agreement = loaded.facts
    assert loaded.rejections == []
    assert (card.kind, card.key, card.contract) == (FactKind.RATE_CARD, "list-2026", None)
    assert agreement.contract == "acme"
    assert [card.effective_on, agreement.effective_on] == [date(2026, 1, 1), date(2026, 2, 1)]
    read, agreed = of_fact(card), of_fact(agreement)
    assert isinstance(read, RateCard)
    assert isinstance(agreed, PriceAgreement)
    assert read.prices[1].multiplier == Decimal("0.1")
    assert (read.prices[2].mode, read.prices[2].resets) == (TierMode.VOLUME, Reset.YEAR)
    assert to_fact(FactKind.RATE_CARD, read) == card
    assert to_fact(FactKind.PRICE_AGREEMENT, agreed) == agreement


def test_the_engine_leaves_prices_of_usage_alone() -> None:
    """An agreement of a contract that is not known (yet) does not block a book."""
    record = {"kind": "price_agreement", "id": "a", "contract": "x", "on": "2026-01-01"}

    book, unknown = book_of([fact_of(record | {"card": "list"}, "test")])

    assert (dict(book.histories), unknown) == ({}, [])


def test_a_card_in_no_currency_is_refused() -> None:
    """The currency is an ISO 4217 code."""
    record = {"kind": "rate_card", "id": "l", "card": "l", "currency": "USX", "prices": []}

    with pytest.raises(Exception, match="'USX' is not an ISO 4217 currency code"):
        fact_of(record | {"effective_from": "2026-01-01"}, "test")
