"""Data sets of a closed range of periods, derived again from what the last close had pinned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pyarrow.compute as pc

from revrec import engine
from revrec.commitments.position import Position, position_of
from revrec.disclosure import Schedules, schedules
from revrec.disclosure.board import board
from revrec.disclosure.books import Compared
from revrec.disclosure.burn_down import burn_down, burn_down_tie_outs
from revrec.disclosure.close_checklist import close_checklist
from revrec.disclosure.disclosed import disclosed
from revrec.disclosure.fiscal_periods import checks_in_words_of, in_words_of
from revrec.disclosure.trial_balance import Ledger, ledger
from revrec.errors import NotFound
from revrec.ledger.subledger import Subledger, first_period
from revrec.model.books import Framework
from revrec.model.controls import TaskStatus, Waiver
from revrec.model.dataset import DataSet, TieOut
from revrec.model.policy import Policy
from revrec.operations import books, checklist
from revrec.operations.computing import accounted_here
from revrec.operations.reconciling import reconciled
from revrec.operations.workspace import Workspace
from revrec.periods import Period
from revrec.recognition.counts import usage_by_obligation
from revrec.reconciliation import Reconciliation
from revrec.store import controls, entities, journal, periods
from revrec.store.entities import Entity
from revrec.store.periods import CloseStage, PeriodClose
from revrec.store.transaction import Transaction

__all__ = ["PERIODS_AHEAD", "CloseStage", "Report", "report"]

PERIODS_AHEAD = 12
"""Periods that the waterfall schedules one by one: a fiscal year."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Schedules and reconciliation of closed periods, with the certificate they stand on."""

    entity: Entity
    certificate: PeriodClose
    first: Period
    period: Period
    schedules: Schedules
    reconciliation: Reconciliation
    position: Position
    """Credits and commitments at the end of the last period."""
    checklist: Sequence[TaskStatus]
    """Of the last period's close."""
    ledger: Ledger
    compared: Compared | None
    """Both books side by side; none where the close posted one."""
    framework: Framework | None
    """What its book is kept under, where one was asked for; none for the first."""
    policy: Policy
    """In force at the last period's close."""
    waived: Sequence[Waiver]
    """Gates that the last period's close passed on two people's word."""

    @property
    def datasets(self) -> Mapping[str, DataSet]:
        """Every table of the report by name, in the order of a reader."""
        held = {each.name: each for each in burn_down(self.position, self.entity.id)}
        tasks = close_checklist(self.checklist)
        own = self.period.calendar
        compared = {each.name: each for each in self.compared.datasets} if self.compared else {}
        return {
            **in_words_of(own, self.schedules.datasets),
            **in_words_of(own, {each.name: each for each in self.ledger.datasets}),
            **held,
            **in_words_of(own, self.reconciliation.datasets),
            tasks.name: tasks,
            **in_words_of(own, compared),
        }

    def board(self) -> Mapping[str, DataSet]:
        """Figures, ratios and sentences for directors, by name."""
        own = self.period.calendar
        return in_words_of(own, {each.name: each for each in board(self.datasets)})

    def disclosed(self) -> Mapping[str, DataSet]:
        """The paragraphs of 606-10-50 with where each is answered, and the elections, by name."""
        return {each.name: each for each in disclosed(self.datasets, self.policy)}

    @property
    def tie_outs(self) -> Sequence[TieOut]:
        """Every check of the report."""
        return checks_in_words_of(
            self.period.calendar,
            [
                *self.schedules.tie_outs,
                *self.ledger.tie_outs,
                *burn_down_tie_outs(self.position),
                *self.reconciliation.tie_outs,
                *(self.compared.tie_outs if self.compared else ()),
            ],
        )


def begun_by(period: Period, told: str | None) -> Period:
    """The first period of a report: by its name, or of the fiscal ``quarter`` or ``year``.

    The same as the last one if nothing is told. Raises FeedError for another calendar's name.
    """
    match told:
        case None:
            return period
        case "quarter":
            return period.quarter_first
        case "year":
            return period.year_first
        case _:
            return period.calendar.parse(told)


def report(
    workspace: Workspace, first: Period, period: Period, *, framework: Framework | None = None
) -> Report:
    """Everything reported on the closed periods ``first`` to ``period``; same facts, same rows.

    Of the book under a framework; of the first, with its comparison to the second if one is kept,
    if none is told. The last may be soft-closed. Raises NotFound when it is not closed at all, or
    without such a book.
    """

    def read(tx: Transaction) -> Report:
        certificate = _certificate(tx, period)
        name = books.chosen(tx, period, certificate.pins, framework)
        inputs = books.inputs_of(tx, workspace.lake, certificate.pins, name)
        posted = inputs.posted.filter(pc.less_equal(inputs.posted["period"], str(period)))
        book = accounted_here(inputs.book, period)
        entries = [each for each in journal.read(tx, book=name) if each.entry.period <= period]
        horizon = period.plus(PERIODS_AHEAD)
        periods_ = list(first_period(book, first).through(horizon))
        days = [periods_[0].previous.last, *(each.last for each in periods_)]
        counts = usage_by_obligation(inputs.usage, book.histories.values())
        accounting = engine.account(book, days, usage=[counts])
        with Subledger(book, accounting) as subledger:
            derived = schedules(
                book,
                accounting,
                subledger,
                posted,
                entries,
                first=first,
                period=period,
                horizon=PERIODS_AHEAD,
                usage=[counts],
            )
        return Report(
            entity=entities.get(tx) or Entity(id=tx.entity, name="", functional_currency="USD"),
            certificate=certificate,
            first=first,
            period=period,
            schedules=derived,
            reconciliation=reconciled(replace(inputs, book=book), posted, first, period),
            position=position_of(book, inputs.daily, period.last),
            checklist=checklist.listing(tx, workspace.lake, period),
            ledger=ledger(posted, entries, book, first=first, period=period, entity=tx.entity),
            compared=(
                books.comparing(tx, workspace.lake, first, period, certificate.pins)
                if "second_book" in certificate.totals and framework is None
                else None
            ),
            framework=framework,
            policy=book.policy,
            waived=list(controls.waivers(tx, period).values()),
        )

    return workspace.run(read, read_only=True)


def _certificate(tx: Transaction, period: Period) -> PeriodClose:
    found = periods.standing_close(tx, period)
    if found is None:
        raise NotFound(
            f"{period} is not closed, so there is nothing to report on it.",
            remedy=f"Close it first: revrec close {period}; or look ahead with --dry-run.",
            period=str(period),
        )
    return found
