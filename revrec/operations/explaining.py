"""Explaining what the books hold: a posting, a contract, an obligation.

JSON, text and workbook are made of the one model that is returned here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from revrec.audit import recompute
from revrec.audit.explain import accounted_for
from revrec.audit.explanation import Explanation, Subject, Touched
from revrec.audit.recompute import Posted
from revrec.audit.recomputed_balances import balances
from revrec.audit.standing import Standing
from revrec.audit.workings import Working
from revrec.disclosure.columns import key_of, parts_of
from revrec.engine import ENGINE_VERSION
from revrec.errors import NotFound
from revrec.ledger.detail import DETAIL
from revrec.ledger.kinds import KINDS, PRESENTATION
from revrec.model.books import Framework
from revrec.model.decision import Stream
from revrec.money import Money
from revrec.operations import books
from revrec.operations.computing import posted_detail
from revrec.operations.knowing import (
    State,
    approvals_of,
    evidence_of,
    in_order,
    state_of,
    usage_of,
)
from revrec.operations.known import pins_at
from revrec.operations.since_close import changes_of, decided_before, made_of, reason
from revrec.operations.workspace import Workspace
from revrec.store import calendars, periods
from revrec.store.lake import Lake
from revrec.store.periods import PeriodClose, Pins
from revrec.store.transaction import Transaction

Row = Mapping[str, Any]
KEY = (
    *("period", "origin", "event", "contract", "obligation", "component", "product", "account"),
    *("entry_seq", "line_no"),
)
"""What the row key of a posting names, as the journal detail shows it."""
_OBLIGATION = KEY.index("obligation")
_ALWAYS_SHOWN = ("billed", "recognised", "contract_liability", "contract_asset", "receivable")
_SHOWN_IF_ANY = (
    *("paid_to_customer", "accrued", "cash_in_advance", "conditional_bill"),
    *("refund_liability", "deposit_liability"),
)
_SAME = ("origin", "contract", "obligation", "component", "product", "event", "account")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """A contract as it stands, and where more is read of it."""

    tx: Transaction
    lake: Lake
    state: State
    standing: Standing


def key_of_posting(row: Row) -> str:
    """The row key of a posting, as in the journal detail."""
    return key_of(*(str(row[name]) for name in KEY))


def explain_posting(
    workspace: Workspace, key: str, *, framework: Framework | None = None
) -> Explanation:
    """A posting by its row key in the journal detail, from facts to the last cent.

    Raises NotFound where nothing is posted under it.
    """
    return workspace.run(
        lambda tx: posting_explained(tx, workspace.lake, key, framework), read_only=True
    )


def posting_explained(
    tx: Transaction, lake: Lake, key: str, framework: Framework | None = None
) -> Explanation:
    """The same within a transaction of the caller's."""
    parts = parts_of(key)
    if len(parts) != len(KEY):
        raise _no_posting(key)
    period = calendars.calendar(tx).parse(parts[0])
    contract = parts[KEY.index("contract")]
    for close in [each for each in periods.closes(tx) if each.period == period]:
        name = books.chosen(tx, period, close.pins, framework)
        state = state_of(tx, lake, [contract], close.pins, period=period, framework=framework)
        before, now = split(tx, lake, state, close, name)
        found = [row for row in now.to_pylist() if key_of_posting(row) == key]
        if found:
            with standing_of(state, contract, before) as standing:
                reading = _Reading(tx=tx, lake=lake, state=state, standing=standing)
                return _posting(reading, close, found[0], now.to_pylist())
    raise _no_posting(key)


def explain_contract(
    workspace: Workspace,
    contract: str,
    day: date,
    *,
    obligation: str | None = None,
    framework: Framework | None = None,
    known_at: datetime | None = None,
) -> Explanation:
    """A contract, or one of its obligations, on a day as known at a moment, now if left out.

    Raises NotFound for what is unknown, and why a contract is refused if it is.
    """

    def read(tx: Transaction) -> Explanation:
        pins = pins_at(tx, workspace.lake, known_at)
        return explained_at(
            tx, workspace.lake, (contract, obligation), day, pins, framework=framework
        )

    return workspace.run(read, read_only=True)


def explained_at(
    tx: Transaction,
    lake: Lake,
    of: tuple[str, str | None],
    day: date,
    pins: Pins,
    *,
    framework: Framework | None = None,
) -> Explanation:
    """The same as known at pins; ``of`` are contract and obligation, if one is asked about."""
    contract, obligation = of
    period = calendars.calendar(tx).of(day)
    state = state_of(tx, lake, [contract], pins, period=period, framework=framework)
    accounted_for(state.book, contract)
    closed = [str(each.period) for each in state.closes]
    known = pc.is_in(state.inputs.posted["period"], pa.array(closed, pa.string()))
    posted = state.inputs.posted.filter(known)
    with standing_of(state, contract, posted, day) as standing:
        reading = _Reading(tx=tx, lake=lake, state=state, standing=standing)
        return _contract(reading) if obligation is None else _obligation(reading, obligation)


