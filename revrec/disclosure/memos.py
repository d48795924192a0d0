"""What stands beside rollforwards of contract balances: what changes caught up, and maturity."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import pyarrow as pa

from revrec.citations import cites
from revrec.disclosure.changes import Change
from revrec.disclosure.frame import Frame
from revrec.model.events import Modification

_CAUGHT_UP = pa.schema(
    [
        ("contract", pa.string()),
        ("period", pa.string()),
        ("by_modifications", pa.int64()),
        ("by_estimates", pa.int64()),
        ("known", pa.bool_()),
    ]
)
_SQL = """
create or replace table balance as
with caught_up as (
    select s.label, c.contract, sum(by_modifications) as by_modifications,
           sum(by_estimates) as by_estimates, bool_and(known) as known
    from caught c join stretch s on c.period between s.starts and s.ends group by all
)
select b.*,
       case when coalesce(u.known, true)
            then coalesce(u.by_modifications, 0)::bigint end as by_modifications,
       case when coalesce(u.known, true)
            then coalesce(u.by_estimates, 0)::bigint end as by_estimates,
       case when s.ends = getvariable('period') then coalesce(l.current, 0) end
           as liability_current,
       case when s.ends = getvariable('period') then coalesce(l.non_current, 0) end
           as liability_non_current,
       case when s.ends = getvariable('period') then coalesce(a.current, 0) end as asset_current,
       case when s.ends = getvariable('period') then coalesce(a.non_current, 0) end
           as asset_non_current
from balance b
join stretch s using (label)
left join caught_up u using (label, contract)
left join maturity l on l.contract = b.contract and l.account = 'contract_liability'
left join maturity a on a.contract = b.contract and a.account = 'contract_asset'
"""


@cites("606-10-50-8", "606-10-50-10", "210-10-45-3")
def add_memos(frame: Frame, found: Iterable[Change]) -> None:
    """Give the table ``balance`` what modifications and estimates caught up, and maturity.

    Maturity is that of the report's end, and empty for months before.
    """
    calendar = frame.span.period.calendar
    sums: defaultdict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    unknown: set[tuple[str, str]] = set()
    seen: set[tuple[str, object]] = set()
    for each in found:
        key = each.contract, str(calendar.of(each.change.day))
        if each.effect is not None:
            is_estimate = not isinstance(each.change.event, Modification)
            sums[key][is_estimate] += each.effect.catch_up
        elif (each.contract, each.change.day) not in seen:
            unknown.add(key)
        seen.add((each.contract, each.change.day))
    keys = sorted({*sums, *unknown})
    columns = [
        [key[0] for key in keys], [key[1] for key in keys],
        [sums[key][0] for key in keys], [sums[key][1] for key in keys],
        [key not in unknown for key in keys],
    ]  # fmt: skip
    arrays = [pa.array(column, each.type) for column, each in zip(columns, _CAUGHT_UP, strict=True)]
    frame.load("caught", pa.table(arrays, schema=_CAUGHT_UP))
    frame.execute(_SQL)
