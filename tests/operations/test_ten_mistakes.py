"""Ten ways in which usage, bills and revenue fall apart, each found by name; right, none is."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from revrec.feeds.policies import default_policy, with_elections
from revrec.feeds.records import fact_of, to_fact
from revrec.model.fact import FactKind
from revrec.operations.changing import propose_change
from revrec.operations.checking import run_checks
from revrec.operations.engines import Local
from revrec.operations.estimating import decide_proposal
from revrec.operations.facts import record_facts
from revrec.operations.findings import Updated, Wanted, listed
from revrec.operations.workspace import Workspace
from revrec.periods import Period
from revrec.runtime.clock import FixedClock
from revrec.usage.counts import recording
from revrec.usage.ingest import ingest
from tests.operations.test_findings import SEATS, tell
from tests.usage.samples import as_csv, told

METERED = ("DROPPED", "TWICE", "RATE", "MINIMUM", "OVERRIDE", "ENDED")
MONTHS = {1: 31, 2: 28, 3: 31, 4: 30}
UNITS, AMOUNTS = {"DROPPED": 1000}, {"DROPPED": 1000, "OVERRIDE": 80}
"""Of tokens on 10 February at a dollar each, at 0.80 for OVERRIDE; 100 for all others."""


def metered(name: str) -> dict[str, object]:
    """Tokens as they are used, at the price of the list or, for one, 20% below it."""
    plan = "list prices less 20%" if name == "OVERRIDE" else "list prices"
    return {
        "kind": "contract", "id": name, "customer": name.lower(), "currency": "USD",
        "inception": "2026-01-01", "start": "2026-01-01", "end": "2026-12-31",
        "obligations": [
            {"id": "inference", "product": "tokens", "measure": "usage", "meters": ["tokens"]}
        ],
        "consideration": [{"id": "tokens", "kind": "usage", "obligation": "inference"}],
        "terms": {"plan": plan},
    }  # fmt: skip


def february(name: str, units: str, amount: str, *, document: str = "") -> dict[str, object]:
    """The invoice of February's tokens."""
    line = {
        "obligation": "inference", "consideration": "tokens", "amount": amount, "quantity": units,
        "service_from": "2026-02-01", "service_to": "2026-02-28",
    }  # fmt: skip
    named = document or f"INV-{name}"
    return {"kind": "invoice", "id": named, "contract": name, "on": "2026-03-03", "lines": [line]}


def seats(name: str, month: int, amount: str) -> dict[str, object]:
    """The invoice of a month's seats, in advance."""
    line = {
        "obligation": "seats", "consideration": "fee", "amount": amount,
        "service_from": f"2026-{month:02}-01", "service_to": f"2026-{month:02}-{MONTHS[month]}",
    }  # fmt: skip
    on = f"2026-{month:02}-01"
    return {"kind": "invoice", "id": f"{name}-{month}", "contract": name, "on": on, "lines": [line]}


