"""The oracle against figures worked out by hand, one rule at a time."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest

from revrec.feeds.documents import read_yaml
from tests.oracle.oracle import Oracle, balances
from tests.oracle.promises import apportion
from tests.oracle.service_time import NotStated, add_months, months_of_service, progress_by_time

JAN, FEB, MAR = (date(2026, month, 1) for month in (1, 2, 3))


def told(text: str) -> Oracle:
    """A scenario of one contract C, from text."""
    return Oracle(read_yaml(text, "a test"))


def revenue(oracle: Oracle, day: date) -> dict[str, int]:
    """Revenue to date by obligation, in minor units."""
    amounts: dict[str, int] = {}
    for (obligation, _), amount in oracle.position("C", day).revenue.items():
        amounts[obligation] = amounts.get(obligation, 0) + amount
    return amounts


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2024, 1, 31), 1, date(2024, 2, 29)),
        (date(2026, 1, 31), 2, date(2026, 3, 31)),  # from the anchor, not from February 28
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2026, 11, 15), 3, date(2027, 2, 15)),
    ],
)
def test_months_are_counted_from_the_anchor(day: date, months: int, later: date) -> None:
    """A month that lacks the day ends on its last."""
    assert later == add_months(day, months)


@pytest.mark.parametrize(
    ("first", "last", "months"),
    [
        (date(2026, 1, 1), date(2026, 12, 31), Fraction(12)),
        (date(2026, 1, 15), date(2027, 1, 14), Fraction(12)),  # touches 13 calendar months
        (date(2026, 1, 31), date(2026, 2, 27), Fraction(1)),
        (date(2026, 1, 31), date(2026, 2, 28), 1 + Fraction(1, 31)),  # next month ends March 30
        (date(2026, 1, 31), date(2026, 1, 31), Fraction(1, 28)),
        (date(2024, 2, 29), date(2024, 3, 28), Fraction(1)),
        (date(2026, 2, 1), date(2026, 2, 7), Fraction(1, 4)),
    ],
)
def test_length_of_service(first: date, last: date, months: Fraction) -> None:
    """Whole months from the anchor, and days of the service month for the rest."""
    assert months == months_of_service(first, last)


@pytest.mark.parametrize(
    ("measure", "first", "last", "day", "progress"),
    [
        ("days", date(2026, 1, 1), date(2026, 12, 31), date(2025, 12, 31), Fraction(0)),
        ("days", date(2026, 1, 1), date(2026, 12, 31), date(2026, 1, 1), Fraction(1, 365)),
        ("days", date(2026, 1, 1), date(2026, 12, 31), date(2026, 2, 28), Fraction(59, 365)),
        ("days", date(2024, 1, 1), date(2024, 12, 31), date(2024, 2, 29), Fraction(60, 366)),
        ("days", date(2026, 1, 1), date(2026, 1, 1), date(2026, 1, 1), Fraction(1)),
        ("days", date(2026, 1, 1), date(2026, 1, 1), date(2030, 1, 1), Fraction(1)),
        ("even_months", date(2026, 1, 1), date(2026, 12, 31), date(2026, 2, 28), Fraction(2, 12)),
        ("even_months", date(2026, 1, 1), date(2026, 12, 31), date(2026, 2, 7), Fraction(5, 48)),
        ("even_months", date(2026, 1, 31), date(2027, 1, 30), date(2026, 2, 27), Fraction(1, 12)),
        ("half_month", date(2026, 1, 15), date(2026, 7, 14), date(2026, 1, 14), Fraction(0)),
        ("half_month", date(2026, 1, 15), date(2026, 7, 14), date(2026, 1, 31), Fraction(1, 12)),
        ("half_month", date(2026, 1, 15), date(2026, 7, 14), date(2026, 2, 28), Fraction(3, 12)),
        ("half_month", date(2026, 1, 15), date(2026, 7, 14), date(2026, 6, 30), Fraction(11, 12)),
        ("half_month", date(2026, 1, 15), date(2026, 7, 14), date(2026, 7, 31), Fraction(1)),
        ("half_month", date(2026, 1, 1), date(2026, 1, 31), date(2026, 1, 31), Fraction(1, 2)),
        ("half_month", date(2026, 1, 1), date(2026, 1, 31), date(2026, 2, 1), Fraction(1)),
    ],
)
def test_progress_by_time(
    measure: str, first: date, last: date, day: date, progress: Fraction
) -> None:
    """Days, even months and half months at the end of a day."""
    assert progress == progress_by_time(measure, first, last, day)


def test_half_months_need_whole_months() -> None:
    """Six weeks have no half-month convention."""
    with pytest.raises(NotStated, match="whole months"):
        progress_by_time("half_month", date(2026, 1, 1), date(2026, 2, 14), date(2026, 1, 31))


def test_apportionment_by_hand() -> None:
    """100 by 50, 25, 75: 33.3, 16.7, 50; the spare unit goes where most was lost."""
    weights = {"a": Fraction(50), "b": Fraction(25), "c": Fraction(75)}

    assert {"a": 33, "b": 17, "c": 50} == apportion(100, weights)
    assert {"a": -33, "b": -17, "c": -50} == apportion(-100, weights)
    assert {"a": 1, "b": 1, "c": 0} == apportion(2, dict.fromkeys("abc", Fraction(1)))


SUBSCRIPTION = """
contracts:
  - {id: C, customer: K, currency: %s, inception: 2026-01-01, end: 2026-03-31,
     obligations: [{id: sub, product: p, measure: even_months}],
     consideration: [{id: fee, kind: fixed, amount: "%s"}]}
