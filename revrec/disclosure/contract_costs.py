"""Assets from the costs of obtaining and fulfilling contracts (340-40-50-1 to 50-3).

Balances and movements are as posted, like those of contract balances; what a cost is for, how it is
amortised and what was decided about it come from its facts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator

import pyarrow as pa

from revrec.citations import cites
from revrec.disclosure import columns as c
from revrec.disclosure.checks import (
    ALLOWED,
    BEFORE,
    IN_REPORT,
    Check,
    Data,
    Sums,
    by_currency,
    by_row,
    entered,
    sums,
    unsigned,
)
from revrec.disclosure.frame import Frame, Row
from revrec.model.costs import ContractCost, CostPurpose
from revrec.model.dataset import Column, DataSet
from revrec.model.decision import Decision, Progress, Shape, Stream

_LINES = {
    "opening": "Opening",
    "capitalized": "Capitalised",
    "amortized": "Amortised",
    "impaired": "Impaired",
    "closing": "Closing",
}
_MEMO = {"expensed": "Expensed as incurred"}
_CATEGORIES = {
    CostPurpose.OBTAIN: "costs to obtain contracts",
    CostPurpose.FULFIL: "costs to fulfil contracts",
}
_COST = pa.schema(
    [
        ("contract", pa.string()),
        ("cost", pa.string()),
        ("category", pa.string()),
        ("payee", pa.string()),
        ("incurred", pa.date32()),
        ("treatment", pa.string()),
        ("paragraphs", pa.string()),
        ("basis", pa.string()),
        ("benefit_start", pa.date32()),
        ("benefit_end", pa.date32()),
        ("renewals", pa.string()),
    ]
)
_BALANCES = """
create table cost_balance as
with moved as (
    select t.label, p.contract, p.component as cost, p.currency, p.event, p.account,
           p.month < t.starts as before, sum(p.amount) as amount
    from posted p join stretch t on p.month <= t.ends
    where p.account in ('contract_cost_asset', 'contract_cost_expense')
        and p.event <> 'non_current_cost'
    group by all
)
select label, contract, cost, currency,
       coalesce(sum(amount) filter (before and asset), 0)::bigint as opening,
       coalesce(sum(amount) filter (not before and asset and event = 'cost_capitalized'), 0)::bigint
           as capitalized,
       coalesce(sum(amount) filter (not before and asset and event = 'cost_amortized'), 0)::bigint
           as amortized,
       coalesce(sum(amount) filter (not before and asset and event = 'cost_impaired'), 0)::bigint
           as impaired,
       coalesce(sum(amount) filter (asset), 0)::bigint as closing,
       coalesce(sum(amount) filter (not before and not asset), 0)::bigint as expensed
