"""Whoever changes the journal behind the program's back is found out, at the first entry."""

from __future__ import annotations

import pytest

from revrec.errors import ChainBroken
from revrec.store import journal, periods
from tests.store.samples import JANUARY, entry

LINE_COPY = (
    "insert into records.journal_line select entity_id, {to}, line_no, account, product, gl_code,"
    " gl_name, currency, amount from records.journal_line"
    " where entity_id = %(entity)s and entry_seq = 2"
)
ENTRY_COPY = (
    "insert into records.journal_entry select entity_id, {to}, period, origin, event, currency,"
    " memo, posted_at, posted_by, line_count, lines_digest, previous, digest"
    " from records.journal_entry where entity_id = %(entity)s and seq = 2"
)
HEADER = "update records.journal_entry set {} where entity_id = %(entity)s and seq = {}"
LINES = "update records.journal_line set {} where entity_id = %(entity)s and entry_seq = {}"


def renumber(to, where):
    """Move headers together with their lines; ``to`` is an expression of ``seq``."""
    return [
        f"update records.{table} set {column} = {to.replace('seq', column)}"
        f" where entity_id = %(entity)s and {column} {where}"
        for table, column in (("journal_entry", "seq"), ("journal_line", "entry_seq"))
    ]


TAMPERINGS = {
    "memo": ([HEADER.format("memo = 'x'", 3)], 3),
    "period": ([HEADER.format("period = '2026-02'", 1)], 1),
    "origin": ([HEADER.format("origin = '2025-12'", 5)], 5),
    "event": ([HEADER.format("event = 'billing'", 2)], 2),
    "currency": ([HEADER.format("currency = 'EUR'", 2)], 2),
    "posted at": ([HEADER.format("posted_at = posted_at + interval '1 microsecond'", 4)], 4),
    "posted by": ([HEADER.format("posted_by = 'x'", 4)], 4),
    "line count": ([HEADER.format("line_count = 3", 4)], 4),
    "lines digest": ([HEADER.format("lines_digest = repeat('0', 64)", 4)], 4),
    "previous": ([HEADER.format("previous = repeat('1', 64)", 4)], 4),
    "digest": ([HEADER.format("digest = repeat('1', 64)", 5)], 5),
    "amounts": ([LINES.format("amount = amount * 2", 3)], 3),
    "accounts": ([LINES.format("account = 'cash'", 3)], 3),
    "product": ([LINES.format("product = 'x'", 3)], 3),
    "line currency": ([LINES.format("currency = 'EUR'", 3)], 3),
    "gl code": ([LINES.format("gl_code = '9'", 3)], 3),
    "gl name": ([LINES.format("gl_name = 'x'", 3)], 3),
    "line numbers": ([LINES.format("line_no = line_no + 10", 3)], 3),
    "lines deleted": (
        ["delete from records.journal_line where entity_id = %(entity)s and entry_seq = 4"],
        4,
    ),
    "one line deleted": (
        [
            (
                "delete from records.journal_line where entity_id = %(entity)s"
                " and entry_seq = 4 and line_no = 2"
            )
        ],
        4,
    ),
    "header deleted": (
        ["delete from records.journal_entry where entity_id = %(entity)s and seq = 2"],
        2,
    ),
    "entry deleted": (
        [
            "delete from records.journal_entry where entity_id = %(entity)s and seq = 2",
            "delete from records.journal_line where entity_id = %(entity)s and entry_seq = 2",
        ],
        2,
    ),
    "entry deleted and the rest renumbered": (
        [
            "delete from records.journal_entry where entity_id = %(entity)s and seq = 2",
            "delete from records.journal_line where entity_id = %(entity)s and entry_seq = 2",
            *renumber("seq + 1000", "> 2"),
            *renumber("seq - 1001", "> 1000"),
        ],
        2,
    ),
    "first deleted": (
        [
            "delete from records.journal_entry where entity_id = %(entity)s and seq = 1",
            "delete from records.journal_line where entity_id = %(entity)s and entry_seq = 1",
        ],
        1,
    ),
    "entry added": ([ENTRY_COPY.format(to=6), LINE_COPY.format(to=6)], 6),
    "lines added without a header": ([LINE_COPY.format(to=6)], 6),
    "entry inserted": (
        [
            *renumber("seq + 1000", "> 3"),
            *renumber("seq - 999", "> 1000"),
            ENTRY_COPY.format(to=4),
            LINE_COPY.format(to=4),
        ],
        4,
    ),
    "two swapped": (
        [
            *renumber("seq + 1000", "in (2, 4)"),
            *renumber("1006 - seq", "> 1000"),
        ],
        2,
    ),
    "tail cut": (
        [
            "delete from records.journal_entry where entity_id = %(entity)s and seq > 3",
            "delete from records.journal_line where entity_id = %(entity)s and entry_seq > 3",
        ],
        4,
    ),
    "entry given to another entity": (
        [
            (
                "update records.journal_entry set entity_id = entity_id + 500000"
                " where entity_id = %(entity)s and seq = 3"
            ),
            (
                "update records.journal_line set entity_id = entity_id + 500000"
                " where entity_id = %(entity)s and entry_seq = 3"
            ),
        ],
        3,
    ),
    "all replaced by another entity's": (
        [
            f"delete from records.{table} where entity_id = %(entity)s"
            for table in ("journal_entry", "journal_line")
        ]
        + [
            f"update records.{table} set entity_id = %(entity)s where entity_id = %(other)s"
            for table in ("journal_entry", "journal_line")
        ],
        1,
    ),
}


@pytest.mark.parametrize("name", TAMPERINGS)
def test_tampering_is_found(database, superuser, entity, name):
    """As superuser with triggers switched off: found with the head kept outside, and named."""
    statements, first_bad = TAMPERINGS[name]
    other = entity + 100_000

    def post(tx):
        periods.open_period(tx, JANUARY)
        return journal.append(tx, [entry(100 * n) for n in range(1, 6)])

    for books in (entity, other):
        posted = database.run(post, entity=books, actor="preparer")
    anchor = database.run(journal.head, entity=entity, actor="auditor")
    superuser.execute("set session_replication_role = replica")
    for statement in statements:
        changed = superuser.execute(statement, {"entity": entity, "other": other}).rowcount
        assert changed >= 1

    with pytest.raises(ChainBroken, match=f"broken at entry {first_bad}:") as caught:
        database.run(lambda tx: journal.verify(tx, anchor=anchor), entity=entity, actor="auditor")

    assert first_bad == caught.value.attributes["seq"]
    assert 5 == len(posted)


def test_an_untouched_journal_passes(database, superuser, entity):
    """The same way of looking finds nothing where nothing was changed."""

    def post(tx):
        periods.open_period(tx, JANUARY)
        return journal.append(tx, [entry(100)])

    posted = database.run(post, entity=entity, actor="preparer")
    superuser.execute("set session_replication_role = replica")

    assert (1, posted[0].digest) == database.run(journal.verify, entity=entity, actor="auditor")
