"""Documents that reconcile what was billed with what should have been; nothing old is edited.

difference = due by a day (all facts known now) - billed by then, for each contract and
consideration. More is due: an invoice. Less, though everything agreed for later is counted in:
credit memos on the latest invoices. What is billed ahead of its day stays. Once the documents are
recorded nothing differs.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from revrec.commitments.billing import considerations_of
from revrec.commitments.charges import Charge
from revrec.errors import InvariantViolated
from revrec.model.events import CreditMemo, Invoice, InvoiceLine
from revrec.model.history import ContractHistory
from revrec.money import as_text, from_minor, minor_digits, round_ratio, to_minor

_Group = tuple[str, str | None]
"""Contract and consideration."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciling:
    """What is due and what was billed of a consideration, with the documents that reconcile."""

    contract: str
    consideration: str | None
    currency: str
    due: int
    """Minor units, as all below."""
    agreed: int
    """Due, and what is agreed for later days."""
    billed: int
    reasons: tuple[str, ...]
    """What is due, part by part."""
    documents: tuple[Invoice | CreditMemo, ...]

    @property
    def difference(self) -> int:
        """What is to be billed, or below 0 to be credited."""
        return max(self.due - self.billed, 0) or min(self.agreed - self.billed, 0)


def reconciling(
    charges: Iterable[Charge], histories: Mapping[str, ContractHistory], as_of: date
) -> Iterator[Reconciling]:
    """Due beside billed for every consideration that is charged, in a stable order."""
    by_group: dict[_Group, list[Charge]] = defaultdict(list)
    for charge in charges:
        by_group[charge.contract, charge.consideration].append(charge)
    ordered = sorted(by_group.items(), key=lambda each: (each[0][0], each[0][1] or ""))
    for (contract, consideration), told in ordered:
        found = _reconciling(histories[contract], consideration, told, as_of)
        if found.agreed or found.billed:
            yield found


def _reconciling(
    history: ContractHistory, consideration: str | None, charges: list[Charge], as_of: date
) -> Reconciling:
    contract = history.contract
    currency = contract.currency
    by_then = [each for each in charges if each.on <= as_of]
    due = _minor(sum((each.amount for each in by_then), Fraction(0)), currency)
    agreed = _minor(sum((each.amount for each in charges), Fraction(0)), currency)
    open_ones = _open(history, consideration, as_of)
    billed = sum(amount for _, amount in open_ones)
    parts: dict[str, Fraction] = defaultdict(Fraction)
    for each in by_then:
        parts[each.reason] += each.amount
    reasons = tuple(
        f"{reason}: {as_text(_minor(amount, currency), currency)}"
        for reason, amount in parts.items()
        if amount
    )
    name = f"{contract.id} {consideration or '(no consideration)'} {as_of}"
    documents: tuple[Invoice | CreditMemo, ...] = ()
    if due > billed:
        served = _served(by_then, due - billed, currency)
        line = InvoiceLine(
            amount=from_minor(due - billed, currency),
            consideration=consideration,
            service_from=served,
            service_to=served,
        )
        documents = (
            Invoice(id=f"reconciling {name}", contract=contract.id, on=as_of, lines=(line,)),
        )
    elif agreed < billed:
        back = billed - agreed
        told = (currency, name, "; ".join(reasons))
        documents = tuple(_memos(open_ones, back, consideration, told, as_of))
    return Reconciling(
        contract=contract.id,
        consideration=consideration,
        currency=currency,
        due=due,
        agreed=agreed,
        billed=billed,
        reasons=reasons,
        documents=documents,
    )


def _served(charges: Iterable[Charge], owed: int, currency: str) -> date | None:
    """The day that what is owed is for, where it is one charge that is earned at once."""
    days = [
        each.earned_on
        for each in charges
        if each.earned_on is not None and _minor(each.amount, currency) == owed
    ]
    return max(days, default=None)


def _open(
    history: ContractHistory, consideration: str | None, as_of: date
) -> list[tuple[Invoice, int]]:
    """Invoices of a consideration, the latest first, with what of each was not credited."""
    currency = history.contract.currency
    terms = considerations_of(history)

    def amount(lines: Iterable[InvoiceLine]) -> int:
        return sum(
            to_minor(line.amount, currency)
            for line in lines
            if terms.of_line(line) == consideration
        )

    credited: dict[str, int] = defaultdict(int)
    for memo in history.credit_memos:
        if memo.on <= as_of:
            credited[memo.invoice] += amount(memo.lines)
    found = [
        (each, amount(each.lines) - credited[each.id])
        for each in history.invoices
        if each.on <= as_of
    ]
    return sorted(found, key=lambda each: (each[0].on, each[0].id), reverse=True)


def _memos(
    open_ones: list[tuple[Invoice, int]],
    back: int,
    consideration: str | None,
    told: tuple[str, str, str],
    as_of: date,
) -> Iterator[CreditMemo]:
    """Credit memos for what is due back; ``told`` are currency, name and reason."""
    currency, name, reason = told
    for invoice, left in open_ones:
        part = min(back, left)
        if part <= 0:
            continue
        line = InvoiceLine(amount=from_minor(part, currency), consideration=consideration)
        yield CreditMemo(
            id=f"reconciling {name} on {invoice.id}",
            contract=invoice.contract,
            on=as_of,
            invoice=invoice.id,
            lines=(line,),
            reason=reason,
        )
        back -= part
    if back:
        raise InvariantViolated(
            f"{as_text(back, currency)} of {name} is to be credited and no invoice is left for it."
        )


def _minor(amount: Fraction, currency: str) -> int:
    scaled = amount * 10 ** minor_digits(currency)
    return round_ratio(scaled.numerator, scaled.denominator)