from (select *, account = 'contract_cost_asset' as asset from moved)
group by label, contract, cost, currency
"""


@cites("340-40-50-1", "340-40-50-2", "340-40-50-3")
def contract_costs(frame: Frame) -> list[DataSet]:
    """Rollforwards of contract costs: by cost, by month, and by main category."""
    frame.load("cost", _costs(frame))
    frame.execute(_BALANCES)
    return [_by_cost(frame), _by_month(frame), _by_category(frame)]


@cites("340-40-50-3")
def cost_tie_outs(frame: Frame, data: Data) -> Iterator[Check]:
    """Rollforwards of contract costs against the journal and against what facts give."""
    rolled = data["contract_costs"]
    for name, title in (("amortized", "contract_cost_amortization"),
                        ("impaired", "contract_cost_impairment")):  # fmt: skip
        yield Check(
            f"Contract costs {name} in the report", "TB", f"Contract costs: {_LINES[name].lower()}",
            sums(rolled, [name]), "Journal", entered(frame, title, -1, IN_REPORT),
        )  # fmt: skip
    yield Check(
        "Contract costs expensed as incurred", "TB", "Contract costs: expensed as incurred",
        sums(rolled, ["expensed"]), "Journal",
        entered(frame, "contract_cost_expense", 1, IN_REPORT),
    )  # fmt: skip
    yield Check(
        "Contract costs, opening", "PY", "Contract costs: opening", sums(rolled, ["opening"]),
        "Journal before the report", entered(frame, "contract_cost_asset", 1, BEFORE),
    )  # fmt: skip
    closing = sums(rolled, ["closing"])
    yield Check(
        "Contract costs, closing", "TB", "Contract costs: closing", closing,
        "Journal at the report's end", entered(frame, "contract_cost_asset", 1, "true"),
    )  # fmt: skip
    movements = ["capitalized", "amortized", "impaired"]
    yield Check(
        "Contract costs, opening and movements", "F", "Contract costs: opening and movements",
        sums(rolled, ["opening", *movements]), "Contract costs: closing", closing,
    )  # fmt: skip
    yield Check(
        "Contract costs, month by month", "CF", "Contract costs by month: movements",
        sums(data["contract_costs_by_month"], movements), "Contract costs: movements",
        sums(rolled, movements),
    )  # fmt: skip
    yield Check(
        "Contract costs, by category", "CF", "Contract costs by category: closing",
        sums(data["contract_costs_by_category"], ["closing"]), "Contract costs: closing", closing,
    )  # fmt: skip
    yield Check(
        "Contract costs, from facts", "R", "Contract costs: closing", closing,
        "Capitalised less amortised and impaired, from facts", _carried(frame),
    )  # fmt: skip
    yield Check(
        "Contract costs, cost by cost", "R", "Differences to the facts, unsigned",
        unsigned(by_row(rolled, "closing"), _carried_by_row(frame)), ALLOWED, {},
    )  # fmt: skip


def _by_cost(frame: Frame) -> DataSet:
    return frame.data_set(
        "contract_costs",
        "Contract costs",
        [
            c.ENTITY, c.CUSTOMER, c.CONTRACT, c.text("cost", "Cost"),
            c.text("category", "Main category"), c.text("payee", "Paid to"),
            c.day("incurred", "Incurred"), c.text("treatment", "Treatment"),
            c.text("paragraphs", "Paragraphs"), c.text("basis", "Amortised by"),
            c.day("benefit_start", "Benefit from"), c.day("benefit_end", "Benefit to"),
            c.text("renewals", "Renewals"), c.CURRENCY, *_figures(), c.ROW_KEY,
        ],
        f"""
        select {frame.entity} as entity, coalesce(t.customer, '') as customer, contract, cost,
               coalesce(k.category, '') as category, coalesce(k.payee, '') as payee, k.incurred,
               coalesce(k.treatment, '') as treatment, coalesce(k.paragraphs, '') as paragraphs,
               coalesce(k.basis, '') as basis, k.benefit_start, k.benefit_end,
               coalesce(k.renewals, '') as renewals, coalesce(b.currency, t.currency) as currency,
               {", ".join(f"coalesce({name}, 0)::bigint as {name}" for name in _NAMES)},
               key_of([contract, cost]) as row_key
        from cost k
        full join (select * from cost_balance where label = '') b using (contract, cost)
        left join contract t using (contract)
        order by customer, contract, cost
        """,
        note=(
            "Amounts that lower the asset are negative. The period of benefit is that of what is "
            "left to amortise, anticipated renewals included (340-40-35-1). Costs under another "
            "topic are listed and carry no amount."
        ),
    )  # fmt: skip


def _by_month(frame: Frame) -> DataSet:
    return frame.data_set(
        "contract_costs_by_month",
        "Contract costs by month",
        [
            c.ENTITY, c.CUSTOMER, c.CONTRACT, c.text("cost", "Cost"), c.PERIOD, c.CURRENCY,
            # Balances of several months are not to be added.
            *_figures(untotalled=("opening", "closing")), c.ROW_KEY,
        ],
        f"""
        select {frame.entity} as entity, coalesce(t.customer, '') as customer, contract, cost,
               label as period, b.currency, {", ".join(_NAMES)},
               key_of([contract, cost, label]) as row_key
        from cost_balance b left join contract t using (contract)
        where label <> '' and ({" or ".join(f"{name} <> 0" for name in _NAMES)})
        order by customer, contract, cost, period
        """,
    )  # fmt: skip


def _by_category(frame: Frame) -> DataSet:
    return frame.data_set(
        "contract_costs_by_category",
        "Contract costs by main category",
        [c.CURRENCY, c.text("category", "Main category"), *_figures(), c.ROW_KEY],
        f"""
        select b.currency, coalesce(k.category, '') as category,
               {", ".join(f"sum({name})::bigint as {name}" for name in _NAMES)},
               key_of([b.currency, coalesce(k.category, '')]) as row_key
        from cost_balance b left join cost k using (contract, cost)
        where label = '' group by all order by 1, 2
        """,
        note="Closing balances by main category, amortisation and impairment (340-40-50-3).",
    )  # fmt: skip


_NAMES = (*_LINES, *_MEMO)


def _figures(untotalled: Collection[str] = ()) -> list[Column]:
    memo = [c.money(name, title) for name, title in _MEMO.items()]
    return [*c.rolled(_LINES, untotalled=untotalled), *memo]


def _costs(frame: Frame) -> pa.Table:
    """Every cost incurred by the report's end, with what was decided about it."""
    accounting, last = frame.inputs.accounting, frame.span.last
    moving: defaultdict[tuple[str, str], list[Shape]] = defaultdict(list)
    for each in accounting.accrued.segments:
        alive = each.valid_from <= last <= each.valid_to
        if each.stream is Stream.COST_AMORTIZED and each.shape.progress is not Progress.COMPLETE:
            moving[each.contract, each.component] += [each.shape] if alive else []
    found: list[Row] = []
    for name, accounted in accounting.contracts.items():
        decided = {
            each.inputs["cost"]: each
            for each in accounted.decisions
            if each.step == 0 and each.rule in set(CostPurpose)
        }
        found += [
            _cost(name, cost, decided[cost.id], moving[name, cost.id])
            for cost in frame.inputs.book.histories[name].costs
            if cost.adjusts is None and cost.on <= last
        ]
    columns = list(zip(*found, strict=True)) if found else [()] * len(_COST)
    arrays = [pa.array(column, each.type) for column, each in zip(columns, _COST, strict=True)]
    return pa.table(arrays, schema=_COST)


