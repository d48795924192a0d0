"""A contract as it stands while its facts are walked in order: what is promised, for how much."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from fractions import Fraction

from revrec.asc606.agent import share_of_use
from revrec.asc606.allocation import (
    Weights,
    allocate,
    allocate_to_its_day,
    discounted,
    explain_allocation,
    proportions,
)
from revrec.asc606.breakage import materials_at_cost, unclaimed_part
from revrec.asc606.increments import Comparison, explain_wholly, increments_of, relates_to
from revrec.asc606.licenses import by_its_nature
from revrec.asc606.openings import allocated_before
from revrec.asc606.payable import Promised
from revrec.asc606.performance_obligations import (
    COMPLETE,
    count_each_unit,
    identify_obligation,
    measure_each_day,
    measure_progress,
)
from revrec.asc606.pricing import Component, Restart, shares
from revrec.asc606.royalties import (
    Transferred,
    above_minimum,
    check_royalty,
    check_shared,
    explain_royalty,
    waits,
)
from revrec.asc606.segments import APART, LIVE, Key, Layer, Timeline, layers_opened
from revrec.asc606.standalone_selling_price import Books
from revrec.asc606.time_elapsed import in_elected_grain
from revrec.asc606.transaction_price import FIXED
from revrec.asc606.unit_price import (
    estimate_per_unit,
    explain_unit_price,
    priced_by_unit,
)
from revrec.asc606.use import (
    AsUsed,
    Counted,
    Ended,
    entitlement_over,
    layers_by_unit,
    layers_of_use,
    nothing_to_price,
    shapes_of_use,
    used_before,
)
from revrec.asc606.weighing import InForce, Stopped, weigh
from revrec.model.contract import (
    Bundle,
    Consideration,
    ConsiderationKind,
    Contract,
    PerformanceObligation,
)
from revrec.model.decision import Decision, Earlier, Segment, Shape
from revrec.model.events import Estimate
from revrec.model.opening import OpeningBalance
from revrec.model.performance import Pause


class Standing:
    """Obligations in force, components of the price, restarts, and the decisions taken so far."""

    def __init__(self, contract: Contract, books: Books, written_end: date | None = None) -> None:
        self.contract = contract
        self.books = books
        self.written_end = written_end
        self.decisions: list[Decision] = []
        self.known: dict[str, PerformanceObligation] = {}
        self.in_force: dict[str, InForce] = {}
        self.as_used: list[AsUsed] = []
        self.components: dict[str, Component] = {}
        self.restarts: list[Restart] = []
        self.earlier: dict[tuple[int, str, str], Earlier] = {}
        """Restart, obligation and consideration priced by use -> the measure that ended.

        ``LIVE`` in place of the restart: of an amount agreed for what was transferred before.
        """
        self.last_day = contract.end
        self.cut = date.min
        self.timeline = Timeline(contract)
        self.accrued: list[Segment] = []
        self.handed_over: set[str] = set()
        self.undisturbed: dict[str, tuple[Shape, int]] = {}
        self.pauses: dict[str, tuple[Pause, list[Stopped]]] = {}
        self._because: dict[str, int] = {}
        self.opening: OpeningBalance | None = None

    def record(self, decision: Decision) -> int:
        """Keep a decision; gives its position."""
        self.decisions.append(decision)
        return len(self.decisions) - 1

    def rest_on(self, obligation: str, decision: int) -> None:
        """What an obligation earns rests on this decision from now on."""
        self._because[obligation] = decision

    def identify(self, obligation: PerformanceObligation, on: date) -> None:
        """Step 2 for one promise, made or restated on a day."""
        obligation = in_elected_grain(by_its_nature(obligation), self.books.policy)
        self.known[obligation.id] = obligation
        decision = identify_obligation(self.contract, obligation, on)
        self.rest_on(obligation.id, self.record(decision))

    def bind(
        self, obligation: PerformanceObligation, group: str, priced_on: date, first_day: date
    ) -> InForce:
        """An obligation with its measure of progress bound to dates and counts."""
        obligation = in_elected_grain(by_its_nature(obligation), self.books.policy)
        shape = measure_progress(
            obligation, self.contract, first_day=first_day, last_day=self.last_day
        )
        begins = obligation.start or first_day
        ends = obligation.end or self.last_day
        return InForce(obligation, group, shape, priced_on, begins, ends)

    def promise(
        self,
        amounts: Mapping[str, int],
        consideration: Iterable[Consideration],
        group: str,
        decision: int,
        *,
        bundles: tuple[Bundle, ...] = (),
    ) -> None:
        """Allocate amounts over the group's obligations, or wholly to those they name.

        Bundles and residuals are of the contract as first signed; what is promised later is
        shared by selling prices of what is left.
        """
        if not amounts:
            return
        sharing = [each for each in self.in_force.values() if each.group == group]
        told = {each.id: each for each in consideration if each.id in amounts}
        named = {
            name: names for name, each in told.items() if (names := relates_to(each, self.in_force))
        }
        shared = sum([amount for name, amount in amounts.items() if name not in named])
        signed = group == MAIN and not self.components
        common = self.weights(sharing, shared if signed else None) if sharing else {}
        if bundles:
            common = discounted(replace(self.contract, bundles=bundles), common, shared)
        in_common = proportions(common)
        splits: list[Mapping[str, int]] = []
        for name, amount in amounts.items():
            names = named.get(name, ())
            unknown = names and not self.in_force.keys() >= set(names)
            if unknown or (amount and not sharing):
                raise nothing_to_price(self.contract, name, set(names) - self.in_force.keys())
            if not sharing:
                continue
            weights, parts = self._only(names) if names else (common, in_common)
            component = Component(id=name, amount=amount, weights=parts, since=len(self.restarts))
            self.components[name] = component
            if names:
                held = [self.in_force[each] for each in names]
                component.increments = increments_of(told[name], self.contract, held)
            if amount:
                split = allocate(amount, parts)
                component.allocated(split, self.restarts)
                splits.append(split)
                explained = explain_allocation(self.contract, name, amount, split, weights)
                component.decisions = [decision, self.record(explained)]
        if named:
            gets = {key: sum([split.get(key, 0) for split in splits]) for key in sorted(common)}
            fair = {key: Comparison(share, common[key]) for key, share in gets.items()}
            for name, names in named.items():
                explained = explain_wholly(self.contract, told[name], names, fair)
                self.components[name].decisions.append(self.record(explained))

    def _only(self, names: tuple[str, ...]) -> tuple[Weights, Mapping[str, int]]:
        """Selling prices of the obligations that an amount is for alone."""
        weights = self.weights([self.in_force[name] for name in names])
        return weights, proportions(weights)

    def weights(self, sharing: Sequence[InForce], price: int | None = None) -> Weights:
        """Selling prices of what is left; a single obligation needs none (32-31).

        With the price of a new contract, proven discounts and residuals count (32-34, 32-37), or
        how another system allocated it.
        """
        if price is not None and self.opening is not None:
            names = [each.id for each in sharing]
            if told := allocated_before(self.contract, self.opening, names, price):
                return told
        found, why = weigh(sharing, self.contract, self.books, price)
        self.decisions.extend(why)
        return found

    def price_use(
        self,
        consideration: Iterable[Consideration],
        first_day: date,
        on: date,
        counted: Mapping[str, Counted] | None = None,
    ) -> None:
        """Consideration for usage: each day's fee to that day, from ``first_day`` on.

        ``counted`` are entitlements that count use from before that day.
        """
        for each in consideration:
            check_royalty(each, self.contract)
            if each.royalty is not None:
                self._price_royalty(each, first_day, on)
                continue
            if priced_by_unit(each):
                decision = self.record(explain_unit_price(each, self.contract, None))
            elif each.kind is ConsiderationKind.USAGE:
                decision = self.record(allocate_to_its_day(self.contract, each, on))
            else:
                continue
            obligation = each.obligation or ""
            if obligation not in self.known:
                raise nothing_to_price(self.contract, each.id, ())
            starts = self.known[obligation].start or first_day
            before = (counted or {}).get(obligation)
            shape = self.shape_of_use(each, max(starts, first_day), before)
            used = AsUsed(each, obligation, shape, decision)
            used.begins, used.ends = first_day, self.known[obligation].end
            self.as_used.append(used)

    def _price_royalty(self, royalty: Consideration, first_day: date, on: date) -> None:
        """A royalty for one license, or shared like the price of all (55-65)."""
        parts = {royalty.obligation or "": 1}
        if royalty.obligation is None:
            held = [each for each in self.in_force.values() if each.group == MAIN]
            check_shared(royalty, self.contract, [each.obligation for each in held])
            parts = dict(proportions(self.weights(held))) if held else {}
        if not parts or not self.known.keys() >= parts.keys():
            raise nothing_to_price(self.contract, royalty.id, ())
        why = explain_royalty(royalty, self.contract, tuple(sorted(parts)), on)
        decision, total, before = self.record(why), sum(parts.values()), 0
        for name, part in sorted(parts.items()):
            shape = self.shape_of_use(royalty, max(self.known[name].start or first_day, first_day))
            upto = Fraction(before + part, total)
            used = AsUsed(royalty, name, shape, decision, upto, Fraction(before, total))
            self.as_used.append(used)
            before += part

    def hand_over(self, transferred: Transferred) -> None:
        """Royalties that waited for the license are earned from now on (55-65)."""
        self.handed_over.add(transferred.id)
        self.publish(max(transferred.on, self.contract.inception))

    def shape_of_use(
        self, consideration: Consideration, first_day: date, before: Counted | None = None
    ) -> Shape:
        """How usage consideration is measured under the terms in force from ``first_day`` on.

        ``before`` is the entitlement, where it counts use from before that day.
        """
        if priced_by_unit(consideration):
            return count_each_unit(first_day)
        entitlement, used = None, 0
        if consideration.above_entitlement:
            held = self.in_force.get(consideration.obligation or "")
            if held is not None:
                entitlement = held.shape
            elif before is not None:
                entitlement = before.terms
            else:
                raise entitlement_over(consideration, self.contract)
            used = used_before(before, entitlement)
        shape = measure_each_day(
            self.contract, entitlement=entitlement, first_day=first_day, used=used
        )
        shape = above_minimum(consideration, shape)
        parts = share_of_use(consideration).denominator
        return shape if parts == 1 else shape._replace(whole=shape.whole * parts)

    def promise_later(self, promised: Promised) -> None:
        """What the customer is promised comes off the price, also of what it has (32-27)."""
        self.promise(
            {promised.id: promised.amount},
            [promised.consideration],
            MAIN,
            self.record(promised.decision),
        )
        self.publish(max(promised.on, self.contract.inception))

    def estimate_use(self, estimate: Estimate) -> bool:
        """Take a new estimate of a price per unit; false if it is of something else."""
        for each in self.as_used:
            if each.by_unit and each.consideration.id == estimate.consideration:
                each.consideration = estimate_per_unit(each.consideration, estimate, self.contract)
                each.decision = self.record(
                    explain_unit_price(each.consideration, self.contract, estimate)
                )
                return True
        return False

    def end_measures(self, affected: Iterable[InForce], used: Iterable[AsUsed]) -> None:
        """Keep how what may be earned for good was measured up to the cut-off (50-12A)."""
        number = len(self.restarts)
        ended = [(each.id, "", each.shape) for each in affected]
        ended += [(each.obligation, each.consideration.id, each.shape) for each in used]
        for name, consideration, shape in ended:
            self.earlier[number, name, consideration] = Earlier(shape, self.cut)

    def concede(self, name: str, amount: str) -> None:
        """An amount complete when it is agreed is for what the last measure came to (50-12A)."""
        ended = [each for (_, of, use), each in self.earlier.items() if of == name and not use]
        if ended:
            self.earlier[LIVE, name, amount] = max(ended, key=lambda each: each.last_day)

    def publish(self, day: date) -> None:
        """State what is in force from the day on."""
        self.timeline.publish(day, self.layers())

    def layers(self) -> dict[Key, Layer]:
        """What is in force now."""
        layers: dict[Key, Layer] = {}
        for component in self.components.values():
            split = shares(component, self.restarts)
            for (number, name), share in split.earned.items():
                layers[name, component.id, number] = Layer(
                    share,
                    COMPLETE,
                    self.restarts[number].products[name],
                    (self._because[name], *component.decisions),
                    kept_breakage=split.breakage.get((number, name), 0),
                    earlier=self.earlier.get((LIVE, name, component.id))
                    or self.earlier.get((number, name, "")),
                )
            for name, share in split.live.items():
                if share:
                    self._lay_live(layers, component, name, share)
            for name, opened in split.opened.items():
                because = (self._because[name], *component.decisions)
                shape, product = self.in_force[name].shape, self.known[name].product
                for part, layer in layers_opened(opened, shape, product, because).items():
                    layers[name, component.id, part] = layer
        for each in self.as_used:
            layers.update(self._layers_as_used(each))
        return layers

    def _lay_live(
        self, layers: dict[Key, Layer], component: Component, name: str, share: int
    ) -> None:
        """What is still being earned, and what of it apart from the rest (55-21b, 55-49)."""
        product = self.known[name].product
        because = (self._because[name], *component.decisions)
        if component.increments is not None:
            earlier = self.earlier.get((LIVE, name, component.id))
            days = Layer(share, component.increments, product, because, earlier=earlier)
            layers[name, component.id, LIVE] = days
            return
        held = self.in_force[name]
        part = None
        if component.id == held.group:
            part = materials_at_cost(held.obligation, self.contract, share)
        part = part or unclaimed_part(held.obligation, self.contract, held.shape, share)
        if part is None:
            layers[name, component.id, LIVE] = Layer(share, held.shape, product, because)
            return
        price, shape = part
        if price:
            layers[name, component.id, APART] = Layer(price, shape, product, because)
        if share - price:
            layers[name, component.id, LIVE] = Layer(share - price, held.shape, product, because)

    def _layers_as_used(self, each: AsUsed) -> dict[Key, Layer]:
        name, terms = each.obligation, each.consideration
        if name not in self.handed_over and waits(terms, self.known[name]):
            return {}
        ended = {
            number: Ended(
                counted,
                self.restarts[number].products[name],
                self.earlier.get((number, name, terms.id)),
            )
            for number, counted in each.counted.items()
        }
        because = (self._because[name], each.decision)
        product = self.known[name].product
        if each.by_unit:
            return layers_by_unit(each, ended, self.contract, product, because)
        return layers_of_use(each, self.shapes_now(each), ended, product, because)

    def shapes_now(self, each: AsUsed) -> tuple[Shape, ...]:
        """How use is counted under the terms in force."""
        held = self.in_force.get(each.obligation)
        return shapes_of_use(each, held, self.known, self.written_end, self.last_day)


MAIN = FIXED
"""Group of the contract as first signed; its main component is the fixed pool."""
