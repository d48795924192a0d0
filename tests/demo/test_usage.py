"""The sample's usage is exact, and its dirt is what the manifest lists, row by row."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from pydantic import TypeAdapter

from revrec.model.contract import Contract

REQUIRED = (
    "source", "usage_id", "contract", "meter", "usage_date", "quantity", "unit", "amount",
    "currency",
)  # fmt: skip
QUARANTINED = {
    "missing-field", "malformed-quantity", "malformed-amount", "negative-quantity",
    "unknown-contract", "unknown-meter", "currency-mismatch", "outside-term",
    "unknown-correction", "conflicting-duplicate",
}  # fmt: skip


DECIMAL = re.compile(r"-?[0-9]+(\.[0-9]+)?(E-[0-9]+)?")


class Reader:
    """Ingestion in the simplest possible words: one row after the other, everything remembered."""

    def __init__(self, contracts):
        self.contracts = contracts
        self.ledger = {}
        self.ids = set()

    def label(self, row, period):
        damage = self.damage(row)
        if damage:
            return damage
        payload = tuple(str(row.get(name)) for name in (*REQUIRED, "dimensions", "corrects"))
        key = (row["source"], row["usage_id"], row["usage_date"])
        if key in self.ledger:
            return "duplicate" if self.ledger[key] == payload else "conflicting-duplicate"
        self.ledger[key] = payload
        self.ids.add(row["usage_id"])
        if row.get("corrects"):
            return "correction"
        return "plain" if row["usage_date"].startswith(period) else "late"

    def damage(self, row):
        return next(self.damages(row), "")

    def damages(self, row):
        """Everything wrong with the row; the first counts."""
        if any(row.get(name) is None for name in REQUIRED):
            yield "missing-field"
            return
        for name in ("quantity", "amount"):
            if not DECIMAL.fullmatch(row[name]):
                yield f"malformed-{name}"
        corrects = row.get("corrects")
        if row["quantity"].startswith("-") and corrects is None:
            yield "negative-quantity"
        contract = self.contracts.get(row["contract"])
        if contract is None:
            yield "unknown-contract"
            return
        if not any(row["meter"] in told.counted_meters for told in contract.obligations):
            yield "unknown-meter"
        if row["currency"] != contract.currency:
            yield "currency-mismatch"
        day = date.fromisoformat(row["usage_date"])
        if not contract.first_day <= day <= (contract.end or date.max):
            yield "outside-term"
        if corrects is not None and corrects not in self.ids:
            yield "unknown-correction"


@pytest.fixture(scope="module")
def contracts(sample):
    """Contracts by id."""
    read = TypeAdapter(Contract).validate_python
    told = sample.records("contracts.ndjson")
    return {record["id"]: read({k: v for k, v in record.items() if k != "kind"}) for record in told}


@pytest.fixture(scope="module")
def labelled(sample, contracts):
    """(file, row number, row, label) of every row, labelled by the simple reader."""
    reader = Reader(contracts)
    return [
        (file, number, row, reader.label(row, file.period)) for file, number, row in sample.usage()
    ]


def test_labels(sample, labelled):
    """A plain reading of the files finds exactly the dirt that was planted."""
    found = Counter(label for _, _, _, label in labelled)

    assert dict(sample.manifest.labels) == dict(found)
    assert all(found[label] for label in ("plain", "late", "correction", "duplicate", *QUARANTINED))


def test_planted_rows(sample, labelled):
    """Each planted row stands where the manifest says."""
    planted = {
        (row.path, row.row_number, row.usage_id, row.contract, row.label)
        for row in sample.manifest.rows
        if row.label != "missing-field"
    }
    found = {
        (file.path, number, row["usage_id"], row["contract"], label)
        for file, number, row, label in labelled
        if label not in {"plain", "missing-field"}
    }

    assert planted == found


def test_control_totals(sample, labelled):
    """Received = accepted + duplicate + quarantined in each file, with the accepted sums."""
    for file in sample.manifest.files:
        if file.usage is None:
            continue
        rows = [(row, label) for at, _, row, label in labelled if at is file]
        accepted = [row for row, label in rows if label in {"plain", "late", "correction"}]
        amounts = defaultdict(Decimal)
        for row in accepted:
            amounts[row["currency"]] += Decimal(row["amount"])

        assert file.usage.received == len(rows)
        assert file.usage.accepted == len(accepted)
        assert file.usage.duplicate == sum(label == "duplicate" for _, label in rows)
        assert file.usage.quarantined == sum(label in QUARANTINED for _, label in rows)
        assert dict(file.usage.accepted_amount) == dict(amounts)
        assert file.usage.accepted_quantity == sum(Decimal(row["quantity"]) for row in accepted)


def test_late_usage_crosses_months(labelled):
    """Of January some comes in February and some in March, of February some in March."""
    crossings = Counter(
        (row["usage_date"][:7], file.period) for file, _, row, label in labelled if label == "late"
    )

    assert {("2026-01", "2026-02"), ("2026-01", "2026-03"), ("2026-02", "2026-03")} == set(
        crossings
    )
    assert min(crossings.values()) > 30


def test_rated_amounts_are_exact(labelled):
    """Amount = quantity x the contract's rate for the meter, to the last of twelve decimals."""
    rates = defaultdict(set)
    for _, _, row, label in labelled:
        if label in {"plain", "late", "correction"}:
            quantity, amount = Fraction(row["quantity"]), Fraction(row["amount"])
            rates[row["contract"], row["meter"]].add(amount / quantity * 10**6)

            assert -Decimal(row["amount"]).normalize().as_tuple().exponent <= 12
    assert all(len(found) == 1 for found in rates.values())
    assert {Fraction("0.6"), 3, 15, 0} <= set().union(*rates.values())


def test_volumes_are_heavy_tailed(labelled):
    """A tenth of the customers makes most of the usage in dollars."""
    amounts = Counter()
    for _, _, row, label in labelled:
        if label == "plain" and row["currency"] == "USD":
            amounts[row["contract"]] += Fraction(row["amount"])
    ordered = sorted(amounts.values(), reverse=True)

    assert 2 * sum(ordered[: len(ordered) // 10]) > sum(ordered)


def test_outages_show(labelled):
    """On the day of an outage a gateway serves less than half of the same weekday before."""
    days = Counter()
    for _, _, row, label in labelled:
        if label == "plain" and row["source"] == "gateway-us" and row["unit"] == "token":
            days[row["usage_date"]] += Fraction(row["quantity"])

    assert 2 * days["2026-01-21"] < days["2026-01-14"]
    assert 2 * days["2026-02-24"] < days["2026-02-17"]


def test_meters_belong_to_their_contract(contracts, labelled):
    """Accepted usage is on a meter that an obligation of the contract counts on that day."""
    for _, _, row, label in labelled:
        if label in {"plain", "late", "correction"}:
            contract = contracts[row["contract"]]

            assert any(
                row["meter"] in obligation.counted_meters
                and str(obligation.start or contract.first_day) <= row["usage_date"]
                for obligation in contract.obligations
            )


def test_credits_are_not_overdrawn(contracts, labelled):
    """Nobody uses more credits than were bought, and some leave credits unused at expiry."""
    used = Counter()
    for _, _, row, label in labelled:
        if label in {"plain", "late", "correction"} and row["unit"] == "credit":
            used[row["contract"]] += Decimal(row["quantity"])
    lapsed = 0
    for name, quantity in used.items():
        terms = contracts[name].obligations[0].usage

        assert quantity <= terms.entitled
        lapsed += terms.lapses <= date(2026, 3, 31) and quantity < terms.entitled
    assert lapsed > 0
