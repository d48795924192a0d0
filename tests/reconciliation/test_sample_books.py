"""The sample books of ``revrec.demo`` and the published examples, reconciled."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache

import pytest

from revrec.demo import DemoManifest
from revrec.demo.billing import bill, issue
from revrec.demo.catalogue import selling_prices
from revrec.demo.deals import Deal
from revrec.demo.dirt import ACCEPTED, Files, deliver
from revrec.demo.files import amount_text
from revrec.demo.generate import draw_deals
from revrec.demo.metering import meter_usage
from revrec.demo.usage import draw_usage
from revrec.feeds.book import book_of as book_of_facts
from revrec.feeds.loading import load
from revrec.feeds.scenario import read_scenario
from revrec.model.history import Book
from revrec.money import from_minor
from revrec.periods import MONTHS, Period
from revrec.reconciliation import reconcile
from revrec.reconciliation.cash import cash_findings
from revrec.reconciliation.documents import document_findings
from tests.joined import FOLDER, joined
from tests.reconciliation.books import book_of, found, off, rows_of, told
from tests.reconciliation.posted import Told, posted_revenue

SEED = 606
AS_OF = date(2026, 4, 5)
"""Day of the last close of the sample."""
NAMES = {
    "usage-not-billed": "not_billed",
    "overage-not-billed": "not_billed",
    "fee-not-billed": "not_billed",
    "billed-twice": "billed_twice",
    "override-not-billed": "override_not_billed",
    "wrong-rate": "wrong_rate",
    "missing-days": "wrong_quantity",
    "wrong-currency": "wrong_currency_amount",
    "wrong-fee": "wrong_amount",
    "credit-memo-missing": "credit_missing",
    "billed-after-end": "billed_after_end",
}
"""Kind of mistake in the manifest -> reason of the finding."""


@dataclass(frozen=True)
class Sample:
    manifest: DemoManifest
    book: Book
    usage: list[Told]


@pytest.fixture(scope="module")
def sample(demo_files):
    """The sample's facts as delivered, and its usage as ingestion accepts it."""
    folder, manifest = demo_files
    facts = [
        fact
        for file in manifest.files
        if file.kind == "facts"
        for fact in load(folder / file.path).facts
    ]
    book, unknown = book_of_facts(facts)
    assert [] == unknown
    return Sample(manifest, book, accepted_usage())


@cache
def drawn() -> tuple[list[Deal], Files]:
    """The sample's deals and what is delivered of their usage; only read."""
    deals = draw_deals(SEED)
    return deals, deliver(SEED, draw_usage(SEED, deals), deals)


@cache
def accepted_usage() -> list[Told]:
    """Rows that belong in the ledger, recorded on the second day after their delivery's month."""
    _, files = drawn()
    return [
        (
            each.row.contract,
            each.row.meter,
            each.row.usage_date,
            Decimal(each.row.quantity),
            Decimal(amount_text(each.row.amount)),
            month.next.first.replace(day=2),
        )
        for (_, month), rows in files.items()
        for each in rows
        if each.label in ACCEPTED
    ]


@pytest.fixture(scope="module")
def reconciled(sample):
    """The sample's reconciliation, its usage told by day or, with True, by recording."""
    return cache(
        lambda by_recording: told(sample.book, sample.usage, as_of=AS_OF, by_recording=by_recording)
    )


@pytest.mark.parametrize("by_recording", [False, True])
def test_every_mistake_planted_in_the_sample_is_found_and_named(sample, reconciled, by_recording):
    """Contract, month, reason and amount of the manifest, and no finding besides."""
    result = reconciled(by_recording)

    planted = [
        (each.contract, each.period, NAMES[each.kind], str(each.difference))
        for each in sample.manifest.mistakes
    ]
    named = {
        (contract, month, reason): Decimal(amount)
        for contract, month, reason, amount in found(result)
    }
    assert len(planted) == len(named) == len(result.findings.rows)
    assert sorted(each[:3] for each in planted) == sorted(named)
    for contract, month, reason, amount in planted:
        off_by = abs(named[contract, month, reason] - Decimal(amount))
        # A roll-up by day leaves open how much of a day was known; told by recording, nothing is.
        assert off_by <= (0 if by_recording else Decimal("0.05")), (contract, month, reason)
    assert [] == off(result)
    assert 1 == result.explained


def test_findings_of_the_sample_name_the_documents(sample, reconciled):
    """The invoice that is wrong stands in the finding of its contract."""
    rows = rows_of(reconciled(False).findings)

    for mistake in sample.manifest.mistakes:
        (row,) = (row for row in rows if row["contract"] == mistake.contract)
        assert mistake.document in row["documents"]
        assert row["sentence"].endswith(".")
        assert row["remedy"]


def test_the_sample_without_mistakes_has_no_finding():
    """The same drafts without the planted ones: late usage, corrections and credits remain."""
    deals, files = drawn()
    metering = meter_usage(deals, files)
    billing = issue(SEED, bill(SEED, deals, metering))
    events = [event for deal in deals for event in deal.events]
    events += [*billing.invoices, *billing.credit_memos]
    book = book_of([deal.contract for deal in deals], events, selling_prices())
    for by_recording in (False, True):
        result = told(book, accepted_usage(), as_of=AS_OF, by_recording=by_recording)
        assert [] == result.findings.rows
        assert (1, 1, 1) == (result.cleared, result.complete, result.explained)
        assert [] == off(result)
    assert [] == cash_findings(book, MONTHS, as_of=AS_OF, days=30)
    assert [] == document_findings(book, {}, MONTHS, as_of=AS_OF, days=200)


