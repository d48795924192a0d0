"""The same month by others: what DuckDB needs at least, two pandas notebooks, and a plain loop.

All read the company's flat files and give its postings of January 2026 as cents by contract,
obligation, component, event and account. None of them judges an input, keeps a history, explains
anything or can be asked again; that is what they are there to price.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from decimal import ROUND_FLOOR, ROUND_HALF_EVEN, Decimal
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tests.bench.company import Company

KEYS = ["contract", "obligation", "component", "event", "account"]
DAYS, OLD, NEW, REST = 365, 15, 16, 350
"""Days of the year; before the upgrade and after it, of January and of the rest of the year."""
CENT = Decimal(1)
_EARNED = """
create temp macro half_even(n, d) as
    n // d + (2 * (n % d) > d or (2 * (n % d) = d and (n // d) % 2 = 1))::integer;
create temp table used as
    select contract, replace(sum(amount)::varchar, '.', '')::hugeint as atoms
    from read_parquet($usage) group by contract;
create temp table earned as
with terms as (select *, fee::hugeint as f from read_parquet($flat)),
bundles as (
    select contract, f,
           f * access // (access + support)
           + (2 * (f * access % (access + support)) >= access + support)::integer as first
    from terms where model = 'bundle'
)
select contract, 'access' as obligation, 'fixed' as component,
       half_even(first * 31, 365) as amount from bundles
union all
select contract, 'support', 'fixed', half_even((f - first) * 31, 365) from bundles
union all
select contract, 'access', 'fixed',
       half_even(f * 15, 365) + half_even((f - half_even(f * 15, 365) + change) * 16, 350)
from terms where model = 'upgrade'
union all
select contract, 'access', 'fixed', half_even(f * 31, 365) from terms where model = 'bonus'
union all
select contract, 'access', 'bonus', half_even(bonus::hugeint * 31, 365)
from terms where model = 'bonus'
union all
select contract, 'inference', 'use', half_even(atoms, 10000000000)
from terms join used using (contract) where model = 'usage'
union all
select contract, 'inference', 'fixed',
       half_even(f * least(atoms, entitled::hugeint * 10000000000),
                 entitled::hugeint * 10000000000)
from terms join used using (contract) where model = 'commitment'
union all
select contract, 'inference', 'overage',
       half_even(greatest(atoms - entitled::hugeint * 10000000000, 0), 10000000000)
from terms join used using (contract) where model = 'commitment'
"""
_POSTINGS = """
with moved as (
    select contract, obligation, component, 'satisfaction' as event,
           'contract_liability' as debit, 'revenue' as credit, amount from earned
    union all
    select contract, '', '', 'billing', 'receivable', 'contract_liability', billed
    from read_parquet($flat)
    union all
    select contract, '', '', 'netting', 'contract_asset', 'contract_liability',
           greatest(sum(amount) - any_value(billed), 0)
    from earned join read_parquet($flat) using (contract) group by contract
)
select contract, obligation, component, event, account, amount::bigint as amount
from (from (select * exclude (debit, credit), debit as account from moved)
      union all by name
      select * exclude (debit, credit) replace (-amount as amount), credit as account from moved)
