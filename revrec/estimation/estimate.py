"""Estimates of components: what is expected, what of it passes the constraint, and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

import numpy as np
from numpy.random import Generator

from revrec.asc606.estimates import of_outcomes
from revrec.estimation import events
from revrec.estimation.calibration import Calibration
from revrec.estimation.cases import Case, Drawn, Estimated
from revrec.estimation.components import (
    IN_UNITS,
    QUANTITY,
    UNITS,
    Quantity,
    consideration_of,
    payoff_of,
)
from revrec.estimation.constraint import Constrained, ConstraintPolicy, Evidence, constrain
from revrec.estimation.distribution import (
    Distribution,
    distribution_of,
    drawn_outcomes,
    told_quantiles,
)
from revrec.estimation.events import Record
from revrec.estimation.measures import measure
from revrec.estimation.numbers import Floats, money, quantity, ratio
from revrec.estimation.outlook import DRAWS, Ahead, Portfolio, ahead
from revrec.estimation.panel import Doubt, Panel
from revrec.estimation.payoffs import AS_IT_IS, through
from revrec.model.contract import EstimationMethod
from revrec.model.estimation import ComponentKind
from revrec.money import minor_digits

_KIND = ComponentKind
STEPS_TOLD = 26
"""Steps of a history that are recorded with the estimate: two years of four weeks."""
POINTS = 20
"""Quantities of equal probability that are recorded with the estimate."""
_NO_EXPERIENCE = frozenset({Doubt.NO_HISTORY})


def estimates(
    cases: Sequence[Case],
    portfolio: Portfolio | None,
    *,
    policy: ConstraintPolicy,
    rng: Generator,
    draws: int = DRAWS,
) -> Iterator[Estimated]:
    """Estimate every case. The order is by what is uncertain, then as given.

    Cases of use need a portfolio; terms were checked by ``check_component``.
    """
    stated = [each for each in cases if each.component.outcomes]
    others = [each for each in cases if not each.component.outcomes]
    kinds = {
        kind: [e for e in others if QUANTITY[e.component.component] is kind] for kind in Quantity
    }
    batches: list[Iterator[Drawn]] = [_stated(stated)]
    if portfolio is not None:
        batches.append(_of_use(kinds[Quantity.USE], portfolio, rng=rng, draws=draws))
    batches += [
        _of_record(kinds[kind], kind, rng=rng, draws=draws)
        for kind in (Quantity.EVENT, Quantity.COUNT, Quantity.RATE)
    ]
    for batch in batches:
        for drawn in batch:
            yield from _judged(drawn, policy)


def _stated(cases: Sequence[Case]) -> Iterator[Drawn]:
    """Outcomes that people state, with their probabilities (32-8): the engine's own rule."""
    for case in cases:
        component, currency = case.component, case.contract.currency
        worth = drawn_outcomes(
            [each.amount for each in component.outcomes],
            [each.probability for each in component.outcomes],
        )
        if component.component not in IN_UNITS:
            of = replace(consideration_of(component, case.contract), method=component.method)
            minor = of_outcomes(of, component.outcomes, currency)
            worth = replace(worth, expected=np.array([minor / 10 ** minor_digits(currency)]))
        yield Drawn(
            cases=[case],
            payoffs=[None],
            quantities=worth.draws,
            expected_quantity=worth.expected,
            worth=worth,
            days_seen=np.array([np.inf]),
            cohort_size=np.array([np.inf]),
            tested=np.zeros(1),
            doubts=(frozenset(),),
            facts=[{"source": "stated outcomes"}],
        )