NOT_INVOICED = {
    "allowances_that_begin_anew": [
        ("INCLUDED", "2025-06", "not_billed", "-20.00"),
        ("INCLUDED", "2025-07", "not_billed", "-5.00"),
    ],
    "allocation_in_layers": [("LAYERS-2025", "2025-02", "not_billed", "-40.00")],
    "committed_spend_with_overage": [("BASALT-2026", "2027-01", "not_billed", "-79010.15")],
    "commitments_restated": [
        ("CUT", "2026-08", "not_billed", "-5000.00"),
        ("ONE-SERVICE", "2026-11", "not_billed", "-10000.00"),
        ("RAISED", "2026-12", "not_billed", "-10000.00"),
        ("RAISED-LATE", "2026-09", "not_billed", "-10000.00"),
        ("RAISED-LATE", "2026-12", "not_billed", "-5000.00"),
    ],
    "credits_shared_by_a_group": [("SUBSIDIARY-2025", "2025-12", "not_billed", "-40.00")],
    "deposit_on_a_building": [("BUILDING-B", "2026-03", "not_billed", "-1000000.00")],
    "implicit_price_concession": [("DRUG-2025", "2025-01", "not_billed", "-1000000.00")],
    "minimum_spend_trued_up": [
        ("AMBER", "2026-01", "not_billed", "-300.00"),
        ("AMBER", "2026-02", "not_billed", "-400.00"),
        ("AMBER", "2026-03", "minimum_not_billed", "-300.00"),
        ("BIRCH", "2026-01", "not_billed", "-300.00"),
        ("BIRCH", "2026-02", "not_billed", "-450.00"),
        ("CEDAR", "2026-02", "not_billed", "-100.00"),
        ("CEDAR", "2026-03", "minimum_not_billed", "-150.00"),
        ("CEDAR", "2026-01", "not_billed", "-300.00"),
        ("CEDAR", "2026-03", "minimum_not_billed", "-450.00"),
    ],
    "licenses_with_fees_and_royalties": [
        ("TEAM-2025", "2025-03", "not_billed", "-12500.00"),
        ("FRANCHISE-2025", "2025-02", "not_billed", "-150000.00"),
        ("FRANCHISE-2025", "2025-03", "not_billed", "-5000.00"),
    ],
    "pay_as_you_go_tokens": [("LARKSPUR-PAYG", "2026-03", "not_billed", "-2171.16")],
    "promotional_credits_are_a_discount": [
        ("C-1", "2026-01", "not_billed", "-15.00"),
        ("C-1", "2026-02", "not_billed", "-25.00"),
    ],
    "sold_on_credit_with_a_right_of_return": [
        ("ON-CREDIT-2025", "2026-12", "not_billed", "-121.00")
    ],
    "promises_read_with_a_catalogue": [("CATALOGUE-2026", "2026-02", "not_billed", "-1800.00")],
    "royalty_for_one_license": [("LICENSES-2025", "2025-02", "not_billed", "-800.00")],
    "royalty_shared_by_licenses": [
        ("LICENSES-2025", "2025-01", "not_billed", "-200.00"),
        ("LICENSES-2025", "2025-02", "not_billed", "-300.00"),
    ],
    "advance_payment_financed": [("ASSET-2025", "2025-01", "not_billed", "-4000.00")],
    "equipment_paid_in_installments": [
        ("MARKET-RATE-2025", "2025-01", "not_billed", "-490646.00"),
        ("ABOVE-MARKET-2025", "2025-02", "not_billed", "-471775.00"),
    ],
    "vouchers_sold_as_an_agent": [
        ("RESOLD-1", "2025-01", "not_billed", "-45.00"),
        ("RESOLD-1", "2025-02", "not_billed", "-18.02"),
    ],
}
"""Examples that tell of usage or deliveries and not of all their invoices; those are found."""


def test_published_examples_reconcile():
    """Every difference of the examples has a reason; only what they do not invoice is found."""
    through, named = Period(2027, 3), []
    for scenario in joined():
        book = scenario.book()
        result = reconcile(
            book=book,
            usage=None,
            revenue=posted_revenue(book, None, through),
            first=Period(2019, 1),
            through=through,
            as_of=through.last,
        )
        named += found(result)
        assert [] == off(result)
        assert 1 == result.explained

    assert sorted(named) == sorted(
        (f"{example}/{contract}", *rest)
        for example, rows in NOT_INVOICED.items()
        for contract, *rest in rows
    )


def test_the_platform_example_by_hand():
    """Of 96,000 quoted the platform earns 97,500; February has 28 of its 365 days.

    At the price quoted February is 96,000 x 28 / 365 = 7,364.38, at the price earned 7,479.45.
    """
    book = read_scenario(FOLDER / "platform_usage_implementation.yaml").book()
    february = Period(2026, 2)
    result = reconcile(
        book=book,
        usage=None,
        revenue=posted_revenue(book, None, february),
        first=february,
        through=february,
        as_of=february.last,
    )

    assert {
        "deferral": Decimal("88635.62"),
        "allocation": Decimal("-115.07"),
    } == {
        row["reason"]: from_minor(row["amount"], "USD")
        for row in rows_of(result.reasons)
        if row["obligation"] == "platform" and row["difference"] == "invoiced_less_revenue"
    }
