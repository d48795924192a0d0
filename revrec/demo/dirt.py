"""What goes wrong between the gateways and the books, planted and labelled.

The true usage arrives once, late or on time. Everything else in the files is noise that ingestion
must recognise: told twice, told differently, or damaged.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from revrec.demo.deals import USAGE_FIRST, Deal, days_after
from revrec.demo.dice import Dice
from revrec.demo.usage import BATCH_SOURCE, SOURCES, Row
from revrec.model.contract import ConsiderationKind
from revrec.periods import Month

MONTHS = tuple(Month.of(USAGE_FIRST).through(Month(2026, 3)))
TYPED_SOURCE = "gateway-us"
"""The source whose files have types, in which a number cannot be misspelt."""


class Label(StrEnum):
    """What a row of a file is; of those set aside, the reason as the quarantine gives it."""

    PLAIN = "plain"
    LATE = "late"
    CORRECTION = "correction"
    DUPLICATE = "duplicate"
    CONFLICT = "conflicting-duplicate"
    MISSING_FIELD = "missing-field"
    MALFORMED_QUANTITY = "malformed-quantity"
    MALFORMED_AMOUNT = "malformed-amount"
    NEGATIVE_QUANTITY = "negative-quantity"
    UNKNOWN_CONTRACT = "unknown-contract"
    UNKNOWN_METER = "unknown-meter"
    CURRENCY_MISMATCH = "currency-mismatch"
    OUTSIDE_TERM = "outside-term"
    UNKNOWN_CORRECTION = "unknown-correction"


ACCEPTED = frozenset({Label.PLAIN, Label.LATE, Label.CORRECTION})
"""Rows that belong in the ledger; duplicates do not, and all others go to quarantine."""


@dataclass(frozen=True, slots=True)
class FileRow:
    """A row as it stands in a file; ``spelt`` replaces what was written, none for left out."""

    row: Row
    label: Label = Label.PLAIN
    spelt: Mapping[str, str | None] = field(default_factory=dict)


Files = Mapping[tuple[str, Month], Sequence[FileRow]]
"""By source and month of delivery."""


def deliver(seed: int, rows: Sequence[Row], deals: Sequence[Deal]) -> Files:
    """Put the rows into the files in which they arrive, with all that is wrong with them."""
    told: dict[tuple[str, Month], list[FileRow]] = {
        (source, month): [] for source in SOURCES for month in MONTHS
    }
    on_time: dict[tuple[str, Month], list[Row]] = defaultdict(list)
    charged = {deal.contract.id for deal in deals if _charged_as_used(deal)}
    dice = Dice(seed, "late")
    for row in rows:
        month = Month.of(row.usage_date)
        arrives = _arrival(dice, month)
        label = Label.PLAIN if arrives == month else Label.LATE
        told[row.source, arrives].append(FileRow(row, label))
        if label is Label.PLAIN:
            on_time[row.source, month].append(row)
    for source, month in told:
        here = Dice(seed, "dirt", source, month)
        earlier = on_time.get((source, month.previous), [])
        fresh = on_time[source, month]
        told[source, month] += [
            *_corrections(here, [row for row in earlier if row.contract in charged]),
            *_told_again(here, fresh, earlier),
            *_damaged(here, source, month, fresh, deals),
        ]
    return told


def _arrival(dice: Dice, month: Month) -> Month:
    """On time but for some of January, told in February or March, and of February, in March."""
    if month == MONTHS[-1] or not dice.chance(6):
        return month
    return dice.pick(MONTHS[MONTHS.index(month) + 1 :])


def _charged_as_used(deal: Deal) -> bool:
    """Whether a correction of its usage changes an invoice."""
    return any(
        charge.kind is ConsiderationKind.USAGE and not charge.above_entitlement
        for charge in deal.contract.consideration
    )


def _corrections(dice: Dice, earlier: Sequence[Row]) -> list[FileRow]:
    """The metering of a few larger customers was wrong on two days of the month before.

    The differences are told as rows of their own; most take back, some add.
    """
    by_contract: dict[str, list[Row]] = defaultdict(list)
    for row in earlier:
        if row.source != BATCH_SOURCE and row.amount >= 10**12:
            by_contract[row.contract].append(row)
    by_size = sorted(by_contract, key=lambda contract: (-len(by_contract[contract]), contract))
    corrections: list[FileRow] = []
    for contract in dice.some(by_size[: len(by_size) // 2], 3):
        days = dice.some(sorted({row.usage_date for row in by_contract[contract]}), 2)
        percent = dice.pick((-50, -50, -30, 15))
        corrections += [
            FileRow(_correction(row, percent), Label.CORRECTION)
            for row in by_contract[contract]
            if row.usage_date in days
        ]
    return corrections


def _correction(row: Row, percent: int) -> Row:
    difference = row.quantity * abs(percent) // 100 * (1 if percent > 0 else -1)
    return row._replace(
        usage_id=f"{row.usage_id}-c",
        quantity=difference,
        amount=row.amount // row.quantity * difference,
        corrects=row.usage_id,
    )


def _told_again(dice: Dice, fresh: Sequence[Row], earlier: Sequence[Row]) -> list[FileRow]:
    """Rows sent twice, in the same file or the next; a few of them with other figures."""
    again = [
        *(FileRow(row, Label.DUPLICATE) for row in dice.some(fresh, 60)),
        *(FileRow(row, Label.DUPLICATE) for row in dice.some(earlier, 25)),
    ]
    told_otherwise = [*dice.some(fresh, 6), *dice.some(earlier, 4)]
    for row in told_otherwise:
        more = row.quantity + dice.between(1, 1 + row.quantity // 3)
        other = row._replace(quantity=more, amount=row.amount // row.quantity * more)
        again.append(FileRow(other, Label.CONFLICT))
    return again


def _damaged(
    dice: Dice, source: str, month: Month, fresh: Sequence[Row], deals: Sequence[Deal]
) -> list[FileRow]:
    """Rows that no reader should take, each for a reason of its own."""
    victims = iter(dice.some(fresh, 16))
    numbers = iter(range(1, 17))

    def stray() -> Row:
        row = next(victims)
        return row._replace(usage_id=f"{row.usage_id}-x{next(numbers)}")

    damaged = [FileRow(stray(), Label.MISSING_FIELD, {name: None}) for name in ("meter", "unit")]
    damaged += [
        FileRow(stray()._replace(contract=f"CT-9{dice.between(100, 999)}"), Label.UNKNOWN_CONTRACT)
        for _ in range(3)
    ]
    for _ in range(2):
        row = stray()
        other = "EUR" if row.currency == "USD" else "USD"
        damaged.append(FileRow(row._replace(currency=other), Label.CURRENCY_MISMATCH))
    for _ in range(2):
        row = stray()
        damaged.append(
            FileRow(
                row._replace(quantity=-row.quantity, amount=-row.amount), Label.NEGATIVE_QUANTITY
            )
        )
    row = stray()._replace(meter="aurora-next.input_tokens")
    damaged.append(FileRow(row, Label.UNKNOWN_METER))
    row = stray()
    undone = row._replace(quantity=-row.quantity, amount=-row.amount, corrects="lost-000000")
    damaged.append(FileRow(undone, Label.UNKNOWN_CORRECTION))
    damaged += [FileRow(row, Label.OUTSIDE_TERM) for row in _outside_term(stray(), month, deals)]
    if source != TYPED_SOURCE:
        damaged += [
            FileRow(stray(), Label.MALFORMED_QUANTITY, {"quantity": "1.250.000"}),
            FileRow(stray(), Label.MALFORMED_AMOUNT, {"amount": "12,75"}),
            FileRow(stray(), Label.MALFORMED_AMOUNT, {"amount": "n/a"}),
        ]
    return damaged


def _outside_term(row: Row, month: Month, deals: Sequence[Deal]) -> list[Row]:
    """Two rows of contracts whose term starts or ends in the month, dated a day beyond it."""
    beyond: list[Row] = []
    for deal in deals:
        days: list[date] = []
        start, end = deal.contract.first_day, deal.contract.end
        if deal.meters and month.first < start <= month.last:
            days.append(days_after(start, -1))
        if deal.meters and end is not None and month.first <= end < month.last:
            days.append(days_after(end, 1))
        beyond += [
            row._replace(
                usage_id=f"{row.usage_id}-{deal.contract.id.lower()}",
                contract=deal.contract.id,
                meter=deal.meters[0].name,
                unit=deal.meters[0].unit,
                currency=deal.contract.currency,
                usage_date=day,
            )
            for day in days
        ]
    return beyond[:2]
