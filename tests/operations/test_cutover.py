"""Contracts taken over from another system: opening entries, and what is posted after them."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pytest

from revrec.disclosure.cutover import tied_totals
from revrec.errors import FeedError, PeriodNotReady
from revrec.feeds.records import fact_of
from revrec.feeds.scenario import read_scenario
from revrec.operations.close import close_period, waive_gate
from revrec.operations.computing import posted_detail
from revrec.operations.cutover import read_controls, tied_cutover
from revrec.operations.facts import record_facts
from revrec.operations.report import report
from revrec.operations.verify import verify
from revrec.operations.workspace import Workspace
from revrec.periods import Period
from revrec.store import journal
from tests.books import EXAMPLES, facts_of

MAY, JUNE, JULY = Period(2026, 5), Period(2026, 6), Period(2026, 7)
PEOPLE = {"prepared_by": "ada", "approved_by": "grace"}
EXAMPLE = EXAMPLES / "taken_over_at_cutover.yaml"


def balances(workspace: Workspace, amount: str = "amount") -> dict[str, int]:
    """What stands on each account after all closes, debit positive, in minor units."""
    sums: dict[str, int] = defaultdict(int)
    for row in workspace.run(lambda tx: posted_detail(tx, workspace.lake)).to_pylist():
        sums[row["account"]] += row[amount]
    return {account: total for account, total in sums.items() if total}


@pytest.fixture
def taken_over(workspace: Workspace) -> Workspace:
    """The contracts of the example, nothing closed."""
    record_facts(workspace, facts_of([read_scenario(EXAMPLE)]), source="test")
    return workspace


def test_the_trial_balance_at_cutover_is_that_of_the_other_system(taken_over: Workspace) -> None:
    """Balances as told, against the clearing account; no revenue, no cash.

    Liabilities 18,400.00 + 18,250.00; receivable 36,500.00; contract asset 2,000.00. What
    clears them: 36,650.00 - 36,500.00 - 2,000.00 = -1,850.00, a credit.
    """
    close_period(taken_over, JUNE, **PEOPLE)

    assert balances(taken_over) == {
        "receivable": 3_650_000,
        "contract_asset": 200_000,
        "contract_liability": -3_665_000,
        "opening_balance": -185_000,
    }
    entries = taken_over.run(journal.read)
    assert {str(each.entry.event) for each in entries} == {"opening_balance", "netting"}


def test_the_month_after_posts_what_it_earned_alone(taken_over: Workspace) -> None:
    """3,100.00 + 3,074.73 + 1,000.00, worked in the example; the clearing account stands."""
    close_period(taken_over, JUNE, **PEOPLE)
    close_period(taken_over, JULY, **PEOPLE)

    after = balances(taken_over)
    assert after["revenue"] == -717_473
    assert after["opening_balance"] == -185_000
    assert verify(taken_over)[-1].endswith("all invariants hold.")


def test_the_opening_liability_of_the_first_month_is_known(taken_over: Workspace) -> None:
    """July earns 3,100.00 and 3,074.73 out of 36,650.00 of liabilities taken over (50-8b)."""
    close_period(taken_over, JUNE, **PEOPLE)
    close_period(taken_over, JULY, **PEOPLE)

    made = report(taken_over, JULY, JULY)
    balances = made.datasets["contract_balances"]

    assert [] == [each for each in made.tie_outs if each.difference]
    names = [each.name for each in balances.columns]
    opening, earned = names.index("opening"), names.index("revenue_from_opening")
    assert sum(row[opening] for row in balances.rows) == 3_665_000
    assert sum(row[earned] for row in balances.rows) == -617_473


def test_before_the_cutover_the_other_system_posts(taken_over: Workspace) -> None:
    """A month closed before the cutover has nothing of the contracts."""
    close_period(taken_over, MAY, **PEOPLE)

    assert balances(taken_over) == {}


def history(**opening: object) -> list[object]:
    """A contract of 36,500.00 by days, all told since inception; what the other system had."""
    lines = [{"amount": "36500.00", "obligation": "access"}]
    parts = {"obligations": [{"obligation": "access", "recognized": "18250.00"}]}
    return [
        {"kind": "contract", "id": "L", "customer": "l", "currency": "USD",
         "inception": "2026-01-01", "end": "2026-12-31",
         "obligations": [{"id": "access", "product": "p", "measure": "days"}],
         "consideration": [{"id": "fee", "kind": "fixed", "amount": "36500.00"}]},
        {"kind": "invoice", "id": "I", "contract": "L", "on": "2026-01-01", "lines": lines},
        {"kind": "opening_balance", "id": "O", "contract": "L", "on": "2026-06-30",
         "currency": "USD", "basis": "history", "billed": "36500.00", "paid": "0.00",
         "receivable": "36500.00", "contract_liability": "18250.00",
         "reason": "Months became days.", **parts, **opening},
    ]  # fmt: skip


def test_history_told_whole_is_computed_anew(workspace: Workspace) -> None:
    """181 days of 100.00 were earned by the cutover, whatever the other system had."""
    record_facts(workspace, [fact_of(each, "test") for each in history()], source="test")
    close_period(workspace, JUNE, **PEOPLE)

    assert balances(workspace) == {
        "receivable": 3_650_000,
        "contract_liability": -1_840_000,
        "opening_balance": -1_810_000,
    }


def test_the_difference_is_adjusted_where_that_is_chosen(workspace: Workspace) -> None:
    """18,250.00 as the other system had it, less 150.00 adjusted; later months go on by days."""
    told = history(adjusts=True)
    record_facts(workspace, [fact_of(each, "test") for each in told], source="test")
    close_period(workspace, JUNE, **PEOPLE)

    at_cutover = balances(workspace)
    assert at_cutover == {
        "receivable": 3_650_000,
        "contract_liability": -1_840_000,
        "opening_balance": -1_825_000,
        "cutover_adjustment": 15_000,
    }
    close_period(workspace, JULY, **PEOPLE)
    assert balances(workspace)["revenue"] == -310_000


@pytest.mark.parametrize("adjusts", [False, True])
def test_what_is_learned_late_of_the_time_before_is_revenue(
    workspace: Workspace, adjusts: bool
) -> None:
    """A price concession of 3,650.00 agreed in July for all the year takes 10.00 a day off.

    Revenue of July is 31 x 90.00 less 181 x 10.00 of the days before, 980.00.
    """
    told = history(adjusts=adjusts)
    told[0]["consideration"].append({"id": "rebate", "kind": "variable", "amount": "0.00"})
    record_facts(workspace, [fact_of(each, "test") for each in told], source="test")
    close_period(workspace, JUNE, **PEOPLE)
    standing = balances(workspace)["opening_balance"]
    rebate = {"kind": "estimate", "id": "E", "contract": "L", "on": "2026-06-30",
              "consideration": "rebate", "amount": "-3650.00"}  # fmt: skip
    record_facts(workspace, [fact_of(rebate, "test")], source="test")

    close_period(workspace, JULY, **PEOPLE)

    assert balances(workspace)["revenue"] == -98_000
    assert balances(workspace)["opening_balance"] == standing


def test_a_difference_without_a_reason_waits_for_two_people(workspace: Workspace) -> None:
    """Revenue and liability are off by 150.00; two people let the first close pass."""
    record_facts(workspace, [fact_of(each, "test") for each in history(reason="")], source="test")

    tied = tied_cutover(workspace, JUNE)
    assert tied.open == ["L recognised", "L contract_liability"]
    with pytest.raises(PeriodNotReady, match=r"2 differences of the cutover.*L \(recognised\)"):
        close_period(workspace, JUNE, **PEOPLE)

    waived = {"requested_by": "ada", "approved_by": "grace", "reason": "The old system is right."}
    waive_gate(workspace, JUNE, "cutover-ties", **waived)
    assert close_period(workspace, JUNE, **PEOPLE).new


def test_a_contract_that_was_left_out_is_told(taken_over: Workspace) -> None:
    """At the first close every contract signed by the cutover is expected to be taken over."""
    left_out = history()[0] | {"id": "LEFT-OUT"}
    record_facts(taken_over, [fact_of(left_out, "test")], source="test")

    tied = tied_cutover(taken_over, JUNE)

    assert tied.contracts == 3
    assert tied.open == ["LEFT-OUT not_taken_over"]


def test_a_close_waits_for_what_the_other_ledger_shows(taken_over: Workspace) -> None:
    """36,650.01 is told of liabilities of 36,650.00; corrected, June closes.

    Later versions change nothing that is closed, and ask nothing of the months after.
    """

    def tell(amount: str, reason: str = "") -> None:
        told = {"kind": "control_total", "id": "LIABILITY", "on": "2026-06-30", "reason": reason,
                "account": "contract_liability", "currency": "USD", "amount": amount}  # fmt: skip
        record_facts(taken_over, [fact_of(told, "test")], source="test")

    tell("36650.01")
    (off,) = (each for each in tied_cutover(taken_over, JUNE).totals if each.off)
    assert (off.theirs, off.control, off.off) == (3_665_000, 3_665_001, -1)
    with pytest.raises(PeriodNotReady, match="total contract_liability USD of 2026-06-30"):
        close_period(taken_over, JUNE, **PEOPLE)

    tell("36650.01", "A cent of their rounding.")
    assert not tied_cutover(taken_over, JUNE).open
    tell("36650.00")
    close_period(taken_over, JUNE, **PEOPLE)
    tell("1.00")
    close_period(taken_over, JULY, **PEOPLE)
    assert verify(taken_over)


def test_an_opening_told_late_posts_to_the_open_month(workspace: Workspace) -> None:
    """June is closed without it: July posts the balances of June and 31 days of its own.

    36,500.00 owed, 181 days of 100.00 recognised: 18,400.00 of service left, of which July gives
    3,100.00. A control total of June is asked again, as contracts of its day are taken over.
    """
    contract, _, opening = history(
        basis="balances", contract_liability="18400.00", reason="",
        obligations=[{"obligation": "access", "recognized": "18100.00"}],
    )  # fmt: skip
    total = {"kind": "control_total", "id": "T", "on": "2026-06-30", "account": "receivable",
             "currency": "USD", "amount": "36500.01"}  # fmt: skip
    close_period(workspace, JUNE, **PEOPLE)
    told = [fact_of(each, "test") for each in (contract, opening, total)]
    record_facts(workspace, told, source="test")
    with pytest.raises(PeriodNotReady, match="total receivable USD of 2026-06-30"):
        close_period(workspace, JULY, **PEOPLE)
    corrected = [fact_of(total | {"amount": "36500.00"}, "test")]
    record_facts(workspace, corrected, source="test")

    close_period(workspace, JULY, **PEOPLE)

    assert balances(workspace) == {
        "receivable": 3_650_000,
        "contract_liability": -1_530_000,
        "revenue": -310_000,
        "opening_balance": -1_810_000,
    }
    entries = [each.entry for each in workspace.run(journal.read)]
    assert {each.period for each in entries} == {JULY}
    assert {each.origin for each in entries if each.event == "opening_balance"} == {JUNE}
    assert {each.origin for each in entries if each.event == "satisfaction"} == {JULY}


def test_a_contract_combined_with_others_is_not_taken_over(workspace: Workspace) -> None:
    """Its balances are of one of two contracts that are one here."""
    other = history()[0] | {"id": "M"}
    one = {"kind": "combination", "id": "LM", "contracts": ["L", "M"], "on": "2026-01-01",
           "outcome": "confirmed", "reasons": ["one_objective"], "by": "grace"}  # fmt: skip
    told = [*history(), other, one]
    record_facts(workspace, [fact_of(each, "test") for each in told], source="test")

    with pytest.raises(PeriodNotReady, match="is of a contract combined into LM"):
        close_period(workspace, JUNE, **PEOPLE)


def test_a_cutover_within_a_period_is_refused(workspace: Workspace) -> None:
    """Balances are those of the end of a period, whatever the calendar."""
    told = history(on="2026-06-15")
    record_facts(workspace, [fact_of(each, "test") for each in told], source="test")

    with pytest.raises(PeriodNotReady, match="is of 2026-06-15, within a period"):
        close_period(workspace, JUNE, **PEOPLE)


def test_a_foreign_contract_keeps_the_rate_it_is_carried_at(workspace: Workspace) -> None:
    """600.00 of 1,200.00 EUR left at 1.20 is 720.00 USD, though June ends at 1.10.

    July earns 600.00 x 31 / 184 = 101.09 EUR, 121.31 USD. No rate of before the cutover is told.
    """
    contract = history()[0] | {"currency": "EUR"}
    contract["consideration"] = [{"id": "fee", "kind": "fixed", "amount": "1200.00"}]
    opening = {"kind": "opening_balance", "id": "O", "contract": "L", "on": "2026-06-30",
               "currency": "EUR", "billed": "1200.00", "paid": "1200.00", "rate": "1.20",
               "obligations": [{"obligation": "access", "recognized": "600.00"}],
               "contract_liability": "600.00"}  # fmt: skip
    currencies = {"kind": "entity_currencies", "functional_currency": "USD",
                  "effective_from": "2026-01-01"}  # fmt: skip
    rates = [
        {"kind": "exchange_rate", "id": day, "currency": "EUR", "into": "USD", "on": day,
         "rate": "1.10"}
        for day in ("2026-06-30", "2026-07-31")
    ]  # fmt: skip
    told = [contract, opening, currencies, *rates]
    record_facts(workspace, [fact_of(each, "test") for each in told], source="test")

    close_period(workspace, JUNE, **PEOPLE)
    assert balances(workspace, "functional") == {
        "contract_liability": -72_000, "opening_balance": 72_000
    }  # fmt: skip
    close_period(workspace, JULY, **PEOPLE)
    assert balances(workspace, "functional")["revenue"] == -12_131


def test_totals_of_one_account_add_up(tmp_path: Path) -> None:
    """A ledger may keep an account in several: none replaces another."""
    path = tmp_path / "totals.csv"
    path.write_text(
        "account,currency,amount\nreceivable,USD,100.25\nreceivable,USD,-0.25\nreceivable,JPY,7\n"
    )

    totals = tied_totals([], read_controls(path, JUNE.last), JUNE.last)

    assert [(each.currency, each.control) for each in totals] == [("JPY", 7), ("USD", 10_000)]


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ("receivable,USD,1.00\nreceivable,USD,0.001", "totals.csv, row 2: 0.001 USD has more"),
        ("receivable,USD,NaN", "totals.csv, row 1: NaN is not a number"),
        ("cash,USD,1.00", "totals.csv, row 1: 'cash' is no account of a cutover"),
        ("receivable,USD", "totals.csv, row 1: no account, currency and amount"),
        ("receivable,XXQ,1", "totals.csv, row 1: "),
        ("", "totals.csv has no totals"),
    ],
)
def test_totals_that_do_not_fit_are_named(tmp_path: Path, rows: str, told: str) -> None:
    """With the file and the row; a file without totals proves nothing."""
    path = tmp_path / "totals.csv"
    path.write_text(f"account,currency,amount\n{rows}\n")

    with pytest.raises(FeedError) as refused:
        read_controls(path, JUNE.last)

    assert refused.value.message.startswith(told)
