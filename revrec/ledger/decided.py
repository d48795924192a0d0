"""Contracts as they were decided, one row each: all that step 5 and the ledger read of them.

Steps 1-4 are decided from a contract's facts. What comes of it can be kept as columns and be
computed with again as long as the facts are the same, without a contract being read: its segments
with what they rest on, its documents, what counts towards its progress, and the questions about
progress that were asked, with the answers that were given.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import accumulate
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from revrec.engine import Accounting
from revrec.ledger.billing import BILLING
from revrec.ledger.contract_tables import REDUCTION, SPANS, TERMS, contract_tables
from revrec.ledger.cutover import CUTOVER
from revrec.ledger.detail import CONTRACTS, REASONS, contracts_of, reasons_of
from revrec.model.decision import Answer, Question
from revrec.model.history import Book, ContractHistory
from revrec.recognition.arithmetic import COUNTS, QUESTIONS, SEGMENT, SHAPE, question_table
from revrec.recognition.counts import METERS, meter_table

SEGMENTS = pa.schema(
    [
        *(each for each in SEGMENT if each[0] != "currency"),
        ("shape", SHAPE),
        ("decisions", pa.string()),
        ("paragraphs", pa.string()),
    ]
)
"""Segments, with the positions of the decisions and the paragraphs that they rest on."""
_LISTS: Mapping[str, pa.Schema] = {
    "segments": SEGMENTS,
    "accrued": SEGMENTS,
    "billing": BILLING,
    "reduction": REDUCTION,
    "without_contract": SPANS,
    "meters": METERS,
    "counts": COUNTS,
    "questions": QUESTIONS,
}
"""What there may be several of in a contract."""
DECIDED = pa.schema(
    [
        ("contract", pa.string()),
        ("kept", pa.bool_()),
        ("until", pa.date32()),
        ("first_day", pa.date32()),
        ("inception", pa.date32()),
        ("party", pa.string()),
        ("customer", pa.string()),
        ("currency", pa.string()),
        ("cancellable", pa.bool_()),
        ("facts_digest", pa.string()),
        *(
            (name, pa.list_(pa.struct([each for each in schema if each.name != "contract"])))
            for name, schema in _LISTS.items()
        ),
    ]
)
"""A contract: ``kept`` where the rest of the row can be computed with. ``until`` is the last day
that was asked about where service renews as time passes; ``first_day`` that of its first fact."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DecidedContracts:
    """Contracts that were decided, as the tables that are computed with."""

    rows: pa.Table
    """``DECIDED``."""

    def of(self, name: str) -> pa.Table:
        """What there may be several of in a contract, in a row each."""
        blocks = [_flat(batch, name) for batch in self.rows.to_batches()]
        return pa.concat_tables([_LISTS[name].empty_table(), *blocks])

    def some(self, most: int) -> Iterator[DecidedContracts]:
        """The contracts, so many at a time."""
        for start in range(0, self.rows.num_rows, most):
            yield DecidedContracts(rows=self.rows.slice(start, most))

    @property
    def contracts(self) -> pa.Table:
        """``detail.CONTRACTS``."""
        return self.rows.select(CONTRACTS.names)

    @property
    def tables(self) -> Mapping[str, pa.Table]:
        """As ``contract_tables`` gives them."""
        return {
            "contracts": self.rows.select(TERMS.names),
            "cutover": CUTOVER.empty_table(),
            **{name: self.of(name) for name in ("billing", "reduction", "without_contract")},
        }

    def segments(self, name: str) -> pa.Table:
        """As ``segment_table`` gives ``segments``, or what is ``accrued``."""
        rows = self.of(name).drop_columns(["decisions", "paragraphs"])
        own = pc.index_in(rows["contract"], self.rows["contract"])
        rows = rows.append_column("currency", self.rows["currency"].take(own))
        return rows.add_column(0, "segment", pa.array(range(rows.num_rows), pa.int64()))

    @property
    def questions(self) -> pa.Table:
        """``QUESTIONS``, numbered through."""
        rows = self.of("questions")
        return rows.set_column(0, "point", pa.array(range(rows.num_rows), pa.int64()))

    @property
    def reasons(self) -> pa.Table:
        """``detail.REASONS``."""
        both = (self.of(name).select(REASONS.names) for name in ("segments", "accrued"))
        return pa.concat_tables(both)


