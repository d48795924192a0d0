"""Published invoices, commitments, prorations and levels come out to the cent."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest

from revrec.errors import FeedError
from revrec.model.rating import Rounding, Tier
from revrec.rating.metering import (
    AVERAGE_MONTH,
    Aggregation,
    aggregated,
    capacity_tier,
    weighted_level,
)
from revrec.rating.proration import (
    changed,
    levels_in_tiers,
    part_of,
    periods_between,
    prorated,
    rounded,
)
from revrec.rating.settlement import (
    InvoiceStep,
    SpendingCommitment,
    invoiced,
    laid_over,
    past_thresholds,
    shortfalls,
)

CENTS = Rounding(decimals=2)
MARCH = date(2024, 3, 1), date(2024, 3, 31)


def cents(amount: Fraction) -> Decimal:
    """To the cent."""
    return rounded(amount, CENTS, "EUR")


def moment(text: str) -> datetime:
    """The first moment of a day."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("amounts", "credits_given", "due"),
    [
        ((100, 50), (150,), [({"c1": 100}, 0), ({"c1": 50}, 0)]),
        ((100, 50, 5), (150,), [({"c1": 100}, 0), ({"c1": 50}, 0), ({}, 5)]),
        ((100, 50), (75, 75), [({"c1": 75, "c2": 25}, 0), ({"c2": 50}, 0)]),
        ((100, 50), (125,), [({"c1": 100}, 0), ({"c1": 25}, 25)]),
    ],
)
def test_credits_are_laid_over_lines_in_order(
    amounts: Sequence[int],
    credits_given: Sequence[int],
    due: list[tuple[dict[str, int], int]],
) -> None:
    """cred-openmeter-credits-over-lines."""
    lines = [(f"tier_{number}", Decimal(amount)) for number, amount in enumerate(amounts, 1)]
    given = [(f"c{number}", Decimal(amount)) for number, amount in enumerate(credits_given, 1)]

    assert [(each.credits, each.due) for each in laid_over(lines, given)] == due


def test_coupon_tax_credit_note_prepaid() -> None:
    """cred-lago-invoice-waterfall: 70 - 10 = 60, tax 6, less 20 and 30."""
    found = invoiced(
        Decimal(70),
        coupon=Decimal(10),
        tax_percents=[Decimal(10)],
        credits_applied=Decimal(50),
        rounding=CENTS,
        currency="USD",
    )

    assert (found.net, found.tax, found.due) == (60, 6, 16)


@pytest.mark.parametrize(
    ("keeps_base", "tax", "due"), [(True, "5.78", "70.78"), (False, "5.36", "70.36")]
)
def test_credits_before_tax_with_the_base_kept_or_lowered(
    tax: str, due: str, *, keeps_base: bool
) -> None:
    """cred-flexprice-invoice-order: 8.25% of 70, or of 65."""
    lines = Decimal(80) * Decimal("0.75") + 20

    found = invoiced(
        lines,
        coupon=Decimal(10),
        tax_percents=[Decimal("8.25")],
        credits_applied=Decimal(5),
        order=(InvoiceStep.COUPON, InvoiceStep.CREDIT, InvoiceStep.TAX),
        taxed_before_credits=keeps_base,
        rounding=CENTS,
        currency="USD",
    )

    assert (found.net, found.tax, found.due) == (70, Decimal(tax), Decimal(due))


@pytest.mark.parametrize(
    ("spent", "missing"),
    [
        ({"sms": 100_000}, {"all": 50_000, "sms": 0}),
        ({"sms": 80_000, "all": 10_000}, {"all": 40_000, "sms": 20_000}),
        ({"all": 200_000}, {"all": 0, "sms": 100_000}),
    ],
)
def test_a_commitment_within_a_commitment(spent: dict[str, int], missing: dict[str, int]) -> None:
    """min-zuora-nested-commitment: an inner shortfall counts towards the outer."""
    commitments = [
        SpendingCommitment(id="all", amount=Decimal(150_000)),
        SpendingCommitment(id="sms", amount=Decimal(100_000), within="all"),
    ]

    assert shortfalls(commitments, {k: Decimal(v) for k, v in spent.items()}) == missing


@pytest.mark.parametrize("outer", ["nowhere", "sms"])
def test_a_commitment_within_nothing_is_refused(outer: str) -> None:
    """Neither one that is not told nor itself."""
    with pytest.raises(FeedError):
        shortfalls([SpendingCommitment(id="sms", amount=Decimal(1), within=outer)], {})


