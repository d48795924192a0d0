"""What is wrong, in sentences: documents, figures, and what to do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import duckdb

from revrec.model.dataset import DataSet
from revrec.money import Money
from revrec.periods import Calendar, Period
from revrec.reconciliation.datasets import SUBJECT, age, day, key_of, money, text
from revrec.reconciliation.fee_case import FeeDifference
from revrec.reconciliation.reasons import MISTAKES, REMEDIES, Reason
from revrec.reconciliation.tables import any_row
from revrec.reconciliation.terms import Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A billing mistake, or an amount that nothing explains."""

    contract: str
    obligation: str
    consideration: str
    month: Period
    reason: Reason
    amount: int
    """Invoiced too much, negative for too little, in minor units."""
    documents: Sequence[str]
    since: date
    sentence: str


def findings(
    database: duckdb.DuckDBPyConnection,
    terms: Mapping[str, Terms],
    found: Mapping[str, Sequence[FeeDifference]],
    *,
    told: tuple[Period, Period, date],
    judged: Sequence[Finding] | None = None,
) -> DataSet:
    """All findings of the range, ordered by customer, contract, month, obligation and reason.

    ``told`` are its first and last period and the day it is known on; ``judged`` are findings of
    usage that was judged elsewhere.
    """
    first, through, as_of = told
    listed = [
        *(
            _of_fee(terms[contract], each)
            for contract, named in found.items()
            for each in named
            if each.reason in MISTAKES and first <= each.month <= through
        ),
        *(of_usage(database, terms, through.calendar) if judged is None else judged),
        *_unexplained(database, terms, through.calendar),
    ]
    rows = [_row(terms[each.contract], each, as_of) for each in listed]
    rows.sort(key=lambda row: tuple(str(part) for part in row))
    return DataSet(
        name="billing_findings",
        title="Billing mistakes and open differences",
        columns=[
            *SUBJECT,
            text("consideration", "Fee"),
            text("reason", "Reason"),
            money("amount", "Invoiced too much"),
            text("documents", "Documents"),
            day("since", "Since"),
            text("age", "Age"),
            text("sentence", "What is wrong"),
            text("remedy", "What to do"),
            text("row_key", "Row key"),
        ],
        rows=rows,
        note="Amounts are invoiced less what should have been: negative where too little was.",
    )


def _row(terms: Terms, each: Finding, as_of: date) -> tuple[object, ...]:
    contract = terms.contract
    documents = ", ".join(each.documents)
    return (
        contract.customer,
        contract.customer_name,
        each.contract,
        each.obligation,
        str(each.month),
        contract.currency,
        each.consideration,
        each.reason.value,
        each.amount,
        documents,
        each.since,
        age(each.since, as_of),
        each.sentence,
        REMEDIES[each.reason],
        key_of(each.contract, each.obligation, each.consideration, each.month, each.reason.value,
               documents),
    )  # fmt: skip


def _of_fee(terms: Terms, each: FeeDifference) -> Finding:
    currency = terms.contract.currency
    fee = each.consideration or each.obligation or "the contract"
    should, off = Money(each.should, currency), Money(abs(each.amount), currency)
    billed = Money(each.should + each.amount, currency)
    documents = " and ".join(each.documents)
    if each.reason is Reason.NOT_BILLED:
        told = f"{off} of {fee} is on no invoice: {each.note}."
    elif each.reason is Reason.CREDIT_MISSING:
        told = f"{documents} billed {off} more than {fee} costs now: {each.note}, without credit."
    elif each.reason in {Reason.BILLED_TWICE, Reason.BILLED_AFTER_END}:
        told = f"{documents} bills {off} for {fee} that is not owed: {each.note}."
    else:
        more = "more" if each.amount > 0 else "less"
        told = f"{documents} bills {billed} for {fee}, {off} {more} than {should}: {each.note}."
    return Finding(
        contract=terms.contract.id,
        obligation=each.obligation,
        consideration=each.consideration,
        month=each.month,
        reason=each.reason,
        amount=each.amount,
        documents=each.documents,
        since=each.on,
        sentence=told,
    )


@dataclass(frozen=True, slots=True)
class _Case:
    """A usage fee of a month as the rules left it."""

    documents: Sequence[str]
    should: Money
    billed: Money
    off: Money
    side: str
    """Whether the amount is too much or too little."""
    q_should: Decimal
    q_billed: Decimal | None
    fee: str
    note: str
    due: date


