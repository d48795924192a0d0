"""Years of a company, closed month by month: the books hold, and are those of one close."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from revrec.ledger.kinds import PRESENTATION
from revrec.operations.closable import Kind
from revrec.operations.close import close_period, move_cut_off, reopen_period
from revrec.operations.computing import posted_detail
from revrec.operations.report import report
from revrec.operations.verify import verify
from revrec.operations.workspace import Workspace
from revrec.periods import Period
from revrec.runtime.clock import FixedClock
from tests.operations.lives import FIRST, Life, Month
from tests.properties.closing import fresh, tell

PEOPLE = {"prepared_by": "ada", "approved_by": "grace"}
ASKED = {"requested_by": "ada", "approved_by": "grace", "reason": "late facts"}
LONG = [pytest.mark.torture, pytest.mark.timeout(7200)]
SIZES = [(1, 20, 8), *(pytest.param(seed, 500, 36, marks=LONG) for seed in (2, 3, 4))]


def live(workspace: Workspace, folder: Path, month: Period, told: Month, dice: Random) -> None:
    """Close a month plainly, softly with its cut-off moved, or twice with a reopening between."""
    way = dice.choice(["plain", "soft", "reopened"])
    parts = [Month(), Month()]
    for fact in told.facts:
        # Contracts first: what is told of one that nobody knows blocks the close.
        parts[0 if way == "plain" or fact.kind == "contract" else dice.randint(0, 1)].facts += [
            fact
        ]
    for row in told.usage:
        parts[0 if way == "plain" else dice.randint(0, 1)].usage += [row]
    tell(workspace, folder, parts[0].facts, parts[0].usage)
    if way == "soft":
        close_period(workspace, month, **PEOPLE, kind=Kind.SOFT)
        tell(workspace, folder, parts[1].facts, parts[1].usage)
        move_cut_off(workspace, month, **ASKED)
    elif way == "reopened":
        close_period(workspace, month, **PEOPLE)
        tell(workspace, folder, parts[1].facts, parts[1].usage)
        reopen_period(workspace, month, **ASKED)
    close_period(workspace, month, **PEOPLE)


def posted(workspace: Workspace, *columns: str, presented: bool) -> Counter[tuple[str, ...]]:
    """Sums of what was posted; what is presented is a balance of the month shown."""
    sums: Counter[tuple[str, ...]] = Counter()
    read = workspace.run(lambda tx: posted_detail(tx, workspace.lake), read_only=True)
    for row in read.to_pylist():
        if presented or row["event"] not in PRESENTATION:
            sums[tuple(row[name] for name in columns)] += row["amount"]
    return Counter({key: amount for key, amount in sums.items() if amount})


def opening_and_closing(workspace: Workspace, first: Period, last: Period) -> Any:
    """(Currency, balance) -> opening and closing of every month; every tie-out holds."""
    told = report(workspace, first, last)
    assert [] == [each.name for each in told.tie_outs if each.difference]
    table = told.datasets["contract_balance_totals"]
    names = [column.name for column in table.columns]
    months = [n for n, name in enumerate(names) if name.startswith("in_")]
    found: dict[tuple[str, str], dict[str, list[int]]] = {}
    for row in table.rows:
        line = str(row[names.index("line")])
        if line in {"Opening", "Closing"}:
            key = str(row[names.index("currency")]), str(row[names.index("balance")])
            found.setdefault(key, {})[line] = [int(str(row[n])) for n in months]
    return found


@pytest.mark.parametrize(("seed", "contracts", "months"), SIZES)
def test_months_closed_in_a_row_are_one_history(
    workspace: Workspace, clock: FixedClock, tmp_path: Path, seed: int, contracts: int, months: int
) -> None:
    """Each month opens where the last one ended; at the end the books are those of one close."""
    life = Life(seed, contracts, months)
    lived, at_once = fresh(workspace), fresh(workspace)
    dice = Random(seed)
    for month, told in life.told.items():
        live(lived, tmp_path, month, told, dice)
        clock.advance(timedelta(days=30))

    everything = life.told.values()
    tell(
        at_once,
        tmp_path,
        [fact for told in everything for fact in told.facts],
        [row for told in everything for row in told.usage],
    )
    close_period(at_once, life.last, **PEOPLE)

    balances = opening_and_closing(lived, FIRST, life.last)
    assert balances
    for lines in balances.values():
        assert lines["Opening"][1:] == lines["Closing"][:-1]
    assert verify(lived)
    keys = ("contract", "obligation", "component", "origin", "event", "account")
    assert posted(at_once, *keys, presented=False) == posted(lived, *keys, presented=False)
    whole = ("contract", "account")
    assert posted(at_once, *whole, presented=True) == posted(lived, *whole, presented=True)
