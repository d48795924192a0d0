"""Small wrongs planted into functions, one at a time: what a slip of the author might look like.

Comparisons, boundaries, arithmetic, constants, conditions, results and statements of function
bodies are changed. Words of messages, annotations and default values are left alone.
"""

from __future__ import annotations

import ast
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import CodeType

_COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
_ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.Pow: ast.Mult,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
}
_CALLS = {"min": "max", "max": "min", "any": "all", "all": "any", "sorted": "list"}
SEEN = "mutation_seen"
"""Name among the builtins of the set of statements reached."""

Statement = tuple[str, str, str]
"""File, function and the first line of a statement: it stays when others move."""
_Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Mutant:
    """One wrong in one function."""

    path: Path
    number: int
    """Position among the wrongs of the file."""
    function: str
    """Outermost function it is in, with its class: what is exchanged to plant it."""
    line: int
    text: str
    """The line as written."""
    first: str
    """The first line of the statement it is in."""
    before: str
    after: str

    @property
    def statement(self) -> Statement:
        return (str(self.path), self.function, self.first)

    @property
    def told(self) -> str:
        return f"{self.function} | {self.text} | {self.before} -> {self.after}"


@dataclass(slots=True)
class _Site:
    """A place in a tree, and what to put there."""

    function: str
    line: int
    before: str
    after: str
    plant: Callable[[], None]


def mutants(path: Path) -> list[Mutant]:
    """Every wrong that can be planted into a file, in the order of its lines."""
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    lines = [line.strip() for line in text.splitlines()]
    starts = sorted({each.lineno for each in ast.walk(tree) if isinstance(each, ast.stmt)})
    return [
        Mutant(
            path,
            number,
            each.function,
            each.line,
            lines[each.line - 1],
            lines[starts[bisect_right(starts, each.line) - 1] - 1],
            each.before,
            each.after,
        )
        for number, each in enumerate(_sites(tree))
    ]


def planted(mutant: Mutant) -> CodeType:
    """The code of the function with the wrong in it."""
    tree = ast.parse(mutant.path.read_text(encoding="utf-8"))
    _sites(tree)[mutant.number].plant()
    ast.fix_missing_locations(tree)
    return next(
        code
        for code in codes(compile(tree, str(mutant.path), "exec"))
        if code.co_qualname == mutant.function
    )


def marked(path: Path) -> dict[str, CodeType]:
    """The code of each function, which tells ``SEEN`` of every statement it comes to."""
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    lines = [line.strip() for line in text.splitlines()]
    names = set()
    for name, body in list(_functions(tree.body, "")):
        names.add(name)
        for block in _blocks(body):
            block[:] = [
                each
                for statement in block
                for each in (_mark(path, name, lines[statement.lineno - 1]), statement)
            ]
    compiled = codes(compile(ast.fix_missing_locations(tree), str(path), "exec"))
    return {code.co_qualname: code for code in compiled if code.co_qualname in names}


def _mark(path: Path, function: str, first: str) -> ast.stmt:
    told: Statement = (str(path), function, first)
    return ast.parse(f"__builtins__[{SEEN!r}].add({told!r})").body[0]


def _blocks(body: list[ast.stmt]) -> list[list[ast.stmt]]:
    """A list of statements and all lists inside them."""
    inside = [
        getattr(node, name, [])
        for statement in body
        for node in ast.walk(statement)
        for name in ("body", "orelse", "finalbody")
    ]
    return [body, *(each for each in inside if isinstance(each, list) and each)]


def codes(code: CodeType) -> Iterator[CodeType]:
    """A code object and all inside it."""
    yield code
    for each in code.co_consts:
        if isinstance(each, CodeType):
            yield from codes(each)


def _sites(tree: ast.Module) -> list[_Site]:
    return [site for name, body in _functions(tree.body, "") for site in _in_statements(body, name)]


def _functions(body: list[ast.stmt], prefix: str) -> Iterator[tuple[str, list[ast.stmt]]]:
    """Outermost functions, those of classes too, with their bodies."""
    for each in body:
        if isinstance(each, ast.ClassDef):
            yield from _functions(each.body, f"{prefix}{each.name}.")
        elif isinstance(each, _Function) and not _is_abstract(each):
            yield f"{prefix}{each.name}", each.body


def _is_abstract(function: _Function) -> bool:
    return any("overload" in ast.unparse(each) for each in function.decorator_list)


def _in_statements(body: list[ast.stmt], function: str) -> Iterator[_Site]:
    for position, statement in enumerate(body):
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
            continue
        yield from _dropped(body, position, function)
        if isinstance(statement, ast.Raise | ast.Assert):
            continue
        for name, value in ast.iter_fields(statement):
            if name in {"annotation", "decorator_list", "returns", "args"}:
                continue
            if isinstance(value, ast.expr):
                yield from _in_expression(statement, name, None, function)
            elif isinstance(value, list):
                yield from _in_list(statement, name, value, function)


