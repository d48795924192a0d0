"""Every rule of usage, one row each: what breaks it, what keeps it, what it says."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pyarrow as pa
import pytest

from revrec.model.fact import digest_of
from revrec.usage.columns import ARRIVED
from revrec.usage.rules import RULE_SETS, RULES, RULES_VERSION, VALUES
from revrec.usage.staging import receive, workbench
from revrec.usage.totals import Total
from tests.usage.samples import judge, told

DIGESTS = {"usage-2": "28d2b88c246de6ed"}
"""Version of the set of rules -> digest of what judges."""
BREACHES = [
    # reason, changes to a row that keeps every rule, what the message shows
    ("missing-field", {"usage_id": None}, "The column usage_id is empty."),
    ("missing-field", {"amount": ""}, "The column amount is empty."),
    ("overlong-text", {"unit": "t" * 201}, "The column unit holds a text that is too long"),
    ("overlong-text", {"dimensions": '{"a":"' + "x" * 10_000 + '"}'}, "The column dimensions"),
    ("overlong-text", {"quantity": "0" * 201}, "The column quantity"),
    ("unreadable-text", {"usage_id": "u\x00-1"}, "The column usage_id holds characters"),
    ("unreadable-text", {"usage_id": "u-1\n"}, "The column usage_id holds characters"),
    ("unreadable-text", {"unit": "to\u200bken"}, "The column unit holds characters"),
    ("unreadable-text", {"contract": "\u202eacme"}, "The column contract holds characters"),
    ("unreadable-text", {"source": "\ufeffmetering"}, "The column source holds characters"),
    ("formula-like-text", {"usage_id": "=1+1"}, "The column usage_id holds a text that a spread"),
    ("formula-like-text", {"unit": "@SUM(A1)"}, "'@SUM(A1)'"),
    ("formula-like-text", {"source": "+x"}, "'+x'"),
    ("formula-like-text", {"contract": "-acme"}, "'-acme'"),
    ("surrounding-space", {"contract": " acme"}, "' acme'"),
    ("surrounding-space", {"currency": "USD "}, "'USD '"),
    ("reserved-source", {"source": "revrec-rating"}, "is that of usage rated here."),
    ("malformed-date", {"usage_date": "15.01.2026"}, "The usage date '15.01.2026' is not a day"),
    ("malformed-date", {"usage_date": "2026-02-29"}, "'2026-02-29'"),
    ("malformed-date", {"usage_date": "2026-1-5"}, "'2026-1-5'"),
    ("malformed-date", {"usage_date": "2026-01-15T00:00:00Z"}, "'2026-01-15T00:00:00Z'"),
    ("malformed-date", {"usage_date": "46037"}, "'46037'"),
    ("date-out-of-range", {"usage_date": "1900-01-00"}, None),
    ("date-out-of-range", {"usage_date": "1900-01-01"}, "is not from 2000-01-01 to 2199-12-31."),
    ("date-out-of-range", {"usage_date": "2200-01-01"}, "2200-01-01"),
    ("malformed-quantity", {"quantity": "NaN"}, "The quantity 'NaN' is not a decimal number."),
    ("malformed-quantity", {"quantity": "Infinity"}, "'Infinity'"),
    ("malformed-quantity", {"quantity": "1e400"}, "'1e400'"),
    ("malformed-quantity", {"quantity": "-0"}, "'-0'"),
    ("malformed-quantity", {"quantity": "-0.00"}, "'-0.00'"),
    ("malformed-quantity", {"quantity": "1,000"}, "'1,000'"),
    ("malformed-quantity", {"quantity": "1_000"}, "'1_000'"),
    ("malformed-quantity", {"quantity": " 1"}, "' 1'"),
    ("malformed-quantity", {"quantity": "+1"}, "'+1'"),
    ("malformed-quantity", {"quantity": ".5"}, "'.5'"),
    ("malformed-quantity", {"quantity": "5."}, "'5.'"),
    ("malformed-quantity", {"quantity": "0x10"}, "'0x10'"),
    ("malformed-quantity", {"quantity": "=1+1"}, "'=1+1'"),
    ("malformed-quantity", {"quantity": "\u0661"}, "'\u0661'"),
    ("malformed-quantity", {"quantity": "1\x00"}, "'1\ufffd'"),
    ("quantity-beyond-scale", {"quantity": "0.0000000001"}, "has more than 9 decimals."),
    ("absurd-quantity", {"quantity": "1000000000000000000.000000001"}, "is beyond 1000000000000"),
    ("absurd-quantity", {"quantity": "9" * 60}, "is beyond 1000000000000000000."),
    ("negative-quantity", {"quantity": "-1"}, "The quantity '-1' is negative in a row that"),
    ("malformed-amount", {"amount": "1.2.3"}, "The amount '1.2.3' is not a decimal number."),
    ("amount-beyond-scale", {"amount": "0.0000000000001"}, "has more than 12 decimals."),
    ("absurd-amount", {"amount": "1000000000000000.000000000001"}, "is beyond 1000000000000000."),
    ("negative-amount", {"amount": "-0.01"}, "The amount '-0.01' is negative"),
    ("malformed-dimensions", {"dimensions": "eu"}, "The dimensions 'eu' are not a JSON object."),
    ("malformed-dimensions", {"dimensions": "[1]"}, "'[1]'"),
    ("malformed-dimensions", {"dimensions": '{"a":1,"a":2}'}, None),
    ("malformed-dimensions", {"dimensions": '{"a":"\\ud800"}'}, None),
    ("unknown-contract", {"contract": "nobody"}, "No contract 'nobody' is known."),
    (
        "unknown-meter",
        {"meter": "images"},
        "The contract 'acme' has no meter 'images'; its meters are seats, tokens.",
    ),
    (
        "currency-mismatch",
        {"currency": "EUR"},
        "The amount is in 'EUR', the contract 'acme' in USD.",
    ),
    (
        "outside-term",
        {"meter": "seats", "usage_date": "2026-07-01"},
        "meter 'seats': platform from 2026-01-01 to 2026-06-30.",
    ),
    ("outside-term", {"usage_date": "2025-12-31"}, "inference from 2026-01-01 to 2026-12-31."),
    (
        "unknown-correction",
        {"corrects": "u-0", "quantity": "-1"},
        "The row corrects 'u-0', but 'metering' has told no such usage",
    ),
    ("unknown-correction", {"corrects": "u-1"}, "The row corrects 'u-1'"),
]


@pytest.mark.parametrize(("reason", "changes", "says"), BREACHES)
def test_a_row_that_breaks_a_rule_is_set_aside_with_its_reason(
    reason: str, changes: dict[str, str | None], says: str | None
) -> None:
    """The reason is the first rule broken; the message shows the value and what to do."""
    if changes.get("usage_date") == "1900-01-00":
        reason = "malformed-date"

    judgement = judge([told(**changes)])

    assert {1: reason} == judgement.fates
    remedy = next(rule.remedy for rule in RULES if rule.reason == reason)
    assert judgement.messages[1].endswith(remedy)
    assert says is None or says in judgement.messages[1]


def test_a_changed_rule_is_a_new_set_of_rules() -> None:
    """What judges is what the version says: whoever changes it adds a version, and its digest."""
    judging = [[rule.reason, rule.version, rule.since, rule.broken] for rule in RULES]

    assert DIGESTS[RULES_VERSION] == digest_of([judging, VALUES])[:16]
    assert set(DIGESTS) <= set(RULE_SETS)


def test_rules_say_what_holds_and_since_when() -> None:
    """Each has a sentence, a version and a set of rules in which it is as it is."""
    assert len(RULES) == len({rule.reason for rule in RULES})
    for rule in RULES:
        assert rule.holds.endswith(".")
        assert rule.version >= 1
        assert rule.since_day == RULE_SETS[rule.since]


def test_every_reason_is_tested() -> None:
    """No rule is without a row that breaks it, here or at the doors."""
    tested = {reason for reason, _, _ in BREACHES}
    at_the_doors = {"malformed-row", "unknown-field"}
    by_other_rows = {"conflicting-duplicate"}

    assert {rule.reason for rule in RULES} == tested | at_the_doors | by_other_rows


@pytest.mark.parametrize(
    ("changes", "quantity", "amount"),
    [
        ({}, "1000", "0.25"),
        ({"quantity": "0", "amount": "0"}, "0", "0"),
        ({"quantity": "007"}, "7", "0.25"),
        ({"quantity": "1000000000000000000"}, "1000000000000000000", "0.25"),
        ({"quantity": "0.000000001"}, "0.000000001", "0.25"),
        ({"quantity": "1.0000000000000"}, "1", "0.25"),
        ({"amount": "1000000000000000"}, "1000", "1000000000000000"),
        ({"amount": "0.000000000001"}, "1000", "0.000000000001"),
        ({"quantity": "0" * 100 + "1"}, "1", "0.25"),
    ],
)
def test_figures_within_bounds_are_exact(
    changes: dict[str, str], quantity: str, amount: str
) -> None:
    """The largest and the smallest figure that a ledger holds enter it digit by digit."""
    accepted = judge([told(**changes)]).accepted

    assert [Decimal(quantity)] == accepted["quantity"].to_pylist()
    assert [Decimal(amount)] == accepted["amount"].to_pylist()


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (None, "{}"),
        ("{}", "{}"),
        ('{"b": 1.10, "a": "x"}', '{"a":"x","b":"1.10"}'),
        ('{"a": {"c": null, "b": true}}', '{"a":{"b":true,"c":null}}'),
        ('{"a": "é"}', '{"a":"é"}'),
    ],
)
def test_dimensions_are_kept_in_one_canonical_form(sent: str | None, kept: str) -> None:
    """Two writings of the same labels are the same payload."""
    assert [kept] == judge([told(dimensions=sent)]).accepted["dimensions"].to_pylist()


def test_the_first_and_last_day_of_service_count() -> None:
    """A term includes both its ends."""
    judgement = judge(
        [
            told(usage_id="u-1", usage_date="2026-01-01"),
            told(usage_id="u-2", usage_date="2026-12-31"),
        ]
    )

    assert {1: "accepted", 2: "accepted"} == judgement.fates


def test_what_enters_the_ledger() -> None:
    """A row as told, with its entity, batch and time."""
    row = judge([told(dimensions='{"region":"eu"}')], batch="file-1").accepted.to_pylist()[0]

    assert "2026-02-01T09:00:00+00:00" == row.pop("recorded_at").isoformat()
    assert row == {
        "entity_id": 7,
        "usage_date": date(2026, 1, 15),
        "source": "metering",
        "usage_id": "u-1",
        "contract": "acme",
        "meter": "tokens",
        "quantity": Decimal("1000.000000000"),
        "unit": "token",
        "amount": Decimal("0.250000000000"),
        "currency": "USD",
        "dimensions": '{"region":"eu"}',
        "corrects": None,
        "batch": "file-1",
    }


def test_rows_are_judged_in_parts_alike() -> None:
    """Labels known from an earlier part are not read again, progress is told part by part."""
    rows = [told(usage_id=f"u-{n}", dimensions=f'{{"a": {n % 2}}}') for n in range(10)]
    columns = {name: [row.get(name) for row in rows] for name in ARRIVED.names}
    columns["row_number"] = list(range(10))
    batch = pa.RecordBatch.from_pydict(columns, schema=ARRIVED)
    seen: list[int] = []
    with workbench() as bench:
        parts = [batch.slice(start, 2) for start in range(0, 10, 2)]
        receive(bench, lambda: parts, seen.append, rows_at_once=4)

        rows_read = pa.Table.from_batches(list(bench.spool.rows())).sort_by("row_number")

    assert [4, 8, 10] == seen
    assert Total(rows=10, quantity=Decimal(10_000), amount=Decimal("2.5")) == bench.received
    assert ['{"a":"0"}', '{"a":"1"}'] * 5 == rows_read["labels"].to_pylist()
