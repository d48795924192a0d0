"""The numbers of sampling tables, held against scipy's distributions and against the tables.

What was published is in ``published.yaml``, each table with the copy it was read from.
"""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal
from fractions import Fraction
from math import ceil
from pathlib import Path

import pytest
import yaml
from scipy import optimize, stats

from revrec.errors import FeedError
from revrec.estimation.sampling_factors import normal_factor, planning_factor
from revrec.sampling.factors import (
    attribute_size,
    expansion_factor,
    misstatement_factor,
    upper_deviation_rate,
)

PUBLISHED = yaml.load(
    (Path(__file__).parent / "published.yaml").read_text(encoding="utf-8"), yaml.BaseLoader
)
STEP, NEAR = 1e-2, 1e-9


def percent(text):
    """A percentage as a fraction of one."""
    return Fraction(text) / 100


def test_a_factor_is_the_poisson_mean_up_to_hundredths():
    """Scipy's quantile lies within the hundredth below; every published one is the same."""
    for name, row in PUBLISHED["confidence_factors"].items():
        for count, told in enumerate(row.split()):
            found = misstatement_factor(percent(name), count)
            exact = stats.gamma.ppf(float(percent(name)), count + 1)
            assert -NEAR < float(found) - exact < STEP
            assert Decimal(told) == found, (name, count)


def _short_of(mean, confidence, ratio):
    """What a sample of the mean lacks of the confidence where a ratio of it is expected."""
    return stats.gamma.cdf(mean, 1 + ratio * mean) - confidence


def test_planning_factors_make_the_published_sizes():
    """By scipy's root of the same equation; sizes are those of the factor less its rounding."""
    table = dict(PUBLISHED["unit_sizes"])
    shares = table.pop("tolerable").split()
    for name, rows in table.items():
        for ratio, row in rows.items():
            found = planning_factor(percent(name), Fraction(ratio))
            beside = float(percent(name)), float(ratio)
            exact = optimize.brentq(_short_of, 1e-6, 100, args=beside)
            assert -NEAR < float(found) - exact < STEP
            for share, size in zip(shares, row.split(), strict=True):
                most = ceil(Fraction(found) / Fraction(share))
                least = ceil((Fraction(found) - Fraction(1, 100)) / Fraction(share))
                assert least <= int(size) <= most, (name, ratio, share)
        assert misstatement_factor(percent(name), 0) == planning_factor(percent(name), Fraction(0))


def test_sample_sizes_for_controls_are_the_published_ones():
    """Each is enough by scipy's binomial, one fewer is not; where the Guide differs it is told."""
    table = dict(PUBLISHED["control_sizes"])
    expected, differs = table.pop("expected").split(), table.pop("differs")
    seen = 0
    for name, rows in table.items():
        for tolerable, row in rows.items():
            for rate, told in zip(expected, row.split(), strict=False):
                asked = percent(tolerable), percent(rate), percent(name)
                size, deviations = attribute_size(*asked)
                risk = 1 - float(percent(name))
                assert deviations == ceil(size * percent(rate))
                assert stats.binom.cdf(deviations, size, float(asked[0])) <= risk
                fewer = ceil((size - 1) * percent(rate))
                assert stats.binom.cdf(fewer, size - 1, float(asked[0])) > risk
                if told != "-":
                    key = f"{name} {tolerable} {rate}"
                    assert int(differs.get(key, told)) == size, key
                    seen += 1
    assert 391 == seen
    assert round(stats.binom.cdf(4, 112, 0.07), 4) > 0.1


def test_upper_deviation_rates_are_the_published_ones():
    """Scipy's quantile of the beta distribution, up to hundredths; the Guide prints tenths."""
    for name, rows in PUBLISHED["upper_limits"].items():
        for size, row in rows.items():
            for deviations, told in enumerate(row.split()):
                found = upper_deviation_rate(int(size), deviations, percent(name))
                beyond = float(percent(name)), deviations + 1, int(size) - deviations
                exact = 100 * float(stats.beta.ppf(*beyond))
                assert -NEAR < float(found) - exact < STEP
                tenths = Decimal(repr(exact)).quantize(Decimal("0.1"), rounding=ROUND_CEILING)
                assert Decimal(told) == tenths, (name, size, deviations)


def test_of_a_finite_population_no_more_is_promised_than_holds():
    """By scipy's hypergeometric: were one deviation more in it, so few would be found too seldom.

    The tables are of populations without end; of 40 or 400 occurrences the limit is never too low.
    """
    for population in (40, 400):
        for size in (10, 25, 39):
            for deviations in range(4):
                limit = upper_deviation_rate(size, deviations, Fraction(95, 100))
                beyond = int(limit * population / 100) + 1
                if beyond <= population:
                    chance = stats.hypergeom.cdf(deviations, population, beyond, size)
                    assert chance <= 0.05, (population, size, deviations)


def test_normal_and_expansion_factors():
    """1.645 and 1.282 are rounded up; the expansion factors are a printed list."""
    assert [Decimal("1.65"), Decimal("1.29")] == [
        normal_factor(percent(name)) for name in ("95", "90")
    ]
    for name, told in PUBLISHED["expansion_factors"].items():
        assert Decimal(told) == expansion_factor(percent(name))


@pytest.mark.parametrize(
    "asked",
    [
        lambda: misstatement_factor(Fraction(1), 0),
        lambda: upper_deviation_rate(60, 0, Fraction(1, 3)),
        lambda: expansion_factor(Fraction(93, 100)),
        lambda: planning_factor(Fraction(95, 100), Fraction(61, 100)),
        lambda: attribute_size(Fraction(5, 100), Fraction(5, 100), Fraction(95, 100)),
        lambda: attribute_size(Fraction(5, 100), Fraction(4999, 100_000), Fraction(95, 100)),
    ],
    ids=["certainty", "below_half", "no_such_column", "half_and_more", "too_close", "too_large"],
)
def test_what_no_table_has_is_refused(asked):
    """With what to do instead."""
    with pytest.raises(FeedError) as refused:
        asked()
    assert refused.value.remedy