where amount <> 0 order by all
"""


def duckdb_bare(company: Company) -> pa.Table:
    """Two statements of SQL."""
    files = {"usage": str(company.usage), "flat": str(company.flat)}
    with duckdb.connect() as database:
        database.execute("set enable_progress_bar = false")
        for name, path in files.items():
            database.execute(f"set variable {name} = '{path}'")
        for statement in _EARNED.split(";\n"):
            told = statement.replace("$usage", "getvariable('usage')")
            database.execute(told.replace("$flat", "getvariable('flat')"))
        return database.sql(_POSTINGS.replace("$flat", "getvariable('flat')")).to_arrow_table()


def pandas_decimal(company: Company) -> pa.Table:
    """A careful notebook: columns of objects that are Decimal."""
    flat = pd.read_parquet(company.flat)
    rows = pq.read_table(company.usage, columns=["contract", "amount"])
    usage = pd.DataFrame(
        {"contract": rows["contract"].to_pandas(), "amount": rows["amount"].to_pylist()}
    )
    used = usage.groupby("contract")["amount"].sum()
    for name in ("fee", "change", "access", "support", "entitled", "bonus", "billed"):
        flat[name] = flat[name].map(Decimal)

    def to_cents(values: Any) -> Any:
        return values.map(lambda value: value.quantize(CENT, ROUND_HALF_EVEN))

    def shares(rows: Any) -> Any:
        exact = rows["fee"] * rows["access"] / (rows["access"] + rows["support"])
        whole = exact.map(lambda value: value.quantize(CENT, ROUND_FLOOR))
        return whole + (exact - whole >= Decimal("0.5")).map(lambda more: Decimal(int(more)))

    def drawn(amount: Any) -> Any:
        return amount.map(lambda value: value * 100)

    return _notebook(flat, used, to_cents, shares, drawn)


def pandas_floats(company: Company) -> pa.Table:
    """The notebook most people would write."""
    flat = pd.read_parquet(company.flat)
    rows = pq.read_table(company.usage, columns=["contract", "amount"])
    usage = pd.DataFrame(
        {
            "contract": rows["contract"].to_pandas(),
            "amount": pc.cast(rows["amount"], pa.float64()).to_numpy(),
        }
    )
    used = usage.groupby("contract")["amount"].sum()

    def shares(rows: Any) -> Any:
        return (rows["fee"] * rows["access"] / (rows["access"] + rows["support"])).round()

    return _notebook(flat, used, lambda values: values.round(), shares, lambda used: used * 100)


def _notebook(
    flat: Any,
    used: Any,
    to_cents: Callable[[Any], Any],
    shares: Callable[[Any], Any],
    drawn: Callable[[Any], Any],
) -> pa.Table:
    def of(model: str) -> Any:
        return flat[flat["model"] == model].copy()

    earned = []

    def add(rows: Any, obligation: str, component: str, amounts: Any) -> None:
        named = {"contract": rows["contract"], "obligation": obligation, "component": component}
        earned.append(pd.DataFrame({**named, "amount": amounts}))

    bundles = of("bundle")
    first = shares(bundles)
    add(bundles, "access", "fixed", to_cents(first * 31 / DAYS))
    add(bundles, "support", "fixed", to_cents((bundles["fee"] - first) * 31 / DAYS))
    upgrades = of("upgrade")
    before = to_cents(upgrades["fee"] * OLD / DAYS)
    left = upgrades["fee"] - before + upgrades["change"]
    add(upgrades, "access", "fixed", before + to_cents(left * NEW / REST))
    bonuses = of("bonus")
    add(bonuses, "access", "fixed", to_cents(bonuses["fee"] * 31 / DAYS))
    add(bonuses, "access", "bonus", to_cents(bonuses["bonus"] * 31 / DAYS))
    cents = drawn(used).rename("used").reset_index()
    metered = of("usage").merge(cents, on="contract")
    add(metered, "inference", "use", to_cents(metered["used"]))
    committed = of("commitment").merge(cents, on="contract")
    within = committed[["used", "entitled"]].min(axis=1)
    fixed = to_cents(committed["fee"] * within / committed["entitled"])
    add(committed, "inference", "fixed", fixed)
    add(committed, "inference", "overage", to_cents(committed["used"] - within))
    return _posted(pd.concat(earned), flat)


def _posted(earned: Any, flat: Any) -> pa.Table:
    def legs(rows: Any, event: str, debit: str, credit: str) -> list[Any]:
        return [
            rows.assign(event=event, account=debit),
            rows.assign(event=event, account=credit, amount=-rows["amount"]),
        ]

    alone = {"obligation": "", "component": ""}
    bills = flat[["contract", "billed"]].rename(columns={"billed": "amount"}).assign(**alone)
    total = earned.groupby("contract", as_index=False)["amount"].sum()
    net = total.merge(flat[["contract", "billed"]], on="contract")
    net["amount"] = net["amount"] - net["billed"]
    netted = net[net["amount"] > 0][["contract", "amount"]].assign(**alone)
    rows = pd.concat(
        [
            *legs(earned, "satisfaction", "contract_liability", "revenue"),
            *legs(bills, "billing", "receivable", "contract_liability"),
            *legs(netted, "netting", "contract_asset", "contract_liability"),
        ]
    )
    rows = rows[rows["amount"] != 0].sort_values([*KEYS, "amount"])
    rows["amount"] = rows["amount"].map(int)
    return pa.Table.from_pandas(rows[[*KEYS, "amount"]], preserve_index=False)


def plain_loop(company: Company) -> pa.Table:
    """A contract at a time, in Decimal, as anyone would write it first."""
    used: dict[str, Decimal] = defaultdict(Decimal)
    for batch in pq.ParquetFile(company.usage).iter_batches(columns=["contract", "amount"]):
        for name, amount in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            used[name] += amount
    rows: list[tuple[str, str, str, str, str, int]] = []
    for batch in pq.ParquetFile(company.flat).iter_batches():
        for contract in batch.to_pylist():
            name, earned = contract["contract"], _earned(contract, used)
            revenue = 0
            for (obligation, component), amount in earned.items():
                _enter(rows, (name, obligation, component, "satisfaction"), amount)
                revenue += amount
            _enter(rows, (name, "", "", "billing"), contract["billed"])
            _enter(rows, (name, "", "", "netting"), max(revenue - contract["billed"], 0))
    rows.sort()
    columns = zip(*rows, strict=True)
    return pa.table(dict(zip([*KEYS, "amount"], map(list, columns), strict=True)))


_ACCOUNTS = {
    "satisfaction": ("contract_liability", "revenue"),
    "billing": ("receivable", "contract_liability"),
    "netting": ("contract_asset", "contract_liability"),
}


def _enter(rows: list[Any], key: tuple[str, str, str, str], amount: int) -> None:
    debit, credit = _ACCOUNTS[key[3]]
    if amount:
        rows += [(*key, debit, amount), (*key, credit, -amount)]


def _cents(value: Decimal) -> int:
    return int(value.quantize(CENT, ROUND_HALF_EVEN))


def _earned(contract: Mapping[str, Any], used: Mapping[str, Decimal]) -> dict[tuple[str, str], int]:
    fee, model = Decimal(contract["fee"]), contract["model"]
    if model == "bundle":
        both = contract["access"] + contract["support"]
        exact = fee * contract["access"] / both
        first = exact.quantize(CENT, ROUND_FLOOR)
        first += int(exact - first >= Decimal("0.5"))
        return {
            ("access", "fixed"): _cents(first * 31 / DAYS),
            ("support", "fixed"): _cents((fee - first) * 31 / DAYS),
        }
    if model == "upgrade":
        before = _cents(fee * OLD / DAYS)
        left = fee - before + contract["change"]
        return {("access", "fixed"): before + _cents(left * NEW / REST)}
    if model == "bonus":
        bonus = Decimal(contract["bonus"])
        return {
            ("access", "fixed"): _cents(fee * 31 / DAYS),
            ("access", "bonus"): _cents(bonus * 31 / DAYS),
        }
    consumed = used[contract["contract"]] * 100
    if model == "usage":
        return {("inference", "use"): _cents(consumed)}
    within = min(consumed, Decimal(contract["entitled"]))
    return {
        ("inference", "fixed"): _cents(fee * within / contract["entitled"]),
        ("inference", "overage"): _cents(consumed - within),
    }


PEERS: Mapping[str, Callable[[Company], pa.Table]] = {
    "DuckDB alone": duckdb_bare,
    "pandas with Decimal": pandas_decimal,
    "pandas with floats": pandas_floats,
    "a plain loop": plain_loop,
}


def differing(ours: pa.Table, theirs: pa.Table) -> tuple[int, int]:
    """How many postings of another differ from ours, and by how many cents in all."""
    with duckdb.connect() as database:
        database.register("ours", ours)
        database.register("theirs", theirs)
        keys = ", ".join(KEYS)
        found = database.execute(
            f"""
            select count(*)::bigint, coalesce(sum(abs(amount)), 0)::bigint
            from (select sum(amount) as amount from (
                select {keys}, amount from ours union all select {keys}, -amount from theirs
            ) group by {keys}) where amount <> 0
            """
        ).fetchall()
    return int(found[0][0]), int(found[0][1])
