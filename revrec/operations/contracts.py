"""One contract: how it is accounted for on a day, and period by period.

Only its own facts are read, with those of contracts it shares anything with; see ``known``.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar, cast

from revrec import engine
from revrec.audit.explain import Explanation, accounted_for, explain
from revrec.disclosure.effects import BALANCES
from revrec.engine import Accounting
from revrec.errors import FeedError
from revrec.feeds.frameworks import frameworks
from revrec.ledger.subledger import Subledger, first_period
from revrec.model.books import Framework
from revrec.model.history import Book, ContractHistory
from revrec.money import Money
from revrec.operations.books import kept_in, name_of
from revrec.operations.computing import Inputs, read_contracts
from revrec.operations.known import around
from revrec.operations.workspace import Workspace
from revrec.periods import Calendar, Period
from revrec.recognition.arithmetic import Recognised
from revrec.recognition.counts import usage_by_obligation
from revrec.store import calendars
from revrec.store.transaction import Transaction

T = TypeVar("T")

PERIODS_AHEAD = 12
"""Periods that the schedule of a contract without an end goes on for after today's."""
PERIODS_MAX = 600
"""Periods of a schedule at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """What a component of an obligation comes to in a period."""

    period: Period
    obligation: str
    component: str
    stream: str
    """``revenue``, or what moves by measures of progress without being revenue."""
    amount: Money
    """Of the period ..."""
    to_date: Money
    """... and to its end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Balances and sums to date at the end of a period."""

    period: Period
    balances: dict[str, Money]


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractSchedule:
    """A contract period by period, from everything known at a moment.

    Past periods are as they would be by what was known then, whatever was posted in them; later
    ones as if nothing further happened.
    """

    contract: str
    lines: Sequence[Planned]
    standing: Sequence[Standing]


def explain_contract(
    workspace: Workspace,
    contract: str,
    day: date,
    *,
    framework: Framework | None = None,
    known_at: datetime | None = None,
) -> Explanation:
    """How a contract is accounted for on a day, from what was known at a moment, or is now.

    In the book under a framework, the first if none is told. Raises NotFound without such a book
    or contract, ContractError for one that cannot be accounted for, FeedError for a moment without
    a zone.
    """

    def explained(inputs: Inputs, _: Calendar, __: date) -> Explanation:
        return explain(inputs.book, _accounting(inputs, [day]), contract, day)

    asked = ("explanation", contract, day)
    return _answered(workspace, contract, day, asked, explained, framework, known_at)


def contract_schedule(
    workspace: Workspace,
    contract: str,
    *,
    until: Period | None = None,
    framework: Framework | None = None,
    known_at: datetime | None = None,
) -> ContractSchedule:
    """A contract period by period, until it ends or until a period; raises like the explanation."""

    def planned(inputs: Inputs, own: Calendar, today: date) -> ContractSchedule:
        last = until or _ends_in(accounted_for(inputs.book, contract), own, today)
        periods = list(first_period(inputs.book, last).through(last))
        if len(periods) > PERIODS_MAX:
            raise FeedError(
                f"{len(periods):,} periods lead from the first fact to {last}.",
                remedy=f"Ask for an earlier one: at most {PERIODS_MAX:,}.",
            )
        ends = {each: each.last for each in periods}
        accounting = _accounting(inputs, [*ends.values()])
        return _schedule(inputs.book, accounting, contract, ends)

    asked = ("schedule", contract, until and until.last)
    day = until.last if until else None
    return _answered(workspace, contract, day, asked, planned, framework, known_at)


def _answered(  # noqa: PLR0917 - what is asked, of what, and who answers
    workspace: Workspace,
    contract: str,
    day: date | None,
    asked: Hashable,
    answer: Callable[[Inputs, Calendar, date], T],
    framework: Framework | None,
    known_at: datetime | None,
) -> T:
    """What is kept under everything that it stands on, today's date too, or is computed now.

    In the book of the period that ``day`` is in, today if left out.
    """

    def read(tx: Transaction) -> T:
        own, today = calendars.calendar(tx), tx.now.date()
        period = own.of(day or today)
        at = around(tx, workspace.lake, workspace.memory, contract, known_at)
        second = kept_in((each.record for each in at.of_none.told), period)
        name = name_of(second, period, framework)
        differing = frameworks().differences if name else ()

        def computed() -> T:
            beside = at.of_none.beside(at.contracts)
            inputs = read_contracts(
                tx, workspace.lake, at.pins, at.contracts, beside, differing=differing
            )
            return answer(inputs, own, today)

        key = at.stands_on, name, asked, today
        return cast("T", workspace.memory.answers.of(key, computed))

    return workspace.run(read, read_only=True)


def _accounting(inputs: Inputs, days: Sequence[date]) -> Accounting:
    counts = usage_by_obligation(inputs.usage, inputs.book.histories.values())
    return engine.account(inputs.book, days, usage=[counts])


def _ends_in(history: ContractHistory, own: Calendar, today: date) -> Period:
    """The last period of a contract that ends, a year from now for one that does not."""
    told = [history.contract.end, *(each.end for each in history.promised)]
    ends = [each for each in (*told, *(each.end for each in history.modifications)) if each]
    if ends:
        return max(own.of(max(ends)), own.of(history.contract.inception))
    return own.of(max(today, history.contract.inception)).plus(PERIODS_AHEAD)


def _schedule(
    book: Book, accounting: Accounting, contract: str, ends: Mapping[Period, date]
) -> ContractSchedule:
    """The schedule in the order of the periods, each with its last day."""
    if contract in accounting.refused:
        raise accounting.refused[contract]
    currency = accounted_for(book, contract).contract.currency
    with Subledger(book, accounting) as subledger:
        rows = subledger.positions(ends.values()).to_pylist()
    by_day = {row["day"]: row for row in rows if row["contract"] == contract}
    return ContractSchedule(
        contract=contract,
        lines=[
            *_lines(accounting.recognised, contract, ends),
            *_lines(accounting.accrued, contract, ends),
        ],
        standing=[
            Standing(
                period=each,
                balances={name: Money(by_day[last][name], currency) for name in BALANCES},
            )
            for each, last in ends.items()
        ],
    )


def _lines(recognised: Recognised, contract: str, ends: Mapping[Period, date]) -> Iterator[Planned]:
    """Components by period; a segment takes the place of the one before it, so they are summed."""
    sums: dict[tuple[str, str, str, date], int] = {}
    for row in recognised.table.to_pylist():
        segment = recognised.segments[row["segment"]]
        if segment.contract == contract:
            key = segment.obligation, segment.component, segment.stream.value, row["day"]
            sums[key] = sums.get(key, 0) + row["revenue"]
    named = sorted({key[:3] for key in sums})
    currency = next((s.currency for s in recognised.segments if s.contract == contract), "")
    for obligation, component, stream in named:
        before = 0
        for period, last in ends.items():
            to_date = sums.get((obligation, component, stream, last), 0)
            if to_date or before:
                yield Planned(
                    period=period,
                    obligation=obligation,
                    component=component,
                    stream=stream,
                    amount=Money(to_date - before, currency),
                    to_date=Money(to_date, currency),
                )
            before = to_date
