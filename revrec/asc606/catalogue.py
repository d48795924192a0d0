"""Step 2: what the catalogue answers for a promise, and the judgments told (25-14 to 25-22)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from operator import attrgetter

from revrec.citations import cites
from revrec.errors import ContractError
from revrec.model.contract import (
    Consideration,
    Contract,
    Measure,
    PerformanceObligation,
    Role,
    SellingPriceMethod,
    UsageTerms,
    Warranty,
)
from revrec.model.decision import Decision, Told
from revrec.model.policy import Policy
from revrec.model.price import TierBasis
from revrec.model.product import Product

Catalogue = Mapping[str, Sequence[Product]]
"""Product -> its versions."""


@cites("606-10-25-14")
def by_product(products: Iterable[Product]) -> Catalogue:
    """The catalogue's versions by product."""
    found: dict[str, list[Product]] = {}
    for each in products:
        found.setdefault(each.product, []).append(each)
    return found


@cites("606-10-25-14")
def product_on(product: str, catalogue: Catalogue, on: date) -> Product | None:
    """The catalogue's version of a product in force on a day; none if it has none by then.

    Raises ContractError where two versions begin on the same day.
    """
    found = [each for each in catalogue.get(product, ()) if each.effective_from <= on]
    if not found:
        return None
    latest = max(found, key=attrgetter("effective_from"))
    same = sorted(each.id for each in found if each.effective_from == latest.effective_from)
    if len(same) > 1:
        raise ContractError(
            f"Product {product} has versions {', '.join(same)}, all from {latest.effective_from}.",
            citation="606-10-25-14",
            remedy="Keep one version for each day.",
            field="products",
        )
    return latest


@cites("606-10-25-14", "606-10-25-15", "606-10-25-31")
def from_product(told: PerformanceObligation, product: Product) -> PerformanceObligation:
    """The promise with the product's answers where the contract gives none."""
    usage = told.usage
    if product.counted_in is not None and usage.counted_in is UsageTerms().counted_in:
        usage = replace(usage, counted_in=product.counted_in)
    priced = told.standalone_selling_price is not None or told.selling_price_range is not None
    residual = product.selling_price_method is SellingPriceMethod.RESIDUAL and not priced
    series, nothing = told.series, told.transfers_nothing
    if series is None:
        series = product.series and told.distinct_increments
    return replace(
        told,
        measure=product.measure if told.measure is Measure.AS_PRODUCT else told.measure,
        distinct_increments=series,
        transfers_nothing=product.transfers_nothing if nothing is None else nothing,
        warranty=product.warranty if told.warranty is None else told.warranty,
        role=product.role if told.role is None else told.role,
        meters=told.meters or product.meters,
        usage=usage,
        residual=told.residual or residual,
    )


_ANSWERS = (
    "measure",
    "distinct_increments",
    "transfers_nothing",
    "warranty",
    "role",
    "meters",
    "residual",
)


@cites("606-10-25-14", "606-10-25-31")
def explain_defaults(
    contract: Contract,
    told: PerformanceObligation,
    full: PerformanceObligation,
    product: Product,
    on: date,
) -> Decision:
    """Which terms of a promise the contract tells, and which come from the catalogue."""
    origins = {}
    for name in _ANSWERS:
        value = getattr(full, name)
        if value in ((), False):
            continue
        own = getattr(told, name) == value
        shown = ", ".join(value) if isinstance(value, tuple) else str(value)
        origins[name] = f"{shown} ({'contract' if own else product.id})"
    taken = [name.replace("_", " ") for name in origins if product.id in origins[name]]
    return Decision(
        contract=contract.id,
        on=on,
        step=2,
        rule="explain_defaults",
        paragraphs=("606-10-25-14", "606-10-25-31"),
        told=Told(
            inputs={"obligation": told.id, "product": product.id} | origins,
            outcome=f"read with {product.id}",
            sentence=(
                f"{told.id} is a promise of {product.name or product.product}: "
                f"{', '.join(taken) or 'nothing'} as the catalogue says since "
                f"{product.effective_from}, the rest as the contract tells."
            ),
        ),
    )


