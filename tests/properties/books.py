"""Scenarios as plain dictionaries turned into the model's objects."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, TypeVar

from pydantic import TypeAdapter

from revrec.feeds.policies import default_policy, with_elections
from revrec.feeds.records import fact_of, to_fact
from revrec.feeds.scenario import scenario_of
from revrec.model.contract import Contract
from revrec.model.events import (
    CreditMemo,
    Delivery,
    Estimate,
    Invoice,
    Modification,
    Payment,
    Usage,
)
from revrec.model.fact import Fact, FactKind
from revrec.model.history import Book, ContractHistory
from revrec.model.performance import Pause, Resumption
from revrec.model.policy import Policy, StandaloneSellingPrice
from revrec.model.product import Product

Told = dict[str, Any]
_T = TypeVar("_T")

_KINDS: Mapping[str, type] = {
    "invoice": Invoice,
    "credit_memo": CreditMemo,
    "payment": Payment,
    "delivery": Delivery,
    "estimate": Estimate,
    "modification": Modification,
    "usage": Usage,
    "pause": Pause,
    "resumption": Resumption,
}
_LISTS = {
    "invoice": "invoices",
    "credit_memo": "credit_memos",
    "payment": "payments",
    "delivery": "deliveries",
    "estimate": "estimates",
    "modification": "modifications",
    "pause": "pauses",
    "resumption": "resumptions",
}
_ADAPTERS: dict[type, TypeAdapter[Any]] = {}


def to_model(kind: type[_T], told: Mapping[str, Any]) -> _T:
    """A model object from its public form."""
    if kind not in _ADAPTERS:
        _ADAPTERS[kind] = TypeAdapter(kind)
    model: _T = _ADAPTERS[kind].validate_python(told)
    return model


@lru_cache
def policy(*elected: tuple[str, str]) -> Policy:
    """The default policy with other values elected."""
    return with_elections(default_policy(), dict(elected))


def to_book(scenario: Mapping[str, Any]) -> Book:
    """The model's objects for a scenario, events in order of day and id."""
    histories = {
        told["id"]: ContractHistory(to_model(Contract, told)) for told in scenario["contracts"]
    }
    usage = []
    for told in sorted(scenario["events"], key=lambda e: (e["on"], e.get("id", ""))):
        event: object = to_model(_KINDS[told["kind"]], told)
        if isinstance(event, Usage):
            usage.append(event)
        else:
            getattr(histories[told["contract"]], _LISTS[told["kind"]]).append(event)
    prices = [
        to_model(StandaloneSellingPrice, told)
        for told in scenario.get("standalone_selling_prices") or ()
    ]
    return Book(
        policy=policy(*sorted(scenario.get("policy", {}).items())),
        histories=histories,
        selling_prices=prices,
        usage=usage,
    )


def read_book(scenario: Mapping[str, Any]) -> Book:
    """The book as the public format reads it, promises read with the product catalogue."""
    told = {"title": "a story", "cites": ["606-10-05-4"], "expected": [], **scenario}
    return scenario_of(told).book()


def read_facts(scenario: Mapping[str, Any]) -> list[Fact]:
    """Every fact of the scenario as told, usage left out."""
    lists = (
        (FactKind.CONTRACT, Contract, scenario["contracts"]),
        (FactKind.PRODUCT, Product, scenario.get("products", ())),
        (
            FactKind.STANDALONE_SELLING_PRICE,
            StandaloneSellingPrice,
            scenario.get("standalone_selling_prices", ()),
        ),
    )
    facts = [to_fact(kind, to_model(model, told)) for kind, model, of in lists for told in of]
    events = [dict(told) for told in scenario["events"] if told["kind"] != "usage"]
    return facts + [fact_of(told, "a story") for told in events]
