"""An invoice from its lines to what is due, with what every credit paid."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from revrec.model.rating import Rounding
from revrec.money import AMOUNT_SCALE
from revrec.rating.proration import rounded
from revrec.rating.questions import Answer, SettledAt, Settlement, contradicts, plain
from revrec.rating.settlement import (
    Covered,
    InvoiceStep,
    capped,
    discounted,
    invoiced,
    laid_over,
    shortfalls,
    waterfall,
)

_NOTHING = Decimal(0)
_Lines = list[tuple[str, Decimal]]


def settled(asked: Settlement) -> Answer:
    """Lines rounded, cut at the maximum, trued up; then coupons, taxes and credits in order.

    Raises FeedError for lines or credits named twice, and for commitments that are not told.
    """
    last = asked.rounding
    if asked.rounded_at is SettledAt.INVOICE:
        asked = replace(asked, rounding=Rounding(decimals=AMOUNT_SCALE, mode=last.mode))
    gross, missing = _lines(asked)
    kept = (
        gross
        if asked.maximum is None
        else list(capped(gross, asked.maximum, asked.charged_before).items())
    )
    lines = kept + [(f"true-up of {name}", amount) for name, amount in missing.items() if amount]
    total = sum((amount for _, amount in lines), _NOTHING)
    off = _off(asked, lines)
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
        return plain(rounded(Fraction(amount), last, asked.currency))

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


def _off(asked: Settlement, lines: _Lines) -> Decimal:
    """What coupons take off."""
    coupons = ((str(number), each.lines) for number, each in enumerate(asked.coupons, 1))
    _refuse_strangers("coupon", coupons, lines)
    return discounted(
        lines,
        asked.coupons,
        chained=asked.chained,
        rounding=asked.rounding,
        currency=asked.currency,
    )


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
    known = {each.id: each.amount for each in asked.commitments}
    spent: dict[str, Decimal] = {}
    for told, (_, amount) in zip(asked.lines, lines, strict=True):
        towards = (told.counts_to,) if isinstance(told.counts_to, str) else told.counts_to
        for strange in (name for name in towards if name not in known):
            raise contradicts(
                f"the line {told.id!r}", f"counts to {strange!r}, which is not told",
                "Tell the commitment.",
            )  # fmt: skip
        for name, part in waterfall(towards, amount, spent, known).items() if towards else ():
            spent[name] = spent.get(name, _NOTHING) + part
    missing = shortfalls(asked.commitments, spent)
    return lines, {
        name: rounded(Fraction(amount), asked.rounding, asked.currency)
        for name, amount in missing.items()
    }


def _covered(asked: Settlement, lines: _Lines) -> list[Covered]:
    """What credits pay of the lines."""
    pays = {each.id: each.pays for each in asked.credits if each.pays}
    _refuse_strangers("credit", ((repr(name), of) for name, of in pays.items()), lines)
    return laid_over(
        lines,
        [(each.id, each.amount) for each in asked.credits],
        pays=pays,
        in_proportion=asked.in_proportion,
    )


def _refuse_strangers(
    what: str, wanted: Iterable[tuple[str, tuple[str, ...]]], lines: _Lines
) -> None:
    """Refuse credits and coupons of lines that are not told."""
    known = {line for line, _ in lines}
    for name, of in wanted:
        strangers = sorted(set(of) - known)
        if strangers:
            raise contradicts(
                f"the {what} {name}", f"is of {', '.join(strangers)}, which is no line",
                "Name lines of the invoice.",
            )  # fmt: skip
