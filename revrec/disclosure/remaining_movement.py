"""What moved the remaining performance obligations from the day before a report to its end."""

from __future__ import annotations

from collections.abc import Iterator

from revrec.citations import cites
from revrec.disclosure import columns as c
from revrec.disclosure.checks import Check, Data, sums
from revrec.disclosure.frame import Frame
from revrec.model.dataset import DataSet

LINES = {
    "opening": "Opening",
    "new": "New contracts",
    "raised": "Raised by modifications",
    "lowered": "Lowered and cancelled",
    "estimated": "Changed estimates",
    "recognised": "Recognised",
    "closing": "Closing",
}
_SQL = """
with sides as (
    select contract, obligation, component, price as price_after, recognised as to_date,
           remaining as closing, 0 as price_before, 0 as before, 0 as opening
    from standing where not as_used
    union all
    select contract, obligation, component, 0, 0, 0, price, recognised, remaining
    from stood where not as_used
),
parts as (
    select contract, coalesce(k.category, 'fixed') = 'estimate' as estimate,
           sum(opening) as opening, sum(closing) as closing,
           sum(price_after - price_before) as changed, sum(to_date - before) as recognised
    from sides left join component k using (contract, component)
    group by all
),
moved as (
    select contract, sum(opening) as opening, sum(closing) as closing,
           sum(recognised) as recognised,
           coalesce(sum(changed) filter (estimate), 0) as estimates,
           coalesce(sum(changed) filter (not estimate), 0) as price
    from parts group by contract
)
select {entity} as entity, c.customer, contract, c.currency, opening::bigint as opening,
       (case when is_new then price + estimates else 0 end)::bigint as new,
       (case when is_new then 0 else greatest(price, 0) end)::bigint as raised,
       (case when is_new then 0 else least(price, 0) end)::bigint as lowered,
       (case when is_new then 0 else estimates end)::bigint as estimated,
       (-recognised)::bigint as recognised, closing::bigint as closing,
       key_of([contract]) as row_key
from (select *, c.inception >= getvariable('first_day') as is_new
      from moved join contract c using (contract)) m join contract c using (contract)
where opening <> 0 or closing <> 0 or recognised <> 0 or price <> 0 or estimates <> 0
order by c.customer, contract
"""


@cites("606-10-50-13", "606-10-50-8")
def remaining_movement(frame: Frame) -> DataSet:
    """Remaining obligations of each contract: opening, what changed the price, what was earned.

    Both ends are as known now: what was learned of the time before is in the opening.
    """
    return frame.data_set(
        "remaining_obligations_movement",
        "Remaining obligations, moved",
        [
            c.ENTITY, c.CUSTOMER, c.CONTRACT, c.CURRENCY,
            *c.rolled(LINES), c.ROW_KEY,
        ],
        _SQL.format(entity=frame.entity),
        note=(
            "Opening: the day before the report, as known now. Raised and lowered are net for each "
            "contract; a contract that ended early is lowered by what will not be delivered. "
            "Amounts are in the currency of the contract, so no exchange rate moves them. "
            "Rights to renew are in no price before they are used (606-10-50-13)."
        ),
    )  # fmt: skip


def movement_tie_outs(data: Data) -> Iterator[Check]:
    """Opening and movements give closing, and closing is what remains."""
    moved = data["remaining_obligations_movement"]
    *parts, closing = LINES
    yield Check(
        "Remaining obligations, opening and movements", "F", "Opening and movements",
        sums(moved, parts), "Closing", sums(moved, [closing]),
    )  # fmt: skip
    yield Check(
        "Remaining obligations, closing", "CF", "Remaining obligations, moved: closing",
        sums(moved, [closing]), "Remaining obligations",
        sums(data["remaining_obligations"], ["remaining"]),
    )  # fmt: skip
