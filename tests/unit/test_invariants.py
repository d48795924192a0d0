"""The truths of the books over balances written out by hand, and what is said of what is false."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pyarrow as pa
import pytest

from revrec.errors import InvariantViolated
from revrec.ledger import chain
from revrec.ledger.abroad import STANDING
from revrec.ledger.invariants import agree, hold, journal_lines, violations
from revrec.ledger.maturity import MATURITY
from revrec.ledger.subledger import POSTED
from tests.store.samples import entry

DAY = date(2026, 1, 31)
AMOUNTS = (
    "billed taxed for_principal paid paid_to_customer written_off recognised accrued unrecognised "
    "transaction_price cash_in_advance conditional_bill receivable deposit_liability "
    "refund_liability contract_liability contract_asset"
).split()


def position(contract: str, **amounts: int) -> dict[str, object]:
    """Balances of a contract; what is not told is zero."""
    return {"contract": contract, **dict.fromkeys(AMOUNTS, 0), **amounts}


def posting(contract: str, account: str, amount: int, functional=None, **told):
    """A posting of January."""
    usual = {"origin": "2026-01", "obligation": "x", "component": "", "product": "", "event": "e"}
    row = {"contract": contract, "account": account, "amount": amount, "functional": functional}
    return {**usual, **row, **told}


def books(posted=(), positions=(), accrual=(), standing=(), earned=()):
    """What the truths are asked of; ``earned`` are contracts with what their segment earned."""
    sums = [("contract", pa.string()), *((name, pa.int64()) for name in AMOUNTS)]
    segments = [("segment", pa.int64()), ("contract", pa.string()), ("as_used", pa.bool_())]
    accruals = [
        ("contract", pa.string()),
        ("stream", pa.string()),
        ("day", pa.date32()),
        ("amount", pa.int64()),
    ]
    recognised = [("segment", pa.int64()), ("day", pa.date32()), ("revenue", pa.int64())]
    rows = {
        "posted": (posted, POSTED),
        "positions": (positions, pa.schema(sums)),
        "segments": (
            [
                {"segment": place, "contract": contract, "as_used": False}
                for place, (contract, _) in enumerate(earned)
            ],
            pa.schema(segments),
        ),
        "recognised": (
            [
                {"segment": place, "day": DAY, "revenue": revenue}
                for place, (_, revenue) in enumerate(earned)
            ],
            pa.schema(recognised),
        ),
        "accrual": (accrual, pa.schema(accruals)),
        "standing": (standing, STANDING),
    }
    return {name: pa.Table.from_pylist(list(told), schema) for name, (told, schema) in rows.items()}


BILLED = position(
    "A", billed=100, receivable=100, contract_liability=60, recognised=40, unrecognised=60,
    transaction_price=100,
)  # fmt: skip
"""100 billed, 40 of it earned."""
POSTINGS = [
    posting("A", "receivable", 100),
    posting("A", "contract_liability", -60),
    posting("A", "revenue", -40),
]


def test_books_that_agree():
    """Nothing is false, with a table for balances in other currencies and without."""
    told = books(POSTINGS, [BILLED], earned=[("A", 40)])

    assert violations(told, DAY) == []
    assert violations({n: t for n, t in told.items() if n != "standing"}, DAY) == []
    hold(told, DAY)


def test_what_is_false_is_told_with_both_sides():
    """A cent too much of revenue: every truth it breaks, by name."""
    told = books([*POSTINGS[:2], posting("A", "revenue", -41)], [BILLED], earned=[("A", 40)])

    assert [str(each) for each in violations(told, DAY)] == [
        (
            "postings_balance_per_contract_and_month: postings of 2026-01 of contract A is -1, "
            "expected 0 (1 too little, minor units)"
        ),
        (
            "revenue_posted_equals_revenue_recognised: revenue of contract A is 41, expected 40 "
            "(1 too much, minor units)"
        ),
    ]


def test_contracts_are_named_in_order():
    """Whichever is found first; five are told in the error, and all in its attributes."""
    names = "FEDCBA"
    told = books(
        positions=[position(name, contract_asset=7, contract_liability=7) for name in names]
    )
    both = [
        (each.contract, each.left, each.right)
        for each in violations(told, DAY)
        if each.truth == "contract_shows_an_asset_or_a_liability_never_both"
    ]
    with pytest.raises(InvariantViolated) as refusal:
        hold(told, DAY)

    assert both == [(name, 7, 0) for name in sorted(names)]
    assert refusal.value.message.startswith("18 invariants are violated: balances_posted_equal")
    assert refusal.value.message.count("minor units") == 5
    assert len(refusal.value.attributes["violations"]) == 18


def test_accruals_and_the_functional_currency():
    """Interest of 5 that was posted as 4, and a receivable of 90 yen that stands at 91."""
    told = books(
        [
            posting("A", "interest_expense", 4, event="interest_expense"),
            posting("A", "contract_liability", -4, event="interest_expense"),
            posting("A", "receivable", 0, 90),
            posting("A", "revenue", 0, -89),
        ],
        [position("A", accrued=4, contract_liability=4)],
        [{"contract": "A", "stream": "interest_expense", "day": DAY, "amount": 5}],
        [{"contract": "A", "account": "receivable", "functional": 91}],
    )
    found = [(each.truth, each.left, each.right) for each in violations(told, DAY)]

    assert found == [
        ("accruals_posted_equal_accruals_computed_from_facts", 4, 5),
        ("functional_amounts_balance_per_contract_and_month", 1, 0),
        ("monetary_balances_stand_at_the_rate_of_the_day", 90, 91),
    ]


def test_detail_agrees_with_the_journal():
    """Entry by entry and account by account; what cancelled has no entry."""
    posted = chain.link(
        [entry(100), entry(50)],
        (0, chain.GENESIS),
        entity=7,
        posted_at=datetime(2026, 2, 1, tzinfo=UTC),
        by="ada",
    )
    lines = journal_lines(posted)

    def detail(amount: int) -> pa.Table:
        told = [(1, -1, 100), (2, -1, amount), (0, 1, 3)]
        rows = [
            {"entry_seq": seq, "account": account, "currency": "USD", "amount": sign * worth}
            for seq, side, worth in told
            for account, sign in (("revenue", side), ("contract_liability", -side))
        ]
        return pa.Table.from_pylist(rows, lines.schema)

    agree(lines, detail(50))
    with pytest.raises(InvariantViolated) as refusal:
        agree(lines, detail(1250))

    assert refusal.value.message == (
        "Entry 2: the journal's contract_liability is off its detail by -1,200 USD (minor units)."
    )


def test_what_is_posted_as_non_current_is_part_of_its_balance():
    """20 of 60 owed: the whole is 60 still. Of what is scheduled, 25, five are missing."""
    split = [
        posting("A", "contract_liability", 20, event="non_current_liability"),
        posting("A", "non_current_contract_liability", -20, event="non_current_liability"),
    ]
    told = books([*POSTINGS, *split], [BILLED], earned=[("A", 40)])
    row = {"contract": "A", "account": "contract_liability", "balance": 60}

    for current, wanted in ((40, []), (35, [(-20, -25)])):
        later = {**row, "current": current, "non_current": 60 - current}
        maturity = pa.Table.from_pylist([later], MATURITY)
        found = violations({**told, "maturity": maturity}, DAY)
        assert wanted == [(each.left, each.right) for each in found]
    [unscheduled] = violations(told, DAY)
    assert "non_current_balances_posted_are_those_scheduled" == unscheduled.truth
