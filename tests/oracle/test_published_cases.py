"""The oracle against figures others published, and the engine against the same figures."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from revrec.audit.check import check
from revrec.feeds.documents import read_yaml
from revrec.feeds.scenario import scenario_of
from tests.oracle.measures import measured
from tests.oracle.oracle import Oracle

HERE = Path(__file__).parent
EXAMPLES = sorted((HERE.parents[1] / "contracts_examples").glob("*.yaml"))
_DOCUMENTS = (HERE / "published.yaml").read_text(encoding="utf-8").split("\n---\n")[1:]
PUBLISHED = [read_yaml(text, "published.yaml") for text in _DOCUMENTS]


def _differences(scenario: dict[str, Any]) -> list[str]:
    oracle = Oracle(scenario)
    return [
        f"{expectation}: {float(amount)}"
        for expectation in scenario["expected"]
        for amount in (measured(oracle, expectation),)
        if abs(amount - Fraction(str(expectation["amount"])))
        > Fraction(str(expectation.get("tolerance", "0")))
    ]


@pytest.mark.parametrize("scenario", PUBLISHED, ids=[each["title"] for each in PUBLISHED])
def test_oracle_gives_the_published_figures(scenario: dict[str, Any]) -> None:
    """Every figure of a published example follows from its facts."""
    assert [] == _differences(scenario)


@pytest.mark.parametrize("scenario", PUBLISHED, ids=[each["title"] for each in PUBLISHED])
def test_engine_gives_the_published_figures(scenario: dict[str, Any]) -> None:
    """The engine computes the same example through the public format."""
    outcomes = check(scenario_of(scenario))

    assert [] == [outcome for outcome in outcomes if not outcome.holds]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_oracle_agrees_with_the_examples_for_accountants(path: Path) -> None:
    """Figures derived by hand in the examples follow for the oracle too."""
    assert [] == _differences(read_yaml(path.read_text(encoding="utf-8"), path.name))
