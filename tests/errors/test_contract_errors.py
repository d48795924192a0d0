"""Facts that contradict each other are refused in words that name place, paragraph and remedy."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from revrec import engine
from revrec.errors import RevrecError
from revrec.feeds.documents import read_yaml
from revrec.feeds.scenario import scenario_of

CASES = read_yaml(Path(__file__).with_name("contracts.yaml").read_text(), "contracts.yaml")
DEC_31 = date(2026, 12, 31)


def refusal(case) -> RevrecError | None:
    """Why the contract of the case is refused, at the door or by the engine."""
    contract = {
        "id": "C",
        "customer": "x",
        "currency": "USD",
        "inception": "2026-01-01",
        "end": "2026-12-31",
        **case["contract"],
    }
    told = {
        "title": case["name"],
        "cites": ["606-10-25-1"],
        "contracts": [contract],
        "events": case.get("events", []),
        "expected": [{"as_of": "2026-12-31", "measure": "receivable", "amount": "0"}],
    }
    try:
        book = scenario_of(told).book()
    except RevrecError as error:
        return error
    return engine.account(book, [DEC_31]).refused.get("C")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_contradiction_is_refused_in_clear_words(case):
    """Code, paragraph, field, message and remedy are as published."""
    error = refusal(case)

    assert error is not None
    assert case["error"] == {
        name: value
        for name, value in (
            ("code", error.code),
            ("paragraph", error.citation),
            ("field", error.attributes.get("field")),
            ("message", error.message),
            ("remedy", error.remedy),
        )
        if value
    }
