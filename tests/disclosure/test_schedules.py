from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from revrec import engine
from revrec.model.history import Book
from revrec.periods import Period
from revrec.recognition.counts import usage_events
from tests.disclosure.cases import access, book_of, delivery, invoice, workshops
from tests.disclosure.closing import (
    account,
    close_all,
    close_and_report,
    example,
    report,
    row,
    rows,
    total,
)

JAN, FEB, MAR, APR, MAY = (Period(2026, month) for month in range(1, 6))
JUL, AUG = Period(2026, 7), Period(2026, 8)


def test_the_waterfall_schedules_what_passes_with_time():
    """Galloway at March 2026: 2,000.00 a month for 2026, 4,800.00 a month from January 2027."""
    made = close_and_report(example("ramp_deal_with_free_months").book(), JAN, MAR)
    waterfall = made.datasets["revenue_waterfall"]

    first, second = (row(waterfall, obligation=name) for name in ("seats-1", "seats-2"))

    assert [200_000] * 3 == [first[f"actual_2026_0{month}"] for month in (1, 2, 3)]
    assert [200_000] * 9 == [first[f"scheduled_2026_{month:02}"] for month in range(4, 13)]
    assert [0] * 3 == [first[f"scheduled_2027_0{month}"] for month in (1, 2, 3)]
    assert [0] * 9 == [second[f"scheduled_2026_{month:02}"] for month in range(4, 13)]
    assert [480_000] * 3 == [second[f"scheduled_2027_0{month}"] for month in (1, 2, 3)]
    assert 5_760_000 - 3 * 480_000 == second["beyond"]
    assert (5_760_000, 5_760_000) == (second["total"], second["remaining"])


def test_what_is_delivered_has_no_schedule():
    """Eight workshops to come are 8,000.00 without a schedule, due by the contract's end."""
    book = book_of([workshops()], [delivery("WORKSHOPS", "2026-01-20", "2")])

    made = close_and_report(book, JAN, JAN).datasets
    waterfall, listed = row(made["revenue_waterfall"]), row(made["remaining_obligations"])

    assert (800_000, 0) == (waterfall["unscheduled"], waterfall["beyond"])
    assert ("on delivery", 800_000) == (listed["timing"], listed["months_4_12"])


def test_what_has_no_last_day_is_under_no_date():
    """An open-ended contract says nothing on when the rest will be delivered."""
    book = book_of([workshops(end=None)], [delivery("WORKSHOPS", "2026-01-20", "2")])

    listed = row(close_and_report(book, JAN, JAN).datasets["remaining_obligations"])

    assert (None, 800_000, 0) == (listed["due"], listed["no_date"], listed["months_over_36"])


def test_remaining_obligations_stand_in_bands_and_expedients_are_listed():
    """At 31 January 2026: ten years at 10.00 a day, one year, tokens by the day, a royalty.

    Ten years: 89 days to April, 276 to January 2027, 365 each to January 2028 and (a leap year)
    366 to January 2029, the rest of 3,619 days after. One year: 334 days to December.
    """
    ten = access("TEN", end="2035-12-29")
    ten["consideration"][0]["amount"] = "36500.00"
    tokens = access(
        "TOKENS",
        end=None,
        obligations=[{"id": "tokens", "product": "tokens", "measure": "usage"}],
        consideration=[{"id": "use", "kind": "usage", "obligation": "tokens"}],
    )
    royalty = access(
        "ROYALTY",
        end=None,
        obligations=[{"id": "model", "product": "license", "measure": "point_in_time",
                      "standalone_selling_price": "1000.00", "meters": ["sales"]}],
        consideration=[
            {"id": "share", "kind": "usage", "obligation": "model", "royalty": {}}
        ],
    )  # fmt: skip
    handed_over = {
        "kind": "delivery", "id": "D", "contract": "ROYALTY", "on": "2026-01-02",
        "obligation": "model",
    }  # fmt: skip
    book = book_of([ten, access("ONE"), tokens, royalty], [handed_over])

    made = close_and_report(book, JAN, JAN).datasets
    listed = row(made["remaining_obligations"], contract="TEN")
    names = ("months_0_3", "months_4_12", "months_13_24", "months_25_36", "months_over_36")

    assert [89_000, 276_000, 365_000, 366_000, 2_523_000] == [listed[name] for name in names]
    assert {
        "TEN": "",
        "ONE": "606-10-50-14",
        "TOKENS": "606-10-50-14A",
        "ROYALTY": "606-10-50-14A(a)",
    } == {each["contract"]: each["expedient"] for each in rows(made["remaining_obligations"])}
    lines = {
        each["line"].partition(" (")[0]: (each["rows"], each["remaining"])
        for each in rows(made["remaining_obligations_by_band"])
    }
    assert {
        "Disclosed": (1, 3_619_000),
        "Original term of one year or less": (1, 334_000),
        "Royalties by sales or use, not estimated": (1, 0),
        "Usage allocated to its day, not estimated": (1, 0),
        "Total": (4, 3_953_000),
    } == lines


