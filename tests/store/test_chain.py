"""The chain finds every change; the export can be checked without this program."""

from __future__ import annotations

import csv
import hashlib
import io
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from revrec.errors import ChainBroken, UnbalancedEntry
from revrec.ledger import chain, verify_chain
from tests.store.samples import FEBRUARY, entry, line

AT = datetime(2026, 2, 1, 9, tzinfo=UTC)


@pytest.fixture
def journal():
    """Five entries of entity 7."""
    entries = [entry(100 * n, memo=f"entry {n}") for n in range(1, 6)]
    return chain.link(entries, (0, chain.GENESIS), entity=7, posted_at=AT, by="preparer")


def change(posted, **fields):
    """An entry with other content and the digests it had."""
    return replace(posted, entry=replace(posted.entry, **fields))


def test_the_bytes_are_what_the_documentation_says(journal):
    """Written out by hand: JSON of texts, the lines through their digest, seq and entity inside."""
    lines = (
        '[["contract_liability","platform","4000","Subscriptions","USD","100"],'
        '["revenue","platform","4000","Subscriptions","USD","-100"]]'
    )
    lines_digest = hashlib.sha256(lines.encode()).hexdigest()
    header = (
        '["revrec-journal-1","7","1","2026-01","2026-01","satisfaction","USD","entry 1",'
        f'"2026-02-01T09:00:00.000000+00:00","preparer","2","{lines_digest}"]'
    )

    assert header.encode() == chain.canonical_bytes(journal[0])
    assert hashlib.sha256(("0" * 64 + header).encode()).hexdigest() == journal[0].digest


def abroad(functional, **told):
    """A line in dollars that is worth something in yen."""
    return replace(line(**told), functional_currency="JPY", functional=functional)


def test_the_bytes_with_a_functional_currency_are_what_the_documentation_says():
    """Named otherwise, with two more texts a line, also where a line is not told in it."""
    lines = (
        abroad(9, account="cash", amount=1),
        abroad(0, account="revenue", amount=-1),
        abroad(-9, account="cash", amount=0),
        line("cash", 1),
        line("revenue", -1),
    )
    posted = relinked([replace(entry(), lines=lines)], (0, chain.GENESIS))[0]
    texts = (
        '[["cash","platform","4000","Subscriptions","USD","1","JPY","9"],'
        '["revenue","platform","4000","Subscriptions","USD","-1","JPY","0"],'
        '["cash","platform","4000","Subscriptions","USD","0","JPY","-9"],'
        '["cash","platform","4000","Subscriptions","USD","1","",""],'
        '["revenue","platform","4000","Subscriptions","USD","-1","",""]]'
    )
    lines_digest = hashlib.sha256(texts.encode()).hexdigest()
    file = io.StringIO()
    chain.export_csv([posted], file)

    assert lines_digest == posted.lines_digest
    assert (
        '["revrec-journal-2","7","1","2026-01","2026-01","satisfaction","USD","",'
        f'"2026-02-01T09:00:00.000000+00:00","preparer","5","{lines_digest}"]'
    ).encode() == chain.canonical_bytes(posted)
    assert [
        '"USD","1","JPY","9"',
        '"USD","-1","JPY","0"',
        '"USD","0","JPY","-9"',
        '"USD","1","",""',
        '"USD","-1","",""',
    ] == [row.partition('"Subscriptions",')[2] for row in file.getvalue().splitlines()[1:]]


def test_an_entry_that_does_not_balance_gets_no_place():
    """The chain holds nothing that is wrong from the start."""
    one_sided = replace(entry(), lines=(line("cash", 1),))

    with pytest.raises(UnbalancedEntry, match="debits exceed credits by 1 USD"):
        relinked([one_sided], (0, chain.GENESIS))


def test_a_line_told_in_its_currency_alone_hashes_as_it_always_did():
    """Yen without a functional amount are the line's own currency."""
    plain = line("cash", 1, currency="JPY")

    assert hashlib.sha256(
        b'[["cash","platform","4000","Subscriptions","JPY","1"]]'
    ).hexdigest() == chain.digest_of_lines([plain])


def test_the_same_moment_hashes_alike_in_any_zone(journal):
    """A database that answers in local time gives the same digest."""
    tokyo = AT.astimezone(timezone(timedelta(hours=9)))

    assert journal[0].digest == chain.digest_of(replace(journal[0], posted_at=tokyo))


