"""What tie-outs are made of: sums of data sets, of the journal and of balances from facts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from revrec.disclosure.frame import Frame
from revrec.ledger.kinds import NON_CURRENT
from revrec.model.dataset import DataSet

Data = Mapping[str, DataSet]
Sums = Mapping[str, int]
"""Currency -> minor units."""
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
    names = [column.name for column in data.columns]
    currency = names.index("currency")
    rows = data.rows
    if only:
        by, wanted = names.index(only[0]), only[1]
        rows = [row for row in rows if row[by] in wanted]
    groups: defaultdict[str, list[Sequence[Any]]] = defaultdict(list)
    for row in rows:
        groups[str(row[currency])].append(row)
    places = [names.index(name) for name in columns]
    return {
        each: sum(sum(map(itemgetter(place), group)) for place in places)
        for each, group in groups.items()
    }


def by_row(data: DataSet, column: str) -> Mapping[tuple[str, str], int]:
    """Currency and key of the row -> amount."""
    names = [each.name for each in data.columns]
    places = [names.index(name) for name in ("currency", "row_key", column)]
    found = {}
    for row in data.rows:
        currency, name, amount = (row[place] for place in places)
        assert isinstance(amount, int)
        found[str(currency), str(name)] = amount
    return found


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
