"""Postings on the chart of accounts, and balances that stand elsewhere; by hand, in cents."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pyarrow as pa
import pytest

from revrec.errors import PeriodNotReady
from revrec.feeds.policies import default_policy, with_elections
from revrec.ledger.chart import Chart, charted
from revrec.ledger.subledger import POSTED
from revrec.model.history import Book
from revrec.model.mapping import AccountMapping, OpenBalances
from revrec.model.policy import Account, GeneralLedgerAccount
from revrec.periods import Period

JANUARY, FEBRUARY = Period(2026, 1), Period(2026, 2)
POSTED_ON_CHART = pa.schema([*POSTED, ("gl_code", pa.string()), ("gl_name", pa.string())])
LIABILITY, REVENUE = Account.CONTRACT_LIABILITY, Account.REVENUE


def mapping(code: str, **told) -> AccountMapping:
    """Of contract liabilities from February on, unless told otherwise."""
    usual = {"account": LIABILITY, "effective_from": date(2026, 2, 1), "id": f"to {code}"}
    return AccountMapping(**{**usual, **told}, code=code, name=f"name {code}")


def book(*mappings: AccountMapping, unmapped: str = "default_account") -> Book:
    """No contracts, the mappings, and platform's revenue on 4100 by policy."""
    policy = with_elections(default_policy(), {"revenue_of_unmapped_products": unmapped})
    by_product = {"platform": GeneralLedgerAccount(code="4100", name="Platform")}
    accounts = replace(policy.accounts, revenue_by_product=by_product)
    policy = replace(policy, accounts=accounts)
    return Book(policy=policy, histories={}, account_mappings=mappings)


def row(amount: int, account: Account = LIABILITY, **told) -> dict[str, object]:
    """A posting to contract liabilities of C for what was satisfied of x."""
    usual = {
        "origin": "2026-02",
        "contract": "C",
        "obligation": "x",
        "component": "fee",
        "product": "x",
        "event": "satisfaction",
        "account": account.value,
        "amount": amount,
        "functional": None,
    }
    return {**usual, **told}


def stood(amount: int, account: Account = LIABILITY, **told) -> dict[str, object]:
    """Posted in January to 2400."""
    usual = {"origin": "2026-01", "gl_code": "2400", "gl_name": "Contract liabilities"}
    return row(amount, account, **{**usual, **told})


def on_chart(rows, posted, told: Book) -> list[tuple[object, ...]]:
    """Origin, event of the entry, code, amount and functional amount of what February posts."""
    table = charted(
        pa.Table.from_pylist(rows, schema=POSTED),
        pa.Table.from_pylist(posted, schema=POSTED_ON_CHART),
        told,
        FEBRUARY,
    )
    names = ("origin", "entry_event", "gl_code", "amount", "functional")
    return [tuple(each[name] for name in names) for each in table.to_pylist()]


def code_of(told: Book, period: Period = FEBRUARY, event: str = "satisfaction"):
    """Where a posting of platform's liability goes, and whether nothing particular says so."""
    found = Chart(told, period).of(LIABILITY, "platform", "x", event)
    return found.code, found.by_default


def test_without_a_mapping_the_policy_says_where():
    """Revenue of a product may have an account of its own."""
    chart = Chart(book(), FEBRUARY)

    assert code_of(book()) == ("2400", True)
    assert chart.of(REVENUE, "x", "x", "satisfaction").by_default
    assert not chart.of(REVENUE, "platform", "x", "satisfaction").by_default
    assert chart.of(REVENUE, "platform", "x", "satisfaction").code == "4100"


@pytest.mark.parametrize(
    ("period", "expected"),
    [(JANUARY, "2400"), (FEBRUARY, "2410"), (Period(2026, 3), "2410")],
)
def test_a_mapping_holds_from_the_month_of_its_day(period, expected):
    """One of 28 February holds for all of February."""
    told = book(mapping("2410", effective_from=date(2026, 2, 28)))

    assert code_of(told, period) == (expected, True)


