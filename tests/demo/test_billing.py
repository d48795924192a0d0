"""Invoices agree with usage and with the contracts, except where a mistake was planted."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal

import pytest

ACCEPTED_MONTHS = ("2026-01", "2026-02")


@pytest.fixture(scope="module")
def contracts(sample):
    """Contract records by id."""
    return {record["id"]: record for record in sample.records("contracts.ndjson")}


@pytest.fixture(scope="module")
def billed(sample):
    """Lines of invoices, and of credit memos with their sign turned."""
    lines = []
    for record in sample.records("invoices.ndjson"):
        sign = -1 if record["kind"] == "credit_memo" else 1
        for line in record["lines"]:
            quantity = Decimal(line["quantity"]) * sign if "quantity" in line else None
            lines.append((record, line, Decimal(line["amount"]) * sign, quantity))
    return lines


@pytest.fixture(scope="module")
def mistakes(sample):
    """Difference of each planted mistake by contract, consideration and month."""
    found = Counter()
    for mistake in sample.manifest.mistakes:
        found[mistake.contract, mistake.consideration, mistake.period] += mistake.difference
    return found


def kinds(contract):
    """The contract's considerations by id."""
    return {told["id"]: told for told in contract["consideration"]}


def minor(amount, currency):
    """The amount in the currency's minor unit, half to even."""
    unit = Decimal(1) if currency == "JPY" else Decimal("0.01")
    return amount.quantize(unit, ROUND_HALF_EVEN)


@pytest.fixture(scope="module")
def used(sample, contracts):
    """Accepted usage delivered by the end of February: contract, obligation, month -> sums."""
    damaged = {
        (row.path, row.row_number)
        for row in sample.manifest.rows
        if row.label not in {"late", "correction"}
    }
    meters = {
        (name, meter): obligation["id"]
        for name, contract in contracts.items()
        for obligation in contract["obligations"]
        for meter in obligation.get("meters", [obligation["id"]])
    }
    sums = defaultdict(lambda: [Decimal(0), Decimal(0)])
    for file, number, row in sample.usage():
        if file.period in ACCEPTED_MONTHS and (file.path, number) not in damaged:
            key = (row["contract"], meters[row["contract"], row["meter"]], row["usage_date"][:7])
            sums[key][0] += Decimal(row["quantity"])
            sums[key][1] += Decimal(row["amount"])
    return sums


def test_usage_invoices_tie_to_usage(contracts, billed, mistakes, used):
    """For each month and promise: billed = rated usage rounded once + the planted difference."""
    invoiced = Counter()
    for record, line, amount, _ in billed:
        charge = kinds(contracts[record["contract"]]).get(line.get("consideration"))
        if charge and charge["kind"] == "usage":
            invoiced[record["contract"], charge["id"], line["service_from"][:7]] += amount
    due = {}
    for name, contract in contracts.items():
        for charge in contract["consideration"]:
            if charge["kind"] != "usage":
                continue
            obligation = next(o for o in contract["obligations"] if o["id"] == charge["obligation"])
            entitled = Decimal(obligation.get("usage", {}).get("entitled", 0))
            to_date = charged = Decimal(0)
            for month in ACCEPTED_MONTHS:
                amount = used[name, obligation["id"], month][1]
                if charge.get("above_entitlement"):
                    to_date += amount
                    above = minor(max(Decimal(0), to_date - entitled), contract["currency"])
                    amount, charged = above - charged, above
                due[name, charge["id"], month] = minor(amount, contract["currency"])

    assert sum(amount != 0 for amount in due.values()) > 200
    for key in due.keys() | invoiced.keys():
        assert due[key] + mistakes.get(key, 0) == invoiced[key], key


def test_quantities_tie_to_usage(sample, contracts, billed, used):
    """Billed units are the units used, but where usage was left out or billed twice."""
    wrong = {
        (mistake.contract, mistake.consideration, mistake.period)
        for mistake in sample.manifest.mistakes
        if mistake.kind
        in {"usage-not-billed", "billed-twice", "missing-days", "credit-memo-missing"}
    }
    units = Counter()
    for record, line, _, quantity in billed:
        if quantity is not None:
            units[record["contract"], line["consideration"], line["service_from"][:7]] += quantity
    differing = set()
    for (name, obligation, month), (quantity, _) in used.items():
        for charge in contracts[name]["consideration"]:
            if charge["kind"] == "usage" and not charge.get("above_entitlement"):
                key = (name, charge["id"], month)
                if charge["obligation"] == obligation and quantity != units[key]:
                    differing.add(key)

    assert {key for key in wrong if not key[1].endswith("fee")} == differing


