"""The first file of a close: revenue, contract balances and the journal, for the controller."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from reports.charts import Chart, ChartKind
from reports.columns import column_position
from reports.cover import Cover
from reports.csv_twin import FileRecord
from reports.publish import pick, publish
from reports.totals import currencies
from revrec.disclosure.columns import records_of
from revrec.disclosure.estimate_ranges import STATISTICS
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
_CATEGORIES_DRAWN = 12
_STRATA_DRAWN = 2


def write_schedules(
    folder: Path, cover: Cover, data: Mapping[str, DataSet], tie_outs: Sequence[TieOut]
) -> list[FileRecord]:
    """Write the schedules: every data set given, in its order, with the required ones among them.

    Drawn, for the functional currency and at most two others: ``revenue_by_product`` (columns
    ``period``, ``product``, ``amount``), ``contract_balances`` (the columns from ``opening`` to
    ``closing``, signed so that they add up) and, if given, ``unbilled`` (``age``, ``amount``),
    ``commitment_burn_down`` (``actual`` beside ``expected``) and ``estimate_ranges``; for the
    functional currency also how prices of the largest strata are distributed.
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
    ] + _distributions(cover, data)


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
    return charts + _beside_expectation(data, currency)


def _beside_expectation(data: Mapping[str, DataSet], currency: str) -> list[Chart]:
    """What came, beside what was expected of it."""
    charts = []
    if "commitment_burn_down" in data:
        charts.append(
            Chart(
                kind=ChartKind.COMPARED,
                title="Commitments used, beside an even course",
                sheet="commitment_burn_down",
                currency=currency,
                values=("actual", "expected"),
                category="row_key",
                most=_CATEGORIES_DRAWN,
            )
        )
    if "estimate_ranges" in data:
        charts.append(
            Chart(
                kind=ChartKind.INTERVAL,
                title="Estimates in their range",
                sheet="estimate_ranges",
                currency=currency,
                values=("high", "estimate", "low", "included"),
                category="component",
                only=(("basis", STATISTICS),),
                most=_CATEGORIES_DRAWN,
            )
        )
    return charts


def _distributions(cover: Cover, data: Mapping[str, DataSet]) -> list[Chart]:
    """Prices of the strata with most of them, where they are not all the same."""
    name = "selling_price_distribution"
    if name not in data:
        return []
    found: dict[tuple[str, str, str], list[tuple[str, int]]] = {}
    for row in records_of(data[name]):
        if row["currency"] == cover.functional_currency:
            key = (str(row["stratum"]), str(row["product"]), str(row["per"]))
            found.setdefault(key, []).append((str(row["range"]), int(str(row["count"]))))
    several = [key for key, steps in found.items() if len(steps) > 1]
    largest = sorted(several, key=lambda key: (-sum(count for _, count in found[key]), key))
    return [
        Chart(
            kind=ChartKind.COMPARED,
            title=f"Prices of {key[1]}, of a {key[2]}",
            sheet=name,
            currency=cover.functional_currency,
            values=("count",),
            category="range",
            order=tuple(shown for shown, _ in found[key]),
            only=(("stratum", key[0]),),
        )
        for key in largest[:_STRATA_DRAWN]
    ]
