"""Each layout has the columns its ledger documents, balances, and sums to the journal."""

from __future__ import annotations

import io
import json
from datetime import date
from decimal import Decimal
from importlib.resources import files
from itertools import pairwise

import pyarrow.parquet as pq
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from revrec.errors import FeedError, NotFound, ReportError
from revrec.general_ledger.layouts import NAMES, Layout, LayoutColumn, layout_of, parameters_of
from revrec.general_ledger.rendering import ExportFile, Written, render
from revrec.general_ledger.sources import summary_documents
from tests.general_ledger.samples import CLOSE, TOLD, line, net, posted, table
from tests.properties.profiles import examples

BILL = (line("receivable", 3_650_000), line("contract_liability", -3_650_000))
EARN = (line("contract_liability", 310_000), line("revenue", -310_000, product="platform"))
JOURNAL = {"1200": "36500.00", "2400": "-33400.00", "4000": "-3100.00"}
"""36,500.00 billed, 3,100.00 of it earned."""
EUROS = {"currency": "EUR", "functional_currency": "USD"}


def export(name: str, *entries, by_product: bool = True) -> list[ExportFile]:
    """A close of these entries as files of a layout."""
    layout = layout_of(name)
    documents = summary_documents(posted(*entries), CLOSE, layout, by_product=by_product)
    told = parameters_of(layout, TOLD.get(name, {}))
    return render(documents, Written(layout=layout, told=told, created=CLOSE.created))


def amounts(found: dict[str, Decimal]) -> dict[str, str]:
    """As text."""
    return {account: f"{amount:.2f}" for account, amount in sorted(found.items())}


@pytest.mark.parametrize("name", NAMES)
def test_a_layout_knows_its_fields(name):
    """Every word of the YAML is one the program reads, and parameters named are told."""
    told = yaml.safe_load((files("revrec.general_ledger") / "layouts" / f"{name}.yaml").read_text())
    layout = layout_of(name)

    assert set(told) <= set(Layout.__dataclass_fields__)
    for column in [*told["columns"], *told.get("header", [])]:
        assert set(column) <= set(LayoutColumn.__dataclass_fields__)
        assert column.get("parameter", "") in {"", *layout.parameters}
        assert 1 == len({"value", "text", "parameter"} & set(column))
    assert layout.source
    assert layout.notes


def test_no_two_layouts_share_ids():
    """An export for one ledger is not taken for that of another."""
    assert len(NAMES) == len({layout_of(name).letter for name in NAMES})


def test_netsuite():
    """External id, US dates, account numbers, debit and credit apart."""
    (file,) = export("netsuite", BILL, EARN)
    heading, *rows = table(file)

    assert "R1-2601-1S_netsuite_001.csv" == file.name
    assert (
        "External ID,Date,Currency,Subsidiary,Memo,Account,Debit,Credit,Line Memo,Line ID"
    ) == ",".join(heading)
    assert [
        *("R1-2601-1SN1", "01/31/2026", "USD", "Parent", "Revenue accounting 2026-01, close 1"),
        *("1200", "36500.00", "", "Revenue 2026-01: receivable", "R1-2601-1SN1-1"),
    ] == rows[0]
    assert JOURNAL == amounts(net(rows, 5, 6, 7))


def test_quickbooks_online():
    """Accounts by name, one journal number."""
    (file,) = export("quickbooks_online", BILL, EARN)
    heading, *rows = table(file)

    assert ["JournalNo", "JournalDate", "AccountName", "Debits", "Credits"] == heading[:5]
    assert {"R1-2601-1SQ1"} == {row[0] for row in rows}
    assert {"Receivable": "36500.00", "Contract Liability": "-33400.00", "Revenue": "-3100.00"} == (
        {name: f"{amount:.2f}" for name, amount in net(rows, 2, 3, 4).items()}
    )


def test_xero():
    """Signed amounts; narration and date keep a journal together."""
    (file,) = export("xero", BILL, EARN)
    heading, *rows = table(file)

    assert ["*Narration", "*Date", "Description", "*AccountCode", "*TaxRate", "*Amount"] == (
        heading[:6]
    )
    assert {("R1-2601-1SX1 Revenue accounting 2026-01, close 1", "31/01/2026")} == {
        (row[0], row[1]) for row in rows
    }
    assert {"Tax Exempt"} == {row[4] for row in rows}
    assert JOURNAL == amounts(net(rows, 3, 5))


