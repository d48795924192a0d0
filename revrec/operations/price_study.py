"""A study of standalone selling prices: from invoices to a proposed book."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from revrec import engine
from revrec.estimation.numbers import MODEL_VERSION
from revrec.estimation.price_strata import Studied, prices_seen, studied
from revrec.feeds.records import to_fact
from revrec.model.fact import FactKind, digest_of
from revrec.model.history import Book
from revrec.model.policy import StandaloneSellingPrice
from revrec.model.proposal import Proposal, ProposalKind, Standing
from revrec.operations.computing import read_inputs
from revrec.operations.workspace import Workspace
from revrec.recognition.counts import usage_by_obligation
from revrec.store import audit_log, facts, proposals
from revrec.store.lake import Lake
from revrec.store.transaction import Transaction

_ALWAYS = date(1900, 1, 1)
_ID_DIGITS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceStudy:
    """What a study found and proposed."""

    as_of: date
    since: date
    strata: Sequence[Studied]
    sensitivity: Mapping[str, Mapping[str, int]]
    """Revenue to date by product in minor units, had the book had each choice all along:
    ``in force``, ``low``, ``middle``, ``high``."""
    proposals: Sequence[Proposal]


def study_prices(workspace: Workspace, since: date, as_of: date) -> PriceStudy:
    """Study what was invoiced from ``since`` to ``as_of``, and propose a book by product."""
    return workspace.run(lambda tx: studying(tx, workspace.lake, since, as_of))


def studying(tx: Transaction, lake: Lake, since: date, as_of: date) -> PriceStudy:
    """Study within a transaction of the caller's."""
    inputs = read_inputs(tx, lake, None)
    book = inputs.book
    strata = studied(book, since, as_of)
    counts = usage_by_obligation(inputs.usage, book.histories.values())

    def revenue(prices: Sequence[StandaloneSellingPrice]) -> dict[str, int]:
        account = engine.account(replace(book, selling_prices=prices), [as_of], usage=[counts])
        sums: dict[str, int] = {}
        rows = account.recognised.table.select(["segment", "revenue"]).to_pylist()
        for row in rows:
            product = account.recognised.segments[row["segment"]].product
            sums[product] = sums.get(product, 0) + row["revenue"]
        return dict(sorted(sums.items()))

    sensitivity = {"in force": revenue(book.selling_prices)}
    for choice in ("low", "middle", "high"):
        sensitivity[choice] = revenue([*_others(book, strata), *_chosen(strata, choice)])
    made = list(_proposed(tx, strata, sensitivity, since=since, as_of=as_of))
    proposals.record(tx, made)
    seen = sum(1 for _ in prices_seen(book, since, as_of))
    audit_log.write(
        tx, "selling_prices.study", str(as_of), {"prices": seen, "proposals": len(made)}
    )
    return PriceStudy(
        as_of=as_of, since=since, strata=strata, sensitivity=sensitivity, proposals=made
    )


def _others(book: Book, strata: Sequence[Studied]) -> list[StandaloneSellingPrice]:
    replaced = {(each.entry.product, each.entry.currency) for each in strata}
    return [each for each in book.selling_prices if (each.product, each.currency) not in replaced]


def _chosen(strata: Sequence[Studied], choice: str) -> list[StandaloneSellingPrice]:
    """The proposed entries as one point, as if they had always been in force."""
    points = {"low": "low", "middle": "amount", "high": "high"}
    return [
        replace(
            each.entry,
            amount=getattr(each.entry, points[choice]),
            low=None,
            high=None,
            effective_from=_ALWAYS,
        )
        for each in strata
    ]


def _proposed(
    tx: Transaction,
    strata: Sequence[Studied],
    sensitivity: Mapping[str, Mapping[str, int]],
    *,
    since: date,
    as_of: date,
) -> Iterator[Proposal]:
    """One proposal for each product; a second person always decides."""
    by_product: dict[str, list[Studied]] = {}
    for each in strata:
        by_product.setdefault(each.entry.product, []).append(each)
    for product, found in sorted(by_product.items()):
        told = [stratum_data(each) for each in found]
        facts_told = [_record(each.entry) for each in found]
        variable = sum(not each.stratum.concentrates for each in found)
        reason = f"{sum(each.stratum.count for each in found):,} prices in {len(found)} strata"
        if variable:
            reason += f"; in {variable} they do not concentrate: judge whether highly variable"
        yield Proposal(
            id=digest_of([product, str(since), str(as_of), told])[:_ID_DIGITS],
            kind=ProposalKind.SELLING_PRICES,
            subject=product,
            contract=None,
            as_of=as_of,
            prepared_by=tx.actor,
            standing=Standing.WAITS,
            reason=reason + ".",
            run=f"{since} to {as_of}",
            seed=0,
            fact_seq=facts.last_seq(tx),
            usage_version=None,
            model_version=MODEL_VERSION,
            facts=facts_told,
            evidence={
                "strata": told,
                "revenue": {
                    choice: str(by_choice.get(product, 0))
                    for choice, by_choice in sensitivity.items()
                },
            },
        )


def _record(entry: StandaloneSellingPrice) -> dict[str, Any]:
    fact = to_fact(FactKind.STANDALONE_SELLING_PRICE, entry)
    return {"kind": fact.kind.value, **fact.body}


def stratum_data(of: Studied) -> dict[str, Any]:
    """A stratum as plain data: figures as text."""
    stratum, entry = of.stratum, of.entry
    figures = (
        *("count", "least", "tenth", "median", "mean", "ninetieth", "most", "variation"),
        *("inside", "credibility", "middle", "low", "high", "concentrates"),
    )
    return {
        "entry": entry.id,
        "product": entry.product,
        "currency": entry.currency,
        "per": entry.per,
        "region": entry.region,
        "segment": entry.segment,
        "quantity_from": None if entry.quantity_from is None else str(entry.quantity_from),
        "quantity_to": None if entry.quantity_to is None else str(entry.quantity_to),
        **{name: str(getattr(stratum, name)) for name in figures},
        "before": None if of.before is None else str(of.before),
        "drift": None if of.drift is None else str(of.drift),
        "left_out": dict(stratum.left_out),
        "histogram": list(stratum.histogram),
    }
