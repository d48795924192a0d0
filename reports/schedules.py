"""The first file of a close: revenue, contract balances and the journal, for the controller."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from reports.charts import Chart, ChartKind
from reports.cover import Cover
from reports.csv_twin import FileRecord
from reports.publish import pick, publish
from reports.totals import column_position, currencies
from revrec.model.dataset import DataSet, TieOut

REQUIRED = (
    "revenue_waterfall",
    "contract_balances",
    "revenue_by_product",
    "contract_position",
    "journal_summary",
)
"""Data sets without which there is no schedules file."""
AGES = ("current", "0-30 days", "31-60 days", "61-90 days", ">90 days")
"""Age buckets from left to right in the chart of what is unbilled."""
_CURRENCIES_DRAWN = 3


def write_schedules(
    folder: Path, cover: Cover, data: Mapping[str, DataSet], tie_outs: Sequence[TieOut]
) -> list[FileRecord]:
    """Write the schedules: every data set given, in its order, with the required ones among them.

    Drawn, for the functional currency and at most two others: ``revenue_by_product`` (columns
    ``period``, ``product``, ``amount``), ``contract_balances`` (the columns from ``opening`` to
    ``closing``, signed so that they add up) and, if given, ``unbilled`` (``age``, ``amount``).
    """
    pick(data, REQUIRED)
    return publish(folder, cover, list(data.values()), tie_outs, schedule_charts(cover, data))


def schedule_charts(cover: Cover, data: Mapping[str, DataSet]) -> list[Chart]:
    """The charts of whichever of the drawn schedules are given."""
    return [
        chart
        for currency in currencies_drawn(cover, data["revenue_by_product"])
        for chart in _charts(data, currency)
        if currency in currencies(data[chart.sheet]) and data[chart.sheet].rows
    ]


def _heading(data: DataSet, name: str) -> str:
    """What a column is called."""
    return next((each.title for each in data.columns if each.name == name), name)


def currencies_drawn(cover: Cover, data: DataSet) -> list[str]:
    """The functional currency first, then the others alphabetically."""
    found = [currency for currency in currencies(data) if currency]
    ordered = sorted(found, key=lambda currency: (currency != cover.functional_currency, currency))
    return ordered[:_CURRENCIES_DRAWN]


def _charts(data: Mapping[str, DataSet], currency: str) -> list[Chart]:
    charts = [
        Chart(
            kind=ChartKind.STACKED,
            title=f"Revenue by {_heading(data['revenue_by_product'], 'period').lower()}",
            sheet="revenue_by_product",
            currency=currency,
            values=("amount",),
            category="period",
            series="product",
        ),
    ]
    if "contract_balances" in data:
        balances = data["contract_balances"]
        first = column_position(balances, "opening")
        last = column_position(balances, "closing")
        charts.append(
            Chart(
                kind=ChartKind.BRIDGE,
                title=balances.title,
                sheet="contract_balances",
                currency=currency,
                values=tuple(column.name for column in balances.columns[first : last + 1]),
            )
        )
    if "unbilled" in data:
        charts.append(
            Chart(
                kind=ChartKind.BARS,
                title=f"{data['unbilled'].title} by age",
                sheet="unbilled",
                currency=currency,
                values=("amount",),
                category="age",
                order=AGES,
            )
        )
    return charts