def decided_contracts(
    book: Book,
    accounting: Accounting,
    counts: Sequence[pa.Table],
    asked: Sequence[tuple[Question, Answer]],
    *,
    until: date,
    elsewhere: Collection[str],
) -> pa.Table:
    """The contracts of a book as rows (``DECIDED``), in order of their names.

    ``accounting`` need not be recognised; ``counts`` are what counts beside use; ``until`` is the
    last day asked about; ``elsewhere`` are further names, of which nothing is kept.
    """
    kept = [
        name
        for name, each in sorted(book.histories.items())
        if name in accounting.contracts and name not in elsewhere
    ]
    histories = {name: book.histories[name] for name in kept}
    of_kept = Book(policy=book.policy, histories=histories)
    names = pa.array(kept, pa.string())
    reasons = reasons_of(accounting)
    segments = accounting.recognised.columns.num_rows
    told = contract_tables(of_kept, accounting)
    flat = {
        "segments": _with_reasons(accounting.recognised.columns, reasons.slice(0, segments)),
        "accrued": _with_reasons(accounting.accrued.columns, reasons.slice(segments)),
        **{name: told[name] for name in ("billing", "reduction", "without_contract")},
        "meters": meter_table(histories.values()),
        "counts": pa.concat_tables([COUNTS.empty_table(), *counts]),
        "questions": _questions(asked),
    }
    columns = {
        "kept": pa.array([True] * len(kept), pa.bool_()),
        "until": pa.array(
            [until if accounting.contracts[name].renews else None for name in kept], pa.date32()
        ),
        "first_day": pa.array((each.first_day for each in histories.values()), pa.date32()),
        "inception": pa.array([e.contract.inception for e in histories.values()], pa.date32()),
        "party": pa.array((party_of(each) for each in histories.values()), pa.string()),
        "cancellable": told["contracts"]["cancellable"],
        **{name: contracts_of(histories)[name] for name in CONTRACTS.names},
        **{name: _nested(rows, names, _LISTS[name]) for name, rows in flat.items()},
    }
    others = sorted({*book.histories, *book.apart, *elsewhere} - {*kept})
    rest = {"contract": pa.array(others, pa.string()), "kept": pa.array([False] * len(others))}
    nothing = pa.table(
        [rest.get(each.name, pa.nulls(len(others), each.type)) for each in DECIDED], schema=DECIDED
    )
    rows = pa.table([columns[name] for name in DECIDED.names], schema=DECIDED)
    return pa.concat_tables([rows, nothing]).sort_by("contract")


def decided_apart(book: Book) -> set[str]:
    """Contracts that each close reads anew: with others, abroad, or taken over.

    What is drawn from a pool or held as credits depends on other use, what is worth another
    currency on rates, and what was taken over on what was posted of it.
    """
    functional = book.currencies.functional_currency if book.currencies else None
    return {
        *book.credits.holders,
        *(name for pool in book.credits.pools for name in pool.contracts),
        *(name for name, each in book.histories.items() if _apart(each, functional)),
    }


def _apart(history: ContractHistory, functional: str | None) -> bool:
    return bool(
        history.refusal
        or history.openings
        or history.members
        or history.earlier
        or (functional is not None and history.contract.currency != functional)
        or any(each.usage.lot_of for each in history.promised)
    )


def party_of(history: ContractHistory) -> str:
    """Whom a contract is with, with its related parties, in its currency (606-10-25-9)."""
    contract = history.contract
    return f"{contract.currency} {contract.customer_group or contract.customer}"


def _with_reasons(segments: pa.Table, reasons: pa.Table) -> pa.Table:
    rows = segments.drop_columns(["segment", "currency"])
    for name in ("decisions", "paragraphs"):
        rows = rows.append_column(name, reasons[name])
    return rows.select(SEGMENTS.names)


def _questions(asked: Sequence[tuple[Question, Answer]]) -> pa.Table:
    rows = question_table([question for question, _ in asked])
    for name in Answer._fields:
        told = [str(getattr(answer, name)) for _, answer in asked]
        rows = rows.append_column(name, pa.array(told, pa.string()))
    return rows.select(QUESTIONS.names)


def _nested(rows: pa.Table, contracts: pa.StringArray, schema: pa.Schema) -> pa.ListArray:
    """Rows as lists, one for each of the contracts, in the order that they have."""
    place = pc.index_in(rows["contract"], contracts)
    number = pa.array(range(rows.num_rows), pa.int64())
    rows = rows.append_column("place", place).append_column("number", number)
    rows = rows.filter(place.is_valid())
    rows = rows.sort_by([("place", "ascending"), ("number", "ascending")])
    found = dict.fromkeys(range(len(contracts)), 0)
    found |= {each["values"]: each["counts"] for each in rows["place"].value_counts().to_pylist()}
    offsets = pa.array(accumulate(found.values(), initial=0), pa.int32())
    names = [name for name in schema.names if name != "contract"]
    columns = [rows[name].combine_chunks().cast(schema.field(name).type) for name in names]
    told = pa.StructArray.from_arrays(columns, fields=[schema.field(name) for name in names])
    return pa.ListArray.from_arrays(offsets, told)


def _flat(rows: pa.RecordBatch, name: str) -> pa.Table:
    schema = _LISTS[name]
    lists = rows[name]
    told = pc.list_flatten(lists)
    contract = rows["contract"].take(pc.list_parent_indices(lists))
    columns: dict[str, Any] = {"contract": contract}
    fields = [each.name for each in told.type]
    columns |= dict(zip(fields, told.flatten(), strict=True))
    return pa.table([columns[each] for each in schema.names], names=schema.names).cast(schema)
