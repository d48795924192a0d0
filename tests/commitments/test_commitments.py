"""Commitments: consumed, expected, missing, exceeded, amended; and what reconciles their bills."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from revrec.commitments.position import Position, position_of
from revrec.disclosure.burn_down import burn_down_tie_outs
from revrec.errors import FeedError
from revrec.feeds.records import to_fact
from revrec.model.fact import FactKind
from tests.commitments.books import (
    book,
    commitment,
    contract,
    daily,
    draws,
    grant,
    position,
    used,
)


def bills(found: Position) -> list[dict[str, Any]]:
    """The documents proposed, as records."""
    return [
        {"kind": fact.kind.value, **fact.body}
        for each in found.reconciling()
        for document in each.documents
        for fact in [to_fact(FactKind(document.kind), document)]
    ]


def billed(found: Position) -> list[tuple[str, str]]:
    """Kind and amount of the documents proposed: invoices together, credit memos one by one."""
    lines = [
        (record["kind"], line["amount"]) for record in bills(found) for line in record["lines"]
    ]
    invoiced = sum((Decimal(amount) for kind, amount in lines if kind == "invoice"), Decimal(0))
    memos = [(kind, amount) for kind, amount in lines if kind == "credit_memo"]
    return ([("invoice", f"{invoiced:.2f}")] if invoiced else []) + memos


def invoice(name: str, on: str, amount: str, **line: Any) -> dict[str, Any]:
    """An invoice to Acme."""
    return {
        "kind": "invoice", "id": name, "contract": "acme", "on": on,
        "lines": [{"amount": amount} | line],
    }  # fmt: skip


def test_a_commitment_beside_an_even_course() -> None:
    """36,500 for 2026; 4,380.00 used by 14 March, day 73: a fifth expected, 12 percent used.

    60.00 a day is 21,900 by the end, 14,600 too little; at that pace it lasts 609 days, to the
    end of August 2027.
    """
    told = [commitment("k", 36500)]
    uses = [used("2026-01-15", 3000), used("2026-03-01", 1380)]

    (each,) = position(told, uses, "2026-03-14").commitments()

    assert (each.consumed, each.remaining, each.days_left) == (4380, 32120, 292)
    assert (each.expected_percent, each.actual_percent) == (Decimal("20.00"), Decimal("12.00"))
    assert (each.projected, each.shortfall_projected, each.overage_projected) == (21900, 14600, 0)
    assert each.exhausted_on == date(2027, 9, 1)
    assert (each.shortfall, each.true_up) == (32120, 0)


def test_how_much_of_a_commitment_is_used() -> None:
    """com-aws-savings-plan-hour: 9.80 of 10 are 98 percent."""
    (each,) = position([commitment("k", 10)], [used("2026-01-01", "9.80")]).commitments()

    assert each.actual_percent == 98


def test_a_commitment_that_is_used_up_tells_the_day() -> None:
    """100 are used up on the third day; 20 are beyond, and 30 given back later reopen it."""
    told = [commitment("k", 100)]
    uses = [used("2026-01-01", 60), used("2026-01-03", 60)]

    (before,) = position(told, uses, "2026-01-31").commitments()
    (after,) = position(told, [*uses, used("2026-02-01", -30)], "2026-02-28").commitments()

    assert (before.exhausted_on, before.exceeded, before.remaining) == (date(2026, 1, 3), 20, 0)
    assert (after.consumed, after.exceeded, after.remaining) == (90, 0, 10)


@pytest.mark.parametrize(
    ("spent", "owed"),
    [
        ({"calls": 100_000}, {"all": 50_000, "sms": 0}),
        ({"calls": 80_000, "tokens": 10_000}, {"all": 40_000, "sms": 20_000}),
        ({"tokens": 200_000}, {"all": 0, "sms": 100_000}),
    ],
)
def test_a_commitment_within_a_commitment(spent: dict[str, int], owed: dict[str, int]) -> None:
    """What is missing to the inner one is charged and counts towards the outer."""
    told = [
        commitment("all", 150_000, form="postpaid"),
        commitment("sms", 100_000, form="postpaid", meters=["calls"], within="all"),
    ]
    uses = [used("2026-06-01", amount, meter=meter) for meter, amount in spent.items()]

    found = position(told, uses, "2027-01-01")

    assert {each.commitment: each.true_up for each in found.commitments()} == owed
    use = sum(spent.values())
    assert billed(found) == [("invoice", f"{use + sum(owed.values())}.00")]


def test_use_within_counts_to_both_and_beyond_the_inner_goes_on_in_the_outer() -> None:
    """Calls take the 30 of the inner, then 70 of the outer's 100; 20 are beyond both."""
    told = [
        commitment("all", 100, form="postpaid"),
        commitment("part", 30, form="postpaid", meters=["calls"], within="all"),
    ]

    found = position(told, [used("2026-06-01", 120, meter="calls")], "2026-06-30")

    assert draws(found) == [("part", 30), ("all", 70), ("", 20)]
    by_name = {each.commitment: each for each in found.commitments()}
    assert (by_name["all"].consumed, by_name["all"].exceeded) == (100, 20)
    assert by_name["part"].consumed == 30


