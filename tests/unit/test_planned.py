"""A statement that was planned gives what it would give if it were planned now."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal

import duckdb
import pyarrow as pa
import pytest

from revrec.planned import asked, asked_rows

SQL = """
select name, sum(amount)::bigint as amount, max(day) as day, bool_or(known) as known
from told left join names using (name) group by name order by name
"""
TOLD = pa.schema([("name", pa.string()), ("amount", pa.int64()), ("day", pa.date32())])
NAMES = pa.schema([("name", pa.string()), ("known", pa.bool_())])
DAY = date(2026, 1, 31)


def told(*rows):
    """Rows of two columns on a day."""
    return pa.Table.from_pylist(
        [{"name": name, "amount": amount, "day": DAY} for name, amount in rows], schema=TOLD
    )


def names(*known):
    """Names that are known."""
    return pa.Table.from_pylist([{"name": each, "known": True} for each in known], schema=NAMES)


def test_each_asking_reads_its_own_rows():
    """Nothing of the rows before is left: fewer, more, none, and again the first ones."""
    first = {"told": told(("a", 1), ("b", 2), ("a", 3)), "names": names("a")}
    wanted = [
        {"name": "a", "amount": 4, "day": DAY, "known": True},
        {"name": "b", "amount": 2, "day": DAY, "known": None},
    ]

    assert wanted == asked(SQL, first).to_pylist()
    assert [("z", 7, DAY, True)] == asked_rows(SQL, {"told": told(("z", 7)), "names": names("z")})
    nothing = asked(SQL, {"told": told(), "names": names()})
    assert 0 == nothing.num_rows
    assert ["name", "amount", "day", "known"] == nothing.schema.names
    many = {"told": told(*((str(each), each) for each in range(900))), "names": names("5")}
    assert 900 == asked(SQL, many).num_rows
    assert wanted == asked(SQL, first).to_pylist()


def test_other_columns_are_planned_apart():
    """A name that stands for decimals now stood for integers before."""
    sql = "select sum(amount)::decimal(38, 9) as amount from told"
    whole = pa.table({"amount": pa.array([1, 2], pa.int64())})
    parts = pa.table({"amount": pa.array([Decimal("0.5")], pa.decimal128(38, 9))})

    assert [Decimal(3), Decimal("0.5")] == [
        asked(sql, {"told": each})["amount"][0].as_py() for each in (whole, parts)
    ]


def test_threads_do_not_see_one_another():
    """Many ask the same at once, each of its own rows."""

    def ask(number):
        rows = {"told": told(("n", number)), "names": names()}
        return asked(SQL, rows)["amount"].to_pylist()

    with ThreadPoolExecutor(4) as threads:
        assert [[number] for number in range(100)] == list(threads.map(ask, range(100)))


def test_one_that_fails_is_planned_anew():
    """An overflow is told to who asked, and to nobody after."""
    largest = 2**63 - 1
    with pytest.raises(duckdb.Error):
        asked(SQL, {"told": told(("n", largest), ("n", largest)), "names": names()})

    one = {"told": told(("n", largest)), "names": names()}
    assert [largest] == asked(SQL, one)["amount"].to_pylist()


def _in_child(rows):
    return asked(SQL, {"told": rows, "names": names()}).to_pylist()


def test_a_forked_process_plans_its_own():
    """What is planned belongs to a process."""
    asked(SQL, {"told": told(("n", 1)), "names": names()})
    with multiprocessing.get_context("fork").Pool(1) as pool:
        assert [{"name": "n", "amount": 5, "day": DAY, "known": None}] == pool.apply(
            _in_child, [told(("n", 5))]
        )
