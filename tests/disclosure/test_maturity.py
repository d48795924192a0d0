"""Balances by when they turn around, by hand."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date

import pytest

from revrec.feeds.policies import default_policy, with_elections
from revrec.model.history import Book
from revrec.periods import Period
from tests.disclosure.cases import access, book_of, invoice
from tests.disclosure.closing import (
    Closed,
    close,
    close_all,
    close_and_report,
    example,
    report,
    row,
    rows,
    total,
)

JANUARY, FEBRUARY = Period(2026, 1), Period(2026, 2)
FEE = [{"id": "fee", "kind": "fixed", "amount": "4240.00", "obligation": "seats"}]
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


def posting(book: Book, since: date | None = None) -> Book:
    """The book under a policy that posts the split, from the day on."""
    policy = with_elections(default_policy(), {"current_and_non_current": "posted"})
    elections = dict(policy.elections)
    if since is not None:
        told = elections["current_and_non_current"]
        elections["current_and_non_current"] = replace(told, effective_from=since)
    return replace(book, policy=replace(policy, elections=elections))


def reclassified(closed: Closed) -> dict[tuple[str, str], int]:
    """What closes reclassified, by period and account."""
    sums: Counter[tuple[str, str]] = Counter()
    for each in closed.entries:
        if each.entry.event == "reclassification":
            for line in each.entry.lines:
                sums[str(each.entry.period), line.account] += line.amount
    return dict(sums)


@pytest.mark.parametrize(
    ("bills", "account", "later"),
    [
        # 14 months at 10.00 a day: of the year after January 28 days are left out.
        ([invoice("ACCESS", "2026-01-01", "4240.00")], "contract_liability", -280_00),
        # 310.00 unbilled; 28 parts of the 393 that remain are later, and cents are current.
        ([], "contract_asset", 22_08),
    ],
)
def test_where_it_is_posted_a_close_reclassifies_what_moved(bills, account, later):
    """In January what is non-current, in February all of it back: then a year covers the rest."""
    book = posting(book_of([access(end="2027-02-28", consideration=FEE)], bills))
    plain = replace(book, policy=default_policy())

    closed = close_all(book, FEBRUARY)

    assert reclassified(closed) == {
        ("2026-01", f"non_current_{account}"): later,
        ("2026-01", account): -later,
        ("2026-02", f"non_current_{account}"): -later,
        ("2026-02", account): later,
    }
    for period in (JANUARY, FEBRUARY):
        posted = report(book, close_all(book, period), JANUARY, period)
        presented = close_and_report(plain, JANUARY, period)
        assert () == posted.differences
        assert 3 == sum("non-current, posted" in each.name for each in posted.tie_outs)
        for name in ("contract_balances", "contract_assets", "contract_costs", "revenue_waterfall"):
            assert posted.datasets[name].rows == presented.datasets[name].rows


def test_the_split_is_posted_from_the_day_of_its_election():
    """Elected from February on, and given up again: January does not know, March takes it back."""
    book = book_of([ten_years()], [invoice("ACCESS", "2026-01-01", "36500.00")])
    march = Period(2026, 3)
    known = {JANUARY: posting(book, date(2026, 2, 1)), march: book}

    closed = close(lambda period: known.get(period, known[JANUARY]), JANUARY, march)

    # 3,650 days less 424 to the end of February 2027.
    assert reclassified(closed) == {
        ("2026-02", "non_current_contract_liability"): -32_260_00,
        ("2026-02", "contract_liability"): 32_260_00,
        ("2026-03", "non_current_contract_liability"): 32_260_00,
        ("2026-03", "contract_liability"): -32_260_00,
    }


def test_contract_costs_turn_around_as_they_are_amortised():
    """140,000.00 and 10,000.00 over seven years: after the first 20,000.00 and 1,428.57 a year.

    Posted for both together, while rollforwards by cost stay what they are.
    """
    book = posting(example("asc606/setup_costs_over_renewals").book())
    december = Period(2025, 12)
    closed = close_all(book, december)

    made = report(book, closed, Period(2025, 1), december)

    found = row(made.datasets["balances_by_maturity"], account="contract_cost_asset")
    assert [12_857_143, 2_142_857, 10_714_286] == [found[name] for name in NAMES]
    held = Counter()
    for (_, account), amount in reclassified(closed).items():
        held[account] += amount
    assert 10_714_286 == held["non_current_contract_cost_asset"] == -held["contract_cost_asset"]
    assert () == made.differences
    costs = {each["cost"] for each in rows(made.datasets["contract_costs"])}
    assert "" not in costs
    assert 12_857_143 == total(made.datasets["contract_costs"], "closing")
