"""Why revenue changed, by hand."""

from __future__ import annotations

from revrec.disclosure.flux import BY_PRODUCT, DETAIL, DRIVERS
from revrec.periods import Period
from revrec.recognition.counts import usage_events
from tests.disclosure.cases import access, book_of
from tests.disclosure.closing import close, report, row, rows

JANUARY, FEBRUARY = Period(2026, 1), Period(2026, 2)
BEFORE, YEAR_BEFORE = "the period before", "the year before"


def by_use(name: str, inception: str = "2026-01-01") -> dict:
    """Tokens at the price of the day."""
    return {
        "id": name,
        "customer": name.lower(),
        "currency": "USD",
        "inception": inception,
        "end": "2026-12-31",
        "obligations": [
            {"id": "api", "product": "api", "measure": "usage", "meters": ["tokens"]},
        ],
        "consideration": [{"id": "use", "kind": "usage", "obligation": "api"}],
    }


def used(contract: str, on: str, quantity: str, amount: str) -> dict:
    """Tokens used on a day, and what they cost."""
    return {
        "kind": "usage", "contract": contract, "on": on, "meter": "tokens",
        "quantity": quantity, "amount": amount,
    }  # fmt: skip


CONTRACTS = [by_use("A"), by_use("B"), by_use("C", "2026-02-01"), access("SEATS")]
KNOWN = [
    used("A", "2026-01-10", "100", "100.00"),
    used("A", "2026-02-10", "150", "180.00"),
    used("B", "2026-01-11", "300", "600.00"),
    used("B", "2026-02-11", "200", "400.00"),
    used("C", "2026-02-12", "50", "50.00"),
]
LATE = used("A", "2026-01-20", "20", "20.00")
"""Learned after January was closed."""


def february():
    """Schedules of February, as known at its close."""
    books = {JANUARY: book_of(CONTRACTS, KNOWN), FEBRUARY: book_of(CONTRACTS, [*KNOWN, LATE])}
    closed = close(books.__getitem__, JANUARY, FEBRUARY)
    counts = [usage_events(books[FEBRUARY])]
    return report(books[FEBRUARY], closed, FEBRUARY, FEBRUARY, usage=counts)


def test_drivers_of_use_by_hand():
    """January's 420 tokens cost 720.00 in all, 12/7 each.

    A: 120 for 120.00, then 150 for 180.00: volume 30 x 12/7 = 51.43, mix 30 x (1 - 12/7) = -21.43,
    price 150 x 0.20 = 30.00. Late: 20.00 in February, and as much that January's close lacked.
    B: 300 for 600.00, then 200 for 400.00: volume -171.43, mix -100 x (2 - 12/7) = -28.57, price 0.
    C begins. SEATS has 31 days of 10.00, then 28.
    """
    found = february().datasets[DETAIL]

    def drivers(contract: str) -> dict[str, object]:
        line = row(found, comparison=BEFORE, contract=contract)
        told = {name: line[name] for name in DRIVERS if line[name]}
        assert line["change"] == sum(told.values()) == line["current"] - line["base"]
        return told

    assert {"volume": 5143, "mix": -2143, "price": 3000, "earlier": 4000} == drivers("A")
    assert {"volume": -17143, "mix": -2857} == drivers("B")
    assert {"new_contracts": 5000} == drivers("C")
    assert {"schedule": -3000} == drivers("SEATS")


def test_products_ask_for_an_explanation_beyond_the_policys_threshold():
    """Of the year before there is nothing: all of it is new; tenths of little ask for nothing."""
    schedules = february()
    found = schedules.datasets[BY_PRODUCT]

    use = row(found, comparison=BEFORE, product="api")
    assert (70000, 65000, -5000) == (use["base"], use["current"], use["change"])
    assert ("", "Volume -120.00 USD; New contracts 50.00 USD") == (use["asks"], use["in_words"])
    new = list(rows(found, comparison=YEAR_BEFORE))
    assert {"api": 65000, "seats": 28000} == {
        each["product"]: each["new_contracts"] for each in new
    }
    assert {None} == {each["share"] for each in new}
    assert () == schedules.differences


def test_a_change_beyond_both_thresholds_asks():
    """More than a tenth and more than 10,000.00; exactly as much does not ask."""
    for amount, asks in (("110000.00", ""), ("110000.01", "yes"), ("89999.99", "yes")):
        events = [used("A", "2026-01-10", "1", "100000.00"), used("A", "2026-02-10", "1", amount)]
        book = book_of([by_use("A")], events)
        found = report(book, close(lambda _, b=book: b, JANUARY, FEBRUARY), FEBRUARY, FEBRUARY)

        line = row(found.datasets[BY_PRODUCT], comparison=BEFORE, product="api")
        assert asks == line["asks"]
