"""Translation into the currency of reports: a worked case, and what always holds."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from revrec.ledger.translation import Adjustment, Held, Translation, translate
from revrec.periods import Period
from tests.properties.profiles import examples

JANUARY, FEBRUARY, MARCH = (Period(2026, number) for number in (1, 2, 3))
RECEIVABLE = Held("receivable", "1100", "Receivables")
LIABILITY = Held("contract_liability", "2400", "Contract liabilities")
REVENUE = Held("revenue", "4000", "Revenue")
COSTS = Held("cost_of_sales", "5000", "Cost of sales")
CASH = Held("cash", "1000", "Cash")


@dataclass
class Told:
    """Rates by period: closing and average."""

    rates: dict[Period, tuple[str, str]]

    def closing(self, period: Period) -> Fraction:
        return Fraction(self.rates[period][0])

    def average(self, period: Period) -> Fraction:
        return Fraction(self.rates[period][1])


RATES = Told({JANUARY: ("1.10", "1.08"), FEBRUARY: ("1.20", "1.15"), MARCH: ("1.00", "1.05")})


def test_two_months_of_euros_in_dollars() -> None:
    """By hand. 300.00 billed in January, 100.00 earned a month; rates 1.10 and 1.20.

    January: 330.00 receivable, 220.00 liability, revenue 100.00 x 1.08 = 108.00, so 2.00 remain.
    February: 360.00, 120.00, revenue 108.00 + 115.00, so 17.00: 2.00 before, 100.00 of net assets
    by 0.10 is 10.00, income of 100.00 by 1.20 - 1.15 is 5.00.
    """
    flows = {
        RECEIVABLE: {JANUARY: 300_00},
        LIABILITY: {JANUARY: -200_00, FEBRUARY: 100_00},
        REVENUE: {JANUARY: -100_00, FEBRUARY: -100_00},
    }

    made = translate(flows, RATES, FEBRUARY, FEBRUARY)

    told = {each.held: (each.opening_translated, each.closing_translated) for each in made.lines}
    assert {
        RECEIVABLE: (330_00, 360_00),
        LIABILITY: (-220_00, -120_00),
        REVENUE: (-108_00, -223_00),
    } == told
    [moved] = made.adjustments
    assert (2_00, 10_00, 5_00, 0, 17_00) == parts(moved)
    assert (100_00, 100_00) == (moved.net_assets, moved.income)


def test_what_nothing_happened_in_is_translated_anew() -> None:
    """200.00 of net assets from 1.20 to 1.00 lose 40.00 in March; its average is not asked for."""
    earned = {JANUARY: 100_00, FEBRUARY: 100_00}
    flows = {RECEIVABLE: earned, REVENUE: {month: -amount for month, amount in earned.items()}}
    rates = Told({**RATES.rates, MARCH: ("1.00", "no rate")})

    made = translate(flows, rates, JANUARY, MARCH)

    assert [2_00, 17_00, -23_00] == [each.closing for each in made.adjustments]
    assert (17_00, -40_00, 0, 0, -23_00) == parts(made.adjustments[-1])


def parts(moved: Adjustment) -> tuple[int, int, int, int, int]:
    """Opening, on net assets, on income, rounding, closing."""
    return moved.opening, moved.on_net_assets, moved.on_income, moved.rounding, moved.closing


AMOUNTS = st.integers(min_value=-(10**9), max_value=10**9)
PAIRS = st.sampled_from(
    [(RECEIVABLE, REVENUE), (CASH, RECEIVABLE), (RECEIVABLE, LIABILITY), (COSTS, CASH)]
)
QUOTES = st.fractions(min_value=Fraction(1, 1000), max_value=1000, max_denominator=10**6)


@examples(commit=60, torture=2000)
@given(
    st.lists(st.tuples(st.sampled_from([JANUARY, FEBRUARY, MARCH]), PAIRS, AMOUNTS), max_size=12),
    st.lists(st.tuples(QUOTES, QUOTES), min_size=3, max_size=3),
)
def test_a_ledger_balances_in_the_currency_of_reports(entries, quotes) -> None:
    """Assets are liabilities and equity, the adjustment in it; its proof is off by rounding only.

    Equity is what income accounts hold and the adjustment; net assets are found naively.
    """
    flows: dict[Held, dict[Period, int]] = {}
    for period, (debit, credit), amount in entries:
        for held, signed in ((debit, amount), (credit, -amount)):
            of_held = flows.setdefault(held, {})
            of_held[period] = of_held.get(period, 0) + signed
    by_period = dict(zip((JANUARY, FEBRUARY, MARCH), quotes, strict=True))
    rates = Told({each: (str(a), str(b)) for each, (a, b) in by_period.items()})

    made = translate(flows, rates, JANUARY, MARCH)

    closing = made.adjustments[-1].closing
    assert closing == sum(each.closing_translated for each in made.lines)
    naive = naive_adjustment(flows, by_period)
    assert abs(naive - closing) <= sum(each.roundings for each in made.adjustments)
    for each in made.adjustments:
        assert 2 * abs(each.rounding) <= each.roundings
    assert_in_a_row(made)


def naive_adjustment(
    flows: dict[Held, dict[Period, int]], rates: dict[Period, tuple[Fraction, Fraction]]
) -> Fraction:
    """Net assets at the last rate less income at averages, without rounding."""
    totals: dict[bool, Fraction] = {True: Fraction(0), False: Fraction(0)}
    for held, amounts in flows.items():
        for period, amount in amounts.items():
            rate = rates[MARCH][0] if held.stands else rates[period][1]
            totals[held.stands] += amount * rate
    return totals[True] + totals[False]


def assert_in_a_row(made: Translation) -> None:
    """Each period opens where the one before closed."""
    closings = [0, *(each.closing for each in made.adjustments)]
    assert closings[:-1] == [each.opening for each in made.adjustments]
