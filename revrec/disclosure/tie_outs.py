"""Every total against every other: schedules, journal, and balances computed from facts.

Amounts are minor units; each check is made in every currency of the book. Totals can agree while
contracts do not, so balances are compared contract by contract as well.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date

from revrec.citations import cites
from revrec.disclosure import columns as c
from revrec.disclosure.balances import ROLLFORWARDS
from revrec.disclosure.billing_bridge import bridge_tie_outs
from revrec.disclosure.checks import (
    ALLOWED,
    BEFORE,
    IN_REPORT,
    Check,
    Data,
    Sums,
    by_row,
    entered,
    facts,
    less,
    plus,
    sums,
    taken_over,
    unbalanced,
    unsigned,
)
from revrec.disclosure.comparison import comparison_tie_outs
from revrec.disclosure.contract_costs import cost_tie_outs
from revrec.disclosure.earlier_performance import performance_tie_outs
from revrec.disclosure.financing import financing_tie_outs
from revrec.disclosure.frame import Frame
from revrec.disclosure.look_back import look_back_tie_outs
from revrec.disclosure.maturity import maturity_tie_outs
from revrec.disclosure.prices import expected_of_withdrawn, financed_on, price_on
from revrec.disclosure.remaining_movement import movement_tie_outs
from revrec.disclosure.remaining_obligations import BANDS
from revrec.disclosure.revenue import CUTS
from revrec.disclosure.revenue_by_use import use_tie_outs
from revrec.model.dataset import DataSet, TieOut
from revrec.model.decision import ContractAccounting


@cites("606-10-50-5", "606-10-50-8", "606-10-50-13")
def tie_outs(frame: Frame, data: Data) -> tuple[TieOut, ...]:
    """All checks in every currency, whether they hold or not; data sets by their names."""
    checks = [
        *_revenue(frame, data),
        *performance_tie_outs(frame, data),
        *use_tie_outs(frame, data),
        *comparison_tie_outs(frame, data),
        *_balances(frame, data),
        *_positions(frame, data),
        *_prices(frame, data),
        *cost_tie_outs(frame, data),
        *maturity_tie_outs(frame, data),
        *movement_tie_outs(data),
        *bridge_tie_outs(frame, data),
        *financing_tie_outs(frame, data),
        *look_back_tie_outs(data, str(frame.span.period)),
        *_cohorts(data),
        *_journal(frame, data),
    ]
    currencies = {str(row[0]) for row in frame.rows("select distinct currency from contract")}
    currencies |= {each for check in checks for each in (*check.left, *check.right)}
    return tuple(
        TieOut(
            name=check.name,
            left_name=check.left_name,
            left=check.left.get(currency, 0),
            right_name=check.right_name,
            right=check.right.get(currency, 0),
            currency=currency,
            mark=check.mark,
        )
        for check in checks
        for currency in sorted(currencies)
    )


def _revenue(frame: Frame, data: Data) -> Iterator[Check]:
    """Revenue of the waterfall, of the journal and of every cut."""
    waterfall, cube = data["revenue_waterfall"], data["disaggregated_revenue"]
    for month in frame.span.periods:
        column = c.month_name("actual", month)
        journal = entered(frame, "revenue", -1, f"period = '{month}'")
        of_month = sums(cube, ["amount"], only=("period", {str(month)}))
        yield Check(
            f"Revenue of {month}", "TB", "Revenue waterfall: actual", sums(waterfall, [column]),
            "Journal: revenue", journal,
        )  # fmt: skip
        yield Check(
            f"Revenue of {month}, disaggregated", "CF", "Disaggregated revenue", of_month,
            "Journal: revenue", journal,
        )  # fmt: skip
    in_report = entered(frame, "revenue", -1, IN_REPORT)
    for cut, title in CUTS.items():
        yield Check(
            f"Revenue by {title.lower()}", "CF", data[f"revenue_by_{cut}"].title,
            sums(data[f"revenue_by_{cut}"], ["amount"]), "Journal: revenue", in_report,
        )  # fmt: skip
    yield Check(
        "Revenue of earlier months", "CF", "Revenue waterfall: of which for earlier months",
        sums(waterfall, ["late"]), "Revenue of earlier months",
        sums(data["late_revenue"], ["amount"]),
    )  # fmt: skip
    actual = ["before", *(c.month_name("actual", month) for month in frame.span.periods)]
    yield Check(
        "Revenue to date", "R", "Revenue waterfall: before and actual", sums(waterfall, actual),
        "Recognised from facts", facts(frame, "recognised"),
    )  # fmt: skip


def _cohorts(data: Data) -> Iterator[Check]:
    """The waterfall added up otherwise."""
    waterfall, booked = data["revenue_waterfall"], data["revenue_cohorts"]
    columns = [each.name for each in booked.columns if each.name in _names(waterfall)]
    columns = [name for name in columns if name not in {"currency", "row_key"}]
    yield Check(
        "Revenue by month booked", "CF", "Revenue by month booked: all columns",
        sums(booked, columns), "Revenue waterfall: the same columns", sums(waterfall, columns),
    )  # fmt: skip
    ahead = [name for name in _names(waterfall) if name.startswith(("actual_", "scheduled_"))]
    yield Check(
        "Revenue over time", "CF", "Revenue over time: actual and scheduled",
        sums(data["revenue_over_time"], ["amount"]), "Revenue waterfall: actual and scheduled",
        sums(waterfall, ahead),
    )  # fmt: skip
    yield Check(
        "Recognised before and in the fiscal year", "F", "Earlier years and this year to date",
        sums(waterfall, ["prior_years", "year_to_date"]), "Before and actual",
        sums(waterfall, ["before", *(n for n in ahead if n.startswith("actual_"))]),
    )  # fmt: skip


def _names(data: DataSet) -> list[str]:
    return [each.name for each in data.columns]


def _balances(frame: Frame, data: Data) -> Iterator[Check]:
    """Rollforwards against the journal and against balances computed from facts."""
    for kind in ROLLFORWARDS:
        rolled = data[kind.name]
        account, sign = kind.account, kind.sign
        opening, *movements, closing = kind.lines
        title = kind.title
        yield Check(
            f"{title}, opening", "PY", f"{title}: opening", sums(rolled, [opening]),
            "Journal before the report", entered(frame, account, sign, BEFORE),
        )  # fmt: skip
        yield Check(
            f"{title}, closing", "TB", f"{title}: closing", sums(rolled, [closing]),
            "Journal at the report's end", entered(frame, account, sign, "true"),
        )  # fmt: skip
        yield Check(
            f"{title}, opening and movements", "F", f"{title}: opening and movements",
            sums(rolled, [opening, *movements]), f"{title}: closing", sums(rolled, [closing]),
        )  # fmt: skip
        by_month = data[f"{kind.name}_by_month"]
        yield Check(
            f"{title}, month by month", "CF", f"{title} by month: movements",
            sums(by_month, movements), f"{title}: movements", sums(rolled, movements),
        )  # fmt: skip
        position = data["contract_position"]
        yield Check(
            f"{title}, from facts", "R", f"{title}: closing", sums(rolled, [closing]),
            "Contract position", sums(position, [account]),
        )  # fmt: skip
        yield Check(
            f"{title}, contract by contract", "R", "Differences to the position, unsigned",
            unsigned(by_row(rolled, closing), by_row(position, account)),
            ALLOWED, {},
        )  # fmt: skip


def _positions(frame: Frame, data: Data) -> Iterator[Check]:
    """What positions say of themselves, and cash and tax of the journal."""
    position = data["contract_position"]
    liabilities, assets = data["contract_balances"], data["contract_assets"]
    shown_apart = ("deposit_liability", "refund_liability", "conditional_bill", "paid_to_customer")
    owed = less(facts(frame, "billed + accrued + cash_in_advance"), facts(frame, "recognised"))
    yield Check(
        "Contract liabilities less contract assets", "R", "Rollforwards: closing",
        less(sums(liabilities, ["closing"]), sums(assets, ["closing"])),
        "Billed less recognised, and what is shown apart",
        less(owed, facts(frame, " + ".join(shown_apart))),
    )  # fmt: skip
    yield Check(
        "Customer deposits", "R", "Journal: deposit liability",
        entered(frame, "deposit_liability", -1, "true"), "Contract position",
        facts(frame, "deposit_liability"),
    )  # fmt: skip
    yield Check(
        "Contract liabilities, current and non-current", "F", "Current and non-current",
        sums(position, ["current", "non_current"]), "Contract liability",
        sums(position, ["contract_liability"]),
    )  # fmt: skip
    yield Check(
        "Cash received to date", "R", "Journal: cash, and before a cutover",
        plus(entered(frame, "cash", 1, "true"), taken_over(frame, "cash", 1)),
        "Payments less refunds and payments to customers",
        facts(frame, "paid - paid_to_customer"),
    )  # fmt: skip
    yield Check(
        "Sales tax billed to date", "R", "Journal: tax payable, and before a cutover",
        plus(entered(frame, "tax_payable", -1, "true"), taken_over(frame, "tax_payable", -1)),
        "Tax on invoices and credit memos",
        facts(frame, "taxed"),
    )  # fmt: skip


def _prices(frame: Frame, data: Data) -> Iterator[Check]:
    """The transaction price, what of it is recognised and what remains."""
    waterfall, listed = data["revenue_waterfall"], data["remaining_obligations"]
    allocation = data["allocation_detail"]
    months = [c.month_name("actual", month) for month in frame.span.periods]
    ahead = [c.month_name("scheduled", month) for month in frame.span.scheduled]
    yield Check(
        "Recognised and remaining", "F", "Recognised to date and remaining",
        sums(waterfall, ["before", *months, "remaining"]), "Transaction price share",
        sums(waterfall, ["allocated"]),
    )  # fmt: skip
    yield Check(
        "Actual, scheduled and beyond", "F", "All columns of the waterfall",
        sums(waterfall, ["before", *months, *ahead, "beyond", "unscheduled"]),
        "Transaction price share", sums(waterfall, ["allocated"]),
    )  # fmt: skip
    yield Check(
        "Waterfall, row by row", "F", "Total less share, unsigned",
        unsigned(by_row(waterfall, "total"), by_row(waterfall, "allocated")), ALLOWED, {},
    )  # fmt: skip
    remaining = sums(listed, ["remaining"])
    yield Check(
        "Remaining obligations", "CF", "Revenue waterfall: remaining",
        sums(waterfall, ["remaining"]), "Remaining obligations", remaining,
    )  # fmt: skip
    yield Check(
        "Remaining obligations, bands", "F", "All bands", sums(listed, list(BANDS)),
        "Remaining obligations", remaining,
    )  # fmt: skip
    yield Check(
        "Remaining obligations, by band", "CF", "Remaining obligations by band: total",
        sums(data["remaining_obligations_by_band"], ["remaining"],
              only=("line", {"Total"})),
        "Price not recognised, from facts", facts(frame, "unrecognised"),
    )  # fmt: skip
    allocated = sums(allocation, ["allocated"])
    yield Check(
        "Transaction price, allocated", "CF", "Allocation detail: allocated", allocated,
        "Revenue waterfall: share without usage",
        sums(waterfall, ["allocated"], only=("category", {"fixed", "estimate"})),
    )  # fmt: skip
    yield Check(
        "Transaction price, traced", "T", "Allocation detail: allocated", allocated,
        "Contracts, modifications, estimates", _traced(frame),
    )  # fmt: skip


def _journal(frame: Frame, data: Data) -> Iterator[Check]:
    """The journal balances, and its detail supports it account by account."""
    summary, detail = data["journal_summary"], data["journal_detail"]
    debit = entered(frame, None, 1, f"amount > 0 and {IN_REPORT}")
    credit = entered(frame, None, -1, f"amount < 0 and {IN_REPORT}")
    yield Check("Debits equal credits", "F", "Entries: debits", debit, "Entries: credits", credit)
    yield Check(
        "Every entry balances", "F", "Entries out of balance, unsigned", unbalanced(frame),
        ALLOWED, {},
    )  # fmt: skip
    yield Check(
        "Detail: debits equal credits", "F", "Journal detail: debits", sums(detail, ["debit"]),
        "Journal detail: credits", sums(detail, ["credit"]),
    )  # fmt: skip
    for column in ("debit", "credit"):
        yield Check(
            f"Detail and summary: {column}s", "CF", f"Journal detail: {column}s",
            sums(detail, [column]), f"Journal summary: {column}s", sums(summary, [column]),
        )  # fmt: skip
    yield Check(
        "Detail supports the entries, account by account", "TB", "Net less entries, unsigned",
        unsigned(by_row(summary, "net"), by_row(summary, "journal")), ALLOWED, {},
    )  # fmt: skip


def _kept(accounted: ContractAccounting, on: date, component: str | None = None) -> int:
    """What stays recognised of what is no contract any more, or of a component; minor units."""
    return sum(
        each.price
        for each in accounted.segments
        if each.valid_from <= on <= each.valid_to
        and not each.as_used
        and component in {None, each.component}
    )


def _traced(frame: Frame) -> Sums:
    """Transaction prices from contracts, modifications and estimates, and what they finance."""
    found: defaultdict[str, int] = defaultdict(int)
    last = frame.span.last
    for name in frame.customers:
        history = frame.inputs.book.histories[name]
        accounted = frame.inputs.accounting.contracts[name]
        interest = financed_on(accounted.accrued, last)
        # Without a contract there is no price but what was recognised for good (25-7, 25-8).
        if accounted.exists_on(last):
            price = price_on(history, last)
            for component, amount in expected_of_withdrawn(history, last).items():
                price += _kept(accounted, last, component) - amount
        else:
            price = _kept(accounted, last)
        found[history.contract.currency] += price + interest
    return found