@pytest.mark.parametrize(
    ("mappings", "expected"),
    [
        ([mapping("1", product="platform"), mapping("2")], ("1", False)),
        ([mapping("2"), mapping("1", product="platform")], ("1", False)),
        # The narrowest counts, however old it is.
        (
            [
                mapping("1", product="platform", obligation="x", effective_from=date(2026, 1, 1)),
                mapping("2", product="platform"),
            ],
            ("1", False),
        ),
        ([mapping("1"), mapping("2", effective_from=date(2026, 2, 2))], ("2", True)),
        ([mapping("2", effective_from=date(2026, 2, 2)), mapping("1")], ("2", True)),
        ([mapping("1", product="other")], ("2400", True)),
        ([mapping("1", event="breakage")], ("2400", True)),
        ([mapping("1", account=REVENUE)], ("2400", True)),
        # Two that say the same do not contradict each other.
        ([mapping("1", id="a"), mapping("1", id="b")], ("1", True)),
    ],
)
def test_the_narrowest_mapping_and_the_latest_of_those(mappings, expected):
    """Of all that fit the posting."""
    assert code_of(book(*mappings)) == expected


@pytest.mark.parametrize(("product", "named"), [("platform", "platform"), ("", "any product")])
def test_two_that_fit_equally_are_refused(product, named):
    """Both are named, also if one of them is narrower by another word; a wider one is not."""
    told = book(mapping("2", event="satisfaction"), mapping("1", obligation="x"), mapping("3"))

    with pytest.raises(PeriodNotReady) as refusal:
        Chart(told, FEBRUARY).of(LIABILITY, product, "x", "satisfaction")

    assert refusal.value.message == (
        f"Account mappings to 1, to 2 fit contract_liability of {named} equally and name "
        "different accounts."
    )
    assert refusal.value.attributes["blockers"] == ["to 2", "to 1"]


def test_postings_keep_their_event_and_get_their_account():
    """Nothing stood before."""
    assert on_chart([row(100), row(-100, REVENUE, product="platform")], [], book()) == [
        ("2026-02", "satisfaction", "2400", 100, None),
        ("2026-02", "satisfaction", "4100", -100, None),
    ]


def test_balances_elsewhere_without_a_choice_are_refused():
    """The account and the code on which they stand are named."""
    with pytest.raises(PeriodNotReady) as refusal:
        on_chart([], [stood(-300)], book(mapping("2410")))

    assert refusal.value.message == (
        "Balances stand on accounts that are mapped elsewhere in 2026-02: contract_liability 2400."
    )
    assert refusal.value.attributes["blockers"] == ["contract_liability 2400"]


def test_accounts_without_a_choice_are_named_in_order():
    """Once each, whatever stands on them first."""
    posted = [stood(-1, gl_code=code) for code in "cab"] + [stood(-1, gl_code="b", contract="D")]

    with pytest.raises(PeriodNotReady) as refusal:
        on_chart([], posted, book(mapping("2410")))

    assert refusal.value.attributes["blockers"] == [f"contract_liability {e}" for e in "abc"]


@pytest.mark.parametrize(
    "posted",
    [
        [stood(-300), stood(300, event="breakage")],  # nothing is left of it
        [stood(-300), stood(300, obligation="y")],  # nor here, over two obligations
        [stood(-300, gl_code="2410")],  # it stands there already
        [stood(-300, REVENUE, gl_code="4000")],  # revenue is closed elsewhere
        [stood(-300, Account.RECEIVABLE, gl_code="1100")],  # another account
    ],
)
def test_nothing_elsewhere_needs_no_choice(posted):
    """The mapping simply holds."""
    told = book(mapping("2410"), mapping("4001", account=REVENUE))

    assert on_chart([row(5)], posted, told) == [("2026-02", "satisfaction", "2410", 5, None)]


def test_without_mappings_nothing_stands_elsewhere():
    """What was posted to a code of earlier policy stays there."""
    assert on_chart([], [stood(-300, gl_code="2399")], book()) == []


TRANSFER = {"open_balances": OpenBalances.TRANSFER}
RUN_OFF = {"open_balances": OpenBalances.RUN_OFF}


def test_balances_are_transferred():
    """Out of the old account and into the new one, in the period's month, both currencies."""
    told = book(mapping("2410", **TRANSFER))

    assert on_chart([row(5)], [stood(-300, functional=-270)], told) == [
        ("2026-02", "account_transfer", "2400", 300, 270),
        ("2026-02", "account_transfer", "2410", -300, -270),
        ("2026-02", "satisfaction", "2410", 5, None),
    ]


def test_a_balance_of_the_functional_currency_alone_is_transferred():
    """300 came and went; 10 yen of it stay."""
    posted = [stood(-300, functional=-270), stood(300, functional=260)]

    assert on_chart([], posted, book(mapping("2410", **TRANSFER))) == [
        ("2026-02", "account_transfer", "2400", 0, 10),
        ("2026-02", "account_transfer", "2410", 0, -10),
    ]


