"""What is never false of the books: one list of named truths.

Tests, every close and ``revrec verify`` run the same list. Each truth is a query over balances by
contract that gives the contracts for which it is false.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files

import pyarrow as pa

from revrec.columnar import connect
from revrec.errors import InvariantViolated
from revrec.ledger.abroad import STANDING
from revrec.ledger.cutover import CUTOVER
from revrec.ledger.entries import PostedEntry
from revrec.ledger.kinds import kind_table
from revrec.ledger.maturity import MATURITY
from revrec.model.decision import Stream

_PRESENTED = {
    "receivable": "receivable",
    "contract_asset": "contract_asset",
    "contract_liability": "-contract_liability",
    "refund_liability": "-refund_liability",
    "deposit_liability": "-deposit_liability",
}
"""Account -> what stands on it, of the positions."""
_STANDS = """
    select contract, '{account}' as what, posted_{account} as left_side, {wanted} as right_side
    from balances where left_side <> right_side
"""
TRUTHS: Mapping[str, str] = {
    "postings_balance_per_contract_and_month": """
        select contract, 'postings of ' || origin as what, amount as left_side, 0 as right_side
        from monthly where amount <> 0
    """,
    "revenue_posted_equals_revenue_recognised": """
        select contract, 'revenue' as what, -posted_revenue as left_side,
               recognised as right_side
        from balances where left_side <> right_side
    """,
    "contract_liability_less_contract_asset_equals_billed_less_recognised": """
        select contract, 'contract liability less asset' as what,
               -posted_contract_asset - posted_contract_liability as left_side,
               -- Interest, refunds, deposits and cash without a bill are shown apart.
               billed - recognised + accrued - paid_to_customer + cash_in_advance
               - conditional_bill - deposit_liability - refund_liability as right_side
        from balances where left_side <> right_side
    """,
    "functional_amounts_balance_per_contract_and_month": """
        select contract, 'functional postings of ' || origin as what, functional as left_side,
               0 as right_side
        from monthly where functional <> 0
    """,
    "monetary_balances_stand_at_the_rate_of_the_day": """
        select contract, account || ' in the functional currency' as what,
               coalesce(p.amount, 0) as left_side, s.functional as right_side
        from standing s left join (
            select contract, regexp_replace(account, '^non_current_', '') as account,
                   sum(functional) as amount
            from lines semi join standing using (contract) group by all
        ) p using (contract, account)
        where coalesce(p.amount, 0) <> s.functional
    """,
    "contract_shows_an_asset_or_a_liability_never_both": """
        select contract, 'contract asset beside a liability' as what,
               contract_asset as left_side, 0 as right_side
        from positions where contract_asset <> 0 and contract_liability <> 0
    """,
    "balances_posted_equal_balances_computed_from_facts": " union all ".join(
        _STANDS.format(account=account, wanted=wanted) for account, wanted in _PRESENTED.items()
    ),
    "non_current_balances_posted_are_those_scheduled": """
        select contract, account as what, coalesce(p.amount, 0) as left_side,
               coalesce(m.amount, 0) as right_side
        from (
            select contract, 'non_current_' || account as account,
                   case account when 'contract_liability' then -non_current else non_current end
                       as amount
            from maturity
        ) m full join (
            select contract, account, sum(amount) as amount
            from lines where starts_with(account, 'non_current_') group by all
        ) p using (contract, account)
        where coalesce(p.amount, 0) <> coalesce(m.amount, 0)
    """,
    "what_was_received_is_revenue_or_still_owed": """
        select contract, 'receivable less liabilities' as what,
               receivable + contract_asset - contract_liability - refund_liability
               - deposit_liability as left_side,
               recognised + taxed + for_principal - accrued - written_off + paid_to_customer
               - paid as right_side
        from positions where left_side <> right_side
    """,
    "accruals_posted_equal_accruals_computed_from_facts": """
        select contract, event as what, coalesce(p.amount, 0) as left_side,
               coalesce(a.amount, 0) as right_side
        from (
            -- What moved no balance before a cutover was posted by the other system alone.
            select a.contract, stream as event,
                   sum(case when a.day = getvariable('day') then amount else -amount end) as amount
            from accrual a
            left join cutover c using (contract)
            left join kind o on o.event = 'opening_' || stream
            where a.day = getvariable('day') or (a.day = c.day and o.debit = o.credit)
            group by all
        ) a full join (
            select l.contract, s.stream as event, sum(l.amount) as amount
            from lines l join streams s using (event)
            where regexp_replace(l.account, '^non_current_', '') = s.debit
            group by all
        ) p using (contract, event)
        where coalesce(p.amount, 0) <> coalesce(a.amount, 0)
    """,
    "recognised_and_unrecognised_equal_the_transaction_price": """
        select contract, 'transaction price' as what, recognised_of_price + unrecognised
               as left_side, transaction_price as right_side
        from positions join (
            select s.contract,
                   sum(case when s.as_used then 0 else r.revenue end) as recognised_of_price
            from recognised r join segments s using (segment)
            where r.day = getvariable('day') group by all
        ) using (contract)
        where recognised_of_price + unrecognised <> transaction_price
    """,
}
"""Name -> query over what ``sums.sql`` makes of the postings, and over lines (the postings, what is
non-current on its own accounts), maturity, positions, standing, segments, recognised, accrual,
cutover and kind: contract, what, both sides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """A truth that does not hold for a contract; amounts in minor units."""

    truth: str
    contract: str
    what: str
    left: int
    right: int

    def __str__(self) -> str:
        side = "too much" if self.left > self.right else "too little"
        return (
            f"{self.truth}: {self.what} of contract {self.contract} is {self.left:,}, "
            f"expected {self.right:,} ({abs(self.left - self.right):,} {side}, minor units)"
        )


