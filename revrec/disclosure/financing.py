"""Significant financing components: rate, basis, and interest of the report (606-10-32-15)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import pyarrow as pa

from revrec.citations import cites
from revrec.disclosure import columns as c
from revrec.disclosure.checks import IN_REPORT, Check, Data, entered, sums
from revrec.disclosure.frame import Frame, Row
from revrec.model.dataset import DataSet
from revrec.model.decision import Decision, Stream

_STREAMS = {Stream.INTEREST_EXPENSE: -1, Stream.INTEREST_INCOME: 1}
"""Interest -> the sign it is shown with: income positive."""
_TOLD = pa.schema(
    [
        ("contract", pa.string()),
        ("decided", pa.date32()),
        ("treatment", pa.string()),
        ("rate", pa.decimal128(38, 12)),
        ("compounding", pa.string()),
        ("basis", pa.string()),
        ("paragraphs", pa.string()),
        ("whole", pa.int64()),
    ]
)
_RATE_UNIT = pa.decimal128(38, 12)


@cites("606-10-32-15", "606-10-32-18", "606-10-32-19", "606-10-32-20")
def financing(frame: Frame) -> DataSet:
    """Contracts judged on financing: those that bear interest, and those that need not."""
    frame.load("financed", _financed(frame))
    return frame.data_set(
        "financing",
        "Significant financing",
        [
            c.ENTITY, c.CUSTOMER, c.CONTRACT, c.day("decided", "Decided"),
            c.text("treatment", "Treatment"), c.ratio("rate", "Annual rate"),
            c.text("compounding", "Compounding"), c.text("basis", "Basis"),
            c.text("paragraphs", "Paragraphs"), c.CURRENCY,
            c.money("whole", "Interest of the contract's life"),
            c.money("before", f"Posted before {frame.span.first}"),
            c.money("income", "Interest income"), c.money("expense", "Interest expense"),
            c.money("remaining", "Still to come"), c.ROW_KEY,
        ],
        f"""
        with interest as (
            select contract, currency,
                   coalesce(-sum(amount) filter (month = ''), 0)::bigint as before,
                   coalesce(-sum(amount) filter (
                       month <> '' and account = 'interest_income'), 0)::bigint as income,
                   coalesce(-sum(amount) filter (
                       month <> '' and account = 'interest_expense'), 0)::bigint as expense
            from posted where account in ('interest_income', 'interest_expense') group by all
        )
        select {frame.entity} as entity, coalesce(t.customer, '') as customer, contract, f.decided,
               coalesce(f.treatment, '') as treatment, f.rate,
               coalesce(f.compounding, '') as compounding, coalesce(f.basis, '') as basis,
               coalesce(f.paragraphs, '') as paragraphs,
               coalesce(t.currency, i.currency) as currency, coalesce(f.whole, 0) as whole,
               coalesce(i.before, 0) as before, coalesce(i.income, 0) as income,
               coalesce(i.expense, 0) as expense,
               (coalesce(f.whole, 0) - coalesce(i.before + i.income + i.expense, 0))::bigint
                   as remaining,
               key_of([contract]) as row_key
        from financed f full join interest i using (contract)
        left join contract t using (contract)
        order by customer, contract
        """,
        note=(
            "Income is positive, expense negative. Not adjusted: payment and transfer within a "
            "year (606-10-32-18), or no financing as judged (32-17). The rate is that of inception "
            "and stays (32-19)."
        ),
    )  # fmt: skip


def financing_tie_outs(frame: Frame, data: Data) -> Iterator[Check]:
    """Interest of the report against the journal."""
    shown = data["financing"]
    for name in ("income", "expense"):
        yield Check(
            f"Interest {name} from contracts", "TB", f"Significant financing: interest {name}",
            sums(shown, [name]), "Journal", entered(frame, f"interest_{name}", -1, IN_REPORT),
        )  # fmt: skip


def _financed(frame: Frame) -> pa.Table:
    """The last decision on financing of every contract by the report's end."""
    accounting, last = frame.inputs.accounting, frame.span.last
    whole: defaultdict[str, int] = defaultdict(int)
    for each in accounting.accrued.segments:
        if each.stream in _STREAMS and each.valid_from <= last <= each.valid_to:
            whole[each.contract] += _STREAMS[each.stream] * each.price
    rows: list[Row] = []
    for name, accounted in accounting.contracts.items():
        decided = [each for each in accounted.decisions if each.rule == "finance"]
        decided = [each for each in decided if each.on <= last]
        if decided:
            rows.append(_told(name, decided[-1], whole[name]))
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(_TOLD)
    arrays = [
        pa.array(column, pa.string()).cast(each.type)
        if each.type == _RATE_UNIT
        else pa.array(column, each.type)
        for column, each in zip(columns, _TOLD, strict=True)
    ]
    return pa.table(arrays, schema=_TOLD)


def _told(contract: str, decision: Decision, whole: int) -> Row:
    told = decision.inputs
    treatment = "financing" if "annual_rate" in told else decision.outcome
    return (
        contract, decision.on, treatment, told.get("annual_rate"), told.get("compounding", ""),
        told.get("basis") or decision.sentence, ", ".join(decision.paragraphs), whole,
    )  # fmt: skip
