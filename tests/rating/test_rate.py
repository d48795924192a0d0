"""Rating agrees with pencil and paper, however usage is cut and in whatever order it comes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from revrec.columnar import connect
from revrec.model.rating import Price, RoundedAt, Rounding, RoundingMode, Tier
from revrec.rating.catalogue import Told
from revrec.rating.rate import Rated, metered_of, rate
from tests.properties.profiles import examples
from tests.rating import naive
from tests.rating.naive import Row
from tests.rating.samples import JUN_30, TERM, prices, roundings, told, usage, used

_sometimes = examples(commit=20, torture=2_000)


@pytest.fixture(scope="module")
def bench() -> Iterator[duckdb.DuckDBPyConnection]:
    """One database for all examples; each rating makes its tables anew."""
    with connect() as connection:
        yield connection


def rated(rows: Sequence[Row], known: Told, bench: duckdb.DuckDBPyConnection) -> Rated:
    """Usage of the term, rated after its end."""
    return rate(metered_of(rows), known, through=JUN_30, connection=bench)


def daily(rows: Sequence[Row]) -> list[Row]:
    """Rows of one day, meter and labels added up, as the ledger of counted usage gives them."""
    sums: dict[tuple[str, str, date, str, str], Decimal] = defaultdict(Decimal)
    for row in rows:
        sums[row[:5]] += row[5]
    return [(*key, quantity) for key, quantity in sums.items()]


def by_day(found: Rated) -> dict[tuple[str, str, date, str], Fraction]:
    """Amounts of usage by contract, meter, day and labels."""
    amounts: dict[tuple[str, str, date, str], Fraction] = defaultdict(Fraction)
    for line in found.lines.to_pylist():
        if line["charge"] == "usage":
            key = (line["contract"], line["meter"], line["day"], line["labels"])
            amounts[key] += Fraction(line["amount"])
    return amounts


@_sometimes
@given(st.data())
def test_pencil_and_paper_agree(bench: duckdb.DuckDBPyConnection, data: st.DataObject) -> None:
    """Every day's amount is the one found by walking through the tiers in fractions."""
    rounding = data.draw(roundings())
    price = data.draw(prices(rounding.at))
    rows = daily(data.draw(usage()))
    pool = data.draw(st.sampled_from(["", "group"]))
    known = told(price, rounding=rounding, pool=pool)

    found = rated(rows, known, bench)

    scopes = dict.fromkeys(("acme", "globex"), pool) if pool else {n: n for n in ("acme", "globex")}
    assert found.unpriced.num_rows == 0
    expected = naive.rate(rows, {"tokens": price}, rounding, TERM, scopes)
    actual = by_day(found)
    assert {key: expected[key] for key in expected if expected[key]} == {
        key: actual[key] for key in actual if actual[key]
    }


@_sometimes
@given(st.data())
def test_quantities_and_totals_add_up(
    bench: duckdb.DuckDBPyConnection, data: st.DataObject
) -> None:
    """Lines hold all of the usage, and sum to the rounded total of the window at each price."""
    price = data.draw(prices())
    rows = data.draw(usage())
    known = told(price)

    lines = rated(rows, known, bench).lines.to_pylist()

    assert sum(row[5] for row in rows) == sum(line["quantity"] for line in lines)
    totals: dict[tuple[str, date, str], Decimal] = defaultdict(Decimal)
    for line in lines:
        if line["charge"] == "usage":
            assert line["amount"] == line["amount"].quantize(Decimal("0.01"))
            counted = line["labels"] if price.counted_by else ""
            totals[line["scope"], line["window_first"], counted] += line["gross"]
    quantities: dict[tuple[str, date, str], Fraction] = defaultdict(Fraction)
    for customer, _, day, labels, _, quantity in rows:
        window = naive.window_of(price, day, TERM)
        counted = labels if price.counted_by else ""
        quantities[f"contract {customer}", window[0], counted] += Fraction(quantity)
    for key, quantity in quantities.items():
        exact = sum(naive.cost(price, quantity, quantity).values(), Fraction(0))
        assert naive.rounded(exact, Rounding()) == Fraction(totals[key])


@_sometimes
@given(st.data())
def test_order_and_parts_change_nothing(
    bench: duckdb.DuckDBPyConnection, data: st.DataObject
) -> None:
    """A day told in several rows, in any order, gives the same lines."""
    rounding = data.draw(roundings())
    known = told(data.draw(prices(rounding.at)), rounding=rounding)
    rows = data.draw(usage())
    parts: list[Row] = []
    for row in rows:
        cut = data.draw(st.decimals(0, row[5], places=9))
        parts += [(*row[:5], cut), (*row[:5], row[5] - cut)]

    whole = rated(rows, known, bench).lines
    in_parts = rated(data.draw(st.permutations(parts)), known, bench).lines

    assert whole.equals(in_parts)


def test_the_precise_amount_of_a_trillion_tokens(bench: duckdb.DuckDBPyConnection) -> None:
    """847,392,584,203 tokens at 0.60 a million are 508,435.5505218 dollars: 508,435.55."""
    price = Price(id="tokens", meter="tokens", unit_amount=Decimal("0.60"), per=Decimal(1_000_000))
    exact = Rounding(decimals=12)
    row = used("847392584203")

    assert total(rated([row], told(price), bench)) == Decimal("508435.55")
    assert total(rated([row], told(price, rounding=exact), bench)) == Decimal("508435.5505218")


def test_halves_go_to_even_or_up(bench: duckdb.DuckDBPyConnection) -> None:
    """Half a yen is no yen to even, one yen up; three halves are two either way."""
    price = Price(id="tokens", meter="tokens", unit_amount=Decimal("0.5"))
    up = Rounding(mode=RoundingMode.HALF_UP)

    totals = [
        total(rated([used(quantity)], told(price, rounding=rounding, currency="JPY"), bench))
        for quantity in (1, 3)
        for rounding in (Rounding(), up)
    ]

    assert totals == [0, 1, 2, 2]


def test_parts_of_atoms_carry_from_tier_to_tier(bench: duckdb.DuckDBPyConnection) -> None:
    """A third of an atom in each of three tiers is one atom of the line, none of a tier."""
    third = Decimal("0.000000000001")
    tiers = (
        Tier(up_to=Decimal(1), unit_amount=third),
        Tier(up_to=Decimal(2), unit_amount=third),
        Tier(unit_amount=third),
    )
    price = Price(id="tokens", meter="tokens", per=Decimal(3), tiers=tiers)
    line, tier = (Rounding(at=at, decimals=12) for at in (RoundedAt.LINE, RoundedAt.TIER))

    assert total(rated([used(3)], told(price, rounding=line), bench)) == third
    assert total(rated([used(3)], told(price, rounding=tier), bench)) == 0


def test_a_price_rounded_by_the_day_differs_from_one_rounded_once(
    bench: duckdb.DuckDBPyConnection,
) -> None:
    """Three days of a third of a dollar: 0.99 by the day, 1.00 as one line."""
    price = Price(id="tokens", meter="tokens", unit_amount=Decimal(1), per=Decimal(3))
    rows = [used(1, day=date(2026, 2, day)) for day in (1, 2, 3)]
    by_day_rounded = told(price, rounding=Rounding(at=RoundedAt.DAY))

    assert total(rated(rows, told(price), bench)) == Decimal("1.00")
    assert total(rated(rows, by_day_rounded, bench)) == Decimal("0.99")


def total(found: Rated) -> Decimal:
    """All amounts."""
    return sum(found.lines["amount"].to_pylist(), Decimal(0))
