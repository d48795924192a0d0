"""Changes of revenue in the functional currency, with what exchange rates made of them (830-20).

Revenue now at the average rates of then, less revenue then, is what changed in the currencies of
contracts; what is left of the change is exchange. Rates are those that revenue was posted at.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from revrec.citations import cites
from revrec.disclosure import columns as c
from revrec.disclosure.frame import Frame, Row
from revrec.model.dataset import DataSet, TieOut
from revrec.money import minor_digits, round_ratio

NAME = "flux_functional"
_RATE_DIGITS = 6
_SQL = """
with revenue as (
    select f.comparison, p.product, p.currency,
           p.period >= f.base_first and p.period <= f.base_last as before,
           p.period >= f.first as reported, -p.amount as amount,
           -coalesce(p.functional, case when p.currency = '{functional}' then p.amount else 0 end)
               as worth
    from posted p cross join flux_span f
    where p.account = 'revenue' and not p.takes_over and p.period >= f.base_first
)
select comparison, product, currency,
       coalesce(sum(amount) filter (before), 0)::bigint,
       coalesce(sum(worth) filter (before), 0)::bigint,
       coalesce(sum(amount) filter (reported), 0)::bigint,
       coalesce(sum(worth) filter (reported), 0)::bigint
from revenue where before or reported group by all order by all
"""


class _Line(NamedTuple):
    """Revenue in the currency of its contracts and in the functional one, then and now."""

    comparison: str
    product: str
    currency: str
    base: int
    base_worth: int
    now: int
    now_worth: int


@cites("830-20-35-1", "606-10-50-5")
def flux_functional(frame: Frame) -> list[DataSet]:
    """Changes by product and currency of the contracts; none where no currencies are told.

    Reads the table ``flux_span``.
    """
    currencies = frame.inputs.book.currencies
    if currencies is None:
        return []
    functional = currencies.functional_currency
    told = frame.rows(_SQL.format(functional=functional))
    found = [
        _Line(str(row[0]), str(row[1]), str(row[2]), *(int(str(each)) for each in row[3:]))
        for row in told
    ]
    then: Counter[tuple[str, str]] = Counter()
    worth_then: Counter[tuple[str, str]] = Counter()
    for line in found:
        then[line.comparison, line.currency] += line.base
        worth_then[line.comparison, line.currency] += line.base_worth
    rows: list[Row] = []
    for comparison, product, currency, base, base_worth, now, now_worth in found:
        key = comparison, currency
        rate = Fraction(worth_then[key], then[key]) if then[key] else None
        at_then = now_worth if rate is None else _rounded(now * rate)
        digits = minor_digits(functional) - minor_digits(currency)
        rows.append((
            comparison, product, currency, _shown(base, base_worth, digits),
            _shown(now, now_worth, digits), functional, base_worth, at_then - base_worth,
            now_worth - at_then, now_worth, c.key_of(comparison, product, currency),
        ))  # fmt: skip
    return [
        DataSet(
            name=NAME,
            title="Changes in functional currency",
            columns=[
                c.text("comparison", "Against"), c.PRODUCT,
                c.text("contract_currency", "Currency of the contracts"),
                c.quantity("rate_base", "Average rate then"),
                c.quantity("rate_current", "Average rate now"), c.CURRENCY,
                *c.rolled({"base": "Then", "in_currency": "Changed in their currency",
                           "exchange": "Exchange rates", "current": "Now"}),
                c.ROW_KEY,
            ],
            rows=rows,
            note="Changed in their currency: revenue now at the average rate of then of all "
            "revenue in the currency, less revenue then. Without revenue then there is no such "
            "rate, and all is change.",
        )
    ]  # fmt: skip


def _rounded(amount: Fraction) -> int:
    return round_ratio(amount.numerator, amount.denominator)


def _shown(amount: int, worth: int, digits: int) -> Decimal | None:
    """The rate between two amounts in minor units, for readers; none of nothing."""
    if not amount:
        return None
    rate = Fraction(worth, amount) * Fraction(10) ** -digits
    return Decimal(_rounded(rate * 10**_RATE_DIGITS)).scaleb(-_RATE_DIGITS)


def functional_flux_tie_outs(data: Mapping[str, DataSet]) -> Iterator[TieOut]:
    """Revenue now, against each of the earlier periods, is that of the journal's detail."""
    if NAME not in data:
        return
    posted = 0
    currency = ""
    for row in c.records_of(data["journal_detail"]):
        if row["account"] == "revenue" and row["functional"] is not None:
            currency = str(row["functional_currency"])
            posted -= int(Decimal(str(row["functional"])).scaleb(minor_digits(currency)))
    told: Counter[str] = Counter()
    for row in c.records_of(data[NAME]):
        currency = str(row["currency"])
        told[str(row["comparison"])] += int(
            Decimal(str(row["current"])).scaleb(minor_digits(currency))
        )
    for comparison, now in sorted(told.items()):
        yield TieOut(
            name=f"Changes in functional currency against {comparison}: revenue now",
            left_name="Changes in functional currency: now", left=now,
            right_name="Journal detail: revenue in functional currency", right=posted,
            currency=currency, mark="TB",
        )  # fmt: skip
