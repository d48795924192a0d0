"""An entry balances in each currency and has no empty line, before anything is stored."""

from __future__ import annotations

from dataclasses import replace

import pytest

from revrec.errors import UnbalancedEntry
from revrec.periods import Period
from tests.store.samples import FEBRUARY, JANUARY, entry, line

ENTRY = replace(entry(), period=FEBRUARY, origin=JANUARY)


def abroad(amount: int, functional: int):
    """A line that is told in yen too."""
    return replace(line("cash", amount), functional_currency="JPY", functional=functional)


REFUSED = [
    # Lines, message, attributes.
    (
        (line("cash", 100), line("revenue", -99)),
        "Entry satisfaction of 2026-01 in 2026-02: debits exceed credits by 1 USD (minor units).",
        {"currency": "USD", "difference": 1},
    ),
    (
        (line("cash", 100), line("revenue", -103)),
        "Entry satisfaction of 2026-01 in 2026-02: credits exceed debits by 3 USD (minor units).",
        {"currency": "USD", "difference": -3},
    ),
    (
        (line("cash", 5), line("revenue", -5, currency="EUR")),
        "Entry satisfaction of 2026-01 in 2026-02: credits exceed debits by 5 EUR (minor units).",
        {"currency": "EUR", "difference": -5},
    ),
    (
        (line("cash", 1), line("receivable", 0), line("revenue", -1)),
        "Entry satisfaction of 2026-01 in 2026-02: the line on receivable is zero.",
        {},
    ),
    (
        (abroad(100, 9), abroad(-100, -8)),
        (
            "Entry satisfaction of 2026-01 in 2026-02: debits exceed credits by 1 JPY, functional "
            "(minor units)."
        ),
        {"currency": "JPY, functional", "difference": 1},
    ),
    (
        (abroad(100, 9), abroad(-100, -9), abroad(0, 0)),
        "Entry satisfaction of 2026-01 in 2026-02: the line on cash is zero.",
        {},
    ),
    ((), "Entry satisfaction of 2026-01 in 2026-02 has no lines.", {}),
]


@pytest.mark.parametrize("case", range(len(REFUSED)))
def test_a_bad_entry_is_refused(case):
    """The message names the entry, the side, the amount and the currency."""
    lines, message, attributes = REFUSED[case]

    with pytest.raises(UnbalancedEntry) as caught:
        replace(ENTRY, lines=lines).check()

    assert message == caught.value.message
    assert attributes == caught.value.attributes


def test_a_zero_line_has_a_remedy():
    """What to do is said where it is not obvious."""
    with pytest.raises(UnbalancedEntry) as caught:
        replace(ENTRY, lines=(line("cash", 0),)).check()

    assert "Leave zero lines out." == caught.value.remedy


@pytest.mark.parametrize(
    "lines",
    [
        (line("cash", 1), line("revenue", -1)),
        (line("cash", 2), line("revenue", -1), line("revenue", -1)),
        (
            line("cash", 1),
            line("revenue", -1),
            line("cash", -7, currency="EUR"),
            line("revenue", 7, currency="EUR"),
        ),
        (line("cash", 2**62), line("cash", 2**62), line("revenue", -(2**63))),
        (abroad(100, 9), abroad(-100, -8), abroad(0, -1)),
        (abroad(0, 9), line("cash", 1), line("revenue", -1), abroad(0, -9)),
    ],
    ids=["two", "three", "two currencies", "large", "functional", "partly functional"],
)
def test_a_balanced_entry_passes(lines):
    """Any number of lines and currencies, at any size."""
    replace(ENTRY, lines=lines).check()


def test_an_entry_may_be_about_an_earlier_month():
    """Learned late: posted to February, about December."""
    replace(ENTRY, origin=Period(2025, 12)).check()
