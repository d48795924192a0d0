"""The routes of audit samples."""

from __future__ import annotations

from pathlib import Path as Folder
from tempfile import TemporaryDirectory
from typing import Annotated

from fastapi import Path, Response

from api import sample_schemas as schemas
from api.access import Books, Key, keyed
from api.listing import LISTED, REFUSED, Listed
from api.routing import EVERY, WRITES, KnownAt, answer, attachment, refusals, router, saved_as
from api.schemas import page_of
from reports.archive import archive
from reports.sample_pack import write_sample_pack
from revrec.operations import sampled, sampling
from revrec.operations.answering import once
from revrec.operations.sample_packs import sample_pack
from revrec.operations.sampled import Drawn
from revrec.store import calendars
from revrec.store.transaction import Transaction

_ONE = Annotated[str, Path(max_length=64, examples=["S-0a1b2c3d4e5f6071"])]
_ZIP = "application/zip"


@router.get(
    "/samples",
    tags=["samples"],
    operation_id="list_samples",
    summary="List samples",
    response_model=page_of(schemas.SampleTold),
    responses={**LISTED, **refusals(*EVERY, *REFUSED)},
)
def list_samples(books: Books, asked: Listed) -> Response:
    """Samples in the order they were drawn, each with its items, results and evaluations."""
    found = books.run(lambda tx: sampled.listed(tx, asked.known_at), read_only=True)
    return asked.whole(schemas.SampleTold, [schemas.SampleTold.of(each) for each in found])


@router.get(
    "/samples/{sample}",
    tags=["samples"],
    operation_id="get_sample",
    summary="Read a sample",
    responses=refusals(*EVERY, "not-found"),
)
def get_sample(sample: _ONE, books: Books, known_at: KnownAt = None) -> schemas.SampleTold:
    """One sample with its population, items, results and evaluations."""
    found = books.run(lambda tx: sampled.found_as(tx, sample, known_at), read_only=True)
    return schemas.SampleTold.of(found)


@router.get(
    "/samples/{sample}/pack",
    tags=["samples"],
    operation_id="get_sample_pack",
    summary="Read the evidence for a sample",
    response_class=Response,
    responses={**saved_as(_ZIP), **refusals(*EVERY, "not-found", "report-error")},
)
def get_sample_pack(sample: _ONE, books: Books) -> Response:
    """The workbook with each item computed again, population, documents and JSON, zipped."""
    with TemporaryDirectory() as name:
        folder = Folder(name)
        write_sample_pack(sample_pack(books, sample), folder)
        content = archive(folder)
    return attachment(content, f"{sample}.zip", _ZIP)


@router.post(
    "/samples",
    tags=["samples"],
    operation_id="draw_sample",
    summary="Draw a sample",
    response_model=schemas.SampleTold,
    responses=refusals(*WRITES, "not-found", "invariant-violated", "payload-too-large"),
)
def draw_sample(body: schemas.SampleWanted, books: Books, key: Key) -> Response:
    """Select items of closed periods by seed, from a population that ties to the ledger."""

    def draw(tx: Transaction) -> Drawn:
        wish = body.wish(calendars.calendar(tx))
        return sampled.found_as(tx, sampling.draw(tx, books.lake, wish).id)

    named = keyed(key, "draw_sample", books.actor, body.model_dump_json())
    return answer(once(books, named, draw, schemas.as_json))


@router.post(
    "/samples/{sample}/results",
    tags=["samples"],
    operation_id="record_sample_results",
    summary="Record what was found of items",
    response_model=schemas.SampleTold,
    responses=refusals(*WRITES, "not-found", "payload-too-large"),
)
def record_sample_results(
    sample: _ONE, body: schemas.ResultsTold, books: Books, key: Key
) -> Response:
    """What items should have been; the last word on each counts."""

    def record(tx: Transaction) -> Drawn:
        return sampled.record_results(tx, sample, [each.told for each in body.results])

    named = keyed(key, "sample_results", sample, books.actor, body.model_dump_json())
    return answer(once(books, named, record, schemas.as_json))


@router.post(
    "/samples/{sample}/evaluations",
    tags=["samples"],
    operation_id="evaluate_sample",
    summary="Evaluate a sample",
    response_model=schemas.SampleTold,
    responses=refusals(*WRITES, "not-found"),
)
def evaluate_sample(sample: _ONE, books: Books, key: Key) -> Response:
    """What the sample says of its population by the results known now."""
    named = keyed(key, "evaluate_sample", sample, books.actor)
    made = once(books, named, lambda tx: sampled.evaluating(tx, sample), schemas.as_json)
    return answer(made)
