"""A report on a few pages, for directors: figures, ratios, and sentences computed from them.

Everything here is taken from the data sets of the report, nothing is derived anew.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from revrec.disclosure import columns as c
from revrec.disclosure.flux import BY_PRODUCT, DETAIL, DRIVERS
from revrec.disclosure.remaining_obligations import BANDS
from revrec.model.dataset import ColumnType, DataSet
from revrec.money import from_minor, round_ratio

FIGURES, RATIOS, SENTENCES = "board_figures", "board_ratios", "board_sentences"
REVENUE_BRIDGE, LIABILITY_BRIDGE, BY_BAND = "revenue_bridge", "liability_bridge", "remaining_bands"
_BEFORE, _YEAR = "the period before", "the year before"
_USED = frozenset({"usage", "overage", "per_unit"})
_BALANCES = {
    "contract_balances": "Contract liabilities",
    "contract_assets": "Contract assets",
    "receivables": "Receivables",
}
_RATIO_DIGITS = 6
Row = Mapping[str, object]


@dataclass(slots=True)
class _Sums:
    """Of one currency, in minor units."""

    now: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    then: dict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))
    """Comparison and figure."""
    kept: int = 0
    """From use now, of contracts with use in the period before."""
    kept_at_most: int = 0
    """The same, of each contract at most what it brought before."""
    customers: Counter[str] = field(default_factory=Counter)


def board(data: Mapping[str, DataSet]) -> list[DataSet]:
    """Sentences, figures, ratios, and what the charts of a board's report draw."""
    sums = _summed(data)
    bands = _bands(data["remaining_obligations"])
    figures = [row for currency in sorted(sums) for row in _figures(currency, sums[currency])]
    ratios = [
        row
        for currency in sorted(sums)
        for row in _ratios(currency, sums[currency], bands.get(currency, {}))
    ]
    return [
        _sentences(sums, bands, data),
        _figure_set(figures),
        _ratio_set(ratios),
        _revenue_bridge(data[BY_PRODUCT]),
        _liability_bridge(data["contract_balances"]),
        _band_set(bands),
    ]


def _rows(data: DataSet) -> Iterator[Row]:
    names = [each.name for each in data.columns]
    return (dict(zip(names, row, strict=True)) for row in data.rows)


def _amount(row: Row, name: str) -> int:
    return int(str(row[name] or 0))


def _summed(data: Mapping[str, DataSet]) -> dict[str, _Sums]:
    found: dict[str, _Sums] = defaultdict(_Sums)
    for row in _rows(data["revenue_by_category"]):
        of = found[str(row["currency"])]
        of.now["Revenue"] += _amount(row, "amount")
        if row["category"] in _USED:
            of.now["Revenue from use"] += _amount(row, "amount")
    _add_changes(found, data[DETAIL])
    for name, title in _BALANCES.items():
        for row in _rows(data[name]):
            of = found[str(row["currency"])]
            of.now[title] += _amount(row, "closing")
            of.then[_BEFORE, title] += _amount(row, "opening")
    for row in _rows(data["remaining_obligations"]):
        found[str(row["currency"])].now["Remaining obligations"] += _amount(row, "remaining")
    return found


def _add_changes(found: Mapping[str, _Sums], detail: DataSet) -> None:
    """Revenue of earlier periods, of customers, and what was kept of contracts with use."""
    by_contract: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for row in _rows(detail):
        of, told = found[str(row["currency"])], str(row["comparison"])
        used = row["category"] in _USED
        of.then[told, "Revenue"] += _amount(row, "base")
        if used:
            of.then[told, "Revenue from use"] += _amount(row, "base")
        if told == _BEFORE:
            of.customers[str(row["customer"])] += _amount(row, "current")
            if used:
                held = by_contract[str(row["currency"]), str(row["contract"])]
                held[0] += _amount(row, "base")
                held[1] += _amount(row, "current")
    for (currency, _), (before, now) in by_contract.items():
        if before > 0:
            found[currency].kept += now
            found[currency].kept_at_most += min(before, max(now, 0))


