"""Scenarios as plain dictionaries turned into the model's objects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import TypeAdapter

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
from revrec.model.history import Book, ContractHistory
from revrec.model.policy import (
    Account,
    Accounts,
    GeneralLedgerAccount,
    Policy,
    StandaloneSellingPrice,
)

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
}
_LISTS = {
    "invoice": "invoices",
    "credit_memo": "credit_memos",
    "payment": "payments",
    "delivery": "deliveries",
    "estimate": "estimates",
    "modification": "modifications",
}
_ADAPTERS: dict[type, TypeAdapter[Any]] = {}


def to_model(kind: type[_T], told: Mapping[str, Any]) -> _T:
    """A model object from its public form."""
    if kind not in _ADAPTERS:
        _ADAPTERS[kind] = TypeAdapter(kind)
    model: _T = _ADAPTERS[kind].validate_python(told)
    return model


def policy() -> Policy:
    """A policy without elections and with a plain chart of accounts."""
    chart = {
        each: GeneralLedgerAccount(code=str(1000 + number), name=each.value)
        for number, each in enumerate(Account)
    }
    return Policy(elections={}, accounts=Accounts(default=chart))


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
    return Book(policy=policy(), histories=histories, selling_prices=prices, usage=usage)
