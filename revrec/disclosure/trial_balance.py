"""The ledger by account: in the functional currency, and in the currency of reports (830-30)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import pyarrow as pa

from revrec.citations import cites
from revrec.columnar import connect
from revrec.disclosure import columns as c
from revrec.disclosure.functional_balances import functional_balances, functional_tie_outs
from revrec.disclosure.translated import ACCOUNT, Translated
from revrec.ledger.entries import PostedEntry
from revrec.ledger.rates import Rates, rates_into
from revrec.ledger.translation import Held, Translation, translate
from revrec.model.dataset import DataSet, TieOut
from revrec.model.history import Book
from revrec.model.policy import Account
from revrec.periods import Calendar, Period

_SUMS = """
select account, product, gl_code, gl_name, currency, period,
       sum(value)::bigint as value, sum(greatest(value, 0))::bigint as debit
from (
    -- Postings of other currencies are worth nothing until their worth is posted.
    select *, case when $functional = '' then amount else coalesce(
        functional, case when currency = $functional then amount else 0 end) end as value
    from posted
)
group by all order by all
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """What an account holds of a currency; minor units, debit positive."""

    held: Held
    currency: str
    by_period: Mapping[Period, int]
    debits: Mapping[Period, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """An entity's ledger of some periods."""

    entity: int
    datasets: tuple[DataSet, ...]
    tie_outs: tuple[TieOut, ...]
    reporting_currency: str
    """Currency of reports; empty where none was told."""
    translated: Translation | None
    """In the currency of reports, also where that is the functional one."""
    adjusted: Held
    """The account of the translation adjustment."""


@dataclass(frozen=True, slots=True)
class _RatesOf:
    """Rates of the functional currency into that of reports; one where they are the same."""

    rates: Rates
    currency: str

    def closing(self, period: Period) -> Fraction:
        same = self.currency == self.rates.into
        return Fraction(1) if same else self.rates.spot(self.currency, period.last)

    def average(self, period: Period) -> Fraction:
        same = self.currency == self.rates.into
        return Fraction(1) if same else self.rates.average(self.currency, period)


@cites("830-30-45-3", "830-30-45-12", "830-30-45-20")
def ledger(
    posted: pa.Table,
    entries: Sequence[PostedEntry],
    book: Book,
    *,
    first: Period,
    period: Period,
    entity: int,
) -> Ledger:
    """The trial balance of closed periods, and its translation where a currency of reports is told.

    ``posted`` is posting detail and ``entries`` the journal up to the period. Raises
    MissingExchangeRate for a rate into the currency of reports.
    """
    told = book.currencies
    functional = told.functional_currency if told else ""
    reporting = told.reporting_currency if told else ""
    accounts = _accounts(posted, book, functional, period.calendar)
    plain = _plain(accounts, first, period, entity)
    adjusting = book.policy.accounts.default[Account.TRANSLATION_ADJUSTMENT]
    adjusted = Held(Account.TRANSLATION_ADJUSTMENT, adjusting.code, adjusting.name)
    datasets, checks = [plain], [*_balances(plain), *_journal(accounts, entries, functional)]
    if functional and any(each != functional for each in posted["currency"].unique().to_pylist()):
        measured = functional_balances(posted, functional, first=first, entity=entity)
        datasets.append(measured)
        standing: Counter[str] = Counter()
        for each in accounts:
            standing[each.held.account] += sum(each.by_period.values())
        checks += functional_tie_outs(measured, standing)
    translated = None
    if reporting:
        rates = _RatesOf(rates_into(book, reporting), functional)
        flows = {each.held: each.by_period for each in accounts}
        translated = translate(flows, rates, first, period)
        if reporting != functional:
            shown = Translated(translated, adjusted, functional, reporting, entity)
            datasets += [shown.lines(), shown.adjustments()]
            checks += [*_balances(shown.lines()), *shown.proofs()]
    return Ledger(
        entity=entity,
        datasets=tuple(datasets),
        tie_outs=tuple(checks),
        reporting_currency=reporting,
        translated=translated,
        adjusted=adjusted,
    )


def _accounts(posted: pa.Table, book: Book, functional: str, calendar: Calendar) -> list[Posted]:
    """Everything posted, by account of the ledger and of the chart, and by currency if need be."""
    with connect() as database:
        database.register("posted", posted)
        found = database.execute(_SUMS, {"functional": functional}).fetchall()
    values: defaultdict[tuple[str, Held], Counter[Period]] = defaultdict(Counter)
    debits: defaultdict[tuple[str, Held], Counter[Period]] = defaultdict(Counter)
    for account, product, code, name, currency, period, value, debit in found:
        # Accounts posted to before the chart was kept with postings are those of the policy.
        former = book.policy.accounts.of(Account(account), product)
        held = Held(account, code or former.code, name or former.name)
        key = functional or currency, held
        values[key][calendar.parse(period)] += value
        debits[key][calendar.parse(period)] += debit
    return [
        Posted(held=key[1], currency=key[0], by_period=values[key], debits=debits[key])
        for key in sorted(values)
    ]


def _plain(accounts: Iterable[Posted], first: Period, period: Period, entity: int) -> DataSet:
    rows = []
    for each in accounts:
        before = sum(amount for month, amount in each.by_period.items() if month < first)
        moved = sum(amount for month, amount in each.by_period.items() if month >= first)
        debit = sum(amount for month, amount in each.debits.items() if month >= first)
        held = each.held
        if before or moved or debit:
            rows.append((
                entity, held.gl_code, held.gl_name, held.account, each.currency, before, debit,
                debit - moved, before + moved,
                c.key_of(held.gl_code, held.account, each.currency),
            ))  # fmt: skip
    return DataSet(
        name="trial_balance",
        title="Trial balance",
        columns=[
            *ACCOUNT,
            c.CURRENCY,
            c.money("opening", "Opening (debit positive)"),
            c.money("debit", "Debit"),
            c.money("credit", "Credit"),
            c.money("closing", "Closing (debit positive)"),
            c.ROW_KEY,
        ],
        rows=sorted(rows, key=lambda row: (str(row[4]), row[1:4])),
        note=f"All postings to the end of {period}, in the functional currency once it is told, "
        "else in the currencies of contracts. Income accounts are cumulative: what they opened "
        "with is retained earnings.",
    )


def _balances(data: DataSet) -> Iterator[TieOut]:
    """Debit balances equal credit balances, in every currency."""
    names = [each.name for each in data.columns]
    by, at = names.index("currency"), names.index("closing")
    sums: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0])
    for row in data.rows:
        amount = int(str(row[at]))
        sums[str(row[by])][amount < 0] += abs(amount)
    for currency, (debit, credit) in sorted(sums.items()):
        yield TieOut(
            name=f"{data.title} balances",
            left_name="Debit balances",
            left=debit,
            right_name="Credit balances",
            right=credit,
            currency=currency,
            mark="F",
        )


