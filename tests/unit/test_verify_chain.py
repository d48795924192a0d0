"""The auditor's script against exports written out by hand, hashes and all."""

from __future__ import annotations

import csv
import hashlib
import json

import pytest

from revrec.ledger.verify_chain import verify

COLUMNS = (
    "entity,seq,period,origin,event,currency,memo,posted_at,posted_by,line_count,lines_digest,"
    "previous,digest,line_no,account,product,gl_code,gl_name,line_currency,amount,"
    "functional_currency,functional_amount"
).split(",")
PLAIN = [("cash", "USD", "5", "", ""), ("revenue", "USD", "-5", "", "")]
"""Account, currency, amount, functional currency and amount of each line."""
ABROAD = [
    ("cash", "EUR", "5", "USD", "6"),
    ("revenue", "EUR", "-5", "USD", "-7"),
    ("exchange_realized", "EUR", "0", "USD", "1"),
]
IN_PART = [("cash", "USD", "5", "", ""), ("revenue", "USD", "-5", "USD", "0")]
"""Only one of the lines is told in the functional currency."""


def hashed(before: str, value: list[object]) -> str:
    """As the documentation says: a digest and JSON without spaces."""
    text = before + json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def rows_of(number, lines, previous, **told):
    """The rows of an entry, its digests right."""
    functional = any(line[3] for line in lines)
    width = 5 if functional else 3
    texts = [[line[0], "ünit", "4000", "Sales", *line[1:width]] for line in lines]
    header = {
        "entity": "7",
        "seq": str(number),
        "period": "2026-01",
        "origin": "2026-01",
        "event": "satisfaction",
        "currency": "USD",
        "memo": f"entry {number}",
        "posted_at": "2026-02-01T09:00:00.000000+00:00",
        "posted_by": "preparer",
        "line_count": str(len(lines)),
        "lines_digest": hashed("", texts),
        **told,
    }
    encoding = "revrec-journal-2" if functional else "revrec-journal-1"
    header["digest"] = hashed(previous, [encoding, *header.values()])
    header["previous"] = previous
    return [
        {
            **header,
            "line_no": str(place),
            "account": line[0],
            "product": "ünit",
            "gl_code": "4000",
            "gl_name": "Sales",
            "line_currency": line[1],
            "amount": line[2],
            "functional_currency": line[3],
            "functional_amount": line[4],
        }
        for place, line in enumerate(lines, start=1)
    ]


def journal(*entries, **told):
    """Rows of entries one after another; what is told is of the last."""
    previous, rows = "0" * 64, []
    for number, lines in enumerate(entries, start=1):
        rows += rows_of(number, lines, previous, **(told if number == len(entries) else {}))
        previous = rows[-1]["digest"]
    return rows


@pytest.fixture
def written(tmp_path):
    """Rows as a file."""

    def write(rows):
        path = tmp_path / "journal.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS)
            writer.writeheader()
            writer.writerows(rows)
        return path

    return write


@pytest.mark.parametrize("entries", [[], [PLAIN], [PLAIN, ABROAD, PLAIN], [IN_PART, PLAIN]])
def test_a_whole_journal(written, entries):
    """Nothing is wrong; the last entry and its digest are told, with an anchor and without."""
    rows = journal(*entries)
    reached = rows[-1]["digest"] if rows else "0" * 64
    path = written(rows)

    assert verify(path) == ("", len(entries), reached)
    assert verify(path, (len(entries), reached)) == ("", len(entries), reached)


def test_an_anchor_on_the_way(written):
    """That of the first of two entries, as it is and as it is not."""
    rows = journal(PLAIN, ABROAD)

    assert verify(written(rows), (1, rows[0]["digest"]))[:2] == ("", 2)
    assert verify(written(rows), (1, "x"))[:2] == ("its digest is not the anchor's", 1)
    assert verify(written(rows), (2, "x"))[:2] == ("its digest is not the anchor's", 2)
    assert verify(written(rows), (3, "x"))[:2] == ("it is missing", 3)


def edited(rows, at, **told):
    """The rows with other values in the entry at a place, its digests as they were."""
    return [{**row, **told} if row["seq"] == str(at) else row for row in rows]


THREE = journal(PLAIN, ABROAD, PLAIN)
WRONG = {
    # Rows, first bad entry, what is wrong with it.
    "removed": ([row for row in THREE if row["seq"] != "2"], 2, "entry 3 stands in its place"),
    "renumbered": (edited(THREE, 1, seq="2"), 1, "entry 2 stands in its place"),
    "another's": (journal(PLAIN, PLAIN, entity="8"), 2, "it belongs to another entity"),
    "unlinked": (edited(THREE, 2, previous="0" * 64), 2, "it does not name the entry before"),
    "a line less": (THREE[:3] + THREE[4:], 2, "its number of lines changed"),
    "an account": (edited(THREE, 3, account="cash"), 3, "its lines changed"),
    "functional": (edited(THREE, 2, functional_amount="0"), 2, "its lines changed"),
    "not functional": (edited(THREE, 2, functional_currency=""), 2, "its lines changed"),
    "a memo": (edited(THREE, 1, memo="x"), 1, "its header changed"),
    "a digest": (edited(THREE, 3, digest="0" * 64), 3, "its header changed"),
    "one-sided from the start": (journal(PLAIN[:1]), 1, "it does not balance"),
    "one-sided": (journal(PLAIN, PLAIN[:1]), 2, "it does not balance"),
    "two currencies": (
        journal([PLAIN[0], ("revenue", "EUR", "-5", "", "")]),
        1,
        "it does not balance",
    ),
    "functional alone": (journal(PLAIN, ABROAD[:2]), 2, "it does not balance"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_named(written, name):
    """The first entry that is, and the first reason."""
    rows, at, why = WRONG[name]

    assert verify(written(rows))[:2] == (why, at)
