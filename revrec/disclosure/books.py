"""Two books from the same facts side by side: where they differ, by how much, and by which rule.

The differences between the frameworks are applied one after the other, in the order of their
register; what each moves is its part. Where two bear on one amount the later one gets what they
do together, so the parts add up to the whole whatever the order.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import pyarrow as pa

from revrec.citations import cites
from revrec.columnar import connect
from revrec.disclosure import columns as c
from revrec.model.books import Difference, Frameworks, SecondBook
from revrec.model.dataset import DataSet, TieOut
from revrec.model.history import Book
from revrec.model.policy import BALANCES, Account, Policy
from revrec.periods import Period

_DIFFERING = """
select distinct contract from (
    select contract, amount, origin, obligation, account, 1 as sign from first
    union all
    select contract, amount, origin, obligation, account, -1 from second
) group by contract, origin, obligation, account having sum(sign * amount) <> 0
"""
Key = tuple[str, str, str, str]
"""Contract, obligation, month (empty for a balance at the end), account."""
Sums = Mapping[Key, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sides:
    """What two books hold in all at the end of a period, and the way from one to the other.

    Tables in the form of ``ledger.subledger.POSTED``, computed from facts and not from what is
    posted.
    """

    first: pa.Table
    second: pa.Table
    steps: Sequence[pa.Table]
    """Contracts that differ: in the first book, then after each difference of the register."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """Two books compared."""

    second: SecondBook
    datasets: tuple[DataSet, ...]
    tie_outs: tuple[TieOut, ...]


def differing_contracts(first: pa.Table, second: pa.Table) -> set[str]:
    """Contracts of which the two books hold anything otherwise."""
    with connect() as database:
        database.register("first", first)
        database.register("second", second)
        return {name for (name,) in database.execute(_DIFFERING).fetchall()}


@cites("606-10-25-1", "606-10-32-11", "606-10-32-21", "606-10-55-58", "340-40-35-6")
def compared(
    sides: Sides,
    posted: tuple[pa.Table, pa.Table],
    book: Book,
    policies: tuple[Policy, Policy],
    known: Frameworks,
    *,
    months: tuple[Period, Period],
    entity: int,
) -> Compared:
    """Income of the periods and balances at their end, in both books, with what explains them.

    ``posted`` is posting detail of both books, ``policies`` what they elect; a difference that no
    rule explains is a tie-out that does not hold. Amounts are minor units of the contracts'
    currencies. The book knows its second.
    """
    second = book.second
    assert second is not None
    summed = partial(_sums, months=months)
    first, other = summed(sides.first), summed(sides.second)
    steps = [summed(each) for each in sides.steps]
    names = list(known.differences)
    assert len(steps) == len(names) + 1, "one step for each difference"
    parts = {
        name: _less(after, before)
        for name, before, after in zip(names, steps[:-1], steps[1:], strict=True)
    }
    differences = _less(other, first)
    explained = _plus(parts.values())
    rows = _Rows(book, known, first, other, parts, _less(differences, explained), entity)
    totals = _totals(rows, second)
    sheets = (
        rows.data_set("book_comparison", "Income of both books", second, months=True),
        rows.data_set("book_balances", "Balances of both books", second, months=False),
        totals,
        _rules(known, policies, second, parts),
    )
    checks = [*_explained(rows), *_posted(rows, posted, second, months)]
    return Compared(second=second, datasets=sheets, tie_outs=tuple(checks))


def _sums(table: pa.Table, *, months: tuple[Period, Period]) -> Counter[Key]:
    """Income of the periods by contract, obligation, month; balances by contract, at the end."""
    first, last = map(str, months)
    sums: Counter[Key] = Counter()
    names = ["contract", "obligation", "origin", "account", "amount"]
    for contract, obligation, origin, account, amount in zip(
        *(table[name].to_pylist() for name in names), strict=True
    ):
        if account in BALANCES:
            sums[contract, "", "", account] += amount
        elif first <= origin <= last:
            sums[contract, obligation, origin, account] -= amount
    return sums


def _less(left: Sums, right: Sums) -> Counter[Key]:
    found = Counter({key: left.get(key, 0) - right.get(key, 0) for key in {*left, *right}})
    return Counter({key: amount for key, amount in found.items() if amount})


def _plus(parts: Iterable[Sums]) -> Counter[Key]:
    sums: Counter[Key] = Counter()
    for part in parts:
        for key, amount in part.items():
            sums[key] += amount
    return sums


@dataclass(frozen=True, slots=True)
class _Rows:
    book: Book
    known: Frameworks
    first: Sums
    second: Sums
    parts: Mapping[str, Sums]
    unexplained: Sums
    entity: int

    @property
    def keys(self) -> list[Key]:
        """Of everything that differs or is said to."""
        moved = set(_less(self.second, self.first))
        return sorted(moved.union(self.unexplained, *self.parts.values()))

    def currency(self, contract: str) -> str:
        return self.book.known(contract).contract.currency

    def data_set(self, name: str, title: str, second: SecondBook, *, months: bool) -> DataSet:
        """Amounts that differ, a row for each contract, obligation, month and account."""
        labels = second.framework.other.label, second.framework.label
        head = [c.ENTITY, c.CUSTOMER, c.CONTRACT]
        head += [c.OBLIGATION, c.PERIOD] if months else []
        return DataSet(
            name=name,
            title=title,
            columns=[
                *head,
                c.text("account", "Account"),
                c.CURRENCY,
                c.money("first", labels[0]),
                c.money("second", labels[1]),
                c.money("difference", "Difference"),
                *(
                    c.money(f"by_{rule}", f"By {rule.replace('_', ' ')}")
                    for rule in self.known.differences
                ),
                c.money("unexplained", "Unexplained"),
                c.text("reasons", "Reasons"),
                c.ROW_KEY,
            ],
            rows=[self._row(key, months=months) for key in self.keys if bool(key[2]) is months],
            note=("Income is positive and expense negative." if months else "Debits are positive.")
            + " Only what differs is shown, in the currency of the contract; rules are applied in "
            "the order of the columns.",
        )

    def _row(self, key: Key, *, months: bool) -> tuple[object, ...]:
        contract, obligation, month, account = key
        first, second = self.first.get(key, 0), self.second.get(key, 0)
        parts = {name: part.get(key, 0) for name, part in self.parts.items()}
        why = [_reason(self.known.differences[name]) for name, part in parts.items() if part]
        return (
            self.entity,
            self.book.known(contract).contract.customer,
            contract,
            *((obligation, month) if months else ()),
            account,
            self.currency(contract),
            first,
            second,
            second - first,
            *parts.values(),
            self.unexplained.get(key, 0),
            "; ".join(why),
            c.key_of(*filter(None, key)),
        )


def _reason(difference: Difference) -> str:
    ifrs = ", ".join(f"IFRS {each}" for each in difference.ifrs15)
    return f"{difference.title} ({', '.join(difference.asc606)}; {ifrs})"


def _totals(rows: _Rows, second: SecondBook) -> DataSet:
    """All contracts, by account."""
    sums: defaultdict[tuple[str, str, str], list[int]] = defaultdict(lambda: [0, 0])
    for place, side in enumerate((rows.first, rows.second)):
        for (contract, _, month, account), amount in side.items():
            kind = "income" if month else "balance"
            sums[kind, account, rows.currency(contract)][place] += amount
    return DataSet(
        name="book_totals",
        title="Both books in total",
        columns=[
            c.text("kind", "Kind"),
            c.text("account", "Account"),
            c.CURRENCY,
            c.money("first", second.framework.other.label, total=False),
            c.money("second", second.framework.label, total=False),
            c.money("difference", "Difference", total=False),
            c.ROW_KEY,
        ],
        rows=[
            (kind, account, currency, a, b, b - a, c.key_of(kind, account, currency))
            for (kind, account, currency), (a, b) in sorted(sums.items())
        ],
        note="Income of the report's months, income positive; balances at their end, debits "
        "positive.",
    )


def _rules(
    known: Frameworks,
    policies: tuple[Policy, Policy],
    second: SecondBook,
    parts: Mapping[str, Sums],
) -> DataSet:
    """Every rule on which the frameworks differ, and those from which no amount follows."""
    rows: list[tuple[object, ...]] = []
    for name, rule in known.differences.items():
        elected = [", ".join(policy.value(each) for each in rule.elections) for policy in policies]
        contracts = len({key[0] for key in parts[name]})
        cited = ", ".join(rule.asc606), ", ".join(rule.ifrs15)
        rows.append((name, rule.title, *cited, *elected, contracts, rule.rationale, name))
    for name, like in known.alike.items():
        cited = ", ".join(like.asc606), ", ".join(like.ifrs15)
        rows.append((name, like.title, *cited, "", "", 0, like.because, name))
    return DataSet(
        name="book_rules",
        title="Rules of both books",
        columns=[
            c.text("rule", "Rule"),
            c.text("title", "On"),
            c.text("asc606", "Codification"),
            c.text("ifrs15", "IFRS 15, or as named"),
            c.text("first", f"{second.framework.other.label} book elects"),
            c.text("second", f"{second.framework.label} book elects"),
            c.count("contracts", "Contracts that differ by it"),
            c.text("because", "Why"),
            c.ROW_KEY,
        ],
        rows=rows,
        note="Rules without elections differ in words, and no amount of these books with them.",
    )


def _explained(rows: _Rows) -> Iterator[TieOut]:
    """What both books differ by is the sum of what the rules move, in income and balances."""
    for kind in ("income", "balances"):
        sums: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0])
        for key in rows.keys:
            if bool(key[2]) is (kind == "income"):
                # Without signs: what cancels between rows is no explanation.
                sums[rows.currency(key[0])][0] += abs(rows.unexplained.get(key, 0))
        told = {key[0] for key in (*rows.first, *rows.second, *rows.keys)}
        for currency in sorted(set(map(rows.currency, told))):
            yield TieOut(
                name=f"Both books: {kind} that no rule explains",
                left_name="Unexplained, without signs",
                left=sums[currency][0],
                right_name="Nothing",
                right=0,
                currency=currency,
                mark="CF",
            )


def _posted(
    rows: _Rows,
    posted: tuple[pa.Table, pa.Table],
    second: SecondBook,
    months: tuple[Period, Period],
) -> Iterator[TieOut]:
    """Each side is what its book has posted, contract by contract and account by account."""
    labels = second.framework.other.label, second.framework.label
    for label, side, detail in zip(labels, (rows.first, rows.second), posted, strict=True):
        held = _sums(detail, months=months)
        sums: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0])
        for place, amounts in enumerate((side, held)):
            for (contract, _, month, account), amount in amounts.items():
                if month and account == Account.REVENUE:
                    sums[rows.currency(contract)][place] += amount
        off: Counter[str] = Counter()
        for key, amount in _less(side, held).items():
            off[rows.currency(key[0])] += abs(amount)
        for currency in sorted({*sums, *off}):
            yield TieOut(
                name=f"Revenue of the {label} book and its journal",
                left_name="Computed from facts",
                left=sums[currency][0],
                right_name="Posted",
                right=sums[currency][1],
                currency=currency,
                mark="R",
            )
            yield TieOut(
                name=f"The {label} book and its journal, contract by contract",
                left_name="Differences, without signs",
                left=off[currency],
                right_name="Nothing",
                right=0,
                currency=currency,
                mark="R",
            )