def standing_of(state: State, contract: str, posted: pa.Table, day: date | None = None) -> Standing:
    """A contract as its books stand in a state, with what was posted before."""
    return Standing(
        contract=contract,
        book=state.book,
        usage=state.inputs.usage,
        period=state.period,
        posted=posted.filter(pc.equal(posted["contract"], contract)),
        day=day or state.period.last,
    )


def split(
    tx: Transaction, lake: Lake, state: State, close: PeriodClose, name: str
) -> tuple[pa.Table, pa.Table]:
    """Posting detail of the contracts before a close, and of the close itself."""
    posted = state.inputs.posted
    closes = in_order(periods.closes(tx))
    if len([each for each in closes if each.period == close.period]) == 1:
        before = pc.less(posted["period"], str(close.period))
        return posted.filter(before), posted.filter(pc.equal(posted["period"], str(close.period)))
    versions = [_version(each, name) for each in closes[: closes.index(close) + 1]]
    known = [each for each in versions[:-1] if each is not None]
    tables = [
        posted_detail(tx, lake, state.among, book=name, version=version)
        for version in ([known[-1]] if known else [])
    ]
    before = tables[0] if tables else DETAIL.empty_table()
    before = before.filter(pc.less_equal(before["period"], str(close.period)))
    if versions[-1] is None:
        return before, DETAIL.empty_table()
    then = posted_detail(tx, lake, state.among, book=name, version=versions[-1])
    held = Counter(tuple(row.values()) for row in before.to_pylist())
    rows = []
    for row in then.filter(pc.less_equal(then["period"], str(close.period))).to_pylist():
        values = tuple(row.values())
        held[values] -= 1
        if held[values] < 0:
            rows.append(row)
    return before, pa.Table.from_pylist(rows, schema=DETAIL)


def _version(close: PeriodClose, name: str) -> int | None:
    """The version of posting detail that a close left."""
    if not name:
        return close.posting_version
    told: Any = close.totals.get("second_book")
    return told["version"] if told else None


def same_key(one: Row, other: Row) -> bool:
    """Whether two postings are of the same; what is presented is so whenever it was posted."""
    presents = one["event"] in PRESENTATION
    return all(one[name] == other[name] for name in _SAME if name != "origin" or not presents)


def workings_of(standing: Standing, row: Row, now: Iterable[Row]) -> list[Working]:
    """What a posting comes from, in its currency and in the functional one if that is another."""
    posted = Posted(
        row=row,
        beside=[each for each in now if each != row and same_key(row, each)],
        before=[each for each in standing.posted.to_pylist() if same_key(row, each)],
    )
    found = [recompute.posting(standing, posted)]
    if row["functional"] is not None:
        found.append(recompute.functional_posting(standing, posted))
    return found


def _posting(reading: _Reading, close: PeriodClose, row: Row, now: list[Row]) -> Explanation:
    standing, state = reading.standing, reading.state
    since = state.close_before
    facts = evidence_of(state, since)
    told = [*facts, *usage_of(state, standing.contract, since, _window(standing, row))]
    rests = {int(each) for each in row["decisions"].split()}
    made = made_of(
        standing, rests, decided_before(reading.tx, reading.lake, state, standing, facts)
    )
    why = reason(told, made, state.period)
    same = [each for each in standing.posted.to_pylist() if _alike(row, each)]
    return Explanation(
        subject=Subject.POSTING,
        name=key_of_posting(row),
        title=(
            f"{KINDS[row['event']].tells}: {row['account']} ({row['gl_code']} {row['gl_name']}), "
            f"{standing.contract}, {row['origin']}, posted in {row['period']}"
        ),
        day=standing.day,
        known=state.known,
        amounts=_amounts(row),
        decisions=made,
        workings=workings_of(standing, row, now),
        facts=told,
        approvals=approvals_of(reading.tx, close, state.among, facts),
        changes=changes_of([each for each in now if _alike(row, each)], same, since, why),
        postings=[touched(each) for each in now if _of_entry(row, each)],
        notes=[
            f"It rests on {row['paragraphs']}. The contract's facts then: {row['facts_digest']}.",
            *_engines(close),
        ],
    )


def _contract(reading: _Reading) -> Explanation:
    standing, day = reading.standing, reading.standing.day
    return replace(
        _of_contract(reading),
        title=f"Contract {standing.contract} with {standing.history.contract.customer} on {day}",
        amounts=_standing_amounts(standing),
        workings=[
            *(recompute.to_date(standing, *names, day) for names in components(standing, day)),
            balances(standing),
        ],
    )


