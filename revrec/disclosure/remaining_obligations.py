"""Remaining performance obligations: the price not yet recognised, and when it will be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from revrec.citations import cites
from revrec.disclosure import columns as c
from revrec.disclosure.frame import Frame, Row
from revrec.model.dataset import Column, DataSet
from revrec.money import round_ratio

BANDS = {
    "months_0_3": "0-3 months",
    "months_4_12": "4-12 months",
    "months_13_24": "13-24 months",
    "months_25_36": "25-36 months",
    "months_over_36": "Over 36 months",
    "no_date": "No date",
}
_SHARE_DIGITS = 6
_DISCLOSED, _WITHIN_A_YEAR, _AS_USED = "", "606-10-50-14", "606-10-50-14A"
_AS_INVOICED, _ROYALTY = "606-10-50-14(b)", "606-10-50-14A(a)"
_LINES = {
    _DISCLOSED: "Disclosed (606-10-50-13)",
    _WITHIN_A_YEAR: "Original term of one year or less (606-10-50-14)",
    _AS_INVOICED: "Recognised as invoiced, 55-18 (606-10-50-14(b))",
    _ROYALTY: "Royalties by sales or use, not estimated (606-10-50-14A(a))",
    _AS_USED: "Usage allocated to its day, not estimated (606-10-50-14A)",
}
_TOTAL = "Total"


@cites("606-10-50-13", "606-10-50-14", "606-10-50-14A", "606-10-50-15")
def remaining_obligations(frame: Frame) -> DataSet:
    """Fixed and estimated price not yet recognised, by obligation and band, expedients shown.

    Usage allocated to its day is listed without an amount: it is not estimated (50-14A).
    """
    amounts = [c.money(name, title) for name, title in BANDS.items()]
    as_invoiced = frame.inputs.book.policy.value("right_to_invoice") == "elected"
    sums = ", ".join(f"sum({name})::bigint as {name}" for name in BANDS)
    return frame.data_set(
        "remaining_obligations",
        "Remaining obligations",
        [
            c.ENTITY, c.CUSTOMER, c.CONTRACT, c.OBLIGATION, c.COMPONENT, c.PRODUCT,
            c.text("category", "Category"), c.text("expedient", "Expedient"),
            c.text("timing", "Recognised"), c.day("due", "Complete at the latest"), c.CURRENCY,
            c.money("remaining", "Remaining", parts=BANDS), *amounts, c.ROW_KEY,
        ],
        f"""
        select {frame.entity} as entity, c.customer, contract, obligation, component,
               any_value(s.product) as product,
               any_value(coalesce(k.category, 'fixed')) as category,
               any_value(case when as_used and k.royalty then '{_ROYALTY}'
                    when as_used then '{_AS_USED}'
                    when coalesce(k.within_a_year, c.within_a_year) then '{_WITHIN_A_YEAR}'
                    when o.measure = 'right_to_invoice' and {as_invoiced} then '{_AS_INVOICED}'
                    else '{_DISCLOSED}' end) as expedient,
               any_value(case when timed then 'as time passes'
                    when by_use then 'as used' else 'on delivery' end) as timing,
               max(s.due) as due, any_value(c.currency) as currency,
               sum(remaining)::bigint as remaining, {sums},
               key_of([contract, obligation, component]) as row_key
        from outlook s
        join contract c using (contract)
        left join component k using (contract, component)
        left join obligation o using (contract, obligation)
        -- Parts of the price that are earned have nothing to list; usage still to come has.
        where remaining <> 0
           or (as_used and progress = 'counted'
               and (c.ends is null or c.ends > getvariable('last')))
        group by c.customer, contract, obligation, component
        order by c.customer, contract, obligation, component
        """,
        note=(
            "Bands count months from the end of the period. What is used or delivered stands in "
            "the band in which it is complete at the latest, or under no date. What the constraint "
            "excludes is in no price (606-10-50-15)."
        ),
    )  # fmt: skip


@cites("606-10-50-13", "606-10-50-14", "606-10-50-14A", "606-10-50-15")
def by_band(listed: DataSet) -> DataSet:
    """Remaining obligations in total by currency and band; a row for each expedient taken."""
    columns: list[Column] = [c.CURRENCY, c.text("line", "Line"), c.count("rows", "Rows")]
    columns.append(c.money("remaining", "Remaining", total=False))
    for name, title in BANDS.items():
        columns += [c.money(name, title, total=False), c.ratio(f"share_{name}", f"{title}, share")]
    columns.append(c.ROW_KEY)
    return DataSet(
        name="remaining_obligations_by_band",
        title="Remaining obligations by band",
        columns=columns,
        rows=list(_lines(listed)),
        note=(
            "Expedients are listed, not left out: the total is all price not yet recognised. "
            "Periods in which a renewal is optional are outside the enforceable term."
        ),
    )


def _lines(listed: DataSet) -> Iterator[Row]:
    names = [column.name for column in listed.columns]
    currency, expedient = names.index("currency"), names.index("expedient")
    places = [names.index(name) for name in ("remaining", *BANDS)]
    for each in sorted({str(row[currency]) for row in listed.rows}):
        mine = [row for row in listed.rows if row[currency] == each]
        for kind, line in _LINES.items():
            chosen = [row for row in mine if row[expedient] == kind]
            if chosen or kind == _DISCLOSED:
                yield _line(each, line, chosen, places)
        yield _line(each, _TOTAL, mine, places)


def _line(currency: str, line: str, rows: Sequence[Sequence[object]], places: Sequence[int]) -> Row:
    remaining, *bands = (sum(int(str(row[place])) for row in rows) for place in places)
    amounts: list[object] = []
    for band in bands:
        share = round_ratio(band * 10**_SHARE_DIGITS, remaining) if remaining else None
        amounts += [band, None if share is None else Decimal(share).scaleb(-_SHARE_DIGITS)]
    return currency, line, len(rows), remaining, *amounts, c.key_of(currency, line)