@pytest.mark.parametrize(
    ("within", "message"), [("b", "within each other in a ring"), ("c", "which is not held by")]
)
def test_a_commitment_within_nothing_is_refused(within: str, message: str) -> None:
    """Neither of a ring is the outermost; what nobody told is within nothing."""
    told = [commitment("a", 1, within=within), commitment("b", 1, within="a")]

    found = position_of(book(*told), daily([]), date(2026, 1, 31))

    assert message in str(found.refused["acme"])


def test_a_true_up_and_overage_at_list_price() -> None:
    """1,000 promised at 20 percent off; 1,200 used at that price, 200 beyond at list: 250.00.

    Another year 700 are used and 300 are missing on the day of the true-up.
    """
    told = [commitment("k", 1000, form="postpaid", overage_factor="1.25", true_up_on="2027-01-15")]

    over = position(told, [used("2026-06-01", 1200)], "2027-01-15")
    under = [position(told, [used("2026-06-01", 700)], day) for day in ("2027-01-14", "2027-01-15")]

    assert billed(over) == [("invoice", "1250.00")]
    assert [billed(each) for each in under] == [[("invoice", "700.00")], [("invoice", "1000.00")]]


def test_units_promised_are_trued_up_at_their_price() -> None:
    """10 units for 2,000.00; 7 are used, rated 1,400.00: 3 are missing, 600.00."""
    told = [commitment("k", 10, counted_in="quantity", price="2000", form="minimum")]

    found = position(told, [used("2026-06-01", 1400, quantity=7)], "2027-01-01")

    assert billed(found) == [("invoice", "2000.00")]
    (each,) = found.commitments()
    assert (each.shortfall, each.true_up) == (3, 600)


def test_three_years_each_with_its_part() -> None:
    """300,000 over three years, 100,000 for each: a year's part is lost unless it rolls over.

    2026 leaves 40,000 of which a quarter of 100,000 goes on; 2027 uses 130,000: 25,000 of what
    went on, 100,000 of its own, and 5,000 beyond.
    """
    years = {"every_months": 12, "until": "2028-01-01"}
    told = [
        commitment("y", 100_000, recurs=years, rollover={"cap_percent": "25", "months": 12})
        | {"last_day": None},
    ]
    uses = [used("2026-06-01", 60_000), used("2027-06-01", 130_000)]

    found = position(told, uses, "2027-12-31")

    assert draws(found) == [
        ("y 2026-01-01", 60_000),
        ("y 2026-01-01 rolled over", 25_000),
        ("y 2027-01-01", 100_000),
        ("", 5_000),
    ]
    first, second = found.commitments()
    assert (first.consumed, first.rolled_over, first.lapsed) == (85_000, 25_000, 15_000)
    assert (second.consumed, second.exceeded) == (100_000, 5_000)


def test_a_prepaid_commitment_is_billed_by_installments_and_use_costs_nothing_more() -> None:
    """1,200 in two parts; in June one is due, 900 of use are covered, 100 ahead of its day stay."""
    told = [
        commitment(
            "k", 1200, consideration="fee",
            installments=[{"on": "2026-01-01", "amount": "600"},
                          {"on": "2026-07-01", "amount": "600"}],
        )
    ]  # fmt: skip
    uses = [used("2026-03-01", 900)]

    assert billed(position(told, uses, "2026-06-30")) == [("invoice", "600.00")]
    ahead = invoice("I-1", "2026-01-01", "700", consideration="fee")
    assert billed(position([*told, ahead], uses, "2026-06-30")) == []
    assert billed(position([*told, ahead], uses, "2026-07-01")) == [("invoice", "500.00")]


def test_installments_that_do_not_add_up_are_refused() -> None:
    """Their sum and the price are told."""
    told = [commitment("k", 1200, installments=[{"on": "2026-01-01", "amount": "600"}])]

    with pytest.raises(FeedError, match="come to 600, its price is 1200"):
        list(position(told).reconciling())


RAISED = {
    "kind": "commitment_amendment", "id": "a1", "contract": "acme", "on": "2026-07-01",
    "commitment": "k", "amount": "1500", "price": "1350",
}  # fmt: skip