def _obligation(reading: _Reading, obligation: str) -> Explanation:
    standing, day = reading.standing, reading.standing.day
    own = [names for names in components(standing, day) if names[0] == obligation]
    if not own and obligation not in {each.id for each in standing.history.promised}:
        raise NotFound(
            f"Contract {standing.contract} promises no {obligation}.",
            remedy=f"It promises {', '.join(each.id for each in standing.history.promised)}.",
        )
    workings = [recompute.to_date(standing, *names, day) for names in own]
    rests = {
        number
        for each in standing.segments
        if each.obligation == obligation
        for number in each.decisions
    }
    found = _of_contract(reading)
    return replace(
        found,
        subject=Subject.OBLIGATION,
        name=key_of(standing.contract, obligation),
        title=f"Obligation {obligation} of contract {standing.contract} on {day}",
        amounts={
            f"{component}, {stream.value.replace('_', ' ')}": Money(each.result, standing.currency)
            for (_, component, stream), each in zip(own, workings, strict=True)
        },
        workings=workings,
        decisions=[replace(each, rests=each.number in rests) for each in found.decisions],
        postings=[
            each for each in found.postings if parts_of(each.posting)[_OBLIGATION] == obligation
        ],
    )


def _of_contract(reading: _Reading) -> Explanation:
    """What is the same of a contract and of each of its obligations."""
    standing, state, period = reading.standing, reading.state, reading.state.period
    close = next((each for each in state.closes[::-1] if each.period == period), None)
    since = state.close_before
    facts = evidence_of(state, since)
    days = period.previous.last, standing.day
    told = [*facts, *usage_of(state, standing.contract, since, days)]
    made = made_of(standing, None, decided_before(reading.tx, reading.lake, state, standing, facts))
    posted = standing.posted.to_pylist()
    now = [each for each in posted if each["period"] == str(period)]
    debits = [each for each in posted if each["account"] == KINDS[each["event"]].debit.value]
    ours = [each for each in debits if each["period"] == str(period)]
    return Explanation(
        subject=Subject.CONTRACT,
        name=standing.contract,
        title="",
        day=standing.day,
        known=state.known,
        amounts={},
        decisions=made,
        facts=told,
        approvals=approvals_of(reading.tx, close, state.among, facts),
        changes=changes_of(ours, debits, since, reason(told, made, period)) if close else (),
        postings=[touched(each) for each in now],
    )


def components(standing: Standing, day: date) -> list[tuple[str, str, Stream]]:
    """Obligations and components with a segment in force on the day, by stream."""
    return list(
        dict.fromkeys(
            (each.obligation, each.component, each.stream)
            for each in standing.segments
            if each.valid_from <= day <= each.valid_to
        )
    )


def touched(row: Row, of_it: int | None = None) -> Touched:
    """A posting by its row key, with what a fact gave of it."""
    currency = row["currency"]
    return Touched(
        posting=key_of_posting(row),
        period=row["period"],
        amount=Money(row["amount"], currency),
        of_it=None if of_it is None else Money(of_it, currency),
    )


def _standing_amounts(standing: Standing) -> dict[str, Money]:
    told = standing.position
    shown = [*_ALWAYS_SHOWN, *(name for name in _SHOWN_IF_ANY if told[name])]
    return {name: Money(told[name], standing.currency) for name in shown}


def _amounts(row: Row) -> dict[str, Money]:
    found = {"posted": Money(row["amount"], row["currency"])}
    if row["functional"] is not None:
        worth = Money(row["functional"], row["functional_currency"])
        found["in the functional currency"] = worth
    return found


def _window(standing: Standing, row: Row) -> tuple[date, date]:
    """The days of use that count for a posting: of its period of origin; of all for a balance."""
    origin = standing.period.calendar.parse(row["origin"])
    return (date.min if row["event"] in PRESENTATION else origin.previous.last), origin.last


def _alike(row: Row, other: Row) -> bool:
    """Whether two postings tell the same of different periods."""
    names = ("contract", "obligation", "component", "product", "event", "account")
    return all(row[name] == other[name] for name in names)


def _of_entry(row: Row, other: Row) -> bool:
    """Whether another posting of the contract stands in the same entry."""
    return all(row[name] == other[name] for name in ("entry_seq", "contract"))


def _engines(close: PeriodClose) -> list[str]:
    if close.engine_version == ENGINE_VERSION:
        return []
    return [f"The close was computed by engine {close.engine_version}, this by {ENGINE_VERSION}."]


def _no_posting(key: str) -> NotFound:
    return NotFound(
        f"Nothing is posted under {key}.",
        remedy="Give a row key of the journal detail, as workbooks and /v1/journal show it.",
    )
