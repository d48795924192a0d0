"""Balances by when they turn around, by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from revrec.feeds.policies import default_policy, with_elections
from revrec.periods import Period
from tests.disclosure.cases import access, book_of, invoice
from tests.disclosure.closing import close_and_report, example, row

JANUARY = Period(2026, 1)
NAMES = ("balance", "current", "non_current")


def ten_years() -> dict:
    """36,500.00 for 3,650 days from January 2026 on: 310.00 in January, 3,650.00 a year."""
    years = access(inception="2026-01-01", end="2035-12-29")
    years["consideration"][0]["amount"] = "36500.00"
    return years


@pytest.mark.parametrize(
    ("elected", "liability", "asset"),
    [
        # 36,190.00 are left to be earned: 3,650.00 within a year, 32,540.00 later.
        ({}, [3_619_000, 365_000, 3_254_000], [31_000, 31_000 - 27_873, 27_873]),
        # To January 2029 they are 365 + 365 + 366 days of 10.00.
        (
            {"operating_cycle": "36_months", "contract_assets_turn_around": "operating_cycle"},
            [3_619_000, 1_096_000, 2_523_000],
            [31_000, 31_000, 0],
        ),
    ],
)
def test_liabilities_and_assets_turn_around_as_elected(elected, liability, asset):
    """Billed ahead, a liability by what is earned in the cycle; unbilled, an asset in proportion.

    Of 310.00 unbilled 32,540 parts of 36,190 are later: 278.73.
    """
    policy = with_elections(default_policy(), elected)
    for bills, wanted, account in (
        ([invoice("ACCESS", "2026-01-01", "36500.00")], liability, "contract_liability"),
        ([], asset, "contract_asset"),
    ):
        book = replace(book_of([ten_years()], bills), policy=policy)

        made = close_and_report(book, JANUARY, JANUARY)

        found = row(made.datasets["balances_by_maturity"], account=account)
        assert wanted == [found[name] for name in NAMES]
        assert () == made.differences


def test_contract_costs_turn_around_as_they_are_amortised():
    """140,000.00 and 10,000.00 over seven years: after the first 20,000.00 and 1,428.57 a year."""
    book = example("asc606/setup_costs_over_renewals").book()

    made = close_and_report(book, Period(2025, 1), Period(2025, 12))

    found = row(made.datasets["balances_by_maturity"], account="contract_cost_asset")
    assert [12_857_143, 2_142_857, 10_714_286] == [found[name] for name in NAMES]
    assert () == made.differences
