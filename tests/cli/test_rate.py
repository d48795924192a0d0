"""Counted usage from files to rated rows by the command."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Command

BOOK = """
contracts:
  - id: acme
    customer: acme
    currency: USD
    inception: 2026-01-01
    obligations: [{id: api, product: api, measure: usage, meters: [tokens]}]
    consideration: [{id: use, kind: usage, obligation: api}]
rate_cards:
  - id: list-2026
    card: list
    currency: USD
    effective_from: 2026-01-01
    prices: [{id: input, meter: tokens, when: {type: input}, unit_amount: "3", per: 1000000}]
price_agreements:
  - {id: acme-1, contract: acme, on: 2026-01-01, card: list}
"""
EVENT = {
    "source": "gateway",
    "time": "2026-01-15T10:00:00Z",
    "customer": "acme",
    "meter": "tokens",
    "unit": "token",
}


@pytest.mark.timeout(300)
def test_events_are_taken_in_and_rated(command: Command, tmp_path: Path) -> None:
    """2,500,000 input tokens at 3.00 a million are 7.50; output tokens have no price."""
    book, usage = tmp_path / "book.yaml", tmp_path / "usage.ndjson"
    book.write_text(BOOK)
    told = [("e-1", 2_500_000, "input"), ("e-2", 9, "output")]
    usage.write_text(
        "".join(
            json.dumps(
                EVENT | {"usage_id": name, "quantity": quantity, "dimensions": {"type": kind}}
            )
            + "\n"
            for name, quantity, kind in told
        )
    )
    assert command("load", book).returncode == 0
    ingested = command("ingest", usage, "--form", "events", "--json")
    assert json.loads(ingested.stdout)["accepted"] == 2

    looked = command("rate", "--dry-run")
    rated = command("rate", "--json")
    again = command("rate", "--json")

    assert "1 new lines" in looked.stderr
    assert "No price: 9" in looked.stderr
    assert rated.returncode == 1, "usage without a price ends with 1"
    run = json.loads(rated.stdout)
    assert run["amounts"] == {"USD": "7.500000000000"}
    assert [each["labels"] for each in run["unpriced"]] == ['{"type":"output"}']
    assert (run["new"], json.loads(again.stdout)["new"]) == (1, 0)
