"""What the books know for estimates: components, their contracts, outcomes, use, policy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import TypeVar

import pyarrow as pa

from revrec.errors import ContractError, UnsupportedTerm
from revrec.estimation.cases import Case
from revrec.estimation.components import QUANTITY, Quantity, check_component
from revrec.estimation.histories import Series
from revrec.estimation.numbers import MODEL_VERSION
from revrec.estimation.panel import Doubt
from revrec.feeds.policies import completed, default_policy
from revrec.feeds.records import of_fact
from revrec.model.contract import ConsiderationKind, Contract, CountedIn
from revrec.model.estimation import ComponentOutcome, VariableComponent
from revrec.model.events import Estimate, EstimateStandard, Modification
from revrec.model.fact import FactKind, digest_of
from revrec.model.policy import Policy
from revrec.operations.known import pins_at
from revrec.operations.series import similar, used_meters
from revrec.store import facts
from revrec.store.lake import Lake
from revrec.store.transaction import Transaction
from revrec.usage import rollup

_KINDS = frozenset(
    {
        FactKind.CONTRACT,
        FactKind.MODIFICATION,
        FactKind.ESTIMATE,
        FactKind.VARIABLE_COMPONENT,
        FactKind.COMPONENT_OUTCOME,
        FactKind.POLICY,
    }
)
_NONE = Decimal(0)
_Dated = TypeVar("_Dated", Estimate, ComponentOutcome)


@dataclass(frozen=True, slots=True, kw_only=True)
class EstimateInputs:
    """Facts and use as of a day."""

    as_of: date
    policy: Policy
    contracts: Mapping[str, Contract]
    components: Sequence[VariableComponent]
    outcomes: Mapping[str, Sequence[ComponentOutcome]]
    """By component, in the order of their days."""
    estimates: Mapping[str, Sequence[Estimate]]
    """By contract, in the order of their days."""
    daily: pa.Table
    fact_seq: int
    usage_version: int | None
    digest: str
    """Of everything above that an estimate rests on, and of the model's version."""

    def in_force(self, component: VariableComponent) -> Decimal | None:
        """The estimate in force: of the consideration's amount or volume, or of expected use."""
        found: Decimal | None = None
        for each in self.estimates.get(component.contract, ()):
            if component.consideration and each.consideration == component.consideration:
                found = each.expected if each.amount is None else each.amount
            elif component.consideration is None and each.obligation == component.obligation:
                found = each.expected
        return found

    def price(self, contract: Contract, but: str | None = None) -> Decimal:
        """Fixed consideration and estimates in force, one consideration left out."""
        amounts = {
            each.id: each.amount
            for each in contract.consideration
            if each.kind is not ConsiderationKind.USAGE and not each.tiers and not each.per_unit
        }
        for estimate in self.estimates.get(contract.id, ()):
            if estimate.consideration in amounts and estimate.amount is not None:
                amounts[estimate.consideration] = estimate.amount
        return sum((amount for name, amount in amounts.items() if name != but), _NONE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """Cases ready to be estimated, and components that cannot be."""

    cases: Sequence[Case]
    series: Sequence[Series]
    refused: Mapping[str, ContractError]


def read_estimate_inputs(
    tx: Transaction, lake: Lake, as_of: date, known_at: datetime | None = None
) -> EstimateInputs:
    """Everything known now, or at a moment, that had taken effect by the day."""
    pins = pins_at(tx, lake, known_at)
    known = [
        each.fact
        for each in facts.read(tx, through_seq=pins.fact_seq)
        if each.fact.kind in _KINDS and each.fact.effective_on <= as_of
    ]
    records = [of_fact(each) for each in known]
    told = next((completed(each) for each in records if isinstance(each, Policy)), None)
    policy = told or default_policy()
    # What passed the other standard's constraint is of another book.
    own_standard = (None, EstimateStandard(policy.value("estimates_standard")))
    contracts = {each.id: each for each in records if isinstance(each, Contract)}
    for each in records:
        if isinstance(each, Modification) and each.contract in contracts:
            contracts[each.contract] = _modified(contracts[each.contract], each)
    version = pins.usage_version
    dataset = None if version is None else lake.dataset(tx, "usage", version)
    own = [
        f"{each.kind}:{each.key}:{each.digest}" for each in known if each.kind != FactKind.ESTIMATE
    ]
    return EstimateInputs(
        as_of=as_of,
        policy=policy,
        contracts=contracts,
        components=sorted(
            (each for each in records if isinstance(each, VariableComponent)),
            key=lambda each: each.id,
        ),
        outcomes=_grouped(
            (each.component, each) for each in records if isinstance(each, ComponentOutcome)
        ),
        estimates=_grouped(
            (each.contract, each)
            for each in records
            if isinstance(each, Estimate) and each.standard in own_standard
        ),
        daily=rollup.daily(dataset, through=as_of, entity=tx.entity),
        fact_seq=pins.fact_seq,
        usage_version=version,
        digest=digest_of([MODEL_VERSION, str(as_of), version, sorted(own)]),
    )


def prepare(inputs: EstimateInputs) -> Prepared:
    """Cases of the components that are open, with the series that those of use count.

    Contracts that use the same meters without such a component stand in the portfolio too: they
    are what a new contract is compared with (606-10-10-4).
    """
    refused: dict[str, ContractError] = {}
    cases: list[Case] = []
    series: dict[tuple[str, frozenset[str], CountedIn], Series] = {}
    places: dict[tuple[str, frozenset[str], CountedIn], int] = {}
    for component in inputs.components:
        told = inputs.outcomes.get(component.id, ())
        if any(each.final for each in told):
            continue
        try:
            contract = _contract_of(component, inputs.contracts)
            ends = component.ends or contract.end
            if ends is None:
                raise UnsupportedTerm(
                    f"Component {component.id} of contract {contract.id} has no last day.",
                    citation="606-10-32-5",
                    remedy="Give `ends`.",
                    contract=contract.id,
                    field=f"variable_component.{component.id}.ends",
                )
            row = None
            if QUANTITY[component.component] is Quantity.USE and not component.outcomes:
                key, counted = _series(component, contract, inputs)
                row = places.setdefault(key, len(places))
                series.setdefault(key, counted)
            cases.append(_case(component, contract, ends, row, inputs))
        except ContractError as error:
            refused[component.id] = error
    _add_similar(series, inputs)
    return Prepared(cases=cases, series=list(series.values()), refused=refused)


def _case(
    component: VariableComponent,
    contract: Contract,
    ends: date,
    row: int | None,
    inputs: EstimateInputs,
) -> Case:
    """The component with what happened of it so far."""
    told = inputs.outcomes.get(component.id, ())
    last = told[-1] if told else None
    days = Decimal(max((inputs.as_of - component.on).days, 0))
    counting = QUANTITY[component.component] is Quantity.COUNT
    chances = days if counting else (last.trials or Decimal(1)) if last else _NONE
    return Case(
        component=component,
        contract=contract,
        days_left=max((ends - inputs.as_of).days, 0),
        other_revenue=max(inputs.price(contract, component.consideration), _NONE),
        row=row,
        happened=last.quantity if last else _NONE,
        chances=chances,
    )


def _contract_of(component: VariableComponent, contracts: Mapping[str, Contract]) -> Contract:
    contract = contracts.get(component.contract)
    if contract is None:
        raise UnsupportedTerm(
            f"Component {component.id} is of contract {component.contract}, which is not recorded.",
            citation="606-10-32-5",
            remedy="Record the contract, or correct the component.",
            contract=component.contract,
            field=f"variable_component.{component.id}.contract",
        )
    check_component(component, contract)
    return contract


def _series(
    component: VariableComponent, contract: Contract, inputs: EstimateInputs
) -> tuple[tuple[str, frozenset[str], CountedIn], Series]:
    """What a component counts, in the portfolio."""
    meters, counted_in = counted_of(component, contract)
    if not meters:
        raise UnsupportedTerm(
            f"Component {component.id} of contract {contract.id} counts no meters.",
            citation="606-10-32-5",
            remedy="Name `meters`, or the obligation whose meters count.",
            contract=contract.id,
            field=f"variable_component.{component.id}.meters",
        )
    doubt = Doubt.CURRENCY_CHANGED if _changed_currency(contract, inputs.contracts) else None
    key = (contract.id, meters, counted_in)
    return key, similar(contract, meters, counted_in, cohort=component.cohort, doubt=doubt)


def counted_of(
    component: VariableComponent, contract: Contract
) -> tuple[frozenset[str], CountedIn]:
    """The meters named, or those of the obligation, and what of them counts."""
    named = component.obligation or next(
        (each.obligation for each in contract.consideration if each.id == component.consideration),
        None,
    )
    obligation = next((each for each in contract.obligations if each.id == named), None)
    meters = component.meters or (obligation.counted_meters if obligation else ())
    return frozenset(meters), obligation.usage.counted_in if obligation else CountedIn.QUANTITY


def _changed_currency(contract: Contract, contracts: Mapping[str, Contract]) -> bool:
    return any(
        each.customer == contract.customer
        and each.currency != contract.currency
        and each.first_day < contract.first_day
        for each in contracts.values()
    )


def _add_similar(
    series: dict[tuple[str, frozenset[str], CountedIn], Series], inputs: EstimateInputs
) -> None:
    """Put every other contract with use of the same meters beside those to be estimated."""
    used = used_meters(inputs.daily)
    for meters, counted_in in sorted(
        {(tuple(sorted(meters)), counted_in) for _, meters, counted_in in series}
    ):
        for name, contract in inputs.contracts.items():
            key = (name, frozenset(meters), counted_in)
            if key not in series and used.get(name, set()) & set(meters):
                series[key] = similar(contract, key[1], counted_in)


def _modified(contract: Contract, change: Modification) -> Contract:
    """The contract with what a modification added, and its new end."""
    return replace(
        contract,
        obligations=(*contract.obligations, *change.adds),
        consideration=(*contract.consideration, *change.adds_consideration),
        end=change.end or contract.end,
    )


def _grouped(pairs: Iterator[tuple[str, _Dated]]) -> dict[str, list[_Dated]]:
    found: dict[str, list[_Dated]] = {}
    for name, each in pairs:
        found.setdefault(name, []).append(each)
    for listed in found.values():
        listed.sort(key=lambda each: (each.on, each.id))
    return found
