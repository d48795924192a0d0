"""The evidence for a sample in one go: population, items, explanations and their facts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa

from revrec.audit import populations
from revrec.audit.explanation import Explanation
from revrec.audit.populations import Scope
from revrec.audit.telling import explanation_data
from revrec.engine import ENGINE_VERSION
from revrec.errors import LedgerBroken, NotFound, RevrecError
from revrec.model.books import Framework
from revrec.model.fact import RecordedFact
from revrec.model.policy import Account
from revrec.model.sample import Sample, SampleItem, SampleUnit
from revrec.operations import occurrences
from revrec.operations.computing import SECOND_POSTING
from revrec.operations.explaining import explained_at, key_of_posting, posting_explained
from revrec.operations.sampled import Drawn, found_as, told_of
from revrec.operations.workspace import Workspace
from revrec.store import calendars, entities, facts, periods
from revrec.store.entities import Entity
from revrec.store.lake import Lake
from revrec.store.periods import PeriodClose
from revrec.store.transaction import Transaction

EXPLAINED_MAX = 100
"""Items that are explained with the evidence; further ones are, each by its row key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SamplePack:
    """A sample with everything an auditor asks for of its items."""

    entity: Entity
    drawn: Drawn
    population: pa.Table
    """As it is found now (``POPULATION``)."""
    population_sha256: str
    """The sample's own, unless something was posted to its periods since."""
    explained: Mapping[int, Explanation]
    """By item: a posting as its close knew it, a contract on the last day as the last close did."""
    refused: Mapping[int, str]
    """Items that are not explained, with why."""
    documents: Mapping[str, Sequence[RecordedFact]]
    """What was told of each contract, as known to that close."""
    fact_seq: int
    known_at: datetime
    prepared_by: str
    engine_version: str = ENGINE_VERSION


def sample_pack(workspace: Workspace, sample: str) -> SamplePack:
    """Gather the evidence for a sample. Raises NotFound for none."""
    return workspace.run(lambda tx: packing(tx, workspace.lake, sample), read_only=True)


def packing(tx: Transaction, lake: Lake, sample: str) -> SamplePack:
    """Gather within a transaction of the caller's."""
    drawn = found_as(tx, sample)
    of_events = drawn.sample.unit is SampleUnit.EVENT
    table = _events(tx, drawn.sample) if of_events else _population(tx, lake, drawn.sample)
    explained: dict[int, Explanation] = {}
    refused: dict[int, str] = {}
    documents: dict[str, list[RecordedFact]] = {}
    seq = facts.last_seq(tx)
    if not of_events:
        certificate = _last_close(tx, drawn.sample)
        seq = certificate.fact_seq
        explained, refused = _explained(tx, lake, drawn.sample, certificate)
        contracts = sorted({each.detail["contract"] for each in drawn.sample.items})
        told = facts.read(tx, through_seq=seq, among=contracts)
        documents = {name: [x for x in told if x.fact.contract == name] for name in contracts}
    return SamplePack(
        entity=entities.get(tx) or Entity(id=tx.entity, name="", functional_currency="USD"),
        drawn=drawn,
        population=table,
        population_sha256=populations.sha256(table),
        explained=explained,
        refused=refused,
        documents=documents,
        fact_seq=seq,
        known_at=tx.now,
        prepared_by=tx.actor,
    )


def row_key_of(sample: Sample, item: SampleItem) -> str:
    """The row key in the journal detail of a posting that was selected; empty for no posting."""
    if sample.unit is not SampleUnit.POSTING:
        return ""
    return key_of_posting({**item.detail, "account": sample.parameters["account"]})


def scope_of(sample: Sample, entity: int) -> Scope:
    """What a sample of amounts was drawn from."""
    told = sample.parameters
    return Scope(
        entity=entity,
        account=Account(told["account"]),
        currency=sample.population.currency,
        first=told["first"],
        last=told["last"],
        unit=sample.unit,
        book=told["book"],
    )


def _population(tx: Transaction, lake: Lake, sample: Sample) -> pa.Table:
    scope = scope_of(sample, tx.entity)
    detail = lake.dataset(tx, SECOND_POSTING if scope.book else "posting")
    if detail is None:
        return populations.POPULATION.empty_table()
    return populations.population(scope, scope.held(detail))


def _events(tx: Transaction, sample: Sample) -> pa.Table:
    """The events there were when the sample was drawn: later ones follow them."""
    events = occurrences.read(tx, sample.parameters["operation"])
    return occurrences.table_of(events[: sample.population.count])


def _last_close(tx: Transaction, sample: Sample) -> PeriodClose:
    last = calendars.calendar(tx).parse(sample.parameters["last"])
    certificate = periods.standing_close(tx, last)
    if certificate is None:
        raise NotFound(
            f"{last}, of which {sample.id} was drawn, is not closed any more.",
            remedy="Close it again; the sample stands as it was drawn.",
        )
    return certificate


def _explained(
    tx: Transaction, lake: Lake, sample: Sample, certificate: PeriodClose
) -> tuple[dict[int, Explanation], dict[int, str]]:
    """Each item explained, and why an item is not; only their contracts are read."""
    found: dict[int, Explanation] = {}
    refused: dict[int, str] = {}
    for each in sample.items[:EXPLAINED_MAX]:
        try:
            found[each.number] = _of_item(tx, lake, sample, certificate, each)
        except LedgerBroken:
            raise
        except RevrecError as error:
            refused[each.number] = str(error)
    for each in sample.items[EXPLAINED_MAX:]:
        name = row_key_of(sample, each) or each.item
        refused[each.number] = f"Beyond the first {EXPLAINED_MAX}: `revrec explain` {name}."
    return found, refused


def _of_item(
    tx: Transaction, lake: Lake, sample: Sample, certificate: PeriodClose, item: SampleItem
) -> Explanation:
    book = sample.parameters["book"]
    framework = Framework(book) if book else None
    if key := row_key_of(sample, item):
        return posting_explained(tx, lake, key, framework)
    of, day = (item.detail["contract"], None), certificate.period.last
    return explained_at(tx, lake, of, day, certificate.pins, framework=framework)


def pack_told(pack: SamplePack) -> dict[str, Any]:
    """The pack as data: the sample, each item explained, and the facts of each contract."""
    return {
        "sample": told_of(pack.drawn),
        "population_now_sha256": pack.population_sha256,
        "facts_through": pack.fact_seq,
        "engine_version": pack.engine_version,
        "gathered_at": pack.known_at.isoformat(),
        "gathered_by": pack.prepared_by,
        "items": [
            {
                "number": each.number,
                "row_key": row_key_of(pack.drawn.sample, each) or None,
                "explanation": _explanation_told(pack.explained.get(each.number)),
                "refused": pack.refused.get(each.number),
            }
            for each in pack.drawn.sample.items
        ],
        "contracts": {
            contract: {"facts": [fact_told(each) for each in told]}
            for contract, told in pack.documents.items()
        },
    }


def fact_told(recorded: RecordedFact) -> dict[str, Any]:
    """A fact as it was told, with when, by whom, and its digest."""
    fact = recorded.fact
    return {
        "kind": fact.kind.value,
        "key": fact.key,
        "version": recorded.version,
        "effective_on": fact.effective_on.isoformat(),
        "recorded_at": recorded.recorded_at.isoformat(),
        "recorded_by": recorded.recorded_by,
        "seq": recorded.seq,
        "sha256": fact.digest,
        "body": dict(fact.body),
    }


def _explanation_told(made: Explanation | None) -> dict[str, Any] | None:
    return None if made is None else explanation_data(made)