@pytest.mark.parametrize(
    ("period", "days", "committed", "fee", "usage", "true_up"),
    [
        ((date(2024, 2, 1), date(2024, 2, 29)), 28, "689.66", "6.90", 30, "652.76"),
        (MARCH, 1, "10000.00", "100.00", 10, "9890.00"),
        ((date(2024, 2, 1), date(2024, 2, 29)), 28, "689.66", "6.90", 70, "612.76"),
        (MARCH, 1, "10000.00", "100.00", 15, "9885.00"),
    ],
)
def test_a_commitment_over_fee_and_usage(
    period: tuple[date, date], days: int, committed: str, fee: str, usage: int, true_up: str
) -> None:
    """min-lago-plan-commitment: the first period's commitment by the day, rounded once."""
    part = part_of(period, period[0].replace(day=days), period[1])
    exact = 10_000 * part
    fee_due = prorated(Decimal(100), part, CENTS, "EUR")

    assert (cents(exact), fee_due) == (Decimal(committed), Decimal(fee))
    assert cents(exact - Fraction(fee_due) - usage) == Decimal(true_up)


def test_a_terminated_month_with_tax_and_a_credit_note() -> None:
    """min-lago-minimum-prorated-at-termination: 8.00 + 0.93 + tax, less 3 of 28 days of 50."""
    february = date(2023, 2, 1), date(2023, 2, 28)
    used = part_of(february, february[0], date(2023, 2, 25))
    true_up = cents(10 * used - 8)
    tax = [cents(Fraction(line) * Fraction(20, 100)) for line in (Decimal(8), true_up)]
    back = prorated(Decimal(50), 1 - used, CENTS, "EUR")
    back_tax = cents(Fraction(back) * Fraction(20, 100))

    assert (true_up, sum(tax), 8 + true_up + sum(tax)) == (
        Decimal("0.93"),
        Decimal("1.79"),
        Decimal("10.72"),
    )
    assert (back, back_tax, 8 + true_up + sum(tax) - back - back_tax) == (
        Decimal("5.36"),
        Decimal("1.07"),
        Decimal("4.29"),
    )


@pytest.mark.parametrize(
    ("thresholds", "recurring", "events", "invoices", "rest"),
    [
        (["200"], None, [(6, "200"), (16, "200")], [(6, "200")], "231"),
        (
            ["200", "500"],
            None,
            [(16, "200"), (21, "200"), (26, "200")],
            [(16, "200"), (26, "400")],
            "31",
        ),
        (
            ["2", "5", "7"],
            "10",
            [(6, "2.2"), (11, "2.2"), (16, "2.2"), (21, "2.2"), (26, "22"), (28, "22")],
            [(6, "2.2"), (16, "4.4"), (21, "2.2"), (26, "22"), (28, "22")],
            "31",
        ),
    ],
)
def test_invoices_when_thresholds_are_passed(
    thresholds: list[str],
    recurring: str | None,
    events: list[tuple[int, str]],
    invoices: list[tuple[int, str]],
    rest: str,
) -> None:
    """thr-lago-progressive-billing: all that is not billed yet; the rest with the fee of 31."""
    usage = [(date(2022, 12, day), Decimal(amount)) for day, amount in events]

    found = past_thresholds(
        usage, [Decimal(each) for each in thresholds], Decimal(recurring) if recurring else None
    )

    assert [(each.on.day, each.amount) for each in found] == [
        (day, Decimal(amount)) for day, amount in invoices
    ]
    billed = sum(each.amount for each in found)
    assert 31 + sum(amount for _, amount in usage) - billed == Decimal(rest)


