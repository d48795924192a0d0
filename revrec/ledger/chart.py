"""Postings on the entity's chart of accounts, and balances moved when the chart changes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from revrec.columnar import looked_up
from revrec.errors import PeriodNotReady
from revrec.ledger.kinds import CARRIED, KINDS
from revrec.ledger.subledger import ORDER, POSTED
from revrec.model.history import Book
from revrec.model.mapping import AccountMapping, OpenBalances
from revrec.model.policy import Account
from revrec.money import round_ratio
from revrec.periods import Period

CHARTED = pa.schema(
    [
        *POSTED,
        ("gl_code", pa.string()),
        ("gl_name", pa.string()),
        ("entry_event", pa.string()),
    ]
)
"""Postings with their account in the chart, and the event of the journal entry they are in."""
TRANSFER = "account_transfer"
"""Event of the entries that move balances within the chart; their postings keep their own."""
_KEYS = tuple(name for name in POSTED.names if name not in {"amount", "functional"})
_BLOCKERS_SHOWN_MAX = 5
_Row = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapped:
    """Where a posting goes, and what becomes of balances that stand elsewhere."""

    code: str
    name: str
    open_balances: OpenBalances | None
    by_default: bool
    """Nothing was mapped for the posting in particular."""


class Chart:
    """The chart of accounts in effect at a period's end."""

    def __init__(self, book: Book, period: Period) -> None:
        self._accounts = book.policy.accounts
        self._mappings: defaultdict[Account, list[AccountMapping]] = defaultdict(list)
        for each in book.account_mappings:
            if each.effective_from <= period.last:
                self._mappings[each.account].append(each)
        self.of = cache(self._of)

    def _of(self, account: Account, product: str, obligation: str, event: str) -> Mapped:
        """The narrowest mapping that fits, the latest of several; else that of the policy.

        Raises PeriodNotReady where two are equally narrow and of one day.
        """
        fitting = [e for e in self._mappings[account] if e.fits(product, obligation, event)]
        fitting.sort(key=lambda each: (each.narrowed, each.effective_from))
        if not fitting:
            found = self._accounts.of(account, product)
            return Mapped(code=found.code, name=found.name, open_balances=None, by_default=(
                found is self._accounts.default[account]
            ))  # fmt: skip
        chosen = fitting[-1]
        rank = chosen.narrowed, chosen.effective_from
        same = [e for e in fitting if (e.narrowed, e.effective_from) == rank]
        if {(e.code, e.name) for e in same} != {(chosen.code, chosen.name)}:
            names = ", ".join(sorted(each.id for each in same))
            raise PeriodNotReady(
                f"Account mappings {names} fit {account} of {product or 'any product'} equally "
                "and name different accounts.",
                remedy="Narrow one of them, or let it take effect on another day.",
                blockers=[each.id for each in same],
                gate="accounts-are-mapped",
            )
        return Mapped(
            code=chosen.code,
            name=chosen.name,
            open_balances=chosen.open_balances,
            by_default=not chosen.narrowed,
        )


def charted(postings: pa.Table, posted: pa.Table, book: Book, period: Period) -> pa.Table:
    """Postings of the period on the chart (``CHARTED``), with transfers of open balances.

    ``postings`` are in their order; ``posted`` is posting detail of the closes before. Raises
    PeriodNotReady for balances that stand on another account without a choice what becomes of
    them, and for products without an account of their own where policy wants one.
    """
    chart = Chart(book, period)
    _refuse_unmapped(postings, chart, book, period)
    open_rows = list(_elsewhere(posted, chart, book)) if book.account_mappings else []
    _refuse_undecided(open_rows, period)
    running: defaultdict[tuple[str, str], dict[tuple[str, str], int]] = defaultdict(dict)
    found: list[_Row] = []
    for row, to in open_rows:
        if to.open_balances is OpenBalances.TRANSFER:
            found += _transferred(row, to, period)
        else:
            left = running[row["contract"], row["account"]]
            code = row["gl_code"], row["gl_name"]
            left[code] = left.get(code, 0) + row["amount"]
    if not running:
        mapped = _mapped(postings, chart)
        if not found:
            return mapped
        return in_order(pa.concat_tables([pa.Table.from_pylist(found, schema=CHARTED), mapped]))
    for row in postings.to_pylist():
        found += _placed(row, chart, running.get((row["contract"], row["account"]), {}))
    return in_order(pa.Table.from_pylist(found, schema=CHARTED))


def in_order(rows: pa.Table) -> pa.Table:
    """Postings in the one order they have, whatever they were computed with."""
    return rows.sort_by([*ORDER])