def test_what_is_earned_as_invoiced_need_not_be_disclosed_where_that_is_elected():
    """Two years at 365.00 and 730.00: of them 31.00 were earned by 31 January 2026."""
    parts = [
        {"first": "2026-01-01", "last": "2026-12-31", "weight": "365.00"},
        {"first": "2027-01-01", "last": "2027-12-31", "weight": "730.00"},
    ]
    seats = {"id": "seats", "product": "seats", "measure": "right_to_invoice", "schedule": parts}
    fee = {"id": "fee", "kind": "fixed", "amount": "1095.00", "obligation": "seats"}
    ramp = access(end="2027-12-31", obligations=[seats], consideration=[fee])
    book = book_of([ramp], [])
    policy = book.policy
    told = dict(policy.elections)
    told["right_to_invoice"] = replace(told["right_to_invoice"], value="elected")
    elected = replace(book, policy=replace(policy, elections=told))

    listed = row(close_and_report(elected, JAN, JAN).datasets["remaining_obligations"])
    assert ("606-10-50-14(b)", 1_064_00) == (listed["expedient"], listed["remaining"])


def test_shares_of_bands_are_exact_decimals():
    """Half of a thing is 0.500000."""
    book = book_of([workshops(end="2026-03-31")], [])

    line = row(close_and_report(book, JAN, JAN).datasets["remaining_obligations_by_band"],
               line="Total")  # fmt: skip

    assert Decimal("1.000000") == line["share_months_0_3"]
    assert Decimal("0.000000") == line["share_months_4_12"]


def test_a_modification_after_the_reports_end_changes_nothing_in_it():
    """Orrin's upgrade takes effect on 30 April; the report of March does not know of it."""
    told = example("mid_term_upgrade")
    without = replace(told, events=tuple(e for e in told.events if e.kind != "modification"))
    book, plain = told.book(), without.book()
    closed = close_all(book, MAY)

    with_it = report(book, closed, JAN, MAR).datasets
    without_it = report(plain, replace(closed, accounting=account(plain, MAY)), JAN, MAR).datasets

    for name in with_it.keys() - {"decisions"}:
        assert (name, without_it[name]) == (name, with_it[name])


def test_revenue_is_cut_by_what_it_is_for():
    """Sable in April: platform, implementation, a workshop at a point in time, and tokens."""
    made = close_and_report(example("platform_usage_implementation").book(), APR, APR).datasets

    def amounts(cut):
        return {each[cut]: each["amount"] for each in rows(made[f"revenue_by_{cut}"])}

    assert {"fixed": 1_979_495, "usage": 829_500} == amounts("category")
    assert {"over time": 2_321_495, "point in time": 487_500} == amounts("timing")
    assert {"US": 2_808_995} == amounts("region")
    assert {"enterprise": 2_808_995} == amounts("segment")
    assert {
        "aurora-large": 829_500,
        "implementation": 690_625,
        "platform-enterprise": 801_370,
        "training": 487_500,
    } == amounts("product")
    assert 801_370 == total(made["disaggregated_revenue"], "amount", measure="days")


def test_the_allocation_shows_selling_prices_ratios_and_adjustments():
    """Sable: 130,000.00 over selling prices of 120,000, 34,000 and 6,000."""
    made = close_and_report(example("platform_usage_implementation").book(), FEB, FEB).datasets
    detail = made["allocation_detail"]

    platform = row(detail, obligation="platform")

    assert Decimal(120_000) == platform["selling_price"]
    assert Decimal("0.75000000") == platform["ratio"]
    assert (9_600_000, 9_750_000, 150_000) == (
        platform["stated_price"],
        platform["when_promised"],
        platform["adjustment"],
    )
    assert [2_762_500, 9_750_000, 487_500] == [each["allocated"] for each in rows(detail)]
    assert 0 == total(detail, "adjustment")


