"""Looking ahead: use and rated amounts to come, and how commitments will run off."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from revrec.errors import RevrecError
from revrec.estimation.constraint import constraint_policy
from revrec.estimation.earning import RevenueAhead
from revrec.estimation.histories import Series, history_of
from revrec.estimation.numbers import generator, ratio
from revrec.estimation.outlook import fit_portfolio
from revrec.estimation.run_off import (
    Commitment,
    Forecast,
    Range,
    RunOff,
    forecast,
    horizons,
)
from revrec.model.contract import Contract, CountedIn, PerformanceObligation
from revrec.operations.estimate_inputs import EstimateInputs, counted_of, read_estimate_inputs
from revrec.operations.revenue_ahead import revenue_to_come
from revrec.operations.series import similar, used_meters
from revrec.operations.workspace import Workspace
from revrec.store.transaction import Transaction

RATED = "rated amount"
"""What is forecast in a currency; other names are meters, in their units."""


class Heading(StrEnum):
    """What a commitment is headed for."""

    EXCEEDED = "exceeded"
    """Used up before its end: overage, or a true-up."""
    SHORT = "short"
    """A significant part of it will not be used: shortfall, or breakage."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Warned:
    """A commitment that is headed for something with more than the tolerated probability."""

    commitment: str
    warning: Heading
    probability: Decimal
    expected: Decimal
    """Use beyond the commitment, or of it left unused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What is to come as of a day, by what is counted."""

    as_of: date
    until: date
    seed: int
    revenue: Mapping[str, RevenueAhead]
    """By currency: the prices in force, as time passes and as they are used."""
    forecasts: Mapping[str, Forecast]
    """By meter, or ``rated amount`` and currency."""
    warnings: Sequence[Warned]
    refused: Mapping[str, RevrecError]
    """Contracts whose revenue is left out: they cannot be accounted for."""


def forecast_use(
    workspace: Workspace,
    as_of: date,
    until: date,
    *,
    confidence: float = 0.8,
    seed: int = 1,
    known_at: datetime | None = None,
) -> Outlook:
    """Forecast every contract's use from the day after ``as_of`` up to ``until``; writes nothing.

    Rated amounts are forecast by currency, commitments and entitlements up to their own end; all
    from what was known at a moment, or is now.
    """

    def read(tx: Transaction) -> Outlook:
        inputs = read_estimate_inputs(tx, workspace.lake, as_of, known_at)
        found = {
            name: _forecast(inputs, name, until, confidence=confidence, seed=seed)
            for name in _names(inputs)
        }
        revenue, refused = revenue_to_come(
            tx,
            workspace.lake,
            inputs,
            until,
            confidence=confidence,
            seed=seed,
            known_at=known_at,
        )
        tolerated = 1 - constraint_policy(inputs.policy).probable
        return Outlook(
            as_of=as_of,
            until=until,
            seed=seed,
            revenue=revenue,
            refused=refused,
            forecasts=found,
            warnings=[
                warned
                for of in found.values()
                for each in of.commitments
                for warned in _warned(each, tolerated)
            ],
        )

    return workspace.run(read, read_only=True)


def _warned(of: RunOff, tolerated: float) -> Iterator[Warned]:
    """What a commitment is headed for with more than the tolerated probability."""
    for heading, chance, expected in (
        (Heading.EXCEEDED, of.exhausted, of.overage),
        (Heading.SHORT, of.short, of.shortfall),
    ):
        if chance > tolerated:
            yield Warned(
                commitment=of.name, warning=heading, probability=ratio(chance), expected=expected
            )


def _names(inputs: EstimateInputs) -> list[str]:
    meters = sorted({meter for used in used_meters(inputs.daily).values() for meter in used})
    currencies = sorted({each.currency for each in inputs.contracts.values()})
    return [*meters, *(f"{RATED} {currency}" for currency in currencies)] if meters else []


