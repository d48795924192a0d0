"""The reconciliation of posted revenue with usage and bills."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import pyarrow as pa
import pyarrow.compute as pc

from revrec.collector import collector_at_rest
from revrec.engine import Accounting
from revrec.model.dataset import DataSet, TieOut
from revrec.operations.computing import Computed, Inputs, compute, read_inputs
from revrec.operations.findings import Wanted, aged, listed
from revrec.operations.workspace import Workspace
from revrec.periods import Period
from revrec.reconciliation import Reconciliation, billing_findings, reconcile
from revrec.reconciliation.reasons import Code
from revrec.reconciliation.reconcile import Given
from revrec.store import entities, facts
from revrec.store.entities import Entity
from revrec.store.transaction import Transaction
from revrec.usage.metered_to_rated import Grain, MeteredToRated, metered_to_rated


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreeWay:
    """Usage metered, rated, billed and recognised, as known now."""

    entity: Entity
    first: Period
    period: Period
    known_at: datetime
    fact_seq: int
    prepared_by: str
    metered: MeteredToRated
    reconciliation: Reconciliation
    findings: DataSet
    """What checks found and is not resolved, with its age."""

    @property
    def datasets(self) -> Mapping[str, DataSet]:
        """Every table by name, in the order of a reader."""
        metered = (self.metered.lines, self.metered.reasons)
        named = {each.name: each for each in (*metered, self.findings)}
        return {**self.reconciliation.datasets, **named}

    @property
    def open_reasons(self) -> int:
        """Amounts and quantities that no rule explains."""
        return self._of_code(Code.UNEXPLAINED)

    @property
    def billing_errors(self) -> int:
        """Amounts that are invoiced wrongly, as a rule has found."""
        return self._of_code(Code.BILLING_ERROR)

    def _of_code(self, code: Code) -> int:
        found = 0
        for each in (self.reconciliation.reasons, self.metered.reasons):
            at = [column.name for column in each.columns].index("code")
            found += sum(row[at] == code.value for row in each.rows)
        return found

    @property
    def tie_outs(self) -> Sequence[TieOut]:
        """Every check."""
        return self.reconciliation.tie_outs


def three_way(
    workspace: Workspace, first: Period, period: Period, grain: Grain = Grain.MONTH
) -> ThreeWay:
    """Reconcile the periods ``first`` to ``period`` as known now, whether they are closed or not.

    Of what is not closed, revenue is what a close would post. By ``grain`` every leg is of months,
    or of days beside them. Raises PeriodNotReady when contracts cannot be accounted for.
    """

    @collector_at_rest()
    def show(tx: Transaction) -> ThreeWay:
        computed = compute(read_inputs(tx, workspace.lake, None), period)
        return ThreeWay(
            entity=entities.get(tx) or Entity(id=tx.entity, name="", functional_currency="USD"),
            first=first,
            period=period,
            known_at=tx.now,
            fact_seq=facts.last_seq(tx),
            prepared_by=workspace.actor,
            metered=metered_to_rated(
                tx, workspace.lake, first=first.first, last=period.last, grain=grain
            ),
            reconciliation=reconciled(
                computed.inputs,
                with_postings(computed),
                first,
                period,
                days=grain is Grain.DAY,
                accounting=computed.accounting,
            ),
            findings=aged(listed(tx, Wanted(standing=True)), tx.now.date()),
        )

    return workspace.run(show, read_only=True)


def with_postings(computed: Computed) -> pa.Table:
    """What is posted, and what a close would post besides."""
    posted = computed.inputs.posted.select(computed.postings.column_names)
    return pa.concat_tables([posted, computed.postings])


def reconciled(
    inputs: Inputs,
    posted: pa.Table,
    first: Period,
    period: Period,
    *,
    as_of: date | None = None,
    days: bool = False,
    accounting: Accounting | None = None,
) -> Reconciliation:
    """Usage, bills and posted revenue of the months ``first`` to ``period``, and of their days.

    As known on a day, or at the period's end. ``accounting`` is of these inputs, up to the
    period's end or beyond, where it is at hand.
    """
    return reconcile(
        days=days, **_given(inputs, posted, first, period, as_of=as_of, accounting=accounting)
    )


def wrongly_billed(  # noqa: PLR0917 - as `reconciled`
    inputs: Inputs,
    posted: pa.Table,
    first: Period,
    period: Period,
    as_of: date,
    accounting: Accounting,
) -> DataSet:
    """The findings of the same alone."""
    given = _given(inputs, posted, first, period, as_of=as_of, accounting=accounting)
    return billing_findings(**given)


def _given(
    inputs: Inputs,
    posted: pa.Table,
    first: Period,
    period: Period,
    *,
    as_of: date | None,
    accounting: Accounting | None,
) -> Given:
    revenue = posted.filter(pc.equal(posted["account"], "revenue"))
    amounts = pc.negate(revenue["amount"])
    columns = ["contract", "obligation", "component", "origin", "event"]
    return {
        "book": inputs.book,
        "usage": inputs.by_recording(),
        "revenue": revenue.select(columns).append_column("amount", amounts),
        "first": first,
        "through": period,
        "as_of": as_of or period.last,
        "accounted": accounting.contracts if accounting else None,
    }
