"""Looking back: use that was accrued and what became of it, estimates and what followed them.

What was accrued at a month's end is use recognised by its close and not billed by then. Looked
back on at the report's end: what was learned of it since, and what was billed for it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from decimal import Decimal

from revrec.citations import cites
from revrec.disclosure import columns as c
from revrec.disclosure.changes import Change
from revrec.disclosure.checks import Check, Data, sums
from revrec.disclosure.frame import Frame, Row
from revrec.model.dataset import DataSet
from revrec.model.events import Estimate
from revrec.money import round_ratio

_DIGITS = 6
_SQL = """
with month_end as (
    select period, day from month
    union all
    select '{before}', date '{before_day}'
),
moved as (
    select contract, component, currency, origin as service, period as posted, null::date as day,
           '' as document, -amount as amount
    from posted where account = 'revenue' and as_used
    union all
    select contract, component, c.currency, service, '', day, document, -amount
    from billed_use join contract c using (contract)
),
accrual as (
    select m.period as accrued_at, contract, component, currency, service,
           coalesce(sum(amount) filter (v.day is null and posted <= m.period), 0) as used,
           coalesce(sum(amount) filter (v.day is null), 0) as used_now,
           coalesce(-sum(amount) filter (v.day <= m.day), 0) as billed,
           coalesce(-sum(amount) filter (v.day > m.day and v.day <= getvariable('last')), 0)
               as billed_since,
           min(v.day) filter (v.day > m.day and v.day <= getvariable('last')) as billed_on,
           string_agg(distinct document, ', ' order by document)
               filter (v.day > m.day and v.day <= getvariable('last')) as invoices
    from moved v join month_end m on v.service <= m.period
    group by all
)
select {entity} as entity, coalesce(c.customer, '') as customer, contract, component, a.currency,
       accrued_at, service, (used - billed)::bigint as accrued,
       (used_now - used)::bigint as learned, billed_since::bigint as billed_since, billed_on,
       coalesce(invoices, '') as invoices,
       (used_now - billed - billed_since)::bigint as difference,
       case when accrued_at = getvariable('period') then ''
            when abs(used_now - billed - billed_since) <= 1 then 'billed'
            when billed_since = 0 then 'not billed'
            when used_now <> used then 'learned later' else 'billed otherwise' end as outcome,
       key_of([accrued_at, contract, component, service]) as row_key
