"""A sample's evidence as files: a workbook with its twins, JSON, a document for each contract."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from reports.cover import Cover
from reports.csv_twin import FileRecord, write_manifest
from reports.explanation import pages_of
from reports.files import atomically, sha256_of, slug
from reports.publish import publish
from reports.sample_explanations import explained, workings_of
from revrec.audit import populations
from revrec.model.dataset import Column, ColumnType, DataSet, TieOut
from revrec.model.sample import SampleUnit
from revrec.operations.sample_packs import SamplePack, fact_told, pack_told, row_key_of

POPULATION, TWIN, DOCUMENTS = "population.csv", "sample.json", "documents"


def write_sample_pack(pack: SamplePack, folder: Path) -> list[Path]:
    """Write everything into the folder, with a manifest of hashes; the paths."""
    sample = pack.drawn.sample
    cover = Cover(
        entity=pack.entity.name or f"Entity {pack.entity.id}",
        report="Sample",
        period=_period(pack),
        as_of=pack.known_at,
        functional_currency=pack.entity.functional_currency,
        run_id=sample.id,
        engine_version=pack.engine_version,
        facts_version=pack.fact_seq,
        prepared_by=pack.prepared_by,
        chain_head=sample.population.chain_head,
    )
    free = pages_of(workings_of(pack))
    files = publish(folder, cover, list(sheets(pack)), _tie_outs(pack), free=free)
    files.append(_write(folder / POPULATION, populations.as_csv(pack.population)))
    files.append(_write(folder / TWIN, _json(pack_told(pack))))
    (folder / DOCUMENTS).mkdir(exist_ok=True)
    names = _documents(pack)
    for contract, told in pack.documents.items():
        content = _json({"contract": contract, "facts": [fact_told(each) for each in told]})
        files.append(_write(folder / names[contract], content, DOCUMENTS))
    return [*(folder / each.name for each in files), write_manifest(folder, cover, files)]


def sheets(pack: SamplePack) -> Iterator[DataSet]:
    """Items, population, evaluations, how each item was computed, and facts."""
    names = _documents(pack)
    yield _items(pack)
    yield _population(pack)
    yield _table(
        "sample_evaluations",
        "Evaluation",
        "evaluated figure value at by",
        [
            (str(number), name.replace("_", " "), figure, f"{each.at:%Y-%m-%d %H:%M}", each.by)
            for number, each in enumerate(pack.drawn.evaluations, start=1)
            for name, figure in [("conclusion", each.conclusion), *each.figures.items()]
        ],
    )
    yield from explained(pack)
    yield _table(
        "sample_facts",
        "Facts",
        "contract kind key version effective_on recorded_at recorded_by sha256 document",
        [
            (contract, each.fact.kind.value, each.fact.key, str(each.version),
             str(each.fact.effective_on), f"{each.recorded_at:%Y-%m-%d %H:%M}", each.recorded_by,
             each.fact.digest, names[contract])
            for contract, told in pack.documents.items()
            for each in told
        ],
    )  # fmt: skip


def _documents(pack: SamplePack) -> dict[str, str]:
    """The file of each contract; numbered, since names may be alike when they are made safe."""
    return {
        contract: f"{DOCUMENTS}/{number:04}-{slug(contract)}.json"
        for number, contract in enumerate(pack.documents, start=1)
    }


def _items(pack: SamplePack) -> DataSet:
    named = ("contract", "customer", "obligation", "product", "event", "origin", "entry_seq",
             "paragraphs", "facts_digest", "operation", "subject", "actor", "at")  # fmt: skip
    held = [each for each in named if any(each in x.detail for x in pack.drawn.sample.items)]
    money = bool(pack.drawn.sample.population.currency)
    of_postings = pack.drawn.sample.unit is SampleUnit.POSTING
    amounts = [
        Column(name=name, title=name.capitalize(), type=ColumnType.MONEY, total=True)
        for name in ("recorded", "audited", "difference")
    ]
    rows = []
    for each in pack.drawn.sample.items:
        result = pack.drawn.results.get(each.number)
        audited = None if result is None else result.audited
        off = None if audited is None else each.amount - audited
        rows.append(
            (
                *(each.number, each.item, each.place, each.stratum.replace("_", " ")),
                *(each.detail.get(name, "") for name in held),
                *((each.amount, audited, off) if money else ()),
                *("" if result is None else "yes" if result.deviates else "no",),
                "" if result is None else result.note,
                *((row_key_of(pack.drawn.sample, each),) if of_postings else ()),
            )
        )
    return DataSet(
        name="sample_items",
        title="Items",
        columns=[
            Column(name="number", title="No", type=ColumnType.INTEGER),
            Column(name="item", title="Item"),
            Column(name="place", title="Place", type=ColumnType.INTEGER),
            Column(name="stratum", title="Why"),
            *(Column(name=name, title=name.replace("_", " ").capitalize()) for name in held),
            *(amounts if money else ()),
            Column(name="deviates", title="Deviates"),
            Column(name="note", title="Note", width=60),
            *((Column(name="row_key", title="Row key"),) if of_postings else ()),
        ],
        rows=rows,
        currency=pack.drawn.sample.population.currency or None,
    )


def _population(pack: SamplePack) -> DataSet:
    sample, population = pack.drawn.sample, pack.drawn.sample.population
    rows = [
        ("Sample", sample.id),
        ("Method", sample.method.value.replace("_", " ")),
        ("Query", population.query),
        ("Items", f"{population.count:,}"),
        ("SHA-256", population.sha256),
        ("SHA-256 as found now", pack.population_sha256),
        ("Journal entries in the chain", f"{population.chain_seq:,}"),
        ("Head of the chain (SHA-256)", population.chain_head),
        ("Seed", str(sample.seed)),
        *(
            (name.replace("_", " ").capitalize(), value)
            for name, value in sample.parameters.items()
        ),
        ("Drawn", f"{sample.drawn_at:%Y-%m-%d %H:%M} by {sample.drawn_by}"),
        *((f"Not explained: item {number}", why) for number, why in pack.refused.items()),
    ]
    return _table("sample_population", "Population", "what value", rows)


def _tie_outs(pack: SamplePack) -> list[TieOut]:
    population = pack.drawn.sample.population
    if not population.currency:
        return []
    return [
        TieOut(
            name="Every posting is in the population",
            left_name="Population",
            left=population.total,
            right_name="Journal",
            right=population.ledger_total,
            currency=population.currency,
            mark="TB",
        )
    ]


def _table(name: str, title: str, columns: str, rows: Sequence[tuple[str, ...]]) -> DataSet:
    return DataSet(
        name=name,
        title=title,
        columns=[
            Column(name=each, title=each.replace("_", " ").capitalize()) for each in columns.split()
        ],
        rows=rows,
    )


def _period(pack: SamplePack) -> str:
    told = pack.drawn.sample.parameters
    first, last = told.get("first", ""), told.get("last", "")
    if not last:
        return f"{pack.drawn.sample.drawn_at:%Y-%m}"
    return last if first == last else f"{first}..{last}"


def _json(told: dict[str, Any]) -> bytes:
    return (json.dumps(told, indent=2, ensure_ascii=False) + "\n").encode()


def _write(path: Path, content: bytes, within: str = "") -> FileRecord:
    with atomically(path) as target:
        target.write_bytes(content)
    name = f"{within}/{path.name}" if within else path.name
    return FileRecord(name=name, sha256=sha256_of(path), size=path.stat().st_size)
