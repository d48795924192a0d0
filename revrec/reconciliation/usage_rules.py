"""Rules over charges for usage: what the meters rated against what was invoiced.

Each rule is one statement over all open cases (a usage fee of a contract in a month). It inserts
into ``explained`` the amounts it names, charged less invoiced, and a case that a rule has named is
closed to later ones; only ``billed_after_end`` and ``billed_twice`` take their lines out of a case
and leave the rest open. The order of ``RULES`` is the order of precedence.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import duckdb

from revrec.reconciliation import limits
from revrec.reconciliation.weighing import COHERENT, find_coherent, weigh

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
        rule(database)


def billed_after_end(database: duckdb.DuckDBPyConnection) -> None:
    """Invoice lines for service that lies wholly outside the obligation's term."""
    database.execute(
        """
        create temp table taken_out as
        select k.number, b.amount, b.quantity,
               b.document || ' bills ' || b."first" || ' to ' || b."last"
               || ', outside the term ' || s.first_day || ' to ' || s.last_day as note
        from usage_bills b
        join open_cases k using (contract, consideration, month)
        join spans s on s.contract = b.contract and s.obligation = b.obligation
        where not b.credit and not b.cancelled
          and (b."first" > s.last_day or b."last" < s.first_day)
        """
    )
    _take_out(database, "billed_after_end")


def billed_twice(database: duckdb.DuckDBPyConnection) -> None:
    """Lines of the same service, amount and quantity, of a month billed above its charge.

    Without them the month must not be billed short of what was known.
    """
    database.execute(
        """
        create temp table taken_out as
        with copies as (
            select *, row_number() over (
                       partition by contract, consideration, month, "first", "last", amount,
                                    quantity
                       order by "on", document, position
                   ) as copy
            from usage_bills where not credit and not cancelled
        ),
        repeated as (
            select contract, consideration, month, sum(amount) as amount
            from copies where copy > 1 group by all
        )
        select k.number, c.amount, c.quantity,
               c.document || ' of ' || c."on" || ' bills again what was billed before' as note
        from copies c
        join repeated r using (contract, consideration, month)
        join open_cases k using (contract, consideration, month)
        where c.copy > 1 and k.billed - k.c_now > k.lines
          and k.billed - r.amount >= least(k.c_now, k.c_low) - k.lines
        """
    )
    _take_out(database, "billed_twice")


def _take_out(database: duckdb.DuckDBPyConnection, reason: str) -> None:
    """Name the lines of ``taken_out`` and compare their cases without them."""
    database.execute(
        f"""
        insert into explained
        select number, '{reason}', -amount, 0, amount, 0, quantity, note from taken_out;
        update cases set billed = billed - t.out_amount, gross = gross - t.out_amount,
                         q_billed = q_billed - t.out_quantity, lines = lines - t.out_lines
        from (select number, sum(amount)::bigint as out_amount, sum(quantity) as out_quantity,
                     count(*) as out_lines from taken_out group by number) t
        where cases.number = t.number;
        drop table taken_out;
        """
    )


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


def not_billed(database: duckdb.DuckDBPyConnection) -> None:
    """On no invoice although its day has passed: all that was recorded by then is missing.

    A month whose first invoice came after that day, with less than was known, is the same: later
    runs bill what was recorded late, not what the month's own run left out.
    """
    _name(
        database,
        f"lines = 0 or (coalesce(first_on, last_on) > due and billed < c_high - {_ROUNDING})",
        ("not_billed", "c_high - billed"),
        ("late_event", "c_now - c_high"),
    )


def wrong_currency_amount(database: duckdb.DuckDBPyConnection) -> None:
    """The largest line is off by the ratio of two currencies' price lists, or by a decimal point.

    Not if leaving out the agreed discount gives the same.
    """
    _at_another_price(database, kind=2, reason="wrong_currency_amount")


def without_discount(database: duckdb.DuckDBPyConnection) -> None:
    """The largest line is the right amount without the discount of the terms: a wrong rate."""
    _at_another_price(database, kind=1, reason="wrong_rate")


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

    The excess is at rates of the corrected rows, or the bill tells no quantity. Corrections told
    by the day they were recorded must be the excess, together or those of one day; where they are
    not told apart, a month with a credit counts as credited.
    """
    find_coherent(
        database,
        rows="m.recorded > k.first_on and (m.amount < 0 or "
        "(m.told_rows > 1 and coalesce(m.first_recorded <= k.first_on, true)))",
        must="m.recorded <= k.cut",
        cases="k.billed > k.c_low",
        reference=("k.c_low", "k.q_low"),
    )
    database.execute(_CREDITED)
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


_CREDITED = """
delete from coherent where number in (
    with corrected as (
        select k.number, k.billed <> k.gross as credited, k.q_billed - k.q_low as excess,
               m.recorded, sum(m.quantity) as quantity,
               bool_and(coalesce(m.first_recorded = m.recorded, false)) as told_apart
        from (select * from open_cases join cuts using (contract)) k
        join coherent using (number)
        join charge_terms t using (contract, consideration)
        left join metered m
          on m.contract = k.contract and m.obligation = t.obligation and m.month = k.month
         and m.recorded > k.first_on and m.recorded <= k.cut and m.quantity < 0
        group by all
    )
    select number from corrected
    group by number, credited, excess
    having case when bool_and(told_apart) and excess is not null
                then sum(quantity) <> -excess and not bool_or(quantity = -excess)
                else credited end
)
"""


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
    agrees,
    timing_unbilled,
    late_event,
    concession,
    known_in_part,
    not_billed,
    without_discount,
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
    database.execute(f"create temp table fitting as select * from open_cases where {condition}")
    any_fits = database.execute("select count(*) > 0 from fitting").fetchone() == (True,)
    for reason, amount in named if any_fits else ():
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
