"""The numbers of the published tables, held against the tables and against a plain derivation.

AICPA Audit Guide Audit Sampling: confidence factors for monetary unit sampling, also by ratio of
expected to tolerable misstatement, expansion factors, and statistical sample sizes and results
evaluation for tests of controls at 5 percent risk.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from math import exp, factorial

import pytest

from revrec.errors import FeedError
from revrec.estimation.sampling_factors import normal_factor, planning_factor
from revrec.sampling.factors import (
    attribute_size,
    expansion_factor,
    misstatement_factor,
    upper_deviation_rate,
)

CONFIDENCE_FACTORS = """
     5%    10%   15%   20%   25%   30%   35%   50%
 0   3.00  2.31  1.90  1.61  1.39  1.21  1.05  0.70
 1   4.75  3.89  3.38  3.00  2.70  2.44  2.22  1.68
 2   6.30  5.33  4.73  4.28  3.93  3.62  3.35  2.68
 3   7.76  6.69  6.02  5.52  5.11  4.77  4.46  3.68
 4   9.16  8.00  7.27  6.73  6.28  5.90  5.55  4.68
 5  10.52  9.28  8.50  7.91  7.43  7.01  6.64  5.68
 8  14.44 13.00 12.08 11.38 10.81 10.31  9.85  8.67
10  16.97 15.41 14.42 13.66 13.02 12.47 11.98 10.67
15  23.10 21.30 20.13 19.24 18.49 17.84 17.25 15.67
20  29.07 27.05 25.74 24.73 23.89 23.15 22.47 20.67
"""
BY_RATIO = {
    95: "3.00 3.31 3.68 4.11 4.63 5.24 6.00 6.92 8.09 9.59 11.54 14.18 17.85",
    90: "2.31 2.52 2.77 3.07 3.41 3.83 4.33 4.95 5.72 6.71 7.99 9.70 12.07",
}
"""For ratios 0, 0.05, ..., 0.60."""
SIZES = """
        2%      3%      4%      5%     6%      7%     8%     9%     10%    15%    20%
0       149(0)  99(0)   74(0)   59(0)  49(0)   42(0)  36(0)  32(0)  29(0)  19(0)  14(0)
0.25    236(1)  157(1)  117(1)  93(1)  78(1)   66(1)  58(1)  51(1)  46(1)  30(1)  22(1)
0.50    313(2)  157(1)  117(1)  93(1)  78(1)   66(1)  58(1)  51(1)  46(1)  30(1)  22(1)
1.00    -       257(3)  156(2)  93(1)  78(1)   66(1)  58(1)  51(1)  46(1)  30(1)  22(1)
"""
UPPER_LIMITS = """
 20  14.0 21.7 28.3
 25  11.3 17.7 23.2
 30   9.6 14.9 19.6
 60   4.9  7.7 10.2
 75   4.0  6.2  8.2
100   3.0  4.7  6.2
125   2.4  3.8  5.0
"""
"""Upper deviation rates in percent for 0, 1 and 2 deviations, rounded up to tenths."""


def test_confidence_factors_are_the_published_ones():
    """Every row and column that is quoted above."""
    header, *rows = [line.split() for line in CONFIDENCE_FACTORS.strip().splitlines()]
    for count, *factors in rows:
        for risk, factor in zip(header, factors, strict=True):
            confidence = 1 - Fraction(int(risk.removesuffix("%")), 100)
            assert Decimal(factor) == misstatement_factor(confidence, int(count)), (count, risk)


def test_a_factor_is_the_least_hundredth_that_leaves_no_more_than_the_risk():
    """By the sum of the Poisson distribution, written out."""

    def at_most(count, mean):
        return sum(exp(-mean) * mean**k / factorial(k) for k in range(count + 1))

    for count in range(12):
        factor = float(misstatement_factor(Fraction(95, 100), count))
        assert at_most(count, factor) <= 0.05 < at_most(count, factor - 0.01)


def test_planning_factors_by_ratio_are_the_published_ones():
    """At both confidences; with nothing expected they are the factors of no misstatement."""
    for percent, row in BY_RATIO.items():
        found = [planning_factor(Fraction(percent, 100), Fraction(step, 20)) for step in range(13)]
        assert list(map(Decimal, row.split())) == found
        assert misstatement_factor(Fraction(percent, 100), 0) == found[0]


def test_sample_sizes_for_controls_are_the_published_ones():
    """At 95%; the sizes say in brackets how many deviations are expected."""
    header, *rows = [line.split() for line in SIZES.strip().splitlines()]
    for expected, *sizes in rows:
        for tolerable, size in zip(header, sizes, strict=True):
            if size != "-":
                found = attribute_size(
                    Fraction(tolerable.removesuffix("%")) / 100,
                    Fraction(expected) / 100,
                    Fraction(95, 100),
                )
                assert size == f"{found[0]}({found[1]})", (expected, tolerable)


def test_upper_deviation_rates_are_the_published_ones():
    """The published table prints tenths, rounded up."""
    for line in UPPER_LIMITS.strip().splitlines():
        size, *rates = line.split()
        for deviations, rate in enumerate(rates):
            found = upper_deviation_rate(int(size), deviations, Fraction(95, 100))
            tenths = -(-int(found * 100) // 10)
            # A hundredth up and then a tenth up may be a tenth more than a tenth up at once.
            assert tenths - int(Decimal(rate) * 10) in {0, 1} and (  # noqa: PT018
                tenths == int(Decimal(rate) * 10) or found * 100 % 10 == 1
            ), (size, deviations, found)


def test_with_no_deviations_the_rate_is_a_power():
    """(1 - p)^n = 5% is p = 1 - 0.05^(1/n)."""
    for size in (10, 59, 300):
        exact = (1 - 0.05 ** (1 / size)) * 100
        assert 0 <= float(upper_deviation_rate(size, 0, Fraction(95, 100))) - exact < 0.01


def test_normal_and_expansion_factors():
    """1.645 and 1.282 are rounded up; the expansion factors are a printed list."""
    assert [Decimal("1.65"), Decimal("1.29")] == [
        normal_factor(Fraction(percent, 100)) for percent in (95, 90)
    ]
    assert [Decimal("1.9"), Decimal("1.6"), Decimal("1.5"), Decimal("1.15")] == [
        expansion_factor(Fraction(percent, 100)) for percent in (99, 95, 90, 63)
    ]


@pytest.mark.parametrize(
    "asked",
    [
        lambda: misstatement_factor(Fraction(1), 0),
        lambda: upper_deviation_rate(60, 0, Fraction(1, 3)),
        lambda: expansion_factor(Fraction(93, 100)),
        lambda: planning_factor(Fraction(95, 100), Fraction(61, 100)),
        lambda: attribute_size(Fraction(5, 100), Fraction(5, 100), Fraction(95, 100)),
    ],
    ids=["certainty", "below_half", "no_such_column", "half_and_more", "too_close"],
)
def test_what_no_table_has_is_refused(asked):
    """With what to do instead."""
    with pytest.raises(FeedError) as refused:
        asked()
    assert refused.value.remedy