def _in_list(owner: ast.AST, name: str, values: list[ast.AST], function: str) -> Iterator[_Site]:
    if values and isinstance(values[0], ast.stmt):
        yield from _in_statements(values, function)  # type: ignore[arg-type]
        return
    for position, each in enumerate(values):
        if isinstance(each, ast.expr):
            yield from _in_expression(owner, name, position, function)
        elif isinstance(each, ast.ExceptHandler):
            yield from _in_statements(each.body, function)
        elif isinstance(each, ast.keyword) and each.arg == "strict":
            continue  # of zip: states an invariant, as an assertion does
        elif isinstance(each, ast.comprehension | ast.keyword | ast.withitem):
            yield from _in_children(each, function)


def _in_children(owner: ast.AST, function: str) -> Iterator[_Site]:
    for name, value in ast.iter_fields(owner):
        if isinstance(value, ast.expr):
            yield from _in_expression(owner, name, None, function)
        elif isinstance(value, list):
            yield from _in_list(owner, name, value, function)


def _in_expression(
    owner: ast.AST, name: str, position: int | None, function: str
) -> Iterator[_Site]:
    holder = getattr(owner, name)
    node: ast.expr = holder if position is None else holder[position]
    if isinstance(node, ast.JoinedStr):
        return
    if isinstance(owner, ast.If | ast.IfExp | ast.While) and name == "test":
        opposite = ast.UnaryOp(ast.Not(), node)
        yield _site(owner, name, position, opposite, function)
    for other in _others(node):
        yield _site(owner, name, position, other, function)
    yield from _in_children(node, function)


def _site(owner: ast.AST, name: str, position: int | None, other: ast.expr, function: str) -> _Site:
    holder = getattr(owner, name)
    node = holder if position is None else holder[position]
    ast.copy_location(other, node)

    def plant() -> None:
        if position is None:
            setattr(owner, name, other)
        else:
            holder[position] = other

    return _Site(function, node.lineno, ast.unparse(node), ast.unparse(other), plant)


def _others(node: ast.expr) -> Iterator[ast.expr]:
    """What might have been written instead of an expression."""
    match node:
        case ast.Compare(left=left, ops=[first], comparators=comparators):
            for other in _COMPARISONS[type(first)]:
                yield ast.Compare(left, [other()], comparators)
        case ast.Compare(left=left, ops=[first, *rest], comparators=comparators):
            yield ast.Compare(left, [_COMPARISONS[type(first)][0](), *rest], comparators)
            last = _COMPARISONS[type(rest[-1])][0]()
            yield ast.Compare(left, [first, *rest[:-1], last], comparators)
        case ast.BinOp(left=left, op=operator, right=right) if type(operator) in _ARITHMETIC:
            yield ast.BinOp(left, _ARITHMETIC[type(operator)](), right)
        case ast.BoolOp(op=operator, values=values):
            yield ast.BoolOp(ast.Or() if isinstance(operator, ast.And) else ast.And(), values)
        case ast.UnaryOp(op=ast.Not() | ast.USub(), operand=operand):
            yield operand
        case ast.Constant(value=bool() as truth):
            yield ast.Constant(not truth)
        case ast.Constant(value=int() as number):
            yield ast.Constant(number + 1)
        case ast.Call(func=ast.Name(id=called), args=arguments, keywords=keywords) if (
            called in _CALLS
        ):
            kept = [] if called == "sorted" else keywords
            yield ast.Call(ast.Name(_CALLS[called], ast.Load()), arguments, kept)


def _dropped(body: list[ast.stmt], position: int, function: str) -> Iterator[_Site]:
    """The statement left out, or its result."""
    statement = body[position]
    other: ast.stmt
    if isinstance(statement, ast.Return) and statement.value is not None:
        if isinstance(statement.value, ast.Constant) and statement.value.value is None:
            return
        other = ast.Return(ast.Constant(None))
    elif isinstance(statement, ast.Expr | ast.AugAssign | ast.Raise | ast.Continue | ast.Break):
        if isinstance(statement, ast.Expr) and isinstance(
            statement.value, ast.Yield | ast.YieldFrom
        ):
            return
        other = ast.Pass()
    else:
        return
    ast.copy_location(other, statement)

    def plant() -> None:
        body[position] = other

    before = ast.unparse(statement).partition("\n")[0]
    yield _Site(function, statement.lineno, before, ast.unparse(other), plant)