def test_march_usage_is_unbilled(billed):
    """Usage is billed in the first days of the next month; March waits for April."""
    for record, line, _, quantity in billed:
        if quantity is not None:
            assert line["service_to"] < "2026-03-01"
            assert record["on"][8:] in {"02", "03", "04", "05", "06", "07"}


def test_instalments_tie_to_contracts(sample, contracts, billed):
    """Fees are billed as agreed, without gap or overlap, but for the planted mistakes."""
    wrong = {mistake.contract for mistake in sample.manifest.mistakes}
    fees = defaultdict(list)
    for record, line, amount, quantity in billed:
        contract = contracts[record["contract"]]
        recurring = line.get("consideration") in {"fee", "platform-fee", "commitment"}
        if recurring and quantity is None and "instalment" in contract["terms"]:
            fees[contract["id"]].append((line["service_from"], line["service_to"], amount))
    spoilt = set()
    for name, parts in fees.items():
        contract = contracts[name]
        agreed = Decimal(contract["terms"]["instalment"])
        expected_from = contract["start"]
        fits = True
        for first, last, amount in sorted(parts):
            fits = fits and first == expected_from and amount == agreed and last <= contract["end"]
            expected_from = str(date.fromisoformat(last) + timedelta(days=1))
        fits = fits and (expected_from > "2026-03-31" or expected_from > contract["end"])
        if not fits:
            spoilt.add(name)

    assert len(fees) > 150
    assert spoilt <= wrong
    assert {
        mistake.contract
        for mistake in sample.manifest.mistakes
        if mistake.kind in {"wrong-fee", "fee-not-billed", "billed-after-end"}
    } <= spoilt


def test_nobody_is_billed_more_than_the_fixed_price(sample, contracts, billed):
    """Fees billed to date stay within the contract as modified, mistakes apart."""
    price = {
        name: sum(Decimal(c["amount"]) for c in contract["consideration"] if c["kind"] == "fixed")
        for name, contract in contracts.items()
    }
    for change in sample.records("events.ndjson"):
        if change["kind"] == "modification":
            price[change["contract"]] += Decimal(change["price_change"])
    fees = Counter()
    for record, line, amount, _ in billed:
        charge = kinds(contracts[record["contract"]]).get(line.get("consideration"))
        if charge is None or charge["kind"] == "fixed":
            fees[record["contract"]] += amount
    wrong = {mistake.contract for mistake in sample.manifest.mistakes}

    assert all(amount <= price[name] for name, amount in fees.items() if name not in wrong)


def test_mistakes_are_many_and_varied(sample, contracts):
    """Fifteen mistakes of eleven kinds, each with its contract, month and amount."""
    mistakes = sample.manifest.mistakes
    documents = {record["id"]: record for record in sample.records("invoices.ndjson")}

    assert 15 == len(mistakes)
    assert {
        "usage-not-billed", "overage-not-billed", "billed-twice", "wrong-rate", "missing-days",
        "override-not-billed", "wrong-currency", "wrong-fee", "fee-not-billed",
        "credit-memo-missing", "billed-after-end",
    } == {mistake.kind for mistake in mistakes}  # fmt: skip
    for mistake in mistakes:
        assert mistake.difference != 0
        assert mistake.currency == contracts[mistake.contract]["currency"]
        missing = {"usage-not-billed", "overage-not-billed", "fee-not-billed"}
        assert bool(mistake.document) is (mistake.kind not in missing)
        if mistake.document:
            assert documents[mistake.document]["contract"] == mistake.contract


def test_credit_memos_name_their_invoice(sample):
    """A credit memo takes back part of an earlier invoice of the same contract."""
    records = {record["id"]: record for record in sample.records("invoices.ndjson")}
    memos = [record for record in records.values() if record["kind"] == "credit_memo"]

    assert len(memos) >= 5
    for memo in memos:
        invoice = records[memo["invoice"]]

        assert invoice["contract"] == memo["contract"]
        assert invoice["on"] <= memo["on"]
        assert json.dumps(memo["lines"]).count('"amount": "-') == 0


def test_opening_balances_are_complete(sample, contracts):
    """What was due before 2026 was billed before 2026, so balances at the opening are right."""
    opening = sample.folder / "2025-12"
    first = Counter()
    for line in (opening / "invoices.ndjson").read_text(encoding="utf-8").splitlines():
        first[json.loads(line)["contract"]] += 1

    begun = {
        name
        for name, contract in contracts.items()
        if contract["start"] < "2026-01-01" and "in advance" in contract["terms"]["billing"]
    }
    assert begun <= first.keys()
