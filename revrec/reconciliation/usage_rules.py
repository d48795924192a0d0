"""Rules over charges for usage: what the meters rated against what was invoiced.

Each rule is one statement over all open cases (a usage fee of a contract in a month). It inserts
into ``explained`` the amounts it names, charged less invoiced, and a case that a rule has named is
closed to later ones; only ``billed_after_end``, ``billed_twice`` and ``billed_in_part`` take their
part out of a case and leave the rest open. The order of ``RULES`` is the order of precedence; no
rule is asked once all cases are closed. ``rerated_tier`` tells in the end what of a late part is no
further use.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import duckdb

from revrec.reconciliation import limits
from revrec.reconciliation.list_prices import find_list_prices
from revrec.reconciliation.tables import any_row
from revrec.reconciliation.usage_parts import (
    billed_after_end,
    billed_in_part,
    billed_twice,
    rerated_tier,
)
from revrec.reconciliation.weighing import (
    COHERENT,
    find_coherent,
    keep_exact_corrections,
    weigh,
)

Rule = Callable[[duckdb.DuckDBPyConnection], None]

_TABLES = """
create table explained (
    number bigint, reason varchar, amount bigint, should bigint, billed bigint,
    q_should decimal(38, 9), q_billed decimal(38, 9), note varchar
);
create view open_cases as select * from cases where not named;
"""


def explain_usage(database: duckdb.DuckDBPyConnection) -> None:
    """Explain every case; what remains open afterwards has no reason."""
    database.execute(_TABLES)
    for rule in RULES:
        if not any_row(database, "open_cases"):
            break
        rule(database)
    rerated_tier(database)


def agrees(database: duckdb.DuckDBPyConnection) -> None:
    """Billed as charged, up to one minor unit of rounding per line."""
    _name(database, f"abs(c_now - billed) <= {_ROUNDING}", ("rounding", "c_now - billed"))


def timing_unbilled(database: duckdb.DuckDBPyConnection) -> None:
    """On no invoice, and the day by which it is expected on one has not passed."""
    _name(database, "lines = 0 and due >= getvariable('as_of')", ("timing_unbilled", "c_now"))


def late_event(database: duckdb.DuckDBPyConnection) -> None:
    """Billed as the usage was known: the difference was recorded after the invoices were made.

    What was recorded on the very day of the invoices was known to them, unless more bills of that
    day agree with the usage of the day before than with that day's.
    """
    for reading in ("c_low", "c_high"):
        _name(database, f"abs({reading} - billed) <= {_ROUNDING}", *_late(reading))
    known_that_day = f"""
        select cut from cases join cuts using (contract)
        where lines > 0 and c_early <> c_low
        group by cut
        having count(*) filter (where abs(c_low - billed) <= {_ROUNDING})
               >= count(*) filter (where abs(c_early - billed) <= {_ROUNDING})
    """
    _name(
        database,
        f"""
        lines > 0 and abs(c_early - billed) <= {_ROUNDING}
        and contract not in (select contract from cuts where cut in ({known_that_day}))
        """,
        *_late("c_early"),
    )


def _late(reading: str) -> tuple[tuple[str, str], tuple[str, str]]:
    return ("late_event", f"c_now - {reading}"), ("rounding", f"{reading} - billed")


def concession(database: duckdb.DuckDBPyConnection) -> None:
    """The invoices alone agree with the usage: the credits are concessions."""
    for reading in ("c_now", "c_low", "c_high"):
        _name(
            database,
            f"gross <> billed and abs({reading} - gross) <= {_ROUNDING}",
            ("credit_memo", "gross - billed"),
            ("late_event", f"c_now - {reading}"),
            ("rounding", f"{reading} - gross"),
        )


def known_in_part(database: duckdb.DuckDBPyConnection) -> None:
    """The difference is what was recorded late in rows that were known in part.

    The roll-up tells of a day only its sum and when the last of its rows was recorded. What was
    known of such a day is open, but it was at the day's rate: the bill beyond what was surely
    known must be at rates of those days. Where it is much nearer to their average without the
    agreed discount, or at another price list, the later rules have it.
    """
    weigh(database)
    _name(
        database,
        "number in (select number from chosen where kind = 0)",
        ("late_event", "c_now - billed"),
    )


def minimum_not_billed(database: duckdb.DuckDBPyConnection) -> None:
    """The bill is of the use as it was known, and leaves out what is owed besides."""
    database.execute(
        "update cases set should = c_high where not named and lines > 0 and c_owed > 0"
    )
    for reading in ("c_low", "c_high"):
        _name(
            database,
            f"lines > 0 and c_owed > 0 and abs({reading} - c_owed - billed) <= {_ROUNDING}",
            ("minimum_not_billed", "c_owed"),
            ("late_event", f"c_now - {reading}"),
            ("rounding", f"{reading} - c_owed - billed"),
        )


def not_billed(database: duckdb.DuckDBPyConnection) -> None:
    """On no invoice although its day has passed: all that was recorded by then is missing.

    A month whose first invoice came after that day, with less than was known, is the same: later
    runs bill what was recorded late, not what the month's own run left out.
    """
    owed = "greatest(least(c_owed, c_high - billed), 0)"
    _name(
        database,
        f"lines = 0 or (coalesce(first_on, last_on) > due and billed < c_high - {_ROUNDING})",
        ("minimum_not_billed", owed),
        ("not_billed", f"c_high - billed - {owed}"),
        ("late_event", "c_now - c_high"),
    )


def wrong_currency_amount(database: duckdb.DuckDBPyConnection) -> None:
    """The largest line is off by the ratio of two currencies' price lists, or by a decimal point.

    Not if leaving out the agreed discount gives the same.
    """
    _at_another_price(database, kind=2, reason="wrong_currency_amount")


def without_discount(database: duckdb.DuckDBPyConnection) -> None:
    """The largest line is the right amount without the discount of the terms."""
    _at_another_price(database, kind=1, reason="override_not_billed")


def at_list_price(database: duckdb.DuckDBPyConnection) -> None:
    """The quantity agrees, and the amount is at the price that most others pay for the meters."""
    find_list_prices(database)
    database.execute("update cases set should = c_low, q_should = q_low where not named")
    _name(
        database,
        f"number in (select number from at_list l where abs(l.amount - billed) <= {_ROUNDING})",
        ("override_not_billed", "c_low - billed"),
        ("late_event", "c_now - c_low"),
        note="'the price of the list, not the one agreed'",
    )


def _at_another_price(database: duckdb.DuckDBPyConnection, *, kind: int, reason: str) -> None:
    """Name cases for which another price of one line is the best explanation."""
    database.execute(
        f"""
        update cases set should = c.amount, q_should = coalesce(q_billed, 0)
        from chosen c where c.number = cases.number and c.kind = {kind} and not named
        """
    )
    _name(
        database,
        f"number in (select number from chosen where kind = {kind})",
        (reason, "should - billed"),
        ("late_event", "c_now - should"),
        note="(select said from chosen c where c.number = fitting.number)",
    )


def credit_missing(database: duckdb.DuckDBPyConnection) -> None:
    """Billed above the usage, which was corrected between the invoice and the last run.

    The excess is at rates of the corrected rows, or the bill tells no quantity. Rows told
    by the day they were recorded must come to the excess, all since the invoice or those of one
    day; where they are not told apart, a month with a credit counts as credited.
    """
    find_coherent(
        database,
        rows="m.recorded > k.first_on and (m.amount < 0 or "
        "(m.told_rows > 1 and coalesce(m.first_recorded <= k.first_on, true)))",
        must="m.recorded <= k.cut",
        cases="k.billed > k.c_low",
        reference=("k.c_low", "k.q_low"),
    )
    keep_exact_corrections(database)
    database.execute(
        f"""
        update cases set should = case when billed > c_high then c_high else c_low end,
                         q_should = case when q_billed > q_high then q_high else q_low end
        where {COHERENT}
        """
    )
    _name(
        database,
        COHERENT,
        ("credit_missing", "should - billed"),
        ("late_event", "c_now - should"),
    )


def late_part(database: duckdb.DuckDBPyConnection) -> None:
    """What was recorded since is late whatever else is wrong: the bill is judged by the rest."""
    database.execute(
        """
        update cases set
            should = case
                when q_billed between q_low and q_high and q_low < q_high then
                    c_low + half_even((c_high - c_low) * quantity_atoms(q_billed - q_low),
                                      quantity_atoms(q_high - q_low))
                else c_high end,
            q_should = case when q_billed between q_low and q_high then q_billed else q_high end
        where not named;
        insert into explained
        select number, 'late_event', c_now - should, null, null, null, null, ''
        from open_cases where c_now <> should;
        """
    )


def wrong_rate(database: duckdb.DuckDBPyConnection) -> None:
    """The quantity agrees, the amount does not."""
    _name(database, "q_billed = q_should", ("wrong_rate", "should - billed"))


def wrong_quantity(database: duckdb.DuckDBPyConnection) -> None:
    """The quantity differs, and the amount by that quantity at rates of the obligation's meters."""
    find_coherent(
        database,
        rows="m.recorded <= coalesce(k.cut, m.recorded)",
        must="true",
        cases="k.q_billed is not null",
        reference=("k.should", "k.q_should"),
    )
    _name(database, COHERENT, ("wrong_quantity", "should - billed"))