def test_sap():
    """A head and its items under technical names; functional amounts on each item."""
    abroad = (
        line("receivable", 10_000, **EUROS, functional=11_000),
        line("revenue", -10_000, **EUROS, functional=-11_000),
    )
    (file,) = export("sap", EARN, abroad)
    rows = table(file)
    heads = [at for at, row in enumerate(rows) if row[1:2] == ["Header"]]

    assert ["", "BUKRS", "BLART", "BLDAT", "BUDAT", "BKTXT", "WAERS", "XBLNR"] == rows[heads[0] + 1]
    assert [
        *("", "1000", "SA", "20260131", "20260131", "Revenue 2026-01", "EUR", "R1-2601-1SS1")
    ] == rows[heads[0] + 3]
    assert ["", "BUKRS", "HKONT", "SGTXT", "WRSOL", "WRHAB", "DMBTR", "ZUONR"] == rows[heads[0] + 6]
    assert [
        ["", "1000", "1200", "Revenue 2026-01: receivable", "100.00", "", "110.00"],
        ["", "1000", "4000", "Revenue 2026-01: revenue", "", "100.00", "110.00"],
    ] == [row[:7] for row in rows[heads[0] + 8 : heads[0] + 10]]
    assert "USD" == rows[heads[1] + 3][6]
    assert {""} == {row[6] for row in rows[heads[1] + 8 :]}


def test_oracle_fusion():
    """Fields by position, without a heading, in a zip; entered and accounted amounts."""
    abroad = (
        line("receivable", 10_000, **EUROS, functional=11_000),
        line("revenue", -10_000, **EUROS, functional=-11_000),
    )
    (file,) = export("oracle_fusion", abroad)
    rows = table(file)
    titles = [column.title for column in layout_of("oracle_fusion").columns]
    found = [dict(zip(titles, row, strict=True)) for row in rows]

    assert ["STATUS", "LEDGER_ID", "ACCOUNTING_DATE"] == titles[:3]
    assert ("SEGMENT1", "ENTERED_DR", "REFERENCE1", "REFERENCE21") == tuple(
        titles[at] for at in (8, 38, 42, 52)
    )
    assert "R1-2601-1S_oracle_fusion_001.zip" == file.name
    assert [
        *("NEW", "300000001", "2026/01/31", "revrec", "Revenue", "EUR", "2026/02/03", "A", "1200")
    ] == rows[0][:9]
    assert ("100.00", "", "110.00", "") == tuple(rows[0][38:42])
    assert ("", "100.00", "", "110.00") == tuple(rows[1][38:42])
    assert ("R1-2601-1S", "R1-2601-1SO1") == (found[0]["REFERENCE1"], found[0]["REFERENCE4"])


def test_sage_intacct():
    """Header fields on the first line of an entry only; lines from 1."""
    (file,) = export("sage_intacct", BILL, EARN)
    heading, *rows = table(file)
    found = [dict(zip(heading, row, strict=True)) for row in rows]

    assert ["DONOTIMPORT", "JOURNAL", "DATE", "REVERSEDATE", "DESCRIPTION"] == heading[:5]
    assert [("GJ", "01/31/2026", "Draft"), ("", "", ""), ("", "", "")] == [
        (row["JOURNAL"], row["DATE"], row["STATE"]) for row in found
    ]
    assert ["1", "2", "3"] == [row["LINE_NO"] for row in found]
    assert JOURNAL == amounts(net(rows, 7, 12, 13))


def test_dynamics_365():
    """Header values on every line of the batch, the voucher as external id."""
    (file,) = export("dynamics_365", BILL, EARN)
    heading, *rows = table(file)
    found = [dict(zip(heading, row, strict=True)) for row in rows]

    assert {("R1-2601-1S", "GenJrn", "R1-2601-1SM1", "Ledger")} == {
        (row["JOURNALBATCHNUMBER"], row["JOURNALNAME"], row["VOUCHER"], row["ACCOUNTTYPE"])
        for row in found
    }
    assert ["1", "2", "3"] == [row["LINENUMBER"] for row in found]
    assert JOURNAL == amounts(net(rows, 7, 10, 11))


