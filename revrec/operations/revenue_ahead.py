"""Revenue to come by currency: the prices in force, as time passes and as they are used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import pyarrow as pa

from revrec import engine
from revrec.engine import Accounting
from revrec.errors import RevrecError
from revrec.estimation.earning import (
    Earning,
    RevenueAhead,
    earned_by_use,
    revenue_ahead,
    step_ends,
)
from revrec.estimation.histories import STEP_DAYS, Series, history_of
from revrec.estimation.numbers import generator
from revrec.estimation.outlook import fit_portfolio
from revrec.estimation.run_off import horizons
from revrec.ledger.outlook import in_force, scheduled
from revrec.ledger.subledger import Subledger
from revrec.model.contract import CountedIn
from revrec.model.decision import Progress, Segment
from revrec.money import from_minor, minor_digits
from revrec.operations.computing import read_inputs
from revrec.operations.estimate_inputs import EstimateInputs
from revrec.operations.known import pins_at
from revrec.operations.series import similar
from revrec.recognition.counts import usage_by_obligation
from revrec.store.lake import Lake
from revrec.store.transaction import Transaction

_ATOMS: Mapping[str, int] = {"quantity": 10**9, "amount": 10**12}
"""Counts of step 5 in a unit, or in a unit of currency."""


def revenue_to_come(
    tx: Transaction,
    lake: Lake,
    inputs: EstimateInputs,
    until: date,
    *,
    confidence: float,
    seed: int,
    known_at: datetime | None = None,
) -> tuple[dict[str, RevenueAhead], dict[str, RevrecError]]:
    """Revenue after the day of the inputs up to ``until``, by currency, and contracts refused.

    Contracts stand as they do, or did at a moment. One that cannot be accounted for is left out,
    with the reason; what is delivered, not used, has no schedule and is left out too.
    """
    known = read_inputs(tx, lake, pins_at(tx, lake, known_at))
    counts = usage_by_obligation(known.usage, known.book.histories.values())
    accounting = engine.account(known.book, [inputs.as_of], usage=[counts])
    with Subledger(known.book, accounting) as subledger:
        standing = in_force(subledger.query, inputs.as_of)
    segments = accounting.recognised.segments
    found = {}
    for currency in sorted({segments[each].currency for each in standing["segment"].to_pylist()}):
        kept = [segments[each].currency == currency for each in standing["segment"].to_pylist()]
        own = standing.filter(pa.array(kept, pa.bool_()))
        found[currency] = _of_currency(
            accounting, own, inputs, until, confidence=confidence, seed=seed
        )
    return found, accounting.refused


def _of_currency(
    accounting: Accounting,
    standing: pa.Table,
    inputs: EstimateInputs,
    until: date,
    *,
    confidence: float,
    seed: int,
) -> RevenueAhead:
    segments = accounting.recognised.segments
    currency = segments[standing["segment"][0].as_py()].currency
    series: list[Series] = []
    earnings: list[Earning] = []
    for row in standing.to_pylist():
        told = _earning(segments[row["segment"]], row, inputs, len(series))
        if told is not None:
            series.append(told[0])
            earnings.append(told[1])
    ends = step_ends(inputs.as_of, until, STEP_DAYS)
    by_use = None
    if series:
        panel = history_of(inputs.daily, series, inputs.as_of)
        ends = step_ends(inputs.as_of, until, panel.step_days)
        last = [inputs.contracts[each.contract].end or until for each in series]
        left = horizons(panel, [min(each, until) for each in last])
        rng = generator(seed)
        portfolio = fit_portfolio(panel, horizon=len(ends), rng=rng)
        by_use = earned_by_use(portfolio, earnings, left, ends, rng=rng)
    return revenue_ahead(
        by_use,
        _scheduled(accounting, standing, inputs.as_of, ends, currency),
        ends,
        confidence=confidence,
        digits=minor_digits(currency),
    )


def _scheduled(
    accounting: Accounting,
    standing: pa.Table,
    as_of: date,
    ends: Sequence[date],
    currency: str,
) -> list[Decimal]:
    """What passes with time in each step."""
    to_date = dict.fromkeys((as_of, *ends), 0)
    for row in scheduled(accounting.recognised.segments, standing, [as_of, *ends]).to_pylist():
        to_date[row["day"]] += row["revenue"]
    sums = [to_date[day] for day in (as_of, *ends)]
    return [from_minor(after - before, currency) for before, after in pairwise(sums)]


def _earning(
    segment: Segment, standing: Mapping[str, object], inputs: EstimateInputs, row: int
) -> tuple[Series, Earning] | None:
    """What a segment that counts use earns by it, and what it counts; none for any other."""
    shape = segment.shape
    contract = inputs.contracts.get(segment.contract)
    obligations = {} if contract is None else {each.id: each for each in contract.obligations}
    if (
        contract is None
        or shape.progress is not Progress.COUNTED
        or segment.obligation not in obligations
        or not standing["by_use"]
    ):
        return None
    counted_in = CountedIn(shape.counted_in)
    meters = frozenset(obligations[segment.obligation].counted_meters)
    atoms, minor = _ATOMS[shape.counted_in], 10 ** minor_digits(segment.currency)
    begun = bool(standing["recognised"]) or not segment.as_used
    return similar(contract, meters, counted_in), Earning(
        row=row,
        rate=Fraction(segment.price * atoms, shape.whole * minor),
        free=Fraction(0) if begun else Fraction(shape.baseline, atoms),
        most=None if segment.as_used else Fraction(int(str(standing["remaining"])), minor),
        lapses=None if segment.as_used else shape.lapses,
    )
