"""What postings of contracts in other currencies are worth in the functional currency (ASC 830).

A contract is gone through period by period, its documents on their days. Contract liabilities keep
the rate of the day they arose and are released first in, first out; usage that is billed apart
has lots of its own. Receivables, contract assets, refund liabilities and deposits stand at the
rate of the day of the balance. Where an account moved by more or less than what its lots are
worth, the difference is a gain or loss, posted by itself; both sides of any other posting are
worth the same.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from operator import itemgetter

from revrec.asc606.openings import taken_over
from revrec.citations import cites
from revrec.ledger.billing import Row, charge_of, documents, usage_charges
from revrec.ledger.kinds import KINDS
from revrec.ledger.lots import Position, Rate, Settlement, worth_at
from revrec.ledger.rates import Rates
from revrec.model.decision import Stream
from revrec.model.events import CreditMemo, Payment, Refund, WriteOff
from revrec.model.history import ContractHistory
from revrec.model.policy import Account
from revrec.money import round_ratio
from revrec.periods import Calendar, Period

Flow = tuple[str, str, str, str, int]
"""Obligation, component, product, event, amount in minor units of the contract's currency."""
Key = tuple[str, str, str, str, str]
"""Origin, obligation, component, product, event."""
_BILLS = frozenset({"billing", "credit_memo", "tax", "for_principal"})
_REMEASURED = {
    Account.RECEIVABLE: ("exchange_on_receivables", 1),
    Account.REFUND_LIABILITY: ("exchange_on_refunds", -1),
    Account.DEPOSIT_LIABILITY: ("exchange_on_deposits", -1),
}
"""Monetary account -> what remeasures it, and its sign when the account is debited."""
_COMMON = ""
"""The pool of everything but usage that has bills of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Balances:
    """A contract at the end of the period, in minor units of its currency; see ``positions``."""

    cash_in_advance: int
    conditional_bill: int
    deposit_liability: int
    refund_liability: int
    contract_asset: int
    receivable: int
    contract_liability: int
    contract_cost: int
    """Costs as an asset, where the three below are posted."""
    non_current_liability: int
    non_current_asset: int
    non_current_cost: int


@dataclass(slots=True)
class Measured:
    """Worths in minor units of the functional currency."""

    amounts: dict[Key, int]
    """By posting; its debit is worth this, and its credit as much."""
    standing: dict[Account, int]
    """What balances must come to, debit positive."""


@cites("830-10-45-17", "830-10-45-18", "830-20-35-1", "830-20-35-2")
def measure(
    history: ContractHistory,
    flows: Mapping[Period, Sequence[Flow]],
    balances: Balances,
    rates: Rates,
    *,
    period: Period,
    begins_on: Iterable[date] = (),
) -> Measured:
    """Everything posted for a contract to the end of the period, and exchange differences.

    ``flows`` are what performance and other streams moved each period; documents are read from the
    history; ``begins_on`` are days from which on there is a contract where there was none.
    """
    calendar = period.calendar
    walk = _Walk(history, rates, calendar)
    begins = {calendar.of(day): day for day in begins_on}
    for within in sorted(each for each in {*flows, *walk.documents, *begins} if each <= period):
        for row in walk.documents.get(within, ()):
            walk.document(within, row)
        if within in begins:
            walk.begin(begins[within])
        for flow in sorted(flows.get(within, ()), key=_order):
            walk.perform(within, flow)
        walk.settle(within)
    return walk.close(period, balances)


def _order(flow: Flow) -> tuple[bool, bool, Flow]:
    """What comes in first, then what is taken back, then what is earned."""
    kind = KINDS[flow[3]]
    comes_in = (kind.credit is Account.CONTRACT_LIABILITY) == (flow[4] > 0)
    return not comes_in, flow[4] > 0, flow


@dataclass(slots=True)
class _Walk:
    history: ContractHistory
    rates: Rates
    calendar: Calendar
    documents: dict[Period, list[Row]] = field(default_factory=dict)
    named: Mapping[str, str] = field(default_factory=dict)
    """Credit memo or payment -> the invoice it names."""
    pools: defaultdict[str, Position] = field(default_factory=lambda: defaultdict(Position))
    """What was received for and earned, by usage that is billed apart, and all else."""
    assets: defaultdict[str, Position] = field(default_factory=lambda: defaultdict(Position))
    """Contract costs and rights to goods by what they are of: not monetary."""
    bills: Settlement = field(default_factory=Settlement)
    amounts: defaultdict[Key, int] = field(default_factory=lambda: defaultdict(int))
    moved: defaultdict[Account, int] = field(default_factory=lambda: defaultdict(int))
    """Debits less credits of every account."""

    def __post_init__(self) -> None:
        history, charges = self.history, usage_charges(self.history)
        rows = documents(history, lambda line: charge_of(line, charges))
        for row in sorted(rows, key=itemgetter(1)):
            self.documents.setdefault(self.calendar.of(row[1]), []).append(row)
        settling: list[CreditMemo | Payment | Refund | WriteOff] = [
            *history.credit_memos, *history.payments, *history.refunds, *history.write_offs
        ]  # fmt: skip
        self.named = {told.id: told.id for told in history.openings}
        self.named |= {each.id: each.invoice or "" for each in settling}
        for each in self.documents.values():
            for row in each:
                if row[2] == "billing":
                    self.pools[row[4]] = Position()

    @property
    def common(self) -> Position:
        return self.pools[_COMMON]

    def post(self, within: Period, event: str, worth: int, *names: str) -> None:
        """Both sides of a posting; ``names`` are obligation, component and product."""
        if worth:
            obligation, component, product = names or ("", "", "")
            self.amounts[str(within), obligation, component, product, event] += worth
            self.moved[KINDS[event].debit] += worth
            self.moved[KINDS[event].credit] -= worth

    def document(self, within: Period, row: Row) -> None:
        """A bill, a credit memo or cash, at the rate of its day."""
        _, day, event, name, pool, amount = row
        currency, told = self.history.contract.currency, taken_over(self.history)
        rate = partial(self.rates.spot, currency, day)
        if told is not None and told.rate is not None and name == told.id:
            rate = partial(self.rates.of_units, currency, told.rate)
        if event in _BILLS:
            enter = self._bill if amount >= 0 else self._credit
            worth = enter(event, amount, rate, name, pool)
        elif event == "customer_payment":
            worth = self._shift(-amount, rate, worth_at(rate, amount))
        else:
            worth = self._cash(event, amount, rate, name)
        self.post(within, event, worth)

    def begin(self, day: date) -> None:
        """A deposit becomes consideration received when the contract begins to exist (25-8)."""
        currency = self.history.contract.currency
        for pool in self.pools.values():
            pool.liability.restate(partial(self.rates.spot, currency, day))

    def perform(self, within: Period, flow: Flow) -> None:
        """What was earned, accrued or used up in a period."""
        obligation, component, product, event, amount = flow
        kind = KINDS[event]
        rate = partial(self.rates.average, self.history.contract.currency, within)
        if kind.debit is Account.CONTRACT_LIABILITY:
            worth = self.pools[component if component in self.pools else _COMMON].earn(amount, rate)
        elif kind.credit is Account.CONTRACT_LIABILITY:
            worth = self._shift(amount, rate, worth_at(rate, amount))
        elif kind.credit is Account.CONTRACT_COST_ASSET:
            worth = self.assets[component].earn(amount, rate)
        elif event == Stream.COST_CAPITALIZED:
            worth = _carried(self.assets[component], amount, rate)
        elif event == Stream.RETURN_ASSET:
            worth = _carried(self.assets[f"{obligation}/{component}"], amount, rate)
        else:
            worth = worth_at(rate, amount)
        self.post(within, event, worth, obligation, component, product)

    def settle(self, within: Period) -> None:
        """Gains and losses of the period: what accounts moved beyond the worth of their lots."""
        received = sum(pool.worth for pool in self.pools.values()) - self.bills.advance.worth
        moved = self.moved[Account.CONTRACT_LIABILITY]
        self.post(within, "exchange_on_billing", received + moved)
        moved = self.moved[Account.RECEIVABLE]
        self.post(within, "exchange_on_settlement", self.bills.worth - moved)

    def close(self, period: Period, balances: Balances) -> Measured:
        """Balances presented as they stand, monetary ones at the rate of the period's last day."""
        at_close = partial(self.rates.spot, self.history.contract.currency, period.last)
        advance, open_bills = self.bills.advance, self.bills.open
        # Bills that are no right without a contract: all but what was earned before.
        _, of_bills = open_bills.newest(advance.units - balances.cash_in_advance)
        self.post(period, "cash_in_advance", advance.worth - of_bills)
        for pool in self.pools.values():
            gain = worth_at(at_close, pool.asset.units) - pool.asset.worth
            self.post(period, "exchange_on_contract_assets", gain)
        self.post(period, "conditional_bill", self._newest(balances.conditional_bill, at_close))
        if balances.deposit_liability:
            self.post(period, "deposit", -self.moved[Account.CONTRACT_LIABILITY])
        self.post(period, "refund_due", self._newest(balances.refund_liability, at_close))
        if balances.contract_asset:
            self.post(period, "netting", self.moved[Account.CONTRACT_LIABILITY])
        standing = {
            Account.RECEIVABLE: worth_at(at_close, balances.receivable),
            Account.REFUND_LIABILITY: -worth_at(at_close, balances.refund_liability),
            Account.DEPOSIT_LIABILITY: -worth_at(at_close, balances.deposit_liability),
        }
        for account, (event, sign) in _REMEASURED.items():
            self.post(period, event, sign * (standing[account] - self.moved[account]))
        self._classify(period, balances)
        return Measured(dict(self.amounts), standing)

    def _classify(self, period: Period, balances: Balances) -> None:
        """What is split off a balance as non-current is worth its part of the balance's worth."""
        for event, part, whole in (
            ("non_current_liability", balances.non_current_liability, balances.contract_liability),
            ("non_current_asset", balances.non_current_asset, balances.contract_asset),
            ("non_current_cost", balances.non_current_cost, balances.contract_cost),
        ):
            if part:
                kind = KINDS[event]
                out_of_debit = event == "non_current_liability"
                worth = -self.moved[kind.debit] if out_of_debit else self.moved[kind.credit]
                self.post(period, event, round_ratio(worth * part, whole))

    def _bill(self, event: str, amount: int, rate: Rate, name: str, pool: str) -> int:
        covered, billed = self.bills.bill(amount, rate, name)
        if event != "billing":
            self.common.withdraw(covered[0], rate)
        else:
            if pool != _COMMON:
                moved = self.common.withdraw(covered[0], rate)
                self.pools[pool].receive(covered[0], moved, name)
            self.pools[pool].receive(*billed, name)
        return covered[1] + billed[1]

    def _credit(self, event: str, amount: int, rate: Rate, name: str, pool: str) -> int:
        invoice = self.named[name]
        if event == "credit_memo":
            worth = self.pools[pool].withdraw(-amount, rate, invoice)
        else:
            known, worth = self.bills.open.newest(-amount, invoice)
            worth += worth_at(rate, -amount - known)
        self.common.receive(*self.bills.reduce(-amount, worth, invoice, newest=True))
        return -worth

    def _cash(self, event: str, amount: int, rate: Rate, name: str) -> int:
        worth = worth_at(rate, amount)
        if (event == "refund") == (amount < 0):
            beyond = self.bills.reduce(abs(amount), abs(worth), self.named[name])
            self.common.receive(*beyond)
        else:
            self.common.withdraw(self.bills.give_back(abs(amount), abs(worth)), rate)
        return worth

    def _shift(self, amount: int, rate: Rate, worth: int) -> int:
        """What else is received for the contract, or given for it when negative; its worth."""
        if amount > 0:
            self.common.receive(amount, abs(worth))
            return worth
        self.common.withdraw(-amount, rate)
        return worth

    def _newest(self, units: int, rate: Rate) -> int:
        """Worth of the newest units received and not earned; of what is beyond them, at a rate."""
        worth = 0
        for pool in self.pools.values():
            found, of_pool = pool.liability.newest(units)
            units, worth = units - found, worth + of_pool
        return worth + worth_at(rate, units)


def _carried(asset: Position, amount: int, rate: Rate) -> int:
    """What is not monetary keeps the rate at which it came in (830-10-45-18)."""
    if amount < 0:
        return -asset.earn(-amount, rate)
    worth = worth_at(rate, amount)
    asset.receive(amount, worth)
    return worth
