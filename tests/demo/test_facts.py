"""The sample's facts are valid facts, consistent with one another."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date
from decimal import Decimal

import pytest
from pydantic import TypeAdapter

from revrec.model.contract import Contract
from revrec.model.events import CreditMemo, Delivery, Estimate, Invoice, Modification, Payment
from revrec.model.policy import StandaloneSellingPrice

MODELS = {
    "contract": Contract,
    "standalone_selling_price": StandaloneSellingPrice,
    "delivery": Delivery,
    "estimate": Estimate,
    "modification": Modification,
    "invoice": Invoice,
    "credit_memo": CreditMemo,
    "payment": Payment,
}
ADAPTERS = {kind: TypeAdapter(model) for kind, model in MODELS.items()}
WITH_KIND = {"delivery", "estimate", "modification", "invoice", "credit_memo", "payment"}
FILES = ("contracts", "selling_prices", "events", "invoices", "payments")


def read(record):
    """The record as an object of its model."""
    kind = record["kind"]
    body = record if kind in WITH_KIND else {k: v for k, v in record.items() if k != "kind"}
    return ADAPTERS[kind].validate_python(body)


@pytest.fixture(scope="module")
def facts(sample):
    """All facts by kind."""
    found = defaultdict(list)
    for name in FILES:
        for record in sample.records(f"{name}.ndjson"):
            found[record["kind"]].append(read(record))
    return found


def test_every_record_is_a_fact(sample, facts):
    """Each record validates as the model of its kind, and the manifest counts them."""
    counts = sample.manifest.counts

    assert counts["contracts"] == len(facts["contract"]) == 300
    assert counts["invoices"] == len(facts["invoice"])
    assert counts["credit_memos"] == len(facts["credit_memo"])
    assert counts["payments"] == len(facts["payment"])
    assert counts["deliveries"] == len(facts["delivery"]) > 100
    assert counts["estimates"] == len(facts["estimate"])
    assert counts["modifications"] == len(facts["modification"])


def test_facts_read_as_they_were_meant(sample, facts):
    """Reading a record and telling it again gives the record: nothing is lost or guessed."""
    for name in FILES:
        for record in sample.records(f"{name}.ndjson"):
            adapter = ADAPTERS[record["kind"]]
            told = adapter.dump_python(read(record), mode="json", exclude_defaults=True)

            assert record == {"kind": record["kind"], **told}
    assert facts


def test_ids_are_unique(facts):
    """No two facts of a kind share an id."""
    for kind, told in facts.items():
        assert len(told) == len({fact.id for fact in told}), kind


def test_customers_have_different_names(facts):
    """Three hundred customers, one contract each."""
    contracts = facts["contract"]

    assert 300 == len({contract.customer for contract in contracts})
    assert 300 == len({contract.customer_name for contract in contracts})


def test_manifest_counts_contracts(sample, facts):
    """By currency, and eight ways of selling."""
    currencies = Counter(contract.currency for contract in facts["contract"])

    assert dict(currencies) == dict(sample.manifest.currencies)
    assert {"USD", "EUR", "GBP", "JPY"} == set(currencies)
    assert 300 == sum(sample.manifest.sold_as.values())
    assert 8 == len(sample.manifest.sold_as)


def test_contracts_start_within_the_story(facts):
    """Service starts from July 2025 to March 2026; obligations lie within their contract."""
    for contract in facts["contract"]:
        assert date(2025, 7, 1) <= contract.first_day <= date(2026, 3, 31)
        assert contract.inception <= contract.first_day
        for obligation in contract.obligations:
            assert (obligation.start or contract.first_day) >= contract.first_day
            assert contract.end is None or (obligation.end or contract.end) <= contract.end


def test_usage_is_promised_from_2026(facts):
    """No usage before 2026 is told, so no obligation is measured by it before."""
    for contract in facts["contract"]:
        for obligation in contract.obligations:
            if obligation.measure == "usage":
                assert (obligation.start or contract.first_day) >= date(2026, 1, 1)


def test_shared_prices_have_selling_prices(facts):
    """Where a fixed price is shared, the book or the contract knows each selling price."""
    book = {
        (price.product, price.currency, price.segment): price.effective_from
        for price in reversed(facts["standalone_selling_price"])
    }
    for contract in facts["contract"]:
        sharing = [o for o in contract.obligations if o.measure != "usage"]
        for obligation in sharing if len(sharing) > 1 else ():
            if obligation.standalone_selling_price is None:
                known = {(obligation.product, contract.currency, s) for s in (contract.segment, "")}

                assert any(
                    effective <= contract.inception
                    for key, effective in book.items()
                    if key in known
                )


def test_events_follow_their_contract(sample, facts):
    """A fact is about a known contract, on a day of its life, and arrives with it or later."""
    arrival = {}
    for file in sample.manifest.files:
        if file.kind == "facts":
            for record in sample.records(file.path.partition("/")[2]):
                arrival.setdefault((record["kind"], record["id"]), file.arrives)
    contracts = {contract.id: contract for contract in facts["contract"]}
    for kind in WITH_KIND:
        for fact in facts[kind]:
            contract = contracts[fact.contract]

            assert contract.inception <= fact.on <= date(2026, 3, 31)
            assert arrival["contract", contract.id] <= arrival[kind, fact.id]


def test_implementation_is_delivered_once(facts):
    """Deliveries never exceed what was promised."""
    promised = {
        (contract.id, obligation.id): obligation.quantity
        for contract in facts["contract"]
        for obligation in contract.obligations
    }
    delivered = Counter()
    for delivery in facts["delivery"]:
        delivered[delivery.contract, delivery.obligation] += delivery.quantity

    assert delivered
    assert all(quantity <= promised[key] for key, quantity in delivered.items())


def test_late_facts_arrive_after_the_close(sample):
    """Acceptance of work done in January, handed in with the files of February."""
    late = {(fact.path, fact.id) for fact in sample.manifest.late_facts}
    folder = sample.folder / "2026-02" / "events.ndjson"
    told = {
        record.split('"id": "')[1].split('"')[0]
        for record in folder.read_text(encoding="utf-8").splitlines()
        if '"on": "2026-01' in record
    }

    assert 3 == len(late)
    assert late == {("2026-02/events.ndjson", name) for name in told}


def test_payments_pay_invoices(facts):
    """Nobody pays more than was invoiced, and refunds are not payments."""
    invoiced = {
        invoice.id: sum((line.amount + line.tax for line in invoice.lines), Decimal(0))
        for invoice in facts["invoice"]
    }
    for payment in facts["payment"]:
        assert 0 < payment.amount <= invoiced[payment.invoice]
