"""Questions that contradict themselves are refused, and the command asks as a person does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from revrec.cli import app
from revrec.errors import FeedError
from revrec.feeds.calculations import question_of
from revrec.rating.answers import answer

MARCH = {"from": "2026-03-01", "to": "2026-03-31"}
PART = {"kind": "proration", "currency": "USD", "period": MARCH}
PRICE = {"id": "u", "meter": "u", "unit_amount": "1"}
USAGE = {"kind": "usage_price", "currency": "USD", "prices": [PRICE]}
BILL = {"kind": "settlement", "currency": "USD", "lines": [{"id": "a", "amount": "1"}]}
METER = {
    "kind": "metering",
    "how": "sum",
    "begins": "2026-03-01T00:00:00Z",
    "ends": "2026-04-01T00:00:00Z",
}
LEVEL = {"kind": "level_price", "currency": "USD", "period": MARCH}


@pytest.mark.parametrize(
    ("question", "said"),
    [
        (PART, "is of an amount, or of a change"),
        (PART | {"amount": "1", "new": "2"}, "is of an amount, or of a change"),
        (PART | {"amount": "1", "to": "2026-04-01"}, "not within the period from 2026-03-01"),
        (PART | {"old": "1", "new": "2"}, "has a day or a moment"),
        (PART | {"old": "1", "new": "2", "on": "2026-04-01"}, "A change on 2026-04-01 is not"),
        (PART | {"old": "1", "new": "2", "at": "2026-03-02T00:00:00Z"}, "is prorated by days"),
        (PART | {"old": "1", "new": "2", "at": "2026-03-02T00:00:00"}, "timezone"),
        (USAGE, "has no start"),
        (USAGE | {"usage": [{"meter": "u", "quantity": "1"}]}, "usage of u has no day"),
        (USAGE | {"start": "2026-03-01", "before": {"x": "1"}}, "before of x is of no price"),
        (
            USAGE
            | {
                "prices": [PRICE | {"resets": "hour"}],
                "usage": [{"meter": "u", "quantity": "1", "on": "2026-03-02"}],
            },
            "priced by the hour and has no moment",
        ),
        (BILL | {"lines": BILL["lines"] * 2}, "The lines have a name twice"),
        (BILL | {"order": ["tax"]}, "does not tell each step once"),
        (
            BILL | {"credits": [{"id": "c", "amount": "1", "pays": ["b"]}]},
            "the credit 'c' is of b, which is no line",
        ),
        (
            BILL | {"coupons": [{"amount": "1", "lines": ["b"]}]},
            "the coupon 1 is of b, which is no line",
        ),
        (
            METER
            | {
                "events": [
                    {"id": "e", "at": "2026-03-01T00:00:00Z", "value": each} for each in "12"
                ]
            },
            "the event 'e' is told twice with other values",
        ),
        (
            USAGE
            | {
                "prices": [PRICE | {"aggregation": "max"}],
                "before": {PRICE["id"]: "1"},
                "start": "2026-03-01",
            },
            "is of no sum",
        ),
        (
            PART | {"amount": "1", "by": "seconds", "days_in_period": "30"},
            "a period of 30 days is counted by days",
        ),
        (
            {
                "kind": "discounted_plan",
                "currency": "USD",
                "commitment": "1",
                "uses": [{"id": "u", "quantity": "1", "plan_price": "2", "list_price": "1"}],
            },
            "a plan price below 0 or above its list price",
        ),
        (
            BILL | {"lines": [{"id": "a", "amount": "1", "counts_to": "k"}]},
            "counts to 'k', which is not told",
        ),
        (
            {"kind": "threshold_billing", "usage": [], "thresholds": ["1", "2"], "fresh": True},
            "A fresh threshold is one",
        ),
        (METER | {"events": [{"at": "2026-04-01T00:00:00Z"}]}, "not within the window"),
        (METER | {"events": [{"at": "2026-03-01T00:00:00Z", "value": "x"}]}, "is no number"),
        (LEVEL | {"tiers": []}, "no rising bounds"),
        (LEVEL | {"tiers": [{"up_to": "5"}, {"up_to": "5"}, {}]}, "no rising bounds"),
        (LEVEL | {"tiers": [{"up_to": "5"}]}, "no rising bounds"),
        ({"kind": "guess"}, "kind"),
        (PART | {"amount": "1", "rate": "2"}, "rate"),
    ],
)
def test_a_question_that_contradicts_itself_is_refused(question: dict[str, Any], said: str) -> None:
    """The refusal names what does, and what to do."""
    with pytest.raises(FeedError) as caught:
        answer(question_of(question, "the question"))

    assert said.lower() in caught.value.message.lower()
    assert caught.value.remedy


def test_the_command_answers_files_and_writes_tables(tmp_path: Path) -> None:
    """121 units after 10 free ones are 12 packages of ten at 100."""
    question = USAGE | {
        "prices": [PRICE | {"unit_amount": "100", "per": "10", "packages": "up", "included": "10"}],
        "usage": [{"meter": "u", "quantity": "121", "on": "2026-03-02"}],
    }
    path = tmp_path / "packages.json"
    path.write_text(json.dumps(question), encoding="utf-8")

    ran = CliRunner().invoke(app, ["calculate", str(path), "--json", "--out", str(tmp_path)])

    assert ran.exit_code == 0
    (told,) = json.loads(ran.stdout)
    assert told["figures"]["total"] == "1200"
    rows = (tmp_path / "packages.lines.csv").read_text(encoding="utf-8").splitlines()
    assert len(rows) == 3
    assert rows[2].split(",")[-4:] == ["111", "1200", "0", "1200"]


@pytest.mark.parametrize(
    ("words", "figures"),
    [
        (["50.00", "--begins", "2026-03-10"], ["part: 22/31", "amount: 35.48"]),
        (["50.00", "--ends", "2026-03-15", "--by", "none"], ["part: 1", "amount: 50.00"]),
        (
            ["31", "--new", "62", "--changed", "2026-03-31", "--change-day", "old"],
            ["part: 0", "net: 0.00"],
        ),
    ],
)
def test_a_proration_is_asked_in_words(words: list[str], figures: list[str]) -> None:
    """Options of the command are fields of the question."""
    period = ["--currency", "USD", "--from", "2026-03-01", "--to", "2026-03-31"]

    ran = CliRunner().invoke(app, ["prorate", *words, *period])

    assert ran.exit_code == 0
    assert set(figures) <= set(ran.stdout.splitlines())
