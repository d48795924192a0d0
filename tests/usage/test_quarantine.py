"""A row set aside is kept as it came until a person releases or rejects it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from revrec.errors import Conflict, FeedError, NotFound
from revrec.model.fact import digest_of
from revrec.store import audit_log, facts
from revrec.store.database import Database
from revrec.store.lake import Lake
from revrec.store.transaction import Transaction
from revrec.usage.quarantine import (
    QuarantinedRow,
    list_quarantine,
    outstanding,
    reject,
)
from revrec.usage.releases import release
from revrec.usage.totals import ControlTotals, Total
from tests.usage.conftest import Send
from tests.usage.customers import customer, fact
from tests.usage.samples import told

Held = Callable[[], pa.Table]
Run = Callable[[Callable[[Transaction], Any]], Any]


@pytest.fixture
def let_go(database: Database, lake: Lake, books: int) -> Callable[..., ControlTotals]:
    """Releases rows of the entity."""

    def run(*rows: int, **corrections: dict[int, dict[str, str]]) -> ControlTotals:
        return database.run(
            lambda tx: release(tx, lake, rows, note="checked", **corrections),
            entity=books,
            actor="controller",
        )

    return run


@pytest.fixture
def turn_down(database: Database, books: int) -> Callable[..., int]:
    """Rejects rows of the entity."""

    def run(*rows: int, note: str = "") -> int:
        return database.run(
            lambda tx: reject(tx, rows, note=note), entity=books, actor="controller"
        )

    return run


def ids(rows: list[QuarantinedRow]) -> list[int]:
    """The ids of the rows."""
    return [row.id for row in rows]


def test_a_row_is_kept_as_it_came(send: Send, run: Run) -> None:
    """Reason, sentence, place, and every text that was sent."""
    row = told(quantity="1e400", dimensions="{}")

    totals = send([told(usage_id="u-0"), row])

    kept = run(list_quarantine)[0]
    assert (totals.batch, 2, "malformed-quantity") == (kept.batch, kept.row_number, kept.reason)
    assert kept.message.startswith("The quantity '1e400' is not a decimal number. Write digits")
    assert date(2026, 1, 15) == kept.usage_date
    assert row == kept.payload
    assert digest_of(row) == kept.payload_digest
    assert kept.outcome is None


def test_a_row_that_cannot_be_read_apart_is_kept_whole(send: Send, run: Run) -> None:
    """The line is its payload."""
    send(b'{"source": "metering"\n', name="a.ndjson")

    kept = run(list_quarantine)[0]

    assert {"text": '{"source": "metering"'} == kept.payload
    assert kept.usage_date is None


def test_a_released_row_counts_once_its_contract_is_known(
    send: Send, run: Run, held: Held, let_go: Callable[..., ControlTotals]
) -> None:
    """The row is judged again, as a batch of its own with its own control totals."""
    send([told(contract="late", quantity="5", amount="2")])
    row = run(list_quarantine)[0].id
    run(lambda tx: facts.record(tx, [fact(customer("late"))]))

    totals = let_go(row)

    expected = Total(rows=1, quantity=Decimal(5), amount=Decimal(2))
    assert (expected, expected) == (totals.received, totals.accepted)
    assert "release of 1 quarantined rows" == totals.name
    assert ["late"] == held()["contract"].to_pylist()
    assert [] == run(list_quarantine)
    resolved = run(lambda tx: list_quarantine(tx, resolved=True))[0]
    assert ("released", "controller", "checked") == (
        resolved.outcome,
        resolved.resolved_by,
        resolved.note,
    )
    assert datetime(2026, 2, 1, 9, tzinfo=UTC) == resolved.resolved_at


def test_a_released_row_may_be_corrected(
    send: Send, run: Run, held: Held, let_go: Callable[..., ControlTotals]
) -> None:
    """Columns given replace those sent; an empty text blanks one."""
    send([told(quantity="1,000", corrects="nothing")])
    row = run(list_quarantine)[0].id

    totals = let_go(row, corrections={row: {"quantity": "1000", "corrects": ""}})

    assert 1 == totals.accepted.rows
    assert [Decimal(1000)] == held()["quantity"].to_pylist()
    assert [None] == held()["corrects"].to_pylist()


def test_a_row_still_at_fault_goes_back_to_quarantine(
    send: Send, run: Run, let_go: Callable[..., ControlTotals]
) -> None:
    """It is never lost: the new batch keeps it under its new reason."""
    send([told(quantity="1,000", contract="nobody")])
    row = run(list_quarantine)[0].id

    totals = let_go(row, corrections={row: {"quantity": "1000"}})

    kept = run(list_quarantine)
    assert [("unknown-contract", totals.batch)] == [(each.reason, each.batch) for each in kept]
    assert {"unknown-contract": 1} == run(outstanding)


def test_a_whole_line_is_released_with_its_columns_given(
    send: Send, run: Run, held: Held, let_go: Callable[..., ControlTotals]
) -> None:
    """Without them every column is missing."""
    send(b"damaged\ndamaged too\n", name="a.ndjson")
    one, other = ids(run(list_quarantine))

    totals = let_go(one, other, corrections={one: told()})

    assert (1, 1) == (totals.accepted.rows, totals.quarantined.rows)
    assert ["u-1"] == held()["usage_id"].to_pylist()
    assert ["missing-field"] == [row.reason for row in run(list_quarantine)]


def test_the_same_release_again_changes_nothing(
    send: Send, run: Run, held: Held, let_go: Callable[..., ControlTotals]
) -> None:
    """The first totals come back."""
    send([told(quantity="x"), told(usage_id="u-2", quantity="y")])
    rows = ids(run(list_quarantine))
    corrections = {row: {"quantity": "1"} for row in rows}

    first = let_go(*rows, corrections=corrections)
    again = let_go(*reversed(rows), corrections=corrections)

    assert first == again
    assert 2 == held().num_rows


def test_a_rejected_row_does_not_count(
    send: Send, run: Run, held: Held, turn_down: Callable[..., int]
) -> None:
    """The decision and its reason are on record, the row stays readable."""
    send([told(contract="nobody")])
    row = run(list_quarantine)[0].id

    count = turn_down(row, note="test data")

    assert 1 == count
    assert {} == run(outstanding)
    assert 0 == held().num_rows
    kept = run(lambda tx: list_quarantine(tx, resolved=None))
    assert ["rejected"] == [each.outcome for each in kept]
    event = run(audit_log.read)[-1]
    assert ("usage.reject", {"rejected": [row], "note": "test data"}) == (
        event.operation,
        event.details,
    )


def test_a_resolved_row_is_not_resolved_again(
    send: Send,
    run: Run,
    let_go: Callable[..., ControlTotals],
    turn_down: Callable[..., int],
) -> None:
    """Neither way, and a call with one such row does nothing for the others."""
    send([told(contract="nobody"), told(contract="no one")])
    one, other = ids(run(list_quarantine))
    turn_down(one)

    with pytest.raises(Conflict, match=f"row {one} was rejected by controller"):
        let_go(one, other)
    with pytest.raises(Conflict, match=f"row {one} was rejected by controller"):
        turn_down(other, one)

    assert [other] == ids(run(list_quarantine))


def test_what_cannot_be_released_is_told(
    send: Send, run: Run, let_go: Callable[..., ControlTotals]
) -> None:
    """An unknown row, an unknown column, a correction of another row."""
    send([told(contract="nobody")])
    row = run(list_quarantine)[0].id

    with pytest.raises(NotFound, match="There is no quarantined row 999999999"):
        let_go(row, 999999999)
    with pytest.raises(FeedError, match="names 'price', which is no column of usage"):
        let_go(row, corrections={row: {"price": "1"}})
    with pytest.raises(FeedError, match="row 5, which is not released"):
        let_go(row, corrections={5: {"amount": "1"}})
    assert [row] == ids(run(list_quarantine))


def test_the_list_is_narrowed_and_read_in_parts(send: Send, run: Run) -> None:
    """By batch, by reason, by outcome, and from one id to the next."""
    one = send([told(contract="nobody"), told(quantity="x")])
    other = send([told(quantity="y", usage_date="2026-03-01")])
    everything = ids(run(list_quarantine))

    assert everything[:2] == ids(run(lambda tx: list_quarantine(tx, batch=one.batch)))
    malformed = run(lambda tx: list_quarantine(tx, reason="malformed-quantity"))
    assert {one.batch, other.batch} == {row.batch for row in malformed}
    assert everything[:1] == ids(run(lambda tx: list_quarantine(tx, limit=1)))
    assert everything[1:] == ids(run(lambda tx: list_quarantine(tx, after=everything[0])))
    assert {"malformed-quantity": 2, "unknown-contract": 1} == run(outstanding)
    january = run(lambda tx: outstanding(tx, through=date(2026, 1, 31)))
    assert {"malformed-quantity": 1, "unknown-contract": 1} == january