def test_a_raise_bills_the_difference_and_loading_the_bill_settles_it() -> None:
    """1,000 for 1,000 become 1,500 for 1,350: 350 more, once, and 500 more to use."""
    told = [commitment("k", 1000, consideration="fee")]
    paid = invoice("I-1", "2026-01-01", "1000", consideration="fee")
    uses = [used("2026-03-01", 900), used("2026-08-01", 500)]

    found = position([*told, paid, RAISED], uses, "2026-08-31")
    again = position([*told, paid, RAISED, *bills(found)], uses, "2026-08-31")

    assert billed(found) == [("invoice", "350.00")]
    assert billed(again) == []
    (each,) = found.commitments()
    assert (each.amount, each.consumed, each.remaining, each.price) == (1500, 1400, 100, 1350)


def test_before_the_raise_is_as_it_was() -> None:
    """At the end of June neither amount nor price knows of July's amendment."""
    told = [commitment("k", 1000, consideration="fee"), RAISED]

    (each,) = position(told, as_of="2026-06-30").commitments()

    assert (each.amount, each.price) == (1000, 1000)


def test_a_cut_is_credited_on_the_latest_bills_and_takes_only_what_is_left() -> None:
    """1,000 billed in 600 and 400 become 300 for 500: 400 of the second bill and 100 of the first.

    350 were used by then, so 350 is what stays promised.
    """
    told = [
        commitment("k", 1000, consideration="fee"),
        invoice("I-1", "2026-01-01", "600", consideration="fee"),
        invoice("I-2", "2026-02-01", "400", consideration="fee"),
        RAISED | {"amount": "300", "price": "500"},
    ]

    found = position(told, [used("2026-03-01", 350)], "2026-07-31")
    again = position([*told, *bills(found)], [used("2026-03-01", 350)], "2026-07-31")

    assert billed(found) == [("credit_memo", "400.00"), ("credit_memo", "100.00")]
    assert [record["invoice"] for record in bills(found)] == ["I-2", "I-1"]
    assert billed(again) == []
    (each,) = found.commitments()
    assert (each.amount, each.consumed, each.remaining) == (350, 350, 0)


def test_an_extension_counts_from_its_day_and_brings_back_what_lapsed() -> None:
    """40 lapsed with 2026; extended in February to June, they may be used in March, not before."""
    told = [
        commitment("k", 100),
        {"kind": "commitment_amendment", "id": "a", "contract": "acme", "on": "2027-02-01",
         "commitment": "k", "last_day": "2027-06-30"},
    ]  # fmt: skip
    uses = [used("2026-03-01", 60), used("2027-01-15", 10), used("2027-03-01", 10)]

    (lapsed,) = position(told, uses, "2027-01-31").commitments()
    found = position(told, uses, "2027-03-31")

    assert (lapsed.lapsed, lapsed.remaining) == (40, 0)
    assert draws(found) == [("k", 60), ("", 10), ("k", 10)]
    (each,) = found.commitments()
    assert (each.lapsed, each.remaining, each.last_day) == (0, 30, date(2027, 6, 30))


def test_use_is_billed_under_the_consideration_that_charges_it() -> None:
    """Tokens under `tokens`, calls under `calls`, also where a line names the obligation alone."""
    told = [
        grant("g", 10),
        invoice("I-1", "2026-03-31", "30", consideration="tokens"),
        invoice("I-2", "2026-03-31", "5", obligation="calling"),
    ]
    uses = [used("2026-03-01", 40), used("2026-03-02", 9, meter="calls")]

    found = list(position(told, uses, "2026-03-31").reconciling())

    assert [(each.consideration, each.due, each.billed) for each in found] == [
        ("calls", 900, 500), ("tokens", 3000, 3000),
    ]  # fmt: skip


def test_a_bill_for_what_credits_paid_is_credited() -> None:
    """40 were billed and 25 of them paid by credits: 25 go back."""
    told = [grant("g", 25), invoice("I-1", "2026-03-31", "40", consideration="tokens")]

    assert billed(position(told, [used("2026-03-01", 40)], "2026-03-31")) == [
        ("credit_memo", "25.00")
    ]


def test_a_price_that_was_never_told_follows_the_amount() -> None:
    """1,000 promised become 1,500: of 700 used 800 are missing; prepaid, 500 more are due."""
    amended = {name: value for name, value in RAISED.items() if name != "price"}
    uses = [used("2026-03-01", 700)]

    postpaid = position([commitment("k", 1000, form="postpaid"), amended], uses, "2027-01-01")
    prepaid = position([commitment("k", 1000), amended], uses, "2026-07-01")

    assert billed(postpaid) == [("invoice", "1500.00")]
    assert [reason for each in prepaid.reconciling() for reason in each.reasons] == [
        "commitment k: 1000.00 USD",
        "a1: 500.00 USD",
    ]


