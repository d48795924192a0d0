"""An estimate's memo as data, for the auditor and for the next estimate: text, never a float."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import numpy as np

from revrec.estimation.cases import Case, Estimated
from revrec.estimation.change import Held
from revrec.estimation.components import IN_UNITS, QUANTITY, UNITS
from revrec.estimation.constraint import ConstraintPolicy
from revrec.estimation.numbers import Floats
from revrec.estimation.payoffs import Payoff


def evidence_of(case: Case, estimated: Estimated, policy: ConstraintPolicy) -> dict[str, Any]:
    """Facts, method, data, factors, result."""
    return _terms(case) | {
        "unit": estimated.unit,
        "history": [[str(day), str(used)] for day, used in estimated.history],
        "expected_quantity": str(estimated.expected_quantity),
        "unconstrained": str(estimated.unconstrained),
        "included": str(estimated.included),
        "reversal": str(estimated.reversal),
        "reversal_unconstrained": str(estimated.reversal_unconstrained),
        "tolerated": str(estimated.tolerated),
        "probable": f"{policy.probable:.4f}",
        "significant": f"{policy.significant:.4f}",
        "binds": estimated.binds.value,
        "factors": [each.value for each in estimated.factors],
        "doubts": [each.value for each in estimated.doubts],
        "quantiles": {level: str(value) for level, value in estimated.quantiles.items()},
        "scenarios": [[str(amount), str(chance)] for amount, chance in estimated.alternatives],
        "points": [repr(each) for each in estimated.points],
        "payoff": None if estimated.payoff is None else _pieces(estimated.payoff),
        "data": dict(estimated.facts),
    }


def evidence_by_hand(case: Case, value: Decimal, why: str) -> dict[str, Any]:
    """Facts, and what a person set in place of an estimate: there is no distribution."""
    unit = UNITS if case.component.component in IN_UNITS else case.contract.currency
    return _terms(case) | {"unit": unit, "included": str(value), "by_hand": why}


def _terms(case: Case) -> dict[str, Any]:
    """What is known of the component before anything is estimated."""
    component = case.component
    return {
        "component": component.id,
        "kind": component.component.value,
        "uncertain": QUANTITY[component.component].value,
        "customer": case.contract.customer,
        "cohort": component.cohort or case.contract.segment,
        "method": component.method.value,
        "currency": case.contract.currency,
        "days_left": case.days_left,
        "threshold": None if component.threshold is None else str(component.threshold),
        "trials": str(component.trials or 0),
        "other_revenue": str(case.other_revenue),
        "stated_factors": {name.value: told for name, told in component.factors.items()},
        "basis": component.basis,
    }


def held_of(evidence: Mapping[str, Any]) -> Held:
    """The estimate that evidence tells of, for the comparison with the next."""
    pieces = evidence.get("payoff")
    payoff = None
    if pieces:
        starts, values, slopes = (_array(pieces[name]) for name in ("starts", "values", "slopes"))
        payoff = Payoff(starts=starts, values=values, slopes=slopes)
    return Held(
        quantity=Decimal(evidence.get("expected_quantity", "0")),
        included=Decimal(evidence["included"]),
        payoff=payoff,
        points=tuple(float(each) for each in evidence.get("points", ())),
    )


def _pieces(payoff: Payoff) -> dict[str, list[str]]:
    return {
        "starts": [repr(float(each)) for each in payoff.starts],
        "values": [repr(float(each)) for each in payoff.values],
        "slopes": [repr(float(each)) for each in payoff.slopes],
    }


def _array(told: list[str]) -> Floats:
    return np.array([float(each) for each in told])
