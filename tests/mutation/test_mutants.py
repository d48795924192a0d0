"""The wrongs that are planted are the ones meant, and they are in the code that runs."""

from __future__ import annotations

from datetime import date
from types import FunctionType

import pytest

from tests.mutation import told
from tests.mutation.mutants import SEEN, Statement, marked, mutants, planted


@pytest.fixture
def changes(tmp_path):
    """The wrongs of a function whose body is given."""

    def of(body: str) -> list[str]:
        path = tmp_path / "module.py"
        path.write_text(f"def f(a, b):\n    {body}\n", encoding="utf-8")
        return [f"{each.before} -> {each.after}" for each in mutants(path)]

    return of


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("b = a < 2", ["a < 2 -> a <= 2", "a < 2 -> a >= 2", "2 -> 3"]),
        ("b = a is None", ["a is None -> a is not None"]),
        ("b = a + b // a", ["a + b // a -> a - b // a", "b // a -> b * a"]),
        ("b = a or not b", ["a or not b -> a and (not b)", "not b -> b"]),
        ("b = True", ["True -> False"]),
        ("b = max(a, key=b)", ["max(a, key=b) -> min(a, key=b)"]),
        ("b = sorted(a)", ["sorted(a) -> list(a)"]),
        ("return a", ["return a -> return None"]),
        ("a.append(b)", ["a.append(b) -> pass"]),
        ("raise ValueError(1 + 1)", ["raise ValueError(1 + 1) -> pass"]),
        ("b = a if b else a", ["b -> not b"]),
        ("b = f'{a + b}'", []),
        ("b = zip(a, strict=True)", []),
        ("return None", []),
        ("'words'", []),
    ],
)
def test_what_is_planted(changes, body, expected):
    """Each kind of wrong once; words and messages are left alone."""
    assert changes(body) == expected


def test_a_planted_wrong_runs(tmp_path):
    """The exchanged code is that of the function with the wrong, under its decorator too."""
    path = tmp_path / "module.py"
    path.write_text("@rule\ndef f(a):\n    return [b + 1 for b in a]\n", encoding="utf-8")
    sum_to_difference = next(each for each in mutants(path) if each.after == "b - 1")

    wrong = FunctionType(planted(sum_to_difference), {})

    assert wrong([5]) == [4]
    assert sum_to_difference.told == "f | return [b + 1 for b in a] | b + 1 -> b - 1"


def test_marked_code_tells_the_statements_it_comes_to(tmp_path):
    """Those of the branch that is taken, under their first line; the result is the same."""
    path = tmp_path / "module.py"
    path.write_text(
        "def f(a):\n    if a:\n        b = [\n            1]\n    else:\n        b = []\n"
        "    return b\n",
        encoding="utf-8",
    )
    seen: set[Statement] = set()
    scope = {"__builtins__": {SEEN: seen}}
    marked_f = FunctionType(marked(path)["f"], scope)

    assert marked_f(1) == [1]
    assert {first for _, _, first in seen} == {"if a:", "b = [", "return b"}
    one = next(each for each in mutants(path) if each.before == "1")
    assert one.statement in seen
    assert one.text == "1]"


def test_the_table_tells_what_was_tried_of_what_there_is(tmp_path, monkeypatch):
    """Rows of files that were tried, sums of rooms over all of their files."""
    page = tmp_path / "quality.md"
    page.write_text("About.\n\nAs of 2020-01-01:\n\nold\n", encoding="utf-8")
    monkeypatch.setattr(told, "QUALITY", page)
    found = {
        "revrec/a.py": told.Score(2, 2, 1, 1),
        "revrec/b/c.py": told.Score(10, 4, 3, 0),
        "revrec/b/d.py": told.Score(6, 0, 0, 0),
    }

    told.write(found, ["revrec/a.py", "revrec/b"], date(2026, 1, 2))

    assert page.read_text(encoding="utf-8").splitlines()[2:] == [
        "As of 2026-01-02:",
        "",
        "| file | wrongs | tried | noticed | explained | score |",
        "|---|--:|--:|--:|--:|--:|",
        "| `revrec/a.py` | 2 | 2 | 1 | 1 | 100.0% |",
        "| `revrec/b/c.py` | 10 | 4 | 3 | 0 | 75.0% |",
        "| **revrec/b** | 16 | 4 | 3 | 0 | 75.0% |",
        "| **all** | 18 | 6 | 4 | 1 | 80.0% |",
    ]