@cites("606-10-25-19", "606-10-25-20", "606-10-25-21", "606-10-55-31", "606-10-55-37A")
def explain_promise(
    contract: Contract, told: PerformanceObligation, product: Product | None, on: date
) -> Decision:
    """Why a promise is an obligation of its own, and in which role the entity makes it."""
    paragraphs = ["606-10-25-19"]
    said = [f"{told.id} is distinct"]
    reason = told.because or (product.distinct_because if product is not None else "")
    if reason:
        said.append(f"({reason})")
    if told.warranty is Warranty.SERVICE:
        paragraphs += ["606-10-55-31", "606-10-55-34"]
        said.append("and, as a warranty that is a service, an obligation of its own")
    if told.role is not None:
        paragraphs.append("606-10-55-37A" if told.role is Role.PRINCIPAL else "606-10-55-38")
        why = product.role_because if product is not None else ""
        said.append(f"; the entity is the {told.role}{f' ({why})' if why else ''}")
    return Decision(
        contract=contract.id,
        on=on,
        step=2,
        rule="explain_promise",
        paragraphs=tuple(paragraphs),
        told=Told(
            inputs={"obligation": told.id, "because": reason},
            outcome="obligation",
            sentence=" ".join(said).replace(" ;", ";") + ".",
        ),
    )


@cites("606-10-25-21", "606-10-25-22", "606-10-55-50", "606-10-55-51")
def explain_part(
    contract: Contract, told: PerformanceObligation, product: Product | None, host: str, on: date
) -> Decision:
    """A promise that is not distinct is combined with the obligation it belongs to."""
    reason = told.because or (product.distinct_because if product is not None else "")
    why = f" ({reason})" if reason else ""
    return _no_obligation(
        contract,
        told,
        on,
        ("explain_part", "606-10-25-21", "606-10-25-22"),
        f"part of {host}",
        f"{told.id} is not distinct from {host}{why}: both are one obligation, and what is "
        "charged for it is part of the price of that.",
    )


@cites("606-10-25-17", "606-10-55-50", "606-10-55-51", "606-10-55-53")
def explain_set_up(contract: Contract, told: PerformanceObligation, on: date) -> Decision:
    """Set-up work transfers nothing: a fee for it is paid in advance for what does."""
    return _no_obligation(
        contract,
        told,
        on,
        ("explain_set_up", "606-10-25-17", "606-10-55-51"),
        "no obligation",
        f"{told.id} transfers nothing to the customer: it is no obligation, and a fee for it is "
        "an advance payment for what is transferred.",
    )


@cites("606-10-25-18B")
def explain_shipping(contract: Contract, told: PerformanceObligation, on: date) -> Decision:
    """Shipping after control has passed is, by election, an activity to fulfil the promise."""
    return _no_obligation(
        contract,
        told,
        on,
        ("explain_shipping", "606-10-25-18B"),
        "no obligation",
        f"{told.id} ships goods that the customer controls already: by election it fulfils their "
        "promise and is none of its own.",
    )


@cites("606-10-55-30", "606-10-55-32", "606-10-55-33", "606-10-55-35")
def explain_assurance(contract: Contract, told: PerformanceObligation, on: date) -> Decision:
    """A warranty that the product is as agreed is no obligation; its cost is accrued (460-10)."""
    return _no_obligation(
        contract,
        told,
        on,
        ("explain_assurance", "606-10-55-32", "606-10-55-33"),
        "no obligation",
        f"{told.id} assures that what is sold is as agreed: it is no obligation and takes no part "
        "of the price; its expected cost is accrued.",
    )


@cites("606-10-55-42", "606-10-55-43")
def explain_marketing_offer(contract: Contract, told: PerformanceObligation, on: date) -> Decision:
    """A discount that anyone gets is an offer, not a right bought with the contract."""
    return _no_obligation(
        contract,
        told,
        on,
        ("explain_marketing_offer", "606-10-55-42", "606-10-55-43"),
        "no material right",
        f"{told.id} gives no discount beyond what any customer gets: it is an offer, accounted "
        "for when the customer takes it up.",
    )


def _no_obligation(
    contract: Contract, told: PerformanceObligation, on: date, rule: tuple[str, ...], *said: str
) -> Decision:
    (name, *paragraphs), (outcome, sentence) = rule, said
    return Decision(
        contract=contract.id,
        on=on,
        step=2,
        rule=name,
        paragraphs=tuple(paragraphs),
        told=Told(
            inputs={"promise": told.id, "product": told.product, "because": told.because},
            outcome=outcome,
            sentence=sentence,
        ),
    )


@cites("606-10-32-5", "606-10-55-42", "606-10-55-43", "606-10-55-45")
def tiers_by_election(told: Consideration, policy: Policy) -> Consideration:
    """Tiers that price their own units: one contract's price, or options on later purchases.

    As options they are averaged over what is expected only where the lower prices are a material
    right, by the practical alternative of 55-45; otherwise each purchase has its own price.
    """
    if not told.tiers or told.tiers_price is TierBasis.ALL_UNITS:
        return told
    elected = policy.value("lower_tiers") == "options_on_later_purchases"
    options = (elected or told.tiers_price is TierBasis.OPTIONS) and not told.material_right
    return replace(told, tiers_price=TierBasis.OPTIONS if options else TierBasis.NEXT_UNITS)