def corrected_since(database: duckdb.DuckDBPyConnection) -> None:
    """More billed than was used, at another rate, and rows corrected after the invoices were made.

    One mistake is likelier than two: the quantity was right then, priced as the corrected rows
    are, and what the correction took back is late. The rate is wrong.
    """
    database.execute(
        """
        create temp table corrected as
        select number, half_even((c_high - c_low)::hugeint * quantity_atoms(q_billed - q_should),
                                 quantity_atoms(q_high - q_low))::bigint as taken_back
        from open_cases
        where q_billed > q_should and q_high > q_low and billed > should;
        insert into explained
        select number, 'late_event', -taken_back, null, null, null, null, '' from corrected;
        update cases set should = should + taken_back, q_should = q_billed
        from corrected where cases.number = corrected.number;
        drop table corrected;
        """
    )
    wrong_rate(database)


def wrong_quantity_and_rate(database: duckdb.DuckDBPyConnection) -> None:
    """Quantity and rate differ.

    What the quantity makes at the average rate is a wrong quantity, the rest a wrong rate. Billed
    units where none were used are a wrong quantity alone.
    """
    by_quantity = (
        "-half_even(should * quantity_atoms(q_billed - q_should), quantity_atoms(q_should))"
    )
    _name(
        database,
        "q_billed >= 0 and billed >= 0 and q_should <> 0",
        ("wrong_quantity", by_quantity),
        ("wrong_rate", f"should - billed - ({by_quantity})"),
    )
    _name(
        database,
        "q_billed > 0 and billed > 0 and q_should = 0",
        ("wrong_quantity", "should - billed"),
    )


