"""Which items are selected: by hand, and whatever the population."""

from __future__ import annotations

import hashlib
from fractions import Fraction
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from revrec.errors import FeedError
from revrec.sampling import attributes, chance, monetary, variables
from revrec.sampling.monetary import Planning, Stratum
from tests.properties.profiles import examples

AMOUNTS = st.lists(st.integers(-5_000, 20_000), max_size=60)
SEEDS = st.integers(0, 2**64 - 1)


def test_numbers_can_be_drawn_with_a_hash_and_nothing_else():
    """The SHA-256 of seed, purpose and count, modulo what there is to choose from."""
    expected = [
        int(hashlib.sha256(f"7:interval:{count}".encode()).hexdigest(), 16) % 1_000
        for count in range(5)
    ]

    assert expected == list(islice(chance.numbers(7, "interval", 1_000), 5))
    assert expected[0] + 1 == chance.start(7, "interval", 1_000)


def test_each_place_is_as_likely_as_any_other():
    """10,000 draws of 2 among 5: each is in some 4,000, within five standard deviations."""
    counts = [0] * 5
    for seed in range(10_000):
        for place in chance.chosen(seed, "fair", 5, 2):
            counts[place] += 1

    assert 20_000 == sum(counts)
    assert all(abs(count - 4_000) < 5 * 49 for count in counts)


def test_an_interval_is_what_is_tolerated_over_the_factor():
    """125,000.00 at 95% with a fifth expected: factor 4.63; or 125,000 - 25,000 x 1.6 over 3.00."""
    by_ratio = monetary.plan(12_500_000, 2_500_000, confidence=Fraction(95, 100))
    by_expansion = monetary.plan(
        12_500_000, 2_500_000, confidence=Fraction(95, 100), planning=Planning.EXPANSION
    )

    assert (12_500_000 * 100 // 463, "4.63") == (by_ratio.units, str(by_ratio.factor))
    assert (2_833_333, "3.00") == (by_expansion.units, str(by_expansion.factor))


@pytest.mark.parametrize(("tolerable", "expected"), [(0, 0), (-1, 0), (100, -1), (100, 70), (2, 0)])
def test_no_room_is_refused(tolerable, expected):
    """Nothing tolerated, more expected than planned for, an interval below a minor unit."""
    with pytest.raises(FeedError):
        monetary.plan(tolerable, expected, confidence=Fraction(95, 100))


def test_units_are_hit_at_even_distances_from_a_start():
    """Ten items of 10 and an interval of 25: units start, start + 25, ...; the 30 is certain."""
    amounts = [10] * 10 + [30, 0, -10, -40]
    start = chance.start(3, Stratum.INTERVAL, 25)
    negative = chance.start(3, Stratum.NEGATIVE_INTERVAL, 25)
    hit = [((unit - 1) // 10, unit) for unit in range(start, 101, 25)]
    expected = [(place, "interval", unit) for place, unit in hit]
    expected += [(10, "certain", 0), (11, "zero", 0)]
    expected += [(12, "negative_interval", negative)] if negative <= 10 else []
    expected += [(13, "negative_certain", 0)]

    found = monetary.select(amounts, 25, 3, zeros=1)

    assert expected == [(each.place, each.stratum, each.hit) for each in found]


@given(AMOUNTS, st.integers(1, 10_000), SEEDS)
@examples(commit=60, torture=5_000)
def test_every_large_item_is_selected_and_every_interval_is_hit_once(amounts, interval, seed):
    """A twin walks unit by unit through the smaller items."""
    found = monetary.select(amounts, interval, seed, zeros=2)

    assert len({each.place for each in found}) == len(found)
    by_stratum = {each: [x.place for x in found if x.stratum == each] for each in Stratum}
    assert [p for p, a in enumerate(amounts) if a >= interval] == by_stratum[Stratum.CERTAIN]
    assert min(2, amounts.count(0)) == len(by_stratum[Stratum.ZERO])
    naive, total = [], 0
    start = chance.start(seed, Stratum.INTERVAL, interval)
    for place, amount in enumerate(amounts):
        if 0 < amount < interval:
            if any((unit - start) % interval == 0 and unit >= start
                   for unit in range(total + 1, total + amount + 1)):  # fmt: skip
                naive.append(place)
            total += amount
    assert naive == by_stratum[Stratum.INTERVAL]


@given(AMOUNTS, st.integers(1, 80), SEEDS)
@examples(commit=60, torture=5_000)
def test_strata_are_sampled_in_proportion_and_whole_where_small(amounts, size, seed):
    """Every stratum has two items at least, or all it has; none is selected twice."""
    bounds = [1_000, 10_000]
    strata = variables.strata_of(amounts, bounds)
    assert sorted(place for places in strata for place in places) == list(range(len(amounts)))

    found = variables.select(amounts, bounds, size, seed)

    for number, places in enumerate(strata):
        name = variables.stratum_name(number)
        chosen = [each.place for each in found if each.stratum == name]
        assert set(chosen) <= set(places)
        assert min(2, len(places)) <= len(set(chosen)) == len(chosen)


def test_a_random_sample_and_one_of_occurrences_have_their_size():
    """All, where there are no more."""
    assert 25 == len(variables.select(list(range(1, 101)), [], 25, 1))
    assert 25 == len(attributes.select(400, 25, 1))
    assert list(range(7)) == [each.place for each in attributes.select(7, 25, 1)]


def test_bounds_ascend():
    """Strata would overlap."""
    with pytest.raises(FeedError):
        variables.strata_of([1], [10, 10])
