"""The wrongs that are planted are the ones meant, and they are in the code that runs."""

from __future__ import annotations

from types import FunctionType

import pytest

from tests.mutation.mutants import mutants, planted


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