def test_the_machines_zone_does_not_matter(journal, monkeypatch):
    """Two machines in two places give the same digest."""
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        elsewhere = chain.digest_of(journal[0])
    finally:
        monkeypatch.undo()
        time.tzset()

    assert journal[0].digest == elsewhere


def test_a_whole_journal_verifies(journal):
    """The result is the head; an anchor on the way or at the end agrees."""
    head = (5, journal[4].digest)

    assert head == chain.verify(journal)
    assert head == chain.verify(journal, anchor=head)
    assert head == chain.verify(journal, anchor=(3, journal[2].digest))


def relinked(entries, after, *, entity=7):
    """Entries chained anew behind a head, as one with write access to everything would."""
    return chain.link(entries, after, entity=entity, posted_at=AT, by="preparer")


BEFORE = "it does not name the digest of the entry before"
HEADER = "its header changed"
LINES = "its lines changed"
TAMPERINGS = {
    # Name: what is done, the first bad entry, what is wrong with it.
    "memo changed": (lambda j: [*j[:2], change(j[2], memo="x"), *j[3:]], 3, HEADER),
    "period changed": (lambda j: [change(j[0], period=FEBRUARY), *j[1:]], 1, HEADER),
    "lines changed": (
        lambda j: [*j[:3], change(j[3], lines=(line("cash", 9), line("revenue", -9))), j[4]],
        4,
        LINES,
    ),
    "lines swapped": (lambda j: [change(j[0], lines=j[0].entry.lines[::-1]), *j[1:]], 1, LINES),
    "line removed": (
        lambda j: [change(j[0], lines=j[0].entry.lines[:1]), *j[1:]],
        1,
        "it has 1 lines instead of 2",
    ),
    "time changed": (
        lambda j: [*j[:4], replace(j[4], posted_at=AT + timedelta(microseconds=1))],
        5,
        HEADER,
    ),
    "person changed": (lambda j: [*j[:4], replace(j[4], posted_by="x")], 5, HEADER),
    "first removed": (lambda j: j[1:], 1, "entry 2 stands in its place"),
    "one removed": (lambda j: [*j[:2], *j[3:]], 3, "entry 4 stands in its place"),
    "two swapped": (lambda j: [j[0], j[2], j[1], *j[3:]], 2, "entry 3 stands in its place"),
    "one repeated": (lambda j: [*j[:2], j[1], *j[2:]], 3, "entry 2 stands in its place"),
    "two swapped and renumbered": (
        lambda j: [j[0], replace(j[2], seq=2), replace(j[1], seq=3), *j[3:]],
        2,
        BEFORE,
    ),
    "one inserted": (
        lambda j: [*j[:2], replace(j[2], seq=3), *j[2:]],
        4,
        "entry 3 stands in its place",
    ),
    "moved to another entity": (
        lambda j: [*j[:3], replace(j[3], entity=8), j[4]],
        4,
        "it belongs to entity 8, not 7",
    ),
    "another entity's from there on": (
        lambda j: [*j[:3], *relinked([j[3].entry, j[4].entry], (3, j[2].digest), entity=8)],
        4,
        "it belongs to entity 8, not 7",
    ),
    "all moved to another entity": (lambda j: [replace(e, entity=8) for e in j], 1, HEADER),
    "digest changed": (lambda j: [*j[:4], replace(j[4], digest="0" * 64)], 5, HEADER),
    "rehashed from there on": (
        lambda j: [
            *j[:2],
            *relinked([replace(j[2].entry, memo="x"), j[3].entry, j[4].entry], (2, j[1].digest)),
        ],
        5,
        "its digest is not the one kept outside",
    ),
    "tail cut": (lambda j: j[:3], 4, "it is missing; 5 entries were there"),
    "all cut": (lambda _: [], 1, "it is missing; 5 entries were there"),
}


@pytest.mark.parametrize("name", TAMPERINGS)
def test_every_tampering_is_found_at_its_first_entry(journal, name):
    """With the head kept outside nothing passes; the first bad seq and the reason are named."""
    tamper, first_bad, why = TAMPERINGS[name]

    with pytest.raises(ChainBroken) as caught:
        chain.verify(tamper(journal), anchor=(5, journal[4].digest))

    assert f"The journal is broken at entry {first_bad}: {why}." == caught.value.message
    assert {"seq": first_bad} == caught.value.attributes
    assert (
        "Stop posting, keep the database as it is, compare with a backup and the anchors."
        == caught.value.remedy
    )