def books(workspace: Workspace, clock: FixedClock, folder: Path, *, wrong: bool) -> None:
    """A company's first quarter as known on 15 April, with ten mistakes or without any."""
    clock.time = datetime(2026, 3, 1, 9, tzinfo=UTC)
    elections = {"contracts_invoiced_within": "30_days"}
    policy = with_elections(default_policy(), elections)
    record_facts(workspace, [to_fact(FactKind.POLICY, policy)], source="policy")
    plain = {key: value for key, value in SEATS.items() if key != "terms"}
    tell(workspace, *(metered(name) for name in METERED))
    tell(workspace, {**SEATS, "id": "AMENDED"}, {**plain, "id": "SILENT"}, {**plain, "id": "MEMO"})
    least = {"kind": "commitment", "id": "LEAST", "contract": "MINIMUM", "on": "2026-02-01"}
    tell(workspace, {**least, "last_day": "2026-02-28", "amount": "250", "form": "minimum"})
    dropped = 400 if wrong else 0
    rows = [
        told(
            usage_id=name, contract=name, usage_date="2026-02-10",
            quantity=str(UNITS.get(name, 100) - (dropped if name == "DROPPED" else 0)),
            amount=str(AMOUNTS.get(name, 100) - (dropped if name == "DROPPED" else 0)),
        )
        for name in METERED
    ]  # fmt: skip
    ingest(
        workspace.database, workspace.lake, io.BytesIO(as_csv(rows)), source_name="usage.csv",
        entity=workspace.entity, actor="metering",
    )  # fmt: skip
    counts = folder / f"counts-{wrong}.csv"
    lines = [f"{name.lower()},tokens,2026-02-10,{UNITS.get(name, 100)}" for name in METERED]
    counts.write_text("\n".join(["customer,meter,usage_date,quantity", *lines, ""]))
    workspace.run(lambda tx: recording(tx, counts, name=counts.name, source="gateway", batch=None))

    clock.time = datetime(2026, 4, 15, 9, tzinfo=UTC)
    raised = "1000" if wrong else "1100"
    tell(
        workspace,
        february("DROPPED", str(1000 - dropped), str(1000 - dropped)),
        february("TWICE", "100", "100"),
        *([february("TWICE", "100", "100", document="INV-AGAIN")] if wrong else []),
        february("RATE", "100", "107" if wrong else "100"),
        february("MINIMUM", "100", "100" if wrong else "250"),
        february("OVERRIDE", "100", "100" if wrong else "80"),
        february("ENDED", "100", "100"),
        {**metered("ENDED"), "end": "2026-01-31" if wrong else "2026-12-31"},
        seats("AMENDED", 1, "1000"),
        *(seats("AMENDED", month, raised) for month in (2, 3, 4)),
        {
            "kind": "modification", "id": "RISE", "contract": "AMENDED", "on": "2026-02-01",
            "price_change": "1100", "revises": [
                {**SEATS["obligations"][0], "start": "2026-02-01", "end": "2026-12-31"}  # type: ignore[index]
            ],
        },
        *(
            {"kind": "invoice", "id": f"{name}-1", "contract": name, "on": "2026-01-01",
             "lines": [{"obligation": "seats", "consideration": "fee", "amount": "12000"}]}
            for name in ("MEMO", "SILENT") if name == "MEMO" or not wrong
        ),
    )  # fmt: skip
    memo = {
        "kind": "credit_memo", "id": "CM-1", "contract": "MEMO", "on": "2026-04-01",
        "invoice": "MEMO-1",
        "lines": [{"obligation": "seats", "consideration": "fee", "amount": "1500"}],
    }  # fmt: skip
    if wrong:
        tell(workspace, memo)
        return
    april = Period(2026, 4)
    asked = propose_change(
        workspace.acting_as("ana"), [fact_of(memo, "test")], april, april, note="outage"
    )
    decide_proposal(workspace.acting_as("ben"), asked.id, approve=True)


def found(workspace: Workspace) -> set[tuple[str, str, str, Decimal]]:
    """Check, reason, contract or subject, and amount of what stands."""
    standing = workspace.run(lambda tx: listed(tx, Wanted(standing=True)), read_only=True)
    return {
        (
            each.cause.check,
            each.cause.reason,
            each.cause.contract or each.cause.subject,
            each.amount,
        )
        for each in standing
    }


def test_books_without_a_mistake_have_no_finding(
    workspace: Workspace, clock: FixedClock, tmp_path: Path
) -> None:
    """Every check is run, and none sees anything."""
    books(workspace, clock, tmp_path, wrong=False)

    assert {} == run_checks(workspace).refused
    assert set() == found(workspace)


def test_ten_mistakes_are_found_and_nothing_else(
    workspace: Workspace, clock: FixedClock, tmp_path: Path
) -> None:
    """Nine at once; the invoice of no contract last, as it stops what has to read all contracts.

    Use after the end of ENDED has three sides: it earns, it is billed, and no promise bills it.
    In parts of one contract the checks see what they see of all together.
    """
    books(workspace, clock, tmp_path, wrong=True)
    assert {} == run_checks(workspace, engine=Local(part_contracts=1)).refused
    whole = run_checks(workspace).updated
    assert whole == Updated(standing=len(found(workspace)))
    line = {"amount": "70"}
    nobody = {"kind": "invoice", "id": "INV-X", "contract": "NOBODY", "on": "2026-04-01"}
    tell(workspace, {**nobody, "lines": [line]})
    run_checks(workspace)

    assert {
        ("metering", "count_differs", "gateway/dropped/tokens", Decimal(-400)),
        ("three-way", "billed_twice", "TWICE", Decimal(100)),
        ("three-way", "wrong_rate", "RATE", Decimal(7)),
        ("three-way", "minimum_not_billed", "MINIMUM", Decimal(-150)),
        ("three-way", "override_not_billed", "OVERRIDE", Decimal(20)),
        ("contracts", "revenue_after_end", "ENDED", Decimal(100)),
        ("three-way", "billed_after_end", "ENDED", Decimal(100)),
        ("three-way", "not_billed", "ENDED", Decimal(-100)),
        ("contracts", "amendment_not_billed", "AMENDED", Decimal(-1100)),
        ("contracts", "contract_without_invoice", "SILENT", Decimal(-12000)),
        ("documents", "credit_memo_without_approval", "MEMO", Decimal(-1500)),
        ("documents", "invoice_without_contract", "NOBODY", Decimal(1)),
    } == found(workspace)