def _bands(data: DataSet) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for row in _rows(data):
        held = found.setdefault(str(row["currency"]), dict.fromkeys(BANDS, 0))
        for name in BANDS:
            held[name] += _amount(row, name)
    return found


_SHOWN = ("Revenue", "Revenue from use", "Contract liabilities", "Contract assets",
          "Receivables", "Remaining obligations")  # fmt: skip


def _figures(currency: str, of: _Sums) -> Iterator[tuple[object, ...]]:
    for name in _SHOWN:
        now = of.now.get(name, 0)
        before, year = of.then.get((_BEFORE, name)), of.then.get((_YEAR, name))
        change = None if before is None else now - before
        yield name, currency, now, before, change, year, c.key_of(name, currency)


def _ratios(
    currency: str, of: _Sums, bands: Mapping[str, int]
) -> Iterator[tuple[str, str, Decimal | None, str, str]]:
    now = of.now["Revenue"]
    before, year = of.then.get((_BEFORE, "Revenue"), 0), of.then.get((_YEAR, "Revenue"), 0)
    used_before = of.then.get((_BEFORE, "Revenue from use"), 0)
    soon = bands.get("months_0_3", 0) + bands.get("months_4_12", 0)
    ((_, largest),) = of.customers.most_common(1) or [("", 0)]
    for name, part, whole, told in (
        ("Growth on the period before", now - before, before, "change / revenue then"),
        ("Growth on the year before", now - year, year, "change / revenue then"),
        ("Use, share of revenue", of.now["Revenue from use"], now, "revenue from use / revenue"),
        ("Net retention of use", of.kept, used_before,
         "revenue from use now of contracts with use before / then"),
        ("Gross retention of use", of.kept_at_most, used_before,
         "the same, of each contract at most what it was then"),
        ("Remaining obligations due within a year", soon, sum(bands.values()),
         "0-12 months / remaining obligations"),
        ("Largest customer, share of revenue", largest, now, "its revenue / revenue"),
    ):  # fmt: skip
        yield name, currency, _ratio(part, whole), told, c.key_of(name, currency)


def _ratio(part: int, whole: int) -> Decimal | None:
    """The share, rounded for readers; none of nothing."""
    if whole <= 0:
        return None
    return Decimal(round_ratio(part * 10**_RATIO_DIGITS, whole)).scaleb(-_RATIO_DIGITS)


def _figure_set(rows: Sequence[Sequence[object]]) -> DataSet:
    amounts = (
        ("now", "Now"), ("before", "The period before"), ("change", "Change"),
        ("year", "The year before"),
    )  # fmt: skip
    return DataSet(
        name=FIGURES,
        title="Figures",
        columns=[
            c.text("figure", "Figure"), c.CURRENCY,
            *(c.money(name, title, total=False) for name, title in amounts), c.ROW_KEY,
        ],
        rows=rows,
        note="Balances are compared with those at the report's beginning.",
    )  # fmt: skip


def _ratio_set(rows: Sequence[Sequence[object]]) -> DataSet:
    return DataSet(
        name=RATIOS,
        title="Ratios",
        columns=[
            c.text("name", "Ratio"), c.CURRENCY, c.ratio("value", "Value"),
            c.text("computed", "Computed as"), c.ROW_KEY,
        ],
        rows=rows,
        note="Empty where there is nothing to compare with.",
    )  # fmt: skip


def _sentences(
    sums: Mapping[str, _Sums], bands: Mapping[str, Mapping[str, int]], data: Mapping[str, DataSet]
) -> DataSet:
    rows = []
    for currency in sorted(sums):
        told = _told(currency, sums[currency], bands.get(currency, {}), data)
        for subject, sentence in told:
            rows.append((subject, currency, sentence, c.key_of(subject, currency)))
    return DataSet(
        name=SENTENCES,
        title="In words",
        columns=[c.text("subject", "Subject"), c.CURRENCY, c.text("sentence", "In words"),
                 c.ROW_KEY],
        rows=rows,
    )  # fmt: skip


