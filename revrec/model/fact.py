"""A fact as the books keep it: append-only, bitemporal, with a stable hash of its content."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Any

import msgspec


class FactKind(StrEnum):
    """What a fact tells. The body is the model class of the same name, as JSON."""

    CONTRACT = "contract"
    MODIFICATION = "modification"
    ESTIMATE = "estimate"
    VARIABLE_COMPONENT = "variable_component"
    COMPONENT_OUTCOME = "component_outcome"
    DELIVERY = "delivery"
    RETURN = "return"
    RESCHEDULE = "reschedule"
    NONCASH_RECEIPT = "noncash_receipt"
    CUSTOMER_PROMISE = "customer_promise"
    INVOICE = "invoice"
    CREDIT_MEMO = "credit_memo"
    PAYMENT = "payment"
    REFUND = "refund"
    CUSTOMER_PAYMENT = "customer_payment"
    WRITE_OFF = "write_off"
    PAUSE = "pause"
    RESUMPTION = "resumption"
    REPURCHASE = "repurchase"
    ASSESSMENT = "assessment"
    COMBINATION = "combination"
    EXERCISE = "exercise"
    LAPSE = "lapse"
    PRODUCT = "product"
    OPENING_BALANCE = "opening_balance"
    CONTROL_TOTAL = "control_total"
    CONTRACT_COST = "contract_cost"
    CONTRACT_COST_REVIEW = "contract_cost_review"
    STANDALONE_SELLING_PRICE = "standalone_selling_price"
    POLICY = "policy"
    RATE_CARD = "rate_card"
    PRICE_AGREEMENT = "price_agreement"
    CREDIT_GRANT = "credit_grant"
    TOP_UP_RULE = "top_up_rule"
    CREDIT_ADJUSTMENT = "credit_adjustment"
    CREDIT_POOL = "credit_pool"
    CREDIT_TRANSFER = "credit_transfer"
    COMMITMENT = "commitment"
    COMMITMENT_AMENDMENT = "commitment_amendment"
    FISCAL_CALENDAR = "fiscal_calendar"
    ENTITY_CURRENCIES = "entity_currencies"
    EXCHANGE_RATE = "exchange_rate"
    SECOND_BOOK = "second_book"
    ACCOUNT_MAPPING = "account_mapping"
    MISSTATEMENT = "misstatement"
    FINANCIAL_BENCHMARK = "financial_benchmark"


_ENCODER = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
)


_FACTS = msgspec.json.Encoder(order="sorted")


def canonical(body: object) -> bytes:
    """The one encoding that is hashed: JSON, keys sorted, no spaces, UTF-8, decimals as text."""
    return _ENCODER.encode(body).encode()


def canonical_fact(kind: FactKind, key: str, body: Mapping[str, Any]) -> bytes:
    """The same encoding of ``[kind, key, body]``, ten times as fast.

    A body is what a model of facts gives as JSON: no float is in it and every key is a text, so
    that both encoders write the same bytes.
    """
    return _FACTS.encode([kind, key, body])


def digest_of(body: object) -> str:
    """SHA-256 of the canonical encoding, in hexadecimal."""
    return hashlib.sha256(canonical(body)).hexdigest()


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    """One version of one fact. A correction is a new version under the same kind and key."""

    kind: FactKind
    key: str
    contract: str | None
    effective_on: date
    body: Mapping[str, Any]

    @property
    def digest(self) -> str:
        """SHA-256 of kind, key and body in their canonical encoding, in hexadecimal."""
        return hashlib.sha256(canonical_fact(self.kind, self.key, self.body)).hexdigest()

    @property
    def contracts(self) -> frozenset[str]:
        """Every contract it names: its own, those that share it, those it joins."""
        named = {*self.body.get("shared", ()), *self.body.get("contracts", ())}
        if self.kind in {FactKind.COMBINATION, FactKind.CREDIT_POOL}:
            named.add(self.key)
        return frozenset(named if self.contract is None else {self.contract, *named})


class RecordedFact(msgspec.Struct, frozen=True, kw_only=True):
    """A fact with its place in the books."""

    fact: Fact
    seq: int
    version: int
    recorded_at: datetime
    recorded_by: str
