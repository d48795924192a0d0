"""The house rules hold, and each rule finds what it is for."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.architecture import rules

Rule = Callable[[str], Iterator[str]]

EVERYTHING = rules.sources(*rules.PRODUCT)
MONEY = rules.sources(*rules.MONEY_PATHS)
MONEY_SQL = rules.sources(*rules.MONEY_PATHS, suffix=".sql")


@pytest.mark.parametrize("path", EVERYTHING, ids=lambda path: str(path.relative_to(rules.ROOT)))
def test_modules_keep_the_house_rules(path):
    """Every module is documented, short, told the time, and uses the libraries of its room."""
    text = path.read_text(encoding="utf-8")
    is_clock = path == rules.ROOT / rules.CLOCK
    found = [
        *rules.undocumented_module(text),
        *rules.too_long(text),
        *rules.foreign_imports(text, rules.room_of(path)),
        *(() if is_clock else rules.clock_readings(text)),
    ]

    assert [] == found


@pytest.mark.parametrize("path", MONEY, ids=lambda path: str(path.relative_to(rules.ROOT)))
def test_money_is_exact(path):
    """Nothing on the way from facts to postings is a binary floating point number."""
    text = path.read_text(encoding="utf-8")

    assert [] == [*rules.inexact_numbers(text), *rules.inexact_sql_in_python(text)]


@pytest.mark.parametrize("path", MONEY_SQL, ids=lambda path: str(path.relative_to(rules.ROOT)))
def test_sql_is_exact(path):
    """Step 5 divides integers only; in DuckDB a single slash gives a double."""
    assert [] == list(rules.inexact_sql(path.read_text(encoding="utf-8")))


def test_every_rule_cites_its_paragraph():
    """A function of asc606 or asc340 is a rule with its paragraph, or a private helper."""
    assert [] == rules.findings(
        rules.uncited_rules, rules.sources("revrec/asc340", "revrec/asc606")
    )


def test_the_rules_look_at_something():
    """A moved folder must not silence a rule."""
    missing = [place for place in rules.MONEY_PATHS if not (rules.ROOT / place).exists()]

    rooms = {rules.room_of(path) for path in EVERYTHING}

    assert [] == missing
    assert {room for users in rules.USERS.values() for room in users} <= rooms
    assert MONEY_SQL
    assert (rules.ROOT / rules.CLOCK).exists()


PLANTED: list[tuple[Rule, str, str]] = [
    (rules.inexact_numbers, "x: float = y", "1: float"),
    (rules.inexact_numbers, "x = float(y)", "1: float"),
    (rules.inexact_numbers, "x = 1\ny = x * 0.5", "2: the literal 0.5 is a float"),
    (rules.inexact_numbers, "x = 1e2", "1: the literal 100.0 is a float"),
    (rules.inexact_numbers, "x = price / 12", "1: true division"),
    (rules.inexact_numbers, "x = a / b", "1: true division"),
    (rules.inexact_numbers, "x /= 3", "1: true division"),
    (rules.inexact_sql, "select\n  price / 12", "2: true division"),
    (rules.inexact_sql, "select x::DOUBLE", "1: double is a float"),
    (rules.inexact_sql, "select cast(x as float8)", "1: float8 is a float"),
    (rules.inexact_sql_in_python, 'q = """\nselect a / b\n"""', "2: true division"),
    (rules.inexact_sql_in_python, 'q = f"select {column} / b"', "1: true division"),
    (rules.inexact_sql_in_python, "q = 'create macro f(n) as n::double'", "1: double is a float"),
    (rules.clock_readings, "x = datetime.now()", "1: datetime.now"),
    (rules.clock_readings, "x = datetime.datetime.now(tz=UTC)", "1: datetime.now"),
    (rules.clock_readings, "x = date.today()", "1: date.today"),
    (rules.clock_readings, "field(default_factory=date.today)", "1: date.today"),
    (rules.clock_readings, "x = time.time()", "1: time.time"),
    (rules.too_long, "x = 1\n" * 401, "1: module of 401 lines, more than 400"),
    (rules.too_long, "def f():\n" + "    x = 1\n" * 60, "1: f of 61 lines, more than 60"),
    (rules.too_long, "async def f():\n" + "    x = 1\n" * 60, "1: f of 61 lines, more than 60"),
    (rules.undocumented_module, "x = 1", "1: no docstring"),
    (rules.undocumented_module, "", "1: no docstring"),
    (rules.uncited_rules, "def allocate(price): ...", "1: allocate cites no paragraph"),
    (rules.uncited_rules, "@cache\ndef allocate(price): ...", "2: allocate cites no paragraph"),
]


@pytest.mark.parametrize(("rule", "text", "finding"), PLANTED)
def test_a_planted_violation_is_found(rule, text, finding):
    """A rule that finds nothing proves nothing."""
    assert [finding] == list(rule(text))


@pytest.mark.parametrize(
    ("room", "text", "found"),
    [
        ("operations", "import duckdb", ["1: operations imports duckdb"]),
        ("reports", "from psycopg.rows import tuple_row", ["1: reports imports psycopg"]),
        ("usage", "def f():\n    import deltalake", ["2: usage imports deltalake"]),
        ("recognition", "import duckdb", []),
        ("store", "from deltalake import DeltaTable", []),
        ("operations", "import json", []),
    ],
)
def test_a_library_in_the_wrong_room_is_found(room, text, found):
    """Only the rooms named for a library import it, wherever the import stands."""
    assert found == list(rules.foreign_imports(text, room))


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        (rules.inexact_numbers, "x = a // b"),
        (rules.inexact_numbers, 'x = folder / "progress.sql"'),
        (rules.inexact_numbers, 'x = folder / f"{name}.sql"'),
        (rules.inexact_numbers, '"""A docstring on float and a / b."""'),
        (rules.inexact_sql, "select price // 12 -- not price / 12"),
        (rules.inexact_sql, "select 'a/b', 'double'"),
        (rules.inexact_sql_in_python, 'q = f"select {a} // {b} from t"'),
        (rules.inexact_sql_in_python, 'message = "and / or"'),
        (rules.clock_readings, "x = clock.now()"),
        (rules.too_long, "x = 1\n" * 400),
        (rules.too_long, "def f():\n" + "    x = 1\n" * 59),
        (rules.undocumented_module, '"""What it is for."""'),
        (rules.uncited_rules, '@cites("606-10-32-31")\ndef allocate(price): ...'),
        (rules.uncited_rules, "def _helper(price): ..."),
        (rules.uncited_rules, "class Shares:\n    def total(self): ..."),
    ],
)
def test_good_code_is_left_alone(rule, text):
    """A rule that cries wolf is switched off by the next person."""
    assert [] == list(rule(text))
