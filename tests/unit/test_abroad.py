"""Which contracts are in another currency, and what is said when rates are missing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pyarrow as pa
import pytest

from revrec.engine import Accounting
from revrec.errors import PeriodNotReady
from revrec.feeds.policies import default_policy
from revrec.ledger.abroad import MEASURED, STANDING, abroad
from revrec.ledger.billing import BILLING, billing_table, charge_of, usage_charges
from revrec.ledger.functional import Balances
from revrec.ledger.kinds import kind_table
from revrec.ledger.subledger import POSTED, first_period, summed
from revrec.model.contract import Consideration, ConsiderationKind, Contract
from revrec.model.currencies import EntityCurrencies, ExchangeRate
from revrec.model.decision import ContractAccounting
from revrec.model.events import CustomerPayment, Invoice, InvoiceLine, Payment
from revrec.model.history import Book, ContractHistory
from revrec.periods import FOREVER, Period
from revrec.recognition.arithmetic import Recognised, segment_table
from revrec.recognition.counts import under_combined_names
from tests.reconciliation.posted import rolled_up

JANUARY = Period(2026, 1)
NONE_RECOGNISED = Recognised((), segment_table(()), pa.table({}))


def signed(name: str, currency: str = "EUR", **told) -> ContractHistory:
    """A contract that was billed 1.00 on 5 January."""
    contract = Contract(
        id=name,
        customer="c",
        currency=currency,
        inception=told.pop("inception", date(2026, 1, 1)),
        obligations=(),
        consideration=told.pop("consideration", ()),
    )
    bill = Invoice(
        id=f"I {name}",
        contract=name,
        on=date(2026, 1, 5),
        lines=(InvoiceLine(amount=Decimal(1)),),
    )
    return ContractHistory(contract, invoices=[bill], **told)


def book(*histories: ContractHistory, functional: str = "USD", rate: str = "") -> Book:
    """Kept in dollars, with a rate of euros on 1 January where one is told."""
    told = ExchangeRate(
        id="r", currency="EUR", into="USD", on=date(2026, 1, 1), rate=Decimal(rate or 1)
    )
    return Book(
        policy=default_policy(),
        histories={each.contract.id: each for each in histories},
        currencies=EntityCurrencies(
            functional_currency=functional, effective_from=date(2026, 1, 1)
        ),
        exchange_rates=(told,) if rate else (),
    )


def accounting(*names: str, without_contract=()) -> Accounting:
    """Contracts that were accounted for, without revenue."""
    return Accounting(
        recognised=NONE_RECOGNISED,
        accrued=NONE_RECOGNISED,
        contracts={
            name: ContractAccounting(
                contract=name, segments=(), decisions=(), without_contract=tuple(without_contract)
            )
            for name in names
        },
        refused={},
    )


def positions(*names: str) -> pa.Table:
    """A receivable of 100 of each contract."""
    rows = [
        {"contract": name, **dict.fromkeys(Balances.__slots__, 0), "receivable": 100}
        for name in names
    ]
    return pa.Table.from_pylist(rows)


def test_contracts_in_another_currency_are_abroad():
    """In the order of their names, refused ones and those given up too; without rates nobody."""
    told = book(signed("B"), signed("A"), signed("C", "USD"))
    told = replace(told, apart={"0": signed("0")})
    found = abroad(told, accounting("B", "C"))

    assert found.named.to_pydict() == {"contract": ["0", "A", "B"]}
    assert list(found.histories) == ["B"]
    assert abroad(replace(told, currencies=None), accounting("B")).named.num_rows == 0


def test_a_contract_begins_on_the_day_after_there_was_none():
    """A span without an end ends on no day."""
    spans = [(date(2026, 1, 1), date(2026, 1, 19)), (date(2026, 3, 1), FOREVER)]
    found = abroad(book(signed("A")), accounting("A", without_contract=spans))

    assert found.begins_on == {"A": [date(2026, 1, 20)]}


def test_worths_and_balances_come_as_columns():
    """100 at 2, on every contract; January's own columns."""
    found = abroad(book(signed("A"), signed("B"), rate="2"), accounting("A", "B"))
    amounts, standing = found.measure(POSTED.empty_table(), positions("A", "B"), JANUARY)

    assert amounts.schema == MEASURED
    assert standing.schema == STANDING
    names = ("origin", "contract", "event", "functional")
    assert [tuple(row[name] for name in names) for row in amounts.to_pylist()] == [
        ("2026-01", "A", "billing", 200),
        ("2026-01", "B", "billing", 200),
    ]
    assert [(r["contract"], r["functional"]) for r in standing.to_pylist() if r["functional"]] == [
        ("A", 200),
        ("B", 200),
    ]


