"""People beside the rows they stand behind."""

from __future__ import annotations

from datetime import date

from revrec.disclosure import columns as c
from revrec.disclosure.signatures import Closed, Signatures, Told, signed, signed_prices
from revrec.model.dataset import DataSet

BY = Signatures(
    closes=[
        Closed(chain_seq=2, prepared_by="ana", approved_by="ben"),
        Closed(chain_seq=5, prepared_by="cleo", approved_by="dora"),
    ],
    modifications={("C-1", "M-1"): Told(on=date(2026, 2, 3), by="ana", digest="f00d")},
    selling_prices={
        "SSP-1": Told(on=date(2026, 1, 1), by="ana", approved_by="ben", digest="beef"),
    },
)


def table(name, columns, rows):
    """A data set of texts and numbers whose last column is its key."""
    return DataSet(name=name, title=name, columns=[*columns, c.ROW_KEY], rows=rows)


def test_each_entry_has_the_people_of_the_close_that_posted_it():
    """Entries 1 and 2 of the first close, 3 to 5 of the second; 0 is none."""
    journal = table("journal_detail", [c.count("entry", "Entry")],
                    [(0, "a"), (1, "b"), (2, "c"), (3, "d"), (5, "e")])  # fmt: skip
    log = table("modification_log", [c.CONTRACT, c.text("modification", "Modification")],
                [("C-1", "M-1", "x"), ("C-1", "M-2", "y")])  # fmt: skip
    found = signed({"journal_detail": journal, "modification_log": log}, BY)

    people = [row[1:-1] for row in found["journal_detail"].rows]
    assert [("", ""), *[("ana", "ben")] * 2, *[("cleo", "dora")] * 2] == people
    assert [(date(2026, 2, 3), "ana", "f00d"), (None, "", "")] == [
        row[2:-1] for row in found["modification_log"].rows
    ]
    assert c.ROW_KEY == found["journal_detail"].columns[-1]


def test_an_entry_of_the_book_has_who_told_and_who_approved_it():
    """An entry of no book has nobody."""
    analysis = table("selling_price_analysis", [c.text("book", "Entry of the book")],
                     [("SSP-1", "a"), ("", "b")])  # fmt: skip

    assert [("SSP-1", "ana", "ben", "a"), ("", "", "", "b")] == signed_prices(analysis, BY).rows
