"""What a column of a layout holds on a line: text exact to the character, amounts as decimals.

Codes that a ledger looks up (accounts, customers, products) are written as they are: a changed
code would be another one. Words are ours and begin with a word, so none of them can run as a
formula; in files for spreadsheets every text is made safe besides.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from revrec.errors import ReportError
from revrec.general_ledger.documents import Document, DocumentLine
from revrec.general_ledger.layouts import Layout, LayoutColumn, Value
from revrec.money import minor_digits, with_decimals


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A line where it stands."""

    document: Document
    line: DocumentLine
    number: int
    """In its document, from 1."""
    number_in_file: int
    created: date


def cell(place: Place, column: LayoutColumn, layout: Layout, told: Mapping[str, str]) -> str:
    """The text of a column; ReportError for a code or an amount that does not fit."""
    if column.first_line_only and place.number > 1:
        return ""
    if column.parameter:
        return told[column.parameter]
    if column.value is None:
        return column.text
    value = VALUES[column.value](place)
    if isinstance(value, date):
        return value.strftime(column.form or "%Y-%m-%d")
    if column.value in _AMOUNTS:
        _check_digits(value, layout, place)
    if column.characters is not None and len(value) > column.characters:
        if column.value not in _WORDS:
            raise ReportError(
                f"{column.title} {value!r} has more than the {column.characters} characters "
                f"{layout.title} takes.",
                remedy="Map it to a shorter code, or export by account.",
                value=value,
            )
        return value[: column.characters].rstrip()
    return value


def _check_digits(amount: str, layout: Layout, place: Place) -> None:
    whole = amount.lstrip("-").partition(".")[0]
    if layout.amount_digits is not None and len(whole) > layout.amount_digits:
        raise ReportError(
            f"{amount} in {place.document.id} has more digits than {layout.title} takes.",
            remedy="Export postings, whose amounts are smaller.",
            value=amount,
        )


def _amount(place: Place, sign: int) -> str:
    """The amount if it is on that side; zero on the side of its functional amount alone."""
    line = place.line
    if (line.amount or line.functional or 0) * sign <= 0:
        return ""
    return with_decimals(abs(line.amount), minor_digits(place.document.currency))


def _functional(place: Place, sign: int) -> str:
    """The functional amount if the line is on that side; one that is on the other is refused."""
    line, currency = place.line, place.document.functional_currency
    if line.functional is None or (line.amount or line.functional) * sign <= 0:
        return ""
    if line.functional * sign < 0:
        raise ReportError(
            f"A line on {line.account} in {place.document.id} is a debit in one currency and a "
            "credit in the other.",
            remedy="Export postings instead of sums.",
        )
    return with_decimals(abs(line.functional), minor_digits(currency))


def _line_memo(place: Place) -> str:
    line = place.line
    month, told = line.origin, [line.contract, line.obligation, line.event]
    if not line.contract:
        month = str(place.document.period)
        told = [line.ledger_account.replace("_", " "), line.product]
    return f"Revenue {month}: {' '.join(filter(None, told))}"


VALUES: Mapping[Value, Callable[[Place], str | date]] = {
    "account": lambda at: at.line.account,
    "account_name": lambda at: at.line.account_name,
    "amount": lambda at: with_decimals(at.line.amount, minor_digits(at.document.currency)),
    "batch": lambda at: at.document.batch,
    "contract": lambda at: at.line.contract,
    "created": lambda at: at.created,
    "credit": lambda at: _amount(at, -1),
    "currency": lambda at: at.document.currency,
    "customer": lambda at: at.line.customer,
    "date": lambda at: at.document.on,
    "debit": lambda at: _amount(at, 1),
    "document": lambda at: at.document.id,
    "document_and_memo": lambda at: f"{at.document.id} {at.document.memo}",
    "entry": lambda at: at.line.entry,
    "event": lambda at: at.line.event,
    "functional_credit": lambda at: _functional(at, -1),
    "functional_currency": lambda at: at.document.functional_currency,
    "functional_debit": lambda at: _functional(at, 1),
    "functional_size": lambda at: _functional(at, 1) or _functional(at, -1),
    "ledger_account": lambda at: at.line.ledger_account,
    "line": lambda at: f"{at.document.id}-{at.number}",
    "line_memo": _line_memo,
    "line_number": lambda at: str(at.number),
    "line_number_in_file": lambda at: str(at.number_in_file),
    "memo": lambda at: at.document.memo,
    "obligation": lambda at: at.line.obligation,
    "origin": lambda at: at.line.origin,
    "period": lambda at: str(at.document.period),
    "period_memo": lambda at: f"Revenue {at.document.period}",
    "product": lambda at: at.line.product,
}
"""What each value of a layout is."""
_AMOUNTS = frozenset(
    {"amount", "credit", "debit", "functional_credit", "functional_debit", "functional_size"}
)
_WORDS = frozenset({"document_and_memo", "line_memo", "memo", "period_memo"})
"""Text that may be cut."""