def test_flows_are_what_performance_moved():
    """Not documents, which are read themselves, nor what is presented; a cent counts."""
    row = {
        "origin": "2026-01",
        "contract": "A",
        "obligation": "x",
        "component": "fee",
        "product": "p",
    }
    flows = [
        row | {"event": event, "amount": amount, "account": "", "functional": None}
        for event, amount in (("satisfaction", 1), ("billing", 5), ("netting", 5))
    ]
    other = [flows[0] | {"contract": "Z"}]
    table = pa.Table.from_pylist([*flows, *other], POSTED)
    found = abroad(book(signed("A"), rate="2"), accounting("A"))
    amounts, _ = found.measure(table, positions("A"), JANUARY)

    assert {(each["event"], each["functional"]) for each in amounts.to_pylist()} == {
        ("billing", 200),
        ("satisfaction", 2),
    }


@pytest.mark.parametrize("told", [book(), book(signed("A", "USD"), rate="2")])
def test_without_contracts_abroad_there_is_nothing_to_measure(told):
    """Empty columns of the same form."""
    found = abroad(told, accounting("A")).measure(POSTED.empty_table(), positions(), JANUARY)

    assert found == (MEASURED.empty_table(), STANDING.empty_table())


@pytest.mark.parametrize(("number", "more"), [(5, ""), (6, "1 more."), (7, "2 more.")])
def test_rates_that_are_missing_are_all_blockers(number, more):
    """Five are shown, each once; the rest is counted."""
    currencies = "AUD CAD CHF CNY DKK GBP HKD".split()[:number]
    told = [signed(currency, currency) for currency in currencies]
    told += [signed(f"{currency} too", currency) for currency in currencies]
    names = [each.contract.id for each in told]
    found = abroad(book(*told, rate="2"), accounting(*names))

    with pytest.raises(PeriodNotReady) as refusal:
        found.measure(POSTED.empty_table(), positions(*names), JANUARY)

    message = refusal.value.message
    assert message.startswith(f"{number} exchange rates are missing to measure 2026-01: ")
    assert message.count("No exchange rate of") == 5
    assert message.partition(" And ")[2] == more
    assert len(refusal.value.attributes["blockers"]) == number


def usage(name: str, obligation: str) -> Consideration:
    """A charge for usage."""
    return Consideration(id=name, kind=ConsiderationKind.USAGE, obligation=obligation)


def test_a_line_bills_the_usage_it_names_or_the_only_charge_of_its_obligation():
    """Calls have one charge; tokens have two, of which one is a fixed price."""
    fixed = Consideration(
        id="base", kind=ConsiderationKind.FIXED, amount=Decimal(1), obligation="tokens"
    )
    told = (usage("per call", "calls"), usage("per token", "tokens"), fixed)
    charges = usage_charges(signed("A", consideration=told))

    def billed(**line: str) -> str:
        return charge_of(InvoiceLine(amount=Decimal(1), **line), charges)

    assert billed(obligation="calls") == "per call"
    assert billed(consideration="per call") == "per call"
    assert billed(obligation="tokens") == ""
    assert billed(consideration="per token", obligation="calls") == "per token"
    assert billed(consideration="base", obligation="calls") == ""
    assert billed() == ""


