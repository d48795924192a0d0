"""The journal of the report's months: by account, and in full down to contract and paragraph."""

from __future__ import annotations

from decimal import Decimal

from revrec.citations import cites
from revrec.disclosure import columns as c
from revrec.disclosure.frame import Frame
from revrec.model.dataset import DataSet
from revrec.money import minor_digits


@cites("606-10-25-30", "606-10-45-1")
def journal_summary(frame: Frame) -> DataSet:
    """Debits and credits by month of posting, account and currency, with what the entries hold.

    Debits and credits add up the detail; ``journal`` is the net of the journal's lines, which a
    general ledger takes over. The two nets must agree. The net in the functional currency is
    empty unless that is told of every line.
    """
    code, worth = _functional(frame)
    return frame.data_set(
        "journal_summary",
        "Journal summary",
        [
            c.ENTITY, c.PERIOD, c.text("gl_code", "Account"), c.text("gl_name", "Account name"),
            c.text("account", "Ledger account"), c.CURRENCY, c.money("debit", "Debit"),
            c.money("credit", "Credit"), c.money("net", "Net (debit positive)"),
            c.money("journal", "Net of the entries (debit positive)"),
            c.text("functional_currency", "Functional currency"),
            c.quantity("functional", "Net in it (debit positive)"),
            c.count("details", "Details", total=True), c.text("status", "Status"), c.ROW_KEY,
        ],
        f"""
        with detailed as (
            select period, gl_code, any_value(gl_name) as gl_name, account, currency,
                   sum(greatest(amount, 0)) as debit, sum(greatest(-amount, 0)) as credit,
                   sum(amount) as net, count(*) as details,
                   case when count(*) = count({worth}) then sum({worth}) end as functional
            from detail group by period, gl_code, account, currency
        ),
        entered as (
            select period, gl_code, any_value(gl_name) as gl_name, account, currency,
                   sum(amount) as journal
            from line where period between getvariable('first') and getvariable('period')
            group by period, gl_code, account, currency
        )
        select {frame.entity} as entity, period, gl_code,
               coalesce(e.gl_name, d.gl_name) as gl_name, account, currency,
               coalesce(debit, 0)::bigint as debit, coalesce(credit, 0)::bigint as credit,
               coalesce(net, 0)::bigint as net, coalesce(journal, 0)::bigint as journal,
               case when functional is not null then {code} end as functional_currency, functional,
               coalesce(details, 0) as details, 'posted' as status,
               key_of([period, gl_code, account, currency]) as row_key
        from entered e full join detailed d using (period, gl_code, account, currency)
        order by period, gl_code, account, currency
        """,
        note=(
            "Debits and credits add up the detail; entries net opposite amounts of one account. "
            "Posted entries are in the chain and cannot change."
        ),
    )  # fmt: skip


@cites("606-10-25-30", "606-10-45-1")
def journal_detail(frame: Frame) -> DataSet:
    """Every posting with its entry, account, obligation, event, decisions and paragraphs.

    Its worth in the functional currency is empty until that is told.
    """
    code, worth = _functional(frame)
    functional = (
        f"case when {worth} is not null then {code} end as functional_currency, "
        f"{worth} as functional"
    )
    return frame.data_set(
        "journal_detail",
        "Journal detail",
        [
            c.ENTITY, c.count("entry", "Entry"), c.count("line", "Line"), c.PERIOD,
            c.text("origin", "Month it belongs to"), c.text("posted_at", "Posted at"),
            c.text("posted_by", "Posted by"), c.text("gl_code", "Account"),
            c.text("gl_name", "Account name"), c.text("account", "Ledger account"), c.CURRENCY,
            c.money("debit", "Debit"), c.money("credit", "Credit"),
            c.text("functional_currency", "Functional currency"),
            c.quantity("functional", "Amount in it (debit positive)"), c.CUSTOMER, c.CONTRACT,
            c.OBLIGATION, c.COMPONENT, c.PRODUCT, c.text("event", "Event"),
            c.text("decisions", "Decisions"), c.text("paragraphs", "Paragraphs"),
            c.text("facts_digest", "Facts (SHA-256)"), c.ROW_KEY,
        ],
        f"""
        select {frame.entity} as entity, entry_seq as entry, line_no as line, period, origin,
               posted_at, posted_by, gl_code, gl_name, account, currency,
               greatest(amount, 0) as debit, greatest(-amount, 0) as credit,
               {functional},
               customer, contract, obligation, component, product, event, decisions, paragraphs,
               facts_digest,
               key_of([period, origin, event, contract, obligation, component, product, account,
                       entry_seq::varchar, line_no::varchar]) as row_key
        from detail
        order by period, entry_seq, line_no, origin, event, contract, obligation, component,
                 product, account
        """,
        note=(
            "Decisions are numbers of the contract's decisions as of the close, whose facts the "
            "digest names. Entry 0: postings of contracts that cancel out in every account, so "
            "that no entry was needed."
        ),
    )  # fmt: skip


def _functional(frame: Frame) -> tuple[str, str]:
    """SQL of the functional currency, and of a posting's worth in it; empty until it is told."""
    currencies = frame.inputs.book.currencies
    if currencies is None:
        return "null::varchar", "null::decimal(38, 3)"
    code = currencies.functional_currency
    digits = minor_digits(code)
    unit = Decimal(1).scaleb(-digits)
    worth = f"coalesce(functional, case when currency = '{code}' then amount end)"
    return f"'{code}'", f"({worth}::decimal(30, 0) * {unit}::decimal(4, {digits}))"