@pytest.mark.parametrize(
    ("window", "fee", "usage", "committed", "owed"),
    [
        (("2024-02-28", "2024-02-29"), "6.90", 30, Fraction(2, 29), "652.76"),
        (("2024-03-01", "2024-03-31"), "100.00", 10, Fraction(1), "9890.00"),
        (("2024-02-28", "2024-02-29"), "6.90", 70, Fraction(2, 29), "612.76"),
        (("2024-03-01", "2024-03-31"), "100.00", 15, Fraction(1), "9885.00"),
    ],
)
def test_a_commitment_over_fee_and_usage(
    window: tuple[str, str], fee: str, usage: int, committed: Fraction, owed: str
) -> None:
    """min-lago-plan-commitment: 10,000 by the day, less the fee billed and the use, rounded once.

    The fee of another month does not count, nor does the tax on it.
    """
    atoms = 10_000 * committed * 10**12
    amount = Decimal(atoms.numerator // atoms.denominator).scaleb(-12)
    line = {"amount": fee, "tax": "1.38", "consideration": "plan", "service_from": window[0]}
    told = [
        contract("lago", inception="2024-01-01"),
        commitment(
            "k", f"{amount:f}", contract="lago", on=window[0], last_day=window[1],
            form="minimum", counts_billed=["plan"],
        ),
        invoice("I-1", window[0], "0", consideration="other") | {
            "contract": "lago", "lines": [line, line | {"service_from": "2024-05-01"}],
        },
    ]  # fmt: skip
    uses = [used(window[1], usage, contract="lago")]

    (each,) = position(told, uses, "2024-04-01").commitments()

    assert each.true_up == Decimal(owed)


def test_a_price_lowered_for_the_past_is_credited() -> None:
    """900 of use was billed at its price; rated anew at 720, 180 go back on the bill.

    The ledger holds the difference as a correction of the day; nothing old is edited.
    """
    told = [
        commitment("k", 500, form="postpaid", usage_consideration="tokens"),
        invoice("I-1", "2026-03-31", "900", consideration="tokens"),
    ]
    rated = [used("2026-03-01", 900)]
    rated_anew = [used("2026-03-01", 900 - 180)]

    assert billed(position(told, rated, "2026-03-31")) == []
    assert billed(position(told, rated_anew, "2026-04-30")) == [("credit_memo", "180.00")]


def test_promotional_credits_pay_before_a_commitment_and_do_not_count_to_it() -> None:
    """30 of 100 used are paid by credits, drawn first; 70 count to the minimum of 80: 10 owed."""
    told = [
        commitment("k", 80, form="minimum", priority=2),
        grant("promo", 30, priority=1),
    ]

    found = position(told, [used("2026-03-01", 100)], "2027-01-01")

    assert draws(found) == [("promo", 30), ("k", 70)]
    assert billed(found) == [("invoice", "80.00")]


def test_the_bill_of_what_is_missing_tells_the_day_it_is_earned() -> None:
    """Of 1,000.00 until 31 March 700.00 are used; 300.00 are billed on 2 April for 31 March."""
    least = commitment("least", 1000, form="minimum", last_day="2026-03-31", meters=["tokens"])
    use = {"kind": "invoice", "id": "I", "contract": "acme", "on": "2026-04-01",
           "lines": [{"amount": "700", "consideration": "tokens"}]}  # fmt: skip

    found = position([least, use], [used("2026-02-10", "700")], "2026-04-02")

    (bill,) = [each for told in found.reconciling() for each in told.documents]
    (line,) = bill.lines
    assert (bill.on, line.amount) == (date(2026, 4, 2), 300)
    assert (line.service_from, line.service_to) == (date(2026, 3, 31), date(2026, 3, 31))


def test_what_was_committed_is_consumed_left_or_lapsed() -> None:
    """Of 100.00 of a month 30.00 were used and 70.00 lapsed; of 50.00 of the year all is left."""
    found = position(
        [commitment("month", 100, last_day="2026-01-31"),
         commitment("year", 50, on="2026-02-01")],
        [used("2026-01-10", 30)],
        as_of="2026-02-28",
    )  # fmt: skip

    assert [("Commitments, what became of them", 150_00, 150_00, "USD")] == [
        (each.name, each.left, each.right, each.currency) for each in burn_down_tie_outs(found)
    ]
    standing = {each.commitment: each for each in found.commitments()}
    assert (30, 0, 70) == tuple(
        getattr(standing["month"], name) for name in ("consumed", "remaining", "lapsed")
    )
