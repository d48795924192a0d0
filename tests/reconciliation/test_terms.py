"""What a contract's terms tell a reader of its bills, by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from revrec.model.contract import (
    Consideration,
    ConsiderationKind,
    Contract,
    CountedIn,
    Measure,
    PerformanceObligation,
    UsageTerms,
)
from revrec.model.events import Modification
from revrec.model.history import ContractHistory
from revrec.model.options import Exercise
from revrec.model.policy import StandaloneSellingPrice
from revrec.model.price import Royalty
from revrec.periods import FOREVER, MONTHS, Period
from revrec.reconciliation.bills import Bill, Side
from revrec.reconciliation.ratios import slipped, slips_of
from revrec.reconciliation.schedules import schedules_of
from revrec.reconciliation.terms import terms_of

JAN, FEB, JUL, DEC_31 = date(2026, 1, 1), date(2026, 2, 1), date(2026, 7, 1), date(2026, 12, 31)
EVE, JUN_30 = date(2026, 1, 31), date(2026, 6, 30)
FIXED, USAGE = ConsiderationKind.FIXED, ConsiderationKind.USAGE


def obligation(name: str = "x", measure: Measure = Measure.DAYS, **told) -> PerformanceObligation:
    """Service."""
    return PerformanceObligation(id=name, product=name, measure=measure, **told)


def fee(name: str = "fee", amount: str = "120", **told) -> Consideration:
    """A fixed amount."""
    return Consideration(**{"id": name, "kind": FIXED, "amount": Decimal(amount), **told})


def usage(name: str = "use", **told) -> Consideration:
    """A charge for usage."""
    return Consideration(id=name, kind=USAGE, **told)


def terms(*events, as_of: date = DEC_31, **told):
    """The terms of a contract of 2026."""
    contract = Contract(
        **{
            "id": "C",
            "customer": "c",
            "currency": "USD",
            "inception": JAN,
            "end": DEC_31,
            "obligations": (obligation(),),
            "consideration": (fee(),),
            **told,
        }
    )
    history = ContractHistory(contract)
    for each in events:
        (history.exercises if isinstance(each, Exercise) else history.modifications).append(each)
    return terms_of(history, as_of, MONTHS)


def change(on: date = JUL, **told) -> Modification:
    """A modification."""
    return Modification(id=f"M {on}", contract="C", on=on, **told)


def used(on: date = FEB, *buys: PerformanceObligation, **told) -> Exercise:
    """A right to x is used."""
    return Exercise(**{"id": "E", "contract": "C", "on": on, "right": "x", "buys": buys, **told})


def spans(found) -> list[tuple[str, date, date]]:
    """Obligation, first and last day of each set of terms."""
    return [(each.obligation.id, each.first_day, each.last_day) for each in found.versions]


@pytest.mark.parametrize(
    ("events", "told", "expected"),
    [
        ([], {}, [("x", JAN, DEC_31)]),
        ([], {"end": None}, [("x", JAN, FOREVER)]),
        ([], {"start": FEB}, [("x", FEB, DEC_31)]),
        ([], {"obligations": (obligation(start=FEB, end=JUN_30),)}, [("x", FEB, JUN_30)]),
        ([change(withdraws=("x",))], {}, [("x", JAN, JUN_30)]),
        ([change(withdraws=("y",))], {}, [("x", JAN, DEC_31)]),
        ([change(FEB, new_terms_from=JUL, withdraws=("x",))], {}, [("x", JAN, JUN_30)]),
        # What had ended is not made longer.
        (
            [change(withdraws=("x",))],
            {"obligations": (obligation(end=EVE),)},
            [("x", JAN, EVE)],
        ),
        ([change(revises=(obligation(),))], {}, [("x", JAN, JUN_30), ("x", JUL, DEC_31)]),
        (
            [change(revises=(obligation(start=JAN, end=JUL),))],
            {},
            [("x", JAN, JUN_30), ("x", JUL, JUL)],
        ),
        ([change(adds=(obligation("y"),))], {}, [("x", JAN, DEC_31), ("y", JUL, DEC_31)]),
        (
            [change(adds=(obligation("y", start=FEB, end=JUN_30),))],
            {},
            [("x", JAN, DEC_31), ("y", FEB, JUN_30)],
        ),
        ([change(end=JUL)], {}, [("x", JAN, JUL)]),
        ([change(end=JUL), change(DEC_31)], {}, [("x", JAN, JUL)]),
        # What would begin after the end is never served; on the last day it is.
        ([change(FEB, end=FEB, adds=(obligation("y", start=JUL),))], {}, [("x", JAN, FEB)]),
        (
            [change(FEB, end=FEB, adds=(obligation("y"),))],
            {},
            [("x", JAN, FEB), ("y", FEB, FEB)],
        ),
    ],
)
def test_terms_last_until_others_begin(events, told, expected):
    """First and last day of each, in the order promised."""
    assert spans(terms(*events, **told)) == expected


def test_only_what_is_known_by_the_day_counts():
    """A modification of July, and a right used in February."""
    events = [change(adds=(obligation("y"),), price_change=Decimal(5)), used(price=Decimal(7))]
    before, at, later = (terms(*events, as_of=day) for day in (EVE, FEB, JUL))

    assert [each.price for each in (before, at, later)] == [12000, 12700, 13200]
    assert [len(each.modifications) for each in (before, at, later)] == [0, 0, 1]
    assert [len(each.exercises) for each in (before, at, later)] == [0, 1, 1]


def test_rights_used_are_promises_with_a_price():
    """For what is bought, if it is one thing; without a price there is none to bill."""
    two = (obligation("y", start=JUL, end=DEC_31), obligation("z"))
    both = terms(used(FEB, *two, price=Decimal(7)))
    one = terms(used(FEB, two[1], price=Decimal(7)), end=JAN)
    free = terms(used(FEB, two[1], price=Decimal(0)))

    assert spans(both) == [("x", JAN, DEC_31), ("y", JUL, DEC_31), ("z", FEB, DEC_31)]
    assert (both.fixed["E"].obligation, both.fixed["E"].amount) == (None, 7)
    assert spans(one)[-1] == ("z", FEB, FEB)
    assert one.fixed["E"].obligation == "z"
    assert list(free.fixed) == ["fee"]
    assert terms(used(price=Decimal(7))).fixed["E"].obligation == "x"
    assert (both.later(EVE), both.later(FEB)) == ({"y", "z"}, frozenset())
    assert spans(terms(used(FEB, two[1]), end=None))[-1] == ("z", FEB, FOREVER)


def test_the_span_of_an_obligation_or_of_the_contract():
    """Over all its terms."""
    found = terms(
        change(revises=(obligation(),)), obligations=(obligation(), obligation("y", start=FEB))
    )

    assert found.span("x") == (JAN, DEC_31)
    assert found.span("y") == (FEB, DEC_31)
    assert found.span(None) == (JAN, DEC_31)
    assert found.span("z") is None


def charges(*events, **told):
    """Obligation, first day and day of transfer of each charge for usage."""
    found = terms(*events, **told)
    return [(each.obligation, each.from_day, each.transferred) for each in found.charges]


CALLS = obligation("calls", Measure.USAGE, start=FEB)


def test_usage_is_priced_from_the_day_it_is_promised_and_served():
    """Calls are served from February on; a fee added in July counts from then."""
    told = {"obligations": (obligation(), CALLS), "consideration": (fee(), usage(obligation="x"))}

    assert charges(**told) == [("x", JAN, None)]
    told["consideration"] = (usage(obligation="calls"),)
    assert charges(**told) == [("calls", FEB, None)]
    told["consideration"] = (usage(obligation=None),)
    assert charges(**told) == []
    added = change(FEB, new_terms_from=JUL, adds_consideration=(usage(obligation="x"), fee("f")))
    assert charges(added) == [("x", JUL, None)]
    assert charges(change(adds_consideration=(usage(obligation="x"),))) == [("x", JUL, None)]


def test_a_royalty_for_no_license_in_particular_is_charged_once():
    """By the first of them by name; what it guarantees is paid ahead."""
    royalty = usage(obligation=None, royalty=Royalty(minimum=Decimal(50)))
    licenses = (
        obligation("b", Measure.POINT_IN_TIME),
        obligation("a", Measure.POINT_IN_TIME),
    )
    found = terms(obligations=licenses, consideration=(royalty,))
    (charge,) = found.charges

    assert (charge.obligation, charge.from_day, charge.guaranteed) == ("a", JAN, 50)
    assert charge.above
    assert found.paid_ahead(licenses[1]) == 50
    assert found.paid_ahead(licenses[0]) is None
    assert found.charged_by(royalty) == "a"
    assert found.charged_by(fee(obligation="b")) == "b"


def test_what_a_fixed_price_pays_for():
    """An entitlement counted in amount; one counted in units is none of money."""
    in_amount = obligation(
        measure=Measure.USAGE,
        usage=UsageTerms(counted_in=CountedIn.AMOUNT, entitled=Decimal(30)),
    )
    in_units = obligation(measure=Measure.USAGE, usage=UsageTerms(entitled=Decimal(30)))
    found = terms(consideration=(usage(obligation="x"),))

    assert found.paid_ahead(in_amount) == 30
    assert found.paid_ahead(in_units) is None
    assert not found.charges[0].above
    above = terms(consideration=(usage(obligation="x", above_entitlement=True),))
    assert above.charges[0].above


@pytest.mark.parametrize(
    ("billing", "months"),
    [
        ("", 1),
        ("monthly in arrears", 1),
        ("Quarterly in arrears", 3),
        ("half-yearly in arrears", 6),
        ("annually in arrears", 12),
        ("yearly in arrears", 12),
        ("every 4 months in arrears", 4),
        ("fees quarterly in advance, usage every 2 months in arrears", 2),
        ("quarterly in arrears, later monthly in arrears", 1),
        ("quarterly in advance", 1),
    ],
)
def test_the_rhythm_of_usage_bills(billing, months):
    """The one named last before "in arrears"."""
    assert terms(terms={"billing": billing}).usage_months == months


@pytest.mark.parametrize(
    ("told", "instalment"),
    [
        ({}, None),
        ({"instalment": "ten"}, None),
        ({"instalment": "NaN"}, None),
        ({"instalment": "10.005"}, 1000),
        ({"instalment": "10.015"}, 1002),
        ({"instalment": "33.33"}, 3333),
    ],
)
def test_an_instalment_is_what_the_terms_state(told, instalment):
    """In minor units, half to even; else none."""
    assert terms(terms=told).instalment == instalment


def test_commercial_terms_tell_a_discount_and_when_to_bill():
    """In words."""
    told = terms(terms={"price": "list less 12.5 %", "billing": "fees in advance"})
    other = terms(terms={"price": "list", "billing": "billed upon delivery"})

    assert (told.discount, told.in_advance, told.when_done) == (Decimal("12.5"), True, False)
    assert (other.discount, other.in_advance, other.when_done) == (None, False, True)


def bill(amount: int, count: int = 1, **told) -> list[Bill]:
    """Lines for the fee, alike."""
    usual = {
        "contract": "C",
        "document": "I",
        "corrects": None,
        "on": JAN,
        "position": 0,
        "side": Side.FIXED,
        "consideration": "fee",
        "obligation": "x",
        "quantity": None,
        "first": JAN,
        "last": EVE,
        "month": Period(2026, 1),
    }
    return [Bill(**{**usual, **told}, amount=amount)] * count


def slots(found, name: str = "fee"):
    """Amount, number, first and last slot of a schedule."""
    schedule = found[name]
    return schedule.amount, len(schedule.slots), schedule.slots[0], schedule.slots[-1]


TWELFTHS = (1000, 12, (JAN, EVE), (date(2026, 12, 1), DEC_31))
TEN = {"terms": {"instalment": "10"}}


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (TEN, TWELFTHS),
        ({"terms": {"instalment": "30"}}, (3000, 4, (JAN, date(2026, 3, 31)), (date(2026, 10, 1),
         DEC_31))),
        ({"terms": {"instalment": "120"}}, (12000, 1, (JAN, DEC_31), (JAN, DEC_31))),
        # A cent a line may be rounding.
        ({**TEN, "consideration": (fee(amount="120.12"),)}, TWELFTHS),
        ({**TEN, "consideration": (fee(amount="119.88"),)}, TWELFTHS),
    ],
)  # fmt: skip
def test_terms_prove_equal_instalments(told, expected):
    """They come to the price and divide the service evenly."""
    assert slots(schedules_of(terms(**told), [])) == expected


@pytest.mark.parametrize(
    "told",
    [
        {**TEN, "consideration": (fee(amount="120.13"),)},
        {**TEN, "consideration": (fee(amount="119.87"),)},
        {"terms": {"instalment": "24"}},  # five do not divide twelve months
        {"terms": {"instalment": "0"}},
        {"terms": {"instalment": "-10"}},
        {"terms": {"instalment": "500"}},
        {**TEN, "end": date(2026, 12, 30)},
        {**TEN, "end": None},
        {**TEN, "obligations": (obligation(measure=Measure.UNITS),)},
        {**TEN, "obligations": (obligation(), obligation("y"))},
        # Two fees are proved: whose it is nobody knows.
        {**TEN, "consideration": (fee(), fee("other"))},
    ],
)
def test_what_proves_no_schedule(told):
    """Nothing is guessed."""
    assert schedules_of(terms(**told), []) == {}


def test_one_instalment_needs_no_end():
    """All of the price, for service without a last day."""
    found = schedules_of(terms(terms={"instalment": "120"}, end=None), [])

    assert found["fee"].slots == [(JAN, FOREVER)]


def test_a_schedule_ends_before_the_first_change():
    """Slots that a modification of July reaches are no longer as agreed."""
    found = schedules_of(terms(change(price_change=Decimal(1)), **TEN), [])
    later = schedules_of(terms(change(FEB, new_terms_from=JUL), change(DEC_31), **TEN), [])

    assert slots(found) == (1000, 6, (JAN, EVE), (date(2026, 6, 1), JUN_30))
    assert slots(later) == slots(found)
    assert schedules_of(terms(change(JAN), **TEN), []) == {}


@pytest.mark.parametrize(
    ("bills", "expected"),
    [
        (bill(1000, 2), TWELFTHS),
        (bill(1000, 1), None),
        (bill(1000, 3, corrects="I"), None),
        (bill(1000, 3, first=None, last=None), None),
        (bill(1000, 3, consideration="other"), None),
        (bill(-1000, 3), None),
        (bill(700, 3), None),
        # The smallest amount that proves one.
        (bill(3000, 3) + bill(1000, 3), TWELFTHS),
        (bill(1000, 1) + bill(3000, 3), (3000, 4, (JAN, date(2026, 3, 31)), (date(2026, 10, 1),
         DEC_31))),
    ],
)  # fmt: skip
def test_bills_prove_equal_instalments(bills, expected):
    """At least two lines alike, for days of service."""
    found = schedules_of(terms(), bills)

    assert (slots(found) if found else None) == expected


def test_what_terms_prove_no_bill_contradicts():
    """Ten a month was agreed, thirty was billed."""
    assert slots(schedules_of(terms(**TEN), bill(3000, 3))) == TWELFTHS


def price(product: str, currency: str, amount: str) -> StandaloneSellingPrice:
    """An entry of a price list."""
    return StandaloneSellingPrice(
        id=f"{product} {currency}",
        product=product,
        currency=currency,
        amount=Decimal(amount),
        effective_from=JAN,
    )


LISTS = [
    price("a", "USD", "10"),
    price("a", "EUR", "9"),
    price("b", "USD", "20"),
    price("b", "EUR", "18"),
    price("c", "USD", "10"),
    price("c", "EUR", "8.99"),
    price("d", "EUR", "0"),
    price("d", "USD", "1"),
]


def test_ratios_of_price_lists_and_decimals():
    """9 to 10 is the most frequent; a list in the same figures names no mistake."""
    slips = slips_of(LISTS, ["USD", "GBP"])
    ratios = {name: [each.ratio for each in told] for name, told in slips.items()}
    decimals = [100, Fraction(1, 100), 1000, Fraction(1, 1000)]

    assert ratios == {"USD": [*decimals, Fraction(9, 10)], "GBP": decimals}
    assert [each.said for each in slips["USD"]] == [
        "the decimal point is 2 places off",
        "the decimal point is 2 places off",
        "the decimal point is 3 places off",
        "the decimal point is 3 places off",
        "the figure is the price in EUR, not in USD",
    ]
    same = slips_of([price("a", "USD", "10"), price("a", "EUR", "10")], ["USD"])
    assert len(same["USD"]) == 4
    tied = slips_of([*LISTS[:2], *LISTS[4:6]], ["EUR"])
    assert tied["EUR"][-1].ratio == Fraction(10, 9)


@pytest.mark.parametrize(
    ("billed", "should", "said"),
    [
        (1_000_000, 10_000, "the decimal point is 2 places off; 100.00 USD is right"),
        (1_000_101, 10_000, "the decimal point is 2 places off; 100.00 USD is right"),
        (1_000_102, 10_000, None),
        (999_899, 10_000, "the decimal point is 2 places off; 100.00 USD is right"),
        (999_898, 10_000, None),
        (9_000, 10_000, "the figure is the price in EUR, not in USD; 100.00 USD is right"),
        (9_500, 10_000, None),
        (-9_000, -10_000, "the figure is the price in EUR, not in USD; -100.00 USD is right"),
        (900, 9, None),  # too small to name anything
    ],
)
def test_an_amount_that_is_another_times_a_ratio(billed, should, said):
    """Both may have been rounded once."""
    slips = slips_of(LISTS, ["USD"])

    assert slipped(slips, "USD", billed, should) == said
    assert slipped(slips, "GBP", billed, should) is None