"""


@pytest.mark.parametrize(
    ("currency", "amount", "by_month"),
    [
        ("USD", "100", [3333, 6667, 10000]),
        ("JPY", "100", [33, 67, 100]),
        ("KWD", "1", [333, 667, 1000]),
        ("USD", "0.01", [0, 1, 1]),
        ("USD", "0.03", [1, 2, 3]),
        ("JPY", "-100", [-33, -67, -100]),
    ],
)
def test_revenue_is_rounded_to_the_minor_unit(
    currency: str, amount: str, by_month: list[int]
) -> None:
    """A third, two thirds and all of the price, in yen, cents and fils."""
    oracle = told(SUBSCRIPTION % (currency, amount))

    days = (date(2026, 1, 31), date(2026, 2, 28), date(2026, 3, 31))
    assert by_month == [revenue(oracle, day)["sub"] for day in days]


def test_exact_halves_go_to_the_even_unit() -> None:
    """Half of one cent is nothing, half of three cents is two."""
    two_months = SUBSCRIPTION.replace("2026-03-31", "2026-02-28")

    assert {"sub": 0} == revenue(told(two_months % ("USD", "0.01")), date(2026, 1, 31))
    assert {"sub": 2} == revenue(told(two_months % ("USD", "0.03")), date(2026, 1, 31))
    assert {"sub": -2} == revenue(told(two_months % ("USD", "-0.03")), date(2026, 1, 31))


def test_service_before_approval_is_recognised_on_approval() -> None:
    """Service since January of a contract approved on February 1: no contract, no revenue."""
    text = SUBSCRIPTION % ("USD", "300")
    oracle = told(text.replace("inception: 2026-01-01", "inception: 2026-02-01, start: 2026-01-01"))

    assert {} == revenue(oracle, date(2026, 1, 31))
    assert {"sub": 10357} == revenue(oracle, FEB)  # one month and 1/28 of 100.00


CREDITS = """
contracts:
  - {id: C, customer: K, currency: USD, inception: 2026-01-01, end: 2026-03-31,
     obligations: [{id: credits, product: p, measure: usage,
                    usage: {entitled: "100", expected: "80", lapses: 2026-03-31}}],
     consideration: [{id: fee, kind: fixed, amount: "100"}]}
events:
  - {kind: usage, contract: C, on: 2025-12-31, meter: credits, quantity: "50"}
  - {kind: usage, contract: C, on: 2026-01-10, meter: credits, quantity: "20"}
  - {kind: usage, contract: C, on: 2026-01-11, meter: another, quantity: "20"}
  - {kind: estimate, id: e, contract: C, on: 2026-02-01, obligation: credits, expected: "50"}
