"""A document beyond a limit becomes several, each balanced, and nothing is lost."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from revrec.errors import ReportError
from revrec.general_ledger.splitting import split
from tests.general_ledger.samples import document, sums
from tests.properties.profiles import examples

AMOUNT = st.integers(-(10**12), 10**12)


@st.composite
def documents(draw, *, functional):
    """Balanced lines, also with amounts of zero that have a worth."""
    amounts = draw(st.lists(AMOUNT if functional else AMOUNT.filter(bool), min_size=2, max_size=40))
    amounts.append(-sum(amounts))
    if not functional:
        return document(*(each for each in amounts if each))
    worths = draw(st.lists(AMOUNT, min_size=len(amounts) - 1, max_size=len(amounts) - 1))
    worths.append(-sum(worths))
    pairs = [pair for pair in zip(amounts, worths, strict=True) if any(pair)]
    return document(*(a for a, _ in pairs), worths=tuple(w for _, w in pairs))


@given(documents(functional=False), st.integers(4, 9))
@examples(commit=150, torture=20_000)
def test_parts_balance_and_add_up(whole, limit):
    """Each part is within the limit and balances; accounts add up to what they were."""
    parts = split(whole, limit)

    for part in parts:
        part.check()
        assert 2 <= len(part.lines) <= limit
    assert sums([whole]) == sums(parts)
    assert all(line.amount for part in parts for line in part.lines)


@given(documents(functional=True), st.integers(4, 9))
@examples(commit=150, torture=20_000)
def test_parts_balance_in_both_currencies(whole, limit):
    """The same with functional amounts, whatever the rates of the lines are."""
    parts = split(whole, limit)

    for part in parts:
        part.check()
        assert len(part.lines) <= limit
    amounts, worths = sums(parts)
    assert (+amounts, +worths) == tuple(map(Counter.__pos__, sums([whole])))
    assert (-amounts, -worths) == tuple(map(Counter.__neg__, sums([whole])))


def test_only_lines_at_a_cut_are_divided():
    """300 + 200 + 100 against 600 in parts of 4: the credit of 600 is met line by line.

    The first part takes three debits and the whole credit: 4 lines, which is the document.
    """
    whole = document(300, 200, 100, -600)

    assert [whole] == split(whole, 4)
    assert [whole] == split(whole, None)


def test_a_cut_by_hand():
    """Five debits of 10 against a credit of 50, at most 4 lines: 30 and 20 of the credit."""
    first, second = split(document(10, 10, 10, 10, 10, -50), 4)

    assert [10, 10, 10, -30] == [line.amount for line in first.lines]
    assert [10, 10, -20] == [line.amount for line in second.lines]


def test_a_limit_that_balances_nothing_is_refused():
    """A document of three lines cannot always carry what is over."""
    with pytest.raises(ReportError, match="Documents of 3 lines cannot be balanced"):
        split(document(10, 10, 10, -30), 3)
