"""The reasons by which a difference between rated, invoiced and recognised amounts is named.

A difference is rated less invoiced, or invoiced less revenue, of one obligation in one month.
Reasons are looked for in a fixed order, the first that explains an amount takes it, and what none
explains stays ``unexplained``: no reason is a remainder.

Reasons of time and of accounting are as things should be. Billing mistakes are not: each gives a
finding, with what to do about it.

Each reason is of one of thirteen codes, by which differences are added up.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Reason(StrEnum):
    """Names of reasons; stable and public."""

    TIMING_UNBILLED = "timing_unbilled"
    """Used, and not yet to be invoiced: the next invoice is expected."""
    LATE_EVENT = "late_event"
    """Usage or a correction recorded after the invoices were made; the next run brings it."""
    RERATED_TIER = "rerated_tier"
    """The same units at another price since the invoices were made: the total before them moved to
    another tier or allowance, or their price was corrected."""
    COMMITMENT_DRAWDOWN = "commitment_drawdown"
    """Usage at its rated value that a commitment or a flat fee pays for."""
    CREDIT_DRAWDOWN = "credit_drawdown"
    """Units taken from credits bought before."""
    FREE_GRANT = "free_grant"
    """Usage that the contract does not charge: at no price, or above what was bought."""
    FOR_PRINCIPAL = "for_principal"
    """Rated in full and billed for another, of which an agent keeps its part (606-10-55-38)."""
    FIXED_FEE = "fixed_fee"
    """Invoiced as promised, not by the meter, so that no usage stands against it."""
    ALLOCATION = "allocation"
    """Standalone selling prices moved revenue between obligations (606-10-32-31)."""
    INTEREST = "interest"
    """Revenue is the price in cash; what is invoiced besides, or less, is interest (32-15)."""
    DEFERRAL = "deferral"
    """Invoiced in advance and recognised over the service: a contract liability and its release."""
    ACCRUAL = "accrual"
    """Recognised ahead of the invoice: a contract asset and its settlement."""
    BREAKAGE = "breakage"
    """Revenue from rights that are not used (606-10-55-48)."""
    ESTIMATE = "estimate"
    """Variable consideration, recognised as estimated and invoiced when it resolves."""
    CREDIT_MEMO = "credit_memo"
    """A concession: credited without a change of usage or price."""
    NO_CONTRACT = "no_contract"
    """Charged for use while there is no contract: no revenue, and no claim, until there is one or
    25-7 lets what was received be revenue (606-10-25-8)."""
    NOT_POSTED = "not_posted"
    """The month is not closed yet: its revenue is not posted."""
    ROUNDING = "rounding"
    """At most one minor unit per invoice line."""
    MONTH_SPLIT = "month_split"
    """A bill for a calendar month that lies in two periods, right as a whole: only how it is split
    between them, as usage is known now, differs from what was known when it was made."""
    DAY_SPLIT = "day_split"
    """Right as a whole month: only on which of its days the parts stand differs; of days alone."""
    NOT_BILLED = "not_billed"
    """Used or due, and on no invoice although its day has passed."""
    MINIMUM_NOT_BILLED = "minimum_not_billed"
    """Owed for no use, as what is missing to a minimum, and on no invoice."""
    BILLED_TWICE = "billed_twice"
    """The same service on a second invoice line."""
    OVERRIDE_NOT_BILLED = "override_not_billed"
    """Billed at the price of the list: the price agreed with the customer was ignored."""
    WRONG_RATE = "wrong_rate"
    """The quantity agrees, the amount does not."""
    WRONG_QUANTITY = "wrong_quantity"
    """The rate agrees, the quantity does not."""
    WRONG_AMOUNT = "wrong_amount"
    """A fee, or a charge without a quantity, that differs from what was promised."""
    WRONG_CURRENCY_AMOUNT = "wrong_currency_amount"
    """The figure of another currency, or with another currency's decimals."""
    BILLED_AFTER_END = "billed_after_end"
    """Service outside the term."""
    CREDIT_MISSING = "credit_missing"
    """Usage or price was reduced after it was invoiced, and nothing was credited."""
    UNEXPLAINED = "unexplained"
    """No rule explains it; there must be none."""


