"""The few figures people ask for first, by month and currency."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass
from datetime import date

import pyarrow as pa

from revrec.citations import cites
from revrec.columnar import table_of
from revrec.disclosure import columns as c
from revrec.disclosure.frame import Frame, Row
from revrec.ledger.billing import charge_of, usage_charges
from revrec.model.dataset import DataSet
from revrec.model.events import CreditMemo, Invoice
from revrec.model.history import Book, ContractHistory
from revrec.money import to_minor
from revrec.periods import Calendar

BILLED_USE = pa.schema(
    [
        ("contract", pa.string()),
        ("component", pa.string()),
        ("day", pa.date32()),
        ("service", pa.string()),
        ("document", pa.string()),
        ("amount", pa.int64()),
    ]
)
"""What was invoiced for usage, less credited, before tax; ``service`` is the period its service
ends in, or the one before the document's day where the line does not tell it."""


_Billed = tuple[str, str, date, str, str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyFigures:
    """Figures of one month and currency, as posted; minor units."""

    period: str
    currency: str
    recognised: int
    """Revenue posted in the month."""
    contract_liability: int
    """Deferred revenue at the month's end."""
    contract_asset: int
    receivable: int
    unbilled: int
    """Usage recognised and not yet invoiced, contract by contract, before netting."""


_UNBILLED = """
create table unbilled_use as
with used as (
    select m.period, p.contract, p.component, p.currency, -sum(p.amount) as amount
    from posted p join month m on p.period <= m.period
    where p.account = 'revenue' and p.as_used group by all
),
billed as (
    select m.period, b.contract, b.component, sum(b.amount) as amount
    from billed_use b join month m on b.day <= m.day group by all
)
select period, contract, component, u.currency,
       greatest(u.amount - coalesce(b.amount, 0), 0)::bigint as amount
from used u left join billed b using (period, contract, component)
where u.amount > coalesce(b.amount, 0)
"""


@cites("606-10-45-3", "606-10-45-4")
def find_unbilled(frame: Frame) -> None:
    """Make the tables ``billed_use`` and ``unbilled_use``: use recognised beyond its bills.

    By period, contract and component, as posted at each period's end; minor units.
    """
    frame.load("billed_use", _billed_use(frame.inputs.book, frame.span.period.calendar))
    frame.execute(_UNBILLED)


@cites("606-10-50-8", "606-10-45-1", "606-10-45-3", "606-10-45-4")
def key_figures(frame: Frame) -> tuple[KeyFigures, ...]:
    """Revenue and balances for each month of the report and each currency.

    ``find_unbilled`` has made the table of what is unbilled.
    """
    found = frame.rows(
        """
        with currencies as (select distinct currency from posted),
        revenue as (
            select period, currency, -sum(amount) as amount
            from posted where account = 'revenue' and month <> '' group by all
        ),
        balances as (
            select label as period, currency, sum(closing) as liability,
                   sum(asset_closing) as asset, sum(receivable_closing) as receivable
            from balance group by all
        ),
        unbilled as (select period, currency, sum(amount) as amount from unbilled_use group by all)
        select m.period, c.currency, coalesce(r.amount, 0)::bigint, coalesce(liability, 0)::bigint,
               coalesce(asset, 0)::bigint, coalesce(receivable, 0)::bigint,
               coalesce(u.amount, 0)::bigint
        from month m cross join currencies c
        left join revenue r using (period, currency)
        left join balances b using (period, currency)
        left join unbilled u using (period, currency)
        order by period, currency
        """
    )
    return tuple(_of_row(row) for row in found)


def _of_row(row: Row) -> KeyFigures:
    period, currency, *amounts = row
    recognised, liability, asset, receivable, unbilled = (int(str(each)) for each in amounts)
    return KeyFigures(
        period=str(period),
        currency=str(currency),
        recognised=recognised,
        contract_liability=liability,
        contract_asset=asset,
        receivable=receivable,
        unbilled=unbilled,
    )


def as_data_set(figures: Sequence[KeyFigures]) -> DataSet:
    """Key figures as a table; balances of several months are not to be added."""
    return DataSet(
        name="key_figures",
        title="Key figures",
        columns=[
            c.PERIOD, c.CURRENCY, c.money("recognised", "Revenue"),
            c.money("contract_liability", "Contract liabilities", total=False),
            c.money("contract_asset", "Contract assets", total=False),
            c.money("receivable", "Receivables", total=False),
            c.money("unbilled", "Unbilled usage", total=False), c.ROW_KEY,
        ],
        rows=[(*astuple(each), c.key_of(each.period, each.currency)) for each in figures],
        note="As posted. Unbilled usage is before netting and part of the contract balances.",
    )  # fmt: skip


def _billed_use(book: Book, calendar: Calendar) -> pa.Table:
    rows = [row for history in book.histories.values() for row in _documents(history, calendar)]
    return table_of(rows, BILLED_USE)


def _documents(history: ContractHistory, calendar: Calendar) -> Iterator[_Billed]:
    charges = usage_charges(history)
    if not charges:
        return
    contract = history.contract
    documents: list[tuple[Invoice | CreditMemo, int]] = [
        *((each, 1) for each in history.invoices),
        *((each, -1) for each in history.credit_memos),
    ]
    for document, sign in documents:
        for line in document.lines:
            charge = charge_of(line, charges)
            if charge:
                amount = sign * to_minor(line.amount, contract.currency)
                ends = line.service_to
                service = calendar.of(ends) if ends else calendar.of(document.on).previous
                yield contract.id, charge, document.on, str(service), document.id, amount
