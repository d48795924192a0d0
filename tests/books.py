"""Small books for tests: the example contracts with their usage, told through the real doors."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from pathlib import Path

from revrec import engine
from revrec.feeds.records import to_fact
from revrec.feeds.scenario import Scenario, read_scenario
from revrec.model.events import Usage
from revrec.model.fact import Fact, FactKind, digest_of
from revrec.model.proposal import Proposal, ProposalKind, Standing
from revrec.operations.estimating import decide_proposal
from revrec.operations.facts import record_facts
from revrec.operations.workspace import Workspace
from revrec.store import facts, proposals
from revrec.store.transaction import Transaction
from revrec.usage.ingest import ingest
from revrec.usage.totals import ControlTotals

EXAMPLES = Path(__file__).parent.parent / "contracts_examples"


@cache
def examples() -> tuple[Scenario, ...]:
    """Every scenario directly under ``contracts_examples``."""
    return tuple(read_scenario(path) for path in sorted(EXAMPLES.glob("*.yaml")))


def facts_of(scenarios: Iterable[Scenario]) -> list[Fact]:
    """Contracts, prices and events of scenarios, usage left out."""
    found = []
    for scenario in scenarios:
        found += [to_fact(FactKind.CONTRACT, each) for each in scenario.contracts]
        found += [
            to_fact(FactKind.STANDALONE_SELLING_PRICE, each)
            for each in scenario.standalone_selling_prices
        ]
        found += [
            to_fact(FactKind(each.kind), each)
            for each in scenario.events
            if not isinstance(each, Usage)
        ]
    return found


def usage_rows(scenarios: Iterable[Scenario]) -> list[dict[str, str]]:
    """Usage events of scenarios as rows of daily rated usage."""
    rows = []
    for scenario in scenarios:
        currencies = {contract.id: contract.currency for contract in scenario.contracts}
        for each in scenario.events:
            if isinstance(each, Usage):
                rows.append(
                    {
                        "source": "gateway",
                        "usage_id": f"{each.contract}-{each.meter}-{each.on}-{len(rows)}",
                        "contract": each.contract,
                        "meter": each.meter,
                        "usage_date": str(each.on),
                        "quantity": str(each.quantity),
                        "unit": "unit",
                        "amount": str(each.amount),
                        "currency": currencies[each.contract],
                    }
                )
    return rows


def write_usage(path: Path, rows: Iterable[dict[str, str]]) -> Path:
    """Rows as an NDJSON file."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def agree(workspace: Workspace, told: list[Fact]) -> None:
    """Record facts as two people agreed to, whatever was closed before."""
    bodies = [{**each.body, "kind": each.kind.value} for each in told]

    def propose(tx: Transaction) -> Proposal:
        proposal = Proposal(
            id=digest_of([bodies, str(facts.last_seq(tx))]),
            kind=ProposalKind.CHANGE,
            subject=", ".join(sorted({f"{each.kind} {each.key}" for each in told})),
            contract=None,
            as_of=tx.now.date(),
            prepared_by=tx.actor,
            standing=Standing.WAITS,
            reason="",
            run="by hand",
            seed=0,
            fact_seq=facts.last_seq(tx),
            usage_version=None,
            model_version=engine.ENGINE_VERSION,
            facts=bodies,
            evidence={},
        )
        proposals.record(tx, [proposal])
        return proposal

    proposed = workspace.run(propose)
    decide_proposal(replace(workspace, actor="another person"), proposed.id, approve=True)


def load_examples(workspace: Workspace, folder: Path) -> ControlTotals:
    """Record all examples: facts, then their usage as one batch."""
    scenarios = examples()
    record_facts(workspace, facts_of(scenarios), source="examples")
    path = write_usage(folder / "usage.ndjson", usage_rows(scenarios))
    return send(workspace, path)


def send(workspace: Workspace, path: Path) -> ControlTotals:
    """Ingest a file of usage."""
    return ingest(
        workspace.database,
        workspace.lake,
        path,
        source_name=path.name,
        entity=workspace.entity,
        actor=workspace.actor,
    )
