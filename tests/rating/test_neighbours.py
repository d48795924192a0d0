"""Neighbours of what vendors publish: ``neighbours.yaml``, each asked as a user asks it.

Prices are asked for together, each case on lines and meters of its own, as one statement rates
any number of them in the time of one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from revrec.feeds.calculations import question_of
from revrec.feeds.documents import read_yaml
from revrec.rating.answers import answer
from revrec.rating.questions import Answer

_LISTED: list[dict[str, Any]] = read_yaml(
    Path(__file__).with_name("neighbours.yaml").read_text(encoding="utf-8"), "neighbours.yaml"
)
_CASES = [
    (group, number, f"{listed['rule']}-{case['name']}")
    for group, listed in enumerate(_LISTED)
    for number, case in enumerate(listed["cases"])
]
_DAY = "2026-03-02"


@pytest.mark.parametrize(
    ("group", "number"), [each[:2] for each in _CASES], ids=[each[2] for each in _CASES]
)
def test_a_neighbour_comes_out(group: int, number: int) -> None:
    """Figures, and rows where they are told."""
    question, case = _LISTED[group]["question"], _LISTED[group]["cases"][number]
    if question["kind"] == "usage_price":
        found = _of_case(_priced(group, case.get("through")), number)
    else:
        found = _asked(question | case.get("ask", {}), case["name"])

    assert valued(found.figures, case["figures"]) == valued(case["figures"], case["figures"])
    for table, rows in case.get("rows", {}).items():
        told = [valued(row, wanted) for row, wanted in zip(found.tables[table], rows, strict=True)]
        assert told == [valued(row, row) for row in rows]


def valued(row: Mapping[str, str], names: Iterable[str]) -> dict[str, Fraction | str]:
    """Of a row what is named; numbers by their value, however many zeros they end in."""
    return {name: _value(row[name]) for name in names}


def _value(text: str) -> Fraction | str:
    try:
        return Fraction(text)
    except ValueError:
        return text


def _asked(question: dict[str, Any], source: str) -> Answer:
    told = {name: value for name, value in question.items() if value is not None}
    return answer(question_of(told, source))


@cache
def _priced(group: int, through: str | None) -> Answer:
    """All cases of a group in one question: prices and meters of each begin with its number."""
    question, cases = _LISTED[group]["question"], _LISTED[group]["cases"]
    prices: list[dict[str, Any]] = []
    usage: list[dict[str, Any]] = []
    before: dict[str, str] = {}
    for number, case in enumerate(cases):
        used = _usage(question, case)
        meters = {each["meter"] for each in used} or {each["meter"] for each in question["prices"]}
        prices += [
            _numbered(price, number)
            for price in question["prices"]
            if meters & {price["meter"], *price.get("meters", ())}
        ]
        usage += [each | {"meter": f"{number} {each['meter']}"} for each in used]
        before |= {f"{number} {line}": count for line, count in case.get("before", {}).items()}
    asked = question | {"prices": prices, "usage": usage, "before": before}
    return _asked(asked | ({"through": through} if through else {}), _LISTED[group]["rule"])


def _usage(question: dict[str, Any], case: dict[str, Any]) -> list[dict[str, Any]]:
    told = case.get("usage", {})
    if isinstance(told, dict):
        day = question["start"]
        return [{"meter": meter, "quantity": count, "on": day} for meter, count in told.items()]
    return [each if "at" in each else {"on": _DAY} | each for each in told]


def _numbered(price: dict[str, Any], number: int) -> dict[str, Any]:
    names = {name: f"{number} {price[name]}" for name in ("id", "meter", "multiple_of")
             if name in price}  # fmt: skip
    return price | names | {"meters": [f"{number} {each}" for each in price.get("meters", ())]}


def _of_case(found: Answer, number: int) -> Answer:
    """What of the answer is a case's own."""
    start = f"{number} "
    of = {
        f"total of {name.removeprefix(f'total of {start}')}": amount
        for name, amount in found.figures.items()
        if name.startswith(f"total of {start}")
    }
    total = {"total": str(sum(map(Fraction, of.values()), Fraction(0)))}
    tables = {
        table: tuple(row for row in rows if row["meter"].startswith(start))
        for table, rows in found.tables.items()
    }
    return Answer(kind=found.kind, figures=total | of, tables=tables)
