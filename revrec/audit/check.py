"""Runs a scenario through the engine and compares every expected amount."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

from revrec import engine
from revrec.asc606.options import expected_of_renewals
from revrec.audit.functional import days_needed, functional_amount, is_functional
from revrec.audit.measures import READ, Run, remaining_in_window, timings
from revrec.errors import FeedError
from revrec.feeds.scenario import Cut, Expectation, Scenario
from revrec.ledger.kinds import KINDS
from revrec.ledger.subledger import Subledger
from revrec.model.history import Book
from revrec.model.policy import Account
from revrec.money import from_minor, minor_digits, round_ratio
from revrec.periods import day_before

_OF_SEGMENTS = {
    "revenue": "revenue",
    "net_revenue": "revenue",
    "cumulative_revenue": "revenue",
    "disaggregated_revenue": "revenue",
    "breakage_revenue": "breakage",
    "allocated_price": "price",
    "transaction_price": "price_expected",
    "transaction_price_to_date": "price_to_date",
    "rpo": "unrecognised",
}
_OF_CONTRACTS = {
    "contract_liability": "contract_liability",
    "contract_asset": "contract_asset",
    "unbilled_receivable": "contract_asset",
    "receivable": "receivable",
    "refund_liability": "refund_liability",
    "deposit_liability": "deposit_liability",
    "tax_liability": "taxed",
    "payable_to_principal": "for_principal",
    "cash_movement": "cash",
    "billed": "billed",
    "bad_debt": "written_off",
}
_OF_ACCOUNTS = {
    "interest_expense": Account.INTEREST_EXPENSE,
    "interest_income": Account.INTEREST_INCOME,
    "financial_liability": Account.FINANCIAL_LIABILITY,
    "unclaimed_property": Account.UNCLAIMED_PROPERTY,
    "right_of_return_asset": Account.RETURN_ASSET,
    "contract_cost_asset": Account.CONTRACT_COST_ASSET,
    "amortization_expense": Account.CONTRACT_COST_AMORTIZATION,
    "impairment_loss": Account.CONTRACT_COST_IMPAIRMENT,
    "expense": Account.CONTRACT_COST_EXPENSE,
}
_CREDITS = frozenset({"interest_income", "financial_liability", "unclaimed_property"})
"""Measures of accounts whose normal balance is a credit."""
_COLUMNS = {**_OF_SEGMENTS, **_OF_CONTRACTS}
"""Measure -> the column it reads, where their names differ."""
_RATE_DIGITS = 12
"""Decimals of a measure that is no whole number of minor units, such as a price per unit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """An expectation with what came out."""

    expectation: Expectation
    actual: Decimal

    @property
    def holds(self) -> bool:
        """Whether the amounts agree within the tolerance."""
        return abs(self.actual - self.expectation.amount) <= self.expectation.tolerance


@dataclass(frozen=True, slots=True)
class _Row:
    contract: str
    obligation: str
    component: str
    day: date
    values: Mapping[str, int]
    attributes: Mapping[Cut, str]


def check(scenario: Scenario) -> list[Outcome]:
    """Every expectation with its outcome.

    Raises ContractError if a contract is refused, unless the scenario expects the refusal;
    FeedError if an expectation asks for what the measure does not have.
    """
    book = scenario.book()
    expected = [_under_combined_names(each, book) for each in scenario.expected]
    for each in expected:
        _refuse_unmeasurable(each)
    days = sorted({day for each in expected for day in _days(each, book)})
    accounting = engine.account(book, days)
    awaited = {each.contract for each in expected if each.measure == "residual_rejected"}
    for name, error in accounting.refused.items():
        if name not in awaited or "residual_minor" not in error.attributes:
            raise error
    with Subledger(book, accounting) as subledger:
        run = Run(book=book, accounting=accounting, subledger=subledger)
        rows = [*_segments(run), *_renewals(run, days), *_contracts(run, days), *_accounts(run)]
        return [
            Outcome(expectation=told, actual=_actual(each, run, rows))
            for told, each in zip(scenario.expected, expected, strict=True)
        ]


def _under_combined_names(expectation: Expectation, book: Book) -> Expectation:
    """What is asked of a contract that is combined, asked of what it is combined to (25-9)."""
    for member, name, prefix in book.combined():
        if expectation.contract == member:
            if expectation.obligation is None:
                raise FeedError(
                    f"Contract {member} is accounted for as part of {name}.",
                    remedy=f"Name an obligation, or ask for contract {name}.",
                    field="expected.contract",
                )
            return replace(expectation, contract=name, obligation=prefix + expectation.obligation)
    return expectation


def _refuse_unmeasurable(expectation: Expectation) -> None:
    """Narrowing that a measure does not know would silently give zero."""
    narrowed = expectation.obligation or expectation.component
    for unknown, what in (
        (expectation.measure in _OF_CONTRACTS and narrowed, "obligations or components"),
        (expectation.window and expectation.measure != "rpo", "a window"),
        (expectation.dimension and expectation.measure != "disaggregated_revenue", "dimensions"),
    ):
        if unknown:
            raise FeedError(
                f"{expectation.measure} is not kept by {what}.",
                remedy="Leave out what narrows it, or ask for another measure.",
                field="expected",
            )


