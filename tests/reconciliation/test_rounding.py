"""Rounding in the reconciliation's SQL, against that of money."""

from __future__ import annotations

from itertools import product

from revrec.columnar import connect
from revrec.money import round_ratio
from revrec.reconciliation.tables import MACROS


def test_sql_rounds_half_to_even_as_money_does():
    """Ties, signs of either side, and numbers beyond 64 bits."""
    large = 10**25
    wholes = [*range(-40, 41), *(sign * large + each for sign in (-1, 1) for each in range(-9, 10))]
    pairs = list(product(wholes, [*range(-12, 0), *range(1, 13), 10**10]))
    with connect() as database:
        database.execute(MACROS)
        told = ", ".join(f"({n}::hugeint, {d}::hugeint)" for n, d in pairs)
        rows = database.execute(f"select n, d, half_even(n, d) from (values {told}) t(n, d)")
        found = {(n, d): rounded for n, d, rounded in rows.fetchall()}

    assert {(n, d): round_ratio(n, d) for n, d in pairs} == found
