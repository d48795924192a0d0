"""Postings to journal entries by account, and to detail that names what each cent rests on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from revrec.columnar import coded, keys_of, looked_up, table_of
from revrec.engine import Accounting
from revrec.ledger.chart import CHARTED, TRANSFER
from revrec.ledger.entries import JournalEntry, JournalLine, PostedEntry
from revrec.ledger.kinds import ENTRIES, KINDS
from revrec.model.currencies import EntityCurrencies
from revrec.model.decision import Decision, Segment
from revrec.model.history import Book, ContractHistory
from revrec.model.policy import Account
from revrec.periods import Period

DETAIL = pa.schema(
    [
        ("entity_id", pa.int32()),
        ("period", pa.string()),
        ("origin", pa.string()),
        ("contract", pa.string()),
        ("customer", pa.string()),
        ("obligation", pa.string()),
        ("component", pa.string()),
        ("product", pa.string()),
        ("event", pa.string()),
        ("account", pa.string()),
        ("currency", pa.string()),
        ("amount", pa.int64()),
        ("functional_currency", pa.string()),
        ("functional", pa.int64()),
        ("gl_code", pa.string()),
        ("gl_name", pa.string()),
        ("entry_seq", pa.int64()),
        ("line_no", pa.int64()),
        ("decisions", pa.string()),
        ("paragraphs", pa.string()),
        ("facts_digest", pa.string()),
    ]
)
"""One row per posting: what, for which obligation, on which decisions, paragraphs and facts.

