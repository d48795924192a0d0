"""Populations for samples: every posting on an account, in an order that never changes.

A population is a table ``item, amount``; its hash is that of the same table as CSV, text in
quotes, so that whoever has the file finds the hash again with ``sha256sum``. Amounts are in minor
units and above zero where the account has them on its own side.
"""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.dataset

from revrec.columnar import connect
from revrec.ledger.entries import PostedEntry
from revrec.model.policy import Account
from revrec.model.sample import SampleUnit

POPULATION = pa.schema([("item", pa.string()), ("amount", pa.int64())])
_WITH_CONTRACT = POPULATION.append(pa.field("contract", pa.string()))
_HEADER = b'"item","amount"\n'

_CREDIT = frozenset(
    {
        Account.CONTRACT_LIABILITY,
        Account.NON_CURRENT_CONTRACT_LIABILITY,
        Account.REFUND_LIABILITY,
        Account.DEPOSIT_LIABILITY,
        Account.FINANCIAL_LIABILITY,
        Account.UNCLAIMED_PROPERTY,
        Account.TAX_PAYABLE,
        Account.PAYABLE_TO_PRINCIPAL,
        Account.REVENUE,
        Account.INTEREST_INCOME,
    }
)
"""Accounts whose own side is the credit: their credits are amounts above zero."""

_NAMED = "period entry_seq line_no contract obligation component product event origin amount"
_RESTS_ON = "customer gl_code gl_name decisions paragraphs facts_digest"

_KEY = "period || '/' || entry_seq || '.' || line_no"
_ITEMS = f"""
    select {_KEY} as item, 1 as again, * from held where entry_seq > 0
    union all
    select {_KEY} || case when again = 1 then '' else '-' || again end as item, again,
           * exclude (again)
    from (
        select *, row_number() over (
                partition by period, line_no
                order by contract, obligation, component, event, origin, product, amount
            ) as again
        from held where entry_seq = 0
    )
"""
"""Postings with a key of their own. Postings of an entry whose lines cancel have no entry (0); a
period that was closed twice may number two of them alike."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Which postings are a population."""

    entity: int
    account: Account
    currency: str
    first: str
    """First period, and ..."""
    last: str
    """... last, by name."""
    unit: SampleUnit
    book: str = ""

    @property
    def query(self) -> str:
        """The conditions, as a sentence that anybody can apply to the posting detail."""
        of_book = f" of book {self.book}" if self.book else ""
        grouped = " summed by contract" if self.unit is SampleUnit.CONTRACT else ""
        side = "credits" if self.sign < 0 else "debits"
        return (
            f"posting detail{of_book} of entity {self.entity} where account = {self.account.value} "
            f"and currency = {self.currency} and period from {self.first} to {self.last}{grouped}, "
            f"{side} above zero, ordered by "
            + ("contract" if grouped else "period, entry_seq, line_no")
        )

    @property
    def sign(self) -> int:
        """What makes the account's own side positive."""
        return -1 if self.account in _CREDIT else 1

    def held(self, detail: pyarrow.dataset.Dataset) -> pa.Table:
        """The postings of the scope, with what orders and names them."""
        return detail.to_table(columns=_NAMED.split(), filter=self._wanted())

    def whole(self, detail: pyarrow.dataset.Dataset, contracts: Sequence[str]) -> pa.Table:
        """The postings of some contracts, with what they rest on."""
        among = pa.dataset.field("contract").isin(pa.array(sorted(contracts), pa.string()))
        columns = f"{_NAMED} {_RESTS_ON}".split()
        return detail.to_table(columns=columns, filter=self._wanted() & among)

    def _wanted(self) -> pc.Expression:
        field = pa.dataset.field
        wanted: pc.Expression = (
            (field("entity_id") == self.entity)
            & (field("account") == self.account.value)
            & (field("currency") == self.currency)
            & (field("period") >= self.first)
            & (field("period") <= self.last)
        )
        return wanted & (field("book") == self.book) if self.book else wanted


def population(scope: Scope, held: pa.Table) -> pa.Table:
    """The items in order (``POPULATION``), each with its contract."""
    with connect() as database:
        database.register("held", held)
        database.execute("set variable sign = $1", [scope.sign])
        query = (
            "select contract as item, (getvariable('sign') * sum(amount))::bigint as amount,"
            " contract from held group by contract order by item"
            if scope.unit is SampleUnit.CONTRACT
            else "select item, getvariable('sign')::bigint * amount as amount, contract"
            f" from ({_ITEMS}) order by period, entry_seq, line_no, again"
        )
        found: pa.Table = database.sql(query).to_arrow_table()
        return found.cast(_WITH_CONTRACT)


