"""A made-up company: so many contracts of every model, and so many rows of usage in a month.

Ten contracts in a row are four bundles at a selling-price discount, an upgrade in mid-month, two
pay-as-you-go, two commitments drawn down by use, some beyond their end, and a bonus that is
estimated. The same terms are told twice: as facts to the ledger, and as flat files to its peers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from revrec.feeds.records import fact_of
from revrec.model.fact import Fact

MODELS = ("bundle",) * 4 + ("upgrade",) + ("usage",) * 2 + ("commitment",) * 2 + ("bonus",)
BLOCK = 10_000
FLAT = pa.schema(
    [
        ("contract", pa.string()),
        ("model", pa.string()),
        ("fee", pa.int64()),
        ("change", pa.int64()),
        ("access", pa.int64()),
        ("support", pa.int64()),
        ("entitled", pa.int64()),
        ("bonus", pa.int64()),
        ("billed", pa.int64()),
    ]
)
"""A contract of 2026 in cents: its fee; what an upgrade of 16 January adds; selling prices of a
bundle; what a commitment entitles to; the estimate of a bonus; what was billed on 1 January."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """A company in files."""

    contracts: int
    usage_rows: int
    flat: Path
    usage: Path


def terms(number: int) -> dict[str, Any]:
    """Contract ``number``, flat; odd amounts, so that hardly anything divides evenly."""
    model = MODELS[number % len(MODELS)]
    fee = 1_000_000 + 37 * (number % 9_973)
    of = {
        "bundle": {"access": 900_000 + 13 * (number % 997), "support": 300_000},
        "upgrade": {"change": 200_000 + 11 * (number % 983)},
        "commitment": {"entitled": fee + 123_400 if number % 3 else 50_000},
        "bonus": {"bonus": 70_000 + 7 * (number % 991)},
    }.get(model, {})
    paid = 0 if model == "usage" else fee
    row = {"contract": f"C-{number:07}", "model": model, "fee": paid, "billed": paid}
    return {**dict.fromkeys(FLAT.names, 0), **row, **of}


def _amount(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02}"


def facts(number: int) -> Iterator[Fact]:
    """The same contract as the ledger is told it."""
    row = terms(number)
    name, model = row["contract"], row["model"]
    days = {"product": "platform", "measure": "days"}
    metered = {"id": "inference", "product": "api", "measure": "usage", "meters": ["tokens"]}
    fixed = {"id": "fee", "kind": "fixed", "amount": _amount(row["fee"])}
    promised: list[dict[str, Any]] = [{"id": "access", **days}]
    owed: list[dict[str, Any]] = [fixed]
    if model == "bundle":
        prices = {name: _amount(row[name]) for name in ("access", "support")}
        promised = [
            {"id": name, **days, "standalone_selling_price": price}
            for name, price in prices.items()
        ]
    elif model == "usage":
        promised, owed = [metered], [{"id": "use", "kind": "usage", "obligation": "inference"}]
    elif model == "commitment":
        entitled = {"counted_in": "amount", "entitled": _amount(row["entitled"])}
        promised = [{**metered, "usage": {**entitled, "lapses": "2026-12-31"}}]
        beyond = {"id": "overage", "kind": "usage", "obligation": "inference"}
        owed = [{**fixed, "obligation": "inference"}, {**beyond, "above_entitlement": True}]
    elif model == "bonus":
        owed = [fixed, {"id": "bonus", "kind": "variable", "method": "most_likely_amount"}]
    said = {"id": name, "customer": f"customer {number}", "currency": "USD"}
    span = {"inception": "2026-01-01", "start": "2026-01-01", "end": "2026-12-31"}
    told: list[dict[str, Any]] = [
        {"kind": "contract", **said, **span, "obligations": promised, "consideration": owed}
    ]
    of = {"contract": name, "on": "2026-01-01"}
    if row["billed"]:
        lines = [{"amount": _amount(row["billed"])}]
        told.append({"kind": "invoice", "id": f"I-{number}", **of, "lines": lines})
    if model == "upgrade":
        change = {"on": "2026-01-16", "price_change": _amount(row["change"])}
        told.append({"kind": "modification", "id": f"M-{number}", **of, **change})
    if model == "bonus":
        guess = {"consideration": "bonus", "amount": _amount(row["bonus"])}
        told.append({"kind": "estimate", "id": f"E-{number}", **of, **guess})
    for each in told:
        yield fact_of(each, "bench")


def found(folder: Path, contracts: int, usage_rows: int) -> Company:
    """Write the company's files."""
    flat, usage = folder / "contracts.parquet", folder / "usage.parquet"
    with pq.ParquetWriter(flat, FLAT) as writer:
        for first in range(0, contracts, BLOCK):
            rows = [terms(number) for number in range(first, min(first + BLOCK, contracts))]
            writer.write_table(pa.Table.from_pylist(rows, schema=FLAT))
    with duckdb.connect() as database:
        database.execute("set enable_progress_bar = false")
        database.execute("set memory_limit = '2GB'")
        database.execute(_USAGE.format(contracts=contracts, rows=usage_rows, path=usage))
    return Company(contracts=contracts, usage_rows=usage_rows, flat=flat, usage=usage)


_USAGE = """
copy (
    select 'metering' as source, 'evt-' || lpad(n::varchar, 10, '0') as usage_id,
           -- Contracts that use anything are the sixth to ninth of ten.
           'C-' || lpad((n // 4 % ({contracts} // 10) * 10 + 5 + n % 4)::varchar, 7, '0')
               as contract,
           'tokens' as meter, date '2026-01-01' + (hash(n) % 31)::integer as usage_date,
           ((hash(n, 1) % 1000000) || '.' || lpad((hash(n, 2) % 1000000000)::varchar, 9, '0')
               )::decimal(38, 9) as quantity,
           'token' as unit,
           ((hash(n, 3) % 30) || '.' || lpad((hash(n, 4) % 1000000000000)::varchar, 12, '0')
               )::decimal(38, 12) as amount,
           'USD' as currency, '{{}}' as dimensions
    from range({rows}) as numbers(n)
) to '{path}' (format parquet)
"""
