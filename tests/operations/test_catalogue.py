"""The product catalogue and rights to buy more, from recorded facts to a close on both stores."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from revrec.feeds.records import fact_of
from revrec.operations.close import close_period
from revrec.operations.computing import posted_detail
from revrec.operations.facts import record_facts
from revrec.operations.verify import verify
from revrec.operations.workspace import Workspace
from revrec.periods import Period
from tests.books import send, write_usage

PEOPLE = {"prepared_by": "ada", "approved_by": "grace"}
FACTS: list[dict[str, Any]] = [
    {
        "kind": "product",
        "id": "resold-2025",
        "product": "resold",
        "effective_from": "2025-01-01",
        "measure": "usage",
        "role": "agent",
        "retained_share": "0.20",
        "meters": ["tokens"],
    },
    {
        "kind": "contract",
        "id": "C",
        "customer": "customer",
        "currency": "USD",
        "inception": "2026-01-01",
        "end": "2026-01-31",
        "obligations": [
            {"id": "model", "product": "resold"},
            {"id": "line", "product": "line", "measure": "even_months",
             "standalone_selling_price": "100.00"},
            {"id": "renewals", "product": "line", "measure": "even_months", "quantity": "4",
             "standalone_selling_price": "400.00", "renewal": {"consideration": "400.00"}},
        ],
        "consideration": [
            {"id": "use", "kind": "usage", "obligation": "model"},
            {"id": "first", "kind": "fixed", "amount": "150.00"},
        ],
    },
    {
        "kind": "exercise",
        "id": "RENEW-02",
        "contract": "C",
        "on": "2026-02-01",
        "right": "renewals",
        "quantity": "1",
        "price": "100.00",
        "buys": [{"id": "line-02", "product": "line", "measure": "even_months",
                  "start": "2026-02-01", "end": "2026-02-28"}],
    },
]  # fmt: skip


def test_facts_of_the_catalogue_and_of_rights_reach_the_close(
    workspace: Workspace, tmp_path: Path
) -> None:
    """Meters and share come from the product; the renewal takes its part of what was deferred.

    January: 20% of 50.00 rated and (150 + 400) / 5 = 110; February: 100 and a quarter of 40.
    """
    facts = [fact_of(each, f"record {number}") for number, each in enumerate(FACTS, start=1)]
    record_facts(workspace, facts, source="test")
    usage = {
        "source": "gateway", "usage_id": "u-1", "contract": "C", "meter": "tokens",
        "usage_date": "2026-01-15", "quantity": "1000", "unit": "token", "amount": "50.00",
        "currency": "USD",
    }  # fmt: skip

    totals = send(workspace, write_usage(tmp_path / "usage.ndjson", [usage]))
    for month in (Period(2026, 1), Period(2026, 2)):
        close_period(workspace, month, **PEOPLE)

    assert totals.accepted.rows == 1
    rows = workspace.run(lambda tx: posted_detail(tx, workspace.lake)).to_pylist()
    revenue = {"2026-01": 0, "2026-02": 0}
    for row in rows:
        if row["account"] == "revenue":
            revenue[str(row["period"])[:7]] -= row["amount"]
    assert revenue == {"2026-01": 12000, "2026-02": 11000}
    assert verify(workspace)