@pytest.mark.parametrize(
    ("old", "new", "part", "credit", "charge", "net", "net_first"),
    [
        ("10", "20", Fraction(1, 2), "-5", "10", "5", "5"),
        ("20", "50", Fraction(15, 30), "-10", "25", "15", "15"),
        ("50", "100", Fraction(20, 30), "-33.33", "66.67", "33.34", "33.33"),
        ("300", "150", Fraction(45, 90), "-150.00", "75.00", "-75.00", "-75.00"),
        ("600", "1200", Fraction(265, 365), "-435.62", "871.23", "435.61", "435.62"),
        ("500", "800", Fraction(21, 31), "-338.71", "541.94", "203.23", "203.23"),
        ("800", "500", Fraction(21, 31), "-541.94", "338.71", "-203.23", "-203.23"),
    ],
)
def test_a_change_is_a_credit_and_a_charge(
    old: str, new: str, part: Fraction, credit: str, charge: str, net: str, net_first: str
) -> None:
    """pror-stripe-half-period, pror-flexprice-*: lines rounded, then netted, or netted first."""
    for first, expected in ((False, net), (True, net_first)):
        found = changed(
            Decimal(old), Decimal(new), part, rounding=CENTS, currency="USD", net_first=first
        )
        assert (found.credit, found.charge, found.net) == (
            Decimal(credit),
            Decimal(charge),
            Decimal(expected),
        )


def test_parts_of_periods_by_the_day() -> None:
    """pror-lago-first-month, -termination-in-quarter: 22 of 31 days, 32 of 91."""
    august = date(2025, 8, 1), date(2025, 8, 31)
    terminated = date(2024, 5, 20), date(2024, 6, 20)
    quarters = [(date(2024, 4, 15), date(2024, 7, 14)), (date(2024, 4, 1), date(2024, 6, 30))]

    first_month = part_of(august, date(2025, 8, 10), august[1])

    assert prorated(Decimal(50), first_month, CENTS, "USD") == Decimal("35.48")
    for quarter in quarters:
        part = part_of(quarter, *terminated)
        assert part == Fraction(32, 91)
        assert prorated(Decimal(910), part, CENTS, "EUR") == 320


@pytest.mark.parametrize(
    ("start", "end", "billing_day", "periods"),
    [
        (date(2011, 1, 1), date(2011, 1, 15), 1, Fraction(14, 31)),
        (date(2012, 2, 1), date(2012, 2, 15), 1, Fraction(14, 29)),
        (date(2011, 2, 10), date(2011, 2, 24), 10, Fraction(1, 2)),
        (date(2011, 2, 7), date(2011, 2, 15), 7, Fraction(8, 28)),
        (date(2011, 2, 1), date(2011, 2, 14), 1, Fraction(13, 28)),
        (date(2011, 1, 20), date(2011, 3, 5), 31, Fraction(11, 31) + 1 + Fraction(5, 31)),
    ],
)
def test_billing_months_as_exact_numbers(
    start: date, end: date, billing_day: int, periods: Fraction
) -> None:
    """pror-killbill-fractions; and from the 31st: 11 of 31 days, February, 5 of 31 days."""
    assert periods_between(start, end, billing_day) == periods


def test_two_upgrades_in_a_day_leave_nothing_of_the_one_between() -> None:
    """pror-lago-two-upgrades-in-a-day: its fee of 9.68 comes back whole, with its tax."""
    rest = part_of(MARCH, date(2024, 3, 12), MARCH[1])
    fees = [
        prorated(Decimal(amount), part_of(MARCH, date(2024, 3, day), MARCH[1]), CENTS, "EUR")
        for amount, day in ((10, 5), (15, 12), (19, 12))
    ]
    notes = [cents(amount * rest * Fraction(125, 100)) for amount in (10, 15)]

    assert fees == [Decimal("8.71"), Decimal("9.68"), Decimal("12.26")]
    assert notes == [Decimal("8.06"), Decimal("12.10")]


@pytest.mark.parametrize(
    ("events", "total"),
    [
        ([("5", "3.5"), ("5", "2.66667"), ("10", "2"), ("-6", "-2.2")], "197.33"),
        ([("2", "1.4"), ("5", "2.66667"), ("10", "2"), ("-6", "-2.2")], "184.33"),
        ([("1", "0.7")], "107.00"),
        ([("5", "3.5"), ("-2", "-1")], "125.00"),
        ([], "100.00"),
    ],
)
def test_a_level_that_rises_and_falls_over_tiers(events: list[tuple[str, str]], total: str) -> None:
    """pror-lago-graduated-levels: each change over the tiers it crosses, by the time it holds."""
    tiers = (
        Tier(up_to=Decimal(5), unit_amount=Decimal(10), flat_amount=Decimal(100)),
        Tier(unit_amount=Decimal(5), flat_amount=Decimal(50)),
    )
    changes = [(Decimal(change), Fraction(held) / Fraction(change)) for change, held in events]

    assert cents(levels_in_tiers(tiers, changes)) == Decimal(total)