def _journal(
    accounts: Iterable[Posted], entries: Iterable[PostedEntry], functional: str
) -> Iterator[TieOut]:
    """The trial balance, from detail, against the lines of the journal's entries."""
    off: Counter[tuple[str, str, str]] = Counter()
    for each in accounts:
        off[each.currency, each.held.gl_code, each.held.account] += sum(each.by_period.values())
    for posted in entries:
        for line in posted.entry.lines:
            value = line.amount
            if functional:
                own = line.amount if line.currency == functional else 0
                value = own if line.functional is None else line.functional
            off[functional or line.currency, line.gl_code, line.account] -= value
    for currency in sorted({key[0] for key in off}):
        yield TieOut(
            name="Trial balance and journal, account by account",
            left_name="Differences, without signs",
            left=sum(abs(amount) for key, amount in off.items() if key[0] == currency),
            right_name="Nothing",
            right=0,
            currency=currency,
            mark="TB",
        )


def consolidated(ledgers: Sequence[Ledger], period: Period) -> DataSet:
    """Ledgers of several entities added up in one currency of reports; nothing is eliminated.

    Each has a translation. Balances between the entities stay in the sum.
    """
    sums: defaultdict[Held, Counter[int]] = defaultdict(Counter)
    for each in ledgers:
        made = each.translated
        assert made is not None
        for line in made.lines:
            sums[line.held][each.entity] += line.closing_translated
        sums[each.adjusted][each.entity] -= made.adjustments[-1].closing
    [currency] = {each.reporting_currency for each in ledgers}
    entities = [each.entity for each in ledgers]
    return DataSet(
        name="consolidated_trial_balance",
        title="Trial balance of several entities",
        columns=[
            *ACCOUNT[1:],
            c.CURRENCY,
            *(c.money(f"entity_{number}", f"Entity {number}") for number in entities),
            c.money("closing", "Together"),
            c.ROW_KEY,
        ],
        rows=[
            (
                held.gl_code, held.gl_name, held.account, currency,
                *(of_entity[number] for number in entities), of_entity.total(),
                c.key_of(held.gl_code, held.gl_name, held.account),
            )
            for held, of_entity in sorted(sums.items(), key=lambda each: each[0][1:])
        ],
        note=f"At the end of {period}, debit positive. A sum: nothing between the entities is "
        "eliminated.",
    )  # fmt: skip
