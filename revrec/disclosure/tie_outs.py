"""Every total against every other: schedules, journal, and balances computed from facts.

Amounts are minor units; each check is made in every currency of the book. Totals can agree while
contracts do not, so balances are compared contract by contract as well.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from revrec.citations import cites
from revrec.disclosure import columns as c
from revrec.disclosure.balances import ROLLFORWARDS
from revrec.disclosure.frame import Frame
from revrec.disclosure.prices import price_on
from revrec.disclosure.remaining_obligations import BANDS
from revrec.disclosure.revenue import CUTS
from revrec.model.dataset import DataSet, TieOut

Data = Mapping[str, DataSet]
Sums = Mapping[str, int]
"""Currency -> minor units."""
_ACCOUNTS = {
    "contract_balances": ("contract_liability", -1),
    "contract_assets": ("contract_asset", 1),
    "receivables": ("receivable", 1),
    "refund_liabilities": ("refund_liability", -1),
}
"""Rollforward -> its account, and the sign that makes its balance positive."""
_ALLOWED = "None allowed"


@dataclass(frozen=True, slots=True)
class _Check:
    name: str
    mark: str
    left_name: str
    left: Sums
    right_name: str
    right: Sums


@cites("606-10-50-5", "606-10-50-8", "606-10-50-13")
def tie_outs(frame: Frame, data: Data) -> tuple[TieOut, ...]:
    """All checks in every currency, whether they hold or not; data sets by their names."""
    checks = [
        *_revenue(frame, data),
        *_balances(frame, data),
        *_positions(frame, data),
        *_prices(frame, data),
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


def _revenue(frame: Frame, data: Data) -> Iterator[_Check]:
    """Revenue of the waterfall, of the journal and of every cut."""
    waterfall, cube = data["revenue_waterfall"], data["disaggregated_revenue"]
    for month in frame.span.months:
        column = c.month_name("actual", month)
        journal = _entered(frame, "revenue", -1, f"period = '{month}'")
        of_month = _sums(cube, ["amount"], only=("period", {str(month)}))
        yield _Check(
            f"Revenue of {month}", "TB", "Revenue waterfall: actual", _sums(waterfall, [column]),
            "Journal: revenue", journal,
        )  # fmt: skip
        yield _Check(
            f"Revenue of {month}, disaggregated", "CF", "Disaggregated revenue", of_month,
            "Journal: revenue", journal,
        )  # fmt: skip
    in_report = _entered(frame, "revenue", -1, _IN_REPORT)
    for cut, title in CUTS.items():
        yield _Check(
            f"Revenue by {title.lower()}", "CF", data[f"revenue_by_{cut}"].title,
            _sums(data[f"revenue_by_{cut}"], ["amount"]), "Journal: revenue", in_report,
        )  # fmt: skip
    yield _Check(
        "Revenue of earlier months", "CF", "Revenue waterfall: of which for earlier months",
        _sums(waterfall, ["late"]), "Revenue of earlier months",
        _sums(data["late_revenue"], ["amount"]),
    )  # fmt: skip
    actual = ["before", *(c.month_name("actual", month) for month in frame.span.months)]
    yield _Check(
        "Revenue to date", "R", "Revenue waterfall: before and actual", _sums(waterfall, actual),
        "Recognised from facts", _facts(frame, "recognised"),
    )  # fmt: skip


def _balances(frame: Frame, data: Data) -> Iterator[_Check]:
    """Rollforwards against the journal and against balances computed from facts."""
    for kind in ROLLFORWARDS:
        rolled = data[kind.name]
        account, sign = _ACCOUNTS[kind.name]
        opening, *movements, closing = kind.lines
        title = kind.title
        yield _Check(
            f"{title}, opening", "PY", f"{title}: opening", _sums(rolled, [opening]),
            "Journal before the report", _entered(frame, account, sign, _BEFORE),
        )  # fmt: skip
        yield _Check(
            f"{title}, closing", "TB", f"{title}: closing", _sums(rolled, [closing]),
            "Journal at the report's end", _entered(frame, account, sign, "true"),
        )  # fmt: skip
        yield _Check(
            f"{title}, opening and movements", "F", f"{title}: opening and movements",
            _sums(rolled, [opening, *movements]), f"{title}: closing", _sums(rolled, [closing]),
        )  # fmt: skip
        by_month = data[f"{kind.name}_by_month"]
        yield _Check(
            f"{title}, month by month", "CF", f"{title} by month: movements",
            _sums(by_month, movements), f"{title}: movements", _sums(rolled, movements),
        )  # fmt: skip
        position = data["contract_position"]
        yield _Check(
            f"{title}, from facts", "R", f"{title}: closing", _sums(rolled, [closing]),
            "Contract position", _sums(position, [account]),
        )  # fmt: skip
        yield _Check(
            f"{title}, contract by contract", "R", "Differences to the position, unsigned",
            _unsigned(_by_row(rolled, closing), _by_row(position, account)),
            _ALLOWED, {},
        )  # fmt: skip


def _positions(frame: Frame, data: Data) -> Iterator[_Check]:
    """What positions say of themselves, and cash and tax of the journal."""
    position = data["contract_position"]
    liabilities, assets = data["contract_balances"], data["contract_assets"]
    shown_apart = ("deposit_liability", "refund_liability", "conditional_bill", "paid_to_customer")
    owed = _less(_facts(frame, "billed + accrued + cash_in_advance"), _facts(frame, "recognised"))
    yield _Check(
        "Contract liabilities less contract assets", "R", "Rollforwards: closing",
        _less(_sums(liabilities, ["closing"]), _sums(assets, ["closing"])),
        "Billed less recognised, and what is shown apart",
        _less(owed, _facts(frame, " + ".join(shown_apart))),
    )  # fmt: skip
    yield _Check(
        "Customer deposits", "R", "Journal: deposit liability",
        _entered(frame, "deposit_liability", -1, "true"), "Contract position",
        _facts(frame, "deposit_liability"),
    )  # fmt: skip
    yield _Check(
        "Contract liabilities, current and non-current", "F", "Current and non-current",
        _sums(position, ["current", "non_current"]), "Contract liability",
        _sums(position, ["contract_liability"]),
    )  # fmt: skip
    yield _Check(
        "Cash received to date", "R", "Journal: cash", _entered(frame, "cash", 1, "true"),
        "Payments less refunds and payments to customers",
        _facts(frame, "paid - paid_to_customer"),
    )  # fmt: skip
    yield _Check(
        "Sales tax billed to date", "R", "Journal: tax payable",
        _entered(frame, "tax_payable", -1, "true"), "Tax on invoices and credit memos",
        _facts(frame, "taxed"),
    )  # fmt: skip


def _prices(frame: Frame, data: Data) -> Iterator[_Check]:
    """The transaction price, what of it is recognised and what remains."""
    waterfall, listed = data["revenue_waterfall"], data["remaining_obligations"]
    allocation = data["allocation_detail"]
    months = [c.month_name("actual", month) for month in frame.span.months]
    ahead = [c.month_name("scheduled", month) for month in frame.span.scheduled]
    yield _Check(
        "Recognised and remaining", "F", "Recognised to date and remaining",
        _sums(waterfall, ["before", *months, "remaining"]), "Transaction price share",
        _sums(waterfall, ["allocated"]),
    )  # fmt: skip
    yield _Check(
        "Actual, scheduled and beyond", "F", "All columns of the waterfall",
        _sums(waterfall, ["before", *months, *ahead, "beyond", "unscheduled"]),
        "Transaction price share", _sums(waterfall, ["allocated"]),
    )  # fmt: skip
    yield _Check(
        "Waterfall, row by row", "F", "Total less share, unsigned",
        _unsigned(_by_row(waterfall, "total"), _by_row(waterfall, "allocated")), _ALLOWED, {},
    )  # fmt: skip
    remaining = _sums(listed, ["remaining"])
    yield _Check(
        "Remaining obligations", "CF", "Revenue waterfall: remaining",
        _sums(waterfall, ["remaining"]), "Remaining obligations", remaining,
    )  # fmt: skip
    yield _Check(
        "Remaining obligations, bands", "F", "All bands", _sums(listed, list(BANDS)),
        "Remaining obligations", remaining,
    )  # fmt: skip
    yield _Check(
        "Remaining obligations, by band", "CF", "Remaining obligations by band: total",
        _sums(data["remaining_obligations_by_band"], ["remaining"],
              only=("line", {"Total"})),
        "Price not recognised, from facts", _facts(frame, "unrecognised"),
    )  # fmt: skip
    allocated = _sums(allocation, ["allocated"])
    yield _Check(
        "Transaction price, allocated", "CF", "Allocation detail: allocated", allocated,
        "Revenue waterfall: share without usage",
        _sums(waterfall, ["allocated"], only=("category", {"fixed", "estimate"})),
    )  # fmt: skip
    yield _Check(
        "Transaction price, traced", "T", "Allocation detail: allocated", allocated,
        "Contracts, modifications, estimates", _traced(frame),
    )  # fmt: skip


def _journal(frame: Frame, data: Data) -> Iterator[_Check]:
    """The journal balances, and its detail supports it account by account."""
    summary, detail = data["journal_summary"], data["journal_detail"]
    debit = _entered(frame, None, 1, f"amount > 0 and {_IN_REPORT}")
    credit = _entered(frame, None, -1, f"amount < 0 and {_IN_REPORT}")
    yield _Check("Debits equal credits", "F", "Entries: debits", debit, "Entries: credits", credit)
    yield _Check(
        "Every entry balances", "F", "Entries out of balance, unsigned", _unbalanced(frame),
        _ALLOWED, {},
    )  # fmt: skip
    yield _Check(
        "Detail: debits equal credits", "F", "Journal detail: debits", _sums(detail, ["debit"]),
        "Journal detail: credits", _sums(detail, ["credit"]),
    )  # fmt: skip
    for column in ("debit", "credit"):
        yield _Check(
            f"Detail and summary: {column}s", "CF", f"Journal detail: {column}s",
            _sums(detail, [column]), f"Journal summary: {column}s", _sums(summary, [column]),
        )  # fmt: skip
    yield _Check(
        "Detail supports the entries, account by account", "TB", "Net less entries, unsigned",
        _unsigned(_by_row(summary, "net"), _by_row(summary, "journal")), _ALLOWED, {},
    )  # fmt: skip


_IN_REPORT = "period between getvariable('first') and getvariable('period')"
_BEFORE = "period < getvariable('first')"


def _entered(frame: Frame, account: str | None, sign: int, where: str) -> Sums:
    """What the journal's lines hold on an account, or on all."""
    of_account = "true" if account is None else f"account = '{account}'"
    return _by_currency(
        frame,
        f"select currency, {sign} * sum(amount)::bigint from line "
        f"where {of_account} and ({where}) group by currency",
    )


