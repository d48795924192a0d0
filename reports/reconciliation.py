"""The third file of a close: usage to billing to revenue, with a reason for every difference."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from reports.charts import Chart, ChartKind
from reports.columns import column_position, currency_position
from reports.cover import Cover
from reports.csv_twin import FileRecord, write_manifest
from reports.publish import pick, publish
from reports.totals import currencies, money_totals
from revrec.engine import ENGINE_VERSION
from revrec.model.dataset import DataSet, TieOut
from revrec.operations.reconciling import ThreeWay

THREE_WAY, REASONS = "reconciliation", "reconciliation_reasons"
UNEXPLAINED = "unexplained"
"""Reason code of a difference that no rule explains; there must be none."""
_DIFFERENCES = (
    ("rated", "invoiced", "rated_less_invoiced"),
    ("invoiced", "revenue", "invoiced_less_revenue"),
)


def write_reconciliation(
    folder: Path, cover: Cover, data: Mapping[str, DataSet], tie_outs: Sequence[TieOut]
) -> list[FileRecord]:
    """Write the three-way reconciliation, then every other data set in the order given.

    ``reconciliation`` has money columns ``rated``, ``invoiced``, ``revenue``,
    ``rated_less_invoiced`` and ``invoiced_less_revenue``, and a text column ``reason``. Added to
    the tie-outs given: the differences follow from the amounts, and nothing is unexplained.
    If ``reconciliation_reasons`` is given (``reason``, ``difference``, ``amount``), it is drawn in
    the functional currency.
    """
    sheets = pick(data, [THREE_WAY, *(name for name in data if name != THREE_WAY)])
    three_way = sheets[0]
    checks = [*_cross_footed(three_way), *_explained(three_way)]
    charts = _charts(data, cover.functional_currency)
    return publish(folder, cover, sheets, [*checks, *tie_outs], charts)


def write_three_way(run: ThreeWay, folder: Path) -> list[Path]:
    """Write a reconciliation as known now: workbook, twins and manifest. A draft."""
    cover = Cover(
        entity=run.entity.name or f"Entity {run.entity.id}",
        report="Reconciliation",
        period=str(run.period) if run.first == run.period else f"{run.first}..{run.period}",
        as_of=run.known_at,
        functional_currency=run.entity.functional_currency,
        run_id=str(run.period),
        engine_version=ENGINE_VERSION,
        facts_version=run.fact_seq,
        prepared_by=run.prepared_by,
    )
    files = write_reconciliation(folder, cover, run.datasets, run.tie_outs)
    return [*(folder / each.name for each in files), write_manifest(folder, cover, files)]


def _cross_footed(data: DataSet) -> list[TieOut]:
    checks = []
    for minuend, subtrahend, difference in _DIFFERENCES:
        sums = [money_totals(data, name) for name in (minuend, subtrahend, difference)]
        checks += [
            TieOut(
                name=f"{minuend.capitalize()} less {subtrahend}",
                left_name=f"Total {minuend} less total {subtrahend}",
                left=sums[0][currency] - sums[1][currency],
                right_name="Total of the differences",
                right=sums[2][currency],
                currency=currency,
                mark="CF",
            )
            for currency in sorted(sums[0])
        ]
    return checks


def _explained(data: DataSet) -> list[TieOut]:
    """Differences without an explanation, added up without their signs, against zero."""
    reason, by = column_position(data, "reason"), currency_position(data)
    places = [column_position(data, names[2]) for names in _DIFFERENCES]
    sums = dict.fromkeys((str(currency) for currency in currencies(data) if currency), 0)
    for row in data.rows:
        amounts = [row[place] for place in places]
        if row[reason] == UNEXPLAINED or (not row[reason] and any(amounts)):
            currency = str(data.currency if by is None else row[by])
            sums[currency] += sum(abs(amount) for amount in amounts if isinstance(amount, int))
    return [
        TieOut(
            name="Every difference is explained",
            left_name="Differences without a reason, unsigned",
            left=amount,
            right_name="None allowed",
            right=0,
            currency=currency,
            mark="R",
        )
        for currency, amount in sorted(sums.items())
    ]


def _charts(data: Mapping[str, DataSet], currency: str) -> list[Chart]:
    if REASONS not in data or currency not in currencies(data[REASONS]):
        return []
    return [
        Chart(
            kind=ChartKind.STACKED,
            title=data[REASONS].title,
            sheet=REASONS,
            currency=currency,
            values=("amount",),
            category="reason",
            series="difference",
        )
    ]
