"""The reconciliation of posted revenue with usage and bills."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from revrec.operations.computing import Inputs
from revrec.periods import Period
from revrec.reconciliation import Reconciliation, reconcile


def reconciled(inputs: Inputs, posted: pa.Table, first: Period, period: Period) -> Reconciliation:
    """Usage, bills and posted revenue of the months ``first`` to ``period``, known at its end."""
    revenue = posted.filter(pc.equal(posted["account"], "revenue"))
    amounts = pc.negate(revenue["amount"])
    columns = ["contract", "obligation", "component", "origin", "event"]
    return reconcile(
        book=inputs.book,
        usage=inputs.usage,
        revenue=revenue.select(columns).append_column("amount", amounts),
        first=first,
        through=period,
        as_of=period.last,
    )