"""


@pytest.mark.parametrize(
    ("day", "earned", "by_breakage"),
    [
        (date(2026, 1, 9), 0, 0),  # December's use is not of this entitlement
        (date(2026, 1, 10), 2500, 500),  # 20 of 80 expected; 20 of 100 by use alone
        (FEB, 4000, 2000),  # 20 of 50 expected
        (date(2026, 3, 30), 4000, 2000),
        (date(2026, 3, 31), 10000, 8000),  # 80 of 100 lapse unused
    ],
)
def test_entitlement_with_expected_breakage(day: date, earned: int, by_breakage: int) -> None:
    """Use over expected use; what lapses is breakage (606-10-55-48)."""
    position = told(CREDITS).position("C", day)

    assert {("credits", "fixed"): earned} == position.revenue
    assert {("credits", "fixed"): by_breakage} == position.breakage


def test_overage_begins_where_the_commitment_ends() -> None:
    """60 and 70 used of a commitment of 100 for 90: all of it is earned, and 30 above it."""
    oracle = told("""
contracts:
  - {id: C, customer: K, currency: USD, inception: 2026-01-01, end: 2026-12-31,
     obligations: [{id: commit, product: p, measure: usage, meters: [tokens],
                    usage: {counted_in: amount, entitled: "100"}}],
     consideration: [{id: fee, kind: fixed, amount: "90"},
                     {id: over, kind: usage, obligation: commit, above_entitlement: true}]}
events:
  - {kind: usage, contract: C, on: 2026-01-31, meter: tokens, quantity: "1", amount: "60"}
  - {kind: usage, contract: C, on: 2026-02-27, meter: tokens, quantity: "1", amount: "70"}
  - {kind: usage, contract: C, on: 2026-02-28, meter: tokens, quantity: "1", amount: "0.00499999"}
""")
    january, february = (oracle.position("C", day) for day in (date(2026, 1, 31), MAR))

    assert {("commit", "fixed"): 5400, ("commit", "over"): 0} == january.revenue
    assert {("commit", "fixed"): 9000, ("commit", "over"): 3000} == february.revenue
    assert (9000, 0) == (february.transaction_price, february.rpo)


def test_selling_prices_come_from_the_book_of_inception() -> None:
    """30 a month for three months and 10 a unit for one: 100.00 splits 90 to 10."""
    oracle = told("""
standalone_selling_prices:
  - {id: a, product: p, currency: USD, amount: "30", per: month, effective_from: 2025-01-01}
  - {id: b, product: p, currency: USD, amount: "99", per: month, effective_from: 2026-01-02}
  - {id: c, product: q, currency: USD, amount: "77", per: unit, effective_from: 2025-01-01}
  - {id: d, product: q, currency: USD, amount: "10", per: unit, effective_from: 2024-01-01,
     region: eu}
contracts:
  - {id: C, customer: K, currency: USD, inception: 2026-01-01, end: 2026-03-31, region: eu,
     obligations: [{id: sub, product: p, measure: days}, {id: box, product: q, measure: units}],
     consideration: [{id: fee, kind: fixed, amount: "100"}]}
""")

    assert {("sub", "fixed"): 9000, ("box", "fixed"): 1000} == oracle.position("C", JAN).allocated


PROSPECTIVE = """
contracts:
  - {id: C, customer: K, currency: USD, inception: 2026-01-01, end: 2026-04-10,
     obligations:
       [{id: a, product: p, measure: days, standalone_selling_price: "100"},
        {id: b, product: q, measure: units, quantity: "10", standalone_selling_price: "100"}],
     consideration: [{id: fee, kind: fixed, amount: "200"}]}
events:
  - {kind: delivery, id: d1, contract: C, on: 2026-01-10, obligation: b, quantity: "3"}
  - {kind: modification, id: m, contract: C, on: 2026-02-20, price_change: "60"}
  - {kind: delivery, id: d2, contract: C, on: 2026-03-01, obligation: b, quantity: "7"}
