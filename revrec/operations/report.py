"""Data sets of a closed range of periods, derived again from what the last close had pinned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

import pyarrow as pa
import pyarrow.compute as pc

from revrec import engine
from revrec.collector import collector_at_rest
from revrec.commitments.position import Position, position_of
from revrec.disclosure import Schedules, schedules
from revrec.disclosure.accrued_use import with_rates
from revrec.disclosure.board import board
from revrec.disclosure.books import Compared
from revrec.disclosure.burn_down import burn_down, burn_down_tie_outs
from revrec.disclosure.certificate import (
    Left,
    close_certificate,
    holds_and_exceptions,
    statements,
)
from revrec.disclosure.close_checklist import close_checklist
from revrec.disclosure.disclosed import disclosed
from revrec.disclosure.estimate_ranges import estimate_ranges
from revrec.disclosure.fiscal_periods import checks_in_words_of, in_words_of
from revrec.disclosure.revenue_by_use import reconciled_use
from revrec.disclosure.selling_prices import price_distribution, selling_price_analysis
from revrec.disclosure.signatures import Signatures, signed, signed_prices
from revrec.disclosure.span import Span
from revrec.disclosure.trial_balance import Ledger, ledger
from revrec.engine import Accounting
from revrec.errors import NotFound
from revrec.estimation.price_strata import studied
from revrec.feeds.frameworks import frameworks
from revrec.ledger.entries import PostedEntry
from revrec.ledger.subledger import Subledger, first_period
from revrec.model.books import Framework
from revrec.model.controls import TaskStatus, Waiver
from revrec.model.dataset import DataSet, TieOut
from revrec.model.history import Book
from revrec.model.policy import Policy
from revrec.operations import books, checklist, findings, gates
from revrec.operations.computing import Computed, Inputs, accounted_here
from revrec.operations.estimate_ranges import counted_estimates
from revrec.operations.reconciling import reconciled
from revrec.operations.signatures import signatures
from revrec.operations.workspace import Workspace
from revrec.periods import Period
from revrec.recognition.counts import usage_by_obligation
from revrec.reconciliation import Reconciliation
from revrec.store import audit_log, controls, entities, facts, journal, periods
from revrec.store.entities import Entity
from revrec.store.lake import Lake
from revrec.store.periods import CloseStage, PeriodClose
from revrec.store.transaction import Transaction

__all__ = ["PERIODS_AHEAD", "CloseStage", "Report", "report"]

PERIODS_AHEAD = 12
"""Periods that the waterfall schedules one by one: a fiscal year."""


@dataclass(frozen=True, kw_only=True)
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
    selling_prices: DataSet
    """What the invoices of a year show of selling prices, beside the book ..."""
    price_distribution: DataSet
    """... and how the prices of each stratum are distributed."""
    estimates: DataSet
    """Estimates of variable consideration in their range; without rows where there are none."""
    findings: DataSet
    """What checks found of the periods up to the last and is not resolved, aged at the close."""
    exceptions: DataSet
    """What holds revenue back or waits for people."""
    checklist: Sequence[TaskStatus]
    """Of the last period's close."""
    ledger: Ledger
    compared: Compared | None
    """Both books side by side; none where the close posted one."""
    framework: Framework
    """What its book is kept under."""
    book: str
    """The name of its book in the journal; the first has none."""
    policy: Policy
    """In force at the last period's close."""
    waived: Sequence[Waiver]
    """Gates that the last period's close passed on two people's word."""
    signatures: Signatures
    """Who told, approved and closed what is shown."""
    chain: Sequence[PostedEntry]
    """The journal of all books up to the certificate's head."""

    @cached_property
    def datasets(self) -> Mapping[str, DataSet]:
        """Every table of the report by name, in the order of a reader."""
        held = {each.name: each for each in burn_down(self.position, self.entity.id)}
        tasks = close_checklist(self.checklist)
        own = self.period.calendar
        reconciled = dict(self.reconciliation.datasets)
        reconciled["unbilled"] = with_rates(reconciled["unbilled"], own)
        compared = {each.name: each for each in self.compared.datasets} if self.compared else {}
        told = statements(self._certified(), self.checklist)
        certified = close_certificate(list(told), self.tie_outs)
        return {
            **in_words_of(own, signed(self.schedules.datasets, self.signatures)),
            **in_words_of(own, {each.name: each for each in self.ledger.datasets}),
            **held,
            self.selling_prices.name: signed_prices(self.selling_prices, self.signatures),
            self.price_distribution.name: self.price_distribution,
            **({self.estimates.name: self.estimates} if self.estimates.rows else {}),
            **in_words_of(own, reconciled),
            self.findings.name: self.findings,
            self.exceptions.name: self.exceptions,
            tasks.name: tasks,
            certified.name: certified,
            **in_words_of(own, compared),
        }

    def board(self) -> Mapping[str, DataSet]:
        """Figures, ratios and sentences for directors, by name."""
        own = self.period.calendar
        return in_words_of(own, {each.name: each for each in board(self.datasets)})

    def disclosed(self) -> Mapping[str, DataSet]:
        """The paragraphs of 606-10-50 with where each is answered, and the elections, by name.

        Those of IFRS 15 for a book under it.
        """
        told = disclosed(self.datasets, self.policy, self.framework, frameworks())
        return {each.name: each for each in told}

    def _certified(self) -> Mapping[str, str]:
        """What the close pinned, posted and signed."""
        of = self.certificate
        usage = "none" if of.usage_version is None else str(of.usage_version)
        return {
            "Period": f"{of.period}, close {of.ordinal}, {of.stage.value}",
            "Facts read": f"1 to {of.fact_seq:,}",
            "Version of the usage ledger": usage,
            "Contracts": str(of.totals.get("contracts", "")),
            "Postings": str(of.totals.get("postings", "")),
            "Elections of the policy (SHA-256)": str(of.totals.get("policy", "")),
            "Journal entries in the chain": f"{of.chain_seq:,}",
            "Head of the chain (SHA-256)": of.chain_head,
            "Engine version": of.engine_version,
            "Prepared by": of.prepared_by,
            "Approved by": of.approved_by,
            "Closed at": f"{of.closed_at:%Y-%m-%d %H:%M} UTC",
        }

    @cached_property
    def tie_outs(self) -> Sequence[TieOut]:
        """Every check of the report."""
        return checks_in_words_of(
            self.period.calendar,
            [
                *self.schedules.tie_outs,
                *self.ledger.tie_outs,
                *burn_down_tie_outs(self.position),
                *self.reconciliation.tie_outs,
                *reconciled_use(self.schedules.datasets, self.reconciliation.lines, self.first),
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
    workspace: Workspace,
    first: Period,
    period: Period,
    *,
    framework: Framework | None = None,
    days: bool = False,
) -> Report:
    """Everything reported on the closed periods ``first`` to ``period``; same facts, same rows.

    Of the book under a framework; of the first, with its comparison to the second if one is kept,
    if none is told. With ``days`` the reconciliation is told by day, too. The last may be
    soft-closed. Raises NotFound when it is not closed at all, or without such a book.
    """

    @collector_at_rest()
    def read(tx: Transaction) -> Report:
        certificate = _certificate(tx, period)
        second = books.kept_beside(tx, period, certificate.pins)
        name = books.name_of(second, period, framework)
        inputs = books.inputs_of(tx, workspace.lake, certificate.pins, name)
        posted = inputs.posted.filter(pc.less_equal(inputs.posted["period"], str(period)))
        book, entries = accounted_here(inputs.book, period), journal.read(tx, book=name)
        closed = [each for each in entries if each.entry.period <= period]
        span = Span(first=first, period=period, horizon=PERIODS_AHEAD)
        derived, accounting = _derived(book, inputs.usage, posted, closed, span)
        known = replace(inputs, book=book)
        found = reconciled(known, posted, first, period, days=days, accounting=accounting)
        standing = None if name else _standing(tx, workspace.lake, certificate, known, accounting)
        tasks = checklist.listing(tx, workspace.lake, period, standing)
        waived = list(controls.waivers(tx, period).values())
        prices, distribution = _selling_prices(book, period, tx.entity)
        entity = entities.get(tx) or Entity(id=tx.entity, name="", functional_currency="USD")
        return Report(
            entity=entity,
            certificate=certificate,
            first=first,
            period=period,
            schedules=derived,
            reconciliation=found,
            position=position_of(book, inputs.daily, period.last),
            selling_prices=prices,
            price_distribution=distribution,
            estimates=estimate_ranges(counted_estimates(tx, certificate), tx.entity),
            findings=_findings(tx, period, certificate),
            exceptions=_held(
                book, period, derived, found, _left(certificate, waived, tasks), entity
            ),
            checklist=tasks,
            ledger=ledger(posted, closed, book, first=first, period=period, entity=tx.entity),
            compared=None if framework else _compared(tx, workspace.lake, first, certificate),
            framework=framework or books.framework_of_first(second),
            book=name,
            policy=book.policy,
            waived=waived,
            signatures=signatures(tx, certificate),
            chain=journal.read_all(tx)[: certificate.chain_seq],
        )

    return workspace.run(read, read_only=True)


def _compared(
    tx: Transaction, lake: Lake, first: Period, certificate: PeriodClose
) -> Compared | None:
    """Both books side by side; none where the close posted one."""
    if "second_book" not in certificate.totals:
        return None
    return books.comparing(tx, lake, first, certificate.period, certificate.pins)


def _derived(
    book: Book,
    usage: pa.Table,
    posted: pa.Table,
    closed: Sequence[PostedEntry],
    span: Span,
) -> tuple[Schedules, Accounting]:
    """The schedules of a span, from books accounted for at the end of each of its periods."""
    first = first_period(book, span.first)
    periods_ = list(first.through(span.period.plus(span.horizon)))
    days = [first.previous.last, *(each.last for each in periods_)]
    counts = usage_by_obligation(usage, book.histories.values())
    accounting = engine.account(book, days, usage=[counts])
    with Subledger(book, accounting) as subledger:
        derived = schedules(
            book,
            accounting,
            subledger,
            posted,
            closed,
            first=span.first,
            period=span.period,
            horizon=span.horizon,
            usage=[counts],
        )
    return derived, accounting


def _standing(
    tx: Transaction, lake: Lake, certificate: PeriodClose, known: Inputs, accounting: Accounting
) -> Computed | None:
    """The books as a close now would compute them, which is what the last close has posted.

    None where something was told since, or a gate looks at more than is at hand.
    """
    pins = certificate.pins
    now = facts.last_seq(tx), lake.committed_version(tx, "usage"), engine.ENGINE_VERSION
    if now != (pins.fact_seq, pins.usage_version, certificate.engine_version):
        return None
    if gates.need_everything(tx, pins):
        return None
    nothing = pa.table({})
    return Computed(
        inputs=known, accounting=accounting, postings=nothing, positions=nothing, at_cutover={}
    )


def _findings(tx: Transaction, period: Period, certificate: PeriodClose) -> DataSet:
    """What stands of the period and those before, as old as it was on the day of the close."""
    standing = [
        each
        for each in findings.listed(tx, findings.Wanted(standing=True))
        if each.first_period <= str(period)
    ]
    return findings.aged(standing, certificate.closed_at.date())


def _held(  # noqa: PLR0917 - what holds revenue back, from all of these
    book: Book,
    period: Period,
    derived: Schedules,
    found: Reconciliation,
    left: Left,
    entity: Entity,
) -> DataSet:
    """What holds revenue back or waits for people at the end of a period."""
    return holds_and_exceptions(
        book,
        derived.datasets["contract_position"],
        found.datasets["billing_findings"],
        left,
        last=period.last,
        currency=entity.functional_currency,
    )


def _left(certificate: PeriodClose, waived: Sequence[Waiver], tasks: Sequence[TaskStatus]) -> Left:
    """What the close left for people."""
    counts = (certificate.totals.get(name, 0) for name in ("quarantined", "facts_after_cut_off"))
    set_aside, after_cut_off = (int(str(each)) for each in counts)
    return Left(waived=waived, tasks=tasks, set_aside=set_aside, after_cut_off=after_cut_off)


def _selling_prices(book: Book, period: Period, entity: int) -> tuple[DataSet, DataSet]:
    """The study of what was invoiced in the year that ends with the period, and its prices."""
    window = period.plus(1 - PERIODS_AHEAD).first, period.last
    found = studied(book, *window, use=False)
    analysis = selling_price_analysis(found, book.policy, window, entity)
    return analysis, price_distribution(found, entity)


def state_of(workspace: Workspace, period: Period) -> tuple[PeriodClose, int, datetime]:
    """What the period's report stands on, the last event of the audit log, and the time it is.

    As long as both and the day are the same, so is the report; the day moves its checklist alone.
    Raises NotFound when the period is not closed.
    """

    def read(tx: Transaction) -> tuple[PeriodClose, int, datetime]:
        return _certificate(tx, period), audit_log.last(tx), tx.now

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