def test_a_cut_tail_needs_the_anchor(journal):
    """Said out loud: without a head from outside, the rest is a whole chain."""
    assert (3, journal[2].digest) == chain.verify(journal[:3])


@pytest.fixture
def exported(journal, tmp_path):
    """The export as a file, with text that is hard on CSV."""
    hard = entry(1, memo='a "quoted", comma\r\nand ünïcode\r=1+1')
    more = chain.link([hard], (5, journal[4].digest), entity=7, posted_at=AT, by="=cmd")
    path = tmp_path / "journal.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        chain.export_csv([*journal, *more], file)
    return path, more[0].digest


def test_the_export_is_written_out(journal):
    """Every value is quoted, lines are numbered from 1, and a line ends with a line feed."""
    file = io.StringIO()
    chain.export_csv(journal[:1], file)
    one = journal[0]
    header = (
        '"7","1","2026-01","2026-01","satisfaction","USD","entry 1",'
        f'"2026-02-01T09:00:00.000000+00:00","preparer","2","{one.lines_digest}",'
        f'"{"0" * 64}","{one.digest}",""'
    )

    assert [
        ",".join(f'"{name}"' for name in chain.CSV_COLUMNS),
        f'{header},"1","contract_liability","platform","4000","Subscriptions","USD","100","",""',
        f'{header},"2","revenue","platform","4000","Subscriptions","USD","-100","",""',
        "",
    ] == file.getvalue().split("\n")


def test_a_lone_carriage_return_survives_the_export(journal, tmp_path):
    """Unquoted it would end the line for whoever reads the file."""
    more = relinked([entry(1, memo="a\rb")], (5, journal[4].digest))
    path = tmp_path / "journal.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        chain.export_csv([*journal, *more], file)

    assert (0, f"whole to 6 {more[0].digest}\n") == run_verifier(path)


def run_verifier(*arguments):
    """The script as an auditor runs it, without this program on its path."""
    done = subprocess.run(
        [sys.executable, "-I", verify_chain.__file__, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "" == done.stderr
    return done.returncode, done.stdout


def test_the_export_is_checked_by_the_standard_library_alone(exported):
    """The script agrees with the journal's head, and with an anchor."""
    path, head = exported

    assert (0, f"whole to 6 {head}\n") == run_verifier(path)
    assert (0, f"whole to 6 {head}\n") == run_verifier(path, 6, head)


def rewrite(path, edit):
    """The export after somebody edited its rows."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = edit(list(csv.DictReader(file)))
    out = io.StringIO()
    writer = csv.DictWriter(out, chain.CSV_COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    path.write_text(out.getvalue(), encoding="utf-8", newline="")


def set_both_lines(rows, seq, column, value):
    """Change a header column on both lines of an entry."""
    return [{**row, column: value} if row["seq"] == seq else row for row in rows]


EDITS = {
    "memo changed": (lambda rows: set_both_lines(rows, "3", "memo", "x"), 3),
    "entity changed": (lambda rows: set_both_lines(rows, "2", "entity", "8"), 2),
    "amount changed": (lambda rows: [*rows[:4], {**rows[4], "amount": "301"}, *rows[5:]], 3),
    "first removed": (lambda rows: rows[2:], 1),
    "one removed": (lambda rows: [*rows[:2], *rows[4:]], 2),
    "line removed": (lambda rows: [*rows[:3], *rows[4:]], 2),
    "two swapped": (lambda rows: [*rows[2:4], *rows[:2], *rows[4:]], 1),
    "tail cut": (lambda rows: rows[:8], 5),
    "digest changed": (lambda rows: set_both_lines(rows, "6", "digest", "0" * 64), 6),
}


@pytest.mark.parametrize("name", EDITS)
def test_the_script_finds_edits_of_the_export(exported, name):
    """It stops at the first entry that is wrong."""
    path, head = exported
    edit, first_bad = EDITS[name]
    rewrite(path, edit)
    code, output = run_verifier(path, 6, head)

    assert 1 == code
    assert output.startswith(f"broken at entry {first_bad}: ")


def test_the_script_is_short_enough_to_read():
    """An auditor reads it before running it."""
    assert 65 >= len(Path(verify_chain.__file__).read_text(encoding="utf-8").splitlines())
