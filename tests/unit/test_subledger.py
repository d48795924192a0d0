"""A small book in the subledger: balances where there is no contract, and a price reduced."""

from __future__ import annotations

from datetime import date

import duckdb
import pytest

from revrec.ledger.subledger import Subledger
from tests.scenarios.telling import accounted, contract, event, fixed, scenario

SERVICE = {"id": "a", "product": "a", "measure": "days"}


def test_what_is_received_without_a_contract_is_a_deposit():
    """100 paid in January; the criteria are met from 10 February on."""
    told = contract([SERVICE], [fixed("365.00")], unmet_criteria=["collectibility"])
    events = [
        event("payment", "2026-01-05", amount="100.00"),
        event("assessment", "2026-02-10", unmet=[]),
    ]
    book = scenario(told, events)
    balances = []
    for day in ("2026-02-09", "2026-02-10"):
        with Subledger(book.book(), accounted(book, day)) as subledger:
            (row,) = subledger.positions([date.fromisoformat(day)]).to_pylist()
            spans = subledger.query("select * from without_contract").to_pylist()
        balances.append(row["deposit_liability"])

    assert balances == [10000, 0]
    assert spans == [{"contract": "C", "first": date(2026, 1, 1), "last": date(2026, 2, 9)}]
    with pytest.raises(duckdb.ConnectionException):
        subledger.query("select 1")


def test_a_price_is_reduced_from_the_day_of_its_modification():
    """By 40 from 1 July; what is added to a price reduces none."""
    changes = [
        event("modification", "2026-07-01", price_change="-40.00"),
        event("modification", "2026-09-01", price_change="0.50"),
    ]
    book = scenario(contract([SERVICE], [fixed("365.00")]), changes)
    with Subledger(book.book(), accounted(book)) as subledger:
        found = subledger.query("select * from reduction").to_pylist()

    assert found == [{"contract": "C", "day": date(2026, 7, 1), "amount": 4000}]