def _of_use(
    cases: Sequence[Case], portfolio: Portfolio, *, rng: Generator, draws: int
) -> Iterator[Drawn]:
    """Components of use: what was used, and what is still to come, through their payoff."""
    panel = portfolio.fitted.panel
    horizon = np.zeros(len(panel.names))
    by_row: dict[int, list[Case]] = {}
    for case in cases:
        assert case.row is not None
        by_row.setdefault(case.row, []).append(case)
        horizon[case.row] = max(horizon[case.row], case.days_left / panel.step_days)
    seen = (~np.isnan(panel.used)).sum(axis=1).astype(np.float64)
    for part in ahead(portfolio, horizon, rng=rng, draws=draws):
        chosen = [
            (place, case)
            for place, row in enumerate(part.rows)
            for case in by_row.get(int(row), ())
        ]
        if not chosen:
            continue
        places = np.array([place for place, _ in chosen])
        rows = part.rows[places]
        before = panel.observed[rows][:, None]
        raw, moved = before + part.drawn[places], before + part.moved[places]
        payoffs = [payoff_of(case.component, case.contract) for _, case in chosen]
        # Of tiers the volume is what is estimated; the engine prices it.
        of = [
            AS_IT_IS if case.component.component is _KIND.VOLUME_TIERS else payoff
            for payoff, (_, case) in zip(payoffs, chosen, strict=True)
        ]
        worth = distribution_of(through(of, moved), through(of, raw).mean(axis=1))
        calibrations = [portfolio.calibration(int(row)) for row in rows]
        low, high = np.quantile(moved, (0.1, 0.9), axis=1)
        yield Drawn(
            cases=[case for _, case in chosen],
            payoffs=payoffs,
            quantities=moved,
            expected_quantity=raw.mean(axis=1),
            worth=worth,
            days_seen=seen[rows] * panel.step_days,
            cohort_size=np.full(len(rows), float(len(part.cohort.rows))),
            tested=np.array([0.0 if each is None else each.tested for each in calibrations]),
            doubts=tuple(panel.doubts[int(row)] for row in rows),
            facts=[
                _use_facts(panel, int(row), part, int(place), each)
                | {"use_low": str(quantity(low[at])), "use_high": str(quantity(high[at]))}
                for at, (row, place, each) in enumerate(
                    zip(rows, part.place[places], calibrations, strict=True)
                )
            ],
            histories=[
                [(day, quantity(used)) for day, used in panel.last_steps(int(row), STEPS_TOLD)]
                for row in rows
            ],
        )


def _use_facts(
    panel: Panel, row: int, part: Ahead, place: int, calibration: Calibration | None
) -> dict[str, str]:
    """How use of a contract was estimated; ``place`` is that of the contract in its cohort."""
    return {
        "source": "own history and cohort",
        "history_steps": str(int((~np.isnan(panel.used[row])).sum())),
        "step_days": str(panel.step_days),
        "observed": str(quantity(panel.observed[row])),
        "cohort_size": str(len(part.cohort.rows)),
        "credibility": str(ratio(part.cohort.credibility[place])),
        "alive": str(ratio(part.cohort.alive[place])),
        "tested": str(0 if calibration is None else calibration.tested),
        "misfit": "" if calibration is None else str(ratio(calibration.distance)),
        "bias_corrected": "" if calibration is None else str(ratio(calibration.bias)),
    }


def _of_record(
    cases: Sequence[Case], kind: Quantity, *, rng: Generator, draws: int
) -> Iterator[Drawn]:
    """Events, counts and rates: each cohort of similar components at once."""
    groups: dict[tuple[str, str], list[Case]] = {}
    for case in cases:
        cohort = case.component.cohort or case.contract.segment
        groups.setdefault((case.component.component.value, cohort), []).append(case)
    for group in groups.values():
        record = Record(
            happened=np.array([float(each.happened) for each in group]),
            chances=np.array([float(each.chances) for each in group]),
        )
        left = np.array([_left(each, kind) for each in group])
        draw = events.counts if kind is Quantity.COUNT else events.rates
        total = draw(record, record, left, draws=draws, rng=rng)
        if kind is not Quantity.EVENT:
            total = total + record.happened[:, None]
        payoffs = [payoff_of(each.component, each.contract) for each in group]
        known = float((record.chances > 0).sum())
        yield Drawn(
            cases=group,
            payoffs=payoffs,
            quantities=total,
            expected_quantity=total.mean(axis=1),
            worth=distribution_of(through(payoffs, total)),
            days_seen=np.full(len(group), np.inf),
            cohort_size=np.full(len(group), known),
            tested=np.zeros(len(group)),
            doubts=tuple(frozenset() if known else _NO_EXPERIENCE for _ in group),
            facts=[
                {
                    "source": "similar components",
                    "cohort_size": str(int(known)),
                    "happened": str(each.happened),
                    "chances": str(each.chances),
                }
                for each in group
            ],
        )


