"""Rules over fixed fees one by one, on a contract and its lines told in a few words; in cents."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from revrec.model.contract import Consideration, ConsiderationKind, Contract, Measure
from revrec.model.contract import PerformanceObligation as Promise
from revrec.model.events import Delivery, Modification
from revrec.model.financing import ExpectedPayment, Financing
from revrec.model.history import ContractHistory
from revrec.periods import MONTHS, Period
from revrec.reconciliation.agreed import agreed_payments, payment_not_billed
from revrec.reconciliation.bills import Bill, Side
from revrec.reconciliation.fee_case import FeeCase
from revrec.reconciliation.fees import (
    above_price,
    billed_after_end,
    billed_twice,
    concession,
    delivery_not_billed,
    fee_differences,
    instalment_not_billed,
    wrong_final_bill,
    wrong_instalment,
    wrong_whole,
)
from revrec.reconciliation.schedules import schedules_of
from revrec.reconciliation.terms import terms_of

JAN, FEB, MAR, JUL = date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1), date(2026, 7, 1)
DEC_31, NEXT = date(2026, 12, 31), date(2027, 6, 30)
MONTHLY = {"instalment": "10"}


def service(month: int) -> tuple[date, date]:
    """First and last day of a month of 2026."""
    return Period(2026, month).first, Period(2026, month).last


def line(amount: int, document: str = "I1", **told) -> Bill:
    """A line for the fee of x, of the first of January."""
    span = told.pop("service", (None, None))
    usual = {
        "contract": "C",
        "corrects": None,
        "on": JAN,
        "position": 1,
        "side": Side.FIXED,
        "consideration": "fee",
        "obligation": "x",
        "quantity": None,
        "first": span[0],
        "last": span[1],
        "month": Period(2026, 1),
    }
    return Bill(**{**usual, **told}, document=document, amount=amount)


def months(*numbers: int, amount: int = 1000, **told) -> list[Bill]:
    """A line for each month, billed on its first day."""
    return [
        line(amount, f"I{n}", service=service(n), on=service(n)[0], month=Period(2026, n), **told)
        for n in numbers
    ]


def case(
    *lines: Bill,
    changes: tuple[Modification, ...] = (),
    deliveries: tuple[Delivery, ...] = (),
    measure: Measure = Measure.DAYS,
    as_of: date = NEXT,
    **told,
) -> FeeCase:
    """A year of x for 120.00, and its lines."""
    quantity = told.pop("quantity", Decimal(1))
    contract = Contract(
        **{
            "id": "C",
            "customer": "c",
            "currency": "USD",
            "inception": JAN,
            "end": DEC_31,
            "obligations": (Promise(id="x", product="x", measure=measure, quantity=quantity),),
            "consideration": (fee(),),
            **told,
        }
    )
    history = ContractHistory(contract, modifications=list(changes), deliveries=list(deliveries))
    terms = terms_of(history, as_of, MONTHS)
    found = FeeCase(
        history=history,
        terms=terms,
        bills=lines,
        first=Period(2026, 1),
        through=Period(2026, 12),
        as_of=as_of,
        slips={},
    )
    found.schedules = schedules_of(terms, lines)
    return found


def fee(name: str = "fee", amount: str = "120", obligation: str | None = "x") -> Consideration:
    """A fixed amount for x."""
    kind = ConsiderationKind.FIXED
    return Consideration(id=name, kind=kind, amount=Decimal(amount), obligation=obligation)


def change(price: str, on: date = JUL, **told) -> Modification:
    """A modification of the price."""
    return Modification(id=f"M {on}", contract="C", on=on, price_change=Decimal(price), **told)


def told(rule, of: FeeCase) -> list[tuple[object, ...]]:
    """Reason, document, amount, what it should be and the day of each difference, as found."""
    rows = []
    for each in rule(of):
        of.found.append(each)
        document = "".join(each.documents)
        rows.append((str(each.reason), document, each.amount, each.should, each.on))
    return rows


@pytest.mark.parametrize(
    ("span", "outside"),
    [
        ((date(2027, 1, 1), date(2027, 1, 31)), True),
        ((DEC_31, date(2027, 1, 31)), False),
        ((date(2025, 12, 1), date(2025, 12, 31)), True),
        ((date(2025, 12, 1), JAN), False),
        ((None, None), False),
    ],
)
def test_service_outside_the_term(span, outside):
    """A day of it inside is enough; without days nothing is said."""
    found = case(line(1000, service=span))
    expected = [("billed_after_end", "I1", 1000, 0, JAN)] if outside else []

    assert told(billed_after_end, found) == expected
    assert len(found.open_lines()) == 1 - len(expected)
    other = case(line(1000, service=span, obligation=""))
    assert told(billed_after_end, other) == expected
    unknown = case(line(1000, service=span, obligation="z"))
    assert told(billed_after_end, unknown) == expected


def twice(of: FeeCase) -> list[str]:
    """Documents that bill what was billed before."""
    return [document for _, document, *_ in told(billed_twice, of)]


def again(month: int, document: str = "again", **more) -> Bill:
    """Another line for a month."""
    (one,) = months(month, **more)
    return replace(one, document=document)


def test_an_instalment_has_room_for_one_line():
    """The second for March is too much, the later of the two."""
    assert twice(case(*months(1, 2, 3), again(3), terms=MONTHLY)) == ["again"]
    assert twice(case(*months(1, 2, 3), terms=MONTHLY)) == []
    # Halves of an instalment are alike and have room.
    assert twice(case(again(3, "a", amount=500), again(3, "b", amount=500), terms=MONTHLY)) == []


def test_what_was_billed_twice_names_the_first():
    """And should not be there."""
    (found,) = list(billed_twice(case(*months(1), again(1), terms=MONTHLY)))

    assert (found.amount, found.should) == (1000, 0)
    assert found.note == "I1 had billed the same service and amount before"


def test_other_services_of_the_fee_show_one_line_each():
    """Without a schedule two months of one line each show it; a month twice does not."""
    ramp = [*months(1, amount=700), *months(2, amount=900)]

    assert twice(case(*ramp, again(2, amount=900))) == ["again"]
    assert twice(case(again(2, "a", amount=900), again(2, amount=900))) == []
    pairs = [again(1, "a", amount=700), again(1, "b", amount=701)]
    assert twice(case(*pairs, again(2, "c", amount=900), again(2, amount=900))) == []


def test_else_the_price_has_room_or_not():
    """12,000 is billed; one more of 6,000 exceeds it, one of 5,000 and 5,000 does not."""
    half = [line(6000, "a"), line(6000, "b")]

    assert twice(case(*half)) == []
    assert twice(case(*half, line(6000, "c"))) == ["c"]
    assert twice(case(*half, line(6000, "c"), line(6000, "d"))) == ["d", "c"]
    assert twice(case(line(5000, "a"), line(5000, "b"))) == []
    # A cent a line may be rounding: 5,997 of 5,999 are too much, 5,994 of 5,998 are not.
    assert twice(case(*(line(5999, each) for each in "abc"))) == ["c"]
    assert twice(case(*(line(5998, each) for each in "abc"))) == []
    # Lines of neither a fee nor a service are not the same.
    nothing = {"consideration": "", "obligation": ""}
    assert twice(case(*(line(12000, each, **nothing) for each in "ab"))) == []


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        (months(1, 2), []),
        (months(1, amount=1001), []),
        (months(1, amount=999), []),
        (months(1, amount=1002), [("I1", 2, 1000)]),
        (months(1, amount=998), [("I1", -2, 1000)]),
        (months(1, amount=100), [("I1", -900, 1000)]),
        # Parts of an instalment, until they exceed it; the last line is wrong then.
        ([again(1, "a", amount=600), again(1, "b", amount=300)], []),
        ([again(1, "a", amount=600), again(1, "b", amount=402)], []),
        ([again(1, "a", amount=600), again(1, "b", amount=403)], [("b", 3, 400)]),
    ],
)
def test_instalments_that_were_agreed(lines, found):
    """10.00 a month."""
    of = case(*lines, terms=MONTHLY)

    assert [(d, amount, should) for _, d, amount, should, _ in told(wrong_instalment, of)] == found


def test_a_credit_that_puts_a_line_right_is_supported():
    """12.00 was billed, 2.00 taken back: no difference, and no concession either."""
    credit = line(-200, "CM", corrects="I1")
    of = case(*months(1, amount=1200), credit, terms=MONTHLY)

    assert told(wrong_instalment, of) == []
    assert of.supported == {("CM", 1)}
    assert told(concession, of) == []
    # Another obligation's or invoice's credit is none of the line's.
    for other in ({"obligation": "y"}, {"corrects": "I2"}, {"consideration": ""}):
        of = case(*months(1, amount=1200), replace(credit, **other), terms=MONTHLY)
        assert told(wrong_instalment, of) == [("wrong_amount", "I1", 200, 1000, JAN)]


@pytest.mark.parametrize(
    ("lines", "changes", "found"),
    [
        ([line(12001, service=(JAN, DEC_31))], (), []),
        ([line(12002, service=(JAN, DEC_31))], (), [("I1", 2)]),
        ([line(11998, service=(date(2025, 12, 31), date(2027, 1, 1)))], (), [("I1", -2)]),
        ([line(11000, service=(date(2026, 1, 2), DEC_31))], (), []),
        ([line(11000, service=(JAN, date(2026, 12, 30)))], (), []),
        ([line(11000)], (), []),
        ([line(11000, service=(JAN, DEC_31)), line(1, "b", service=(JAN, DEC_31))], (), []),
        ([line(11000, service=(JAN, DEC_31))], (change("-1"),), []),
        ([line(11000, service=(JAN, DEC_31), obligation="")], (), [("I1", -1000)]),
    ],
)
def test_the_only_line_of_a_whole_service(lines, changes, found):
    """It is the fee, to the cent; in a contract that nothing changed."""
    of = case(*lines, changes=changes)

    assert [(d, amount) for _, d, amount, *_ in told(wrong_whole, of)] == found


def delivered(*days: date, quantity: int = 1) -> tuple[Delivery, ...]:
    """Deliveries of x."""
    return tuple(
        Delivery(id=f"D {day}", contract="C", on=day, obligation="x", quantity=Decimal(quantity))
        for day in days
    )


GOODS = {"measure": Measure.UNITS, "deliveries": delivered(MAR)}


@pytest.mark.parametrize(
    ("amounts", "on", "found"),
    [
        ([6000, 6000], MAR, []),
        ([6000, 5000], MAR, [("b", -1000, 6000)]),
        ([5000, 6000], MAR, [("a", -1000, 6000)]),
        ([6000, 5000], date(2026, 2, 28), []),  # more bills may come
        ([6000, 5998], MAR, []),  # a cent a line may be rounding
        ([6000, 5997], MAR, [("b", -3, 6000)]),
        ([5000, 5000], MAR, []),  # both are odd: which one is wrong nobody knows
        ([4000, 4000, 5000], MAR, [("c", 1000, 4000)]),
        ([11000], MAR, [("a", -1000, 12000)]),
        ([12001], MAR, []),
    ],
)
def test_equal_parts_of_a_delivery_and_one_that_differs(amounts, on, found):
    """Billed to the end, all but one are the price by their number."""
    lines = [
        line(amount, name, on=on if place == len(amounts) else JAN)
        for place, (amount, name) in enumerate(zip(amounts, "abc", strict=False), start=1)
    ]
    of = case(*lines, **GOODS)

    assert [(d, amount, should) for _, d, amount, should, _ in told(wrong_final_bill, of)] == found


def test_the_note_of_a_final_bill_says_what_it_was_a_part_of():
    """The price, or one of so many parts."""
    (whole,) = wrong_final_bill(case(line(11000, on=MAR), **GOODS))
    (part,) = wrong_final_bill(case(line(6000), line(5000, "b", on=MAR), **GOODS))

    assert whole.note == "the price of x, which was complete on 2026-03-01"
    assert part.note == "one of 2 equal parts of x, which was complete on 2026-03-01"
    assert told(wrong_final_bill, case(line(11000, on=MAR), changes=(change("1"),), **GOODS)) == []


def test_a_delivery_is_complete_with_all_its_units():
    """Two of two, the second in July; by the day that is looked at."""
    two = {"measure": Measure.UNITS, "quantity": Decimal(2), "deliveries": delivered(MAR, JUL)}

    assert told(wrong_final_bill, case(line(11000, on=MAR), **two)) == []
    assert [d for _, d, *_ in told(wrong_final_bill, case(line(11000, on=JUL), **two))] == ["I1"]
    early = {"as_of": date(2026, 6, 30), **two}
    assert told(wrong_final_bill, case(line(11000, on=JUL), **early)) == []
    assert told(wrong_final_bill, case(line(11000, on=JUL), deliveries=delivered(MAR))) == []


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        ([line(12001)], []),
        ([line(12002)], [("wrong_amount", "I1", 2, 12000, JAN)]),
        ([line(6000, "a"), line(6002, "b")], []),
        ([line(6000, "a"), line(6003, "b")], [("wrong_amount", "b", 3, 6000, JAN)]),
        ([line(13000, "a"), line(-1000, "CM", corrects="a")], []),
        ([line(-13000, "CM", corrects="a")], []),
    ],
)
def test_more_than_the_price(lines, found):
    """On the last line; a cent a line may be rounding."""
    of = case(*lines)

    assert told(above_price, of)[:1] == found


def test_the_fee_and_the_contract_are_both_above_their_price():
    """What a fee exceeds is found there; the contract exceeds nothing more once it is known."""
    of = case(line(12100))
    for each in above_price(of):
        of.found.append(each)

    assert [(each.amount, each.note) for each in of.found] == [
        (100, "all invoices together exceed the price of 120.00 USD")
    ]


@pytest.mark.parametrize(
    ("changes", "as_of", "found"),
    [
        # 20 of the excess are credits that are missing, 10 days after the change.
        (
            (change("-20"),),
            NEXT,
            [
                ("credit_missing", "I1", 2000, -2000, date(2026, 7, 11)),
                ("wrong_amount", "I1", 1000, 12000, JAN),
            ],
        ),
        ((change("-20"),), date(2026, 7, 11), [("wrong_amount", "I1", 1000, 12000, JAN)]),
        ((change("-50"),), NEXT, [("credit_missing", "I1", 5000, -5000, date(2026, 7, 11))]),
        ((change("20"),), NEXT, []),
        (
            (change("-20", FEB), change("-20", MAR, new_terms_from=JUL)),
            NEXT,
            [
                ("credit_missing", "I1", 2000, -2000, date(2026, 2, 11)),
                ("credit_missing", "I1", 2000, -2000, date(2026, 7, 11)),
                ("wrong_amount", "I1", 1000, 12000, JAN),
            ],
        ),
        ((change("0"),), NEXT, [("wrong_amount", "I1", 1000, 12000, JAN)]),
    ],
)
def test_a_price_reduced_without_a_credit(changes, as_of, found):
    """12,000 was billed before it was reduced; 1,000 more at that."""
    amount = 12000 if changes[0].price_change == -50 else 13000

    assert told(above_price, case(line(amount), changes=changes, as_of=as_of)) == found


def test_a_missing_credit_is_of_the_line_that_lost_its_service():
    """The one for what was restated or withdrawn; else the last."""
    y = Promise(id="y", product="y", measure=Measure.DAYS)
    lines = [line(6000, "a", obligation="y", consideration=""), line(6000, "b")]

    def document(**told) -> tuple[str, ...]:
        (found,) = above_price(case(*lines, changes=(change("-20", **told),)))
        return found.documents

    assert document(withdraws=("y",)) == ("a",)
    assert document(revises=(y,)) == ("a",)
    assert document() == ("b",)


@pytest.mark.parametrize(
    ("as_of", "missing"),
    [
        (date(2026, 3, 6), []),
        (date(2026, 3, 7), [(MAR, Period(2026, 3))]),
        (date(2026, 4, 7), [(MAR, Period(2026, 3)), (date(2026, 4, 1), Period(2026, 4))]),
    ],
)
def test_an_instalment_that_was_not_billed(as_of, missing):
    """January and February were, on their first days: March is late after five days."""
    of = case(*months(1, 2), terms=MONTHLY, as_of=as_of)
    found = list(instalment_not_billed(of))

    assert [(each.on, each.month) for each in found] == missing
    assert {(each.amount, each.should) for each in found} <= {(-1000, 1000)}


def test_when_an_instalment_is_due_is_what_its_siblings_show():
    """The latest of them: February was billed 20 days after it began, March is due on the 21st."""
    late = replace(again(2, "I2"), on=date(2026, 2, 21))

    def due(as_of: date) -> list[date]:
        of = case(*months(1), late, terms=MONTHLY, as_of=as_of)
        return [each.on for each in instalment_not_billed(of)]

    assert due(date(2026, 3, 26)) == []
    assert due(date(2026, 3, 27)) == [date(2026, 3, 21)]


def test_without_siblings_the_terms_say_when():
    """In advance: on the first day. Else nobody knows."""
    advance = MONTHLY | {"billing": "in advance"}

    assert len(list(instalment_not_billed(case(terms=advance)))) == 12
    assert list(instalment_not_billed(case(terms=MONTHLY))) == []


def test_what_covers_an_instalment_or_leaves_it_open():
    """A line that overlaps it, lines without days, or lines that name no fee."""
    advance = MONTHLY | {"billing": "in advance"}

    def missing(*lines: Bill) -> int:
        return len(list(instalment_not_billed(case(*lines, terms=advance))))

    assert missing(line(1000, service=(date(2026, 1, 31), FEB))) == 10
    assert missing(line(1000)) == 0
    assert missing(line(1000, consideration="")) == 0
    assert missing(line(1000, consideration="", obligation="y")) == 12


def test_only_months_that_are_looked_at():
    """From February to November."""
    of = case(terms=MONTHLY | {"billing": "in advance"})
    of.first, of.through = Period(2026, 2), Period(2026, 11)

    assert len(list(instalment_not_billed(of))) == 10


@pytest.mark.parametrize(
    ("terms", "as_of", "late"),
    [
        ({}, MAR + timedelta(days=30), False),
        ({}, MAR + timedelta(days=31), True),
        ({"billing": "on delivery"}, MAR + timedelta(days=5), False),
        ({"billing": "on delivery"}, MAR + timedelta(days=6), True),
    ],
)
def test_the_rest_of_a_delivery_that_was_not_billed(terms, as_of, late):
    """A month after it was complete, or days where it is billed when done."""
    of = case(line(2000), terms=terms, as_of=as_of, **GOODS)
    expected = [("not_billed", "", -10000, 10000, MAR)] if late else []

    assert told(delivery_not_billed, of) == expected


@pytest.mark.parametrize(
    ("lines", "more", "missing"),
    [
        ([], {}, 12000),
        ([line(11999)], {}, None),
        ([line(11998)], {}, 2),
        ([line(6000, "a"), line(5998, "b")], {}, None),
        ([line(6000, "a"), line(5997, "b")], {}, 3),
        ([line(100, consideration="", obligation="")], {}, None),
        ([line(100, consideration="", obligation="z")], {}, 12000),
        ([], {"changes": (change("1"),)}, None),
        ([], {"measure": Measure.DAYS}, None),
        ([], {"consideration": (fee(obligation=None),)}, None),
    ],
)
def test_what_of_a_delivery_is_on_no_invoice(lines, more, missing):
    """Beyond a cent a line, in a contract that nothing changed."""
    found = told(delivery_not_billed, case(*lines, **{**GOODS, **more}))

    assert [should for _, _, _, should, _ in found] == ([] if missing is None else [missing])


def test_a_delivery_outside_the_months_looked_at():
    """March is neither before April nor after February."""
    of = case(**GOODS)
    for first, through, number in ((3, 3, 1), (4, 12, 0), (1, 2, 0)):
        of.first, of.through = Period(2026, first), Period(2026, through)
        assert len(list(delivery_not_billed(of))) == number


@pytest.mark.parametrize(
    ("lines", "changes", "found"),
    [
        # Nothing accounts for it.
        ([line(12000), line(-500, "CM", corrects="I1")], (), [("CM", -500, 0)]),
        # More had been billed than the price.
        ([line(12500), line(-500, "CM", corrects="I1")], (), []),
        ([line(12300), line(-500, "CM", corrects="I1")], (), [("CM", -200, -300)]),
        # The price was reduced.
        ([line(12000), line(-500, "CM", corrects="I1")], (change("-5"),), []),
        ([line(12000), line(-500, "CM", corrects="I1")], (change("-3"),), [("CM", -200, -300)]),
        (
            [line(12000), line(-300, "A", corrects="I1"), line(-300, "B", corrects="I1")],
            (change("-5"),),
            [("B", -100, -200)],
        ),
        ([line(12000)], (change("-5"),), []),
        ([line(12000), line(-500, "CM", corrects="I1")], (change("5"),), [("CM", -500, 0)]),
    ],
)
def test_a_credit_that_nothing_accounts_for(lines, changes, found):
    """A person says whether it is a concession."""
    of = case(*lines, changes=changes)

    assert [(d, amount, should) for _, d, amount, should, _ in told(concession, of)] == found


def test_what_was_found_wrong_is_no_room_for_a_credit():
    """5.00 above the price was a wrong amount: a credit of 5.00 beside it is a concession."""
    of = case(line(12500), line(-500, "CM", corrects="other"))
    of.found += list(wrong_whole(case(line(12500, service=(JAN, DEC_31)))))

    assert [(d, amount) for _, d, amount, *_ in told(concession, of)] == [("CM", -500)]


def financed(*payments: tuple[date, str], **more) -> FeeCase:
    """Goods that are paid on days of their own."""
    agreed = tuple(ExpectedPayment(on=on, amount=Decimal(amount)) for on, amount in payments)
    financing = Financing(annual_rate=Decimal("0.1"), payments=agreed)
    return case(*more.pop("lines", ()), financing=financing, **{**GOODS, **more})


def test_agreed_payments_are_those_of_the_whole_price():
    """In the order of their days; if they leave something open they say nothing."""
    found = financed((JUL, "60"), (FEB, "60"))

    assert [each.on for each in agreed_payments(found)] == [FEB, JUL]
    assert agreed_payments(financed((FEB, "119.99"))) == ()
    assert agreed_payments(case()) == ()
    assert told(delivery_not_billed, found) == []


@pytest.mark.parametrize(
    ("lines", "as_of", "found"),
    [
        ([], date(2026, 2, 6), []),
        ([], date(2026, 2, 7), [("not_billed", "", -6000, 6000, FEB)]),
        ([], date(2026, 7, 7), [("not_billed", "", -12000, 12000, FEB)]),
        ([line(6000)], date(2026, 7, 7), [("not_billed", "", -6000, 6000, JUL)]),
        ([line(5999)], date(2026, 2, 7), []),
        ([line(5998)], date(2026, 2, 7), [("not_billed", "", -2, 2, FEB)]),
        ([line(12000)], date(2026, 7, 7), []),
    ],
)
def test_payments_that_no_bill_covers(lines, as_of, found):
    """60.00 in February and in July, five days later at the latest."""
    of = financed((FEB, "60"), (JUL, "60"), lines=lines, as_of=as_of)

    assert told(payment_not_billed, of) == found


def test_payments_name_the_fee_if_there_is_only_one():
    """And are looked for in the months asked about."""
    (one,) = payment_not_billed(financed((FEB, "120")))
    fees = (fee(), fee("other", "10", None))
    (two,) = payment_not_billed(financed((FEB, "130"), consideration=fees))
    outside = financed((FEB, "120"))
    outside.first = Period(2026, 3)

    assert (one.consideration, one.obligation, one.month) == ("fee", "x", Period(2026, 2))
    assert (two.consideration, two.obligation) == ("", "")
    assert list(payment_not_billed(outside)) == []


def test_all_rules_in_their_order():
    """What one explains, no later one sees: March twice, and a credit for nothing."""
    of = case(*months(*range(1, 13)), again(3), line(-500, "CM", corrects="I5"), terms=MONTHLY)

    assert [str(each.reason) for each in fee_differences(of)] == ["billed_twice", "credit_memo"]
