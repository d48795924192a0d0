"""Errors of earlier periods by rollover and iron curtain, each figure by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from revrec.disclosure.misstatements import worksheet
from revrec.errors import ContractError, FeedError
from revrec.model.misstatement import (
    ErrorTreatment,
    FinancialBenchmark,
    Misstatement,
    QualitativeFactor,
)
from revrec.periods import MONTHS, Calendar, Pattern

THRESHOLDS = {"revenue": Fraction(1, 100), "pre_tax_income": Fraction(5, 100)}
BY = {"thresholds": THRESHOLDS, "calendar": MONTHS}


def year(number: int, revenue: str = "10000.00", income: str = "1000.00") -> FinancialBenchmark:
    """What a calendar year's statements show."""
    return FinancialBenchmark(
        id=f"FY{number}",
        on=date(number, 12, 31),
        currency="USD",
        revenue=Decimal(revenue),
        pre_tax_income=Decimal(income),
    )


def error(name: str, on: date, revenue: str, **changes: object) -> Misstatement:
    """Revenue that was too high, in full."""
    told = {"id": name, "on": on, "currency": "USD", "revenue": Decimal(revenue)}
    return Misstatement(**told, **changes, description="found by the review")  # type: ignore[arg-type]


def figures(errors: list[Misstatement], *years: FinancialBenchmark) -> dict[tuple[int, str], str]:
    """Rollover and iron curtain by year and measure."""
    made = worksheet(errors, years, **BY)
    return {
        (each.year_end.year, each.measure): f"{each.rollover} {each.iron_curtain}"
        for each in made.effects
    }


def test_the_first_year_begins_where_the_entitys_does() -> None:
    """Weeks of 2026 begin on Sunday 28 December 2025: the day before is of the year before."""
    benchmark = replace(year(2026), on=date(2026, 12, 26))
    errors = [error("E", date(2025, 12, 27), "20.00"), error("F", date(2025, 12, 28), "7.00")]
    weeks = Calendar(pattern=Pattern.WEEKS_4_4_5)

    made = worksheet(errors, [benchmark], thresholds=THRESHOLDS, calendar=weeks)

    assert date(2025, 12, 27) == made.effects[0].begins_after
    assert (Decimal("7.00"), Decimal("27.00")) == (
        made.effects[0].rollover,
        made.effects[0].iron_curtain,
    )


def test_what_builds_up_is_small_each_year_and_large_in_the_balance() -> None:
    """20 a year for five years: rollover 20 each, 2% of income; the iron curtain reaches 100.

    The example of SAB Topic 1.N: no single year's income is off by much, and correcting all in
    the last one would misstate it by a tenth.
    """
    errors = [error(f"E{n}", date(n, 6, 15), "20.00") for n in range(2021, 2026)]
    years = [year(n) for n in range(2021, 2026)]

    told = figures(errors, *years)
    made = worksheet(errors, years, **BY)

    assert [f"20.00 {20 * n}.00" for n in range(1, 6)] == [
        told[n, "pre_tax_income"] for n in range(2021, 2026)
    ]
    # 60 of 1,000 is the first to reach 5%; 100 of 10,000 is 1% of revenue in the last year.
    assert [(2023, "pre_tax_income"), (2024, "pre_tax_income")] == [
        (e.year_end.year, e.measure) for e in made.effects if e.material and e.year_end.year < 2025
    ]
    assert ErrorTreatment.REOPEN is made.proposed
    assert "restate" in made.conclusion


def test_correcting_in_the_current_year_may_misstate_it() -> None:
    """40 of last year are 4% of its income and of a weak year 8%: revised, not caught up."""
    errors = [error("E", date(2025, 3, 1), "40.00")]

    weak = worksheet(errors, [year(2025), year(2026, income="500.00")], **BY)
    strong = worksheet(errors, [year(2025), year(2026)], **BY)

    assert (ErrorTreatment.REOPEN, True) == (weak.proposed, "revise" in weak.conclusion)
    assert ErrorTreatment.CATCH_UP is strong.proposed
    assert ("0 40.00", "40.00 40.00") == tuple(
        figures(errors, year(2025), year(2026))[n, "revenue"] for n in (2026, 2025)
    )


def test_an_error_of_cut_off_turns_itself_around() -> None:
    """30 too early in December: in 2025 too high, in 2026 too low, and nothing is left."""
    early = error("E", date(2025, 12, 31), "30.00", reverses_on=date(2026, 1, 31))

    told = figures([early], year(2025), year(2026))

    assert ("30.00 30.00", "-30.00 0.00") == (told[2025, "revenue"], told[2026, "revenue"])


def test_income_may_be_off_by_another_amount_than_revenue() -> None:
    """Revenue and its cost were both too high; errors of opposite sign offset each other."""
    gross = error("E", date(2025, 1, 1), "50.00", pre_tax_income=Decimal(0))
    low = error("F", date(2025, 1, 1), "-50.00")

    told = figures([gross, low], year(2025))

    assert ("0.00 0.00", "-50.00 -50.00") == (
        told[2025, "revenue"],
        told[2025, "pre_tax_income"],
    )


@pytest.mark.parametrize(("revenue", "material"), [("99.99", False), ("100.00", True)])
def test_a_bound_is_reached_by_its_amount(revenue: str, material: bool) -> None:
    """1% of 10,000 is 100.00; income is large enough not to matter here."""
    errors = [error("E", date(2025, 1, 1), revenue, pre_tax_income=Decimal(0))]
    made = worksheet(errors, [year(2025), year(2026)], **BY)

    assert material == made.effects[0].material


def test_nothing_is_small_against_nothing() -> None:
    """A year that breaks even: any error is all of its income."""
    made = worksheet(
        [error("E", date(2025, 1, 1), "0.01")],
        [year(2025, income="0")],
        **BY,
    )

    assert [False, True] == [each.material for each in made.effects]


def test_figures_alone_do_not_make_an_error_immaterial() -> None:
    """A cent that turns a loss into income is not concluded to be small (SAB Topic 1.M)."""
    made = worksheet(
        [error("E", date(2025, 1, 1), "0.01")],
        [year(2025), year(2026)],
        **BY,
        factors=[QualitativeFactor.LOSS_TO_INCOME],
    )

    assert ErrorTreatment.REOPEN is made.proposed
    assert "changes_a_loss_into_income" in made.conclusion


def test_what_cannot_be_measured_is_refused() -> None:
    """Without benchmarks, after the last of them, in two currencies."""
    late = error("E", date(2027, 1, 1), "1.00")

    with pytest.raises(FeedError, match="nothing to measure"):
        worksheet([late], [], **BY)
    with pytest.raises(ContractError, match="E arose after the last benchmark, 2026-12-31"):
        worksheet([late], [year(2026)], **BY)
    euro = error("F", date(2026, 1, 1), "1.00")
    with pytest.raises(ContractError, match="EUR, USD"):
        worksheet([replace(euro, currency="EUR")], [year(2026)], **BY)
