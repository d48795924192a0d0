"""Use of many contracts in steps of whole weeks, counted back from the day of the estimate.

A step of whole weeks holds each weekday equally often, so the week's pattern cancels.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

import numpy as np

from revrec.errors import FeedError
from revrec.estimation.numbers import Floats, Integers

GIANT_SHARE = 0.5
"""A single day with more of all use than this share is pointed out."""
_STEPS_FOR_GIANT = 4


class Doubt(StrEnum):
    """What makes a history a weak ground for an estimate (606-10-32-12c)."""

    NO_HISTORY = "no_history"
    """Nothing observed: the estimate is the cohort's."""
    SHORT_HISTORY = "short_history"
    """Fewer steps than the policy asks for."""
    NO_USE = "no_use"
    """Observed, and never used."""
    GIANT_DAY = "giant_day"
    """One day holds more than half of all use."""
    CORRECTED = "corrected"
    """Corrections exceed use in a step, which counts as none."""
    GAP = "gap"
    """Use came back after a pause of a quarter of the history or more."""
    SMALL_COHORT = "small_cohort"
    """Too few similar contracts to learn from; the prior is wide."""
    CURRENCY_CHANGED = "currency_changed"
    """Use was rated in another currency before; only the last one counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DailyUse:
    """Days with use, one row each, in parallel arrays."""

    contract: Integers
    """Position of the contract."""
    day: Integers
    """Proleptic ordinal of the day."""
    quantity: Floats
    """Units, or rated amount."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """Use by contract and step; the last column ends on the day of the estimate."""

    names: tuple[str, ...]
    cohort: Integers
    """Group of similar contracts that each belongs to."""
    used: Floats
    """Use, NaN before the contract began."""
    step_days: int
    as_of: int
    """Ordinal of the last observed day."""
    observed: Floats
    """Use observed in all, with the part of a step before the first whole one."""
    doubts: tuple[frozenset[Doubt], ...]

    @property
    def steps(self) -> int:
        """Steps of the longest history."""
        return int(self.used.shape[1])

    def last_steps(self, row: int, most: int) -> list[tuple[date, float]]:
        """Last days and use of a contract's latest steps, in their order."""
        used = self.used[row, -most:]
        last = [self.as_of - self.step_days * back for back in range(len(used) - 1, -1, -1)]
        return [
            (date.fromordinal(day), float(each))
            for day, each in zip(last, used, strict=True)
            if not np.isnan(each)
        ]

    def before(self, steps: int) -> Panel:
        """The panel as it was ``steps`` steps ago."""
        used = self.used[:, : self.steps - steps]
        return Panel(
            names=self.names,
            cohort=self.cohort,
            used=used,
            step_days=self.step_days,
            as_of=self.as_of - steps * self.step_days,
            observed=np.nansum(used, axis=1),
            doubts=self.doubts,
        )

    def take(self, rows: Integers) -> Panel:
        """Some of the contracts."""
        return Panel(
            names=tuple(self.names[row] for row in rows),
            cohort=self.cohort[rows],
            used=self.used[rows],
            step_days=self.step_days,
            as_of=self.as_of,
            observed=self.observed[rows],
            doubts=tuple(self.doubts[row] for row in rows),
        )


