"""Step 5: agreements to repurchase what is sold (606-10-55-66 to 55-78).

Goods that we may or must have back have not been sold. Where we pay at least what we received, it
is a financing: what is received is a liability and grows to the price of the repurchase as
interest. Where we pay less, it is a lease, which is another Topic's. A customer's right to sell
back is a sale with a right of return unless the customer has reason to use it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

import msgspec

from revrec.asc606.control import performed
from revrec.asc606.performance_obligations import COMPLETE
from revrec.citations import cites
from revrec.errors import UnsupportedTerm
from revrec.model.contract import Contract, PerformanceObligation
from revrec.model.decision import Decision, Progress, Segment, Shape, Stream, Told
from revrec.model.history import ContractHistory
from revrec.model.performance import Repurchase, RepurchaseKind
from revrec.money import Money, round_ratio, to_minor
from revrec.periods import FOREVER, day_before


class Nature(StrEnum):
    """What a sale with a repurchase agreement is."""

    SALE = "sale with a right of return"
    FINANCING = "financing"
    LEASE = "lease"


class Repurchases(msgspec.Struct):
    """What repurchase agreements make of a contract's revenue."""

    revenue: list[Segment] = []
    accrued: list[Segment] = []
    decisions: list[Decision] = []


@dataclass(frozen=True, slots=True, kw_only=True)
class _Right:
    """A right that makes a sale a financing, from the handover to its end."""

    since: date
    last: date
    ends: date
    exercised: bool
    interest: int
    because: tuple[int, ...]


@cites("606-10-55-68", "606-10-55-69", "606-10-55-72", "606-10-55-74", "606-10-55-75")
def nature_of(terms: Repurchase, original: int, price: int) -> Nature:
    """What it is, from the original price and the repurchase price, adjusted for time, if told.

    Minor units. Whether the customer has an incentive to use a put is judged (55-73).
    """
    if terms.kind is not RepurchaseKind.PUT:
        return Nature.FINANCING if price >= original else Nature.LEASE
    if price < original:
        return Nature.LEASE if terms.economic_incentive else Nature.SALE
    likely = terms.above_market or terms.economic_incentive
    return Nature.FINANCING if likely else Nature.SALE


@cites("606-10-55-66", "606-10-55-68", "606-10-55-70", "606-10-55-71", "606-10-55-77")
def with_repurchases(
    history: ContractHistory, segments: Sequence[Segment], position: int
) -> Repurchases:
    """Revenue of what is sold, and liabilities with interest for what is only financed.

    A right that is not used by its last day lapses then, and the sale takes place at what is owed.
    ``position`` is the place of the first decision. Raises UnsupportedTerm for a lease.
    """
    promised = {
        each.id: each for each in history.contract.obligations if each.repurchase is not None
    }
    if not promised:
        return Repurchases(revenue=list(segments))
    found = Repurchases()
    financed: dict[str, list[Segment]] = {}
    for segment in segments:
        if segment.obligation in promised:
            financed.setdefault(segment.obligation, []).append(segment)
        else:
            found.revenue.append(segment)
    for name, concerned in financed.items():
        _account(history, promised[name], concerned, found, position)
    return found


def _account(
    history: ContractHistory,
    obligation: PerformanceObligation,
    segments: Sequence[Segment],
    found: Repurchases,
    position: int,
) -> None:
    """One obligation: a sale as it was, or a financing until the right ends."""
    contract, terms = history.contract, obligation.repurchase
    handed = [each.on for each in performed(history) if each.counter == obligation.id]
    if terms is None or not handed:
        found.revenue += segments
        return
    since = min(handed)
    received = sum(each.price for each in segments if each.valid_from <= since <= each.valid_to)
    back = to_minor(terms.price, contract.currency)
    compared = (
        back if terms.adjusted_price is None else to_minor(terms.adjusted_price, contract.currency)
    )
    nature = nature_of(terms, received, compared)
    number = position + len(found.decisions)
    found.decisions.append(_explain(contract, obligation, terms, nature, received))
    if nature is Nature.SALE:
        found.revenue += segments
        return
    if nature is Nature.LEASE or max(handed) != since or terms.last <= since:
        raise _refused(contract, obligation, terms, nature)
    ends, exercised = _end(history, obligation, terms)
    right = _Right(
        since=since,
        last=terms.last,
        ends=ends,
        exercised=exercised,
        interest=back - received,
        because=(number,),
    )
    for each in segments:
        _finance(each, right, found)
    _accrete(segments[0], right, found)


