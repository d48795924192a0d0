"""Small books told in the public format, with figures that can be worked out in the head."""

from __future__ import annotations

from revrec.feeds.scenario import scenario_of
from revrec.model.history import Book


def book_of(contracts: list[dict], events: list[dict]) -> Book:
    """A book from contracts and events as a scenario tells them."""
    told = {
        "title": "A case.",
        "cites": [],
        "contracts": contracts,
        "events": events,
        "expected": [],
    }
    return scenario_of(told).book()


def workshops(name: str = "WORKSHOPS", **changes: object) -> dict:
    """Ten workshops for 10,000.00, each 1,000.00 when it is held."""
    told = {
        "id": name,
        "customer": name.lower(),
        "currency": "USD",
        "inception": "2026-01-01",
        "end": "2026-12-31",
        "obligations": [
            {"id": "training", "product": "training", "measure": "units", "quantity": "10"}
        ],
        "consideration": [
            {"id": "fee", "kind": "fixed", "amount": "10000.00", "obligation": "training"}
        ],
    }
    return told | changes


def access(name: str = "ACCESS", **changes: object) -> dict:
    """A year of access for 3,650.00, 10.00 a day."""
    told = {
        "id": name,
        "customer": name.lower(),
        "currency": "USD",
        "inception": "2026-01-01",
        "end": "2026-12-31",
        "obligations": [{"id": "seats", "product": "seats", "measure": "days"}],
        "consideration": [
            {"id": "fee", "kind": "fixed", "amount": "3650.00", "obligation": "seats"}
        ],
    }
    return told | changes


def invoice(contract: str, on: str, amount: str, tax: str = "0") -> dict:
    """A bill of one line, before tax."""
    lines = [{"amount": amount, "tax": tax}]
    return {
        "kind": "invoice", "id": f"INV-{contract}-{on}", "contract": contract, "on": on,
        "lines": lines,
    }  # fmt: skip


def credit_memo(contract: str, on: str, amount: str, tax: str = "0") -> dict:
    """A bill taken back in part."""
    return invoice(contract, on, amount, tax) | {
        "kind": "credit_memo",
        "id": f"CM-{contract}-{on}",
        "invoice": f"INV-{contract}",
    }


def payment(contract: str, on: str, amount: str) -> dict:
    """Cash received."""
    name = f"PAY-{contract}-{on}"
    return {"kind": "payment", "id": name, "contract": contract, "on": on, "amount": amount}


def delivery(contract: str, on: str, quantity: str) -> dict:
    """Workshops held."""
    return {
        "kind": "delivery", "id": f"DEL-{contract}-{on}", "contract": contract, "on": on,
        "obligation": "training", "quantity": quantity,
    }  # fmt: skip
