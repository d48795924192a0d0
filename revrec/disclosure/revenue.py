"""Disaggregated revenue: one cube, and one table for each way to cut it (606-10-50-5)."""

from __future__ import annotations

from collections.abc import Mapping

from revrec.citations import cites
from revrec.disclosure import columns as c
from revrec.disclosure.frame import Frame
from revrec.model.dataset import DataSet

CUTS: Mapping[str, str] = {
    "product": "Product",
    "category": "Category",
    "region": "Region",
    "segment": "Customer segment",
    "timing": "Timing",
}
"""Column -> heading."""
_NOTE = (
    "Revenue as posted in each month. Categories: fixed consideration, estimate (variable "
    "consideration, constrained), usage and overage allocated to their day, breakage."
)


@cites("606-10-50-5", "606-10-55-89", "606-10-55-90", "606-10-55-91")
def disaggregated_revenue(frame: Frame) -> DataSet:
    """Revenue posted in each month by everything it can be cut by."""
    by = {**CUTS, "measure": "Measure of progress"}
    return frame.data_set(
        "disaggregated_revenue",
        "Disaggregated revenue",
        [
            c.PERIOD, *(c.text(name, title) for name, title in by.items()), c.CURRENCY,
            c.money("amount", "Revenue"), c.ROW_KEY,
        ],
        f"""
        {_REVENUE}
        select period, {", ".join(by)}, currency, sum(amount)::bigint as amount,
               key_of([period, {", ".join(by)}, currency]) as row_key
        from revenue group by period, {", ".join(by)}, currency
        order by period, {", ".join(by)}, currency
        """,
        note=_NOTE,
    )  # fmt: skip


@cites("606-10-50-5")
def revenue_by(frame: Frame, cut: str) -> DataSet:
    """Revenue posted in each month by one of ``CUTS``."""
    return frame.data_set(
        f"revenue_by_{cut}",
        f"Revenue by {CUTS[cut].lower()}",
        [c.PERIOD, c.text(cut, CUTS[cut]), c.CURRENCY, c.money("amount", "Revenue"), c.ROW_KEY],
        f"""
        {_REVENUE}
        select period, {cut}, currency, sum(amount)::bigint as amount,
               key_of([period, {cut}, currency]) as row_key
        from revenue group by period, {cut}, currency order by period, {cut}, currency
        """,
        note=_NOTE,
    )


_REVENUE = """
with revenue as (
    select p.period, p.product, p.category, coalesce(c.region, '') as region,
           coalesce(c.segment, '') as segment, coalesce(o.timing, 'over time') as timing,
           coalesce(o.measure, '') as measure, p.currency, -p.amount as amount
    from posted p
    left join contract c using (contract)
    left join obligation o using (contract, obligation)
    where p.account = 'revenue' and p.month <> ''
)
"""
