"""Rules over fixed fees: what was invoiced against what the contract promises.

Each rule looks at the lines that no earlier rule has explained, in the order of ``RULES``, and
says only what follows from the contract and its documents. Where they leave it open whether a line
is right (an instalment that nobody agreed on in writing, a deposit before delivery), it is taken
as right until the total says otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from revrec.model.contract import Consideration
from revrec.money import Money, to_minor
from revrec.reconciliation import limits
from revrec.reconciliation.agreed import agreed_payments, payment_not_billed
from revrec.reconciliation.bills import Bill
from revrec.reconciliation.fee_case import FeeCase, FeeDifference, key
from revrec.reconciliation.ratios import slipped
from revrec.reconciliation.reasons import Reason
from revrec.reconciliation.schedules import Schedule, schedules_of
from revrec.reconciliation.terms import DELIVERED

Rule = Callable[[FeeCase], Iterator[FeeDifference]]


def fee_differences(case: FeeCase) -> list[FeeDifference]:
    """Everything the rules find, in the order of the rules."""
    case.schedules = schedules_of(case.terms, case.bills)
    for rule in RULES:
        for found in rule(case):
            case.found.append(found)
    return case.found


def billed_after_end(case: FeeCase) -> Iterator[FeeDifference]:
    """Service that begins after the obligation's last day, or ends before its first.

    Nothing of it is promised. Where the line names no obligation, the contract's days count.
    """
    for line in case.open_lines():
        span = case.terms.span(line.obligation or None) or case.terms.span(None)
        if line.service is None or span is None:
            continue
        first, last = line.service
        if first > span[1] or last < span[0]:
            note = f"the service {first} to {last} lies outside the term {span[0]} to {span[1]}"
            yield _wrong(case, line, Reason.BILLED_AFTER_END, 0, note)


def billed_twice(case: FeeCase) -> Iterator[FeeDifference]:
    """Lines of one service and one amount, more of them than the promise has room for.

    Room is the instalment of that service where instalments are known; else the price, which the
    total must exceed by the line; else what other services of the same fee show, one line each.
    Lines that tell neither a fee nor a service are alike without being the same.
    """
    groups: dict[tuple[object, ...], list[Bill]] = {}
    for line in case.open_lines():
        if not line.consideration and line.service is None:
            continue
        same = (line.consideration, line.obligation, line.service, line.amount)
        groups.setdefault(same, []).append(line)
    for lines in groups.values():
        for line in reversed(lines[1:]):
            if _no_room_for(case, line):
                others = ", ".join(each.document for each in lines if each is not line)
                note = f"{others} had billed the same service and amount before"
                yield _wrong(case, line, Reason.BILLED_TWICE, 0, note)


def _no_room_for(case: FeeCase, line: Bill) -> bool:
    consideration = line.consideration if line.consideration in case.terms.fixed else None
    alike = case.open_lines(line.consideration)
    if consideration is not None and line.service is not None:
        schedule = case.schedules.get(consideration)
        here = [each for each in alike if each.service == line.service]
        if schedule is not None and line.service in schedule.slots:
            return sum(each.amount for each in here) - schedule.amount >= line.amount - len(here)
        others = [each.service for each in alike if each.service not in {None, line.service}]
        if others and len(others) == len(set(others)):
            return True
    modified = bool(case.terms.modifications)
    return case.excess(None if modified else consideration) >= line.amount - len(alike)


def wrong_instalment(case: FeeCase) -> Iterator[FeeDifference]:
    """A line for one instalment's service whose amount is not the instalment.

    Instalments are known where the terms state one that divides the price and the term evenly, or
    where equal lines show one that does. Not looked at: several lines for one service that do not
    exceed the instalment, and service under terms that a modification changed.
    """
    for consideration, schedule in case.schedules.items():
        for slot in schedule.slots:
            lines = [each for each in case.open_lines(consideration) if each.service == slot]
            billed = sum(each.amount for each in lines)
            if not lines or (len(lines) > 1 and billed <= schedule.amount + len(lines)):
                continue
            line = lines[-1]
            should = schedule.amount - (billed - line.amount)
            if abs(line.amount - should) > limits.ROUNDING_MINOR_PER_LINE * len(lines):
                yield from _differing(case, line, should, "the instalment agreed")


def wrong_whole(case: FeeCase) -> Iterator[FeeDifference]:
    """The only line of a fee, for the whole service, with another amount than its price.

    Only in a contract that no modification changed.
    """
    if case.terms.modifications:
        return
    for consideration in case.terms.fixed:
        lines = case.open_lines(consideration)
        if len(lines) != 1 or consideration in case.schedules:
            continue
        (line,) = lines
        span = case.terms.span(line.obligation or None)
        if line.service is None or span is None:
            continue
        should = case.promised(consideration)
        whole = line.service[0] <= span[0] and line.service[1] >= span[1]
        if whole and abs(line.amount - should) > limits.ROUNDING_MINOR_PER_LINE:
            yield from _differing(case, line, should, "the fee promised for the whole service")


def wrong_final_bill(case: FeeCase) -> Iterator[FeeDifference]:
    """A fee for a delivery, billed to its end in equal parts, of which one differs.

    Its last line is dated on or after the day of complete delivery, so the lines should come to
    the price; all but one are the price divided by their number.
    """
    for consideration, promised, done in _delivered(case):
        lines = case.open_lines(consideration)
        if case.terms.modifications or not lines or lines[-1].on < done:
            continue
        total = case.promised(consideration)
        part, rest = divmod(total, len(lines))
        odd = [each for each in lines if not part - 1 <= each.amount <= part + 1 + rest]
        off = abs(sum(each.amount for each in lines) - total)
        if len(odd) == 1 and off > limits.ROUNDING_MINOR_PER_LINE * len(lines):
            parts = "the price" if len(lines) == 1 else f"one of {len(lines)} equal parts"
            note = f"{parts} of {promised.obligation}, which was complete on {done}"
            should = total - sum(each.amount for each in lines if each is not odd[0])
            yield from _differing(case, odd[0], should, note)


def above_price(case: FeeCase) -> Iterator[FeeDifference]:
    """Invoiced in total more than the fixed price.

    After a modification that reduced the price, up to the reduction is a credit that is missing
    once it is due; before that day it is no difference. All else above the price is a wrong amount
    on the last line. Single fees are looked at only where no modification moved the price.
    """
    scopes: list[str | None] = [None]
    if not case.terms.modifications:
        scopes = [*case.terms.fixed, None]
    for consideration in scopes:
        lines = case.open_lines(consideration)
        over = case.excess(consideration)
        if not lines or over <= limits.ROUNDING_MINOR_PER_LINE * len(lines):
            continue
        for missing in _credits_missing(case, over, lines):
            over -= missing.amount
            if missing.on < case.as_of:
                yield missing
        if over > limits.ROUNDING_MINOR_PER_LINE * len(lines):
            price = Money(case.promised(consideration), case.terms.contract.currency)
            note = f"all invoices together exceed the price of {price}"
            yield _difference(lines[-1], Reason.WRONG_AMOUNT, over, lines[-1].amount - over, note)


def _credits_missing(case: FeeCase, over: int, lines: Sequence[Bill]) -> Iterator[FeeDifference]:
    """The part of an excess for which a modification reduced the price."""
    currency = case.terms.contract.currency
    for each in case.terms.modifications:
        amount = min(over, -to_minor(each.price_change, currency))
        if amount <= 0:
            continue
        from_day = max(each.on, each.new_terms_from or each.on)
        named = [obligation.id for obligation in each.revises] or list(each.withdraws)
        line = next((line for line in lines if line.obligation in named), lines[-1])
        over -= amount
        yield FeeDifference(
            reason=Reason.CREDIT_MISSING,
            consideration=line.consideration,
            obligation=line.obligation,
            month=case.first.calendar.of(from_day),
            amount=amount,
            should=-amount,
            documents=(line.document,),
            on=from_day + timedelta(days=limits.CREDIT_DAYS),
            note=f"modification {each.id} reduced the price from {from_day}",
        )


def instalment_not_billed(case: FeeCase) -> Iterator[FeeDifference]:
    """An instalment without a line ``FEE_DAYS`` after the day its siblings show.

    Or after its first day of service, where the terms say that fees are billed in advance.
    """
    for consideration, schedule in case.schedules.items():
        lines = [each for each in case.bills if each.consideration == consideration]
        services = [each.service for each in lines if each.service is not None]
        lag = _lag(case, schedule, lines)
        if lag is None or len(services) < len(lines) or case.unnamed(schedule.obligation):
            continue
        for first, last in schedule.slots:
            due = first + timedelta(days=lag)
            month = case.first.calendar.of(min(max(due, first), last))
            overlapping = any(begin <= last and first <= end for begin, end in services)
            waited = due + timedelta(days=limits.FEE_DAYS) < case.as_of
            if waited and not overlapping and case.first <= month <= case.through:
                yield FeeDifference(
                    reason=Reason.NOT_BILLED,
                    consideration=consideration,
                    obligation=schedule.obligation,
                    month=month,
                    amount=-schedule.amount,
                    should=schedule.amount,
                    documents=(),
                    on=due,
                    note=f"the instalment for {first} to {last} was due on {due}",
                )


def _lag(case: FeeCase, schedule: Schedule, lines: Sequence[Bill]) -> int | None:
    """Days from the first day of an instalment's service to its bill."""
    seen = [
        (each.on - each.service[0]).days
        for each in lines
        if each.service in schedule.slots and each.service is not None and not each.credit
    ]
    if seen:
        return max(seen)
    return 0 if case.terms.in_advance else None