def _finance(segment: Segment, right: _Right, found: Repurchases) -> None:
    """What is received is a liability while the right lasts, and revenue if it lapses."""
    segment, ends = segment._replace(decisions=(*segment.decisions, *right.because)), right.ends
    if segment.valid_from < ends:
        until = min(segment.valid_to, day_before(ends) if ends < FOREVER else FOREVER)
        found.accrued.append(segment._replace(valid_to=until, stream=Stream.REPURCHASE))
    if not right.exercised and segment.valid_to >= ends and ends < FOREVER:
        found.revenue.append(segment._replace(valid_from=max(segment.valid_from, ends)))


def _accrete(segment: Segment, right: _Right, found: Repurchases) -> None:
    """Interest, even by days, from the day after the cash to the repurchase; it is owed too.

    A right used early is paid for in full: the rest of the interest is of that day. A right that
    lapses leaves what has accrued, which becomes part of the price.
    """
    growing = Shape(progress=Progress.DAYS, starts=right.since + timedelta(days=1), ends=right.last)
    part = segment._replace(
        component="repurchase",
        valid_from=right.since,
        valid_to=day_before(right.ends) if right.ends < FOREVER else FOREVER,
        price=right.interest,
        shape=growing,
        kept_breakage=0,
        as_used=False,
        decisions=right.because,
    )
    found.accrued += [
        part._replace(stream=Stream.INTEREST_EXPENSE),
        part._replace(stream=Stream.REPURCHASE),
    ]
    if right.ends == FOREVER:
        return
    passed, days = (min(right.ends, right.last) - right.since).days, right.last - right.since
    accrued = round_ratio(right.interest * passed, days.days)
    total = right.interest if right.exercised else accrued
    settled = part._replace(valid_from=right.ends, valid_to=FOREVER, price=total, shape=COMPLETE)
    found.accrued.append(settled._replace(stream=Stream.INTEREST_EXPENSE))
    if not right.exercised and total:
        found.revenue.append(settled)


def _end(
    history: ContractHistory, obligation: PerformanceObligation, terms: Repurchase
) -> tuple[date, bool]:
    """The day the right ends, and whether it was used; a forward without an outcome goes on."""
    told = [each for each in history.repurchases if each.obligation == obligation.id]
    for each in told:
        return each.on, each.exercised
    return (FOREVER if terms.kind is RepurchaseKind.FORWARD else terms.last), False


def _explain(
    contract: Contract,
    obligation: PerformanceObligation,
    terms: Repurchase,
    nature: Nature,
    received: int,
) -> Decision:
    price, original = terms.price, Money(received, contract.currency)
    paragraphs: Iterable[str] = ("606-10-55-66", "606-10-55-68", "606-10-55-70")
    if terms.kind is RepurchaseKind.PUT:
        paragraphs = ("606-10-55-72", "606-10-55-74", "606-10-55-75")
    return Decision(
        contract=contract.id,
        on=contract.inception,
        step=5,
        rule="nature_of",
        paragraphs=tuple(paragraphs),
        told=Told(
            inputs={
                "obligation": obligation.id,
                "kind": terms.kind.value,
                "repurchase_price": str(price),
                "economic_incentive": str(terms.economic_incentive),
                "above_market": str(terms.above_market),
            },
            outcome=nature.value,
            sentence=(
                f"{obligation.id} is sold for {original} with a {terms.kind.value} at {price} "
                f"until {terms.last}: it is a {nature.value}."
            ),
        ),
    )


def _refused(
    contract: Contract, obligation: PerformanceObligation, terms: Repurchase, nature: Nature
) -> UnsupportedTerm:
    lease = nature is Nature.LEASE
    what = (
        f"may be had back for {terms.price}, less than it was sold for: a lease"
        if lease
        else f"is financed until {terms.last}, but was not handed over at once before that day"
    )
    return UnsupportedTerm(
        f"{obligation.id} in contract {contract.id} {what}.",
        citation="606-10-55-68",
        remedy=(
            "Account for it under Topic 842."
            if lease
            else "Give each delivery its own obligation and a later last day."
        ),
        contract=contract.id,
        field=f"obligations.{obligation.id}.repurchase",
    )