def test_rounding_of_an_allocation_is_shown():
    """100.00 over three equal prices: 33.34 to the first, which is two thirds of a cent more."""
    obligations = [
        {
            "id": name,
            "product": name,
            "measure": "days",
            "standalone_selling_price": "40.00",
        }
        for name in "abc"
    ]
    consideration = [{"id": "fee", "kind": "fixed", "amount": "100.00"}]
    book = book_of([access(obligations=obligations, consideration=consideration)], [])

    detail = close_and_report(book, JAN, JAN).datasets["allocation_detail"]

    assert [3_334, 3_333, 3_333] == [each["allocated"] for each in rows(detail)]
    assert [Decimal("0.67"), Decimal("-0.33"), Decimal("-0.33")] == [
        each["rounding"] for each in rows(detail)
    ]
    assert {None} == {each["stated_price"] for each in rows(detail)}


def test_the_allocation_tells_what_changed_since():
    """Orrin after the upgrade: 36,500.00 became 56,100.00, 7,300.00 became 6,810.00."""
    detail = close_and_report(example("mid_term_upgrade").book(), MAY, MAY).datasets[
        "allocation_detail"
    ]

    assert {
        "workspace": (3_650_000, 1_960_000, 5_610_000),
        "support": (730_000, -49_000, 681_000),
    } == {
        each["obligation"]: (each["when_promised"], each["changed"], each["allocated"])
        for each in rows(detail)
    }


def test_the_modification_log_shows_price_and_treatment():
    """Orrin: 43,800.00 and 19,110.00 make 62,910.00; 48,510.00 remains; nothing is caught up."""
    log = close_and_report(example("mid_term_upgrade").book(), MAY, MAY).datasets

    found = row(log["modification_log"])

    names = ("price_before", "price_change", "price_after", "remaining", "catch_up")
    assert [4_380_000, 1_911_000, 6_291_000, 4_851_000, 0] == [found[name] for name in names]
    assert "606-10-25-10, 606-10-25-13" == found["paragraphs"]
    assert ("yes", "no") == (found["distinct"], found["at_selling_prices"])
    assert "revises workspace, changes the price" == found["changes"]


def test_a_catch_up_is_in_the_log_of_modifications():
    """Six of ten workshops that form one whole are held when the price rises by 500.00."""
    whole = workshops()
    whole["obligations"][0]["distinct_increments"] = False
    change = {
        "kind": "modification",
        "id": "MOD-1",
        "contract": "WORKSHOPS",
        "on": "2026-02-15",
        "revises": whole["obligations"],
        "price_change": "500.00",
    }
    book = book_of([whole], [delivery("WORKSHOPS", "2026-01-20", "6"), change])

    found = row(close_and_report(book, FEB, FEB).datasets["modification_log"])

    assert ("cumulative catch-up", "no", 30_000, 420_000) == (
        found["treatment"],
        found["distinct"],
        found["catch_up"],
        found["remaining"],
    )


def test_what_is_only_conceded_for_the_past_is_in_the_log_of_modifications():
    """A credit of 300.00 for outages in January, agreed in February, is revenue of February."""
    credit = {
        "id": "outages",
        "kind": "variable",
        "amount": "-300.00",
        "obligation": "seats",
        "service_from": "2026-01-01",
        "service_to": "2026-01-31",
    }
    change = {
        "kind": "modification",
        "id": "MOD-1",
        "contract": "ACCESS",
        "on": "2026-02-15",
        "adds_consideration": [credit],
    }
    book = book_of([access()], [change])

    found = row(close_and_report(book, FEB, FEB).datasets["modification_log"])

    assert ("revenue now", "", "") == (
        found["treatment"],
        found["distinct"],
        found["at_selling_prices"],
    )
    assert "606-10-25-13, 606-10-32-43" == found["paragraphs"]
    assert [-30_000, -30_000] == [found[name] for name in ("price_change", "catch_up")]
    assert "outages" in found["sentence"]


def test_catch_ups_of_estimates_are_in_their_log():
    """Calloway: 181 x 50.00 in June, 273 x 30.00 in September; nothing in March."""
    made = close_and_report(
        example("flat_fee_with_true_up").book(), Period(2026, 9), Period(2026, 9)
    )

    found = list(rows(made.datasets["estimate_log"]))

    assert [0, 905_000, 819_000] == [each["catch_up"] for each in found]
    assert [0, 1_825_000, 1_095_000] == [each["price_change"] for each in found]
    assert 24_820_000 == found[-1]["price_after"]