def test_csv_json_and_parquet_say_the_same():
    """Three forms, one content."""
    heading, *rows = table(export("csv", BILL, EARN)[0])
    documents = json.loads(export("json", BILL, EARN)[0].content)
    read = pq.read_table(io.BytesIO(export("parquet", BILL, EARN)[0].content)).to_pylist()
    at = {name: heading.index(name) for name in ("account", "debit", "credit")}

    assert JOURNAL == amounts(net(rows, *at.values()))
    assert ("R1-2601-1SJ1", "USD") == (documents[0]["document"], documents[0]["currency"])
    assert JOURNAL == amounts(
        {
            each["account"]: Decimal(each.get("debit", 0)) - Decimal(each.get("credit", 0))
            for each in documents[0]["lines"]
        }
    )
    assert JOURNAL == amounts(
        {each["account"]: (each["debit"] or 0) - (each["credit"] or 0) for each in read}
    )


def test_by_account_products_become_one():
    """Two products on one account are one line by account, two by product."""
    other = (line("contract_liability", 500), line("revenue", -500, product="support"))

    assert [2, 3] == [
        sum(file.lines for file in export("csv", EARN, other, by_product=chosen))
        for chosen in (False, True)
    ]


def test_foreign_amounts_in_one_currency_are_functional():
    """A layout without both amounts gets the functional ones, and only them."""
    abroad = (
        line("receivable", 10_000, **EUROS, functional=11_000),
        line("revenue", -10_000, **EUROS, functional=-11_000),
    )
    exchange = (
        line("receivable", 0, **EUROS, functional=-200),
        line("revenue", 0, **EUROS, functional=200),
    )
    _, *rows = table(export("netsuite", abroad, exchange)[0])

    assert {"USD"} == {row[2] for row in rows}
    assert {"1200": "108.00", "4000": "-108.00"} == amounts(net(rows, 5, 6, 7))


def test_a_debit_that_is_worth_a_credit_is_told_side_by_side():
    """100.00 at 1.10 in, 99.00 at 1.20 out: 1.00 up in euros, 8.80 down in dollars."""
    more = (
        line("receivable", 10_000, **EUROS, functional=11_000),
        line("revenue", -10_000, **EUROS, functional=-11_000),
    )
    less = (
        line("receivable", -9_900, **EUROS, functional=-11_880),
        line("revenue", 9_900, **EUROS, functional=11_880),
    )
    rows = table(export("sap", more, less)[0])

    assert [("100.00", "", "110.00"), ("", "99.00", "118.80")] == sorted(
        tuple(row[4:7]) for row in rows if row[2:3] == ["1200"]
    )[::-1]


def test_foreign_amounts_without_worth_are_refused_where_there_is_one_currency():
    """A ledger in dollars cannot take euros that nobody measured."""
    euros = (line("receivable", 100, currency="EUR"), line("revenue", -100, currency="EUR"))

    with pytest.raises(ReportError, match=r"Xero.* takes amounts in USD only, and those in EUR"):
        export("xero", euros)


def many(number: int) -> list[tuple]:
    """Entries of so many products."""
    return [
        (line("contract_liability", 100 + at), line("revenue", -100 - at, product=f"p{at:04}"))
        for at in range(number)
    ]


def test_limits_are_kept():
    """700 products in files of 300 lines: each file balances, and together they are the journal.

    Each document has room for 299 products beside its share of the liability: 3 documents.
    """
    files = export("xero", *many(700))
    rows = [table(file)[1:] for file in files]

    assert 3 == len(files)
    assert all(file.lines <= 300 for file in files)
    assert all(0 == sum(Decimal(row[5]) for row in each) for each in rows)
    total = sum(100 + at for at in range(700))
    assert {"2400": f"{total / 100:.2f}", "4000": f"{-total / 100:.2f}"} == amounts(
        net([row for each in rows for row in each], 3, 5)
    )
    assert ["R1-2601-1SX1", "R1-2601-1SX2", "R1-2601-1SX3"] == [
        name for file in files for name in file.documents
    ]


