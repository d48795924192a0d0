"""Each usage counts once, and corrections name what they correct."""

from __future__ import annotations

from decimal import Decimal

import pyarrow as pa
import pytest

from revrec.usage import repeats
from tests.usage.samples import Told, judge, told


def test_the_same_row_twice_in_a_batch_counts_once() -> None:
    """Word for word, even in another writing of the same figures."""
    rows = [told(), told(quantity="1000.0", dimensions="{}"), told(usage_id="u-2")]

    assert {1: "accepted", 2: "duplicate", 3: "accepted"} == judge(rows).fates


@pytest.mark.parametrize(
    "change",
    [
        {"quantity": "1001"},
        {"amount": "0.26"},
        {"unit": "kilotoken"},
        {"meter": "seats"},
        {"dimensions": '{"region":"eu"}'},
        {"contract": "globex", "currency": "EUR"},
    ],
)
def test_other_content_under_a_known_identity_conflicts(change: Told) -> None:
    """The first telling by row number counts; the conflict is set aside once."""
    judgement = judge([told(), told(**change), told()])

    assert {1: "accepted", 2: "conflicting-duplicate", 3: "duplicate"} == judgement.fates
    assert [Decimal(1000)] == judgement.accepted["quantity"].to_pylist()
    assert "'u-1' of 'metering' on 2026-01-15 was told before" in judgement.messages[2]


def test_identity_is_source_id_and_day() -> None:
    """The same id of another source or on another day is other usage."""
    rows = [told(), told(source="billing"), told(usage_date="2026-01-16")]

    assert {1: "accepted", 2: "accepted", 3: "accepted"} == judge(rows).fates


def test_the_ledger_remembers() -> None:
    """A row of an earlier batch is a duplicate or a conflict in a later one."""
    held = judge([told()]).accepted

    judgement = judge([told(), told(quantity="7"), told(usage_id="u-2")], held=held)

    assert {1: "duplicate", 2: "conflicting-duplicate", 3: "accepted"} == judgement.fates


def test_a_duplicate_stays_one_when_the_contract_is_gone() -> None:
    """What the ledger holds is told again whatever the terms say by then."""
    from datetime import date

    from tests.usage.samples import terms

    held = judge([told()]).accepted
    ended = terms(("acme", "other", "o", "USD", date(2027, 1, 1), date(2027, 1, 2)))

    assert {1: "duplicate"} == judge([told()], held=held, allowed=ended).fates


def test_other_entities_of_the_table_are_not_looked_at() -> None:
    """Two entities may use the same ids."""
    held = judge([told()]).accepted
    foreign = held.set_column(0, held.schema.field(0), pa.array([99], pa.int32()))

    assert {1: "accepted"} == judge([told()], held=foreign).fates


def test_the_first_allowed_row_counts_not_the_first() -> None:
    """A row set aside for its contract leaves its identity free."""
    rows = [told(contract="nobody"), told(), told()]

    assert {1: "unknown-contract", 2: "accepted", 3: "duplicate"} == judge(rows).fates


def test_a_correction_of_a_row_in_the_batch_counts() -> None:
    """Also before the row it corrects, and on another day."""
    rows = [
        told(usage_id="c-1", quantity="-400", amount="-0.1", corrects="u-1"),
        told(),
        told(usage_id="c-2", quantity="-1", corrects="u-1", usage_date="2026-02-01"),
    ]

    assert {1: "accepted", 2: "accepted", 3: "accepted"} == judge(rows).fates


def test_a_correction_of_a_row_in_the_ledger_counts() -> None:
    """On the same day and, less usual, on another one."""
    held = judge([told()]).accepted
    rows = [
        told(usage_id="c-1", quantity="-400", corrects="u-1"),
        told(usage_id="c-2", quantity="-1", corrects="u-1", usage_date="2026-02-01"),
        told(usage_id="c-3", quantity="-1", corrects="u-9"),
    ]

    fates = judge(rows, held=held).fates

    assert {1: "accepted", 2: "accepted", 3: "unknown-correction"} == fates


@pytest.mark.parametrize(
    "change",
    [
        {"source": "billing"},
        {"meter": "seats"},
        {"contract": "globex", "currency": "EUR"},
    ],
)
def test_a_correction_stays_with_source_contract_and_meter(change: Told) -> None:
    """A correction cannot move usage from one contract to another."""
    rows = [told(), told(usage_id="c-1", quantity="-400", corrects="u-1", **change)]

    assert {1: "accepted", 2: "unknown-correction"} == judge(rows).fates


def test_a_chain_of_corrections_counts_from_its_beginning() -> None:
    """A correction may be corrected; without the first row none of them counts."""
    chain = [
        told(usage_id="c-2", quantity="5", corrects="c-1"),
        told(usage_id="c-1", quantity="-10", corrects="u-1"),
    ]

    assert {1: "accepted", 2: "accepted", 3: "accepted"} == judge([*chain, told()]).fates
    assert {1: "unknown-correction", 2: "unknown-correction"} == judge(chain).fates


def test_a_ring_of_corrections_begins_nowhere() -> None:
    """Rows that correct each other correct nothing."""
    rows = [
        told(usage_id="c-1", quantity="-1", corrects="c-2"),
        told(usage_id="c-2", quantity="-1", corrects="c-1"),
        told(usage_id="c-2", quantity="-1", corrects="c-1"),
    ]

    assert dict.fromkeys((1, 2, 3), "unknown-correction") == judge(rows).fates


def test_a_correction_of_a_row_set_aside_waits_with_it() -> None:
    """It cannot count while the row it corrects does not."""
    rows = [told(quantity="NaN"), told(usage_id="c-1", quantity="-1", corrects="u-1")]

    assert {1: "malformed-quantity", 2: "unknown-correction"} == judge(rows).fates


def test_a_failed_correction_leaves_its_identity_to_the_next_row() -> None:
    """The next row under the same id is judged as if the first had not been there."""
    rows = [
        told(usage_id="c-1", quantity="-1", corrects="u-9"),
        told(usage_id="c-1", quantity="3"),
        told(usage_id="c-2", quantity="-1", corrects="c-1"),
    ]

    assert {1: "unknown-correction", 2: "accepted", 3: "accepted"} == judge(rows).fates


def test_rows_told_again_are_found_by_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    """As they are found one by one: word for word, in every column, twice in a file or once."""
    rows = [
        told(usage_id=f"u-{number}", usage_date=f"2026-01-{number % 3 + 1:02}")
        for number in range(12)
    ]
    corrected = told(usage_id="c-1", quantity="-1", amount="-0.1", corrects="u-1")
    held = judge([*rows, corrected | {"usage_date": "2026-01-02"}]).accepted
    changes = (
        {},
        {"quantity": "2"},
        {"amount": "2"},
        {"unit": "other"},
        {"dimensions": '{"a":"b"}'},
        {"corrects": "u-1"},
        {"meter": "seats"},
        {"source": "other"},
        {"usage_date": "2026-01-28"},
    )
    again = [row | change for row, change in zip(rows, changes, strict=False)]
    again += [rows[9], rows[9], rows[10], corrected | {"usage_date": "2026-01-02"}]

    closely = judge(again, held=held).fates
    monkeypatch.setattr(repeats, "MANY", 1)
    by_columns = judge(again, held=held).fates

    conflicting = dict.fromkeys(range(2, 8), "conflicting-duplicate")
    assert {1: "duplicate", 8: "accepted", 9: "accepted"} | conflicting | dict.fromkeys(
        range(10, 14), "duplicate"
    ) == by_columns
    assert closely == by_columns