@pytest.mark.parametrize(("given", "catch_up"), [(True, -2_500_000), (False, None)])
def test_without_counts_a_catch_up_is_left_empty(given, catch_up):
    """Usage of the service comes beside the book; a figure without it would be wrong."""
    told = example("committed_spend_with_shortfall").book()
    counts = [usage_events(told)]
    book = Book(policy=told.policy, histories=told.histories)
    closed = close_all(book, AUG)
    accounting = engine.account(book, [JUL.last, AUG.last], usage=counts)

    made = report(
        book,
        replace(closed, accounting=accounting),
        AUG,
        AUG,
        usage=counts if given else None,
    )

    assert catch_up == row(made.datasets["estimate_log"])["catch_up"]


def test_decisions_are_numbered_as_postings_name_them():
    """A reader of the journal finds the decisions by contract and number."""
    made = close_and_report(example("annual_subscription").book(), JAN, JAN).datasets

    posting = next(rows(made["journal_detail"], event="satisfaction"))
    named = {
        row(made["decisions"], number=int(number))["rule"]
        for number in posting["decisions"].split()
    }

    assert {"identify_obligation", "transaction_price", "allocate"} <= named
    assert (
        "inception = 2026-01-10; term = 2026-01-15 to 2027-01-14"
        == row(made["decisions"], number=0)["inputs"]
    )


def test_the_journal_has_debits_and_credits_in_columns_of_their_own():
    """Annual subscription in January: bill 54,000.00, tax 4,792.50, earn 2,515.07."""
    made = close_and_report(example("annual_subscription").book(), JAN, JAN).datasets

    assert {
        "1100": (5_879_250, 0),
        "2200": (0, 479_250),
        "2400": (251_507, 5_400_000),
        "4000": (0, 251_507),
    } == {
        each["gl_code"]: (each["debit"], each["credit"]) for each in rows(made["journal_summary"])
    }
    assert {(0, True), (True, 0)} == {
        (each["debit"] and True, each["credit"] and True) for each in rows(made["journal_detail"])
    }
    assert {"ana"} == {each["posted_by"] for each in rows(made["journal_detail"])}


def test_postings_that_cancel_out_need_no_entry_and_are_still_listed():
    """A's asset grows by 1,000.00 in the month in which B's is billed: the lines cancel."""
    book = book_of(
        [workshops("A"), workshops("B")],
        [
            delivery("B", "2026-01-20", "1"),
            invoice("B", "2026-02-01", "1000.00"),
            delivery("A", "2026-02-20", "1"),
        ],
    )

    made = close_and_report(book, FEB, FEB)
    netting = list(rows(made.datasets["journal_detail"], event="netting"))

    assert {0} == {each["entry"] for each in netting}
    assert {"1150", "2400"} == {each["gl_code"] for each in netting}
    assert () == made.differences


def test_key_figures_show_what_is_used_and_not_billed():
    """Larkspur: January is billed in February, February in March for a cent less."""
    made = close_and_report(example("pay_as_you_go_tokens").book(), JAN, MAR)

    assert [178_337, 151_935, 217_117] == [each.unbilled for each in made.summary]
    assert [178_337, 151_935, 217_116] == [each.recognised for each in made.summary]
    assert [178_337, 151_935, 217_117] == [each.contract_asset for each in made.summary]
    assert [0, 0, 151_934] == [each.receivable for each in made.summary]
    assert ["2026-01", "2026-02", "2026-03"] == [each.period for each in made.summary]


def test_an_empty_book_gives_empty_schedules():
    """Nothing to report is reported as such."""
    book = book_of([], [])

    made = close_and_report(book, JAN, JAN)

    assert () == made.tie_outs
    assert {()} == {tuple(data.rows) for data in made.datasets.values()}


def test_slashes_in_names_do_not_mix_up_row_keys():
    """Contract A/B with obligation C is not contract A with obligation B/C."""
    one, two = access("A/B"), access("A")
    one["obligations"][0]["id"] = one["consideration"][0]["obligation"] = "C"
    two["obligations"][0]["id"] = two["consideration"][0]["obligation"] = "B/C"
    book = book_of([one, two], [])

    waterfall = close_and_report(book, JAN, JAN).datasets["revenue_waterfall"]

    assert {r"A\/B/C/fixed", r"A/B\/C/fixed"} == {each["row_key"] for each in rows(waterfall)}


def test_a_horizon_of_no_months_leaves_everything_beyond():
    """The schedule is as long as one wants."""
    book = book_of([access()], [])

    closed = close_all(book, JAN)
    made = report(book, closed, JAN, JAN, horizon=0)

    assert 334_000 == row(made.datasets["revenue_waterfall"])["beyond"]
    assert () == made.differences
