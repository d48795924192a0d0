"""A close from what changed is, to the byte, the close from everything."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pytest

from revrec.feeds.records import fact_of
from revrec.operations.changed import changed_since
from revrec.operations.closable import Kind
from revrec.operations.close import close_period, move_cut_off
from revrec.operations.facts import record_facts
from revrec.operations.verify import verify
from revrec.operations.workspace import Workspace
from revrec.periods import Period
from revrec.store import facts, periods
from revrec.store.periods import Pins
from tests.api.requests import CONTRACT, USAGE
from tests.books import agree, send, write_usage

JANUARY = Period(2026, 1)
PEOPLE = {"prepared_by": "ada", "approved_by": "grace"}
MOVED = {"requested_by": "ada", "approved_by": "grace", "reason": "late facts"}


@pytest.fixture
def changed(workspace: Workspace, tmp_path: Path):
    """Three contracts closed softly, then what a tale tells; gives who is read again."""
    told = [fact_of({**CONTRACT, "id": f"C-{n}", "customer": f"c {n}"}, "t") for n in (1, 2, 3)]
    record_facts(workspace, told, source="test")

    def after(*records: dict[str, Any], usage: bool = False, before: Any = ()) -> Any:
        record_facts(workspace, [fact_of(each, "test") for each in before], source="test")
        close_period(workspace, JANUARY, **PEOPLE, kind=Kind.SOFT)
        agree(workspace, [fact_of(each, "test") for each in records])
        if usage:
            send(workspace, write_usage(tmp_path / "usage.ndjson", [USAGE]))

        def ask(tx: Any) -> Any:
            last = periods.standing_close(tx, JANUARY)
            version = workspace.lake.committed_version(tx, "usage")
            pins = Pins(fact_seq=facts.last_seq(tx), usage_version=version, known_at=tx.now)
            return changed_since(tx, workspace.lake, last, pins)

        names = workspace.run(ask)
        move = partial(move_cut_off, workspace, JANUARY, **MOVED)
        if records or usage:
            assert move().new
            assert verify(workspace)
        return names

    return after


def bill(contract: str, number: int = 1) -> dict[str, Any]:
    """An invoice of January."""
    return {
        "kind": "invoice",
        "id": f"I-{number}",
        "contract": contract,
        "on": "2026-01-05",
        "lines": [{"amount": "100.00"}],
    }


def test_nothing_changed(changed) -> None:
    """Nothing is read again."""
    assert frozenset() == changed()


def test_facts_and_usage_name_their_contracts(changed) -> None:
    """A bill of the second and usage of the first."""
    assert {"C-1", "C-2"} == changed(bill("C-2"), usage=True)


def test_a_fact_told_of_another_contract_changes_both(changed) -> None:
    """The bill was of the second and is of the third."""
    assert {"C-2", "C-3"} == changed(bill("C-3"), before=[bill("C-2")])


def test_what_is_combined_or_shared_changes_together(changed) -> None:
    """Two combined contracts, one of which draws on a pool with a third (25-9)."""
    combined = {
        "kind": "combination",
        "id": "DEAL",
        "on": "2026-01-02",
        "contracts": ["C-1", "C-2"],
        "outcome": "refused",
        "by": "grace",
    }
    pool = {"kind": "credit_pool", "id": "P", "on": "2026-01-01", "contracts": ["C-2", "C-3"]}

    assert {"C-1", "C-2", "C-3", "DEAL", "P"} == changed(bill("C-1"), before=[combined, pool])


def test_facts_of_no_contract_change_all(changed) -> None:
    """A selling price may move any allocation."""
    price = {
        "kind": "standalone_selling_price",
        "id": "S",
        "product": "platform",
        "currency": "USD",
        "amount": "1.00",
        "effective_from": "2026-01-01",
    }

    assert changed(price) is None


def test_another_engine_reads_all_again(changed, monkeypatch) -> None:
    """A new engine may come to other numbers for contracts that nobody touched."""
    monkeypatch.setattr("revrec.operations.changed.ENGINE_VERSION", "next")

    assert changed(bill("C-1")) is None