def _mapped(postings: pa.Table, chart: Chart) -> pa.Table:
    """Every posting on its own account: where nothing runs off on former ones."""

    def of(account: str, product: str, obligation: str, event: str) -> tuple[str, str, str]:
        to = chart.of(Account(account), product, obligation, event)
        return to.code, to.name, KINDS[event].entry or event

    names = ["gl_code", "gl_name", "entry_event"]
    found = looked_up(postings, ["account", "product", "obligation", "event"], of, names)
    return found.select(CHARTED.names).cast(CHARTED)


def _elsewhere(posted: pa.Table, chart: Chart, book: Book) -> Iterator[tuple[_Row, Mapped]]:
    """Sums posted to accounts of the chart other than those they are mapped to now."""
    keys = [*(name for name in _KEYS if name != "origin"), "gl_code", "gl_name"]
    amounts = [("amount", "sum"), ("functional", "sum")]
    sums = posted.select([*POSTED.names, "gl_code", "gl_name"]).group_by(keys).aggregate(amounts)
    for row in sums.rename_columns([*keys, "amount", "functional"]).to_pylist():
        account = Account(row["account"])
        if account not in CARRIED or not (row["amount"] or row["functional"]):
            continue
        if row["gl_code"] is None:
            # Posted before the chart was kept with postings.
            former = book.policy.accounts.of(account, row["product"])
            row |= {"gl_code": former.code, "gl_name": former.name}
        to = chart.of(account, row["product"], row["obligation"], row["event"])
        if to.code != row["gl_code"]:
            yield row, to


def _transferred(row: _Row, to: Mapped, period: Period) -> list[_Row]:
    """Out of the old account and into the new one; the ledger account as a whole stands still."""
    kept = {**row, "origin": str(period), "entry_event": TRANSFER}
    functional = row["functional"]
    out = {"amount": -row["amount"], "functional": None if functional is None else -functional}
    return [kept | out, kept | {"gl_code": to.code, "gl_name": to.name}]


def _placed(row: _Row, chart: Chart, left: dict[tuple[str, str], int]) -> list[_Row]:
    """The posting on its account, or on the former ones as far as it lowers what stands there."""
    account = Account(row["account"])
    to = chart.of(account, row["product"], row["obligation"], row["event"])
    found = []
    rest = {**row, "entry_event": KINDS[row["event"]].entry or row["event"]}
    for code, standing in left.items():
        if rest["amount"] * standing < 0:
            part = min(abs(rest["amount"]), abs(standing)) * (1 if rest["amount"] > 0 else -1)
            worth = rest["functional"]
            if worth is not None:
                worth = round_ratio(worth * part, rest["amount"])
                rest["functional"] -= worth
            placed = {"amount": part, "functional": worth, "gl_code": code[0], "gl_name": code[1]}
            found.append(rest | placed)
            rest["amount"] -= part
            left[code] += part
    if rest["amount"] or rest["functional"] or not found:
        found.append(rest | {"gl_code": to.code, "gl_name": to.name})
    return found


def _refuse_undecided(open_rows: list[tuple[_Row, Mapped]], period: Period) -> None:
    sums: defaultdict[tuple[str, str, str], int] = defaultdict(int)
    for row, to in open_rows:
        if to.open_balances is None:
            sums[row["contract"], row["account"], row["gl_code"]] += row["amount"]
    shown = sorted({f"{account} {code}" for (_, account, code), amount in sums.items() if amount})
    if shown:
        raise PeriodNotReady(
            f"Balances stand on accounts that are mapped elsewhere in {period}: {_some(shown)}.",
            remedy="Choose open_balances of the account_mapping: transfer or run_off.",
            blockers=shown,
            gate="accounts-are-mapped",
        )


def _refuse_unmapped(postings: pa.Table, chart: Chart, book: Book, period: Period) -> None:
    if book.policy.value("revenue_of_unmapped_products") != "refused":
        return
    told = ["product", "obligation", "event"]
    revenue = postings.filter(pc.equal(postings["account"], Account.REVENUE.value))
    products = {
        row["product"]
        for row in revenue.group_by(told).aggregate([]).to_pylist()
        if chart.of(Account.REVENUE, *(row[name] for name in told)).by_default
    }
    if products:
        shown = sorted(each or "(none)" for each in products)
        raise PeriodNotReady(
            f"Revenue of {period} has products without an account: {_some(shown)}.",
            remedy="Map them with account_mapping, or elect default_account for "
            "revenue_of_unmapped_products.",
            blockers=shown,
            gate="accounts-are-mapped",
        )


def _some(shown: list[str]) -> str:
    more = len(shown) - _BLOCKERS_SHOWN_MAX
    return ", ".join(shown[:_BLOCKERS_SHOWN_MAX]) + (f" and {more:,} more" if more > 0 else "")
