"""What the reconciliation reads, as tables of a database in memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from importlib.resources import files

import duckdb
import pyarrow as pa

from revrec.model.contract import ConsiderationKind, CountedIn
from revrec.model.history import Book
from revrec.money import AMOUNT_SCALE, minor_digits
from revrec.periods import FOREVER, Calendar
from revrec.reconciliation import limits
from revrec.reconciliation.bills import Bill
from revrec.reconciliation.fee_case import FeeDifference
from revrec.reconciliation.prices import Shares, parts
from revrec.reconciliation.ratios import Slips
from revrec.reconciliation.reasons import Reason
from revrec.reconciliation.schemas import (
    BILLS,
    CHARGE_TERMS,
    COMPONENTS,
    CONTRACTS,
    DAY,
    FEE_DIFFERENCES,
    FIXED_BILLS,
    INT,
    METERS,
    NO_CONTRACT,
    REVENUE,
    SERVICES,
    SHARES,
    SLIPS,
    USAGE,
    VERSIONS,
)
from revrec.reconciliation.terms import TIMED, Terms

Row = Sequence[object]


def load(database: duckdb.DuckDBPyConnection, name: str, table: pa.Table) -> None:
    """Copy a table into the database under its name."""
    database.register(f"{name}_arrow", table)
    database.execute(f"create table {name} as select * from {name}_arrow")
    database.unregister(f"{name}_arrow")


def run(database: duckdb.DuckDBPyConnection, name: str) -> None:
    """Execute one of the room's SQL files."""
    text = files(__package__).joinpath(f"{name}.sql").read_text(encoding="utf-8")
    database.execute(text)


def any_row(database: duckdb.DuckDBPyConnection, among: str) -> bool:
    """Whether there is a row of a table, or one that meets a condition."""
    return database.execute(f"select exists(from {among})").fetchall() == [(True,)]


def table_of(schema: pa.Schema, rows: Iterable[Row]) -> pa.Table:
    """Rows as columns."""
    listed = list(rows)
    columns = list(zip(*listed, strict=True)) if listed else [()] * len(schema)
    arrays = [pa.array(column, each.type) for column, each in zip(columns, schema, strict=True)]
    return pa.Table.from_arrays(arrays, schema=schema)


def usage_table(book: Book, daily: pa.Table | None) -> pa.Table:
    """The roll-up and the book's own usage events; an event counts as recorded on its day."""
    tables = [] if daily is None else [_rolled_up(daily)]
    told = [
        (0, each.contract, each.meter, each.on, each.quantity, each.amount, 1, each.on, each.on)
        for each in book.usage
    ]
    tables.append(table_of(USAGE, told))
    usage = pa.concat_tables(tables)
    return usage.set_column(0, "place", pa.array(range(usage.num_rows), INT))


def _rolled_up(daily: pa.Table) -> pa.Table:
    columns = {
        "contract": daily["contract"],
        "meter": daily["meter"],
        "day": daily["usage_date"],
        "quantity": daily["quantity"],
        "amount": daily["amount"],
        "told_rows": daily["rows"],
        "recorded": daily["last_recorded_at"].cast(DAY),
        "first_recorded": (
            daily["first_recorded_at"].cast(DAY)
            if "first_recorded_at" in daily.column_names
            else pa.nulls(daily.num_rows, DAY)
        ),
        "place": pa.nulls(daily.num_rows, INT),
    }
    return pa.table({name: columns[name] for name in USAGE.names}).cast(USAGE)


def revenue_table(revenue: pa.Table, calendar: Calendar) -> pa.Table:
    """Posted revenue with the first day of its economic period."""
    origins = revenue["origin"].unique().to_pylist()
    days = {text: calendar.parse(text).first for text in origins}
    month = pa.array([days[text] for text in revenue["origin"].to_pylist()], DAY)
    columns = ["contract", "obligation", "component", "event", "amount"]
    named = revenue.select(columns).append_column("month", month)
    return named.select(REVENUE.names).cast(REVENUE)


def contract_tables(terms: Mapping[str, Terms], as_of: date) -> dict[str, pa.Table]:
    """Everything the contracts say."""
    return {
        "contracts": table_of(CONTRACTS, (_contract(each) for each in terms.values())),
        "versions": table_of(VERSIONS, (row for each in terms.values() for row in _versions(each))),
        "meters": table_of(METERS, (row for each in terms.values() for row in _meters(each))),
        "no_contract": table_of(
            NO_CONTRACT,
            ((name, *span) for name, each in terms.items() for span in each.without),
        ),
        "services": table_of(
            SERVICES, (row for each in terms.values() for row in _services(each, as_of))
        ),
        "charge_terms": table_of(
            CHARGE_TERMS, (row for each in terms.values() for row in _charge_terms(each))
        ),
        "components": table_of(
            COMPONENTS, (row for each in terms.values() for row in _components(each))
        ),
    }


def bill_tables(
    bills: Sequence[Bill],
    found: Mapping[str, Sequence[FeeDifference]],
    shares: Mapping[str, Shares],
    terms: Mapping[str, Terms],
    slips: Slips,
) -> dict[str, pa.Table]:
    """What was billed, with fixed fees by the obligations that earn them."""
    fixed = (
        (each.contract, obligation, each.month.first, each.on, part)
        for each in bills
        if each.side == "fixed"
        for obligation, part in parts(
            each.amount,
            each.obligation,
            shares.get(each.contract, {}),
            terms[each.contract].later(each.on),
        ).items()
    )
    differences = (
        (contract, obligation, each.month.first, each.on, each.reason.value, part)
        for contract, named in found.items()
        for each in named
        for obligation, part in parts(
            each.amount, each.obligation, shares.get(contract, {}), terms[contract].later(each.on)
        ).items()
    )
    priced = (
        (
            contract,
            name,
            each.stated,
            each.allocated,
            each.earned,
            bool(terms[contract].modifications),
        )
        for contract, by_obligation in shares.items()
        for name, each in by_obligation.items()
    )
    ratios = (
        (currency, each.ratio.numerator, each.ratio.denominator, each.said)
        for currency, named in sorted(slips.items())
        for each in named
    )
    return {
        "bills": table_of(BILLS, (_bill(place, each) for place, each in enumerate(bills))),
        "fixed_bills": table_of(FIXED_BILLS, fixed),
        "fee_differences": table_of(FEE_DIFFERENCES, differences),
        "shares": table_of(SHARES, priced),
        "slips": table_of(SLIPS, ratios),
    }