def _left(case: Case, kind: Quantity) -> float:
    """Opportunities to come: one event, days, or units not yet decided."""
    if kind is Quantity.EVENT:
        return 1.0
    if kind is Quantity.COUNT:
        return float(max(case.days_left, 0))
    trials = case.component.trials or Decimal(0)
    return float(max(trials - case.chances, Decimal(0))) if case.days_left > 0 else 0.0


def _judged(drawn: Drawn, policy: ConstraintPolicy) -> Iterator[Estimated]:
    """Apply the constraint, in the form that the kind of component gives it."""
    for kind in dict.fromkeys(case.component.component for case in drawn.cases):
        rows = np.array(
            [row for row, each in enumerate(drawn.cases) if each.component.component is kind]
        )
        worth = Distribution(draws=drawn.worth.draws[rows], expected=drawn.worth.expected[rows])
        unconstrained = _by_method([drawn.cases[row] for row in rows], worth)
        evidence = Evidence(
            days_left=np.array([float(drawn.cases[row].days_left) for row in rows]),
            days_seen=drawn.days_seen[rows],
            cohort_size=drawn.cohort_size[rows],
            tested=drawn.tested[rows],
            doubts=tuple(drawn.doubts[row] for row in rows),
            stated=tuple(drawn.cases[row].component.factors for row in rows),
        )
        other = np.array([float(drawn.cases[row].other_revenue) for row in rows])
        moved = measure(drawn, rows, worth, estimate=unconstrained, other=other)
        found = constrain(
            moved.distribution,
            moved.unconstrained,
            other_revenue=moved.other,
            evidence=evidence,
            policy=policy,
        )
        included = moved.back(found.amount)
        for place, row in enumerate(rows):
            numbers = (float(unconstrained[place]), float(included[place]))
            yield _told(drawn, int(row), numbers, told_quantiles(worth, place), (found, place))


def _by_method(cases: Sequence[Case], worth: Distribution) -> Floats:
    """The unconstrained estimate of each case, by its own method; of stated amounts it is made."""
    found = worth.expected.copy()
    likely = [
        row
        for row, case in enumerate(cases)
        if case.component.method is EstimationMethod.MOST_LIKELY_AMOUNT
        and not (case.component.outcomes and case.component.component not in IN_UNITS)
    ]
    if likely:
        of = Distribution(draws=worth.draws[likely], expected=worth.expected[likely])
        found[likely] = of.estimate(EstimationMethod.MOST_LIKELY_AMOUNT)
    return found


def _told(
    drawn: Drawn,
    row: int,
    numbers: tuple[float, float],
    quantiles: Mapping[str, Decimal],
    found: tuple[Constrained, int],
) -> Estimated:
    """One estimate, rounded: amounts to the currency's decimals, quantities to six."""
    case, (constrained, place) = drawn.cases[row], found
    component = case.component
    in_units = component.component in IN_UNITS
    digits = minor_digits(case.contract.currency)
    unconstrained, included = (
        quantity(each) if in_units else money(each, digits) for each in numbers
    )
    return Estimated(
        component=component.id,
        contract=case.contract.id,
        kind=component.component,
        method=component.method,
        unit=UNITS if in_units else case.contract.currency,
        expected_quantity=quantity(drawn.expected_quantity[row]),
        unconstrained=unconstrained,
        included=included,
        reversal=ratio(constrained.reversal[place]),
        reversal_unconstrained=ratio(constrained.reversal_unconstrained[place]),
        tolerated=ratio(constrained.tolerated[place]),
        binds=constrained.binds(place),
        factors=tuple(sorted(constrained.factors[place])),
        doubts=tuple(sorted(drawn.doubts[row])),
        quantiles=quantiles,
        alternatives=tuple((each.amount, each.probability) for each in component.outcomes),
        payoff=drawn.payoffs[row],
        facts=drawn.facts[row],
        points=tuple(float(f"{each:.6g}") for each in _points(drawn.quantities[row])),
        history=drawn.histories[row] if drawn.histories else (),
    )


def _points(draws: Floats) -> Floats:
    """Draws as a few of equal probability, each the mean of its part."""
    ends = len(draws) * np.arange(POINTS + 1) // POINTS
    return np.asarray(np.add.reduceat(np.sort(draws), ends[:-1]) / np.diff(ends))
