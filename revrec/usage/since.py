"""What has to be rated anew: contracts that changed since the last rating, and from which day on.

Usage that came, a price, agreement or contract that changed, a window that ended meanwhile: what
none of them touches stands in the ledger as it would be rated again. What is rated anew goes
through the one rating there is, fed with all usage of the windows that a change lies in or before.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

import duckdb
import pyarrow.compute as pc

from revrec.engine import ENGINE_VERSION
from revrec.model.rating import Aggregation, Price, Reset
from revrec.periods import FOREVER, next_day
from revrec.rating.catalogue import Catalogue, Told, catalogue
from revrec.rating.windows import Recurring, windows
from revrec.store import rating_marks
from revrec.store.lake import Lake
from revrec.store.rating_marks import RatingMark
from revrec.store.transaction import Transaction
from revrec.usage.columns import COUNTED
from revrec.usage.days import day_zone

EVER = date.min
"""The day since which all of a contract is rated anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Since:
    """What is rated anew of a contract."""

    changed: date
    """Windows that end before this day stay as they are; ``EVER`` if none does."""
    fed: date
    """First day of usage that windows from then on count."""


def changed_since(
    bench: duckdb.DuckDBPyConnection,
    tx: Transaction,
    lake: Lake,
    told: Told,
    *,
    through: date,
) -> dict[str, Since] | None:
    """Contracts of which something changed since the last rating; None if all is rated anew.

    That is where nothing was rated yet, and where days, windows or the engine are others.
    """
    mark = rating_marks.last(tx)
    if mark is None or mark.engine_version != ENGINE_VERSION or through < mark.through:
        return None
    if mark.zone != day_zone(tx):
        return None
    days = _counted(bench, tx, lake, mark)
    for contract in (*mark.unpriced, *_told_anew(tx, told, mark)):
        days[contract] = EVER
    terms = _terms(catalogue(told), told)
    if through > mark.through:
        for contract, each in terms.items():
            if each.owes:
                days[contract] = min(days.get(contract, FOREVER), next_day(mark.through))
    return {
        contract: Since(changed=day, fed=_fed(terms.get(contract), day))
        for contract, day in _shared(days, terms).items()
    }


def mark_of(
    tx: Transaction, lake: Lake, *, fact_seq: int, through: date, unpriced: Iterable[str]
) -> RatingMark:
    """The mark of a rating that is done."""
    return RatingMark(
        counted_version=lake.committed_version(tx, COUNTED.table) or 0,
        fact_seq=fact_seq,
        through=through,
        zone=day_zone(tx),
        engine_version=ENGINE_VERSION,
        unpriced=tuple(sorted(set(unpriced))),
    )


@dataclass(slots=True)
class _Terms:
    """What the prices of a contract ask for."""

    scopes: set[str] = field(default_factory=set)
    windows: list[tuple[Price, tuple[date, date]]] = field(default_factory=list)
    owes: bool = False
    whole: bool = False
    """Whether no day of it can be rated without all before: credits drawn, totals of the term,
    levels that hold on."""


def _terms(found: Catalogue, told: Told) -> dict[str, _Terms]:
    terms: dict[str, _Terms] = defaultdict(_Terms)
    for agreed in found.agreed:
        each = terms[agreed.contract]
        each.scopes.add(agreed.scope)
        for lines in found.by_set[agreed.price_set].values():
            for line in lines:
                each.windows.append((line.price, agreed.term))
                level = line.price.aggregation is Aggregation.LEVEL
                each.owes |= _owes(line.price) or level
                each.whole |= line.price.resets is Reset.TERM or level
    for agreement in told.agreements:
        if agreement.credits and agreement.contract in terms:
            terms[agreement.contract].whole = True
    return terms


def _owes(price: Price) -> bool:
    """Whether a window owes something beside its usage."""
    true_up = price.commitment is not None and price.commitment.true_up
    flat = price.flat_at_zero_usage or price.package_at_zero_usage
    return bool(price.fee or price.minimum or true_up or flat)


def _counted(
    bench: duckdb.DuckDBPyConnection, tx: Transaction, lake: Lake, mark: RatingMark
) -> dict[str, date]:
    """Contracts with usage counted since, with the first day of it."""
    version = lake.committed_version(tx, COUNTED.table)
    if version is None or version <= mark.counted_version:
        return {}
    appended = lake.appended(tx, COUNTED.table, after=mark.counted_version, through=version)
    if appended is None:
        return {}
    columns = ["contract", "usage_date", "occurred_at"]
    condition = pc.field("entity_id") == tx.entity
    bench.register("came", appended.scanner(columns=columns, filter=condition).to_reader())
    rows = bench.execute(
        "select contract,"
        " min(coalesce(cast(occurred_at at time zone $zone as date), usage_date))"
        " from came group by 1",
        {"zone": mark.zone},
    ).fetchall()
    bench.unregister("came")
    return dict(rows)


def _told_anew(tx: Transaction, told: Told, mark: RatingMark) -> set[str]:
    """Contracts whose card, agreement or contract was told since."""
    rows = tx.connection.execute(
        """
        select kind, contract, body ->> 'card' from facts.fact
        where entity_id = %s and seq > %s
          and kind in ('rate_card', 'price_agreement', 'contract', 'modification')
        """,
        [tx.entity, mark.fact_seq],
    ).fetchall()
    cards = {card for kind, _, card in rows if kind == "rate_card"}
    found = {contract for kind, contract, _ in rows if kind != "rate_card" and contract}
    return found | {each.contract for each in told.agreements if each.card in cards}


def _shared(days: Mapping[str, date], terms: Mapping[str, _Terms]) -> dict[str, date]:
    """The days with those who share running totals, each scope from its first changed day."""
    members: dict[str, set[str]] = defaultdict(set)
    for contract, each in terms.items():
        for scope in each.scopes:
            members[scope].add(contract)
    found: dict[str, date] = {}
    for contract, day in sorted(days.items()):
        group, rest = {contract}, [contract]
        while rest:
            name = rest.pop()
            near: set[str] = set()
            if name in terms:
                near = near.union(*(members[scope] for scope in terms[name].scopes))
            rest += near - group
            group |= near
        whole = any(terms[name].whole for name in group if name in terms)
        since = EVER if whole or contract not in terms else day
        for name in group:
            found[name] = min(found.get(name, FOREVER), since)
    return found


def _fed(terms: _Terms | None, day: date) -> date:
    """The first day of the windows a day lies in."""
    if terms is None or day == EVER:
        return EVER
    first = day
    for price, term in terms.windows:
        if not Recurring.of(price).single_days:
            (begins, _), *_ = windows(Recurring.of(price), term, day, day)
            first = min(first, begins)
    return first


def read_from(since: Mapping[str, Since]) -> date:
    """The first usage day that is read; a day earlier, as days of events depend on the zone."""
    first = min((each.fed for each in since.values()), default=EVER)
    return first if first == EVER else first - timedelta(days=1)