"""


@pytest.mark.parametrize(
    ("day", "earned"),
    [
        (date(2026, 2, 19), {"a": 5000, "b": 3000}),  # 50 of 100 days, 3 of 10 units
        # 50 + 70 unrecognised + 60 = 180 by 50 to 70: 75.00 and 105.00; one of 50 days more
        (date(2026, 2, 20), {"a": 5150, "b": 3000}),
        (date(2026, 3, 16), {"a": 8750, "b": 13500}),
        (date(2026, 4, 10), {"a": 12500, "b": 13500}),
    ],
)
def test_prospective_modification(day: date, earned: dict[str, int]) -> None:
    """What is unrecognised and the change are shared by what is left to sell (25-13a)."""
    assert earned == revenue(told(PROSPECTIVE), day)


RENEWED = "revises: [{id: sub, product: p, measure: even_months, end: 2026-05-31}]"
SUB_OF_300 = SUBSCRIPTION % ("USD", "300") + "events:\n"


@pytest.mark.parametrize(
    ("modification", "earned"),
    [
        # Approved March 15, from February 1: January stays, 200 + 100 run over two months.
        ("on: 2026-03-15, new_terms_from: 2026-02-01, price_change: '100'",
         {"2026-02-28": 20000, "2026-03-14": 24516, "2026-03-15": 32258, "2026-03-31": 40000}),
        # Approved January 10, from March 1: nothing moves before.
        ("on: 2026-01-10, new_terms_from: 2026-03-01, price_change: '100'",
         {"2026-02-28": 20000, "2026-03-31": 40000}),
        # A cut of 250 with 100 left: 150 of what was earned is given back, nothing runs on.
        ("on: 2026-03-01, price_change: '-250'",
         {"2026-02-28": 20000, "2026-03-01": 5000, "2026-03-31": 5000}),
        # Ended on February 1 for 130 in all: nothing is left to transfer.
        ("on: 2026-02-01, price_change: '-170', withdraws: [sub]",
         {"2026-01-31": 10000, "2026-02-01": 13000, "2026-03-31": 13000}),
        # Renewed after its last day: what was satisfied goes on under the revised terms.
        (f"on: 2026-04-01, price_change: '60', {RENEWED}",
         {"2026-03-31": 30000, "2026-04-30": 33000, "2026-05-31": 36000}),
        # A paper that changes nothing moves nothing.
        ("on: 2026-02-10", {"2026-02-28": 20000, "2026-03-31": 30000}),
    ],
)  # fmt: skip
def test_modifications_of_a_subscription(modification: str, earned: dict[str, int]) -> None:
    """300.00 over January to March, then changed."""
    text = SUB_OF_300 + f"  - {{kind: modification, id: m, contract: C, {modification}}}\n"

    got = {day: revenue(told(text), date.fromisoformat(day))["sub"] for day in earned}

    assert earned == got


def test_what_is_not_distinct_catches_up() -> None:
    """300.00 over three months becomes 390.00 on March 1: as if it had always been so (25-13b)."""
    single = SUB_OF_300.replace("even_months", "even_months, distinct_increments: false")
    change = "{kind: modification, id: m, contract: C, on: 2026-03-01, price_change: '90'}"
    oracle = told(f"{single}  - {change}\n")

    assert {"sub": 20000} == revenue(oracle, date(2026, 2, 28))
    assert {"sub": 26419} == revenue(oracle, MAR)  # (2 + 1/31) / 3 of 390.00
    assert {"sub": 39000} == revenue(oracle, date(2026, 3, 31))


SEPARATE = (
    SUB_OF_300
    + """
  - kind: modification
    id: s
    contract: C
    on: 2026-03-01
    adds: [{id: extra, product: p, measure: even_months, end: 2026-04-30}]
    price_change: "60"
    at_standalone_selling_prices: true
  - kind: modification
    id: t
    contract: C
    on: 2026-04-01
    revises: [{id: extra, product: p, measure: even_months, end: 2026-05-31}]
    price_change: "30"