@pytest.mark.parametrize(
    ("how", "field", "quantity"),
    [
        (Aggregation.COUNT, "", 2),
        (Aggregation.SUM, "pageviews", 30),
        (Aggregation.MAX, "pageviews", 20),
        (Aggregation.LATEST, "pageviews", 20),
        (Aggregation.DISTINCT, "user", 1),
    ],
)
def test_how_events_make_a_quantity(how: Aggregation, field: str, quantity: int) -> None:
    """meter-lago-aggregations."""
    events = [
        {"user": "u1", "pageviews": Decimal(10)},
        {"user": "u1", "pageviews": Decimal(20)},
    ]

    assert aggregated(events, how, field) == quantity


def test_a_level_weighs_by_the_time_it_is_held() -> None:
    """meter-lago-weighted-sum: 2,500 x 27/31; then 1,600/3 from a carried 2,500."""
    march, end = weighted_level(
        [(moment("2023-03-05"), Decimal(2500))], (moment("2023-03-01"), moment("2023-04-01"))
    )
    april, left = weighted_level(
        [(moment("2023-04-04"), Decimal(-2000)), (moment("2023-04-06"), Decimal(-200))],
        (moment("2023-04-01"), moment("2023-05-01")),
        carried=end,
    )

    assert (march, end, april, left) == (Fraction(67500, 31), 2500, Fraction(1600, 3), 300)
    assert [cents(each) for each in (march, april)] == [Decimal("2177.42"), Decimal("533.33")]


@pytest.mark.parametrize(
    ("first", "end", "hours"),
    [("2026-02-01", "2026-03-01", 672), ("2026-03-01", "2026-04-01", 744)],
)
def test_a_month_of_730_hours_has_the_same_price_each_hour(
    first: str, end: str, hours: int
) -> None:
    """73.00 a month are 0.10 an hour: 67.20 in February, 74.40 in March, 10.00 for 100 hours."""
    window = moment(first), moment(end)
    started = window[1] - timedelta(hours=100)

    whole, _ = weighted_level([], window, carried=Decimal(1), priced_for=AVERAGE_MONTH)
    begun, _ = weighted_level([(started, Decimal(1))], window, priced_for=AVERAGE_MONTH)

    assert [73 * whole, 73 * begun] == [Fraction(hours, 10), 10]


def test_a_level_is_priced_for_some_time() -> None:
    """Nothing is divided by no time."""
    with pytest.raises(FeedError, match="cannot be priced for 0:00:00"):
        weighted_level([], (moment("2026-02-01"), moment("2026-03-01")), priced_for=timedelta(0))


def test_byte_hours_are_gigabyte_months() -> None:
    """rate-aws-s3-storage: 100 GB for 15 days and 100 TB for 16 of March are 52,900 GB-months."""
    gigabyte = Decimal(2**30)
    mean, _ = weighted_level(
        [
            (moment("2026-03-01"), 100 * gigabyte),
            (moment("2026-03-16"), (102_400 - 100) * gigabyte),
        ],
        (moment("2026-03-01"), moment("2026-04-01")),
    )

    assert mean / Fraction(gigabyte) == 52_900
    assert mean * 744 == 42_259_901_212_262_400


@pytest.mark.parametrize(
    ("peaks", "tier"),
    [
        ({"unit1": 100, "unit2": 1000, "unit3": 50}, 1),
        ({"unit1": 100, "unit2": 1001}, 2),
        ({"unit1": 101, "unit2": 1000}, 2),
        ({"unit1": 101, "unit2": 1001}, 2),
        ({"unit1": 10, "unit2": 2001}, 3),
    ],
)
def test_the_highest_peak_picks_the_tier(peaks: dict[str, int], tier: int) -> None:
    """rate-killbill-capacity: limits are included, units are not added up."""
    limits: list[dict[str, Decimal | None]] = [
        {"unit1": Decimal(100), "unit2": Decimal(1000), "unit3": Decimal(50)},
        {"unit1": Decimal(200), "unit2": Decimal(2000), "unit3": Decimal(100)},
        {"unit1": None, "unit2": None, "unit3": None},
    ]
    reached = {unit: Decimal(peak) for unit, peak in peaks.items()}

    assert capacity_tier(limits, reached) == tier
    with pytest.raises(FeedError):
        capacity_tier(limits[:1], reached | {"unit1": Decimal(101)})
