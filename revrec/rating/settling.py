"""An invoice from its lines to what is due, with what every credit paid."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from revrec.rating.proration import rounded
from revrec.rating.questions import Answer, Settlement, contradicts, plain
from revrec.rating.settlement import (
    Covered,
    InvoiceStep,
    capped,
    discounted,
    invoiced,
    laid_over,
    shortfalls,
)

_NOTHING = Decimal(0)
_Lines = list[tuple[str, Decimal]]


def settled(asked: Settlement) -> Answer:
    """Lines rounded, cut at the maximum, trued up; then coupons, taxes and credits in order.

    Raises FeedError for lines or credits named twice, and for commitments that are not told.
    """
    gross, missing = _lines(asked)
    kept = (
        gross
        if asked.maximum is None
        else list(capped(gross, asked.maximum, asked.charged_before).items())
    )
    lines = kept + [(f"true-up of {name}", amount) for name, amount in missing.items() if amount]
    total = sum((amount for _, amount in lines), _NOTHING)
    off = discounted(
        total,
        asked.coupons,
        chained=asked.chained,
        rounding=asked.rounding,
        currency=asked.currency,
    )
    covered = _covered(asked, lines)
    found = invoiced(
        total,
        coupon=off,
        tax_percents=asked.tax_percents,
        compounding=asked.compounding,
        credits_applied=_applied(asked, covered),
        order=asked.order,
        taxed_before_credits=asked.taxed_before_credits,
        rounding=asked.rounding,
        currency=asked.currency,
    )

    def money(amount: Decimal) -> str:
        return plain(rounded(Fraction(amount), asked.rounding, asked.currency))

    figures = {
        "lines": money(total),
        "coupons": money(off),
        "net": money(found.net),
        "tax": money(found.tax),
        "due": money(found.due),
    }
    was, now = dict(gross), dict(lines)
    rows = tuple(
        {
            "line": each.line,
            "gross": money(was.get(each.line, now[each.line])),
            "amount": money(now[each.line]),
            "paid_by_credits": plain(_paid(each)),
            "left": plain(each.due),
        }
        for each in covered
    )
    tables = {"lines": rows, "credits": _credits(covered)}
    return Answer(kind=asked.kind, figures=figures, tables=tables)


def _applied(asked: Settlement, covered: list[Covered]) -> Decimal:
    """Credits that pay: of lines where they come before tax or are limited to some, else of all."""
    before_tax = asked.order.index(InvoiceStep.CREDIT) < asked.order.index(InvoiceStep.TAX)
    if before_tax or any(each.pays for each in asked.credits):
        return sum(map(_paid, covered), _NOTHING)
    return sum((each.amount for each in asked.credits), _NOTHING)


def _paid(each: Covered) -> Decimal:
    return sum(each.credits.values(), _NOTHING)


def _credits(covered: list[Covered]) -> tuple[dict[str, str], ...]:
    return tuple(
        {"line": each.line, "credit": name, "amount": plain(amount)}
        for each in covered
        for name, amount in each.credits.items()
    )


def _lines(asked: Settlement) -> tuple[_Lines, dict[str, Decimal]]:
    """Rounded lines, and what is missing to each commitment."""
    for what, names in (
        ("lines", [each.id for each in asked.lines]),
        ("credits", [each.id for each in asked.credits]),
    ):
        if len(set(names)) < len(names):
            raise contradicts(f"the {what}", "have a name twice", "Name each once.")
    if sorted(asked.order) != sorted(InvoiceStep):
        raise contradicts("the order", "does not tell each step once", "List the three steps.")
    lines = [
        (each.id, rounded(Fraction(each.amount), asked.rounding, asked.currency))
        for each in asked.lines
    ]
    known = {each.id for each in asked.commitments}
    spent: dict[str, Decimal] = {}
    for told, (_, amount) in zip(asked.lines, lines, strict=True):
        if told.counts_to is None:
            continue
        if told.counts_to not in known:
            raise contradicts(
                f"the line {told.id!r}", f"counts to {told.counts_to!r}, which is not told",
                "Tell the commitment.",
            )  # fmt: skip
        spent[told.counts_to] = spent.get(told.counts_to, _NOTHING) + amount
    missing = shortfalls(asked.commitments, spent)
    return lines, {
        name: rounded(Fraction(amount), asked.rounding, asked.currency)
        for name, amount in missing.items()
    }


def _covered(asked: Settlement, lines: _Lines) -> list[Covered]:
    """What credits pay of the lines."""
    pays = {each.id: each.pays for each in asked.credits if each.pays}
    known = {line for line, _ in lines}
    for name, wanted in pays.items():
        strangers = sorted(set(wanted) - known)
        if strangers:
            raise contradicts(
                f"the credit {name!r}", f"pays {', '.join(strangers)}, which is no line",
                "Name lines of the invoice.",
            )  # fmt: skip
    return laid_over(
        lines,
        [(each.id, each.amount) for each in asked.credits],
        pays=pays,
        in_proportion=asked.in_proportion,
    )