def delivery_not_billed(case: FeeCase) -> Iterator[FeeDifference]:
    """The rest of a fee for a delivery, long after all of it was delivered.

    Long is ``COMPLETED_DAYS``, or ``FEE_DAYS`` where the terms say it is billed when done.
    """
    for consideration, promised, done in _delivered(case):
        days = limits.FEE_DAYS if case.terms.when_done else limits.COMPLETED_DAYS
        missing = -case.excess(consideration)
        month = case.first.calendar.of(done)
        in_range = case.first <= month <= case.through
        late = done + timedelta(days=days) < case.as_of
        unknown = case.terms.modifications or case.unnamed(promised.obligation)
        if unknown or not late or not in_range:
            continue
        if missing > limits.ROUNDING_MINOR_PER_LINE * max(1, len(case.open_lines(consideration))):
            yield FeeDifference(
                reason=Reason.NOT_BILLED,
                consideration=consideration,
                obligation=promised.obligation or "",
                month=month,
                amount=-missing,
                should=missing,
                documents=(),
                on=done,
                note=f"{promised.obligation} was complete on {done}, and the rest of its fee "
                "is on no invoice",
            )


def concession(case: FeeCase) -> Iterator[FeeDifference]:
    """A credit that neither a reduction of the price nor a wrong invoice accounts for.

    It is no mistake of billing, but revenue does not follow it by itself: whether it changes the
    transaction price (606-10-32-25) is for a person to say and to record.
    """
    currency = case.terms.contract.currency
    reductions = sum(
        -min(0, to_minor(each.price_change, currency)) for each in case.terms.modifications
    )
    gross = sum(each.amount for each in case.bills if not each.credit)
    found = sum(each.amount for each in case.found if each.reason is not Reason.CREDIT_MISSING)
    room = max(reductions, gross - found - case.promised(None), 0)
    for line in case.bills:
        if not line.credit or key(line) in case.supported:
            continue
        taken = min(room, -line.amount)
        room -= taken
        if line.amount + taken:
            note = f"credited against {line.corrects} without a change of price"
            yield _difference(line, Reason.CREDIT_MEMO, line.amount + taken, -taken, note)