"""
)


def test_a_separate_contract_is_modified_apart() -> None:
    """60.00 for two months; after one, 30.00 left and 30.00 more run over two more months."""
    oracle = told(SEPARATE)

    assert {"sub": 20000} == revenue(oracle, date(2026, 2, 28))
    assert {"sub": 30000, "extra": 3000} == revenue(oracle, date(2026, 3, 31))
    assert {"sub": 30000, "extra": 6000} == revenue(oracle, date(2026, 4, 30))
    assert {"sub": 30000, "extra": 9000} == revenue(oracle, date(2026, 5, 31))


def test_breakage_of_ended_terms_stays() -> None:
    """500 of breakage by January; a modification in March leaves it."""
    change = "{kind: modification, id: m, contract: C, on: 2026-02-01, price_change: '10'}"
    estimate = CREDITS.index("  - {kind: estimate")
    oracle = told(f"{CREDITS[:estimate]}  - {change}\n")

    kept, new = (oracle.position("C", day) for day in (date(2026, 1, 31), date(2026, 2, 28)))

    assert {("credits", "fixed"): 500} == kept.breakage
    assert {("credits", "fixed"): 500} == new.breakage
    assert {("credits", "fixed"): 2500} == new.revenue


BILLED = (
    SUB_OF_300
    + """
  - {kind: invoice, id: i, contract: C, on: 2026-01-01, lines: [{amount: "120", tax: "12"}]}
  - {kind: credit_memo, id: c, contract: C, on: 2026-02-01, invoice: i,
     lines: [{amount: "20", tax: "2"}]}
  - {kind: payment, id: p, contract: C, on: 2026-02-02, amount: "66"}
"""
)


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2026, 1, 31), (13200, 2000, 0, 1200, 0)),  # billed 120, earned 100
        (date(2026, 2, 28), (4400, 0, 10000, 1000, 6600)),  # billed 100, earned 200
    ],
)
def test_balances(day: date, expected: tuple[int, ...]) -> None:
    """Receivable, contract liability or asset, tax and cash; debits equal credits."""
    position = told(BILLED).position("C", day)

    assert expected == (
        position.receivable,
        position.contract_liability,
        position.contract_asset,
        position.tax,
        position.paid,
    )
    assert 0 == sum(balances(position).values())


def test_postings_of_a_month() -> None:
    """February: a credit, a payment and 100.00 earned; the liability of 20.00 turns."""
    oracle = told(BILLED)

    assert {
        "cash": 6600,
        "receivable": -8800,
        "contract_asset": 10000,
        "contract_liability": 2000,
        "refund_liability": 0,
        "tax_payable": 200,
        "revenue": -10000,
    } == oracle.postings_of("C", FEB, date(2026, 2, 28))
    assert {("sub", "fixed"): 10000} == oracle.revenue_of("C", FEB, date(2026, 2, 28))


def test_a_changed_estimate_reaches_satisfied_obligations_first() -> None:
    """300 shared by two boxes, one delivered; 200 more: half of it is earned at once."""
    oracle = told("""
contracts:
  - {id: C, customer: K, currency: JPY, inception: 2026-01-01,
     obligations: [{id: a, product: p, measure: point_in_time, standalone_selling_price: "5"},
                   {id: b, product: p, measure: point_in_time, standalone_selling_price: "5"}],
     consideration: [{id: bonus, kind: variable, amount: "300"}]}
events:
  - {kind: delivery, id: d, contract: C, on: 2026-01-05, obligation: a}
  - {kind: estimate, id: e, contract: C, on: 2026-02-01, consideration: bonus, amount: "500"}
""")

    assert {"a": 150, "b": 0} == revenue(oracle, date(2026, 1, 31))
    assert {"a": 250, "b": 0} == revenue(oracle, FEB)
    assert 500 == oracle.position("C", FEB).transaction_price


@pytest.mark.parametrize(
    "change",
    [
        "price_change: '1', revises: [{id: other, product: p, measure: days}]",
        "price_change: '1', withdraws: [other]",
        "price_change: '1', adds: [{id: sub, product: p, measure: days}]",
    ],
)
def test_what_makes_no_sense_is_not_stated(change: str) -> None:
    """Revising or withdrawing what is not promised, adding what is."""
    event = f"  - {{kind: modification, id: m, contract: C, on: 2026-02-01, {change}}}\n"

    with pytest.raises(NotStated):
        told(SUB_OF_300 + event).position("C", MAR)
