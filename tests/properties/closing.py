"""Scenarios told to the stores in parts and closed there, as plain records to compare."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

from revrec.feeds.policies import completed
from revrec.feeds.records import to_fact
from revrec.model.fact import Fact, FactKind
from revrec.operations.computing import posted_detail
from revrec.operations.facts import record_facts
from revrec.operations.workspace import Workspace
from revrec.store import journal, periods
from tests.books import send, write_usage
from tests.properties.books import policy, read_facts

Told = dict[str, Any]
_numbers = count(1_000_000)


def fresh(workspace: Workspace) -> Workspace:
    """The same stores for an entity nobody used."""
    return replace(workspace, entity=next(_numbers))


def facts_told(scenario: Mapping[str, Any]) -> list[Fact]:
    """Every fact of a scenario with its policy, usage left out.

    Scenarios draw one customer for several contracts; nobody decides whether these are one.
    """
    told = {**scenario["policy"], "close_open_combinations": "1000"}
    elected = completed(policy(*sorted(told.items())))
    return [to_fact(FactKind.POLICY, elected), *read_facts(scenario)]


def usage_told(scenario: Mapping[str, Any]) -> list[dict[str, str]]:
    """Usage of a scenario as rows of a feed."""
    currencies = {each["id"]: each["currency"] for each in scenario["contracts"]}
    return [
        {
            "source": "gateway",
            "usage_id": f"u-{number}",
            "contract": each["contract"],
            "meter": each["meter"],
            "usage_date": str(each["on"]),
            "quantity": str(each["quantity"]),
            "unit": "unit",
            "amount": str(each.get("amount", "0")),
            "currency": currencies[each["contract"]],
        }
        for number, each in enumerate(scenario["events"])
        if each["kind"] == "usage"
    ]


def tell(
    workspace: Workspace, folder: Path, facts: Sequence[Fact], usage: Iterable[dict[str, str]]
) -> None:
    """Record facts and a file of usage."""
    if facts:
        record_facts(workspace, facts, source="told")
    rows = list(usage)
    if rows:
        # One name for each content: the same file sent twice is one batch.
        send(workspace, write_usage(folder / f"{workspace.entity}-{next(_numbers)}.ndjson", rows))


def books_of(workspace: Workspace) -> Told:
    """What the stores hold of closes: journal, detail and certificates, without who and when."""

    def read(tx: Any) -> Told:
        detail = posted_detail(tx, workspace.lake)
        return {
            "journal": [each.entry for each in journal.read(tx)],
            "detail": detail.drop_columns(["entity_id"]).to_pylist(),
            "closes": [
                (str(each.period), each.ordinal, each.stage, each.chain_seq, each.totals)
                for each in periods.closes(tx)
            ],
        }

    told: Told = workspace.run(read, read_only=True)
    return told
