from __future__ import annotations

from revrec.periods import Period
from tests.disclosure.cases import (
    access,
    book_of,
    credit_memo,
    delivery,
    invoice,
    payment,
    workshops,
)
from tests.disclosure.closing import close, close_and_report, example, report, row, rows

JAN, FEB, MAR = Period(2026, 1), Period(2026, 2), Period(2026, 3)


def test_a_bill_turns_an_asset_into_a_receivable_and_the_rest_into_a_liability():
    """Tidewater: 55,000 earned to February, 35,000 in March, 100,000 billed in March.

    Of March's revenue 28,000 was used and 7,000 is expected breakage.
    """
    made = close_and_report(example("committed_spend_with_shortfall").book(), JAN, MAR).datasets

    liability = row(made["contract_balances_by_month"], period="2026-03")
    asset = row(made["contract_assets_by_month"], period="2026-03")

    assert {
        "opening": 0,
        "billings": 10_000_000,
        "credit_memos": 0,
        "revenue_from_opening": 0,
        "other_revenue": -2_800_000,
        "breakage": -700_000,
        "catch_up": 0,
        "cash_in_advance": 0,
        "refunds": 0,
        "financing": 0,
        "reclassified": -5_500_000,
        "closing": 1_000_000,
        "included_in_opening": 0,
        "by_modifications": 0,
        "by_estimates": 0,
        "liability_current": 1_000_000,
        "liability_non_current": 0,
    } == {name: liability[name] for name in list(liability)[5:-1]}
    assert {
        "opening": 5_500_000,
        "revenue_over_billings": 0,
        "transferred": -5_500_000,
        "closing": 0,
        "asset_current": 0,
        "asset_non_current": 0,
    } == {name: asset[name] for name in list(asset)[5:-1]}


def test_revenue_draws_on_the_opening_balance_first():
    """10,000.00 billed and 2,000.00 earned in January: February opens with 8,000.00.

    In February 500.00 of that is credited and the other eight workshops are held: of 8,000.00 of
    revenue 7,500.00 are from what was billed by then. The rest is an asset of 500.00.
    """
    book = book_of(
        [workshops()],
        [
            invoice("WORKSHOPS", "2026-01-05", "10000.00"),
            delivery("WORKSHOPS", "2026-01-20", "2"),
            credit_memo("WORKSHOPS", "2026-02-03", "500.00"),
            delivery("WORKSHOPS", "2026-02-10", "8"),
        ],
    )

    made = close_and_report(book, FEB, FEB).datasets
    liability = row(made["contract_balances"])
    asset = row(made["contract_assets"])

    names = ("opening", "billings", "credit_memos", "revenue_from_opening", "other_revenue")
    assert [800_000, 0, -50_000, -750_000, -50_000] == [liability[name] for name in names]
    names = ("reclassified", "closing", "included_in_opening")
    assert [50_000, 0, 750_000] == [liability[name] for name in names]
    names = ("opening", "revenue_over_billings", "transferred", "closing")
    assert [0, 50_000, 0, 50_000] == [asset[name] for name in names]


def test_usage_billed_in_arrears_does_not_draw_on_prepaid_fees():
    """What is used and billed later was not in the opening balance.

    Sable in March: the platform's 8,280.82 and 12,431.25 of implementation were in the opening
    balance of 89,665.79; 7,782.01 for the tokens of March was not.
    """
    made = close_and_report(example("platform_usage_implementation").book(), MAR, MAR).datasets

    liability = row(made["contract_balances"])

    assert 8_966_579 == liability["opening"]
    assert -(828_082 + 1_243_125) == liability["revenue_from_opening"]
    assert -778_201 == liability["other_revenue"]
    assert 6_673_897 == liability["closing"]


def test_receivables_hold_tax_and_contract_balances_do_not():
    """1,000.00 and 80.00 tax billed, 100.00 and 8.00 credited, 500.00 paid: 472.00 is open."""
    book = book_of(
        [workshops()],
        [
            invoice("WORKSHOPS", "2026-01-05", "1000.00", "80.00"),
            credit_memo("WORKSHOPS", "2026-01-20", "100.00", "8.00"),
            payment("WORKSHOPS", "2026-01-30", "500.00"),
        ],
    )

    made = close_and_report(book, JAN, JAN)
    receivable = row(made.datasets["receivables"])

    names = ("opening", "invoices", "tax", "credit_memos", "cash", "closing")
    assert [0, 100_000, 7_200, -10_000, -50_000, 47_200] == [receivable[name] for name in names]
    assert 90_000 == row(made.datasets["contract_balances"])["closing"]
    assert () == made.differences


