"""Postings as journal entries and as detail; by hand, in cents."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pyarrow as pa
import pytest

from revrec.engine import Accounting
from revrec.errors import UnbalancedEntry
from revrec.feeds.policies import default_policy
from revrec.ledger import chain
from revrec.ledger.chart import CHARTED
from revrec.ledger.detail import detail, journal_entries
from revrec.model.contract import Contract
from revrec.model.currencies import EntityCurrencies
from revrec.model.decision import ContractAccounting, Decision, Progress, Segment, Shape, Told
from revrec.model.history import Book, ContractHistory
from revrec.periods import FOREVER, Period
from revrec.recognition.arithmetic import Recognised, segment_table
from tests.scenarios.telling import accounted, contract, event, fixed, scenario

JANUARY, FEBRUARY = Period(2026, 1), Period(2026, 2)


def signed(name: str, currency: str = "USD") -> ContractHistory:
    """A contract of which only the currency matters."""
    told = Contract(
        id=name,
        customer=f"{name} Ltd",
        currency=currency,
        inception=date(2026, 1, 1),
        obligations=(),
        consideration=(),
    )
    return ContractHistory(told, digest=f"digest of {name}")


def book(functional: str = "") -> Book:
    """C and D in dollars, E in euros."""
    histories = {"C": signed("C"), "D": signed("D"), "E": signed("E", "EUR")}
    currencies = EntityCurrencies(functional_currency=functional, effective_from=date(2026, 1, 1))
    return Book(
        policy=default_policy(),
        histories=histories,
        currencies=currencies if functional else None,
    )


def posting(amount: int, account: str = "revenue", **told):
    """A posting of C in January; contract liabilities are on 2400, revenue on 4000."""
    row = {
        "origin": "2026-01",
        "contract": "C",
        "obligation": "x",
        "component": "fee",
        "product": "p",
        "event": "satisfaction",
        "account": account,
        "amount": amount,
        "functional": None,
        "gl_code": "4000" if account == "revenue" else "2400",
        "gl_name": account,
        **told,
    }
    return {"entry_event": row["event"], **row}


def on_chart(*rows) -> pa.Table:
    """Postings on the chart."""
    return pa.Table.from_pylist(list(rows), CHARTED)


def entries(*rows, of: Book | None = None, period: Period = FEBRUARY):
    """Memo and lines (account, product, code, amount, functional) of what is posted."""
    found = journal_entries(on_chart(*rows), of or book(), period)
    return {
        each.memo: [
            (line.account, line.product, line.gl_code, line.amount, line.functional)
            for line in each.lines
        ]
        for each in found
    }


def both(amount: int, **told):
    """Revenue and the liability it comes from."""
    return posting(-amount, **told), posting(amount, "contract_liability", **told)


def test_contracts_are_summed_by_account_and_revenue_by_product():
    """5 of C and 7 of D; in the order of accounts, whichever comes first."""
    rows = [*both(5), *both(7, contract="D", product="q")]

    assert entries(*rows) == {
        "Performance obligations satisfied, 2026-01, learned in 2026-02": [
            ("contract_liability", "", "2400", 12, None),
            ("revenue", "p", "4000", -5, None),
            ("revenue", "q", "4000", -7, None),
        ]
    }


def test_an_entry_is_of_one_month_event_and_currency():
    """In the order of those; a memo says what was learned late."""
    rows = [
        *both(1, origin="2026-02"),
        *both(2),
        *both(3, contract="E", event="breakage", origin="2026-02"),
        *both(4, entry_event="account_transfer", origin="2026-02"),
    ]
    found = journal_entries(on_chart(*rows), book(), FEBRUARY)

    assert [(str(e.origin), e.event, e.currency, e.memo) for e in found] == [
        (
            "2026-01",
            "satisfaction",
            "USD",
            "Performance obligations satisfied, 2026-01, learned in 2026-02",
        ),
        (
            "2026-02",
            "account_transfer",
            "USD",
            "Balances moved to other accounts of the chart, 2026-02",
        ),
        ("2026-02", "breakage", "EUR", "Breakage of customers' unexercised rights, 2026-02"),
        ("2026-02", "satisfaction", "USD", "Performance obligations satisfied, 2026-02"),
    ]
    assert {e.period for e in found} == {FEBRUARY}
    assert {line.currency for line in found[2].lines} == {"EUR"}


def test_what_cancels_is_no_line_and_without_lines_there_is_no_entry():
    """5 and -5 of one account."""
    rows = [*both(5), *both(-5, contract="D")]

    assert entries(*rows) == {}
    assert len(entries(*rows, *both(1, event="breakage"))) == 1


def test_an_entry_that_does_not_balance_is_refused():
    """Before anything of it is stored."""
    with pytest.raises(UnbalancedEntry, match="credits exceed debits by 5 USD"):
        entries(posting(-5))


def test_functional_amounts_are_summed_where_there_are_some():
    """3 yen and 4, and none for what is not told in yen; a line may be of yen alone."""
    rows = [
        *both(5, functional=None),
        posting(-2, functional=-3),
        posting(-1, functional=-4, contract="D"),
        posting(3, "contract_liability", functional=6),
        posting(0, "exchange_realized", functional=1),
    ]
    told = journal_entries(on_chart(*rows), book("JPY"), JANUARY)[0]

    assert [
        (line.account, line.amount, line.functional_currency, line.functional)
        for line in told.lines
    ] == [
        ("contract_liability", 8, "JPY", 6),
        ("exchange_realized", 0, "JPY", 1),
        ("revenue", -8, "JPY", -7),
    ]


def test_without_a_functional_currency_lines_are_of_their_own_alone():
    """Neither an amount nor a name."""
    told = journal_entries(on_chart(*both(5)), book("USD"), JANUARY)[0]

    assert {(line.functional_currency, line.functional) for line in told.lines} == {("", None)}


@pytest.fixture(scope="module")
def modified():
    """Service of 2026 for 120, and 60 more from February on for what is added then."""
    service = {"id": "x", "product": "p", "measure": "even_months"}
    added = {"id": "y", "product": "q", "measure": "even_months"}
    change = event(
        "modification",
        "2026-02-01",
        price_change="60.00",
        adds=[added | {"standalone_selling_price": "110.00"}],
    )
    told = contract(
        [service | {"standalone_selling_price": "120.00"}], [fixed("120.00", obligation="x")]
    )
    return accounted(scenario(told, [change]))


def rows_of(accounting, postings, period: Period, functional: str = ""):
    """Detail of postings whose first entry is number 4, as told of entity 7."""
    of = book(functional)
    posted = chain.link(
        journal_entries(postings, of, period),
        (3, "x"),
        entity=7,
        posted_at=datetime(2026, 3, 1, tzinfo=UTC),
        by="ada",
    )
    return detail(postings, of, accounting, posted, period=period, entity=7).to_pylist()


def test_detail_names_its_entry_and_its_line(modified):
    """Numbered from 1 in each entry; what cancelled is in none, and has numbers too."""
    cancelled = [
        posting(n, account, event="breakage", contract=name)
        for n, name in ((1, "C"), (-1, "D"))
        for account in ("revenue", "contract_liability")
    ]
    rows = rows_of(
        modified, on_chart(*both(5), *cancelled, *both(7, origin="2026-02")), FEBRUARY, "EUR"
    )

    assert [(row["entry_seq"], row["line_no"]) for row in rows] == [
        (4, 1),
        (4, 2),
        (0, 1),
        (0, 2),
        (0, 3),
        (0, 4),
        (5, 1),
        (5, 2),
    ]
    assert (
        rows[0]
        | {
            "entity_id": 7,
            "period": "2026-02",
            "customer": "C Ltd",
            "currency": "USD",
            "functional_currency": None,
            "facts_digest": "digest of C",
        }
        == rows[0]
    )


def test_detail_names_the_functional_currency_where_there_is_an_amount(modified):
    """Nothing of it in a book that has none."""
    rows = [replaced for each in both(5) for replaced in (each | {"functional": each["amount"]},)]

    assert {
        r["functional_currency"] for r in rows_of(modified, on_chart(*rows), JANUARY, "EUR")
    } == {"EUR"}
    assert {r["functional_currency"] for r in rows_of(modified, on_chart(*both(5)), JANUARY)} == {
        None
    }


@pytest.mark.parametrize(("period", "known"), [(JANUARY, False), (FEBRUARY, True)])
def test_detail_names_the_decisions_in_force_by_the_end_of_the_period(modified, period, known):
    """January knows nothing of the modification; its segment counts from February on."""
    row = rows_of(modified, on_chart(*both(5, component="fixed")), period)[0]
    named = [modified.decision("C", int(each)) for each in row["decisions"].split()]
    cited = sorted({paragraph for each in named for paragraph in each.paragraphs})

    assert row["paragraphs"] == " ".join(["606-10-25-30", "606-10-25-31", *cited])
    assert named[0].on == date(2026, 1, 1)
    assert any(each.on == date(2026, 2, 1) for each in named) is known


def test_decisions_are_named_in_their_order(modified):
    """What y was added on is the fifth; the price and its allocation came before."""
    row = rows_of(modified, on_chart(*both(5, component="fixed", obligation="y")), FEBRUARY)[0]
    rules = [modified.decision("C", int(each)).rule for each in row["decisions"].split()]

    assert rules == ["transaction_price", "allocate", "identify_obligation", "classify"]


def test_what_takes_effect_on_the_last_day_of_the_period_counts():
    """Decisions are named as numbers in the order of numbers."""

    def segment(day: date, *decisions: int) -> Segment:
        return Segment(
            contract="C",
            obligation="x",
            component="fee",
            product="p",
            currency="USD",
            valid_from=day,
            valid_to=FOREVER,
            price=1,
            shape=Shape(progress=Progress.COMPLETE),
            decisions=decisions,
        )

    decision = Decision(
        contract="C",
        on=date(2026, 1, 1),
        step=3,
        rule="r",
        paragraphs=("606-10-32-2",),
        told=Told(
            inputs={},
            outcome="",
            sentence="",
        ),
    )
    segments = (
        segment(date(2026, 1, 31), 1, 8, 33),
        segment(date(2026, 1, 31), 9),
        segment(date(2026, 2, 1), 11),
    )
    accounting = Accounting(
        recognised=Recognised(segments, segment_table(segments), pa.table({})),
        accrued=Recognised((), segment_table(()), pa.table({})),
        contracts={
            "C": ContractAccounting(contract="C", segments=segments, decisions=(decision,) * 34)
        },
        refused={},
    )
    row = rows_of(accounting, on_chart(*both(5)), JANUARY)[0]

    assert row["decisions"] == "1 8 9 33"
    assert row["paragraphs"] == "606-10-25-30 606-10-25-31 606-10-32-2"


def test_what_rests_on_no_decision_cites_its_kind_alone(modified):
    """A posting of a contract that was given up."""
    row = rows_of(modified, on_chart(*both(5, contract="D")), JANUARY)[0]

    assert (row["decisions"], row["paragraphs"]) == ("", "606-10-25-30 606-10-25-31")
    assert row["facts_digest"] == "digest of D"
