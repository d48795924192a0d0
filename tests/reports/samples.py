"""A small company's first quarter as data sets: contracts in three currencies, three closes.

Every figure follows from the contract's number by plain arithmetic, without chance: monthly
subscriptions billed a year ahead, and usage billed a month in arrears.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

from reports.cover import Cover, Status
from revrec.model.dataset import Column, ColumnType, DataSet, TieOut

PERIODS = ("2026-01", "2026-02", "2026-03")
SCHEDULED = ("2026-04", "2026-05", "2026-06")
CURRENCIES = ("USD", "USD", "USD", "EUR", "JPY")
PRODUCTS = ("Platform", "Inference API", "Fine-tuning", "Support")
BUCKETS = ("0-30 days", "31-60 days", "61-90 days", ">90 days")
NAMES = ("Northwind", "Contoso", "Fabrikam", "Globex", "Initech", "Umbrella", "Hooli", "Stark")
MONEY, TEXT, DAY = ColumnType.MONEY, ColumnType.TEXT, ColumnType.DATE


@dataclass(frozen=True)
class Deal:
    """A year of a subscription, billed on its first day, and usage on top."""

    number: int

    @property
    def id(self) -> str:
        return f"C-{self.number:05d}"

    @property
    def customer(self) -> str:
        return f"{NAMES[self.number % len(NAMES)]} {self.number // len(NAMES) + 1} Inc."

    @property
    def currency(self) -> str:
        return CURRENCIES[self.number % len(CURRENCIES)]

    @property
    def product(self) -> str:
        return PRODUCTS[self.number % len(PRODUCTS)]

    @property
    def price(self) -> int:
        """Minor units for twelve months."""
        return 12 * (1_000 + 37 * self.number) * (10 if self.currency == "JPY" else 100)

    @property
    def month(self) -> int:
        return self.price // 12

    @property
    def start(self) -> int:
        """Months before April in which service ran: 1 to 3."""
        return 1 + self.number % 3

    def usage(self, ago: int) -> int:
        """Rated usage of the month, so many months ago; not billed before the next month."""
        return (self.month // 10 + 7 * self.number) if ago < self.start else 0


def money(name: str, title: str, *, total: bool = True, parts: tuple[str, ...] = ()) -> Column:
    """A column of minor units."""
    return Column(name=name, title=title, type=MONEY, total=total, parts=parts)


def text(name: str, title: str) -> Column:
    """A column of text."""
    return Column(name=name, title=title)


def cover(report: str = "Schedules", **changes: object) -> Cover:
    """A closed March of a company whose name needs escaping."""
    given: dict[str, object] = {
        "entity": "Lumen & Vale AI, Inc.",
        "report": report,
        "period": "2026-03",
        "as_of": datetime(2026, 4, 3, 14, 5, 30, tzinfo=UTC),
        "functional_currency": "USD",
        "run_id": "R20260403A",
        "engine_version": "1.0.0",
        "facts_version": 4812,
        "usage_version": 31,
        "prepared_by": "ana.preparer",
        "approved_by": "carl.controller",
        "closed_at": datetime(2026, 4, 3, 14, 10, tzinfo=UTC),
        "status": Status.CLOSED,
        "chain_head": "9f2c4e6a8b0d1f3355779911bbddff00" * 2,
    }
    return Cover(**(given | changes))  # type: ignore[arg-type]


def deals(count: int) -> list[Deal]:
    """The first contracts."""
    return [Deal(number) for number in range(1, count + 1)]


def waterfall(count: int) -> DataSet:
    """Revenue by contract: three months gone, three to come."""
    rows = []
    for deal in deals(count):
        months = [deal.month if deal.start > ago else 0 for ago in (2, 1, 0)]
        ahead = [deal.month] * 3
        rest = deal.price - sum(months) - sum(ahead)
        first = date(2026, 4 - deal.start, 1)
        rows.append(
            (deal.id, deal.customer, "subscription", deal.product, first,
             date(2027, first.month, 1).replace(day=1), "even_months", deal.currency, deal.price,
             *months, *ahead, rest, deal.price, deal.price - sum(months))
        )  # fmt: skip
    months_columns = [money(f"actual_{p}", f"{p} actual") for p in PERIODS]
    months_columns += [money(f"scheduled_{p}", f"{p} scheduled") for p in SCHEDULED]
    return DataSet(
        name="revenue_waterfall",
        title="Revenue waterfall",
        columns=[
            text("contract", "Contract"), text("customer", "Customer"),
            text("obligation", "Performance obligation"), text("product", "Product"),
            Column(name="start", title="Start", type=DAY),
            Column(name="end", title="End", type=DAY),
            text("measure", "Measure of progress"), text("currency", "Currency"),
            money("allocated_price", "Allocated price"), *months_columns,
            money("beyond", "Beyond horizon"), money("total", "Total"),
            money("remaining", "Remaining"),
        ],
        rows=rows,
        note="Fixed consideration. Usage is recognised in the month of use and is not scheduled.",
    )  # fmt: skip


def contract_balances(count: int) -> DataSet:
    """Contract liability in March, signed so that opening and movements give closing."""
    rows = []
    for deal in deals(count):
        opening = deal.price - deal.month * (deal.start - 1) if deal.start > 1 else 0
        billed = deal.price if deal.start == 1 else 0
        from_opening = -deal.month if deal.start > 1 else 0
        from_billed = -deal.month if deal.start == 1 else 0
        closing = opening + billed + from_opening + from_billed
        rows.append(
            (deal.id, deal.customer, deal.currency, opening, billed, from_opening, from_billed, 0,
             closing)
        )  # fmt: skip
    return DataSet(
        name="contract_balances",
        title="Contract liability rollforward",
        columns=[
            text("contract", "Contract"), text("customer", "Customer"),
            text("currency", "Currency"), money("opening", "Opening"),
            money("billed", "Billed in period"),
            money("revenue_from_opening", "Revenue from opening (50-8b)"),
            money("revenue_from_billed", "Revenue from period's billings"),
            money("catch_up", "Modification catch-up"),
            money("closing", "Closing", parts=(
                "opening", "billed", "revenue_from_opening", "revenue_from_billed", "catch_up",
            )),
        ],
        rows=rows,
        note="Contract liability: credit balances are positive here.",
    )  # fmt: skip


def revenue_by_product(count: int) -> DataSet:
    """Revenue of the quarter by month, product and currency."""
    sums: dict[tuple[str, str, str], int] = {}
    for deal in deals(count):
        for ago, period in ((2, "2026-01"), (1, "2026-02"), (0, "2026-03")):
            if deal.start > ago:
                for product, amount in (
                    (deal.product, deal.month),
                    ("Usage", deal.usage(ago)),
                ):
                    key = (period, product, deal.currency)
                    sums[key] = sums.get(key, 0) + amount
    return DataSet(
        name="revenue_by_product",
        title="Revenue by product",
        columns=[
            text("period", "Month"), text("product", "Product"), text("currency", "Currency"),
            money("amount", "Revenue"),
        ],
        rows=[(*key, amount) for key, amount in sorted(sums.items())],
    )  # fmt: skip


def contract_position(count: int) -> DataSet:
    """Asset and liability of each contract, netted."""
    rows = []
    for deal in deals(count):
        liability = deal.price - deal.month * deal.start
        asset = deal.usage(0)
        net = asset - liability
        caption = "Contract asset" if net > 0 else "Contract liability"
        rows.append((deal.id, deal.customer, deal.currency, asset, -liability, net, caption, 0))
    return DataSet(
        name="contract_position",
        title="Contract position",
        columns=[
            text("contract", "Contract"), text("customer", "Customer"),
            text("currency", "Currency"), money("asset", "Contract asset, gross"),
            money("liability", "Contract liability, gross (credit)"),
            money("net", "Net position (debit positive)"), text("caption", "Caption"),
            money("receivable", "Receivable"),
        ],
        rows=rows,
        note="One caption for each contract (606-10-45-1). Receivables stand apart (45-4).",
    )  # fmt: skip


def unbilled(count: int) -> DataSet:
    """March usage, which April's invoices will bill."""
    rows = []
    for deal in deals(count):
        bucket = BUCKETS[0] if deal.number % 11 else BUCKETS[deal.number % 4]
        quantity = Decimal(deal.number * 1_234_567) / 1000
        rows.append(
            (deal.id, deal.customer, "tokens", "2026-03", quantity, Decimal("0.000125"),
             deal.currency, deal.usage(0), bucket)
        )  # fmt: skip
    return DataSet(
        name="unbilled",
        title="Unbilled receivable",
        columns=[
            text("contract", "Contract"), text("customer", "Customer"), text("meter", "Meter"),
            text("service_month", "Service month"),
            Column(name="quantity", title="Quantity", type=ColumnType.QUANTITY, total=True),
            Column(name="rate", title="Rate", type=ColumnType.QUANTITY),
            text("currency", "Currency"), money("amount", "Amount"), text("age", "Age"),
        ],
        rows=rows,
    )  # fmt: skip