def test_text_is_safe_in_spreadsheets_and_exact_in_imports():
    """A product that starts like a formula is disarmed in CSV; an import needs its exact code."""
    evil = (line("contract_liability", 5), line("revenue", -5, product="=cmd|' /C calc'!A0"))
    heading, *rows = table(export("csv", evil)[0])
    titles, *lines = table(export("sage_intacct", evil)[0])

    assert "'=cmd|' /C calc'!A0" == rows[1][heading.index("product")]
    assert "=cmd|' /C calc'!A0" == lines[1][titles.index("GLENTRY_ITEMID")]
    assert all(not row[titles.index("MEMO")].startswith(("=", "+", "-", "@")) for row in lines)


def test_what_does_not_fit_is_refused():
    """A code is never cut, an amount never rounded; the message says what to do."""
    long = (line("contract_liability", 5, gl_code="12345678901"), line("revenue", -5))
    vast = (line("receivable", 10**13), line("revenue", -(10**13)))

    with pytest.raises(ReportError, match="'12345678901' has more than the 10 characters SAP"):
        export("sap", long)
    with pytest.raises(ReportError, match=r"100000000000\.00 in R1-2601-1SN1 has more digits"):
        export("netsuite", vast)
    with pytest.raises(FeedError, match="needs company_code"):
        parameters_of(layout_of("sap"), {})
    with pytest.raises(FeedError, match="does not take colour"):
        parameters_of(layout_of("csv"), {"colour": "red"})
    with pytest.raises(NotFound, match="no layout 'sage'"):
        layout_of("sage")


ENTRY = st.lists(
    st.tuples(
        st.sampled_from(["1200", "2400", "4000"]),
        st.sampled_from(["", "a", "b", "c", "d", "e"]),
        st.integers(-(10**9), 10**9).filter(bool),
        st.integers(1, 3),
    ),
    min_size=1,
    max_size=12,
)


@given(st.lists(st.tuples(st.sampled_from(["USD", "EUR"]), ENTRY), min_size=1, max_size=6))
@examples(commit=40, torture=5_000)
def test_every_file_balances_and_the_export_is_the_ledger(told):
    """Per account and currency, in both amounts, in every layout that says several currencies."""
    entries = []
    ledger: dict[tuple[str, str], int] = {}
    for currency, lines in told:
        made = []
        for code, product, amount, rate in lines:
            worth = {} if currency == "USD" else {**EUROS, "functional": amount * rate}
            made.append(line("revenue", amount, gl_code=code, product=product, **worth))
            ledger[code, currency] = ledger.get((code, currency), 0) + amount
            if worth:
                ledger[code, "USD of EUR"] = ledger.get((code, "USD of EUR"), 0) + amount * rate
        off = {"amount": -sum(each.amount for each in made)}
        if currency == "EUR":
            off |= {**EUROS, "functional": -sum(each.functional for each in made)}
        if off["amount"] or off.get("functional"):
            made.append(line("revenue", off.pop("amount"), gl_code="9", **off))
        entries.append(tuple(made))
    layout = layout_of("csv")
    documents = summary_documents(posted(*entries), CLOSE, layout, by_product=True)
    files = render(documents, Written(layout=layout, told={}, created=date(2026, 2, 3)))
    heading, *rows = [row for file in files for row in table(file)] or [[]]
    at = {name: number for number, name in enumerate(heading)}

    found: dict[tuple[str, str], int] = {}
    for row in rows:
        for key, debit, credit in (
            (row[at["currency"]], "debit", "credit"),
            ("USD of EUR", "functional_debit", "functional_credit"),
        ):
            amount = Decimal(row[at[debit]] or 0) - Decimal(row[at[credit]] or 0)
            name = row[at["account"]], key
            found[name] = found.get(name, 0) + int(amount * 100)
    assert {key: amount for key, amount in ledger.items() if amount} == {
        key: amount for key, amount in found.items() if amount and key[0] != "9"
    }
    for key in {key for _, key in found}:
        assert 0 == sum(amount for (_, of), amount in found.items() if of == key)


def test_ids_are_in_order_and_never_twice():
    """Documents of one export are numbered from 1."""
    ids = [name for file in export("xero", *many(700)) for name in file.documents]

    assert len(ids) == len(set(ids))
    assert all(int(a.rpartition("X")[2]) + 1 == int(b.rpartition("X")[2]) for a, b in pairwise(ids))
