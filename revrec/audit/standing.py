"""One contract as its books stand: what it earned on days, by exact progress, and its balances."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any, Self

import pyarrow as pa
import pyarrow.compute as pc

from revrec import engine
from revrec.audit.explain import accounted_for
from revrec.engine import Accounting
from revrec.ledger.billing import Row, documents
from revrec.ledger.kinds import PRESENTATION
from revrec.ledger.maturity import is_posted, split_by_maturity
from revrec.ledger.subledger import Subledger, first_period, summed
from revrec.model.decision import Answer, Decision, Question, Segment
from revrec.model.history import Book, ContractHistory
from revrec.model.policy import Account
from revrec.periods import Period
from revrec.recognition.arithmetic import Arithmetic, Recognised
from revrec.recognition.counts import usage_by_obligation

Key = tuple[str, str, str, str, str, str]
"""Origin, obligation, component, product, event, account."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A segment that is in force on a day, with its exact progress."""

    segment: Segment
    answer: Answer


@dataclass(kw_only=True)
class Standing:
    """A contract of a book at what was known; opened with its counts, closed with its context.

    Opening it raises why the contract is refused, if it is.
    """

    contract: str
    book: Book
    """The contract, with all that share anything with it."""
    usage: pa.Table
    """Daily use, as obligations are performed by it."""
    period: Period
    posted: pa.Table
    """Posting detail of the closes before."""
    day: date
    """The end of the period, or a day within it."""
    _opened: ExitStack = field(default_factory=ExitStack)

    def __enter__(self) -> Self:
        counts = usage_by_obligation(self.usage, self.book.histories.values())
        told = Arithmetic(engine.counted(self.book, [counts]))
        self._arithmetic = self._opened.enter_context(told)
        contracts, refused = engine.decide_all(self.book, self._arithmetic, self.day)
        if self.contract in refused:
            self._opened.close()
            raise refused[self.contract]
        self._contracts, self._refused = contracts, refused
        return self

    def __exit__(self, *_: object) -> None:
        self._opened.close()

    @property
    def history(self) -> ContractHistory:
        """The contract's facts. Raises NotFound for one that is accounted for within another."""
        return accounted_for(self.book, self.contract)

    @property
    def decisions(self) -> Sequence[Decision]:
        """What was decided of it, in order."""
        return self._contracts[self.contract].decisions

    @property
    def currency(self) -> str:
        """Of the contract."""
        return self.history.contract.currency

    @cached_property
    def segments(self) -> Sequence[Segment]:
        """Of revenue, then of what else moves by the same measures."""
        told = self._contracts[self.contract]
        return (*told.segments, *told.accrued)

    def measured(self, day: date, segments: Sequence[Segment]) -> list[Measured]:
        """Those in force on a day, with their progress at its end."""
        [found] = self.measured_on([day], segments)
        return found

    def measured_on(
        self, days: Sequence[date], segments: Sequence[Segment]
    ) -> list[list[Measured]]:
        """The same on several days, asked at once."""
        standing = [
            [each for each in segments if each.valid_from <= day <= each.valid_to] for day in days
        ]
        asked = [
            Question(each.contract, each.obligation, each.shape, day)
            for day, of_day in zip(days, standing, strict=True)
            for each in of_day
        ]
        answers = iter(self._arithmetic.progress(asked))
        return [
            [Measured(segment=segment, answer=next(answers)) for segment in of_day]
            for of_day in standing
        ]

    @cached_property
    def first(self) -> Period:
        """The earliest economic period."""
        return first_period(self.book, self.period)

    @cached_property
    def documents(self) -> Sequence[Row]:
        """Rows of ``billing.BILLING``: what was billed, credited and paid."""
        return list(documents(self.history))

    @cached_property
    def accounting(self) -> Accounting:
        """All contracts of the book, recognised at the end of every period."""
        periods = [*self.first.through(self.period)]
        days = [periods[0].previous.last, *(each.last for each in periods)] if periods else []
        segments = [each for of in self._contracts.values() for each in of.segments]
        accrued = [each for of in self._contracts.values() for each in of.accrued]
        return Accounting(
            recognised=self._arithmetic.recognise(segments, days),
            accrued=self._arithmetic.recognise(accrued, days),
            contracts=self._contracts,
            refused=self._refused,
        )

    @cached_property
    def position(self) -> Mapping[str, Any]:
        """The contract's balances on the day, see ``Subledger.positions``."""
        with self._subledger() as subledger:
            return self._own(subledger.positions([self.day]))

    @cached_property
    def balances(self) -> Mapping[str, Any]:
        """What the balances at the period's end come from, see ``Subledger.composed``."""
        with self._subledger() as subledger:
            return self._own(subledger.composed([self.day]))

    @cached_property
    def functional(self) -> Mapping[Key, int]:
        """What every posting should be worth in the functional currency; none in that itself."""
        periods = [*self.first.through(self.period)]
        posted = summed(self.posted)
        with Subledger(self.book, self.accounting) as subledger:
            settled = [self.contract] if self.settled else []
            now = subledger.postings(self.period, periods, posted, settled=settled)
        worth: dict[Key, int] = defaultdict(int)
        for row in (*now.to_pylist(), *posted.to_pylist()):
            presents = row["event"] in PRESENTATION
            origin = str(self.period) if presents else row["origin"]
            names = row["obligation"], row["component"], row["product"]
            if row["contract"] == self.contract:
                worth[origin, *names, row["event"], row["account"]] += row["functional"] or 0
        return worth

    @cached_property
    def maturity(self) -> Mapping[str, int]:
        """The current part of each balance, by account, where the split is posted."""
        if not is_posted(self.book.policy, self.period.last):
            return {}
        with Subledger(self.book, self.accounting) as subledger:
            positions = subledger.positions([self.period.last])
            split = split_by_maturity(
                subledger.query, self.accounting, self.book.policy, positions, self.period
            )
        return {
            row["account"]: row["current"]
            for row in split.to_pylist()
            if row["contract"] == self.contract
        }

    @cached_property
    def settled(self) -> bool:
        """Whether an earlier period posted the contract's cutover."""
        opening = pc.equal(self.posted["account"], Account.OPENING_BALANCE.value)
        before = pc.less(self.posted["period"], str(self.period))
        own = pc.equal(self.posted["contract"], self.contract)
        return bool(self.posted.filter(pc.and_(own, pc.and_(opening, before))).num_rows)

    def _subledger(self) -> Subledger:
        """All contracts of the book, recognised on the day."""
        told = self._contracts.values()
        accounting = Accounting(
            recognised=self._recognise([each for of in told for each in of.segments]),
            accrued=self._recognise([each for of in told for each in of.accrued]),
            contracts=self._contracts,
            refused=self._refused,
        )
        return Subledger(self.book, accounting)

    def _recognise(self, segments: Sequence[Segment]) -> Recognised:
        return self._arithmetic.recognise(segments, [self.day])

    def _own(self, table: pa.Table) -> Mapping[str, Any]:
        return next(row for row in table.to_pylist() if row["contract"] == self.contract)