def panel_of(
    use: DailyUse,
    *,
    names: Sequence[str],
    first_days: Sequence[int],
    as_of: int,
    step_days: int,
    cohorts: Sequence[str] | None = None,
    steps_max: int = 130,
    doubts: Mapping[str, frozenset[Doubt]] | None = None,
) -> Panel:
    """Daily use in steps. Days after ``as_of`` or before a contract began are left out.

    A first step that the contract covers in part is left out too, unless it is the only one and
    at least half of it is covered: then it counts in proportion.

    Raises FeedError for quantities that are no numbers.
    """
    if not np.isfinite(use.quantity).all():
        row = int(np.flatnonzero(~np.isfinite(use.quantity))[0])
        raise FeedError(
            f"Use of {names[int(use.contract[row])]} is {use.quantity[row]}.",
            remedy="Give a finite quantity for each day.",
        )
    first = np.asarray(first_days, np.int64)
    whole = np.clip((as_of + 1 - first) // step_days, 0, steps_max)
    steps = max(int(whole.max(initial=0)), 1)
    kept = (use.day <= as_of) & (use.day >= first[use.contract])
    contract, day, amount = use.contract[kept], use.day[kept], use.quantity[kept]
    observed = np.bincount(contract, amount, minlength=len(names)).astype(np.float64)
    column = steps - 1 - (as_of - day) // step_days
    inside = column >= 0
    cell = contract[inside] * steps + column[inside]
    flat = np.bincount(cell, amount[inside], minlength=len(names) * steps)
    sums: Floats = flat.astype(np.float64).reshape(len(names), steps)
    covered = np.clip((as_of + 1 - first) / step_days, 0, 1)
    partial = (whole == 0) & (covered >= GIANT_SHARE)
    sums[partial, -1] /= covered[partial]
    unobserved = np.arange(steps)[None, :] < (steps - np.maximum(whole, partial))[:, None]
    found = _doubts(sums, unobserved, contract, amount, observed)
    told = doubts or {}
    return Panel(
        names=tuple(names),
        cohort=_codes(cohorts, len(names)),
        used=np.where(unobserved, np.nan, np.maximum(sums, 0.0)),
        step_days=step_days,
        as_of=as_of,
        observed=np.maximum(observed, 0.0),
        doubts=tuple(
            each | told.get(name, frozenset()) for each, name in zip(found, names, strict=True)
        ),
    )


def _codes(cohorts: Sequence[str] | None, count: int) -> Integers:
    if cohorts is None:
        return np.zeros(count, np.int64)
    return np.unique(np.asarray(cohorts, np.str_), return_inverse=True)[1].astype(np.int64)


def _doubts(
    sums: Floats, unobserved: object, contract: Integers, amount: Floats, observed: Floats
) -> list[frozenset[Doubt]]:
    """What is odd about each history."""
    hidden = np.asarray(unobserved)
    steps = (~hidden).sum(axis=1)
    largest = np.zeros(len(sums))
    np.maximum.at(largest, contract, amount)
    active = (sums > 0) & ~hidden
    last = np.where(active.any(axis=1), sums.shape[1] - np.argmax(active[:, ::-1], axis=1), 0)
    first = np.where(active.any(axis=1), np.argmax(active, axis=1), 0)
    longest = _longest_pause(active, first, last)
    flags = {
        Doubt.NO_HISTORY: steps == 0,
        Doubt.NO_USE: (steps > 0) & ~active.any(axis=1),
        Doubt.GIANT_DAY: (steps >= _STEPS_FOR_GIANT) & (largest > GIANT_SHARE * observed),
        Doubt.CORRECTED: ((sums < 0) & ~hidden).any(axis=1),
        Doubt.GAP: (longest * 4 >= steps) & (longest > 1),
    }
    flags[Doubt.GIANT_DAY] &= observed > 0
    found: list[set[Doubt]] = [set() for _ in range(len(sums))]
    for doubt, rows in flags.items():
        for row in np.flatnonzero(rows):
            found[int(row)].add(doubt)
    return [frozenset(each) for each in found]


def _longest_pause(active: object, first: object, last: object) -> Integers:
    """Steps of the longest run without use between the first and the last use."""
    used = np.asarray(active)
    longest = np.zeros(len(used), np.int64)
    run = np.zeros(len(used), np.int64)
    begins, ends = np.asarray(first), np.asarray(last)
    for step in range(used.shape[1]):
        inside = (step >= begins) & (step < ends)
        run = np.where(inside & ~used[:, step], run + 1, 0)
        longest = np.maximum(longest, run)
    return longest