def _cost(contract: str, cost: ContractCost, decision: Decision, shapes: list[Shape]) -> Row:
    basis = ", ".join(sorted({each.progress.value.replace("_", " ") for each in shapes}))
    starts = [each.starts for each in shapes if each.starts is not None]
    ends = [each.ends for each in shapes if each.ends is not None]
    return (
        contract, cost.id, cost.category or _CATEGORIES[cost.purpose], cost.payee, cost.on,
        decision.outcome, ", ".join(decision.paragraphs), basis, min(starts, default=None),
        max(ends, default=None),
        "commensurate commission" if cost.renewal_commission_commensurate else "",
    )  # fmt: skip


_CARRIED = """
    select s.contract, s.component as cost, s.currency,
           sum(case when s.stream = 'cost_capitalized' then r.revenue else -r.revenue end)::bigint
               as amount
    from accrued r join accrued_segments s using (segment)
    where r.day = date '{day}'
      and s.stream in ('cost_capitalized', 'cost_amortized', 'cost_impaired')
    group by all
"""


def _carried(frame: Frame) -> Sums:
    frame.load("carried", frame.inputs.subledger.query(_CARRIED.format(day=frame.span.last)))
    return by_currency(frame, "select currency, sum(amount)::bigint from carried group by all")


def _carried_by_row(frame: Frame) -> dict[tuple[str, str], int]:
    return {
        (str(currency), c.key_of(str(contract), str(cost))): int(str(amount))
        for contract, cost, currency, amount in frame.rows("select * from carried")
    }
