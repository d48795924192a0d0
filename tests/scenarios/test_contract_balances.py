"""Balances of a contract: what is receivable, owed back, held in advance, or not yet anything."""

from __future__ import annotations

import pytest

from revrec.audit.check import check
from revrec.feeds.documents import read_yaml
from revrec.feeds.scenario import scenario_of

CONTRACT = """
- {id: C, customer: x, currency: USD, inception: 2026-01-01, end: 2026-12-31,
   obligations: [{id: service, product: service, measure: even_months}],
   consideration: [{id: fee, kind: fixed, amount: "1200.00"}%s]}
"""
REBATE = ', {id: rebate, kind: variable, amount: "-120.00"}'
TWO_REBATES = f'{REBATE}, {{id: credit, kind: variable, amount: "-60.00"}}'
BILL = '{kind: invoice, id: I, contract: C, on: 2026-01-01, lines: [{amount: "1200.00"}]}'
PAID = '{kind: payment, id: P, contract: C, on: 2026-01-05, amount: "1200.00"}'
MONTHLY = ", ".join(
    f"{{kind: invoice, id: I{month}, contract: C, on: 2026-{month:02}-01, lines: "
    '[{amount: "100.00"}]}'
    for month in range(1, 13)
)
CREDITED = (
    "{kind: credit_memo, id: M, contract: C, on: 2026-06-30, invoice: I, "
    'lines: [{amount: "120.00", consideration: rebate}]}'
)
CUT = (
    "{kind: modification, id: CUT, contract: C, on: 2026-06-30, new_terms_from: 2026-07-01, "
    'price_change: "-200.00"}'
)
FOR_PRINCIPAL = BILL.replace("}]}", ', for_principal: "70.00"}]}')


def balances(consideration: str, events: list[str], day: str) -> dict[str, int]:
    """The balances of the contract at the end of a day, in whole units, without zeros."""
    names = (
        "receivable",
        "contract_asset",
        "contract_liability",
        "refund_liability",
        "deposit_liability",
        "payable_to_principal",
        "bad_debt",
    )
    told = scenario_of(
        {
            "title": "balances",
            "cites": ["606-10-45-1"],
            "contracts": read_yaml(CONTRACT % consideration, "contract"),
            "events": read_yaml(f"[{', '.join(events)}]", "events"),
            "expected": [{"as_of": day, "measure": name, "amount": "0"} for name in names],
        }
    )
    found = {each.expectation.measure: int(each.actual) for each in check(told)}
    return {name: amount for name, amount in found.items() if amount}


@pytest.mark.parametrize(
    ("consideration", "events", "day", "expected"),
    [
        # Billed 1,200 for a price of 1,080: 120 will be returned; earned 540 of the rest.
        (REBATE, [BILL], "2026-06-30", {"receivable": 1200, "refund_liability": 120,
                                         "contract_liability": 540}),
        # Cash changes nothing but the receivable.
        (REBATE, [BILL, PAID], "2026-06-30", {"refund_liability": 120, "contract_liability": 540}),
        # Billed by the month, 600 for 540 earned: the rebate earned so far is owed.
        (REBATE, [MONTHLY], "2026-06-30", {"receivable": 600, "refund_liability": 60}),
        # Nothing billed: what is not receivable cannot be owed back; the asset is net.
        (REBATE, [], "2026-06-30", {"contract_asset": 540}),
        # Credited in full: nothing more is owed.
        (REBATE, [BILL, CREDITED], "2026-06-30", {"receivable": 1080, "contract_liability": 540}),
        # Two rebates of 120 and 60, the first credited: 60 left; 1,020 x 6/12 = 510 earned.
        (TWO_REBATES, [BILL, CREDITED], "2026-06-30",
         {"receivable": 1080, "refund_liability": 60, "contract_liability": 510}),
        # 200 off the second half, unpaid: the receivable stays whole until credited.
        ("", [BILL, CUT], "2026-06-30", {"receivable": 1200, "refund_liability": 200,
                                           "contract_liability": 400}),
        # The same billed by the month: nothing is billed beyond the price.
        ("", [MONTHLY, CUT], "2026-06-30", {"receivable": 600}),
        # At the year's end 1,200 was billed for 1,000.
        ("", [MONTHLY, CUT], "2026-12-31", {"receivable": 1200, "refund_liability": 200}),
        # Returned before the credit memo comes: nothing is owed, but the bill still stands.
        ("", [BILL, PAID, CUT,
              '{kind: refund, id: R, contract: C, on: 2026-06-30, amount: "200.00"}'],
         "2026-06-30", {"receivable": 200, "refund_liability": 200, "contract_liability": 400}),
        # Billed twice by mistake and paid twice: without a reduction it is held in advance ...
        ("", [BILL, PAID, BILL.replace("id: I", "id: I2"), PAID.replace("id: P", "id: P2")],
         "2026-06-30", {"contract_liability": 1800}),
        # ... and with the credit memo it is owed back.
        ("", [BILL, PAID, BILL.replace("id: I", "id: I2"), PAID.replace("id: P", "id: P2"),
              CREDITED.replace("120.00", "1200.00").replace(", consideration: rebate", "")],
         "2026-06-30", {"refund_liability": 1200, "contract_liability": 600}),
        # 30 of a bill is lost: a credit loss, and revenue stays.
        ("", [BILL, '{kind: write_off, id: W, contract: C, on: 2026-06-01, amount: "30.00"}'],
         "2026-06-30", {"receivable": 1170, "contract_liability": 600, "bad_debt": 30}),
        # 70 of a bill is a principal's; it is neither revenue nor a contract liability.
        ("", [FOR_PRINCIPAL], "2026-06-30", {"receivable": 1270, "contract_liability": 600,
                        "payable_to_principal": 70}),
    ],
)  # fmt: skip
def test_balances_at_the_end_of_a_day(consideration, events, day, expected):
    """Each cent received, billed or earned stands in one balance (606-10-32-10, 45-1 to 45-4)."""
    assert expected == balances(consideration, events, day)
