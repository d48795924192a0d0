"""Credits and commitments at a report's end: the credit ledger and the burn-down of commitments.

Shown where something is held. What was paid for a grant stands with it alone, so that what it was
worth as drawn, left and lapsed, here and where it rolled over, adds up to it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal

from revrec.commitments.consumption import CommitmentStanding
from revrec.commitments.position import Position
from revrec.commitments.standing import CreditStanding
from revrec.disclosure import columns as c
from revrec.disclosure.frame import Row
from revrec.model.contract import CountedIn
from revrec.model.dataset import DataSet, TieOut
from revrec.money import minor_digits, to_minor

_COUNTS = {
    "granted": "Granted",
    "corrected": "Corrected",
    "drawn": "Drawn",
    "expired": "Expired",
    "voided": "Voided",
    "rolled_over": "Rolled over",
    "raised": "Raised by a floor",
    "remaining": "Remaining",
}
_WORTHS = {
    "worth_drawn": "Paid for what was drawn",
    "worth_remaining": "Paid for what is left",
    "worth_lapsed": "Paid for what lapsed",
}
_CONSUMED = {
    "amount": "Committed",
    "consumed": "Consumed",
    "remaining": "Remaining",
    "rolled_over": "Rolled over",
    "lapsed": "Lapsed",
    "exceeded": "Beyond",
    "projected": "Use at this pace",
    "shortfall_projected": "Shortfall at this pace",
    "overage_projected": "Overage at this pace",
    "shortfall": "Missing so far",
}
_HUNDREDTH = Decimal("0.01")


def burn_down(position: Position, entity: int) -> list[DataSet]:
    """The credit ledger, then the commitments; none where nothing is held."""
    credits_held, commitments = list(position.credits()), list(position.commitments())
    found = []
    if credits_held:
        found.append(_credit_ledger(credits_held, entity))
    if commitments:
        found.append(_commitments(commitments, entity))
    return found


def draw_ledger(position: Position, entity: int) -> DataSet:
    """Every draw by the report's end in order, with what was paid for it."""
    rows: list[Row] = [
        (
            entity,
            each.customer,
            each.contract,
            each.account,
            each.region,
            each.day,
            each.meter,
            each.grant,
            "covered" if each.covered else "beyond",
            each.currency,
            each.quantity,
            each.amount,
            to_minor(each.worth, each.currency),
            c.key_of(each.account, f"{number:09d}"),
        )
        for number, each in enumerate(position.draws(), 1)
    ]
    return DataSet(
        name="credit_draws",
        title="Draws",
        columns=[
            c.ENTITY,
            c.CUSTOMER,
            c.CONTRACT,
            c.text("account", "Drawn on as"),
            c.text("region", "Region"),
            c.day("day", "Day"),
            c.text("meter", "Meter"),
            c.text("grant", "Credits or commitment"),
            c.text("covered", "Covered"),
            c.CURRENCY,
            c.quantity("quantity", "Quantity"),
            c.quantity("amount", "Rated amount"),
            c.money("worth", "Paid for it"),
            c.ROW_KEY,
        ],
        rows=rows,
    )


def burn_down_tie_outs(position: Position) -> Iterator[TieOut]:
    """What was paid for credits, and committed in amounts, against what became of it."""
    yield from _commitments_tie_outs(position)
    paid: dict[str, int] = defaultdict(int)
    worth: dict[str, int] = defaultdict(int)
    for each in position.credits():
        paid[each.currency] += _paid(each)
        worth[each.currency] += sum(
            to_minor(getattr(each, name), each.currency) for name in _WORTHS
        )
    for currency in sorted(paid):
        yield TieOut(
            name="Credits, what was paid for them",
            left_name="Credit ledger: drawn, left and lapsed",
            left=worth[currency],
            right_name="Credit ledger: cost basis",
            right=paid[currency],
            currency=currency,
            mark="CF",
        )