def _bill(place: int, bill: Bill) -> Row:
    return (
        place,
        bill.contract,
        bill.document,
        bill.corrects,
        bill.credit,
        bill.on,
        bill.position,
        bill.side.value,
        bill.consideration,
        bill.obligation,
        bill.amount,
        bill.quantity,
        bill.first,
        bill.last,
        bill.month.first,
        bill.cancelled,
    )


def _contract(terms: Terms) -> Row:
    contract = terms.contract
    return (
        contract.id,
        contract.customer,
        contract.customer_name,
        contract.currency,
        10 ** (AMOUNT_SCALE - minor_digits(contract.currency)),
        contract.first_day,
        terms.usage_months,
        terms.discount,
    )


def _versions(terms: Terms) -> Iterable[Row]:
    for number, each in enumerate(terms.versions):
        yield (
            terms.contract.id,
            each.obligation.id,
            number,
            each.first_day,
            each.last_day,
            terms.paid_ahead(each.obligation),
            min(each.first_day, each.obligation.start or each.first_day),
        )


def _meters(terms: Terms) -> Iterable[Row]:
    charged = {each.obligation for each in terms.charges}
    for number, each in enumerate(terms.versions):
        name = each.obligation.id
        for meter in dict.fromkeys(each.obligation.counted_meters):
            yield (
                terms.contract.id,
                meter,
                name,
                number,
                each.first_day,
                each.last_day,
                name in charged,
            )


def _services(terms: Terms, as_of: date) -> Iterable[Row]:
    charged = {each.obligation for each in terms.charges}
    for name in dict.fromkeys(each.obligation.id for each in terms.versions):
        versions = [each for each in terms.versions if each.obligation.id == name]
        last = versions[-1].obligation
        ends = max(each.last_day for each in versions)
        drawdown = None
        if terms.paid_ahead(last) is not None:
            drawdown = Reason.COMMITMENT_DRAWDOWN
        elif last.usage.entitled is not None:
            drawdown = Reason.CREDIT_DRAWDOWN
        used = {each.right for each in terms.exercises}
        is_open = (last.option is not None or last.renewal is not None) and name not in used
        runs_out = (last.measure in TIMED and not is_open) or drawdown is not None
        over = runs_out and ends < FOREVER and (as_of - ends).days > limits.CREDIT_DAYS
        meters = sorted({meter for each in versions for meter in each.obligation.counted_meters})
        metered = name in charged or drawdown is not None or bool(last.meters)
        yield (
            terms.contract.id,
            name,
            ", ".join(meters) if metered else "",
            name in charged,
            drawdown,
            ends,
            over,
        )


def _charge_terms(terms: Terms) -> Iterable[Row]:
    contract = terms.contract.id
    overage: set[str] = set()
    for each in terms.charges:
        overage |= {each.obligation} if each.above else set()
        share = each.consideration.retained_share
        kept = Decimal(1) if share is None else share
        royalty = each.consideration.royalty is not None
        yield (
            contract,
            each.consideration.id,
            each.obligation,
            each.above,
            each.from_day,
            kept,
            royalty,
            each.transferred,
        )
    for name in dict.fromkeys(
        each.obligation.id
        for each in terms.versions
        if each.obligation.usage.entitled is not None
        and each.obligation.usage.counted_in is CountedIn.AMOUNT
    ):
        if name not in overage and all(each.obligation != name for each in terms.charges):
            yield contract, "", name, True, date.min, Decimal(1), False, None


def _components(terms: Terms) -> Iterable[Row]:
    for each in terms.consideration.values():
        if each.kind is not ConsiderationKind.FIXED:
            yield terms.contract.id, each.id, each.kind.value


MACROS = f"""
create macro half_even(n, d) as
    n // d + sign(n) * sign(d)
             * (2 * abs(n % d) + abs((n // d) % 2) > abs(d))::integer;
create macro amount_atoms(amount) as (amount * {10**12})::hugeint;
create macro quantity_atoms(quantity) as (quantity * {10**9})::hugeint;
create macro in_minor(amount, unit) as half_even(amount_atoms(amount), unit::hugeint)::bigint;
create macro kept_of(amount, kept) as
    case when kept = 1 then amount::decimal(38, 12)
         else (amount::decimal(27, 12) * kept)::decimal(38, 12) end;
create macro rate(amount, quantity) as
    amount_atoms(amount) * {10**9} // quantity_atoms(quantity);
create macro places(unit) as length(({10**12} // unit)::varchar) - 1;
create macro in_decimals(amount, unit) as
    case when unit = {10**12} then amount::varchar
         else case when amount < 0 then '-' else '' end
              || (abs(amount) // ({10**12} // unit))::varchar || '.'
              || lpad((abs(amount) % ({10**12} // unit))::varchar, places(unit)::integer, '0') end;
create macro marked(part) as replace(replace(part, '\\', '\\\\'), '/', '\\/');
"""
"""Rounding half to even as in ``money.round_ratio``; amounts and quantities as integers of their
last kept place; amounts as text with the currency's decimals, and parts of a row key."""
