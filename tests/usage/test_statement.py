"""A customer's use from totals to days, by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from revrec.usage import rollup
from revrec.usage.statement import Level, statement
from tests.usage.samples import told

JANUARY = (date(2026, 1, 1), date(2026, 1, 31))


@pytest.fixture
def state(database, lake, books):
    """A statement of January as (level, meter, project, others, day, rows, amount)."""

    def run(**asked):
        first, last = JANUARY
        given = {"customer": "acme", "label": "team", "first": first, "last": last} | asked
        made = database.run(
            lambda tx: statement(tx, lake, **given), entity=books, actor="auditor", read_only=True
        )
        return made, [
            (each.level, each.project, each.others, each.day and each.day.day, each.rows,
             each.amount)
            for each in made.lines
        ]  # fmt: skip

    return run


def team(name: str) -> str:
    """Labels that name a team."""
    return f'{{"team":"{name}"}}'


@pytest.fixture
def usage(send):
    """Three teams, some use of none; twelve places of an amount are kept."""
    send(
        [
            told(usage_id="1", usage_date="2026-01-10", amount="10", dimensions=team("a b")),
            told(usage_id="2", usage_date="2026-01-11", amount="0.000000000001",
                 dimensions=team("a b")),
            told(usage_id="3", usage_date="2026-01-10", amount="3", dimensions=team("c")),
            told(usage_id="4", usage_date="2026-01-10", amount="4", dimensions=team("d")),
            told(usage_id="5", usage_date="2026-01-12", amount="1"),
            told(usage_id="6", usage_date="2026-02-01", amount="64", dimensions=team("c")),
        ]
    )  # fmt: skip


@pytest.mark.usefixtures("usage")
@pytest.mark.parametrize("rolled", [False, True])
def test_every_level_is_the_sum_of_the_next(state, rolled, database, lake, books):
    """The two largest teams have lines, c is the one other; use of no team stands last."""
    if rolled:
        database.run(lambda tx: rollup.roll_up(tx, lake), entity=books, actor="ops")
    ab = Decimal("10.000000000001")

    made, lines = state(most=2)

    total, meter, project, day = Level
    assert [
        (total, None, 0, None, 5, ab + 3 + 4 + 1),
        (meter, None, 0, None, 5, ab + 3 + 4 + 1),
        (project, "a b", 0, None, 2, ab),
        (day, "a b", 0, 10, 1, Decimal(10)),
        (day, "a b", 0, 11, 1, Decimal("0.000000000001")),
        (project, "d", 0, None, 1, Decimal(4)),
        (day, "d", 0, 10, 1, Decimal(4)),
        (project, None, 0, None, 1, Decimal(1)),
        (day, None, 0, 12, 1, Decimal(1)),
        (project, None, 1, None, 1, Decimal(3)),
        (day, None, 1, 10, 1, Decimal(3)),
    ] == lines
    meter = f"--only customer=acme --only meter={made.lines[3].meter}"
    days = f"--from 2026-01-10 --to 2026-01-10 --version {made.version}"
    assert f"revrec usage rows {meter} --only 'label:team=a b' {days}" == made.lines[3].drill


def test_of_nobody_there_is_nothing(state):
    """An empty ledger, or a customer without use, has no lines."""
    assert [] == state(customer="nobody")[1]
