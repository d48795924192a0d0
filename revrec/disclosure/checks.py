"""What tie-outs are made of: sums of data sets, of the journal and of balances from facts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from revrec.column_rows import ColumnRows, Values
from revrec.disclosure.by_column import by_column
from revrec.disclosure.frame import Frame
from revrec.ledger.kinds import NON_CURRENT
from revrec.model.dataset import DataSet

Data = Mapping[str, DataSet]
Sums = Mapping[str, int]
"""Currency -> minor units."""
_WHOLE = pa.decimal128(38, 0)
ALLOWED = "None allowed"
IN_REPORT = "period between getvariable('first') and getvariable('period')"
"""Of the journal's lines: those of the report ..."""
TAKEN_OVER = "event in ('opening_balance', 'cutover_adjustment')"
"""... those of a cutover ..."""
BEFORE = f"period < getvariable('first') or {TAKEN_OVER}"
"""... and what stood before it: those of the closes before, and what was taken over."""


@dataclass(frozen=True, slots=True)
class Check:
    """Two figures that must be the same in every currency, and the mark an auditor gives it."""

    name: str
    mark: str
    left_name: str
    left: Sums
    right_name: str
    right: Sums


def entered(frame: Frame, account: str | None, sign: int, where: str) -> Sums:
    """What the journal's lines hold on an account, with what of it is non-current, or on all."""
    whole = f"account in ('{account}', '{NON_CURRENT}{account}')"
    of_account = "true" if account is None else whole
    return by_currency(
        frame,
        f"select currency, {sign} * sum(amount)::bigint from line "
        f"where {of_account} and ({where}) group by currency",
    )


def taken_over(frame: Frame, account: str, sign: int) -> Sums:
    """What another system had posted on an account of contracts taken over from it."""
    return by_currency(
        frame,
        f"select currency, {sign} * sum(amount)::bigint from posted "
        f"where account = '{account}' and posted_to <> account group by currency",
    )


def unbalanced(frame: Frame) -> Sums:
    """Entries whose debits are not their credits, without signs."""
    return by_currency(
        frame,
        "select currency, sum(abs(off))::bigint from (select currency, entry_seq, "
        "sum(amount) as off from line group by all) group by currency",
    )


def facts(frame: Frame, column: str) -> Sums:
    """A column of the positions computed from facts."""
    return by_currency(
        frame,
        f"select c.currency, sum({column})::bigint from position join contract c using (contract) "
        "group by c.currency",
    )


def by_currency(frame: Frame, sql: str) -> Sums:
    """The rows of a query that gives a currency and an amount."""
    return {str(currency): int(str(amount)) for currency, amount in frame.rows(sql)}


def sums(
    data: DataSet, columns: Collection[str], *, only: tuple[str, Collection[str]] | None = None
) -> Sums:
    """Sums of money columns by currency, over the rows whose column holds one of some values."""
    told = table_of(data, {"currency", *columns, *([only[0]] if only else [])})
    if only:
        wanted = pa.array(map(str, only[1]), pa.string())
        told = told.filter(pc.is_in(told[only[0]], value_set=wanted))
    found: dict[str, int] = {}
    for name in columns:
        for currency, amount in summed(told, ["currency"], name).items():
            found[currency[0]] = found.get(currency[0], 0) + amount
    return found


def table_of(data: DataSet, columns: Collection[str]) -> pa.Table:
    """Some columns of a data set, each of Arrow."""
    names, rows = [column.name for column in data.columns], by_column(data).rows
    assert isinstance(rows, ColumnRows), f"{data.name} has rows of other lengths"
    found = {name: rows.columns[names.index(name)] for name in columns}
    return pa.table({name: _decoded(each) for name, each in found.items()})


def _decoded(column: Values) -> Values:
    return column.cast(pa.string()) if isinstance(column, pa.DictionaryArray) else column


def summed(told: pa.Table, by: Sequence[str], column: str) -> dict[tuple[str, ...], int]:
    """The sums of a column of whole numbers for texts of others."""
    assert not told[column].null_count, f"{column} has an amount in every row"
    whole = told.select(by).append_column(column, told[column].cast(_WHOLE))
    groups = whole.group_by(list(by)).aggregate([(column, "sum")])
    keys = zip(*(groups[name].to_pylist() for name in by), strict=True)
    return dict(zip(keys, map(int, groups[f"{column}_sum"].to_pylist()), strict=True))


def by_row(data: DataSet, column: str) -> Mapping[tuple[str, str], int]:
    """Currency and key of the row -> amount."""
    told = table_of(data, ("currency", "row_key", column))
    keys = zip(told["currency"].to_pylist(), told["row_key"].to_pylist(), strict=True)
    return dict(zip(keys, told[column].to_pylist(), strict=True))


def unsigned(left: Mapping[tuple[str, str], int], right: Mapping[tuple[str, str], int]) -> Sums:
    """Differences without their signs, so that they cannot make up for each other."""
    found: defaultdict[str, int] = defaultdict(int)
    for key in left.keys() | right.keys():
        found[key[0]] += abs(left.get(key, 0) - right.get(key, 0))
    return found


def plus(left: Sums, right: Sums) -> Sums:
    """The sum in every currency of either."""
    return {key: left.get(key, 0) + right.get(key, 0) for key in left.keys() | right.keys()}


def less(left: Sums, right: Sums) -> Sums:
    """The difference in every currency of either."""
    return {key: left.get(key, 0) - right.get(key, 0) for key in left.keys() | right.keys()}
