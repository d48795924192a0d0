"""Revenue by how use is paid for, product and customer (606-10-50-5)."""

from __future__ import annotations

from collections.abc import Iterator

from revrec.citations import cites
from revrec.disclosure import columns as c
from revrec.disclosure.checks import IN_REPORT, Check, Data, entered, less, sums
from revrec.disclosure.frame import Frame
from revrec.disclosure.use import BREAKAGE, FIXED, KINDS
from revrec.model.dataset import DataSet, TieOut
from revrec.periods import Period

KIND = f"""
case when p.event = 'breakage' then '{BREAKAGE}'
     when coalesce(k.paid, '') <> '' then k.paid
     when coalesce(o.drawn, '') <> '' then o.drawn
     else '{FIXED}' end
"""
"""Of a posting of revenue p, with its component k and its obligation o."""


@cites("606-10-50-5", "606-10-55-91")
def revenue_by_use(frame: Frame) -> DataSet:
    """Revenue posted in the report: a row for each customer and product, a column for each kind.

    A commitment's or a credit's part of a bundle counts as it is drawn, at the price allocated.
    """
    sums_ = ", ".join(
        f"coalesce(sum(amount) filter (kind = '{kind}'), 0)::bigint as {kind}" for kind in KINDS
    )
    return frame.data_set(
        "revenue_by_use",
        "Revenue by use",
        [
            c.ENTITY, c.CUSTOMER, c.PRODUCT, c.CURRENCY,
            *c.rolled({**KINDS, "total": "Revenue"}), c.ROW_KEY,
        ],
        f"""
        with revenue as (
            select coalesce(t.customer, '') as customer, p.product, p.currency,
                   {KIND} as kind, -p.amount as amount
            from posted p
            left join contract t using (contract)
            left join obligation o using (contract, obligation)
            left join component k using (contract, component)
            where p.account = 'revenue' and p.month <> ''
        )
        select {frame.entity} as entity, customer, product, currency, {sums_},
               sum(amount)::bigint as total, key_of([customer, product, currency]) as row_key
        from revenue group by customer, product, currency order by customer, product, currency
        """,
        note=(
            "As posted in the report. On demand: billed as used. Drawn: paid before, or committed "
            "to, and earned as used, at the price allocated. Overage: beyond what was bought. "
            "Breakage: rights that will not be, or were not, used (606-10-55-48)."
        ),
    )  # fmt: skip


def use_tie_outs(frame: Frame, data: Data) -> Iterator[Check]:
    """Revenue by use against the journal, and kind by kind against the categories of revenue."""
    used, by = data["revenue_by_use"], data["revenue_by_category"]
    yield Check(
        "Revenue by use", "TB", "Revenue by use: all kinds", sums(used, [*KINDS]),
        "Journal: revenue", entered(frame, "revenue", -1, IN_REPORT),
    )  # fmt: skip
    yield Check(
        "Revenue by use, breakage", "CF", "Revenue by use: breakage", sums(used, [BREAKAGE]),
        "Revenue by category: breakage", sums(by, ["amount"], only=("category", {"breakage"})),
    )  # fmt: skip


def reconciled_use(data: Data, lines: DataSet, first: Period) -> list[TieOut]:
    """Revenue by use, less what was learned late of months before, is the reconciliation's.

    ``lines`` are those of the reconciliation, whose revenue is of the months it belongs to.
    """
    late = data["late_revenue"]
    at = [each.name for each in late.columns].index("origin")
    before = {str(row[at]) for row in late.rows if str(row[at]) < str(first)}
    earlier = sums(late, ["amount"], only=("origin", before))
    left = less(sums(data["revenue_by_use"], ["total"]), earlier)
    reconciled = sums(lines, ["revenue"])
    return [
        TieOut(
            name="Revenue by use and the reconciliation",
            left_name="Revenue by use, less what is of months before the report",
            left=left.get(currency, 0),
            right_name="Usage to billing to revenue: revenue",
            right=reconciled.get(currency, 0),
            currency=currency,
            mark="CF",
        )
        for currency in sorted({*left, *reconciled})
    ]
