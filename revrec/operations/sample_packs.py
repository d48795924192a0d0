"""The evidence for a sample in one go: population, items, explanations and their facts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pyarrow as pa

from revrec import engine
from revrec.audit import populations
from revrec.audit.explain import Explanation, explain
from revrec.audit.populations import Scope
from revrec.engine import ENGINE_VERSION
from revrec.errors import NotFound, RevrecError
from revrec.model.fact import RecordedFact
from revrec.model.policy import Account
from revrec.model.sample import Sample, SampleUnit
from revrec.operations import occurrences
from revrec.operations.books import inputs_of
from revrec.operations.changed import sharing_with
from revrec.operations.computing import SECOND_POSTING, accounted_here
from revrec.operations.sampled import Drawn, found_as, told_of
from revrec.operations.workspace import Workspace
from revrec.recognition.counts import usage_by_obligation
from revrec.store import calendars, entities, facts, periods
from revrec.store.entities import Entity
from revrec.store.lake import Lake
from revrec.store.periods import PeriodClose
from revrec.store.transaction import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class SamplePack:
    """A sample with everything an auditor asks for of its items."""

    entity: Entity
    drawn: Drawn
    population: pa.Table
    """As it is found now (``POPULATION``)."""
    population_sha256: str
    """The sample's own, unless something was posted to its periods since."""
    explained: Mapping[str, Explanation]
    """By contract, on the last day of the sample's periods, as known to the last close of them."""
    refused: Mapping[str, str]
    """Contracts that cannot be explained, with why."""
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
    explained: dict[str, Explanation] = {}
    refused: dict[str, str] = {}
    documents: dict[str, list[RecordedFact]] = {}
    seq = facts.last_seq(tx)
    if not of_events:
        last = calendars.calendar(tx).parse(drawn.sample.parameters["last"])
        certificate = periods.standing_close(tx, last)
        if certificate is None:
            raise NotFound(
                f"{last}, of which {sample} was drawn, is not closed any more.",
                remedy="Close it again; the sample stands as it was drawn.",
            )
        seq = certificate.fact_seq
        contracts = sorted({each.detail["contract"] for each in drawn.sample.items})
        explained, refused = _explained(tx, lake, drawn.sample, certificate, contracts)
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


def _explained(
    tx: Transaction,
    lake: Lake,
    sample: Sample,
    certificate: PeriodClose,
    contracts: Sequence[str],
) -> tuple[dict[str, Explanation], dict[str, str]]:
    """How each contract was accounted for at the close; only they and what they share is read."""
    among = sharing_with(tx, contracts, certificate.pins)
    inputs = inputs_of(tx, lake, certificate.pins, sample.parameters["book"], among=among)
    book = accounted_here(inputs.book, certificate.period)
    day: date = certificate.period.last
    counts = usage_by_obligation(inputs.usage, book.histories.values())
    accounting = engine.account(book, [day], usage=[counts])
    found: dict[str, Explanation] = {}
    refused: dict[str, str] = {}
    for contract in contracts:
        try:
            found[contract] = explain(book, accounting, contract, day)
        except RevrecError as error:
            refused[contract] = str(error)
    return found, refused


def pack_told(pack: SamplePack) -> dict[str, Any]:
    """The pack as data: the sample, and for each contract its explanation and its facts."""
    return {
        "sample": told_of(pack.drawn),
        "population_now_sha256": pack.population_sha256,
        "facts_through": pack.fact_seq,
        "engine_version": pack.engine_version,
        "gathered_at": pack.known_at.isoformat(),
        "gathered_by": pack.prepared_by,
        "contracts": {
            contract: {
                "explanation": _explanation_told(pack.explained.get(contract)),
                "refused": pack.refused.get(contract),
                "facts": [fact_told(each) for each in told],
            }
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
    if made is None:
        return None
    return {
        "as_of": made.day.isoformat(),
        "facts": list(made.facts),
        "decisions": [
            {
                "number": number,
                "on": each.on.isoformat(),
                "step": each.step,
                "rule": each.rule,
                "paragraphs": list(each.paragraphs),
                "inputs": dict(each.inputs),
                "outcome": each.outcome,
                "sentence": each.sentence,
            }
            for number, each in enumerate(made.decisions)
        ],
        "earned": [str(each) for each in made.earned],
        "balances": {name: str(amount) for name, amount in made.balances.items()},
    }