def test_documents_as_columns():
    """None are columns too."""
    assert billing_table([]) == BILLING.empty_table()
    paid = signed("A")
    paid.invoices.clear()
    cash = {"contract": "A", "on": date(2026, 1, 5), "amount": Decimal(1)}
    paid.customer_payments.append(CustomerPayment(id="S", consideration="fee", **cash))
    paid.payments.append(Payment(id="P", **cash))
    told = [(row["document"], row["component"]) for row in billing_table([paid]).to_pylist()]
    assert told == [("P", ""), ("S", "fee")]
    assert billing_table([signed("A")]).to_pylist() == [
        {
            "contract": "A",
            "day": date(2026, 1, 5),
            "event": "billing",
            "document": "I A",
            "component": "",
            "amount": 100,
        }
    ]


def test_kinds_of_posting_tell_which_present_a_balance():
    """As it stands, not as a flow of the month; in the same order as the accounts moved."""
    kinds = {row["event"]: row for row in kind_table().to_pylist()}
    presented = {name for name, row in kinds.items() if row["presents"]}

    assert presented == {
        "cash_in_advance",
        "conditional_bill",
        "deposit",
        "refund_due",
        "netting",
        "non_current_liability",
        "non_current_asset",
        "non_current_cost",
        "exchange_on_receivables",
        "exchange_on_contract_assets",
        "exchange_on_refunds",
        "exchange_on_deposits",
    }
    assert (kinds["payment"]["debit"], kinds["payment"]["credit"]) == ("cash", "receivable")


def test_detail_is_summed_over_the_closes_that_posted_it():
    """5 and 7 of one key; another event stands apart."""

    def row(amount: int, functional: int | None, event: str = "billing"):
        names = ("obligation", "component", "product")
        return {
            "origin": "2026-01",
            "contract": "A",
            **dict.fromkeys(names, "x"),
            "event": event,
            "account": "revenue",
            "amount": amount,
            "functional": functional,
        }

    table = pa.Table.from_pylist([row(5, 1), row(7, 2), row(3, None, "tax")], POSTED)
    found = summed(table.append_column("period", pa.array(["2026-01", "2026-02", "2026-02"])))

    assert found.schema == POSTED
    assert sorted(found.to_pylist(), key=lambda each: each["event"]) == [
        row(12, 3),
        row(3, None, "tax"),
    ]


@pytest.mark.parametrize(
    ("inception", "earlier", "first"),
    [
        (date(2026, 1, 1), (), JANUARY),
        (date(2026, 3, 1), (), JANUARY),  # the bill of January
        (date(2025, 11, 30), (), Period(2025, 11)),
        (date(2026, 1, 1), (signed("A", inception=date(2025, 12, 31)).contract,), Period(2025, 12)),
    ],
)
def test_the_first_month_is_that_of_the_earliest_fact(inception, earlier, first):
    """Of the contract, what it was before, and its documents; at most the period."""
    told = book(signed("A", inception=inception, earlier=earlier))

    assert first_period(told, Period(2026, 6)) == first
    assert first_period(told, Period(2025, 1)) == Period(2025, 1)
    assert first_period(book(), Period(2026, 6)) == Period(2026, 6)


def test_usage_of_combined_contracts_is_theirs_together():
    """Under the combined name, with the meter named after its contract; others as they were."""
    day, one = date(2026, 1, 5), Decimal(1)
    daily = rolled_up(
        [
            ("B", "tokens", day, one, one, day),
            ("A", "tokens", day, one, one, day),
            ("Z", "tokens", day, one, one, day),
        ]
    )
    told = book(signed("A+B", members={"A": "A/", "B": "B/"}))
    found = under_combined_names(daily, told)

    assert under_combined_names(daily, book(signed("A"))) is daily
    assert found.schema == daily.schema
    assert [(row["contract"], row["meter"]) for row in found.to_pylist()] == [
        ("A+B", "A/tokens"),
        ("A+B", "B/tokens"),
        ("Z", "tokens"),
    ]
