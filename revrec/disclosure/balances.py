"""Opening and closing contract balances and receivables, and what moved them (606-10-50-8).

All figures are as posted: a month that is closed shows what it was closed with, and what was
learned later moves the month it was posted in. Movements are signed so that opening and
movements give closing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from revrec.citations import cites
from revrec.disclosure import columns as c
from revrec.disclosure.frame import Frame, Row
from revrec.model.dataset import DataSet


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollforward:
    """One kind of balance: its lines in order, opening first and closing last."""

    name: str
    title: str
    lines: Mapping[str, str]
    """Column -> heading."""
    sources: Mapping[str, str] = field(default_factory=dict)
    """Column -> column of ``balances.sql``, where they differ."""
    memo: Mapping[str, str] = field(default_factory=dict)
    """Columns beside the rollforward, after closing."""
    note: str


LIABILITIES = Rollforward(
    name="contract_balances",
    title="Contract liabilities",
    lines={
        "opening": "Opening",
        "billings": "Billings",
        "credit_memos": "Credit memos",
        "revenue_from_opening": "Revenue from opening balance",
        "other_revenue": "Other revenue",
        "breakage": "Breakage",
        "catch_up": "Catch-up for earlier months",
        "cash_in_advance": "Cash before a bill, less bills not due and deposits",
        "refunds": "To or from refund liabilities",
        "financing": "Interest, and payments to customers",
        "reclassified": "Reclassified to or from contract assets",
        "closing": "Closing",
    },
    memo={"included_in_opening": "Revenue included in opening (50-8b)"},
    note=(
        "Credit balances are positive here. Revenue is earned out of lots, the opening balance "
        "first, as far as credits of its bills and refunds leave of it; usage allocated to its "
        "day does not draw on it. The last column is all revenue that was "
        "included in the opening balance, breakage and catch-up with it (606-10-50-8b). Billings "
        "and revenue of contracts that show an asset pass through this account and are "
        "reclassified (606-10-45-1)."
    ),
)
ASSETS = Rollforward(
    name="contract_assets",
    title="Contract assets",
    lines={
        "opening": "Opening",
        "revenue_over_billings": "Revenue in excess of billings",
        "transferred": "Transferred to receivables",
        "closing": "Closing",
    },
    sources={"opening": "asset_opening", "closing": "asset_closing"},
    note=(
        "Recognised and not yet billed, net per contract (606-10-45-1). A bill makes the right "
        "unconditional and moves it to receivables (606-10-45-4)."
    ),
)
RECEIVABLES = Rollforward(
    name="receivables",
    title="Receivables",
    lines={
        "opening": "Opening",
        "invoices": "Invoices before tax",
        "tax": "Sales tax",
        "credit_memos": "Credit memos before tax",
        "for_principal": "Billed for principals",
        "cash": "Cash received, less returned",
        "written_off": "Written off",
        "not_yet_due": "Cash before a bill, and bills not due",
        "closing": "Closing",
    },
    sources={
        "opening": "receivable_opening",
        "credit_memos": "receivable_credit_memos",
        "closing": "receivable_closing",
    },
    note="Receivables stand apart from contract balances (606-10-45-4).",
)
REFUNDS = Rollforward(
    name="refund_liabilities",
    title="Refund liabilities",
    lines={
        "opening": "Opening",
        "refund_change": "Change in what will be returned",
        "closing": "Closing",
    },
    sources={"opening": "refund_opening", "closing": "refund_closing"},
    note=(
        "Received or billed and expected to be given back: rebates earned, service credits, "
        "returns, prices reduced after they were billed (606-10-32-10)."
    ),
)
ROLLFORWARDS = (LIABILITIES, ASSETS, RECEIVABLES, REFUNDS)


@cites("606-10-50-8", "606-10-45-1", "606-10-45-2", "606-10-45-3", "606-10-45-4")
def by_contract(frame: Frame, kind: Rollforward) -> DataSet:
    """A balance of every contract from the start of the report to its end."""
    figures = {**kind.lines, **kind.memo}
    return frame.data_set(
        kind.name,
        kind.title,
        [
            c.ENTITY, c.CUSTOMER, c.CONTRACT, c.CURRENCY,
            *(c.money(name, title) for name, title in figures.items()), c.ROW_KEY,
        ],
        f"""
        select {frame.entity} as entity, customer, contract, currency, {_selected(kind)},
               key_of([contract]) as row_key
        from balance where label = '' and {_moved(kind)} order by customer, contract
        """,
        note=kind.note,
    )  # fmt: skip


@cites("606-10-50-8")
def by_month(frame: Frame, kind: Rollforward) -> DataSet:
    """A balance of every contract month by month; contracts without a balance are left out."""
    figures = {**kind.lines, **kind.memo}
    return frame.data_set(
        f"{kind.name}_by_month",
        f"{kind.title} by month",
        [
            c.ENTITY, c.CUSTOMER, c.CONTRACT, c.PERIOD, c.CURRENCY,
            # Balances of several months are not to be added.
            *(c.money(name, title, total=name not in {"opening", "closing"})
              for name, title in figures.items()),
            c.ROW_KEY,
        ],
        f"""
        select {frame.entity} as entity, customer, contract, label as period, currency,
               {_selected(kind)}, key_of([contract, label]) as row_key
        from balance where label <> '' and {_moved(kind)} order by customer, contract, period
        """,
        note=kind.note,
    )  # fmt: skip


@cites("606-10-50-8")
def balance_totals(frame: Frame) -> DataSet:
    """All rollforwards in total by currency: a row for each line, a column for each month."""
    months = [c.month_name("in", month) for month in frame.span.periods]
    titles = map(str, frame.span.periods)
    rows = [row for kind in ROLLFORWARDS for row in _statement(frame, kind, len(months))]
    return DataSet(
        name="contract_balance_totals",
        title="Contract balances in total",
        columns=[
            c.CURRENCY, c.text("balance", "Balance"), c.count("number", "No."),
            c.text("line", "Line"),
            *(c.money(n, title, total=False) for n, title in zip(months, titles, strict=True)),
            c.money("report", f"All months, {frame.span.label}", total=False), c.ROW_KEY,
        ],
        rows=sorted(rows, key=lambda row: str(row[0])),
        note="Opening and movements give closing. Totals are by line, so columns have none.",
    )  # fmt: skip


def _statement(frame: Frame, kind: Rollforward, months: int) -> Iterator[Row]:
    """Currency, balance, number, line, the sums of each month and of the whole report, key."""
    figures = {**kind.lines, **kind.memo}
    sums = ", ".join(f"sum({_source(kind, name)})::bigint" for name in figures)
    found: dict[str, dict[str, Sequence[object]]] = {}
    for currency, label, *values in frame.rows(
        f"select currency, label, {sums} from balance group by currency, label order by all"
    ):
        found.setdefault(str(currency), {})[str(label)] = values
    labels = [*map(str, frame.span.periods), ""]
    assert len(labels) == months + 1
    nothing = [0] * len(figures)
    for currency, by_label in found.items():
        columns = [by_label.get(label, nothing) for label in labels]
        for number, title in enumerate(figures.values(), start=1):
            amounts = [each[number - 1] for each in columns]
            key = c.key_of(currency, kind.title, title)
            yield currency, kind.title, number, title, *amounts, key


def _source(kind: Rollforward, name: str) -> str:
    return kind.sources.get(name, name)


def _selected(kind: Rollforward) -> str:
    figures = [*kind.lines, *kind.memo]
    return ", ".join(f"{_source(kind, name)} as {name}" for name in figures)


def _moved(kind: Rollforward) -> str:
    """A condition: the balance is not zero throughout."""
    return "(" + " or ".join(f"{_source(kind, name)} <> 0" for name in kind.lines) + ")"
