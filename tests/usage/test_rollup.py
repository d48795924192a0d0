"""The usage ledger by contract, meter and day: exact sums of what was known."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa
import pyarrow.dataset as ds
import pytest

from revrec.usage.rollup import BY_RECORDING, DAILY, daily, told_apart
from tests.usage.samples import Told, judge, told

FIRST = datetime(2026, 2, 1, 9, tzinfo=UTC)
LATER = datetime(2026, 3, 1, 9, tzinfo=UTC)


def ledger(*rows: Told, recorded_at: datetime = FIRST, entity: int = 7) -> pa.Table:
    """The rows as the ledger holds them."""
    table = judge(rows).accepted
    for name, value in (("recorded_at", recorded_at), ("entity_id", entity)):
        position = table.schema.get_field_index(name)
        field = table.schema.field(name)
        column = pa.array([value] * table.num_rows, field.type)
        table = table.set_column(position, field, column)
    return table


@pytest.fixture
def dataset() -> ds.Dataset:
    """A day with a correction that came later, another day, and another contract."""
    original = told(usage_id="u-1", quantity="1000", amount="0.1")
    first = ledger(
        original,
        told(usage_id="u-2", quantity="0.000000001", amount="0.2"),
        told(usage_id="u-3", usage_date="2026-01-16", amount="5"),
        told(usage_id="u-4", contract="globex", currency="EUR", amount="7"),
    )
    correction = told(usage_id="c-1", quantity="-400", amount="-0.04", corrects="u-1")
    second = ledger(original, correction, recorded_at=LATER).slice(1)
    return ds.dataset(pa.concat_tables([first, second]))


def test_sums_are_exact_and_in_order(dataset: ds.Dataset) -> None:
    """0.1 + 0.2 - 0.04 is 0.26; corrections are summed in, rows are counted."""
    table = daily(dataset)

    assert table.schema == DAILY
    assert [tuple(row.values()) for row in table.to_pylist()] == [
        ("acme", "tokens", date(2026, 1, 15), Decimal("600.000000001"), Decimal("0.26"), 3, LATER),
        ("acme", "tokens", date(2026, 1, 16), Decimal(1000), Decimal(5), 1, FIRST),
        ("globex", "tokens", date(2026, 1, 15), Decimal(1000), Decimal(7), 1, FIRST),
    ]


def test_what_was_known_before_the_correction(dataset: ds.Dataset) -> None:
    """Rows recorded after the moment do not count, those recorded at it do."""
    table = daily(dataset, contracts=["acme"], through=date(2026, 1, 15), known_at=FIRST)

    assert [Decimal("1000.000000001")] == table["quantity"].to_pylist()
    assert [2] == table["rows"].to_pylist()


def test_contracts_narrow_the_table(dataset: ds.Dataset) -> None:
    """No contracts give no rows; contracts without usage neither."""
    assert ["globex"] == daily(dataset, contracts=["globex", "x"])["contract"].to_pylist()
    assert DAILY.empty_table() == daily(dataset, contracts=[])


def test_entities_are_told_apart(dataset: ds.Dataset) -> None:
    """A table may hold the usage of several entities."""
    assert 0 == daily(dataset, entity=8).num_rows
    assert 3 == daily(dataset, entity=7).num_rows


def test_a_ledger_that_is_not_there_is_empty() -> None:
    """Before the first usage the roll-up has its columns and no rows."""
    assert DAILY.empty_table() == daily(None)


def test_use_is_told_apart_by_day_of_recording_where_nothing_else_is_performed():
    """A corrected day is two rows; a minimum stands beside it; a day that was drawn stays one."""
    first, second = (datetime(2026, 2, day, tzinfo=UTC) for day in (2, 20))

    def row(meter, quantity, amount, recorded, **more):
        told = {"contract": "C", "meter": meter, "usage_date": date(2026, 1, 31), "rows": 1}
        sums = {"quantity": Decimal(quantity), "amount": Decimal(amount)}
        return told | sums | {"last_recorded_at": recorded} | more

    apart = [
        row("used", 10, 10, first, first_recorded_at=first),
        row("used", -4, -4, second, first_recorded_at=second),
        row("drawn", 5, 5, first, first_recorded_at=first),
    ]
    by_day = [
        row("used", 6, 6, second, rows=2), row("used", 0, 3, second),
        row("drawn for tokens", 5, 2, first),
    ]  # fmt: skip

    found = told_apart(
        pa.Table.from_pylist(by_day, schema=DAILY),
        pa.Table.from_pylist(apart, schema=BY_RECORDING),
    )

    told = [
        (each["meter"], each["quantity"], each["amount"], each["first_recorded_at"])
        for each in found.to_pylist()
    ]
    assert ("drawn for tokens", 5, 2, None) == told[0]
    assert {("used", 10, 10, first), ("used", -4, -4, second), ("used", 0, 3, None)} == {*told[1:]}
    assert 4 == len(told)