def test_what_is_learned_late_is_posted_now_and_named():
    """Two workshops of January are told in February, after January was closed without them."""
    known_late = delivery("WORKSHOPS", "2026-01-20", "2")
    told = [
        invoice("WORKSHOPS", "2026-01-05", "10000.00"),
        delivery("WORKSHOPS", "2026-02-10", "3"),
    ]
    before, after = book_of([workshops()], told), book_of([workshops()], [*told, known_late])

    closed = close(lambda period: before if period == JAN else after, JAN, FEB)
    made = report(after, closed, JAN, FEB)
    waterfall = row(made.datasets["revenue_waterfall"])
    february = row(made.datasets["contract_balances_by_month"], period="2026-02")
    late = row(made.datasets["late_revenue"])

    assert (0, 500_000) == (waterfall["actual_2026_01"], waterfall["actual_2026_02"])
    assert (200_000, "2026-01 in 2026-02") == (waterfall["late"], waterfall["late_months"])
    names = ("opening", "revenue_from_opening", "catch_up", "closing", "included_in_opening")
    assert [1_000_000, -300_000, -200_000, 500_000, 500_000] == [february[n] for n in names]
    assert ("2026-01", "2026-02", 200_000) == (late["origin"], late["period"], late["amount"])
    assert () == made.differences


def test_a_late_invoice_moves_the_month_it_is_posted_in():
    """310.00 earned in January and no bill known; 300.00 of January is told in February."""
    told = invoice("ACCESS", "2026-01-31", "300.00")
    before, after = book_of([access()], []), book_of([access()], [told])

    closed = close(lambda period: before if period == JAN else after, JAN, FEB)
    made = report(after, closed, JAN, FEB)
    asset = row(made.datasets["contract_assets_by_month"], period="2026-02")

    names = ("opening", "revenue_over_billings", "transferred", "closing")
    assert [31_000, 28_000, -30_000, 29_000] == [asset[name] for name in names]
    assert () == made.differences


def test_totals_are_a_statement_by_currency():
    """A line for each movement, a column for each month and one for all; currencies do not mix."""
    book = book_of(
        [access(), access("ACCES-FR", currency="EUR")],
        [
            invoice("ACCESS", "2026-01-01", "3650.00"),
            invoice("ACCES-FR", "2026-02-01", "3650.00"),
        ],
    )

    totals = close_and_report(book, JAN, FEB).datasets["contract_balance_totals"]

    def line(currency, balance, name):
        found = row(totals, currency=currency, balance=balance, line=name)
        return [found["in_2026_01"], found["in_2026_02"], found["report"]]

    assert [0, 334_000, 0] == line("USD", "Contract liabilities", "Opening")
    assert [365_000, 0, 365_000] == line("USD", "Contract liabilities", "Billings")
    assert [334_000, 306_000, 306_000] == line("USD", "Contract liabilities", "Closing")
    assert [0, 306_000, 306_000] == line("EUR", "Contract liabilities", "Closing")
    assert [31_000, 0, 0] == line("EUR", "Contract assets", "Closing")
    assert [0, 365_000, 365_000] == line("EUR", "Receivables", "Invoices before tax")


def test_positions_split_liabilities_by_when_they_are_earned():
    """What is earned within twelve months is current.

    36,500.00 billed ahead for 3,650 days: at the end of the first January 36,190.00 is a liability.
    The twelve months to 31 January 2027 earn 365 x 10.00 = 3,650.00 of it.
    """
    years = access(inception="2026-01-01", end="2035-12-29")
    years["consideration"][0]["amount"] = "36500.00"
    book = book_of([years], [invoice("ACCESS", "2026-01-01", "36500.00")])

    position = row(close_and_report(book, JAN, JAN).datasets["contract_position"])

    assert ("Contract liability", "606-10-45-1, 45-2") == (
        position["caption"],
        position["paragraph"],
    )
    names = ("billed", "recognised", "net", "contract_liability", "current", "non_current")
    assert [3_650_000, 31_000, 3_619_000, 3_619_000, 365_000, 3_254_000] == [
        position[name] for name in names
    ]


def test_a_contract_without_movements_is_in_the_positions_and_not_in_rollforwards():
    """The population is complete even where the balances are zero."""
    made = close_and_report(book_of([workshops()], []), JAN, JAN).datasets

    assert "" == row(made["contract_position"])["caption"]
    assert [] == list(rows(made["contract_balances"]))
