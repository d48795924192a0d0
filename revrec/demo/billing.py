"""Invoices as they should have been: fees on their days, usage in arrears, credits where due."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal

from revrec.demo.deals import Deal, Fee, days_after, in_sample
from revrec.demo.dice import Dice
from revrec.demo.metering import Billable, Metering, billable
from revrec.model.contract import Consideration, ConsiderationKind
from revrec.model.events import CreditMemo, Invoice, InvoiceLine, Payment
from revrec.money import from_minor, minor_digits
from revrec.periods import Month

RUNS = (Month(2026, 1), Month(2026, 2))
"""Months whose usage is billed within the sample, in the first days of the next."""
DAYS_TO_PAY = 30


@dataclass(slots=True, eq=False)
class Draft:
    """An invoice or credit memo before it has a number."""

    deal: Deal
    on: date
    lines: list[InvoiceLine]
    run: Month | None = None
    """The month whose usage is billed; none for fees."""
    corrects: Draft | None = None
    """The invoice that a credit memo takes back in part."""
    reason: str = ""
    disputed: bool = False
    """Whether the customer leaves it unpaid."""
    id: str = ""

    @property
    def total(self) -> Decimal:
        """Amount with tax."""
        return sum((line.amount + line.tax for line in self.lines), Decimal(0))


@dataclass(slots=True)
class _Billed:
    """What earlier runs have billed of a month, and on which invoice."""

    quantity: Decimal = Decimal(0)
    amount: Decimal = Decimal(0)
    invoice: Draft | None = None


def bill(seed: int, deals: Sequence[Deal], metering: Metering) -> list[Draft]:
    """Every invoice and credit memo up to the last day of the sample."""
    drafts: list[Draft] = []
    for deal in deals:
        drafts += _fees(deal)
        drafts += _usage(Dice(seed, "billing", deal.contract.id), deal, metering)
    return drafts


def _fees(deal: Deal) -> Iterator[Draft]:
    by_day: dict[date, list[Fee]] = defaultdict(list)
    for fee in deal.fees:
        if in_sample(fee.on):
            by_day[fee.on].append(fee)
    first: Draft | None = None
    for on, fees in sorted(by_day.items()):
        draft = Draft(deal=deal, on=on, lines=[_fee_line(deal, fee) for fee in fees])
        if fees[0].amount < 0:
            draft.corrects, draft.reason = first, "Fewer seats for the rest of the term."
        first = first or draft
        yield draft


def _fee_line(deal: Deal, fee: Fee) -> InvoiceLine:
    amount = _in_minor_units(abs(fee.amount), deal)
    return InvoiceLine(
        amount=amount,
        tax=_in_minor_units(amount * deal.tax_rate, deal),
        obligation=fee.obligation,
        consideration=fee.consideration,
        service_from=fee.service_from,
        service_to=fee.service_to,
    )


def _usage(dice: Dice, deal: Deal, metering: Metering) -> Iterator[Draft]:
    billed: dict[tuple[str, Month], _Billed] = defaultdict(_Billed)
    charges = [c for c in deal.contract.consideration if c.kind is ConsiderationKind.USAGE]
    for run in RUNS if charges else ():
        on = run.next.first.replace(day=2 + dice.between(0, 2))
        invoice = Draft(deal=deal, on=on, lines=[], run=run)
        memos: list[Draft] = []
        for charge in charges:
            for month in RUNS[: RUNS.index(run) + 1]:
                before = billed[charge.id, month]
                now = billable(metering, deal, charge, month, run)
                line = _usage_line(deal, charge, month, now, before)
                if line.amount < 0 and before.invoice:
                    memos.append(_credit(before.invoice, on, run, line))
                elif line.amount > 0 or (line.quantity or 0) > 0:
                    invoice.lines.append(line)
                    before.invoice = before.invoice or invoice
                else:
                    continue
                before.quantity, before.amount = now.quantity or Decimal(0), now.amount
        if invoice.total:
            yield invoice
        yield from memos


def _usage_line(
    deal: Deal, charge: Consideration, month: Month, now: Billable, before: _Billed
) -> InvoiceLine:
    """What the run bills of the month: all of it at first, later only what changed."""
    amount = now.amount - before.amount
    end = deal.contract.end
    return InvoiceLine(
        amount=amount,
        tax=_in_minor_units(amount * deal.tax_rate, deal),
        obligation=charge.obligation,
        consideration=charge.id,
        quantity=None if now.quantity is None else now.quantity - before.quantity,
        service_from=max(month.first, deal.contract.first_day),
        service_to=month.last if end is None else min(month.last, end),
    )


def _credit(invoice: Draft, on: date, run: Month, line: InvoiceLine) -> Draft:
    taken_back = replace(
        line,
        amount=-line.amount,
        tax=-line.tax,
        quantity=None if line.quantity is None else -line.quantity,
    )
    return Draft(
        deal=invoice.deal,
        on=on,
        lines=[taken_back],
        run=run,
        corrects=invoice,
        reason="Metering corrected.",
    )


def _in_minor_units(amount: Decimal, deal: Deal) -> Decimal:
    unit = from_minor(1, deal.contract.currency)
    return amount.quantize(unit, ROUND_HALF_EVEN)


@dataclass(frozen=True, slots=True)
class Billing:
    """Numbered documents in order of their dates, and what was paid."""

    invoices: list[Invoice] = field(default_factory=list)
    credit_memos: list[CreditMemo] = field(default_factory=list)
    payments: list[Payment] = field(default_factory=list)


def issue(seed: int, drafts: Sequence[Draft]) -> Billing:
    """Number the documents, by year and date, and let customers pay."""
    billing = Billing()
    counts: dict[str, int] = defaultdict(int)
    ordered = sorted(drafts, key=lambda draft: (draft.on, draft.deal.contract.id))
    for draft in ordered:
        series = f"{'CM' if draft.corrects else 'INV'}-{draft.on.year}"
        counts[series] += 1
        draft.id = f"{series}-{counts[series]:05d}"
    credited: dict[str, list[Draft]] = defaultdict(list)
    for draft in ordered:
        if draft.corrects:
            credited[draft.corrects.id].append(draft)
    for draft in ordered:
        contract = draft.deal.contract.id
        if draft.corrects:
            billing.credit_memos.append(
                CreditMemo(
                    id=draft.id,
                    contract=contract,
                    on=draft.on,
                    invoice=draft.corrects.id,
                    lines=tuple(draft.lines),
                    reason=draft.reason,
                )
            )
            continue
        due = days_after(draft.on, DAYS_TO_PAY)
        billing.invoices.append(
            Invoice(id=draft.id, contract=contract, on=draft.on, due=due, lines=tuple(draft.lines))
        )
        billing.payments.extend(
            _paid(Dice(seed, "payment", draft.id), draft, credited[draft.id], due)
        )
    billing.payments.sort(key=lambda payment: (payment.on, payment.id))
    return billing


def _paid(dice: Dice, draft: Draft, credited: Sequence[Draft], due: date) -> Iterator[Payment]:
    """Most pay about when it is due, some late, some in part, a few not at all."""
    habit = dice.weighted({"in time": 78, "late": 14, "in part": 4, "not": 4})
    late = dice.between(8, 40) if habit == "late" else dice.between(-12, 4)
    on = days_after(due, late)
    owed = draft.total - sum((memo.total for memo in credited if memo.on <= on), Decimal(0))
    if habit == "in part":
        owed = (owed / 2).quantize(Decimal(1).scaleb(-minor_digits(draft.deal.contract.currency)))
    if habit != "not" and not draft.disputed and owed > 0 and in_sample(on):
        yield Payment(
            id=f"PAY-{draft.id.removeprefix('INV-')}",
            contract=draft.deal.contract.id,
            on=on,
            amount=owed,
            invoice=draft.id,
        )
