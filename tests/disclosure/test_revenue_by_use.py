"""What a company that sells by use reads in its schedules; figures are worked out by hand."""

from __future__ import annotations

from decimal import Decimal

from revrec.periods import Period
from tests.disclosure.cases import access, book_of, credit_memo, delivery, invoice, workshops
from tests.disclosure.closing import close_and_report, example, row, rows, total

JAN, FEB, MAR = (Period(2026, month) for month in range(1, 4))


def used(name: str, first: Period, last: Period) -> dict[str, int]:
    """Kinds of revenue of an example that are not zero."""
    data = close_and_report(example(name).book(), first, last).datasets["revenue_by_use"]
    kinds = [each.name for each in data.columns if each.type.value == "money"]
    return {kind: amount for kind in kinds if (amount := total(data, kind))}


def test_a_commitment_is_drawn_and_what_is_not_used_of_it_is_breakage():
    """Tidewater to March: 72,000.00 used of its commitment, 18,000.00 of expected breakage."""
    found = used("committed_spend_with_shortfall", JAN, MAR)

    assert {"prepaid_drawdown": 7_200_000, "breakage": 1_800_000, "total": 9_000_000} == found


def test_use_as_one_goes_is_on_demand():
    """Larkspur: all revenue of January is what was used in it."""
    assert {"on_demand": 178_337, "total": 178_337} == used("pay_as_you_go_tokens", JAN, JAN)


def test_a_true_up_is_no_fixed_fee():
    """Calloway in June: the estimate of its true-up brings 181 x 50.00."""
    found = used("flat_fee_with_true_up", Period(2026, 6), Period(2026, 6))

    assert found["total"] == found["fixed_fees"] + found["true_up"]
    assert 905_000 == found["true_up"]


def test_revenue_leads_to_billings():
    """A year for 3,650.00 is billed on 1 January; 310.00 are earned in it, the rest deferred."""
    book = book_of([access()], [invoice("ACCESS", "2026-01-01", "3650.00", tax="292.00")])

    bridge = row(close_and_report(book, JAN, JAN).datasets["billing_bridge"])

    names = ("revenue", "liability_change", "asset_change", "other", "billed")
    assert [31_000, 334_000, 0, 0, 365_000] == [bridge[name] for name in names]


def test_remaining_obligations_are_followed_from_the_day_before():
    """Ten workshops from January; two are held in it, three in February; access is new then."""
    book = book_of(
        [workshops(), access(inception="2026-02-01")],
        [delivery("WORKSHOPS", "2026-01-20", "2"), delivery("WORKSHOPS", "2026-02-20", "3")],
    )

    moved = close_and_report(book, FEB, FEB).datasets["remaining_obligations_movement"]

    names = ("opening", "new", "raised", "lowered", "estimated", "recognised", "closing")
    assert [800_000, 0, 0, 0, 0, -300_000, 500_000] == [
        row(moved, contract="WORKSHOPS")[name] for name in names
    ]
    # 334 days at 3,650.00 in all, 28 of them in February: 305.99.
    assert [0, 365_000, 0, 0, 0, -30_599, 334_401] == [
        row(moved, contract="ACCESS")[name] for name in names
    ]


def test_revenue_stands_beside_the_month_before_and_by_the_month_booked():
    """310.00 in January, 280.00 in February: 30.00 less, all of what was booked in January."""
    made = close_and_report(book_of([access(terms={"channel": "partners"})], []), FEB, FEB).datasets

    compared = row(made["revenue_comparison"], cut="Channel")
    booked = row(made["revenue_cohorts"])
    months = {each["period"]: each["amount"] for each in rows(made["revenue_over_time"])}

    names = ("of", "current", "prior", "change", "year_before")
    assert ["partners", 28_000, 31_000, -3_000, 0] == [compared[name] for name in names]
    assert {"subscription"} == {
        each["of"] for each in rows(made["revenue_comparison"], cut="Type of contract")
    }
    assert ("2026-01", 1, 31_000, 28_000) == (
        booked["booked"], booked["contracts"], booked["before"], booked["actual_2026_02"]
    )  # fmt: skip
    assert (28_000, 31_000, 365_000 - 31_000 - 28_000) == (
        months["2026-02"], months["2026-03"], sum(months.values()) - 28_000
    )  # fmt: skip


def test_earlier_years_are_told_from_this_one():
    """A year from July 2025: 184 days at 10.00 in 2025, 59 to the end of February 2026."""
    book = book_of([access(inception="2025-07-01", end="2026-06-30")], [])

    found = row(close_and_report(book, FEB, FEB).datasets["revenue_waterfall"])

    assert (184_000, 59_000) == (found["prior_years"], found["year_to_date"])


def test_what_is_owed_back_is_used_by_the_credit_that_gives_it():
    """A rebate is owed for the year billed; a credit memo of 40.00 uses it in February."""
    rebate = {"id": "rebate", "kind": "variable", "amount": "-120.00", "obligation": "seats"}
    told = access()
    told["consideration"].append(rebate)
    book = book_of([told], [
        invoice("ACCESS", "2026-01-01", "3650.00"), credit_memo("ACCESS", "2026-02-10", "40.00")
    ])  # fmt: skip

    made = close_and_report(book, JAN, FEB)
    months = {
        each["period"]: (each["refund_accrued"], each["refund_used"], each["closing"])
        for each in rows(made.datasets["refund_liabilities_by_month"])
    }

    assert () == made.differences
    assert 0 == months["2026-01"][1]
    assert -4_000 <= months["2026-02"][1] < 0
    assert months["2026-01"][2] + sum(months["2026-02"][:2]) == months["2026-02"][2]


def test_the_allocation_tells_where_prices_come_from_and_whether_they_are_in_range():
    """Sable: its platform is stated at 96,000.00 of 120,000.00, a fifth less: out of range."""
    detail = close_and_report(example("platform_usage_implementation").book(), FEB, FEB).datasets[
        "allocation_detail"
    ]

    platform = row(detail, obligation="platform")

    assert (Decimal("0.8"), "no", "") == (
        platform["of_selling_price"], platform["in_range"], platform["exception"]
    )  # fmt: skip