def _forecast(
    inputs: EstimateInputs, name: str, until: date, *, confidence: float, seed: int
) -> Forecast:
    """The forecast of one meter in units, or of all rated amounts of a currency."""
    currency = name.removeprefix(f"{RATED} ") if name.startswith(RATED) else ""
    counted_in = CountedIn.AMOUNT if currency else CountedIn.QUANTITY
    series: list[Series] = []
    commitments: list[Commitment] = []
    for contract, used in used_meters(inputs.daily).items():
        terms = inputs.contracts.get(contract)
        meters = frozenset(used) if currency else frozenset({name}) & used
        if terms is None or not meters or (currency and terms.currency != currency):
            continue
        commitments += [
            _commitment(terms, each, len(series))
            for each in terms.obligations
            if _counts(each, meters, counted_in)
        ]
        commitments += [
            Commitment(
                name=f"{contract} {each.id}",
                row=len(series),
                committed=each.threshold,
                ends=each.ends or terms.end or date.max,
            )
            for each in inputs.components
            if each.contract == contract
            and each.threshold is not None
            and each.consideration is not None
            and counted_of(each, terms) == (meters, counted_in)
        ]
        series.append(similar(terms, meters, counted_in))
    panel = history_of(inputs.daily, series, inputs.as_of)
    ends = [inputs.contracts[each.contract].end or until for each in series]
    left = horizons(panel, [min(end, until) for end in ends])
    for of in commitments:
        own = (min(of.ends, ends[of.row]) - inputs.as_of).days / panel.step_days
        left[of.row] = max(left[of.row], own, 0)
    rng = generator(seed)
    portfolio = fit_portfolio(panel, horizon=int(left.max(initial=1)) + 1, rng=rng)
    return forecast(
        portfolio,
        commitments,
        left,
        rng=rng,
        confidence=confidence,
        significant=constraint_policy(inputs.policy).significant,
    )


def _counts(
    obligation: PerformanceObligation, meters: frozenset[str], counted_in: CountedIn
) -> bool:
    """Whether the obligation has an entitlement that exactly these meters draw on."""
    usage = obligation.usage
    if usage.entitled is None or usage.counted_in is not counted_in:
        return False
    counted = frozenset(obligation.counted_meters)
    return counted == meters if counted_in is CountedIn.QUANTITY else counted >= meters


def _commitment(contract: Contract, obligation: PerformanceObligation, row: int) -> Commitment:
    assert obligation.usage.entitled is not None
    ends = obligation.usage.lapses or obligation.end or contract.end or date.max
    return Commitment(
        name=f"{contract.id} {obligation.id}",
        row=row,
        committed=obligation.usage.entitled,
        ends=ends,
    )


def outlook_data(outlook: Outlook) -> dict[str, Any]:
    """The outlook as plain data: amounts and quantities as text."""
    return {
        "as_of": str(outlook.as_of),
        "until": str(outlook.until),
        "seed": outlook.seed,
        "revenue": [
            {
                "currency": currency,
                "scheduled": str(each.scheduled),
                "by_use": _range_data(each.by_use),
                "total": _range_data(each.total),
                "steps": [
                    {"ends": str(end), **_range_data(step)} for end, step in each.steps.items()
                ],
            }
            for currency, each in outlook.revenue.items()
        ],
        "forecasts": [
            {
                "counted": name,
                "confidence": str(each.confidence),
                "total": _range_data(each.total),
                "steps": [
                    {"ends": str(end), **_range_data(step)} for end, step in each.steps.items()
                ],
                "commitments": [_run_off_data(run_off) for run_off in each.commitments],
            }
            for name, each in outlook.forecasts.items()
        ],
        "warnings": [
            {
                "commitment": each.commitment,
                "warning": each.warning.value,
                "probability": str(each.probability),
                "expected": str(each.expected),
            }
            for each in outlook.warnings
        ],
        "refused": [
            {"contract": name, "reason": str(error)} for name, error in outlook.refused.items()
        ],
    }


def _range_data(of: Range) -> dict[str, str]:
    return {"expected": str(of.expected), "low": str(of.low), "high": str(of.high)}


def _run_off_data(of: RunOff) -> dict[str, str | None]:
    return {
        "commitment": of.name,
        "used": str(of.used),
        "remaining": str(of.remaining),
        "expected_use": str(of.expected_use),
        "low": str(of.low),
        "high": str(of.high),
        "exhausted": str(of.probability),
        "short": str(ratio(of.short)),
        "exhausted_early": None if of.exhausted_early is None else str(of.exhausted_early),
        "exhausted_middle": None if of.exhausted_middle is None else str(of.exhausted_middle),
        "shortfall": str(of.shortfall),
        "overage": str(of.overage),
    }