def journal_detail(count: int) -> DataSet:
    """Every line of March's entries."""
    rows: list[tuple[object, ...]] = []
    for deal in deals(count):
        lines = [("2100", "Contract liability", deal.month, 0), ("4000", "Revenue", 0, deal.month)]
        if deal.usage(0):
            lines += [("1250", "Contract asset", deal.usage(0), 0),
                      ("4010", "Usage revenue", 0, deal.usage(0))]  # fmt: skip
        for number, (code, name, debit, credit) in enumerate(lines, start=1):
            rows.append(
                (f"JE-{deal.number:06d}", number, datetime(2026, 4, 3, 14, 10, tzinfo=UTC), code,
                 name, deal.currency, debit, credit, deal.id, deal.product, "satisfaction",
                 "606-10-25-31")
            )  # fmt: skip
    return DataSet(
        name="journal_detail",
        title="Journal detail",
        columns=[
            text("entry", "Entry"),
            Column(name="line", title="Line", type=ColumnType.INTEGER),
            Column(name="posted_at", title="Posted (UTC)", type=DAY),
            text("gl_code", "Account"), text("gl_name", "Account name"),
            text("currency", "Currency"), money("debit", "Debit"), money("credit", "Credit"),
            text("contract", "Contract"), text("product", "Product"), text("event", "Event"),
            text("paragraph", "Paragraph"),
        ],
        rows=rows,
    )  # fmt: skip


