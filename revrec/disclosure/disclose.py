"""All schedules of a report in one call."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from revrec.citations import cites
from revrec.disclosure.allocation_detail import allocation_detail
from revrec.disclosure.balances import ROLLFORWARDS, balance_totals, by_contract, by_month
from revrec.disclosure.billing_bridge import billing_bridge
from revrec.disclosure.by_column import by_column
from revrec.disclosure.changes import Change, changes, estimate_log, modification_log
from revrec.disclosure.cohorts import revenue_cohorts, revenue_over_time
from revrec.disclosure.comparison import revenue_comparison
from revrec.disclosure.contract_costs import contract_costs
from revrec.disclosure.decisions import decisions
from revrec.disclosure.earlier_performance import earlier_performance
from revrec.disclosure.financing import financing
from revrec.disclosure.fiscal_periods import fiscal_periods
from revrec.disclosure.flux import flux, flux_tie_outs
from revrec.disclosure.flux_functional import flux_functional, functional_flux_tie_outs
from revrec.disclosure.frame import Frame, Inputs
from revrec.disclosure.journal import journal_detail, journal_summary
from revrec.disclosure.key_figures import KeyFigures, as_data_set, find_unbilled, key_figures
from revrec.disclosure.look_back import accrual_look_back, look_back
from revrec.disclosure.maturity import by_maturity, load_maturity
from revrec.disclosure.memos import add_memos
from revrec.disclosure.positions import contract_position
from revrec.disclosure.remaining_movement import remaining_movement
from revrec.disclosure.remaining_obligations import by_band, remaining_obligations
from revrec.disclosure.revenue import CUTS, disaggregated_revenue, revenue_by
from revrec.disclosure.revenue_by_use import revenue_by_use
from revrec.disclosure.span import Span
from revrec.disclosure.tie_outs import tie_outs
from revrec.disclosure.waterfall import late_revenue, revenue_waterfall
from revrec.engine import Accounting
from revrec.ledger.entries import PostedEntry
from revrec.ledger.subledger import Subledger
from revrec.model.dataset import DataSet, TieOut
from revrec.model.history import Book
from revrec.periods import Period


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedules:
    """What a report shows, and that it agrees with itself."""

    datasets: Mapping[str, DataSet]
    """By name, in the order of a reader."""
    tie_outs: tuple[TieOut, ...]
    """Every check, whether it holds or not."""
    summary: tuple[KeyFigures, ...]
    """By period and currency."""

    @property
    def differences(self) -> tuple[TieOut, ...]:
        """The checks that do not hold."""
        return tuple(each for each in self.tie_outs if each.difference)


@cites("606-10-50-1", "606-10-50-4")
def schedules(
    book: Book,
    accounting: Accounting,
    subledger: Subledger,
    posted: pa.Table,
    entries: Sequence[PostedEntry],
    *,
    first: Period,
    period: Period,
    horizon: int = 12,
    usage: Sequence[pa.Table] | None = None,
) -> Schedules:
    """Schedules of the closed periods ``first`` to ``period``, and ``horizon`` more ahead.

    ``posted`` and ``entries`` are posting detail and journal of all closes up to ``period``;
    ``accounting`` has revenue to date at the end of ``period`` (InvariantViolated if not), from
    the facts that close was pinned to. ``usage`` are the counts given to ``engine.account``:
    without them the logs leave out the catch-up of contracts that count usage.
    """
    span = Span(first=first, period=period, horizon=horizon)
    inputs = Inputs(
        book=book,
        accounting=accounting,
        subledger=subledger,
        posted=posted,
        entries=[each for each in entries if each.entry.period <= period],
        span=span,
        usage=usage,
    )
    with Frame(inputs) as frame:
        made = list(_schedules(frame))
        figures = key_figures(frame)
        data = {each.name: each for each in [*made, *fiscal_periods(span), as_data_set(figures)]}
        checks = (
            *tie_outs(frame, data),
            *flux_tie_outs(data),
            *functional_flux_tie_outs(data),
        )
        return Schedules(datasets=data, tie_outs=checks, summary=figures)


def _schedules(frame: Frame) -> Iterator[DataSet]:
    """Each held by column once it is made: rows of many contracts would take several times that."""
    found, allocated = changes(frame), by_column(allocation_detail(frame))
    listed, waterfall = remaining_obligations(frame), by_column(revenue_waterfall(frame, allocated))
    find_unbilled(frame)
    load_maturity(frame)
    add_memos(frame, found)
    accrued = by_column(accrual_look_back(frame))
    made = _made(frame, found, allocated, listed, waterfall, accrued)
    yield from map(by_column, made)


def _made(  # noqa: PLR0917 - what several are made of
    frame: Frame,
    found: Sequence[Change],
    allocated: DataSet,
    listed: DataSet,
    waterfall: DataSet,
    accrued: DataSet,
) -> Iterator[DataSet]:
    yield waterfall
    yield revenue_over_time(frame, waterfall)
    yield revenue_cohorts(frame, waterfall)
    yield from (by_contract(frame, kind) for kind in ROLLFORWARDS)
    yield balance_totals(frame)
    yield from (by_month(frame, kind) for kind in ROLLFORWARDS)
    yield from contract_costs(frame)
    yield contract_position(frame)
    yield by_maturity(frame)
    yield billing_bridge(frame)
    yield financing(frame)
    yield accrued
    yield look_back(frame, accrued, found)
    yield listed
    yield by_band(listed)
    yield remaining_movement(frame)
    yield revenue_comparison(frame)
    yield revenue_by_use(frame)
    yield from (revenue_by(frame, cut) for cut in CUTS)
    yield disaggregated_revenue(frame)
    yield late_revenue(frame)
    yield earlier_performance(frame)
    yield from flux(frame)
    yield from flux_functional(frame)
    yield allocated
    yield modification_log(frame, found)
    yield estimate_log(frame, found)
    yield decisions(frame)
    yield journal_summary(frame)
    yield journal_detail(frame)