from accrual a left join contract c using (contract)
where used <> billed
order by customer, contract, component, accrued_at, service
"""


@cites("606-10-45-3", "606-10-45-4", "606-10-32-14")
def accrual_look_back(frame: Frame) -> DataSet:
    """What was accrued at each month's end, by month of service, against bills since.

    Reads the table ``billed_use``. The month before the report is looked back on too.
    """
    before = frame.span.first.previous
    return frame.data_set(
        "accrual_look_back",
        "Accrued use, looked back on",
        [
            c.ENTITY, c.CUSTOMER, c.CONTRACT, c.COMPONENT, c.CURRENCY,
            c.text("accrued_at", "Accrued at the end of"), c.text("service", "Month of service"),
            # One month's accrual is the next one's too, until it is billed.
            c.money("accrued", "Accrued", total=False),
            c.money("learned", "Learned since", total=False),
            c.money("billed_since", "Billed since", total=False), c.day("billed_on", "First on"),
            c.text("invoices", "Documents"),
            c.money("difference", "Not billed so far", total=False),
            c.text("outcome", "Outcome"), c.ROW_KEY,
        ],
        _SQL.format(before=before, before_day=before.last, entity=frame.entity),
        note=(
            "Accrued: use recognised by the close of the month and not billed by its end; negative "
            "where more was billed. Bills are of the month their service ends in, or of the month "
            "before they are dated. Billed otherwise: see the findings of the reconciliation."
        ),
    )  # fmt: skip


@cites("606-10-32-14", "606-10-32-43")
def look_back(frame: Frame, accrued: DataSet, found: Iterable[Change]) -> DataSet:
    """Estimates against what followed them: accruals by month, and estimates made anew."""
    columns = [
        c.text("kind", "Kind"), c.text("made", "Estimate of"), c.CUSTOMER, c.CONTRACT,
        c.text("subject", "Subject"), c.CURRENCY, c.money("estimate", "Estimate", total=False),
        c.money("actual", "Actual, or new estimate", total=False),
        c.money("difference", "Difference", total=False), c.ratio("share", "Of the estimate"),
        c.money("effect", "Effect on revenue", total=False),
        c.money("bias", "Differences so far", total=False), c.text("cause", "Cause"), c.ROW_KEY,
    ]  # fmt: skip
    rows: list[Row] = []
    bias: defaultdict[tuple[str, str], int] = defaultdict(int)
    told = sorted([*_accruals(frame, accrued), *_estimates(frame, found)], key=lambda row: row[:6])
    for kind, made, customer, contract, subject, currency, estimate, actual, effect, cause in told:
        difference = actual - estimate
        bias[kind, currency] += difference
        share = round_ratio(difference * 10**_DIGITS, abs(estimate)) if estimate else None
        rows.append((
            kind, made, customer, contract, subject, currency, estimate, actual, difference,
            None if share is None else Decimal(share).scaleb(-_DIGITS), effect,
            bias[kind, currency], cause, c.key_of(kind, made, contract, subject, currency),
        ))  # fmt: skip
    return DataSet(
        name="look_back",
        title="Estimates, looked back on",
        columns=columns,
        rows=rows,
        note="Differences so far add up a kind and currency in the order of the rows: estimates "
        "that err to one side show there. Effect on revenue is that of the report's months, and "
        "empty where the use counted is not at hand.",
    )


_Told = tuple[str, str, str, str, str, str, int, int, int | None, str]


def _accruals(frame: Frame, accrued: DataSet) -> Iterator[_Told]:
    """Each month's accrual in all, and with what was learned of it by the report's end."""
    names = [each.name for each in accrued.columns]
    places = [names.index(name) for name in ("accrued_at", "currency", "accrued", "learned")]
    added: defaultdict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for row in accrued.rows:
        at, currency, amount, learned = (row[place] for place in places)
        if at != str(frame.span.period):
            pair = added[str(at), str(currency)]
            pair[0] += int(str(amount))
            pair[1] += int(str(learned))
    for (at, currency), (amount, learned) in added.items():
        yield (
            "accrued use", at, "", "", "all contracts", currency, amount, amount + learned,
            learned, "use learned or corrected after the close",
        )  # fmt: skip


def _estimates(frame: Frame, found: Iterable[Change]) -> Iterator[_Told]:
    """Estimates that were made anew in the report."""
    calendar, first = frame.span.period.calendar, frame.span.first.first
    for each in found:
        event = each.change.event
        if not isinstance(event, Estimate) or each.change.day < first:
            continue
        if each.change.before == each.change.after:
            continue
        effect = each.effect.catch_up if each.effect else None
        yield (
            "estimates", str(calendar.of(each.change.day)), frame.customers[each.contract],
            each.contract, event.id,
            frame.inputs.book.histories[each.contract].contract.currency,
            each.change.before, each.change.after, effect, event.basis,
        )  # fmt: skip


def look_back_tie_outs(data: Data, last: str) -> Iterator[Check]:
    """What is accrued at the report's end is what key figures show as unbilled."""
    accrued = data["accrual_look_back"]
    names = [each.name for each in accrued.columns]
    wanted = ("accrued_at", "contract", "component", "currency", "accrued")
    places = [names.index(name) for name in wanted]
    by: defaultdict[tuple[str, str, str], int] = defaultdict(int)
    for row in accrued.rows:
        at, contract, component, currency, amount = (str(row[place]) for place in places)
        if at == last:
            by[contract, component, currency] += int(amount)
    net: defaultdict[str, int] = defaultdict(int)
    for (_, _, currency), left in by.items():
        net[currency] += max(left, 0)
    yield Check(
        "Accrued use at the end", "CF", "Accrued use, by contract and component", net,
        "Key figures: unbilled usage", sums(data["key_figures"], ["unbilled"],
                                            only=("period", {last})),
    )  # fmt: skip