def _days(expectation: Expectation, book: Book) -> Iterable[date]:
    if is_functional(book, expectation):
        return days_needed(book, expectation)
    first, last = expectation.days
    return [last] if first is None else [day_before(first), last]


def _segments(run: Run) -> list[_Row]:
    table = run.subledger.query(
        """
        select s.contract, s.obligation, s.component, s.product, r.day,
               sum(r.revenue)::bigint as revenue, sum(r.breakage)::bigint as breakage,
               sum(case when s.as_used then 0 else s.price end)::bigint as price,
               sum(case when s.as_used then 0 else s.price end)::bigint as price_expected,
               sum(case when s.as_used then r.revenue else s.price end)::bigint as price_to_date,
               sum(case when s.as_used then 0 else s.price - r.revenue end)::bigint as unrecognised
        from recognised r join segments s using (segment) group by all
        """
    )
    timing = timings(run.book)
    rows = []
    for row in table.to_pylist():
        contract, obligation = row.pop("contract"), row.pop("obligation")
        promised = run.book.histories[contract].contract
        attributes: dict[Cut, str] = {
            "segment": promised.segment,
            "region": promised.region,
            "product": row.pop("product"),
            "timing": timing[contract, obligation],
        }
        component, day = row.pop("component"), row.pop("day")
        rows.append(_Row(contract, obligation, component, day, row, attributes))
    return rows


def _renewals(run: Run, days: Sequence[date]) -> Iterator[_Row]:
    """What renewals are expected to bring (606-10-55-45): in the price that is allocated, only."""
    for name in run.accounting.contracts:
        for day in days:
            for right, amount in expected_of_renewals(run.book.histories[name], day).items():
                yield _Row(name, right, "renewals", day, {"price_expected": amount}, {})


def _contracts(run: Run, days: Sequence[date]) -> list[_Row]:
    return [
        _Row(
            row["contract"],
            "",
            "",
            row["day"],
            {name: row[name] for name in _OF_CONTRACTS.values() if name in row}
            | {"cash": row["paid"] - row["paid_to_customer"]},
            {},
        )
        for row in run.subledger.positions(days).to_pylist()
    ]


def _accounts(run: Run) -> list[_Row]:
    """What accrued on each account, in its normal direction: interest, contract costs, returns."""
    rows = []
    for row in run.subledger.query("select * from accrual").to_pylist():
        kind = KINDS[row["stream"]]
        signed = {kind.debit: int(row["amount"]), kind.credit: -int(row["amount"])}
        values = {
            measure: -signed[account] if measure in _CREDITS else signed[account]
            for measure, account in _OF_ACCOUNTS.items()
            if account in signed
        }
        rows.append(
            _Row(row["contract"], row["obligation"], row["component"], row["day"], values, {})
        )
    return rows


def _actual(expectation: Expectation, run: Run, rows: Sequence[_Row]) -> Decimal:
    """What came out, in the currency of the contracts the expectation covers, or the other."""
    if is_functional(run.book, expectation):
        return _major(functional_amount(run, expectation), expectation.currency)
    currency = _currency(run.book, expectation)
    if expectation.window is not None:
        return _major(remaining_in_window(run, expectation), currency)
    if expectation.measure in READ:
        return _major(READ[expectation.measure](run, expectation), currency)
    return from_minor(_measure(expectation, rows), currency)


def _major(amount: Fraction, currency: str) -> Decimal:
    """An exact number of minor units in the currency, to ``_RATE_DIGITS`` if it is not whole."""
    if amount.denominator == 1:
        return from_minor(amount.numerator, currency)
    rate = round_ratio(amount.numerator * 10**_RATE_DIGITS, amount.denominator)
    return Decimal(rate).scaleb(-_RATE_DIGITS - minor_digits(currency))


def _measure(expectation: Expectation, rows: Sequence[_Row]) -> int:
    name = _COLUMNS.get(expectation.measure, expectation.measure)
    first, last = expectation.days
    wanted = [
        row
        for row in rows
        if name in row.values
        and expectation.contract in (None, row.contract)
        and expectation.obligation in (None, row.obligation)
        and expectation.component in (None, row.component)
        and expectation.dimension.items() <= row.attributes.items()
    ]
    total = sum(row.values[name] for row in wanted if row.day == last)
    if first is not None:
        before = day_before(first)
        total -= sum(row.values[name] for row in wanted if row.day == before)
    return total


def _currency(book: Book, expectation: Expectation) -> str:
    currencies = {
        history.contract.currency
        for name, history in book.histories.items()
        if expectation.contract in (None, name)
    }
    if len(currencies) != 1:
        raise FeedError(
            f"The expectation of {expectation.measure} covers contracts in "
            f"{', '.join(sorted(currencies)) or 'no currency'}.",
            remedy="Name one contract of the scenario.",
            field="expected.contract",
        )
    return currencies.pop()
