"""Audit samples: append-only, the same sample once, the last result of an item counting."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from revrec.model.sample import (
    Population,
    Sample,
    SampleEvaluation,
    SampleItem,
    SampleMethod,
    SampleResult,
    SampleUnit,
)
from revrec.store.transaction import Transaction


def record(tx: Transaction, sample: Sample) -> None:
    """Record a sample with its items."""
    tx.connection.execute(
        "insert into records.sample (entity_id, id, method, unit, seed, parameters, population,"
        " drawn_at, drawn_by) values (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
        [
            *(tx.entity, sample.id, sample.method.value, sample.unit.value, sample.seed),
            *(Jsonb(dict(sample.parameters)), Jsonb(_told(sample.population))),
            *(sample.drawn_at, sample.drawn_by),
        ],
    )
    with tx.connection.cursor() as cursor:
        cursor.executemany(
            "insert into records.sample_item (entity_id, sample, number, item, place, stratum, hit,"
            " amount, detail) values (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
            [
                [
                    *(tx.entity, sample.id, each.number, each.item, each.place, each.stratum),
                    *(each.hit, each.amount, Jsonb(dict(each.detail))),
                ]
                for each in sample.items
            ],
        )


def add_results(tx: Transaction, sample: str, results: Iterable[SampleResult]) -> None:
    """Record what was found of items."""
    with tx.connection.cursor() as cursor:
        cursor.executemany(
            "insert into records.sample_result (entity_id, sample, number, audited, deviates, note,"
            " recorded_at, recorded_by) values (%s, %s, %s, %s, %s, %s, %s, %s)",
            [
                [
                    *(tx.entity, sample, each.number, each.audited, each.deviates, each.note),
                    *(each.at, each.by),
                ]
                for each in results
            ],
        )


def add_evaluation(tx: Transaction, sample: str, made: SampleEvaluation) -> None:
    """Record what a sample says by the results known now."""
    tx.connection.execute(
        "insert into records.sample_evaluation (entity_id, sample, supported, conclusion, figures,"
        " evaluated_at, evaluated_by) values (%s, %s, %s, %s, %s, %s, %s)",
        [
            *(tx.entity, sample, made.supported, made.conclusion, Jsonb(dict(made.figures))),
            *(made.at, made.by),
        ],
    )


def read(
    tx: Transaction, sample: str | None = None, *, known_at: datetime | None = None
) -> list[Sample]:
    """Samples with their items, all or one, drawn by a moment or so far, in that order."""
    items: dict[str, list[SampleItem]] = {}
    rows = tx.connection.execute(
        "select sample, number, item, place, stratum, hit, amount, detail"
        " from records.sample_item where entity_id = %(entity)s"
        " and (%(sample)s::text is null or sample = %(sample)s) order by sample, number",
        {"entity": tx.entity, "sample": sample},
    )
    for of, number, item, place, stratum, hit, amount, detail in rows:
        items.setdefault(of, []).append(
            SampleItem(
                number=number,
                item=item,
                place=place,
                stratum=stratum,
                hit=hit,
                amount=amount,
                detail=detail,
            )
        )
    found = tx.connection.execute(
        "select id, method, unit, seed, parameters, population, drawn_at, drawn_by"
        " from records.sample where entity_id = %(entity)s"
        " and (%(sample)s::text is null or id = %(sample)s)"
        " and (%(known_at)s::timestamptz is null or drawn_at <= %(known_at)s)"
        " order by drawn_at, id",
        {"entity": tx.entity, "sample": sample, "known_at": known_at},
    )
    return [
        Sample(
            id=name,
            method=SampleMethod(method),
            unit=SampleUnit(unit),
            seed=int(seed),
            parameters=parameters,
            population=_population(population),
            drawn_at=at,
            drawn_by=by,
            items=tuple(items.get(name, ())),
        )
        for name, method, unit, seed, parameters, population, at, by in found
    ]


def results(
    tx: Transaction, sample: str, known_at: datetime | None = None
) -> dict[int, SampleResult]:
    """The last result of each item by a moment or so far, by its number."""
    rows = tx.connection.execute(
        "select number, audited, deviates, note, recorded_at, recorded_by"
        " from records.sample_result where entity_id = %s and sample = %s"
        " and (%s::timestamptz is null or recorded_at <= %s) order by id",
        [tx.entity, sample, known_at, known_at],
    )
    return {
        number: SampleResult(
            number=number, audited=audited, deviates=deviates, note=note, at=at, by=by
        )
        for number, audited, deviates, note, at, by in rows
    }


def evaluations(
    tx: Transaction, sample: str, known_at: datetime | None = None
) -> list[SampleEvaluation]:
    """Every evaluation of a sample by a moment or so far, the first first."""
    rows = tx.connection.execute(
        "select supported, conclusion, figures, evaluated_at, evaluated_by"
        " from records.sample_evaluation where entity_id = %s and sample = %s"
        " and (%s::timestamptz is null or evaluated_at <= %s) order by id",
        [tx.entity, sample, known_at, known_at],
    )
    return [
        SampleEvaluation(supported=supported, conclusion=conclusion, figures=figures, at=at, by=by)
        for supported, conclusion, figures, at, by in rows
    ]


def _told(population: Population) -> dict[str, Any]:
    return {
        "query": population.query,
        "count": population.count,
        "total": str(population.total),
        "currency": population.currency,
        "sha256": population.sha256,
        "ledger_total": str(population.ledger_total),
        "chain_seq": population.chain_seq,
        "chain_head": population.chain_head,
        "strata": {name: [count, str(total)] for name, (count, total) in population.strata.items()},
    }


def _population(told: dict[str, Any]) -> Population:
    return Population(
        query=told["query"],
        count=told["count"],
        total=int(told["total"]),
        currency=told["currency"],
        sha256=told["sha256"],
        ledger_total=int(told["ledger_total"]),
        chain_seq=told["chain_seq"],
        chain_head=told["chain_head"],
        strata={name: (count, int(total)) for name, (count, total) in told["strata"].items()},
    )
