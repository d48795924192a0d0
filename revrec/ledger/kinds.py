"""The kinds of posting: what moves which account, on which paragraphs.

The one list of events the subledger knows. SQL reads it as the table ``kind``; journal memos,
detail and measures read it here. A positive amount debits ``debit`` and credits ``credit``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import pyarrow as pa

from revrec.model.decision import Stream
from revrec.model.policy import Account


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of posting."""

    debit: Account
    credit: Account
    paragraphs: str
    """What it rests on, beside the paragraphs of its decisions."""
    tells: str
    """For journal memos."""
    entry: str = ""
    """The event of the journal entry it goes into, where that is not its own."""


_PERFORMANCE = {
    "satisfaction": Kind(
        debit=Account.CONTRACT_LIABILITY,
        credit=Account.REVENUE,
        paragraphs="606-10-25-30 606-10-25-31",
        tells="Performance obligations satisfied",
    ),
    "breakage": Kind(
        debit=Account.CONTRACT_LIABILITY,
        credit=Account.REVENUE,
        paragraphs="606-10-55-48",
        tells="Breakage of customers' unexercised rights",
    ),
}
_DOCUMENTS = {
    "billing": Kind(
        debit=Account.RECEIVABLE,
        credit=Account.CONTRACT_LIABILITY,
        paragraphs="606-10-45-4",
        tells="Consideration billed",
    ),
    "credit_memo": Kind(
        debit=Account.RECEIVABLE,
        credit=Account.CONTRACT_LIABILITY,
        paragraphs="606-10-45-4",
        tells="Consideration credited",
    ),
    "tax": Kind(
        debit=Account.RECEIVABLE,
        credit=Account.TAX_PAYABLE,
        paragraphs="606-10-32-2A",
        tells="Sales tax billed",
    ),
    "for_principal": Kind(
        debit=Account.RECEIVABLE,
        credit=Account.PAYABLE_TO_PRINCIPAL,
        paragraphs="606-10-55-38",
        tells="Billed on behalf of principals",
    ),
    "payment": Kind(
        debit=Account.CASH,
        credit=Account.RECEIVABLE,
        paragraphs="606-10-45-4",
        tells="Cash received",
    ),
    "refund": Kind(
        debit=Account.RECEIVABLE,
        credit=Account.CASH,
        paragraphs="606-10-32-10",
        tells="Cash returned to customers",
    ),
    "customer_payment": Kind(
        debit=Account.CONTRACT_LIABILITY,
        credit=Account.CASH,
        paragraphs="606-10-32-25",
        tells="Consideration paid to customers",
    ),
    "write_off": Kind(
        debit=Account.CREDIT_LOSS,
        credit=Account.RECEIVABLE,
        paragraphs="326-20-35-8",
        tells="Receivables written off",
    ),
}
_ACCRUALS = {
    Stream.INTEREST_EXPENSE: Kind(
        debit=Account.INTEREST_EXPENSE,
        credit=Account.CONTRACT_LIABILITY,
        paragraphs="606-10-32-20",
        tells="Interest on consideration received in advance",
    ),
    Stream.INTEREST_INCOME: Kind(
        debit=Account.CONTRACT_LIABILITY,
        credit=Account.INTEREST_INCOME,
        paragraphs="606-10-32-20",
        tells="Interest on consideration due later",
    ),
    Stream.REPURCHASE: Kind(
        debit=Account.CONTRACT_LIABILITY,
        credit=Account.FINANCIAL_LIABILITY,
        paragraphs="606-10-55-70",
        tells="Financing under repurchase agreements",
    ),
    Stream.COST_CAPITALIZED: Kind(
        debit=Account.CONTRACT_COST_ASSET,
        credit=Account.COSTS_INCURRED,
        paragraphs="340-40-25-1 340-40-25-5",
        tells="Contract costs capitalised",
    ),
    Stream.COST_EXPENSED: Kind(
        debit=Account.CONTRACT_COST_EXPENSE,
        credit=Account.COSTS_INCURRED,
        paragraphs="340-40-25-3 340-40-25-8",
        tells="Contract costs expensed as incurred",
    ),
    Stream.COST_AMORTIZED: Kind(
        debit=Account.CONTRACT_COST_AMORTIZATION,
        credit=Account.CONTRACT_COST_ASSET,
        paragraphs="340-40-35-1",
        tells="Contract costs amortised",
    ),
    Stream.COST_IMPAIRED: Kind(
        debit=Account.CONTRACT_COST_IMPAIRMENT,
        credit=Account.CONTRACT_COST_ASSET,
        paragraphs="340-40-35-3",
        tells="Contract costs impaired",
    ),
    Stream.COST_OF_SALES: Kind(
        debit=Account.COST_OF_SALES,
        credit=Account.INVENTORY,
        paragraphs="606-10-55-23",
        tells="Cost of goods transferred",
    ),
    Stream.UNCLAIMED_PROPERTY: Kind(
        debit=Account.CONTRACT_LIABILITY,
        credit=Account.UNCLAIMED_PROPERTY,
        paragraphs="606-10-55-49",
        tells="Paid for lapsed rights and owed to a state",
    ),
    Stream.NONCASH_RECEIVED: Kind(
        debit=Account.NONCASH_RECEIVED,
        credit=Account.CONTRACT_LIABILITY,
        paragraphs="606-10-32-21",
        tells="Consideration received other than cash",
    ),
    Stream.PURCHASE: Kind(
        debit=Account.PURCHASES,
        credit=Account.CONTRACT_LIABILITY,
        paragraphs="606-10-32-26",
        tells="Distinct goods and services bought from customers",
    ),
    Stream.RETURN_ASSET: Kind(
        debit=Account.RETURN_ASSET,
        credit=Account.COST_OF_SALES,
        paragraphs="606-10-55-27",
        tells="Right to recover goods expected back",
    ),
}
_PRESENTATION = {
    "cash_in_advance": Kind(
        debit=Account.RECEIVABLE,
        credit=Account.CONTRACT_LIABILITY,
        paragraphs="606-10-45-2",
        tells="Cash received before a bill",
    ),
    "conditional_bill": Kind(
        debit=Account.CONTRACT_LIABILITY,
        credit=Account.RECEIVABLE,
        paragraphs="606-10-45-4 606-10-55-284",
        tells="Bills that are no right yet",
    ),
    "deposit": Kind(
        debit=Account.CONTRACT_LIABILITY,
        credit=Account.DEPOSIT_LIABILITY,
        paragraphs="606-10-25-8",
        tells="Consideration received before a contract exists",
    ),
    "refund_due": Kind(
        debit=Account.CONTRACT_LIABILITY,
        credit=Account.REFUND_LIABILITY,
        paragraphs="606-10-32-10",
        tells="Consideration expected to be returned",
    ),
    "netting": Kind(
        debit=Account.CONTRACT_ASSET,
        credit=Account.CONTRACT_LIABILITY,
        paragraphs="606-10-45-1 606-10-45-3",
        tells="Contract balances presented net per contract",
    ),
}
_RECLASSIFICATION = {
    "non_current_liability": Kind(
        debit=Account.CONTRACT_LIABILITY,
        credit=Account.NON_CURRENT_CONTRACT_LIABILITY,
        paragraphs="210-10-45-3",
        tells="Current and non-current balances reclassified",
        entry="reclassification",
    ),
    "non_current_asset": Kind(
        debit=Account.NON_CURRENT_CONTRACT_ASSET,
        credit=Account.CONTRACT_ASSET,
        paragraphs="210-10-45-3",
        tells="Current and non-current balances reclassified",
        entry="reclassification",
    ),
    "non_current_cost": Kind(
        debit=Account.NON_CURRENT_CONTRACT_COST_ASSET,
        credit=Account.CONTRACT_COST_ASSET,
        paragraphs="210-10-45-3",
        tells="Current and non-current balances reclassified",
        entry="reclassification",
    ),
}
"""Where policy posts the split by maturity; each moves a part of one balance."""
_EXCHANGE = {
    "exchange_on_settlement": Kind(
        debit=Account.RECEIVABLE,
        credit=Account.EXCHANGE_REALIZED,
        paragraphs="830-20-35-1 830-20-40-1",
        tells="Exchange differences on receivables settled",
    ),
    "exchange_on_billing": Kind(
        debit=Account.EXCHANGE_REALIZED,
        credit=Account.CONTRACT_LIABILITY,
        paragraphs="830-20-35-1",
        tells="Exchange differences on contract assets billed",
    ),
}
"""Amounts in the functional currency alone."""
_REMEASUREMENT = {
    "exchange_on_receivables": Kind(
        debit=Account.RECEIVABLE,
        credit=Account.EXCHANGE_UNREALIZED,
        paragraphs="830-20-35-1 830-20-35-2",
        tells="Receivables remeasured at the rate of the day",
    ),
    "exchange_on_contract_assets": Kind(
        debit=Account.CONTRACT_LIABILITY,
        credit=Account.EXCHANGE_UNREALIZED,
        paragraphs="830-20-35-1 830-20-35-2",
        tells="Contract assets remeasured at the rate of the day",
    ),
    "exchange_on_refunds": Kind(
        debit=Account.EXCHANGE_UNREALIZED,
        credit=Account.REFUND_LIABILITY,
        paragraphs="830-20-35-1 830-20-35-2",
        tells="Refund liabilities remeasured at the rate of the day",
    ),
    "exchange_on_deposits": Kind(
        debit=Account.EXCHANGE_UNREALIZED,
        credit=Account.DEPOSIT_LIABILITY,
        paragraphs="830-20-35-1 830-20-35-2",
        tells="Deposits remeasured at the rate of the day",
    ),
}
"""The same, and balances as they stand."""
_FLOWS: Mapping[str, Kind] = {
    **_PERFORMANCE,
    **_DOCUMENTS,
    **{stream.value: kind for stream, kind in _ACCRUALS.items()},
    **_EXCHANGE,
}
CARRIED = frozenset(
    {
        Account.RECEIVABLE,
        Account.CONTRACT_ASSET,
        Account.CONTRACT_LIABILITY,
        Account.NON_CURRENT_CONTRACT_ASSET,
        Account.NON_CURRENT_CONTRACT_LIABILITY,
        Account.NON_CURRENT_CONTRACT_COST_ASSET,
        Account.REFUND_LIABILITY,
        Account.DEPOSIT_LIABILITY,
        Account.FINANCIAL_LIABILITY,
        Account.CONTRACT_COST_ASSET,
        Account.RETURN_ASSET,
    }
)
"""Accounts whose balance the subledger keeps; the others are settled or closed elsewhere."""
NON_CURRENT = "non_current_"
"""Before the name of an account: what of its balance turns around after the operating cycle."""
OPENING = "opening_"
"""Before the name of an event: it happened before the contract was taken over."""