def of_usage(
    database: duckdb.DuckDBPyConnection, terms: Mapping[str, Terms], calendar: Calendar
) -> Iterator[Finding]:
    """One finding for each mistake in what was billed for usage."""
    if not any_row(database, f"explained where {_IS_MISTAKE}"):
        return
    for row in database.execute(_USAGE_FINDINGS).fetchall():
        contract, obligation, consideration, month, named, amount, *rest = row
        documents, since, due, should, billed, q_should, q_billed, note = rest
        reason, currency = Reason(named), terms[contract].contract.currency
        period = calendar.of(month)
        case = _Case(
            documents=documents or (),
            should=Money(should, currency),
            billed=Money(billed, currency),
            off=Money(abs(amount), currency),
            side="too much" if amount > 0 else "too little",
            q_should=q_should,
            q_billed=q_billed,
            fee=f"{consideration} of {period}",
            note=note,
            due=due,
        )
        yield Finding(
            contract=contract,
            obligation=obligation,
            consideration=consideration,
            month=period,
            reason=reason,
            amount=amount,
            documents=documents or (),
            since=since,
            sentence=_said(reason, case),
        )


def _said(reason: Reason, case: _Case) -> str:
    """The sentence for a usage fee."""
    documents = " and ".join(case.documents)
    short = f"{documents} bill{'s' if len(case.documents) == 1 else ''}"
    against = f"{short} {case.billed} for {case.fee}, where the meters rated {case.should}"
    because = f": {case.note}" if case.note else ""
    units = f"{_units(case.q_should)} units"
    told = f"{against}: {case.off} {case.side}{because}."
    match reason:
        case Reason.NOT_BILLED:
            told = f"{case.off} for {case.fee} is on no invoice; it was expected by {case.due}."
        case Reason.MINIMUM_NOT_BILLED:
            told = (
                f"{case.off} for {case.fee} is owed for no use, as what is missing to a minimum, "
                "and on no invoice."
            )
        case Reason.BILLED_TWICE | Reason.BILLED_AFTER_END:
            told = f"{case.off} for {case.fee} is billed without being owed{because}."
        case Reason.WRONG_QUANTITY:
            instead = f"{_units(case.q_billed)} units instead of {_units(case.q_should)}"
            told = f"{against}: {instead}, which makes {case.off} {case.side}."
        case Reason.WRONG_RATE | Reason.OVERRIDE_NOT_BILLED:
            told = f"{against} for {units}: {case.off} {case.side} by the rate{because}."
        case Reason.CREDIT_MISSING:
            told = (
                f"{against}: usage was corrected after the invoice, and {case.off} was not "
                "credited."
            )
    return told


def _units(quantity: Decimal | None) -> str:
    """A quantity with thousands, without trailing zeros."""
    text_ = f"{quantity or Decimal(0):,f}"
    return text_.rstrip("0").rstrip(".") if "." in text_ else text_


_IS_MISTAKE = f"reason in ({', '.join(repr(reason.value) for reason in sorted(MISTAKES))})"
_USAGE_FINDINGS = f"""
with documents as (
    select contract, consideration, month,
           list(distinct document order by document) as documents
    from usage_bills where not cancelled group by all
)
select k.contract, k.obligation, k.consideration, k.month, e.reason, -e.amount, d.documents,
       coalesce(case when e.reason in ('not_billed', 'minimum_not_billed') then k.due end,
                k.first_on, k.last_on, k.due),
       k.due, e.should, e.billed, e.q_should, e.q_billed, e.note
from explained e
join cases k using (number)
left join documents d using (contract, consideration, month)
where {_IS_MISTAKE}
order by all
"""


def _unexplained(
    database: duckdb.DuckDBPyConnection, terms: Mapping[str, Terms], calendar: Calendar
) -> Iterator[Finding]:
    """One finding per difference of which an amount has no reason."""
    rows = database.execute(
        """
        select contract, obligation, month, difference, amount from reasons
        where reason = 'unexplained' order by all
        """
    ).fetchall()
    for contract, obligation, month, difference, amount in rows:
        period = calendar.of(month)
        off = Money(amount, terms[contract].contract.currency)
        systems = difference.replace("_", " ")
        yield Finding(
            contract=contract,
            obligation=obligation,
            consideration="",
            month=period,
            reason=Reason.UNEXPLAINED,
            amount=amount,
            documents=(),
            since=period.last,
            sentence=f"{off} of {systems} for {obligation or 'the contract'} in {period} has no "
            "reason.",
        )
