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
from revrec.ledger.kinds import NON_CURRENT
from revrec.model.dataset import DataSet


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollforward:
    """One kind of balance: its lines in order, opening first and closing last."""

    name: str
    title: str
    account: str
    """Of the ledger ..."""
    sign: int
    """... and the sign that makes its balance positive."""
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
    account="contract_liability",
    sign=-1,
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
    memo={
        "included_in_opening": "Revenue included in opening (50-8b)",
        "by_modifications": "Of revenue: caught up by modifications",
        "by_estimates": "Of revenue: caught up by new estimates",
        "liability_current": "Of closing: current",
        "liability_non_current": "Of closing: non-current",
    },
    note=(
        "Credit balances are positive here. Revenue is earned out of lots, the opening balance "
        "first, as far as credits of its bills and refunds leave of it; usage allocated to its "
        "day does not draw on it. Revenue included in opening is all that was "
        "included in the opening balance, breakage and catch-up with it (606-10-50-8b). What a "
        "change caught up is as of its day, and empty where the use counted is not at hand. "
        "Billings and revenue of contracts that show an asset pass through this account and are "
        "reclassified (606-10-45-1)."
    ),
)
ASSETS = Rollforward(
    name="contract_assets",
    title="Contract assets",
    account="contract_asset",
    sign=1,
    lines={
        "opening": "Opening",
        "revenue_over_billings": "Revenue in excess of billings",
        "transferred": "Transferred to receivables",
        "closing": "Closing",
    },
    memo={
        "asset_current": "Of closing: current",
        "asset_non_current": "Of closing: non-current",
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
    account="receivable",
    sign=1,
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
    account="refund_liability",
    sign=-1,
    lines={
        "opening": "Opening",
        "refund_accrued": "Accrued",
        "refund_used": "Used: credited or paid back",
        "refund_released": "Released",
        "closing": "Closing",
    },
    sources={"opening": "refund_opening", "closing": "refund_closing"},
    note=(
        "Received or billed and expected to be given back: rebates earned, service credits, "
        "returns, prices reduced after they were billed (606-10-32-10). Month by month, what is "
        "credited or paid back uses up what was owed at the month's start."
    ),
)
_AT_END = ("liability_current", "liability_non_current", "asset_current", "asset_non_current")
_GL = ("General ledger", "Difference to the general ledger")
ROLLFORWARDS = (LIABILITIES, ASSETS, RECEIVABLES, REFUNDS)


@cites("606-10-50-8", "606-10-45-1", "606-10-45-2", "606-10-45-3", "606-10-45-4")
def by_contract(frame: Frame, kind: Rollforward) -> DataSet:
    """A balance of every contract from the start of the report to its end."""
    return frame.data_set(
        kind.name,
        kind.title,
        [
            c.ENTITY, c.CUSTOMER, c.CONTRACT, c.CURRENCY,
            *c.rolled(kind.lines), *(c.money(name, title) for name, title in kind.memo.items()),
            c.ROW_KEY,
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
    return frame.data_set(
        f"{kind.name}_by_month",
        f"{kind.title} by month",
        [
            c.ENTITY, c.CUSTOMER, c.CONTRACT, c.PERIOD, c.CURRENCY,
            # Balances of several months are not to be added.
            *c.rolled(kind.lines, untotalled={"opening", "closing"}),
            *(c.money(name, title, total=name not in _AT_END)
              for name, title in kind.memo.items()),
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
        note="Opening and movements give closing. The general ledger is the lines of the journal's "
        "entries at each month's end. Totals are by line, so columns have none.",
    )  # fmt: skip


def _statement(frame: Frame, kind: Rollforward, months: int) -> Iterator[Row]:
    """Currency, balance, number, line, the sums of each month and of the whole report, key."""
    figures = {**kind.lines, **kind.memo}
    sums = ", ".join(f"coalesce(sum({_source(kind, name)}), 0)::bigint" for name in figures)
    found: dict[str, dict[str, Sequence[object]]] = {}
    for currency, label, *values in frame.rows(
        f"select currency, label, {sums} from balance group by currency, label order by all"
    ):
        found.setdefault(str(currency), {})[str(label)] = values
    labels = [*map(str, frame.span.periods), ""]
    assert len(labels) == months + 1
    nothing = [0] * len(figures)
    place = list(figures).index("closing")
    ledger = _ledger(frame, kind, labels)
    for currency, by_label in found.items():
        columns = [by_label.get(label, nothing) for label in labels]
        lines = {
            title: [int(str(each[number])) for each in columns]
            for number, title in enumerate(figures.values())
        }
        held = ledger.get(currency, [0] * len(labels))
        closing = [int(str(each[place])) for each in columns]
        lines |= dict(zip(_GL, (held, _differences(closing, held)), strict=True))
        for number, (title, amounts) in enumerate(lines.items(), start=1):
            key = c.key_of(currency, kind.title, title)
            yield currency, kind.title, number, title, *amounts, key


def _differences(left: Sequence[int], right: Sequence[int]) -> list[int]:
    return [one - other for one, other in zip(left, right, strict=True)]


def _ledger(frame: Frame, kind: Rollforward, labels: Sequence[str]) -> dict[str, list[int]]:
    """What the journal's lines hold on the account at the end of each stretch, by currency."""
    ends = [label or str(frame.span.period) for label in labels]
    columns = ", ".join(
        f"coalesce(sum(amount) filter (period <= '{end}'), 0)::bigint" for end in ends
    )
    rows = frame.rows(
        f"select currency, {columns} from line "
        f"where account in ('{kind.account}', '{NON_CURRENT}{kind.account}') group by currency"
    )
    return {
        str(currency): [kind.sign * int(str(amount)) for amount in amounts]
        for currency, *amounts in rows
    }


def _source(kind: Rollforward, name: str) -> str:
    return kind.sources.get(name, name)


def _selected(kind: Rollforward) -> str:
    figures = [*kind.lines, *kind.memo]
    return ", ".join(f"{_source(kind, name)} as {name}" for name in figures)


def _moved(kind: Rollforward) -> str:
    """A condition: the balance is not zero throughout."""
    return "(" + " or ".join(f"{_source(kind, name)} <> 0" for name in kind.lines) + ")"