def _opening(kind: Kind) -> Kind:
    """The same movement of balances, against what another system had posted."""
    return Kind(
        debit=kind.debit if kind.debit in CARRIED else Account.OPENING_BALANCE,
        credit=kind.credit if kind.credit in CARRIED else Account.OPENING_BALANCE,
        paragraphs=kind.paragraphs,
        tells="Balances taken over at cutover",
        entry="opening_balance",
    )


KINDS: Mapping[str, Kind] = {
    **_FLOWS,
    **_PRESENTATION,
    **_RECLASSIFICATION,
    **_REMEASUREMENT,
    **{OPENING + event: _opening(kind) for event, kind in _FLOWS.items()},
    "cutover_adjustment": Kind(
        debit=Account.CONTRACT_LIABILITY,
        credit=Account.CUTOVER_ADJUSTMENT,
        paragraphs="250-10-45-23",
        tells="Revenue to date adjusted at cutover",
    ),
}
"""Event -> its kind. Accruals are named by their stream."""
PRESENTATION = frozenset({*_PRESENTATION, *_RECLASSIFICATION, *_REMEASUREMENT})
"""Events that hold a balance as it stands, not a flow of a month."""


ENTRIES: Mapping[str, str] = {kind.entry or event: kind.tells for event, kind in KINDS.items()}
"""Event of a journal entry -> what it tells."""


@cache
def kind_table() -> pa.Table:
    """Kinds as columns: event, debit, credit, presents."""
    return pa.table(
        {
            "event": pa.array(KINDS, pa.string()),
            "debit": pa.array([kind.debit.value for kind in KINDS.values()], pa.string()),
            "credit": pa.array([kind.credit.value for kind in KINDS.values()], pa.string()),
            "presents": pa.array([event in PRESENTATION for event in KINDS], pa.bool_()),
        }
    )