def journal_summary(count: int) -> DataSet:
    """March's entries by account and currency."""
    sums: dict[tuple[str, str, str], list[int]] = {}
    for row in journal_detail(count).rows:
        key = (str(row[3]), str(row[4]), str(row[5]))
        entry = sums.setdefault(key, [0, 0, 0])
        assert isinstance(row[6], int)
        assert isinstance(row[7], int)
        entry[0] += row[6]
        entry[1] += row[7]
        entry[2] += 1
    return DataSet(
        name="journal_summary",
        title="Journal summary",
        columns=[
            text("gl_code", "Account"), text("gl_name", "Account name"),
            text("currency", "Currency"), money("debit", "Debit"), money("credit", "Credit"),
            money("net", "Net (debit positive)"),
            Column(name="lines", title="Lines", type=ColumnType.INTEGER, total=True),
        ],
        rows=[(*k, d, c, d - c, n) for k, (d, c, n) in sorted(sums.items())],
    )  # fmt: skip


def reconciliation(count: int) -> DataSet:
    """Rated, invoiced and recognised usage of March; every difference has a reason."""
    rows = []
    for deal in deals(count):
        rated = deal.usage(0)
        invoiced = rated if deal.number % 7 else 0
        reason = "" if invoiced == rated else "timing"
        rows.append(
            (deal.customer, deal.id, "tokens", "2026-03", deal.currency, rated, invoiced, rated,
             rated - invoiced, invoiced - rated, reason)
        )  # fmt: skip
    return DataSet(
        name="reconciliation",
        title="Usage to billing to revenue",
        columns=[
            text("customer", "Customer"), text("contract", "Contract"), text("meter", "Meter"),
            text("service_month", "Service month"), text("currency", "Currency"),
            money("rated", "Rated"), money("invoiced", "Invoiced"), money("revenue", "Revenue"),
            money("rated_less_invoiced", "Rated less invoiced"),
            money("invoiced_less_revenue", "Invoiced less revenue"), text("reason", "Reason"),
        ],
        rows=rows,
    )  # fmt: skip


def reconciliation_reasons(count: int) -> DataSet:
    """Each difference of the reconciliation with its reason."""
    differences = ((8, "rated less invoiced"), (9, "invoiced less revenue"))
    rows = [
        (row[1], row[4], difference, row[10], row[place])
        for row in reconciliation(count).rows
        for place, difference in differences
        if row[place]
    ]
    return DataSet(
        name="reconciliation_reasons",
        title="Reasons of differences",
        columns=[
            text("contract", "Contract"), text("currency", "Currency"),
            text("difference", "Difference"), text("reason", "Reason"), money("amount", "Amount"),
        ],
        rows=rows,
    )  # fmt: skip


def tie_outs(count: int) -> list[TieOut]:
    """March revenue of the waterfall against the journal's, by currency."""
    sums: dict[str, int] = {}
    for deal in deals(count):
        sums[deal.currency] = sums.get(deal.currency, 0) + deal.month
    return [
        TieOut(
            name="March subscription revenue",
            left_name="Revenue waterfall: 2026-03 actual",
            left=amount,
            right_name="Journal: account 4000",
            right=amount,
            currency=currency,
            mark="CF",
        )
        for currency, amount in sorted(sums.items())
    ]


def data_sets(count: int) -> dict[str, DataSet]:
    """Everything a close reports, by name."""
    built = [
        make(count)
        for make in (waterfall, contract_balances, revenue_by_product, contract_position,
                     unbilled, journal_summary, journal_detail, reconciliation,
                     reconciliation_reasons)
    ]  # fmt: skip
    return {data.name: data for data in built}
