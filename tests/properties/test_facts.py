"""Facts are the same facts in any order and through any encoding."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from typing import Any

import yaml
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from revrec.feeds.book import book_of
from revrec.feeds.documents import read_json, read_yaml
from revrec.feeds.records import of_fact, to_fact
from revrec.feeds.scenario import scenario_of
from revrec.model.fact import Fact, FactKind, canonical, digest_of
from revrec.model.history import Book
from tests.properties.books import to_book
from tests.properties.profiles import examples
from tests.properties.runs import month_ends, run, run_book
from tests.strategies import scenarios

Told = dict[str, Any]

seldom = examples(commit=8, torture=200)
sometimes = examples(commit=25, torture=1_000)

_KINDS = {
    "modifications": "modification", "estimates": "estimate", "deliveries": "delivery",
    "invoices": "invoice", "credit_memos": "credit_memo", "payments": "payment",
    "pauses": "pause", "resumptions": "resumption",
}  # fmt: skip


def facts_of(book: Book) -> list[Fact]:
    """Every fact of a book, usage left out."""
    facts = [to_fact(FactKind.STANDALONE_SELLING_PRICE, each) for each in book.selling_prices]
    for history in book.histories.values():
        facts.append(to_fact(FactKind.CONTRACT, history.contract))
        for name, kind in _KINDS.items():
            facts += [to_fact(FactKind(kind), each) for each in getattr(history, name)]
    return facts


@sometimes
@given(scenarios(size=3))
def test_facts_told_as_json_are_the_same_facts(scenario: Told) -> None:
    """A body written, read back and bound is equal, and so is its digest."""
    for fact in facts_of(to_book(scenario)):
        told = json.dumps(fact.body, ensure_ascii=False)
        again = structs.replace(fact, body=read_json(told, "a fact"))

        assert of_fact(fact) == of_fact(again)
        assert fact.digest == again.digest == to_fact(fact.kind, of_fact(again)).digest
        assert canonical(fact.body) == canonical(json.loads(canonical(fact.body)))
        assert fact.digest == digest_of([fact.kind, fact.key, fact.body])


@sometimes
@given(scenarios(size=2))
def test_a_scenario_written_as_yaml_is_the_same_book(scenario: Told) -> None:
    """The public format, read as a file is read, says what the dictionaries say."""
    told = {"title": "t", "cites": ["606-10-25-31"], "expected": [], **scenario}
    written = yaml.safe_dump(told, sort_keys=False)

    read, direct = scenario_of(read_yaml(written, "t")).book(), to_book(scenario)

    assert direct.histories.keys() == read.histories.keys()
    for name, history in direct.histories.items():
        assert history == replace(read.histories[name], digest="")
    assert sorted(direct.usage, key=repr) == sorted(read.usage, key=repr)
    assert sorted(direct.selling_prices, key=repr) == sorted(read.selling_prices, key=repr)


@seldom
@given(scenarios(size=10), st.integers(0, 2**32))
def test_the_order_in_which_facts_arrive_does_not_matter(scenario: Told, seed: int) -> None:
    """Facts, contracts and usage in any order: the same book, the same digests, the same cents."""
    book = to_book(scenario)
    facts, usage = facts_of(book), list(book.usage)
    shuffled = random.Random(seed)
    one, _ = book_of(facts, policy=book.policy, usage=usage)
    shuffled.shuffle(facts)
    shuffled.shuffle(usage)
    other, _ = book_of(facts, policy=book.policy, usage=usage)

    assert list(one.histories) == list(other.histories)
    assert one.histories == other.histories
    dates = month_ends(scenario)
    assert run_book(one, dates).revenue == run_book(other, dates).revenue


@seldom
@given(scenarios(size=10), st.integers(0, 2**32))
def test_the_order_in_which_a_contract_lists_its_promises_does_not_matter(
    scenario: Told, seed: int
) -> None:
    """Obligations and considerations are sets, whatever their order on paper."""
    shuffled = random.Random(seed)

    def mixed(told: list[Told]) -> list[Told]:
        return shuffled.sample(told, len(told))

    lists = ("obligations", "consideration", "adds", "revises", "withdraws", "adds_consideration")

    def anew(told: Told) -> Told:
        return {
            name: mixed(value) if name in lists and isinstance(value, list) else value
            for name, value in told.items()
        }

    other = {
        **scenario,
        "contracts": [anew(each) for each in scenario["contracts"]],
        "events": [anew(each) for each in scenario["events"]],
    }

    assert run(scenario).revenue == run(other).revenue


@seldom
@given(scenarios(size=10))
def test_longer_names_move_no_cent(scenario: Told) -> None:
    """Obligations, considerations and contracts renamed without changing their order."""
    names = {
        "id", "contract", "obligation", "consideration", "invoice", "withdraws", "obligations",
        "pause",
    }  # fmt: skip

    def renamed(told: Any, key: str = "") -> Any:
        if isinstance(told, dict):
            return {name: renamed(value, name) for name, value in told.items()}
        if isinstance(told, list):
            return [renamed(each, key) for each in told]
        return f"zz{told}" if key in names and isinstance(told, str) else told

    def metered(told: Told) -> Told:
        """Meters keep their names, which default to the obligation's."""
        return {**told, "meters": told.get("meters") or [told["id"]]}

    def with_meters(told: Told) -> Told:
        lists = ("obligations", "adds", "revises")
        return {
            name: [metered(each) if isinstance(each, dict) else each for each in value]
            if name in lists
            else value
            for name, value in told.items()
        }

    contracts = [renamed(with_meters(each)) for each in scenario["contracts"]]
    events = [renamed(with_meters(each)) for each in scenario["events"]]
    ends = month_ends(scenario)
    before = run(scenario, ends)
    after = run({**scenario, "contracts": contracts, "events": events}, ends)

    assert {
        ((f"zz{contract}", f"zz{obligation}", _component(component)), day): amount
        for ((contract, obligation, component), day), amount in before.revenue.items()
    } == after.revenue


def _component(name: str) -> str:
    return name if name == "fixed" else f"zz{name}"