def _commitments_tie_outs(position: Position) -> Iterator[TieOut]:
    """Of amounts committed, what was consumed, is left and lapsed, with what rolled over."""
    sums: dict[str, list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
    for each in position.commitments():
        if each.counted_in is CountedIn.AMOUNT:
            held = sums[each.currency]
            held[0] += each.consumed + each.remaining + each.lapsed
            held[1] += each.amount
    for currency, pair in sorted(sums.items()):
        unit = Decimal(1).scaleb(-minor_digits(currency))
        became, committed = (to_minor(each.quantize(unit), currency) for each in pair)
        yield TieOut(
            name="Commitments, what became of them",
            left_name="Commitment burn-down: consumed, remaining and lapsed",
            left=became,
            right_name="Commitment burn-down: committed",
            right=committed,
            currency=currency,
            mark="CF",
        )


def _paid(each: CreditStanding) -> int:
    return to_minor(each.cost_basis, each.currency) if each.grant == each.origin else 0


def _credit_ledger(held: list[CreditStanding], entity: int) -> DataSet:
    rows: list[Row] = [
        (
            entity,
            each.customer,
            each.contract,
            each.account,
            each.region,
            each.grant,
            "promotional" if each.promotional else "paid",
            each.counted_in.value,
            each.currency,
            each.priority,
            each.first_day,
            each.last_day,
            *(getattr(each, name) for name in _COUNTS),
            _paid(each),
            *(to_minor(getattr(each, name), each.currency) for name in _WORTHS),
            c.key_of(each.account, each.grant),
        )
        for each in held
    ]
    return DataSet(
        name="credit_ledger",
        title="Credit ledger",
        columns=[
            c.ENTITY,
            c.CUSTOMER,
            c.CONTRACT,
            c.text("account", "Drawn on as"),
            c.text("region", "Region"),
            c.text("grant", "Grant"),
            c.text("source", "Source"),
            c.text("counted_in", "Counted in"),
            c.CURRENCY,
            c.count("priority", "Priority"),
            c.day("first_day", "From"),
            c.day("last_day", "To"),
            *(c.quantity(name, title) for name, title in _COUNTS.items()),
            c.money("cost_basis", "Cost basis"),
            *(c.money(name, title) for name, title in _WORTHS.items()),
            c.ROW_KEY,
        ],
        rows=rows,
        note="What rolled over is a row of its own; what was paid for it stands with its grant.",
    )


def _commitments(held: list[CommitmentStanding], entity: int) -> DataSet:
    rows: list[Row] = [
        (
            entity,
            each.customer,
            each.contract,
            each.account,
            each.commitment,
            each.form.value,
            each.within or "",
            each.counted_in.value,
            each.currency,
            each.first_day,
            each.last_day,
            *(getattr(each, name) for name in _CONSUMED),
            each.days_left,
            _share(each.expected_percent),
            _share(each.actual_percent),
            each.exhausted_on,
            each.true_up_on,
            to_minor(each.true_up, each.currency),
            c.key_of(each.account, each.commitment),
        )
        for each in held
    ]
    return DataSet(
        name="commitment_burn_down",
        title="Commitment burn-down",
        columns=[
            c.ENTITY,
            c.CUSTOMER,
            c.CONTRACT,
            c.text("account", "Drawn on as"),
            c.text("commitment", "Commitment"),
            c.text("form", "Paid"),
            c.text("within", "Within"),
            c.text("counted_in", "Counted in"),
            c.CURRENCY,
            c.day("first_day", "From"),
            c.day("last_day", "To"),
            *(c.quantity(name, title) for name, title in _CONSUMED.items()),
            c.count("days_left", "Days left"),
            c.ratio("expected", "Expected on an even course"),
            c.ratio("actual", "Used"),
            c.day("exhausted_on", "Used up on"),
            c.day("true_up_on", "True-up on"),
            c.money("true_up", "True-up"),
            c.ROW_KEY,
        ],
        rows=rows,
        note="The pace is the average since the first day; a day to come is a forecast by it.",
    )


def _share(percent: Decimal | None) -> Decimal | None:
    return None if percent is None else percent * _HUNDREDTH
