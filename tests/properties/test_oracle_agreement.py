"""The engine and an independent, naive one agree on every contract, month and cent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest
from hypothesis import given

from tests.oracle.oracle import Oracle
from tests.oracle.service_time import NotStated
from tests.properties.profiles import examples, part
from tests.properties.runs import FAR, Place, Run, run
from tests.strategies import scenarios

PARTS = 10
"""Shares of the contracts that workers take one by one."""
REFUSED_AT_MOST = 0.25
"""Share of contracts that may be outside the written semantics."""

Amounts = dict[tuple[Place, date], int]


@pytest.mark.timeout(7200)
@pytest.mark.parametrize("number", range(PARTS))
def test_engine_agrees_with_the_oracle(number: int) -> None:
    """1,000 contracts in all: revenue, breakage and price of each part at each month's end."""
    seen: Counter[str] = Counter()

    @part(number)
    @examples(commit=100 // PARTS, torture=5_000 // PARTS)
    @given(scenarios(size=10))
    def agree(scenario: dict[str, Any]) -> None:
        engine, oracle = run(scenario), Oracle(scenario)
        differences = [
            difference
            for contract in oracle.contracts
            for difference in _differences(engine, oracle, contract, seen)
        ]
        assert [] == differences

    agree()

    # Random contracts are mostly contracts, else the agreement would be an empty one.
    assert seen["drawn"] >= 1_000 // PARTS
    assert seen["refused"] <= REFUSED_AT_MOST * seen["drawn"]


def _differences(engine: Run, oracle: Oracle, contract: str, seen: Counter[str]) -> list[str]:
    seen["drawn"] += 1
    try:
        oracle.position(contract, FAR)
    except NotStated as reason:
        seen["refused"] += 1
        if contract in engine.refused:
            return []
        return [f"{contract} is accepted, but the semantics are silent: {reason}"]
    if contract in engine.refused:
        if "beyond exact arithmetic" in str(engine.accounting.refused[contract]):
            seen["refused"] += 1
            return []
        return [f"{contract} is refused: {engine.accounting.refused[contract]}"]
    revenue: Amounts = {}
    breakage: Amounts = {}
    price: Amounts = {}
    for day in engine.dates:
        position = oracle.position(contract, day)
        for into, amounts in (
            (revenue, position.revenue),
            (breakage, position.breakage),
            (price, position.allocated),
        ):
            into.update({((contract, *key), day): amount for key, amount in amounts.items()})
    return [
        *_unequal("revenue", revenue, engine.revenue, contract),
        *_unequal("breakage", breakage, engine.breakage, contract),
        *_unequal("price", price, engine.price, contract),
    ]


def _unequal(
    what: str, expected: Amounts, actual: Mapping[tuple[Place, date], int], contract: str
) -> list[str]:
    keys = {key for key in actual if key[0][0] == contract} | set(expected)
    return [
        f"{what} of {' '.join(place)} to {day}: oracle {expected.get((place, day), 0)}, "
        f"engine {actual.get((place, day), 0)}"
        for place, day in sorted(keys)
        if expected.get((place, day), 0) != actual.get((place, day), 0)
    ][:5]