def _told(
    currency: str, of: _Sums, bands: Mapping[str, int], data: Mapping[str, DataSet]
) -> Iterator[tuple[str, str]]:
    def money(amount: int) -> str:
        return f"{from_minor(amount, currency):,f} {currency}"

    now, before = of.now["Revenue"], of.then.get((_BEFORE, "Revenue"), 0)
    yield "Revenue", f"Revenue was {money(now)}{_against(now, before, money(before))}."
    drivers: Counter[str] = Counter()
    for row in _rows(data[BY_PRODUCT]):
        if row["comparison"] == _BEFORE and row["currency"] == currency:
            drivers.update({name: _amount(row, name) for name in DRIVERS})
    moved = sorted((name for name in DRIVERS if drivers[name]), key=lambda n: -abs(drivers[n]))
    if moved and before:
        words = ", ".join(f"{DRIVERS[name].lower()} {money(drivers[name])}" for name in moved[:3])
        yield "Drivers", f"What moved it most: {words}."
    liability, opening = of.now["Contract liabilities"], of.then[_BEFORE, "Contract liabilities"]
    against = _against(liability, opening, money(opening))
    yield "Deferred revenue", f"Contract liabilities were {money(liability)}{against}."
    remaining = sum(bands.values())
    if remaining:
        soon = bands["months_0_3"] + bands["months_4_12"]
        share = round_ratio(soon * 100, remaining)
        yield (
            "Remaining obligations",
            f"Of {money(remaining)} still to be recognised, {share}% is due within a year.",
        )
    used = of.then.get((_BEFORE, "Revenue from use"), 0)
    if used > 0:
        share = round_ratio(of.kept * 100, used)
        yield "Retention", f"Contracts with use before brought {share}% of what they did then."


def _against(now: int, before: int, shown: str) -> str:
    if before <= 0:
        return ""
    share = round_ratio((now - before) * 1000, before)
    if not share:
        return f", as much as before ({shown})"
    direction = "more" if share > 0 else "less"
    return f", {Decimal(abs(share)).scaleb(-1)}% {direction} than before ({shown})"


def _revenue_bridge(data: DataSet) -> DataSet:
    """From revenue of the period before, over what moved it, to revenue now."""
    names = ("base", *DRIVERS, "current")
    rows = [
        (row["product"], row["currency"], *(row[name] for name in names),
         c.key_of(str(row["product"]), str(row["currency"])))
        for row in _rows(data)
        if row["comparison"] == _BEFORE
    ]  # fmt: skip
    titles = {"base": "The period before", **DRIVERS, "current": "Now"}
    return DataSet(
        name=REVENUE_BRIDGE,
        title="Bridge of revenue",
        columns=[c.PRODUCT, c.CURRENCY, *c.rolled(titles), c.ROW_KEY],
        rows=rows,
    )  # fmt: skip


def _liability_bridge(data: DataSet) -> DataSet:
    """The rollforward of contract liabilities, all contracts of a currency as one."""
    names = [each.name for each in data.columns]
    first, last = names.index("opening"), names.index("closing")
    steps = [each for each in data.columns[first : last + 1] if each.type is ColumnType.MONEY]
    sums: dict[str, Counter[str]] = defaultdict(Counter)
    for row in _rows(data):
        for step in steps:
            sums[str(row["currency"])][step.name] += _amount(row, step.name)
    return DataSet(
        name=LIABILITY_BRIDGE,
        title="Bridge of contract liabilities",
        columns=[c.CURRENCY, *steps, c.ROW_KEY],
        rows=[
            (currency, *(sums[currency][step.name] for step in steps), currency)
            for currency in sorted(sums)
        ],
    )


def _band_set(bands: Mapping[str, Mapping[str, int]]) -> DataSet:
    return DataSet(
        name=BY_BAND,
        title="Remaining obligations by time",
        columns=[c.text("band", "Due in"), c.CURRENCY, c.money("amount", "Remaining"), c.ROW_KEY],
        rows=[
            (title, currency, bands[currency][name], c.key_of(title, currency))
            for currency in sorted(bands)
            for name, title in BANDS.items()
        ],
    )
