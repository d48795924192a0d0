"""What a change did to revenue on the day it took effect (606-10-25-13b, 32-43)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from revrec.citations import cites
from revrec.disclosure.frame import Inputs
from revrec.engine import counted
from revrec.model.decision import Progress, Segment
from revrec.periods import day_before
from revrec.recognition.arithmetic import Arithmetic


@dataclass(frozen=True, slots=True)
class Effect:
    """Minor units on the day of a change."""

    catch_up: int
    """Revenue to date under the new terms less under the old."""
    remaining: int
    """Price not yet recognised under the new terms."""


@cites("606-10-25-13", "606-10-32-43", "606-10-32-44")
def catch_ups(
    inputs: Inputs, changed: Collection[tuple[str, date]]
) -> Mapping[tuple[str, date], Effect]:
    """Effects by contract and day.

    Both sides are step 5's at the end of the day: the segments in force then, and those of the
    day before as if they had stayed. Contracts that count usage are left out when no usage is at
    hand: no figure is better than a wrong one.
    """
    segments = _segments(inputs, {contract for contract, _ in changed})
    asked: list[Segment] = []
    places: list[tuple[str, date, bool]] = []
    for contract, day in sorted(changed):
        # Nothing was in force before inception: a change of that day has nothing to catch up.
        first = inputs.book.histories[contract].contract.inception
        for since, after in ((day, True), (max(day_before(day), first), False)):
            for segment in segments[contract]:
                if segment.valid_from <= since <= segment.valid_to:
                    asked.append(segment._replace(valid_from=day, valid_to=day))
                    places.append((contract, day, after))
    revenue = _revenue(inputs, asked)
    sums = dict.fromkeys(((contract, day) for contract, day, _ in places), Effect(0, 0))
    for place, segment, amount in zip(places, asked, revenue, strict=True):
        contract, day, after = place
        effect = sums[contract, day]
        left = segment.price - amount if after and not segment.as_used else 0
        caught_up = effect.catch_up + (amount if after else -amount)
        sums[contract, day] = Effect(caught_up, effect.remaining + left)
    return sums


def _segments(inputs: Inputs, contracts: Collection[str]) -> Mapping[str, Sequence[Segment]]:
    """Segments of the contracts whose counts are at hand."""
    found: defaultdict[str, list[Segment]] = defaultdict(list)
    for contract in contracts:
        segments = inputs.accounting.contracts[contract].segments
        told = inputs.usage is not None or bool(inputs.book.usage)
        if told or not any(map(counts_usage, segments)):
            found[contract].extend(segments)
    return found


def counts_usage(segment: Segment) -> bool:
    """Whether its progress is counted in usage, which is not a fact of the book."""
    counted = segment.shape.progress is Progress.COUNTED
    return counted and (segment.as_used or segment.shape.entitled is not None)


def _revenue(inputs: Inputs, asked: Sequence[Segment]) -> Sequence[int]:
    """Revenue to date of each segment on the one day it is asked for."""
    if not asked:
        return []
    counts = counted(inputs.book, inputs.usage or ())
    days = sorted({segment.valid_from for segment in asked})
    with Arithmetic(counts) as arithmetic:
        table = arithmetic.recognise(asked, days).table
    found = dict(zip(table["segment"].to_pylist(), table["revenue"].to_pylist(), strict=True))
    return [found[number] for number in range(len(asked))]
