"""From what an auditor found of a sample's items to what it says of the population."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from revrec.errors import Conflict
from revrec.estimation.sampling_factors import normal_factor
from revrec.model.sample import Sample, SampleMethod, SampleResult
from revrec.money import as_text, round_ratio
from revrec.sampling import attributes, monetary, variables
from revrec.sampling.monetary import Audited, Limit, Stratum

DIFFERENCES_LEAST = 20
"""With fewer differences than this a standard error says nothing (AICPA Audit Guide Audit Sampling,
classical variables sampling: difference estimation needs a sufficient number of them)."""
_MISSING_SHOWN = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluated:
    """What a sample says: whether the population is as stated, why, and by which figures."""

    supported: bool | None
    conclusion: str
    figures: Mapping[str, str]


def evaluate(sample: Sample, results: Mapping[int, SampleResult]) -> Evaluated:
    """Evaluate a sample by its results, by number of item. Raises Conflict where one is missing."""
    missing = [each.item for each in sample.items if each.number not in results]
    if missing:
        more = (
            "" if len(missing) <= _MISSING_SHOWN else f" and {len(missing) - _MISSING_SHOWN} more"
        )
        raise Conflict(
            f"{len(missing)} of {len(sample.items)} items of {sample.id} have no result: "
            f"{', '.join(missing[:_MISSING_SHOWN])}{more}.",
            remedy="Record what was found of each: `revrec sample results`.",
        )
    if sample.method is SampleMethod.ATTRIBUTE:
        return _of_attributes(sample, results)
    audited = [
        Audited(
            stratum=each.stratum,
            recorded=each.amount,
            audited=each.amount if found.audited is None else found.audited,
        )
        for each in sample.items
        for found in [results[each.number]]
    ]
    if sample.method is SampleMethod.MONETARY_UNIT:
        return _of_units(sample, audited)
    if sample.method is SampleMethod.TARGETED:
        return _of_targets(sample, audited)
    return _of_variables(sample, audited)


def _of_units(sample: Sample, items: Sequence[Audited]) -> Evaluated:
    interval = int(sample.parameters["interval_minor"])
    tolerable = int(sample.parameters["tolerable_minor"])
    confidence = Fraction(sample.parameters["confidence"])
    currency, strata = sample.population.currency, sample.population.strata
    found: dict[str, Limit] = {}
    for sign, names, told in (
        (1, (Stratum.CERTAIN, Stratum.INTERVAL), ("overstated", "understated")),
        (-1, (Stratum.NEGATIVE_CERTAIN, Stratum.NEGATIVE_INTERVAL),
         ("negatives_overstated", "negatives_understated")),
    ):  # fmt: skip
        if not any(strata.get(name, (0, 0))[0] for name in names):
            continue
        of_sign = [
            Audited(
                stratum=each.stratum, recorded=sign * each.recorded, audited=sign * each.audited
            )
            for each in items
            if each.stratum in names
        ]
        sampled = strata.get(names[1], (0, 0))[0] > 0
        limits = monetary.limits(of_sign, interval, confidence, sampled=sampled)
        found |= dict(zip(told, limits, strict=True))
    of_none = [each.audited for each in items if each.stratum == Stratum.ZERO]
    zeros = Fraction(sum(of_none) * strata.get(Stratum.ZERO, (0, 0))[0], len(of_none) or 1)
    figures = {
        f"{name}_{part}": as_text(amount, currency)
        for name, limit in found.items()
        for part, amount in _parts(limit).items()
    }
    if of_none:
        figures["zeros_projected"] = as_text(_whole(zeros), currency)
    worst = max((limit.upper for limit in found.values()), default=0)
    supported = worst <= tolerable and abs(zeros) <= tolerable
    return Evaluated(
        supported=supported,
        conclusion=(
            f"At {_percent(confidence)} confidence no stratum is misstated by more than "
            f"{as_text(worst, currency)} in one direction, against "
            f"{as_text(tolerable, currency)} tolerated: the sample "
            f"{'supports' if supported else 'does not support'} the recorded amount."
        ),
        figures=figures,
    )


def _parts(limit: Limit) -> dict[str, int]:
    return {
        "known": limit.known,
        "projected": _whole(limit.projected),
        "basic_precision": _whole(limit.basic_precision),
        "incremental": _whole(limit.incremental),
        "upper": limit.upper,
    }


def _of_variables(sample: Sample, items: Sequence[Audited]) -> Evaluated:
    confidence = Fraction(sample.parameters["confidence"])
    tolerable = int(sample.parameters["tolerable_minor"])
    currency = sample.population.currency
    counts = {name: count for name, (count, _) in sample.population.strata.items()}
    made = variables.project(items, counts)
    likely = made.known + made.projected
    factor = normal_factor(confidence)
    upper = -(-abs(likely) // 1) + int(-(-(Decimal(factor) * made.standard_error) // 1))
    differing = sum(each.recorded != each.audited for each in items)
    whole = all(
        sum(each.stratum == name for each in items) == count for name, count in counts.items()
    )
    enough = differing >= DIFFERENCES_LEAST or whole
    supported = upper <= tolerable if enough else None
    told = (
        f"misstated by at most {as_text(int(upper), currency)} at {_percent(confidence)} "
        f"confidence, against {as_text(tolerable, currency)} tolerated"
        if enough
        else f"the {differing} differences found are fewer than the {DIFFERENCES_LEAST} a limit "
        "takes; sample monetary units for one"
    )
    return Evaluated(
        supported=supported,
        conclusion=f"Projected misstatement {as_text(_whole(likely), currency)}; {told}.",
        figures={
            "known": as_text(made.known, currency),
            "projected": as_text(_whole(made.projected), currency),
            "standard_error": as_text(int(made.standard_error), currency),
            "factor": str(factor),
            "differences": str(differing),
            **({"upper": as_text(int(upper), currency)} if enough else {}),
        },
    )


def _of_targets(sample: Sample, items: Sequence[Audited]) -> Evaluated:
    currency = sample.population.currency
    off = [each.recorded - each.audited for each in items]
    over = sum(each for each in off if each > 0)
    under = -sum(each for each in off if each < 0)
    covered = sum(each.recorded for each in items)
    return Evaluated(
        supported=None,
        conclusion=(
            f"{sum(map(bool, off))} of {len(off)} chosen items are misstated: overstated by "
            f"{as_text(over, currency)}, understated by {as_text(under, currency)}. "
            "Items were chosen, so nothing follows for the others (AS 1105.25)."
        ),
        figures={
            "overstated_known": as_text(over, currency),
            "understated_known": as_text(under, currency),
            "covered": as_text(covered, currency),
            "population": as_text(sample.population.total, currency),
        },
    )


def _of_attributes(sample: Sample, results: Mapping[int, SampleResult]) -> Evaluated:
    confidence = Fraction(sample.parameters["confidence"])
    tolerable = Decimal(sample.parameters["tolerable_percent"])
    deviations = sum(results[each.number].deviates for each in sample.items)
    whole = len(sample.items) == sample.population.count
    made = attributes.rate(len(sample.items), deviations, confidence)
    upper = made.found if whole else made.upper
    supported = upper <= tolerable
    told = (
        "every occurrence was tested"
        if whole
        else f"at {_percent(confidence)} confidence no more than {upper}%"
    )
    return Evaluated(
        supported=supported,
        conclusion=(
            f"{deviations} of {made.size} occurrences deviate: {told}, against {tolerable}% "
            f"tolerated; the control {'may' if supported else 'may not'} be relied on as planned."
        ),
        figures={
            "size": str(made.size),
            "deviations": str(deviations),
            "rate_percent": str(made.found),
            "upper_percent": str(upper),
        },
    )


def _whole(amount: Fraction) -> int:
    return round_ratio(amount.numerator, amount.denominator)


def _percent(share: Fraction) -> str:
    return f"{Decimal(share.numerator) * 100 / share.denominator:f}%"