``decisions`` are positions in the contract's decisions as of the close; ``facts_digest`` names
the state of the contract's facts. ``functional`` is the amount in the functional currency, empty
where that is the contract's own or none was told.
"""

REASONED = pa.schema(
    [
        *CHARTED,
        ("customer", pa.string()),
        ("currency", pa.string()),
        ("functional_currency", pa.string()),
        ("decisions", pa.string()),
        ("paragraphs", pa.string()),
        ("facts_digest", pa.string()),
    ]
)
"""Postings on the chart with what they rest on, before the journal numbers them."""
CONTRACTS = pa.schema(
    [(name, pa.string()) for name in ("contract", "customer", "currency", "facts_digest")]
)
"""A contract under a name that the ledger has."""
_COMPONENT = ("contract", "obligation", "component")
REASONS = pa.schema(
    [
        *((name, pa.string()) for name in _COMPONENT),
        ("valid_from", pa.date32()),
        ("decisions", pa.string()),
        ("paragraphs", pa.string()),
    ]
)
"""What a segment rests on from a day: positions of decisions, and paragraphs, in their order."""
_Key = tuple[str, str, str]
"""Origin, event, currency: one journal entry."""
_ENTRY = ["origin", "entry_event", "currency"]
_LINE = ["account", "product", "gl_code", "gl_name"]


def journal_entries(postings: pa.Table, book: Book, period: Period) -> list[JournalEntry]:
    """One balanced entry per economic period, event and currency, with lines by account.

    ``postings`` are on the chart (``chart.CHARTED``).
    """
    return entries_of(_in_currencies(postings, book), book, period)


def entries_of(postings: pa.Table, book: Book, period: Period) -> list[JournalEntry]:
    """The same of postings that name their currencies; ``book`` may be without its contracts."""
    of_revenue = pc.equal(postings["account"], Account.REVENUE.value)
    told = {name: postings[name] for name in [*_ENTRY, *_LINE, "amount", "functional"]}
    told["product"] = pc.if_else(of_revenue, told["product"], "")
    sums = pa.table(told).group_by([*_ENTRY, *_LINE]).aggregate(
        [("amount", "sum"), ("functional", "sum", pc.ScalarAggregateOptions(min_count=1))]
    )  # fmt: skip
    functional = book.currencies.functional_currency if book.currencies else ""
    lines: dict[_Key, list[JournalLine]] = defaultdict(list)
    for row in sums.sort_by([(name, "ascending") for name in [*_ENTRY, *_LINE]]).to_pylist():
        if row["amount_sum"] or row["functional_sum"]:
            key = row["origin"], row["entry_event"], row["currency"]
            lines[key].append(_line(row, functional))
    entries = []
    for (origin, event, currency), of_entry in lines.items():
        late = f", learned in {period}" if origin != str(period) else ""
        entry = JournalEntry(
            period=period,
            origin=period.calendar.parse(origin),
            event=event,
            currency=currency,
            memo=f"{_tells(event)}, {origin}{late}",
            lines=tuple(of_entry),
        )
        entry.check()
        entries.append(entry)
    return entries


def detail(
    postings: pa.Table,
    book: Book,
    accounting: Accounting,
    posted: Sequence[PostedEntry],
    *,
    period: Period,
    entity: int,
) -> pa.Table:
    """The postings with their journal entry, decisions, paragraphs and facts (``DETAIL``)."""
    rows = reasoned(postings, book, accounting, period)
    return numbered(rows, posted, period=period, entity=entity)


def reasoned(postings: pa.Table, book: Book, accounting: Accounting, period: Period) -> pa.Table:
    """The postings with decisions, paragraphs and facts (``REASONED``)."""
    return with_reasons(
        postings,
        contracts_of({**book.apart, **book.histories}),
        reasons_of(accounting),
        book.currencies,
        period,
    )


def with_reasons(
    postings: pa.Table,
    contracts: pa.Table,
    reasons: pa.Table,
    currencies: EntityCurrencies | None,
    period: Period,
) -> pa.Table:
    """The same, of contracts (``CONTRACTS``) and reasons (``REASONS``) that are columns.

    What a posting rests on is what is in force for its component by the end of the period.
    """

    def by_kind(event: str) -> tuple[str]:
        return (KINDS[event].paragraphs,)

    of_contract = pc.index_in(postings["contract"], contracts["contract"])
    decisions, of_component = _rested_on(postings, reasons, period)
    rows = looked_up(postings, ["event"], by_kind, ["of_event"])
    both = pc.binary_join_element_wise(rows["of_event"], of_component, " ")
    told = currencies.functional_currency if currencies else None
    worth = pc.if_else(
        pc.is_valid(rows["functional"]), pa.scalar(told, pa.string()), pa.scalar(None, pa.string())
    )
    added = {
        **{name: contracts[name].take(of_contract) for name in CONTRACTS.names[1:]},
        "decisions": decisions,
        "paragraphs": pc.utf8_trim_whitespace(both),
        "functional_currency": worth,
    }
    columns = [added[name] if name in added else rows[name] for name in REASONED.names]
    return pa.table(columns, names=REASONED.names).cast(REASONED)


def contracts_of(histories: Mapping[str, ContractHistory]) -> pa.Table:
    """Contracts as postings name them (``CONTRACTS``), by the names that the ledger has."""
    told = [(name, each.contract, each.digest) for name, each in histories.items()]
    columns = [
        [name for name, _, _ in told],
        [contract.customer for _, contract, _ in told],
        [contract.currency for _, contract, _ in told],
        [digest for _, _, digest in told],
    ]
    arrays = [pa.array(column, pa.string()) for column in columns]
    return pa.table(arrays, schema=CONTRACTS)


def reasons_of(accounting: Accounting) -> pa.Table:
    """What segments rest on (``REASONS``)."""
    rows = []
    for segment in (*accounting.recognised.segments, *accounting.accrued.segments):
        found = reason_of(accounting.contracts[segment.contract].decisions, segment)
        key = segment.contract, segment.obligation, segment.component
        rows.append((*key, segment.valid_from, *found))
    return table_of(rows, REASONS)


def reason_of(decisions: Sequence[Decision], segment: Segment) -> tuple[str, str]:
    """Positions of the decisions that a segment rests on, and the paragraphs that they cite."""
    cited = {each for position in segment.decisions for each in decisions[position].paragraphs}
    return " ".join(map(str, sorted(set(segment.decisions)))), " ".join(sorted(cited))


def _rested_on(
    postings: pa.Table, reasons: pa.Table, period: Period
) -> tuple[pa.StringArray, pa.StringArray]:
    """Of each posting: decisions and paragraphs of all that is in force for its component."""
    known = reasons.filter(pc.less_equal(reasons["valid_from"], pa.scalar(period.last)))
    keys, wanted = keys_of(_COMPONENT, known, postings)
    counted = keys.value_counts()
    several = counted.field("values").filter(pc.greater(counted.field("counts"), 1))
    shared = pc.is_in(keys, several)
    alone = pc.invert(shared)
    positions: dict[int, set[int]] = defaultdict(set)
    cited: dict[int, set[str]] = defaultdict(set)
    told = (known[name].filter(shared).to_pylist() for name in ("decisions", "paragraphs"))
    for key, decisions, paragraphs in zip(keys.filter(shared).to_pylist(), *told, strict=True):
        positions[key].update(map(int, decisions.split()))
        cited[key].update(paragraphs.split())
    together = {
        "decisions": [" ".join(map(str, sorted(found))) for found in positions.values()],
        "paragraphs": [" ".join(sorted(cited[key])) for key in positions],
    }
    place = pc.index_in(
        wanted, pa.concat_arrays([keys.filter(alone), pa.array(positions, pa.int64())])
    )
    columns = []
    for name, of_several in together.items():
        own = known[name].filter(alone).combine_chunks()
        texts = pa.concat_arrays([own, pa.array(of_several, pa.string())])
        columns.append(pc.fill_null(texts.take(place), ""))
    decisions, paragraphs = columns
    return decisions, paragraphs


def numbered(
    rows: pa.Table, posted: Sequence[PostedEntry], *, period: Period, entity: int
) -> pa.Table:
    """Postings with the entry and line of the journal that they are in (``DETAIL``).

    Postings of an entry whose lines cancel by account have no entry: ``entry_seq`` 0.
    """
    seqs = {(str(e.entry.origin), e.entry.event, e.entry.currency): e.seq for e in posted}
    places, texts = coded(rows, _ENTRY)
    found = [seqs.get(key, 0) for key in zip(*texts, strict=True)]
    seq = pa.array(found, pa.int64()).take(places)
    line = pc.subtract(pc.rank(seq, tiebreaker="first"), pc.rank(seq, tiebreaker="min"))
    told = {
        "entity_id": pa.repeat(pa.scalar(entity, pa.int32()), rows.num_rows),
        "period": pa.repeat(str(period), rows.num_rows),
        "entry_seq": seq,
        "line_no": pc.add(line, 1),
    }
    columns = {**dict(zip(rows.column_names, rows.columns, strict=True)), **told}
    return pa.table([columns[name] for name in DETAIL.names], names=DETAIL.names).cast(DETAIL)


def _in_currencies(postings: pa.Table, book: Book) -> pa.Table:
    def of(contract: str) -> tuple[str]:
        return (book.known(contract).contract.currency,)

    return looked_up(postings, ["contract"], of, ["currency"])


def _line(row: Mapping[str, Any], functional: str) -> JournalLine:
    worth = row["functional_sum"]
    return JournalLine(
        account=Account(row["account"]).value,
        product=row["product"],
        gl_code=row["gl_code"],
        gl_name=row["gl_name"],
        currency=row["currency"],
        amount=row["amount_sum"],
        functional_currency="" if worth is None else functional,
        functional=worth,
    )


def _tells(event: str) -> str:
    if event == TRANSFER:
        return "Balances moved to other accounts of the chart"
    return ENTRIES[event]
