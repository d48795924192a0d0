"""Selling prices and the weights they give: own, range, option, book, bundle and residual."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction

from tests.oracle.promises import Facts, Promise, Told, as_day, exact, minor, rounded
from tests.oracle.service_time import NotStated, months_of_service

Weights = Mapping[str, Fraction]


def weights_of(facts: Facts, promises: Iterable[Promise]) -> Weights:
    """Selling prices of what is left; one promise alone takes everything and needs none."""
    promises = list(promises)
    if len(promises) == 1:
        return {promises[0].name: Fraction(1)}
    return {each.name: selling_price(facts, each) * each.left for each in promises}


def weights_at_inception(
    facts: Facts, promises: Iterable[Promise], price: Fraction, bundles: Iterable[Told]
) -> Weights:
    """Selling prices as a new contract allocates by them.

    A bundle's observable price counts if, with it, selling prices sum to the price: the discount
    is the bundle's (606-10-32-37). A residual obligation gets what the others leave (32-34c).
    """
    promises = list(promises)
    uncertain = [each for each in promises if each.terms.get("residual", False)]
    if len(promises) == 1:
        return weights_of(facts, promises)
    if len(uncertain) > 1:
        raise NotStated("two residuals have no answer")
    alone = {each.name: selling_price(facts, each) for each in promises if each not in uncertain}
    bundled = _at_bundle_prices(alone, bundles)
    left = price - sum(bundled.values())
    if not uncertain:
        return bundled if left == 0 else alone
    bounds = uncertain[0].terms.get("selling_price_range")
    if left <= 0 or (bounds and not exact(bounds["low"]) <= left <= exact(bounds["high"])):
        raise NotStated(f"a residual of {left}")
    return {**bundled, uncertain[0].name: left}


def _at_bundle_prices(alone: Weights, bundles: Iterable[Told]) -> Weights:
    prices = dict(alone)
    for bundle in bundles:
        if not set(bundle["obligations"]) <= set(alone):
            raise NotStated("a bundle of what does not share in the price")
        together = sum(alone[name] for name in bundle["obligations"])
        for name in bundle["obligations"]:
            prices[name] = exact(bundle["price"]) * alone[name] / together
    return prices


def selling_price(facts: Facts, promise: Promise) -> Fraction:
    """The price of the whole promise if it were sold alone, in the currency."""
    terms = promise.terms
    option, bounds = terms.get("option"), terms.get("selling_price_range")
    if option:
        price = exact(option["discount"]) * exact(option["purchase"]) * exact(option["likelihood"])
    elif bounds:
        price = _point_of(facts, promise.name, exact(bounds["low"]), exact(bounds["high"]))
    elif terms.get("standalone_selling_price") is not None:
        price = exact(terms["standalone_selling_price"])
    else:
        price = _price_in_book(facts, promise)
    if price <= 0:
        raise NotStated(f"{promise.name} is sold alone for {price}")
    return price


def _point_of(facts: Facts, name: str, low: Fraction, high: Fraction) -> Fraction:
    """Where policy puts a price that is known as a range."""
    midpoint = (low + high) / 2
    stated = [
        exact(each["amount"])
        for each in facts.contract["consideration"]
        if each["kind"] == "fixed" and each.get("obligation") == name
    ]
    if not stated:
        return midpoint
    price = sum(stated, Fraction(0))
    if low <= price <= high:
        kept = facts.policy.get("selling_price_in_range", "stated_price") == "stated_price"
        return price if kept else midpoint
    if facts.policy.get("selling_price_out_of_range", "midpoint") == "midpoint":
        return midpoint
    return low if price < low else high


def _price_in_book(facts: Facts, promise: Promise) -> Fraction:
    """The book's price on the day the promise was priced, times what is sold."""
    terms, contract = promise.terms, facts.contract
    candidates = [
        entry
        for entry in facts.book
        if entry["product"] == terms["product"]
        and entry["currency"] == contract["currency"]
        and as_day(entry["effective_from"]) <= promise.priced_on
        and entry.get("region", "") in ("", contract.get("region", ""))
        and entry.get("segment", "") in ("", contract.get("segment", ""))
    ]
    if not candidates:
        raise NotStated(f"{promise.name} has no selling price")
    entry = max(
        candidates,
        key=lambda e: (
            bool(e.get("region")) + bool(e.get("segment")),
            as_day(e["effective_from"]),
            e["id"],
        ),
    )
    amount, per = exact(entry["amount"]), entry.get("per", "contract")
    if per == "unit":
        return amount * exact(terms.get("quantity", "1"))
    if per in ("month", "year"):
        if promise.last is None:
            raise NotStated(f"{promise.name} is priced per {per} and has no end")
        months = months_of_service(promise.sold_from, promise.last)
        return amount * months / (1 if per == "month" else 12)
    return amount


def first_estimate(facts: Facts, consideration: Told) -> int:
    """A variable amount as first estimated: told, expected or most likely (606-10-32-8)."""
    outcomes = consideration.get("outcomes") or ()
    if not outcomes:
        return minor(consideration.get("amount", "0"), facts.unit)
    if sum(exact(each["probability"]) for each in outcomes) != 1:
        raise NotStated(f"the outcomes of {consideration['id']} are not all there is")
    if consideration.get("method", "expected_value") == "expected_value":
        expected = sum(exact(each["amount"]) * exact(each["probability"]) for each in outcomes)
        return rounded(Fraction(expected) * facts.unit)
    likeliest = max(exact(each["probability"]) for each in outcomes)
    return min(
        minor(each["amount"], facts.unit)
        for each in outcomes
        if exact(each["probability"]) == likeliest
    )
