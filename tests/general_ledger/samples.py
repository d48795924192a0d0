"""Entries, postings and documents of tests."""

from __future__ import annotations

import csv
import io
from collections import Counter
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zipfile import ZipFile

from revrec.general_ledger.documents import Document, DocumentLine, Exported
from revrec.general_ledger.rendering import ExportFile
from revrec.ledger.chain import GENESIS, link
from revrec.ledger.entries import JournalEntry, JournalLine, PostedEntry
from revrec.periods import Period

JANUARY = Period(2026, 1)
CLOSE = Exported(
    entity=1,
    period=JANUARY,
    ordinal=1,
    run="5f0c1d2e3b4a",
    created=date(2026, 2, 3),
    currency="USD",
)
TOLD = {
    "sap": {"company_code": "1000"},
    "netsuite": {"subsidiary": "Parent"},
    "oracle_fusion": {"ledger_id": "300000001"},
}
"""What a layout needs to be told."""


def line(account: str, amount: int, **changes: Any) -> JournalLine:
    """A line of USD on an account of the chart with the ledger account's name."""
    fields = {
        "account": account,
        "product": "",
        "gl_code": {"contract_liability": "2400", "revenue": "4000", "receivable": "1200"}[account],
        "gl_name": account.replace("_", " ").title(),
        "currency": "USD",
        "amount": amount,
    }
    return JournalLine(**{**fields, **changes})


def posted(*entries: tuple[JournalLine, ...]) -> list[PostedEntry]:
    """Entries with their place in the chain."""
    made = [
        JournalEntry(
            period=JANUARY,
            origin=JANUARY,
            event="satisfaction",
            currency=lines[0].currency,
            memo="",
            lines=lines,
        )
        for lines in entries
    ]
    return link(made, (0, GENESIS), entity=1, posted_at=datetime(2026, 2, 3, tzinfo=UTC), by="a")


def document(*amounts: int, worths: tuple[int, ...] | None = None) -> Document:
    """A document of a line for each amount, with functional amounts if given."""
    return Document(
        id="R1-2601-1SN1",
        batch="R1-2601-1S",
        period=JANUARY,
        on=JANUARY.last,
        currency="EUR",
        functional_currency="" if worths is None else "USD",
        memo="Revenue accounting",
        lines=tuple(
            DocumentLine(
                account=str(1000 + number),
                account_name="",
                ledger_account="revenue",
                product="",
                amount=amount,
                functional=None if worths is None else worths[number],
            )
            for number, amount in enumerate(amounts)
        ),
    )


def sums(documents: list[Document]) -> tuple[Counter[str], Counter[str]]:
    """Amounts and functional amounts by account."""
    amounts: Counter[str] = Counter()
    worths: Counter[str] = Counter()
    for each in documents:
        for line in each.lines:
            amounts[line.account] += line.amount
            worths[line.account] += line.functional or 0
    return amounts, worths


def table(file: ExportFile) -> list[list[str]]:
    """The rows of a CSV file, out of its zip if it is in one."""
    content = file.content
    if file.name.endswith(".zip"):
        with ZipFile(io.BytesIO(content)) as archive:
            (name,) = archive.namelist()
            content = archive.read(name)
    return list(csv.reader(io.StringIO(content.decode("utf-8"), newline="")))


def net(
    rows: list[list[str]], account: int, debit: int, credit: int | None = None
) -> dict[str, Decimal]:
    """Debits less credits by account, read back from rows; one signed column without credit."""
    found: dict[str, Decimal] = {}
    for row in rows:
        amount = Decimal(row[debit] or 0) - (Decimal(row[credit] or 0) if credit else 0)
        found[row[account]] = found.get(row[account], Decimal(0)) + amount
    return found
