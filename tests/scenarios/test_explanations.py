"""Decisions are told in whole sentences, and a part of a combined contract leads to the whole."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from revrec import engine
from revrec.audit.explain import explain
from revrec.errors import NotFound
from revrec.feeds.scenario import read_scenario
from tests.scenarios.step1 import scenario, subscription

EXAMPLES = sorted(Path("contracts_examples").rglob("*.yaml"))
DEC_31 = date(2026, 12, 31)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_every_decision_is_a_sentence(path):
    """It begins as a sentence or with a name, ends with a full stop, and has no gap."""
    told = read_scenario(path)
    accounting = engine.account(told.book(), [DEC_31])
    sentences = [each.sentence for of in accounting.contracts.values() for each in of.decisions]

    assert sentences or accounting.refused
    assert [] == [
        each
        for each in sentences
        if not each[0].isalpha() or not each.endswith(".") or "  " in each or "None" in each
    ]


def test_a_contract_that_was_combined_leads_to_the_whole():
    """Asked for a part, the books name the contract it is accounted for in (25-9)."""
    decided = {
        "kind": "combination", "id": "BOTH", "on": "2026-01-20", "contracts": ["C", "D"],
        "outcome": "confirmed", "reasons": ["one_objective"], "by": "dana",
    }  # fmt: skip
    support = {"id": "support", "product": "support", "measure": "even_months",
               "standalone_selling_price": "1200"}  # fmt: skip
    access = {**support, "id": "access", "product": "access"}
    told = scenario(
        subscription(obligations=[access]),
        subscription(id="D", obligations=[support]),
        events=[decided],
        expected=[{"as_of": DEC_31, "measure": "rpo", "amount": "0"}],
    )
    book = told.book()
    accounting = engine.account(book, [DEC_31])

    assert "The agreement with alder was approved on 2026-01-01 and is a contract for its" in (
        explain(book, accounting, "BOTH", DEC_31).decisions[0].sentence
    )
    with pytest.raises(NotFound, match="part of BOTH"):
        explain(book, accounting, "C", DEC_31)