RULES: Sequence[Rule] = (
    billed_after_end,
    billed_twice,
    wrong_instalment,
    wrong_whole,
    wrong_final_bill,
    above_price,
    instalment_not_billed,
    delivery_not_billed,
    payment_not_billed,
    concession,
)
"""In the order in which they are asked; what one explains, no later one sees."""


def _delivered(case: FeeCase) -> Iterator[tuple[str, Consideration, date]]:
    """Fees for one delivery each, with the day on which all of it was delivered.

    None where other days are agreed for the payments.
    """
    if agreed_payments(case):
        return
    for name, promised in case.terms.fixed.items():
        versions = [
            each.obligation
            for each in case.terms.versions
            if each.obligation.id == promised.obligation
        ]
        if not versions or versions[-1].measure not in DELIVERED:
            continue
        delivered = Decimal(0)
        for each in case.history.deliveries:
            if each.obligation == promised.obligation and each.on <= case.as_of:
                delivered += each.quantity
                if delivered >= versions[-1].quantity:
                    yield name, promised, each.on
                    break


def _differing(case: FeeCase, line: Bill, should: int, what: str) -> Iterator[FeeDifference]:
    """The line against what it should be, unless a credit has put it right."""
    credits_ = case.credits(line)
    net = line.amount + sum(each.amount for each in credits_)
    if abs(net - should) <= limits.ROUNDING_MINOR_PER_LINE:
        case.supported |= {key(each) for each in credits_}
        return
    slip = slipped(case.slips, case.terms.contract.currency, line.amount, should)
    reason = Reason.WRONG_AMOUNT if slip is None else Reason.WRONG_CURRENCY_AMOUNT
    yield replace(_wrong(case, line, reason, should, what), note=slip or what)


def _wrong(case: FeeCase, line: Bill, reason: Reason, should: int, note: str) -> FeeDifference:
    case.settled.add(key(line))
    return _difference(line, reason, line.amount - should, should, note)


def _difference(line: Bill, reason: Reason, amount: int, should: int, note: str) -> FeeDifference:
    return FeeDifference(
        reason=reason,
        consideration=line.consideration,
        obligation=line.obligation,
        month=line.month,
        amount=amount,
        should=should,
        documents=(line.document,),
        on=line.on,
        note=note,
    )