def _unbalanced(frame: Frame) -> Sums:
    return _by_currency(
        frame,
        "select currency, sum(abs(off))::bigint from (select currency, entry_seq, "
        "sum(amount) as off from line group by all) group by currency",
    )


def _facts(frame: Frame, column: str) -> Sums:
    """A column of the positions computed from facts."""
    return _by_currency(
        frame,
        f"select c.currency, sum({column})::bigint from position join contract c using (contract) "
        "group by c.currency",
    )


def _by_currency(frame: Frame, sql: str) -> Sums:
    return {str(currency): int(str(amount)) for currency, amount in frame.rows(sql)}


def _traced(frame: Frame) -> Sums:
    """Transaction prices from contracts, modifications and estimates alone."""
    sums: defaultdict[str, int] = defaultdict(int)
    for name in frame.customers:
        history = frame.inputs.book.histories[name]
        sums[history.contract.currency] += price_on(history, frame.span.last)
    return sums


def _sums(
    data: DataSet, columns: Collection[str], *, only: tuple[str, Collection[str]] | None = None
) -> Sums:
    """Sums of money columns by currency, over the rows whose column holds one of some values."""
    names = [column.name for column in data.columns]
    currency = names.index("currency")
    rows = data.rows
    if only:
        by, wanted = names.index(only[0]), only[1]
        rows = [row for row in rows if row[by] in wanted]
    groups: defaultdict[str, list[Sequence[Any]]] = defaultdict(list)
    for row in rows:
        groups[str(row[currency])].append(row)
    places = [names.index(name) for name in columns]
    return {
        each: sum(sum(map(itemgetter(place), group)) for place in places)
        for each, group in groups.items()
    }


def _by_row(data: DataSet, column: str) -> Mapping[tuple[str, str], int]:
    """Currency and key of the row -> amount."""
    names = [each.name for each in data.columns]
    places = [names.index(name) for name in ("currency", "row_key", column)]
    found = {}
    for row in data.rows:
        currency, name, amount = (row[place] for place in places)
        assert isinstance(amount, int)
        found[str(currency), str(name)] = amount
    return found


def _unsigned(left: Mapping[tuple[str, str], int], right: Mapping[tuple[str, str], int]) -> Sums:
    """Differences without their signs, so that they cannot make up for each other."""
    sums: defaultdict[str, int] = defaultdict(int)
    for key in left.keys() | right.keys():
        sums[key[0]] += abs(left.get(key, 0) - right.get(key, 0))
    return sums


def _less(left: Sums, right: Sums) -> Sums:
    return {key: left.get(key, 0) - right.get(key, 0) for key in left.keys() | right.keys()}