def test_what_was_posted_before_the_chart_was_kept_stands_where_policy_said():
    """The code is not in the posting."""
    posted = [stood(-300, gl_code=None, gl_name=None)]

    assert on_chart([], posted, book(mapping("2410", **TRANSFER))) == [
        ("2026-02", "account_transfer", "2400", 300, None),
        ("2026-02", "account_transfer", "2410", -300, None),
    ]


@pytest.mark.parametrize(
    ("amounts", "placed"),
    [
        ([100], [("2400", 100)]),  # it lowers what stands there
        ([1], [("2400", 1)]),
        ([300], [("2400", 300)]),
        ([400], [("2400", 300), ("2410", 100)]),  # and goes to the new one beyond it
        ([-50], [("2410", -50)]),  # it adds
        ([200, 200], [("2400", 200), ("2400", 100), ("2410", 100)]),
        ([200, -200, 200], [("2400", 200), ("2410", -200), ("2400", 100), ("2410", 100)]),
    ],
)
def test_balances_run_off(amounts, placed):
    """300 of credit stand on the old account until debits have used them up."""
    told = book(mapping("2410", **RUN_OFF))
    found = on_chart([row(each) for each in amounts], [stood(-300)], told)

    assert [(code, amount) for _, _, code, amount, _ in found] == placed


def test_several_accounts_run_off_one_after_another():
    """Of another contract or account nothing is used up; two postings on one code are summed."""
    told = book(mapping("2410", **RUN_OFF))
    posted = [
        stood(-100),
        stood(-50, obligation="y"),
        stood(-30, gl_code="2401"),
        stood(-70, contract="D"),
    ]
    found = on_chart([row(200)], posted, told)

    assert sorted((code, amount) for _, _, code, amount, _ in found) == [
        ("2400", 150),
        ("2401", 30),
        ("2410", 20),
    ]


def test_a_posting_that_is_split_splits_its_worth():
    """300 of 400 worth 801 are worth 600.75: 601, and the rest 200."""
    told = book(mapping("2410", **RUN_OFF))

    assert on_chart([row(400, functional=801)], [stood(-300)], told) == [
        ("2026-02", "satisfaction", "2400", 300, 601),
        ("2026-02", "satisfaction", "2410", 100, 200),
    ]


def test_a_worth_alone_goes_to_the_new_account():
    """An exchange difference lowers no amount."""
    told = book(mapping("2410", **RUN_OFF))

    assert on_chart([row(0, functional=7)], [stood(-300)], told) == [
        ("2026-02", "satisfaction", "2410", 0, 7)
    ]


def test_debits_run_off_too():
    """A receivable of 100 on the old account: 120 of credit use it up."""
    told = book(mapping("1110", account=Account.RECEIVABLE, **RUN_OFF))
    posted = [stood(100, Account.RECEIVABLE, gl_code="1100")]

    assert on_chart([row(-120, Account.RECEIVABLE)], posted, told) == [
        ("2026-02", "satisfaction", "1100", -100, None),
        ("2026-02", "satisfaction", "1110", -20, None),
    ]


def test_revenue_without_an_account_of_its_own_may_be_refused():
    """Five products are named, and how many more there are; liabilities do not matter."""
    sold = [row(-1, REVENUE, product=name) for name in ("f", "e", "d", "c", "b", "", "platform")]

    with pytest.raises(PeriodNotReady) as refusal:
        on_chart([*sold, row(1, product="z")], [], book(unmapped="refused"))

    assert refusal.value.message == (
        "Revenue of 2026-02 has products without an account: (none), b, c, d, e and 1 more."
    )
    assert refusal.value.attributes["blockers"] == ["(none)", "b", "c", "d", "e", "f"]
    assert on_chart(sold[:1], [], book()) == [("2026-02", "satisfaction", "4000", -1, None)]


def test_five_products_without_an_account_are_all_named():
    """No more follow."""
    sold = [row(-1, REVENUE, product=name) for name in "abcde"]

    with pytest.raises(PeriodNotReady, match=r"account: a, b, c, d, e\. "):
        on_chart(sold, [], book(unmapped="refused"))


def test_a_product_that_is_mapped_is_not_refused():
    """By a mapping narrowed to it, or by policy."""
    told = book(mapping("4200", account=REVENUE, product="a"), unmapped="refused")
    sold = [row(-1, REVENUE, product=name) for name in ("a", "platform")]

    assert [each[2] for each in on_chart(sold, [], told)] == ["4200", "4100"]
