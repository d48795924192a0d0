"""A translation into the currency of reports for readers (830-30)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from revrec.disclosure import columns as c
from revrec.ledger.translation import Adjustment, Held, Translation
from revrec.model.dataset import DataSet, TieOut
from revrec.money import from_minor, minor_digits, round_ratio

_RATE_DIGITS = 12
ACCOUNT = (
    c.ENTITY,
    c.text("gl_code", "Account"),
    c.text("gl_name", "Account name"),
    c.text("account", "Ledger account"),
)
"""How an account is named in a trial balance."""


@dataclass(frozen=True, slots=True)
class Translated:
    """A translation for readers."""

    made: Translation
    adjusted: Held
    functional: str
    reporting: str
    entity: int

    def lines(self) -> DataSet:
        """Every account in the currency of reports, and the adjustment."""
        made, rate = self.made, self.made.adjustments[-1].rate_closing
        opening = self.made.adjustments[0].opening
        closing = self.made.adjustments[-1].closing
        rows: list[tuple[object, ...]] = [
            self._line(
                each.held,
                "closing rate" if each.held.stands else "average rate of each period",
                (each.opening_translated, each.closing_translated),
                (each.closing, self._major(rate) if each.held.stands else None),
            )
            for each in made.lines
        ]
        basis = "translation adjustment (830-30-45-12)"
        rows.append(self._line(self.adjusted, basis, (-opening, -closing), (0, None)))
        return DataSet(
            name="translated_trial_balance",
            title="Trial balance, translated",
            columns=[
                *ACCOUNT,
                c.text("basis", "Translated at"),
                c.CURRENCY,
                c.money("opening", "Opening (debit positive)"),
                c.money("movement", "Movement"),
                c.money("closing", "Closing (debit positive)"),
                c.text("functional_currency", "Functional currency"),
                c.quantity("functional", "Closing in the functional currency"),
                c.quantity("rate", "Rate"),
                c.ROW_KEY,
            ],
            rows=sorted(rows, key=lambda row: [str(value) for value in row[1:4]]),
            note="Assets and liabilities at the closing rate, income at the average rate of the "
            "period it was posted in; what remains is other comprehensive income.",
        )

    def _line(
        self,
        held: Held,
        basis: str,
        amounts: tuple[int, int],
        functional: tuple[int, Decimal | None],
    ) -> tuple[object, ...]:
        opening, closing = amounts
        return (
            self.entity,
            held.gl_code,
            held.gl_name,
            held.account,
            basis,
            self.reporting,
            opening,
            closing - opening,
            closing,
            self.functional,
            from_minor(functional[0], self.functional),
            functional[1],
            c.key_of(held.gl_code, held.account),
        )

    def adjustments(self) -> DataSet:
        """How the adjustment moved, period by period, with its proof."""
        return DataSet(
            name="translation_adjustment",
            title="Translation adjustment",
            columns=[
                c.ENTITY,
                c.PERIOD,
                c.CURRENCY,
                c.money("opening", "Opening", total=False),
                c.money("on_net_assets", "Opening net assets by the change of rate"),
                c.money("on_income", "Income by closing rate less average"),
                c.money("rounding", "Rounding of accounts"),
                c.money("closing", "Closing", total=False),
                c.text("functional_currency", "Functional currency"),
                c.quantity("net_assets", "Opening net assets"),
                c.quantity("income", "Income"),
                c.quantity("rate_before", "Opening rate"),
                c.quantity("rate_average", "Average rate"),
                c.quantity("rate_closing", "Closing rate"),
                c.ROW_KEY,
            ],
            rows=[self._adjustment(each) for each in self.made.adjustments],
            note="Gains are positive. Net assets are what this ledger holds of the entity's.",
        )

    def _adjustment(self, each: Adjustment) -> tuple[object, ...]:
        return (
            self.entity,
            str(each.period),
            self.reporting,
            each.opening,
            each.on_net_assets,
            each.on_income,
            each.rounding,
            each.closing,
            self.functional,
            from_minor(each.net_assets, self.functional),
            from_minor(each.income, self.functional),
            *(
                None if rate is None else self._major(rate)
                for rate in (each.rate_before, each.rate_average, each.rate_closing)
            ),
            c.key_of(str(each.period)),
        )

    def _major(self, rate: Fraction) -> Decimal:
        """Units of the reporting currency for one of the functional, to ``_RATE_DIGITS``."""
        digits = _RATE_DIGITS + minor_digits(self.functional) - minor_digits(self.reporting)
        told = round_ratio(rate.numerator * 10**digits, rate.denominator)
        return Decimal(told).scaleb(-_RATE_DIGITS).normalize()

    def proofs(self) -> Iterator[TieOut]:
        """The adjustment is what rates do to net assets and income, but for rounding."""
        beyond = sum(
            max(0, 2 * abs(each.rounding) - each.roundings) for each in self.made.adjustments
        )
        moved = sum(
            each.on_net_assets + each.on_income + each.rounding for each in self.made.adjustments
        )
        for name, left_name, left, right_name, right in (
            (
                "Translation adjustment, opening and movements", "Opening and movements",
                self.made.adjustments[0].opening + moved, "Translated accounts, together",
                sum(each.closing_translated for each in self.made.lines),
            ),
            (
                "Translation adjustment, proof by rates",
                "Rounding beyond half a minor unit for each amount", beyond, "Nothing", 0,
            ),
        ):  # fmt: skip
            yield TieOut(
                name=name,
                left_name=left_name,
                left=left,
                right_name=right_name,
                right=right,
                currency=self.reporting,
                mark="R",
            )
