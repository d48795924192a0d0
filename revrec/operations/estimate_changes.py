"""What moved estimates from those that counted before: use, mix, price, method, by group."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from revrec.citations import cites
from revrec.estimation.change import explain_change
from revrec.estimation.components import UNITS
from revrec.estimation.evidence import held_of
from revrec.model.dataset import Column, ColumnType, DataSet
from revrec.money import minor_digits, to_minor

_PARTS = ("before", "usage", "mix", "price", "method", "after")
_Group = tuple[str, str, str]


@cites("606-10-32-14", "606-10-32-42")
def estimate_changes(
    pairs: Iterable[tuple[Mapping[str, Any] | None, Mapping[str, Any]]],
) -> DataSet:
    """Changes by kind of component, cohort and currency, from the evidence before and now.

    Within a group mix is what moved between contracts too. Estimates in units, which the engine
    prices, are left out: their changes stand on their pages.
    """
    groups: dict[_Group, list[tuple[Mapping[str, Any] | None, Mapping[str, Any]]]] = {}
    for before, now in pairs:
        if now["unit"] != UNITS:
            group = (now["kind"], now["cohort"], now["currency"])
            groups.setdefault(group, []).append((before, now))
    rows = []
    for (kind, cohort, currency), told in sorted(groups.items()):
        change = explain_change(
            {now["component"]: held_of(before) for before, now in told if before is not None},
            {now["component"]: held_of(now) for _, now in told},
            digits=minor_digits(currency),
        )
        amounts: dict[str, Decimal] = {part: getattr(change, part) for part in _PARTS}
        minor = [to_minor(amounts[part], currency) for part in _PARTS]
        rows.append((kind, cohort, len(told), currency, *minor))
    texts = [Column(name=name, title=name.capitalize()) for name in ("kind", "cohort")]
    count = Column(name="estimates", title="Estimates", type=ColumnType.INTEGER, total=True)
    money = [
        Column(name=part, title=part.capitalize(), type=ColumnType.MONEY, total=True)
        for part in _PARTS
    ]
    return DataSet(
        name="estimate_changes",
        title="Changes of estimates",
        columns=[*texts, count, Column(name="currency", title="Currency"), *money],
        rows=rows,
        note="Since the estimates that counted before; the parts add up to the change.",
    )
