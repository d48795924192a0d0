"""Exchange rates as told, looked up by day and by period; exact, never inverted or crossed."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import partial

from revrec.citations import cites
from revrec.errors import MissingExchangeRate
from revrec.model.currencies import ExchangeRate, RateBasis
from revrec.model.history import Book
from revrec.money import minor_digits
from revrec.periods import Period


class Rates:
    """Rates into the functional currency, in its minor units for one of the other's."""

    def __init__(self, into: str, told: Iterable[ExchangeRate], *, stands_days: int) -> None:
        """``stands_days`` is how old the rate of a day may be."""
        self.into = into
        self._stands_days = stands_days
        self._spot: defaultdict[str, dict[date, Fraction]] = defaultdict(dict)
        self._told: defaultdict[str, dict[date, Fraction]] = defaultdict(dict)
        self._average: dict[tuple[str, Period], Fraction] = {}
        for each in sorted(told, key=lambda each: (each.on, each.id)):
            if each.into != into:
                continue
            rate = self.of_units(each.currency, each.rate)
            if each.basis is RateBasis.SPOT:
                self._spot[each.currency][each.on] = rate
            else:
                self._told[each.currency][each.on] = rate
        self._days = {currency: list(days) for currency, days in self._spot.items()}
        self._known: dict[tuple[str, date], Fraction] = {}

    def of_units(self, currency: str, rate: Decimal) -> Fraction:
        """A rate of units as one of minor units."""
        digits = minor_digits(self.into) - minor_digits(currency)
        return Fraction(rate) * Fraction(10) ** digits

    @cites("830-20-30-1", "830-20-35-2")
    def spot(self, currency: str, day: date) -> Fraction:
        """The rate of the day: the latest told by then.

        Raises MissingExchangeRate when there is none, or none that still stands.
        """
        key = currency, day
        if key not in self._known:
            found = self._standing(currency, day)
            if found is None:
                raise self._missing(currency, day)
            self._known[key] = found
        return self._known[key]

    @cites("830-10-55-10", "830-10-55-11")
    def average(self, currency: str, period: Period) -> Fraction:
        """The rate of what arises over the period: the average told in it, or that of its days.

        Of several told the latest counts; days without a rate do not.
        """
        key = currency, period
        if key not in self._average:
            told = self._told[currency]
            within = [day for day in told if period.first <= day <= period.last]
            self._average[key] = told[max(within)] if within else self._of_days(currency, period)
        return self._average[key]

    def _of_days(self, currency: str, period: Period) -> Fraction:
        days = (period.last - period.first).days + 1
        each_day = [period.first + timedelta(days=number) for number in range(days)]
        standing = [each for each in map(partial(self._standing, currency), each_day) if each]
        if not standing:
            self.spot(currency, period.last)
        return sum(standing, Fraction(0)) * Fraction(1, len(standing))

    def _standing(self, currency: str, day: date) -> Fraction | None:
        days = self._days.get(currency, [])
        place = bisect_right(days, day)
        if place and (day - days[place - 1]).days <= self._stands_days:
            return self._spot[currency][days[place - 1]]
        return None

    def _missing(self, currency: str, day: date) -> MissingExchangeRate:
        before = [each for each in self._days.get(currency, []) if each <= day]
        last = f"the last before is of {before[-1]}" if before else "there is none before"
        return MissingExchangeRate(
            f"No exchange rate of {currency} into {self.into} stands on {day}: {last}, and a rate "
            f"stands for {self._stands_days} days.",
            remedy=f"Record an exchange_rate of {currency} into {self.into} on {day}, or elect "
            "another exchange_rates_stand.",
            citation="830-20-30-1",
            currency=currency,
            into=self.into,
            day=day.isoformat(),
        )


def rates_of(book: Book) -> Rates | None:
    """The rates of a book; none while its functional currency was not told."""
    return rates_into(book, book.currencies.functional_currency) if book.currencies else None


def rates_into(book: Book, currency: str) -> Rates:
    """What the book is told of rates into a currency."""
    days, _, _ = book.policy.value("exchange_rates_stand").partition("_")
    return Rates(currency, book.exchange_rates, stands_days=int(days))
