"""Every planted mistake is found and named, nothing else is, and the reasons add up."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.reconciliation.books import INVOICED, RATED, off, rows_of, told
from tests.reconciliation.population import AS_OF, MISTAKES, clean, spoil

CASES = 8
"""Seeds; each plants fourteen differences, so more than a hundred in all."""
TORTURED = 360
"""Seeds of the long run: more than five thousand differences."""


def reconciled(population, *, by_recording):
    """The reconciliation of a drawn quarter."""
    return told(population.book(), population.usage, as_of=AS_OF, by_recording=by_recording)


def assert_reasons_add_up(result):
    """Reasons add up to each line's differences, and those to the three systems."""
    sums = Counter()
    for row in rows_of(result.reasons):
        subject = (row["contract"], row["obligation"], row["service_month"])
        sums[*subject, row["difference"]] += row["amount"]
    for row in rows_of(result.lines):
        subject = (row["contract"], row["obligation"], row["service_month"])
        for difference in (RATED, INVOICED):
            assert row[difference] == sums[*subject, difference], (subject, difference)
        assert row["rated"] - row["invoiced"] == row[RATED]
        assert row["invoiced"] - row["revenue"] == row[INVOICED]
    assert [] == off(result)
    assert 1 == result.explained


def check(seed, *, by_recording):
    """A clean quarter has no finding; the same quarter spoilt has exactly the planted ones."""
    population = clean(seed)
    result = reconciled(population, by_recording=by_recording)
    assert [] == result.findings.rows
    assert (1, 1) == (result.cleared, result.complete)
    assert_reasons_add_up(result)

    spoil(population)
    result = reconciled(population, by_recording=by_recording)
    named = Counter(
        (row["contract"], row["service_month"], row["reason"], row["amount"])
        for row in rows_of(result.findings)
    )
    planted = Counter(
        (each.contract, each.month, each.reason, each.amount) for each in population.planted
    )
    assert len(MISTAKES) == planted.total()
    assert planted == named
    assert result.cleared < 1
    assert_reasons_add_up(result)


@pytest.mark.parametrize("seed", range(1, CASES + 1))
def test_fourteen_kinds_of_difference_are_found_and_nothing_else(seed):
    """Usage by contract, meter and day, as the ledger is rolled up."""
    check(seed, by_recording=seed % 2 == 0)


def test_the_order_of_facts_changes_nothing():
    """The same rows of usage, contracts and documents in another order: the same tables."""
    population = clean(1)
    spoil(population)
    shuffled = clean(1)
    spoil(shuffled)
    shuffled.dice.shuffle(shuffled.usage)
    shuffled.contracts = dict(reversed(shuffled.contracts.items()))

    first, second = (reconciled(each, by_recording=False) for each in (population, shuffled))

    assert first == second


@pytest.mark.torture
@pytest.mark.timeout(0)
def test_five_thousand_differences():
    """The same over hundreds of quarters."""
    for seed in range(1, TORTURED + 1):
        check(seed, by_recording=seed % 2 == 0)
