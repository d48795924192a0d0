"""Requests of a real service, one by one, become days, are rated, and enter the ledger once."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from revrec.usage.columns import EVENTS
from tests.rating.conftest import Metering
from tests.usage.samples import Told

TRACES = [
    Path(__file__).parents[3] / f"shared/data/azure_llm_inference_{service}_2023.csv.gz"
    for service in ("code", "conv")
]
"""AzurePublicDataset, CC-BY 4.0; Patel et al., "Splitwise", ISCA 2024."""


def requests(trace: Path) -> Iterator[tuple[str, int, int]]:
    """Moment, tokens in and tokens out of each request, moved to a day of the contract."""
    with gzip.open(trace, "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            at = row["TIMESTAMP"].replace("2023-11-16 ", "2026-11-16T") + "Z"
            yield at, int(row["ContextTokens"]), int(row["GeneratedTokens"])


def events(trace: Path) -> list[Told]:
    """Two events a request: what went in, and what came out."""
    return [
        {
            "source": "gateway",
            "usage_id": f"request-{number}-{kind}",
            "time": at,
            "contract": "acme",
            "meter": "tokens",
            "quantity": str(tokens),
            "unit": "token",
            "dimensions": f'{{"type":"{kind}"}}',
        }
        for number, (at, *counts) in enumerate(requests(trace))
        for kind, tokens in zip(("input", "output"), counts, strict=True)
    ]


@pytest.mark.parametrize("trace", TRACES, ids=["code", "conversation"])
@pytest.mark.timeout(600)
def test_a_real_trace_is_rated_to_the_cent(
    books: Metering, price: Callable[..., None], trace: Path
) -> None:
    """Sent in three parts, the middle one twice: 3.00 and 15.00 a million tokens of each kind."""
    if not trace.exists():
        pytest.skip("the trace is not part of the project")
    price(
        *(
            {"id": kind, "meter": "tokens", "when": {"type": kind}, "unit_amount": amount,
             "per": 1_000_000}
            for kind, amount in (("input", "3.00"), ("output", "15.00"))
        )
    )  # fmt: skip
    told = events(trace)
    third = len(told) // 3
    books.send(told[2 * third :], EVENTS)
    books.rate()
    books.send(told[third : 2 * third], EVENTS)
    again = books.send(told[third - 5 : 2 * third + 5], EVENTS)
    books.rate()
    books.send(told[: third + 1], EVENTS)

    run = books.rate()

    tokens_in, tokens_out = (sum(each) for each in list(zip(*requests(trace), strict=True))[1:])
    owed = sum(
        (Decimal(tokens) * rate).scaleb(-6).quantize(Decimal("0.01"))
        for tokens, rate in ((tokens_in, 3), (tokens_out, 15))
    )
    assert again.duplicate.rows == third + 5
    assert run.counted == run.rated == tokens_in + tokens_out
    assert run.amounts == {"USD": owed}
    assert sum(books.amounts().values()) == owed
