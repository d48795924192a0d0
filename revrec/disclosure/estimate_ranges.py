"""Estimates of variable consideration that counted at a close, with the range they came from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal

from revrec.citations import cites
from revrec.disclosure import columns as c
from revrec.disclosure.frame import Row
from revrec.model.dataset import DataSet
from revrec.money import minor_digits, to_minor

STATISTICS, HAND = "statistics", "hand"


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimated:
    """The last estimate of a component that counted by the close, in its currency."""

    component: str
    contract: str
    kind: str
    as_of: date
    currency: str
    low: Decimal | None
    """A tenth of the outcomes are below; none of an estimate by hand."""
    estimate: Decimal
    """Before the constraint."""
    high: Decimal | None
    """A tenth of the outcomes are above."""
    included: Decimal
    """What passes the constraint."""
    prepared_by: str
    approved_by: str
    """Empty where it stood within the bounds of the policy."""


@cites("606-10-32-8", "606-10-32-11", "606-10-50-20")
def estimate_ranges(found: Sequence[Estimated], entity: int) -> DataSet:
    """Each estimate with its range, what passes the constraint and what it holds back."""
    return DataSet(
        name="estimate_ranges",
        title="Estimates in their range",
        columns=[
            c.ENTITY, c.CONTRACT, c.text("component", "Component of the price"),
            c.text("kind", "Kind"), c.text("basis", "By"), c.day("as_of", "As of"), c.CURRENCY,
            c.money("low", "10% are below", total=False),
            c.money("estimate", "Estimate", parts=("included", "held_back")),
            c.money("high", "10% are above", total=False), c.money("included", "Included"),
            c.money("held_back", "Held back by the constraint"),
            c.text("prepared_by", "Prepared by"), c.text("approved_by", "Approved by"), c.ROW_KEY,
        ],
        rows=[_row(each, entity) for each in found],
        note="The last estimate of each component that stood or was approved by the close. "
        "Estimates in units of use, and how each was made, are in the memos on estimates.",
    )  # fmt: skip


def _row(of: Estimated, entity: int) -> Row:
    low, estimate, high, included = (
        _minor(each, of.currency) for each in (of.low, of.estimate, of.high, of.included)
    )
    assert estimate is not None
    assert included is not None
    return (
        entity, of.contract, of.component, of.kind.replace("_", " "),
        HAND if low is None else STATISTICS, of.as_of, of.currency, low,
        estimate, high, included, estimate - included, of.prepared_by, of.approved_by,
        c.key_of(of.component),
    )  # fmt: skip


def _minor(amount: Decimal | None, currency: str) -> int | None:
    """Minor units, rounded half to even: ends of a range have more digits."""
    if amount is None:
        return None
    unit = Decimal(1).scaleb(-minor_digits(currency))
    return to_minor(amount.quantize(unit, rounding=ROUND_HALF_EVEN), currency)
