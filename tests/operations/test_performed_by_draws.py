"""A close of contracts whose obligations are performed by what is drawn for them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

from reports.export import export
from revrec.feeds.records import fact_of
from revrec.model.dataset import DataSet
from revrec.operations.close import close_period
from revrec.operations.commitments import position
from revrec.operations.computing import posted_detail
from revrec.operations.facts import record_facts
from revrec.operations.report import report
from revrec.operations.verify import verify
from revrec.operations.workspace import Workspace
from revrec.periods import Period
from tests.books import send
from tests.commitments.books import commitment, contract, grant
from tests.usage.samples import as_csv, told

JANUARY = Period(2026, 1)
HOLDING = contract(
    "holding",
    obligations=[
        {"id": "bought", "product": "api", "measure": "usage", "meters": ["tokens"],
         "usage": {"entitled": "1000"}},
    ],
    consideration=[{"id": "fee", "kind": "fixed", "amount": "900.00"}],
)  # fmt: skip
RECORDS = [
    HOLDING,
    contract("acme"),
    commitment("year", 2000, contract="acme", form="postpaid", counted_in="quantity",
               price="1000", priority=9),
    {"kind": "credit_pool", "id": "group", "on": "2026-01-01", "contracts": ["holding", "acme"]},
    grant("G", 1000, contract="holding", counted_in="quantity", paid="900.00",
          obligation="bought", consideration="fee"),
]  # fmt: skip


def test_what_a_subsidiary_draws_is_revenue_of_the_contract_that_pays(
    workspace: Workspace, tmp_path: Path
) -> None:
    """Acme uses 400 of the holding's 1,000 for 900.00: 360.00 of the holding's, none of Acme's.

    The books verify from their facts, the schedules tie out, and both sides count 400.
    """
    record_facts(workspace, [fact_of(each, "test") for each in RECORDS], source="test")
    usage = tmp_path / "usage.csv"
    usage.write_bytes(as_csv([told(contract="acme", quantity="400", amount="500.00")]))
    send(workspace, usage)
    close_period(workspace, JANUARY, prepared_by="ada", approved_by="grace")

    rows = workspace.run(lambda tx: posted_detail(tx, workspace.lake)).to_pylist()
    shown = report(workspace, JANUARY, JANUARY)
    found = list(position(workspace, as_of=date(2026, 1, 31)).agreements())

    assert [
        (row["contract"], row["obligation"], -row["amount"])
        for row in rows
        if row["account"] == "revenue"
    ] == [("holding", "bought", 36000)]
    assert verify(workspace)
    assert [each for each in shown.tie_outs if each.difference] == []
    assert [(each.drawn, each.counted, each.holds) for each in found] == [(400, 400, True)]

    files = {each.name for each in export(shown, tmp_path / "out")}
    ledger, burned = (shown.datasets[name] for name in ("credit_ledger", "commitment_burn_down"))
    assert any("credit-ledger" in name for name in files)
    assert _shown(ledger, "grant", "drawn", "remaining", "cost_basis", "worth_drawn") == [
        ("G", 400, 600, 90000, 36000)
    ]
    assert _shown(burned, "commitment", "consumed", "expected", "true_up") == [
        ("year", 0, Decimal("0.0849"), 0)
    ]


def _shown(table: DataSet, *names: str) -> list[tuple[object, ...]]:
    places = [[column.name for column in table.columns].index(name) for name in names]
    return [tuple(row[place] for place in places) for row in table.rows]
