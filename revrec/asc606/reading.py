"""Step 2: which promises are obligations, read with the product catalogue (606-10-25-14 to 25-22).

A contract as told may leave out what the catalogue says of a product, name parts that are not
distinct, and give what an agent collects. Reading it gives the same contract with everything told:
what the later steps, the ledger and the disclosures are given.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from revrec.asc606.agent import retained, retained_estimate
from revrec.asc606.catalogue import (
    Catalogue,
    explain_assurance,
    explain_defaults,
    explain_marketing_offer,
    explain_part,
    explain_promise,
    explain_set_up,
    explain_shipping,
    from_product,
    product_on,
    tiers_by_election,
)
from revrec.citations import cites
from revrec.errors import ContractError
from revrec.model.contract import (
    Consideration,
    ConsiderationKind,
    Contract,
    Measure,
    PerformanceObligation,
    Role,
    Warranty,
)
from revrec.model.decision import Decision
from revrec.model.history import ContractHistory
from revrec.model.policy import Policy
from revrec.model.product import Product
from revrec.model.right import CustomerOption


@cites("606-10-25-14", "606-10-25-16")
def read_promises(
    history: ContractHistory, catalogue: Catalogue, policy: Policy | None = None
) -> None:
    """Read a contract and its changes in place; a contract that cannot be read keeps its refusal.

    The refusal is raised when the contract is accounted for, so that others go on. Without a
    policy, as where only promises matter, tiers stay as told.
    """
    if not catalogue and _says_all(history):
        return
    try:
        reading = _Reading(history.contract, catalogue, policy)
        contract = reading.contract()
        history.modifications = [
            replace(
                each,
                adds=reading.promises(each.adds, each.on),
                revises=reading.promises(each.revises, each.on),
                adds_consideration=reading.amounts(each.adds_consideration, each.on),
                revises_consideration=reading.amounts(each.revises_consideration, each.on),
            )
            for each in history.modifications
        ]
        history.exercises = [
            replace(each, buys=reading.promises(each.buys, each.on)) for each in history.exercises
        ]
        history.estimates = [
            retained_estimate(each, reading.told, contract.currency) for each in history.estimates
        ]
        history.contract, history.read_as = contract, tuple(reading.decisions)
    except ContractError as error:
        history.refusal = error


def _says_all(history: ContractHistory) -> bool:
    """Whether the facts tell every obligation in full, so that there is nothing to read."""
    if not _in_full(history.contract.obligations, history.contract.consideration):
        return False
    return all(
        _in_full(each.adds, each.adds_consideration)
        and _in_full(each.revises, each.revises_consideration)
        for each in history.modifications
    ) and all(_in_full(each.buys, ()) for each in history.exercises)


def _in_full(promised: Iterable[PerformanceObligation], amounts: Iterable[Consideration]) -> bool:
    for told in promised:
        if told.measure is Measure.AS_PRODUCT or told.option is not None or told.because:
            return False
        if not (
            told.series is None
            and told.part_of is None
            and told.transfers_nothing is None
            and told.warranty is None
            and told.role is None
        ):
            return False
    for amount in amounts:
        if amount.tiers or amount.retained_share is not None or amount.retained_amount is not None:
            return False
    return True


def _anyone_gets(option: CustomerOption) -> bool:
    """Whether the right gives nothing that other customers do not get (55-43)."""
    return option.value is None and option.discount <= option.offered_to_all


@dataclass(frozen=True, slots=True)
class _Promise:
    """A promise with everything told, and the catalogue entry it was read with."""

    obligation: PerformanceObligation
    product: Product | None


class _Reading:
    """One contract as it is read: what its promises became, and why."""

    def __init__(self, contract: Contract, catalogue: Catalogue, policy: Policy | None) -> None:
        self._contract = contract
        self._catalogue = catalogue
        self._policy = policy
        self._became: dict[str, str | None] = {}
        """Promise that is no obligation -> the one it joins, or none."""
        self._promises: dict[str, _Promise] = {}
        self.told: dict[str, Consideration] = {}
        self.decisions: list[Decision] = []

    def contract(self) -> Contract:
        """The contract as signed, with everything told."""
        signed = self._contract
        obligations = self.promises(signed.obligations, signed.inception)
        consideration = self.amounts(signed.consideration, signed.inception)
        return replace(signed, obligations=obligations, consideration=consideration)

    def promises(
        self, told: Sequence[PerformanceObligation], on: date
    ) -> tuple[PerformanceObligation, ...]:
        """The obligations among promises made on a day; the others join one or are none."""
        for each in told:
            product = product_on(each.product, self._catalogue, on)
            self._promises[each.id] = _Promise(self._defaulted(each, product, on), product)
        for each in told:
            self._place(self._promises[each.id], on)
        read = [self._promises[each.id].obligation for each in told]
        parts = [each for each in read if each.id in self._became]
        obligations = [self._joined(each, parts) for each in read if each.id not in self._became]
        for each in obligations:
            if each.measure is Measure.AS_PRODUCT:
                raise self._refused(
                    each,
                    f"tells no measure of progress, and its product has no catalogue entry on {on}",
                    "606-10-25-31",
                    "Give `measure`, or add the product to the catalogue.",
                )
        return tuple(obligations)

    def amounts(self, told: Sequence[Consideration], on: date) -> tuple[Consideration, ...]:
        """Consideration for obligations that are left, net of what is the principal's."""
        read = []
        for each in told:
            self.told[each.id] = each
            given = self._shared_by_catalogue(each)
            if self._policy is not None:
                given = tiers_by_election(given, self._policy)
            net, decision = retained(given, self._contract, self._role(each), on)
            if decision is not None:
                self.told[each.id] = given
                self.decisions.append(decision)
            read.append(self._renamed(net))
        return tuple(read)

    def _defaulted(
        self, told: PerformanceObligation, product: Product | None, on: date
    ) -> PerformanceObligation:
        """The promise with the product's answers where the contract has none."""
        if product is None:
            return told if told.series is None else replace(told, distinct_increments=told.series)
        full = from_product(told, product)
        if full != told:
            self.decisions.append(explain_defaults(self._contract, told, full, product, on))
        return full

    def _place(self, promise: _Promise, on: date) -> None:
        """Decide whether a promise is an obligation, a part of one, or none."""
        told, product = promise.obligation, promise.product
        if told.warranty is Warranty.ASSURANCE:
            self._drop(told, explain_assurance(self._contract, told, on), None)
        elif told.part_of is not None or (product is not None and not product.distinct):
            host = self._host(told, product)
            self._drop(told, explain_part(self._contract, told, product, host, on), host)
        elif told.transfers_nothing:
            explain = explain_shipping if told.shipping else explain_set_up
            self._drop(told, explain(self._contract, told, on), None)
        else:
            option = told.option
            if option is not None and _anyone_gets(option):
                self._drop(told, explain_marketing_offer(self._contract, told, on), None)
            elif product is not None or told.because or told.warranty is Warranty.SERVICE:
                self.decisions.append(explain_promise(self._contract, told, product, on))

    def _drop(self, told: PerformanceObligation, decision: Decision, host: str | None) -> None:
        self._became[told.id] = host
        self.decisions.append(decision)

    def _host(self, told: PerformanceObligation, product: Product | None) -> str:
        """The obligation that a promise which is not distinct belongs to."""
        if told.part_of is not None:
            hosts = [name for name in (told.part_of,) if name in self._promises]
        else:
            wanted = product.part_of if product is not None else ""
            hosts = [
                name for name, each in self._promises.items() if each.obligation.product == wanted
            ]
        if len(hosts) != 1 or hosts[0] == told.id:
            raise self._refused(
                told,
                "is not distinct, but the contract has "
                f"{'no obligation' if not hosts else 'several obligations'} it could be a part of",
                "606-10-25-22",
                "Give `part_of`: the id of the obligation it is combined with.",
            )
        return hosts[0]

    def _end(self, name: str) -> str | None:
        """The obligation a promise has become, after following what that has become."""
        seen = {name}
        here: str | None = name
        while here is not None and here in self._became:
            here = self._became[here]
            if here in seen:
                raise self._refused(
                    self._promises[name].obligation,
                    "is a part of itself, through what it is a part of",
                    "606-10-25-22",
                    "Name as `part_of` the obligation that is distinct.",
                )
            if here is not None:
                seen.add(here)
        return here

    def _joined(
        self, host: PerformanceObligation, parts: Sequence[PerformanceObligation]
    ) -> PerformanceObligation:
        """An obligation with the meters and the selling prices of its parts (25-21)."""
        parts = [each for each in parts if self._end(each.id) == host.id]
        meters = [meter for each in parts for meter in each.meters]
        if meters:
            host = replace(host, meters=(*host.counted_meters, *meters))
        for each in parts:
            if each.standalone_selling_price is None or each.transfers_nothing:
                continue
            if host.standalone_selling_price is None:
                raise self._refused(
                    each,
                    f"tells a standalone selling price, but {host.id}, which it is a part of, "
                    "does not",
                    "606-10-32-31",
                    "Give the price of the combination on the obligation, or of both.",
                )
            price = host.standalone_selling_price + each.standalone_selling_price
            host = replace(host, standalone_selling_price=price)
        return host

    def _renamed(self, told: Consideration) -> Consideration:
        """Consideration for a part of an obligation is consideration for the obligation."""
        if any(name in self._became for name in told.obligations):
            ends = [self._end(name) for name in told.obligations]
            names = dict.fromkeys(name for name in ends if name is not None)
            told = replace(told, obligations=tuple(names))
        name = told.obligation
        if name is None or name not in self._became:
            return told
        promise = self._promises[name].obligation
        if promise.warranty is Warranty.ASSURANCE:
            raise self._refused(
                promise,
                f"is told as an assurance, but {told.id} is a price of its own for it",
                "606-10-55-31",
                "A warranty that is priced separately is a service: `warranty: service`.",
            )
        host = self._end(name)
        if host is None and told.kind is ConsiderationKind.USAGE:
            raise self._refused(
                promise,
                f"transfers nothing, but {told.id} is a fee for its use",
                "606-10-25-17",
                "Name the obligation whose use is charged.",
            )
        return replace(told, obligation=host)

    def _role(self, told: Consideration) -> Role | None:
        named = self._promises.get(told.obligation or "")
        return None if named is None else named.obligation.role

    def _shared_by_catalogue(self, told: Consideration) -> Consideration:
        """An agent's share is the product's where the contract tells none."""
        named = self._promises.get(told.obligation or "")
        silent = told.retained_share is None and told.retained_amount is None
        if named is None or named.product is None or not silent:
            return told
        agent = named.obligation.role is Role.AGENT
        return replace(told, retained_share=named.product.retained_share) if agent else told

    def _refused(
        self, told: PerformanceObligation, what: str, citation: str, remedy: str
    ) -> ContractError:
        return ContractError(
            f"Promise {told.id} ({told.product}) of contract {self._contract.id} {what}.",
            citation=citation,
            remedy=remedy,
            contract=self._contract.id,
            field=f"obligations.{told.id}",
        )
