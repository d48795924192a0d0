"""Targeted samples: items chosen for what is known of them (AS 1105.25, AS 2401.61)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from revrec.audit import populations
from revrec.audit.populations import Scope
from revrec.errors import FeedError
from revrec.model.fact import FactKind
from revrec.model.proposal import ProposalKind
from revrec.model.sample import Target
from revrec.money import minor_digits
from revrec.sampling.monetary import Selected
from revrec.store import facts, journal, proposals
from revrec.store.transaction import Transaction

if TYPE_CHECKING:
    from revrec.operations.sampling import Wish

ROUND = 1_000
"""What a round amount is a multiple of, in the currency: entries with round numbers are among what
fraud looks like (AS 2401.61)."""
_SATURDAY = 5


def select(
    tx: Transaction, wish: Wish, scope: Scope, table: pa.Table, held: pa.Table
) -> tuple[list[Selected], dict[str, str], dict[str, tuple[int, int]]]:
    """Every item that meets one of the targets; ``stratum`` says which it meets."""
    if not wish.targets:
        raise FeedError(
            "A targeted sample has no target.",
            remedy=f"Name some of {', '.join(each.value for each in Target)}.",
        )
    bounds = dict.fromkeys(sorted(wish.targets), "")
    if Target.TOP in bounds:
        bounds[Target.TOP] = str(wish.top)
    if Target.ROUND in bounds:
        bounds[Target.ROUND] = str(ROUND * 10 ** minor_digits(scope.currency))
    chosen = populations.chosen_for(
        {target.value: bound for target, bound in bounds.items()}, held, scope, _marks(tx, scope)
    )
    places = {item: place for place, item in enumerate(table["item"].to_pylist())}
    found = [Selected(place=places[row["item"]], stratum=row["why"]) for row in chosen.to_pylist()]
    parameters = {f"target_{target.value}": bound for target, bound in bounds.items()}
    total = sum(table["amount"].to_pylist())
    return found, parameters, {"all": (table.num_rows, total)}


def _marks(tx: Transaction, scope: Scope) -> dict[str, pa.Array]:
    """Contracts and entries that meet a target which the postings themselves do not tell."""
    estimates = proposals.history(tx, ProposalKind.ESTIMATE)
    overridden = {each.contract for each in estimates if each.run == "by hand"}
    held_back = {
        each.contract
        for each in estimates
        if "unconstrained" in each.evidence
        and each.evidence["included"] != each.evidence["unconstrained"]
    }
    modified = {each.fact.contract for each in facts.read(tx, kind=FactKind.MODIFICATION)}
    weekend = [
        each.seq
        for each in journal.read(tx, book=scope.book)
        if each.posted_at.weekday() >= _SATURDAY
    ]
    return {
        "manual_override": _names(overridden),
        "near_constraint": _names(held_back),
        "modification": _names(modified),
        "weekend": pa.array(weekend, pa.int64()),
    }


def _names(contracts: set[str | None]) -> pa.Array:
    return pa.array(sorted(each for each in contracts if each is not None), pa.string())
