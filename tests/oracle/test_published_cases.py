"""Oracle and engine against figures others published, and against what the oracle once found."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from revrec.audit.check import check
from revrec.engine import account
from revrec.feeds.documents import read_yaml
from revrec.feeds.scenario import scenario_of
from tests.oracle.measures import measured
from tests.oracle.oracle import Oracle
from tests.oracle.service_time import NotStated

HERE = Path(__file__).parent


def cases(name: str) -> list[Any]:
    """The scenarios of a file of several documents, by their titles."""
    documents = (HERE / name).read_text(encoding="utf-8").split("\n---\n")[1:]
    read = [read_yaml(text, name) for text in documents]
    return [pytest.param(each, id=each["title"]) for each in read]


def differences(scenario: dict[str, Any]) -> list[str]:
    """Expectations that do not follow for the oracle."""
    oracle = Oracle(scenario)
    return [
        f"{expectation}: {float(amount)}"
        for expectation in scenario["expected"]
        for amount in (measured(oracle, expectation),)
        if abs(amount - Fraction(str(expectation["amount"])))
        > Fraction(str(expectation.get("tolerance", "0")))
    ]


@pytest.mark.parametrize("scenario", [*cases("published.yaml"), *cases("found.yaml")])
def test_oracle_gives_the_figures(scenario: dict[str, Any]) -> None:
    """Every figure follows from the facts."""
    assert [] == differences(scenario)


@pytest.mark.parametrize("scenario", [*cases("published.yaml"), *cases("found.yaml")])
def test_engine_gives_the_figures(scenario: dict[str, Any]) -> None:
    """The engine computes the same through the public format."""
    assert [] == [outcome for outcome in check(scenario_of(scenario)) if not outcome.holds]


EXAMPLES = sorted((HERE.parents[1] / "contracts_examples").glob("*.yaml"))


@pytest.mark.parametrize(
    "path",
    # What another system kept before a cutover is taken as told: nothing to compute twice.
    [path for path in EXAMPLES if "kind: opening_balance" not in path.read_text("utf-8")],
    ids=lambda path: path.stem,
)
def test_oracle_agrees_with_the_examples_for_accountants(path: Path) -> None:
    """Figures derived by hand in the examples follow for the oracle too."""
    assert [] == differences(read_yaml(path.read_text(encoding="utf-8"), path.name))


CONTRACT = """
title: t
cites: [606-10-25-31]
expected: []
contracts:
  - {id: bad, customer: K, currency: JPY, inception: 2026-01-01, end: 2026-12-31, %s}
  - {id: good, customer: K, currency: JPY, inception: 2026-01-01, end: 2026-12-31,
     obligations: [{id: o, product: p, measure: days}],
     consideration: [{id: fee, kind: fixed, amount: "365"}]}
events: [%s]
"""
FEE = 'consideration: [{id: fee, kind: fixed, amount: "%s"}]'
DAYS = "obligations: [{id: o, product: p, measure: days}]"
BY_USE = "obligations: [{id: o, product: p, measure: usage}]"
USE = "{id: use, kind: usage, obligation: o}"
HALF = "obligations: [{id: o, product: p, measure: half_month, end: %s}]"
CHANGE = "{kind: modification, id: m, contract: bad, on: 2026-02-01, price_change: '1'}"


@pytest.mark.parametrize(
    ("terms", "event"),
    [
        (f"{HALF % '2026-02-14'}, {FEE % 1}", ""),
        (f"{HALF % '2026-01-31'}, {FEE % 1}", CHANGE),  # half of January is still to come
        (f"{BY_USE}, consideration: [{USE}, {{id: fee, kind: fixed, amount: '1'}}]", ""),
        (f"{BY_USE}, consideration: [{USE}]", CHANGE),
        (f"{BY_USE}, consideration: [{USE}, {{id: v, kind: variable, obligation: o}}]", ""),
    ],
    ids=["six weeks of half months", "half months that are over", "fixed price of use alone",
         "price change of use alone", "estimate of use alone"],
)  # fmt: skip
def test_what_has_no_answer_is_refused_and_stops_no_other(terms: str, event: str) -> None:
    """A refusal names its contract; the neighbour earns its 59 days of 365 by February."""
    document = read_yaml(CONTRACT % (terms, event), "a test")
    scenario = scenario_of(document)
    (day,) = {scenario.contracts[0].inception.replace(month=2, day=28)}

    accounting = account(scenario.book(), [day])

    assert {"bad"} == set(accounting.refused)
    assert [59] == accounting.recognised.table.column("revenue").to_pylist()
    with pytest.raises(NotStated):
        Oracle(document).position("bad", day)


@pytest.mark.parametrize("amount", ["9" * 19, "9" * 30])
def test_an_absurd_amount_is_refused_and_stops_no_other(amount: str) -> None:
    """Beyond what 64 or 128 bits hold."""
    document = read_yaml(CONTRACT % (f"{DAYS}, {FEE % amount}", ""), "a test")

    assert {"bad"} == set(account(scenario_of(document).book(), []).refused)