class Code(StrEnum):
    """The thirteen kinds of reason of a difference between two systems; stable and public."""

    TIMING = "timing"
    """Both systems have it, or will, in another period."""
    UNBILLED = "unbilled"
    """It should be invoiced and is not."""
    LATE = "late"
    """Told after the other system was done."""
    CREDIT = "credit"
    """Credits, drawn, given or owed."""
    RERATED_TIER = "rerated_tier"
    """Priced anew, as a total before it or the price changed."""
    MINIMUM = "minimum"
    """Paid for whatever is used: a minimum, a commitment, a flat fee."""
    FREE_GRANT = "free_grant"
    """Not charged."""
    ALLOCATION = "allocation"
    """Revenue of another obligation, or of another party."""
    FINANCING = "financing"
    """Interest."""
    FX = "fx"
    """Of another currency."""
    ROUNDING = "rounding"
    """Within what rounding makes, or a count may differ by."""
    BILLING_ERROR = "billing_error"
    """Invoiced wrongly, as a rule has found. It is aged, and must reach zero by a correction."""
    UNEXPLAINED = "unexplained"
    """No rule explains it. It is aged, and must reach zero."""


CODES: Mapping[Reason, Code] = {
    Reason.TIMING_UNBILLED: Code.UNBILLED,
    Reason.LATE_EVENT: Code.LATE,
    Reason.RERATED_TIER: Code.RERATED_TIER,
    Reason.COMMITMENT_DRAWDOWN: Code.MINIMUM,
    Reason.CREDIT_DRAWDOWN: Code.CREDIT,
    Reason.FREE_GRANT: Code.FREE_GRANT,
    Reason.FOR_PRINCIPAL: Code.ALLOCATION,
    Reason.FIXED_FEE: Code.MINIMUM,
    Reason.ALLOCATION: Code.ALLOCATION,
    Reason.INTEREST: Code.FINANCING,
    Reason.DEFERRAL: Code.TIMING,
    Reason.ACCRUAL: Code.TIMING,
    Reason.BREAKAGE: Code.TIMING,
    Reason.ESTIMATE: Code.TIMING,
    Reason.CREDIT_MEMO: Code.CREDIT,
    Reason.NO_CONTRACT: Code.TIMING,
    Reason.NOT_POSTED: Code.TIMING,
    Reason.ROUNDING: Code.ROUNDING,
    Reason.MONTH_SPLIT: Code.TIMING,
    Reason.DAY_SPLIT: Code.TIMING,
    Reason.NOT_BILLED: Code.UNBILLED,
    Reason.MINIMUM_NOT_BILLED: Code.UNBILLED,
    Reason.BILLED_TWICE: Code.BILLING_ERROR,
    Reason.OVERRIDE_NOT_BILLED: Code.BILLING_ERROR,
    Reason.WRONG_RATE: Code.BILLING_ERROR,
    Reason.WRONG_QUANTITY: Code.BILLING_ERROR,
    Reason.WRONG_AMOUNT: Code.BILLING_ERROR,
    Reason.WRONG_CURRENCY_AMOUNT: Code.FX,
    Reason.BILLED_AFTER_END: Code.BILLING_ERROR,
    Reason.CREDIT_MISSING: Code.CREDIT,
    Reason.UNEXPLAINED: Code.UNEXPLAINED,
}
"""The code of each reason."""

REMEDIES: Mapping[Reason, str] = {
    Reason.NOT_BILLED: "Invoice it with the next run; the amount stays accrued until then.",
    Reason.MINIMUM_NOT_BILLED: "Invoice what is missing to it; it stays accrued until then.",
    Reason.BILLED_TWICE: "Credit the second line in full and stop its collection.",
    Reason.OVERRIDE_NOT_BILLED: "Enter the agreed price in billing and credit the difference.",
    Reason.WRONG_RATE: "Correct the rate in billing, then credit or invoice the difference.",
    Reason.WRONG_QUANTITY: "Bill again from the usage ledger; credit or invoice the difference.",
    Reason.WRONG_AMOUNT: "Credit the invoice and bill the promised amount.",
    Reason.WRONG_CURRENCY_AMOUNT: "Credit the invoice and bill in the contract's currency.",
    Reason.BILLED_AFTER_END: "Credit the invoice, or record the renewal if there is one.",
    Reason.CREDIT_MISSING: "Issue the credit memo for the reduction.",
    Reason.UNEXPLAINED: "Find the fact that is missing or wrong in one of the three systems.",
}
"""What to do about each kind of finding."""

MISTAKES = frozenset(REMEDIES) - {Reason.UNEXPLAINED}
"""Reasons that say something was invoiced wrongly."""
