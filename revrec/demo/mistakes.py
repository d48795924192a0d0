"""Billing mistakes as they are made: planted in correct invoices, each of them on record."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import ROUND_HALF_EVEN, Decimal

from revrec.demo.billing import RUNS, Draft
from revrec.demo.catalogue import in_dollars
from revrec.demo.deals import USAGE_FIRST, Deal, days_after, in_sample
from revrec.demo.dice import Dice
from revrec.demo.manifest import BillingMistake
from revrec.demo.metering import Metering, rounded
from revrec.model.events import InvoiceLine
from revrec.money import from_minor
from revrec.periods import Month

_WORTH_A_LOOK = 20_000
"""Least amount in minor units of a line that is made wrong; a mistake of cents teaches nothing."""


@dataclass(slots=True, kw_only=True)
class Planted:
    """A mistake, with the document that will have a number once all are issued."""

    kind: str
    deal: Deal
    line: InvoiceLine
    period: Month
    expected: Decimal
    billed: Decimal
    draft: Draft | None
    note: str

    def on_record(self) -> BillingMistake:
        """The mistake with the number of its document."""
        return BillingMistake(
            kind=self.kind,
            contract=self.deal.contract.id,
            customer=self.deal.contract.customer_name,
            currency=self.deal.contract.currency,
            obligation=self.line.obligation or "",
            consideration=self.line.consideration or "",
            period=str(self.period),
            expected=self.expected,
            billed=self.billed,
            document=self.draft.id if self.draft else "",
            note=self.note,
        )


class _NobodyFitsError(Exception):
    """The draw of this seed left no document in which the mistake could be made."""


@dataclass(slots=True)
class _Bench:
    """What mistakes are made with; every contract suffers one at most."""

    dice: Dice
    drafts: list[Draft]
    metering: Metering
    spoilt: set[str] = field(default_factory=set)
    planted: list[Planted] = field(default_factory=list)

    def choose(self, fits: Callable[[Draft], bool]) -> Draft:
        """A document that fits, of a contract not yet spoilt."""
        credited = {id(memo.corrects) for memo in self.drafts if memo.corrects}
        candidates = [
            draft
            for draft in self.drafts
            if draft.deal.contract.id not in self.spoilt
            and id(draft) not in credited
            and draft.on >= USAGE_FIRST
            and fits(draft)
        ]
        if not candidates:
            raise _NobodyFitsError
        draft = self.dice.pick(candidates)
        self.spoilt.add(draft.deal.contract.id)
        return draft

    def record(
        self,
        kind: str,
        draft: Draft,
        line: InvoiceLine,
        *,
        note: str,
        expected: Decimal | None = None,
        billed: Decimal = Decimal(0),
        document: Draft | None = None,
    ) -> None:
        """Note a mistake about ``line``, as it stood in the correct ``draft``."""
        self.planted.append(
            Planted(
                kind=kind,
                deal=draft.deal,
                line=line,
                period=draft.run or Month.of(draft.on),
                expected=line.amount if expected is None else expected,
                billed=billed,
                draft=document,
                note=note,
            )
        )


def plant(seed: int, drafts: list[Draft], metering: Metering) -> list[Planted]:
    """Make fifteen mistakes of eleven kinds in the drafts, and say which.

    A mistake for which the seed has no victim is left out.
    """
    bench = _Bench(Dice(seed, "mistakes"), drafts, metering)
    for spoil in (
        _wrong_currency,
        _overage_not_billed,
        _credit_memo_missing,
        _billed_after_end,
        _override_ignored,
        _wrong_rate,
        _usage_not_billed,
        _usage_not_billed,
        _usage_billed_twice,
        _fee_billed_twice,
        _missing_days,
        _missing_days,
        _fee_not_billed,
        _wrong_fee,
        _wrong_fee,
    ):
        with suppress(_NobodyFitsError):
            spoil(bench)
    return bench.planted


def _usage_not_billed(bench: _Bench) -> None:
    draft = bench.choose(_one_month_of_usage)
    line = draft.lines.pop(0)
    if not draft.lines:
        bench.drafts.remove(draft)
    bench.record("usage-not-billed", draft, line, note="The month's usage is on no invoice.")


def _overage_not_billed(bench: _Bench) -> None:
    draft = bench.choose(
        lambda draft: _one_month_of_usage(draft) and draft.lines[0].consideration == "overage"
    )
    bench.drafts.remove(draft)
    bench.record(
        "overage-not-billed",
        draft,
        draft.lines[0],
        note="The commitment was used up, the usage above it is on no invoice.",
    )


def _usage_billed_twice(bench: _Bench) -> None:
    _bill_again(
        bench, bench.choose(lambda draft: _one_month_of_usage(draft) and len(draft.lines) == 1)
    )


def _fee_billed_twice(bench: _Bench) -> None:
    _bill_again(bench, bench.choose(_one_fee))


def _bill_again(bench: _Bench, draft: Draft) -> None:
    again = Draft(
        deal=draft.deal,
        on=draft.on + timedelta(days=3),
        lines=list(draft.lines),
        run=draft.run,
        disputed=True,
    )
    bench.drafts.append(again)
    line = draft.lines[0]
    bench.record(
        "billed-twice",
        draft,
        line,
        billed=2 * line.amount,
        document=again,
        note="A second invoice for what was invoiced three days before.",
    )


def _override_ignored(bench: _Bench) -> None:
    draft = bench.choose(_discounted_usage)
    discount = draft.deal.discount
    amount = _in_minor_units(draft.lines[0].amount * 100 / (100 - discount), draft.deal)
    note = f"Billed without the agreed discount of {discount}%."
    _spoil_line(bench, "override-not-billed", draft, amount, note)


def _wrong_rate(bench: _Bench) -> None:
    draft = bench.choose(_discounted_usage)
    amount = _in_minor_units(draft.lines[0].amount * 107 / 100, draft.deal)
    _spoil_line(bench, "wrong-rate", draft, amount, "Billed at a price that is 7% too high.")


def _missing_days(bench: _Bench) -> None:
    draft = bench.choose(_one_month_of_usage)
    line, run = draft.lines[0], draft.run
    if run is None or line.obligation is None or line.quantity is None:
        raise AssertionError("an invoice for usage names its month, obligation and quantity")
    missing = [
        tally
        for day, tally in bench.metering.by_day[draft.deal.contract.id, line.obligation].items()
        if Month.of(day) == run and day > days_after(run.last, -3)
    ]
    atoms = bench.metering.used(draft.deal.contract.id, line.obligation, run, run).amount
    left = atoms - sum(tally.amount for tally in missing)
    draft.lines[0] = replace(
        line, quantity=line.quantity - sum(tally.quantity for tally in missing)
    )
    _spoil_line(
        bench,
        "missing-days",
        draft,
        rounded(left, draft.deal.contract.currency),
        "The last three days of the month were not in the extract that was billed.",
    )


def _wrong_currency(bench: _Bench) -> None:
    draft = bench.choose(
        lambda draft: _one_month_of_usage(draft) and draft.deal.contract.currency != "USD"
    )
    amount = _in_minor_units(
        in_dollars(draft.lines[0].amount, draft.deal.contract.currency), draft.deal
    )
    _spoil_line(
        bench, "wrong-currency", draft, amount, "The figure is in dollars, the invoice is not."
    )


def _wrong_fee(bench: _Bench) -> None:
    draft = bench.choose(_one_fee)
    digits = str(int(draft.lines[0].amount))
    swapped = _in_minor_units(Decimal(digits[1] + digits[0] + digits[2:]), draft.deal)
    _spoil_line(bench, "wrong-fee", draft, swapped, "The first two digits are transposed.")


def _fee_not_billed(bench: _Bench) -> None:
    draft = bench.choose(_one_fee)
    bench.drafts.remove(draft)
    bench.record("fee-not-billed", draft, draft.lines[0], note="The instalment is on no invoice.")


def _credit_memo_missing(bench: _Bench) -> None:
    memos = [draft for draft in bench.drafts if draft.corrects and draft.run]
    largest = max((memo.lines[0].amount for memo in memos), default=None)
    memo = bench.choose(lambda draft: draft in memos and draft.lines[0].amount == largest)
    bench.drafts.remove(memo)
    line = memo.lines[0]
    bench.record(
        "credit-memo-missing",
        memo,
        line,
        expected=-line.amount,
        document=memo.corrects,
        note="Usage was corrected downwards after it was invoiced; nothing was credited.",
    )
    bench.planted[-1].period = RUNS[0]


def _billed_after_end(bench: _Bench) -> None:
    deals = {draft.deal.contract.id: draft.deal for draft in bench.drafts}
    ended = [deal for deal in deals.values() if _ended(deal)]
    if not ended:
        raise _NobodyFitsError
    deal = bench.dice.pick(ended)
    bench.spoilt.add(deal.contract.id)
    last = [draft for draft in bench.drafts if draft.deal is deal][-1]
    if deal.contract.end is None:
        raise AssertionError("an ended contract has an end")
    first_day = days_after(deal.contract.end, 1)
    line = replace(
        last.lines[0],
        service_from=first_day,
        service_to=days_after(first_day, 89),
    )
    draft = Draft(deal=deal, on=first_day, lines=[line], disputed=True)
    bench.drafts.append(draft)
    bench.record(
        "billed-after-end",
        draft,
        line,
        expected=Decimal(0),
        billed=line.amount,
        document=draft,
        note=f"The contract ended on {deal.contract.end} and was not renewed.",
    )


def _spoil_line(bench: _Bench, kind: str, draft: Draft, amount: Decimal, note: str) -> None:
    """Bill the first line with another amount, and tax in proportion."""
    line = draft.lines[0]
    bench.record(kind, draft, line, billed=amount, document=draft, note=note)
    tax = _in_minor_units(amount * draft.deal.tax_rate, draft.deal)
    draft.lines[0] = replace(line, amount=amount, tax=tax)


def _one_month_of_usage(draft: Draft) -> bool:
    """An invoice for the usage of one month, of an amount worth a look."""
    return (
        draft.run is not None
        and draft.corrects is None
        and all(line.service_to == _last_billed(draft) for line in draft.lines)
        and _worth_a_look(draft)
    )


def _discounted_usage(draft: Draft) -> bool:
    return _one_month_of_usage(draft) and draft.deal.discount > 0


def _last_billed(draft: Draft) -> object:
    run, end = draft.run, draft.deal.contract.end
    if run is None:
        return None
    return run.last if end is None else min(run.last, end)


def _one_fee(draft: Draft) -> bool:
    """An instalment of several, of two unlike first digits."""
    digits = str(int(draft.lines[0].amount))
    return (
        draft.run is None
        and draft.corrects is None
        and len(draft.lines) == 1
        and "instalment" in draft.deal.contract.terms
        and draft.on > draft.deal.contract.first_day
        and digits[0] != digits[1]
        and digits[1] != "0"
        and _worth_a_look(draft)
    )


def _ended(deal: Deal) -> bool:
    end = deal.contract.end
    return (
        deal.sold_as == "subscription"
        and end is not None
        and days_after(USAGE_FIRST, -20) <= end
        and in_sample(days_after(end, 1))
    )


def _worth_a_look(draft: Draft) -> bool:
    unit = from_minor(1, draft.deal.contract.currency)
    return draft.lines[0].amount >= _WORTH_A_LOOK * unit


def _in_minor_units(amount: Decimal, deal: Deal) -> Decimal:
    return amount.quantize(from_minor(1, deal.contract.currency), ROUND_HALF_EVEN)