def details(
    scope: Scope, held: pa.Table, whole: pa.Table, items: Sequence[str]
) -> dict[str, dict[str, str]]:
    """What identifies each of some items to a reader, as text; ``whole`` are their contracts'."""
    if scope.unit is SampleUnit.CONTRACT:
        query = """
            select contract as item, contract, min(customer) as customer,
                   count(*)::varchar as postings
            from whole group by contract
        """
    else:
        # Two postings alike in all of this are one to a reader, whichever is taken.
        query = f"""
            select item, any_value(columns(* exclude (item, amount, again)))
            from (select * from ({_ITEMS}) semi join wanted using (item)) as chosen
            join whole using ({", ".join(_NAMED.split())})
            group by item
        """
    # Only postings without an entry are numbered among others.
    theirs = pc.is_in(held["contract"], whole["contract"].unique())
    with connect() as database:
        database.register("held", held.filter(pc.or_(theirs, pc.equal(held["entry_seq"], 0))))
        database.register("whole", whole)
        database.register("wanted", pa.table({"item": pa.array(items, pa.string())}))
        table: pa.Table = database.sql(query).to_arrow_table()
    names = [re.sub(r"^any_value\((\w+)\)$", r"\1", name) for name in table.column_names]
    return {
        row["item"]: {name: str(value) for name, value in row.items() if name != "item"}
        for row in table.rename_columns(names).to_pylist()
    }


def as_csv(table: pa.Table) -> bytes:
    """A population as the CSV its hash is of."""
    sink = io.BytesIO(_HEADER)
    sink.seek(0, io.SEEK_END)
    options = pa.csv.WriteOptions(include_header=False, quoting_style="needed")
    pa.csv.write_csv(table.select(POPULATION.names), sink, options)
    return sink.getvalue()


def sha256(table: pa.Table) -> str:
    """The hash of a population."""
    return hashlib.sha256(as_csv(table)).hexdigest()


def ledger_total(scope: Scope, entries: Sequence[PostedEntry]) -> int:
    """What the journal has on the account, which the population sums to."""
    return scope.sign * sum(
        line.amount
        for posted in entries
        if scope.first <= str(posted.entry.period) <= scope.last
        for line in posted.entry.lines
        if line.account == scope.account.value and line.currency == scope.currency
    )


def chosen_for(
    targets: Mapping[str, str], held: pa.Table, scope: Scope, marks: Mapping[str, pa.Array]
) -> pa.Table:
    """Items that meet a target, with the targets each meets (``item``, ``why``), in order.

    ``targets`` are by name with their bound; ``marks`` the contracts or entries that meet those
    which postings do not tell.
    """
    with connect() as database:
        database.register("held", held)
        for name in ("manual_override", "near_constraint", "modification"):
            database.register(name, pa.table({"contract": marks[name]}))
        database.register("weekend", pa.table({"entry_seq": marks["weekend"]}))
        whys = [_TARGETS[name] for name in sorted(targets)]
        values = {
            "top": int(targets.get("top", "0")),
            "round": int(targets.get("round_amount", "1")),
        }
        named = {name: value for name, value in values.items() if f"${name}" in " ".join(whys)}
        query = f"""
            with items as ({_source(scope)}),
                 ranked as (select *, row_number() over (order by abs(amount) desc, item) as rank
                            from items)
            select item, why from (
                select *, concat_ws(' ', {", ".join(whys)}) as why from ranked
            ) where why <> '' order by {_ORDER[scope.unit]}
        """
        return database.sql(query, params=named).to_arrow_table()


_ORDER = {
    SampleUnit.POSTING: "period, entry_seq, line_no, again",
    SampleUnit.CONTRACT: "item",
}
_TARGETS = {
    "top": "case when rank <= $top then 'top' end",
    "round_amount": ("case when amount <> 0 and amount % $round = 0 then 'round_amount' end"),
    "after_close": "case when late then 'after_close' end",
    "weekend": "case when on_weekend then 'weekend' end",
    **{
        name: f"case when contract in (select contract from {name}) then '{name}' end"
        for name in ("manual_override", "near_constraint", "modification")
    },
}


def _source(scope: Scope) -> str:
    """Items with what targets look at."""
    entry = "entry_seq in (select entry_seq from weekend)"
    if scope.unit is SampleUnit.CONTRACT:
        return (
            "select contract as item, contract, sum(amount)::bigint as amount,"
            f" bool_or(origin < period) as late, bool_or({entry}) as on_weekend"
            " from held group by contract"
        )
    return f"select *, origin < period as late, {entry} as on_weekend from ({_ITEMS})"
