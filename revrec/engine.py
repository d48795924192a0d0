"""The five steps on one screen.

Steps 1-4 decide, per contract (``asc606``); step 5 computes, over all of them at once
(``recognition``). A contract that cannot be accounted for is refused with its reason and does not
stop the others.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from functools import partial

import pyarrow as pa
import pyarrow.compute as pc

from revrec.asc340.decide import contract_costs
from revrec.asc606.control import performed
from revrec.asc606.decide import Decided, decide
from revrec.asc606.lots import drawn_from, pools_of
from revrec.asc606.openings import taken_over, used_before, used_twice
from revrec.asc606.standalone_selling_price import Books
from revrec.collector import collector_at_rest
from revrec.errors import ContractError, FeedError, RevrecError
from revrec.model.decision import Answer, ContractAccounting, Decision, Question
from revrec.model.history import Book, ContractHistory
from revrec.recognition.arithmetic import Arithmetic, Recognised
from revrec.recognition.counts import Shared, before_cutover, deliveries, redrawn, usage_events

ENGINE_VERSION = "2"
"""Raised when a change moves a number; part of every close and cache key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Accounting:
    """What the five steps give for a book: revenue to date by segment, decisions, refusals."""

    recognised: Recognised
    """Revenue to date."""
    accrued: Recognised
    """To date, what moves by measures of progress without being revenue, by its stream."""
    contracts: dict[str, ContractAccounting]
    refused: dict[str, RevrecError]

    def decision(self, contract: str, position: int) -> Decision:
        """The decision a segment names by its position."""
        return self.contracts[contract].decisions[position]


def account(
    book: Book, dates: Sequence[date], *, usage: Iterable[pa.Table] = (), threads: int | None = None
) -> Accounting:
    """Account for every contract of the book and recognise revenue to date at each date.

    ``usage`` are tables of counts (``recognition.arithmetic.COUNTS``) by contract, obligation and
    day; deliveries and scenario usage come from the book itself. Revenue to date on a day takes
    into account the facts that took effect by that day.
    """
    with Arithmetic(counted(book, usage), threads=threads) as arithmetic:
        until = max(dates, default=date.min)
        contracts, refused = decide_all(book, arithmetic, until)
        segments = [segment for each in contracts.values() for segment in each.segments]
        recognised = arithmetic.recognise(segments, dates)
        others = [segment for each in contracts.values() for segment in each.accrued]
        accrued = arithmetic.recognise(others, dates)
    return Accounting(recognised=recognised, accrued=accrued, contracts=contracts, refused=refused)


def counted(book: Book, usage: Iterable[pa.Table] = ()) -> list[pa.Table]:
    """What counts towards progress: what was transferred, and use by the lot it is drawn from."""
    counts = [*usage]
    _refuse_used_twice(book, counts)
    shared = []
    for name, history in book.histories.items():
        # A contract whose lots contradict each other is refused when it is decided.
        with suppress(ContractError, FeedError):
            shared += [
                Shared(name, pool.names, partial(drawn_from, pool))
                for pool in pools_of(history, book.policy).values()
            ]
    of_others = before_cutover(book, used_before)
    return [*redrawn([deliveries(book, performed), usage_events(book), *counts], shared), of_others]


def _refuse_used_twice(book: Book, usage: Iterable[pa.Table]) -> None:
    """Contracts with use told from before the day that their opening balances cover."""
    told = {name: each for name, history in book.histories.items() if (each := taken_over(history))}
    if not told:
        return
    for table in [*usage, usage_events(book)]:
        concerned = table.filter(pc.is_in(table["contract"], pa.array([*told], pa.string())))
        first = concerned.group_by("contract").aggregate([("day", "min")])
        for row in first.to_pylist():
            name, day = row["contract"], row["day_min"]
            if day <= told[name].on:
                history = book.histories[name]
                history.refusal = used_twice(history.contract, told[name], day)


@collector_at_rest()
def decide_all(
    book: Book, arithmetic: Arithmetic, until: date = date.min
) -> tuple[dict[str, ContractAccounting], dict[str, RevrecError]]:
    """Steps 1-4 of every contract; questions about progress are answered in rounds, all at once.

    Service that renews as time passes is accounted for up to ``until``.
    """
    decided: dict[str, ContractAccounting] = {}
    refused: dict[str, RevrecError] = {}
    asking: list[tuple[str, Decided, list[Question]]] = []

    def advance(name: str, deciding: Decided, answers: list[Answer] | None) -> None:
        try:
            questions = deciding.send(answers) if answers is not None else next(deciding)
            asking.append((name, deciding, questions))
        except StopIteration as finished:
            decided[name] = finished.value
        except (ContractError, FeedError) as error:
            refused[name] = _naming(error, name)

    books = Books(book.selling_prices, book.policy, until)
    for name in sorted(book.histories):
        advance(name, _decide(book.histories[name], books), None)
    while asking:
        waiting, asking = asking, []
        answers = iter(arithmetic.progress([q for _, _, asked in waiting for q in asked]))
        for name, deciding, questions in waiting:
            advance(name, deciding, [next(answers) for _ in questions])
    return {name: decided[name] for name in sorted(decided)}, refused


def _naming(error: ContractError | FeedError, contract: str) -> ContractError | FeedError:
    """The refusal, with the contract it is of where a rule did not know that."""
    if "contract" not in error.attributes:
        error.attributes["contract"] = contract
        error.message = f"Contract {contract}: {error.message}"
    return error


def _decide(history: ContractHistory, books: Books) -> Decided:
    """A contract by the five steps, then what it cost to win and carry out (340-40)."""
    return _with_costs(history, books) if history.costs else decide(history, books)


def _with_costs(history: ContractHistory, books: Books) -> Decided:
    accounting = yield from decide(history, books)
    return (yield from contract_costs(history, accounting, books.policy))