def wrong_amount(database: duckdb.DuckDBPyConnection) -> None:
    """A charge without a quantity, as above a commitment, that is not what was used beyond it."""
    _name(database, "q_billed is null and billed >= 0", ("wrong_amount", "should - billed"))


RULES: Sequence[Rule] = (
    billed_after_end,
    billed_twice,
    billed_in_part,
    agrees,
    timing_unbilled,
    late_event,
    concession,
    minimum_not_billed,
    known_in_part,
    not_billed,
    without_discount,
    at_list_price,
    wrong_currency_amount,
    credit_missing,
    late_part,
    wrong_rate,
    wrong_quantity,
    corrected_since,
    wrong_quantity_and_rate,
    wrong_amount,
)
"""In order of precedence."""

_ROUNDING = f"lines * {limits.ROUNDING_MINOR_PER_LINE}"


def _name(
    database: duckdb.DuckDBPyConnection,
    condition: str,
    *named: tuple[str, str],
    note: str = "''",
) -> None:
    """Name amounts of the open cases that fulfil a condition, and close them."""
    if not any_row(database, f"open_cases where {condition}"):
        return
    database.execute(f"create temp table fitting as select * from open_cases where {condition}")
    for reason, amount in named:
        database.execute(
            f"""
            insert into explained
            select number, '{reason}', ({amount})::bigint, should, billed, q_should, q_billed,
                   {note}
            from fitting where ({amount}) <> 0
            """
        )
    database.execute(
        """
        update cases set named = true where number in (select number from fitting);
        drop table fitting;
        """
    )