def violations(tables: Mapping[str, pa.Table], day: object) -> list[Violation]:
    """Every violation.

    ``tables`` are posted, positions (of ``day``), segments, recognised and accrual; with contracts
    in other currencies than the functional one, also standing (``Subledger.standing``); with
    contracts taken over, also cutover; where the split by maturity is posted, also maturity.
    """
    found = []
    with connect() as database:
        rare = {"standing": STANDING.empty_table(), "cutover": CUTOVER.empty_table()}
        rare["maturity"] = MATURITY.empty_table()
        for name, table in {**rare, **tables}.items():
            database.register("lines" if name == "posted" else name, table)
        database.register("kind", kind_table())
        database.register("accruing", pa.table({"event": [stream.value for stream in Stream]}))
        database.execute(files(__package__).joinpath("sums.sql").read_text(encoding="utf-8"))
        database.execute("set variable day = $1", [day])
        for truth, query in TRUTHS.items():
            for contract, what, left, right in database.execute(query).fetchall():
                found.append(
                    Violation(
                        truth=truth, contract=contract, what=what, left=int(left), right=int(right)
                    )
                )
    return sorted(found, key=lambda each: (each.truth, each.contract, each.what))


def hold(tables: Mapping[str, pa.Table], day: object) -> None:
    """Raise InvariantViolated, naming the first violations, unless every truth holds."""
    found = violations(tables, day)
    if found:
        raise InvariantViolated(
            f"{len(found):,} invariants are violated: {'; '.join(map(str, found[:5]))}.",
            remedy="Nothing was posted. Run `revrec verify` and report the contract.",
            violations=[str(each) for each in found],
        )


def journal_lines(entries: Sequence[PostedEntry]) -> pa.Table:
    """Lines of the journal as columns: entry_seq, account, currency, amount."""
    lines = [(each.seq, line) for each in entries for line in each.entry.lines]
    return pa.table(
        {
            "entry_seq": pa.array([seq for seq, _ in lines], pa.int64()),
            "account": pa.array([line.account for _, line in lines], pa.string()),
            "currency": pa.array([line.currency for _, line in lines], pa.string()),
            "amount": pa.array([line.amount for _, line in lines], pa.int64()),
        }
    )


def agree(lines: pa.Table, detail: pa.Table) -> None:
    """Raise InvariantViolated unless posting detail sums to the journal, entry by account."""
    with connect() as database:
        database.register("lines", lines)
        database.register("detail", detail)
        off = database.execute(
            """
            select entry_seq, account, currency, sum(amount) as difference
            from (select entry_seq, account, currency, amount from lines
                  union all
                  select entry_seq, account, currency, -amount from detail where entry_seq > 0)
            group by all having sum(amount) <> 0 order by all limit 1
            """
        ).fetchone()
    if off is not None:
        seq, account, currency, difference = off
        raise InvariantViolated(
            f"Entry {seq}: the journal's {account} is off its detail by {difference:,} {currency} "
            "(minor units).",
            remedy="Restore the posting table to the version the last close names.",
        )
