"""Real request traces of two language-model services, from requests to revenue."""

from __future__ import annotations

import csv
import gzip
from collections import defaultdict
from decimal import Decimal
from pathlib import Path

import pytest

from revrec.feeds.records import fact_of
from revrec.operations.close import close_period
from revrec.operations.computing import posted_detail
from revrec.operations.facts import record_facts
from revrec.operations.verify import verify
from revrec.operations.workspace import Workspace
from revrec.periods import Period
from tests.books import send, write_usage

DATA = Path(__file__).parent.parent.parent.parent / "shared" / "data"
SERVICES = ("code", "conv")
INPUT_PRICE, OUTPUT_PRICE = Decimal("0.60"), Decimal("3.00")
"""Per million tokens."""
MILLION = Decimal(1_000_000)
NOVEMBER = Period(2023, 11)


def days(service: str) -> dict[tuple[str, str], tuple[int, Decimal]]:
    """Tokens and rated amount by day and meter; each request is rated by itself."""
    sums: dict[tuple[str, str], tuple[int, Decimal]] = defaultdict(lambda: (0, Decimal(0)))
    path = DATA / f"azure_llm_inference_{service}_2023.csv.gz"
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            for meter, column, price in (
                ("input_tokens", "ContextTokens", INPUT_PRICE),
                ("output_tokens", "GeneratedTokens", OUTPUT_PRICE),
            ):
                tokens = int(row[column])
                key = (row["TIMESTAMP"][:10], meter)
                quantity, amount = sums[key]
                sums[key] = quantity + tokens, amount + tokens * price / MILLION
    return sums


@pytest.mark.skipif(
    not DATA.is_dir(), reason=f"the traces are not in {DATA.name} beside the project"
)
def test_requests_become_revenue_to_the_cent(workspace: Workspace, tmp_path: Path) -> None:
    """Revenue of each service is its tokens at their prices, rounded once."""
    contracts = [
        {
            "kind": "contract",
            "id": service,
            "customer": service,
            "currency": "USD",
            "inception": "2023-11-01",
            "obligations": [
                {
                    "id": "tokens",
                    "product": "inference",
                    "measure": "usage",
                    "meters": ["input_tokens", "output_tokens"],
                }
            ],
            "consideration": [{"id": "fee", "kind": "usage", "obligation": "tokens"}],
        }
        for service in SERVICES
    ]
    record_facts(workspace, [fact_of(each, "test") for each in contracts], source="test")
    rated = {service: days(service) for service in SERVICES}
    rows = [
        {
            "source": "traces",
            "usage_id": f"{service}-{day}-{meter}",
            "contract": service,
            "meter": meter,
            "usage_date": day,
            "quantity": str(quantity),
            "unit": "token",
            "amount": f"{amount:f}",
            "currency": "USD",
        }
        for service, sums in rated.items()
        for (day, meter), (quantity, amount) in sums.items()
    ]
    totals = send(workspace, write_usage(tmp_path / "traces.ndjson", rows))

    close_period(workspace, NOVEMBER, prepared_by="ada", approved_by="grace")

    assert totals.accepted.rows == len(rows)
    posted = workspace.run(lambda tx: posted_detail(tx, workspace.lake)).to_pylist()
    for service, sums in rated.items():
        exact = sum((amount for _, amount in sums.values()), Decimal(0))
        revenue = -sum(
            row["amount"]
            for row in posted
            if row["contract"] == service and row["account"] == "revenue"
        )
        assert Decimal(revenue) / 100 == exact.quantize(Decimal("0.01"))
    verify(workspace)
