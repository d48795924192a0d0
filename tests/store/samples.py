"""Small valid things to store, and raw rows for tests that go around the program."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.types.json import Jsonb

from revrec.ledger.entries import JournalEntry, JournalLine
from revrec.model.fact import Fact, FactKind
from revrec.periods import Period
from revrec.store import periods
from revrec.store.periods import PeriodClose, Pins
from revrec.store.transaction import Transaction

JANUARY = Period(2026, 1)
FEBRUARY = Period(2026, 2)
NOON = datetime(2026, 2, 1, 12, tzinfo=UTC)


def line(account: str, amount: int, *, currency: str = "USD") -> JournalLine:
    """A line of ``amount`` minor units, debit positive."""
    return JournalLine(
        account=account,
        product="platform",
        gl_code="4000",
        gl_name="Subscriptions",
        currency=currency,
        amount=amount,
    )


def entry(amount: int = 100, *, period: Period = JANUARY, memo: str = "") -> JournalEntry:
    """Revenue of ``amount`` minor units."""
    return JournalEntry(
        period=period,
        origin=period,
        event="satisfaction",
        currency="USD",
        memo=memo,
        lines=(line("contract_liability", amount), line("revenue", -amount)),
    )


def fact(key: str, *, price: str = "1.00", contract: str | None = "C") -> Fact:
    """A bill under ``key``: a kind that one person records, whatever is closed."""
    return Fact(
        kind=FactKind.INVOICE,
        key=key,
        contract=contract,
        effective_on=date(2026, 1, 1),
        body={"id": key, "amount": price, "currency": "USD"},
    )


def certificate(tx: Transaction, period: Period, **changes: Any) -> PeriodClose:
    """A certificate that fits the period's next close."""
    fields: dict[str, Any] = {
        "period": period,
        "ordinal": periods.next_ordinal(tx, period),
        "closed_at": tx.now,
        "prepared_by": "preparer",
        "approved_by": "approver",
        "fact_seq": 0,
        "usage_version": None,
        "posting_version": None,
        "chain_seq": 0,
        "chain_head": "0" * 64,
        "engine_version": "1",
        "totals": {},
    }
    return PeriodClose(**{**fields, **changes})


def close(tx: Transaction, period: Period) -> None:
    """Close a period as the service does, in one transaction."""
    periods.begin_closing(tx, period, Pins(fact_seq=0, usage_version=None, known_at=tx.now))
    periods.finish_closing(tx, certificate(tx, period))


def as_role(url: str, role: str) -> psycopg.Connection[Any]:
    """A connection of its own in the role, committing at once."""
    options = f"{conninfo_to_dict(url).get('options') or ''} -c role={role}"
    return psycopg.connect(make_conninfo(url, options=options), autocommit=True)


def insert(connection: psycopg.Connection[Any], table: str, *rows: Mapping[str, object]) -> None:
    """Rows of a table, in one statement."""
    columns = list(rows[0])
    place = sql.SQL("({})").format(sql.SQL(", ").join(sql.Placeholder() * len(columns)))
    connection.execute(
        sql.SQL("insert into {} ({}) values {}").format(
            sql.Identifier(*table.split(".")),
            sql.SQL(", ").join(map(sql.Identifier, columns)),
            sql.SQL(", ").join([place] * len(rows)),
        ),
        [row[column] for row in rows for column in columns],
    )


def rows_of_every_table(entity: int) -> dict[str, dict[str, object]]:
    """One row for each table that has an entity, which PostgreSQL takes without its triggers."""
    at, nothing = NOON, Jsonb({})
    totals = {
        f"{part}_{what}": Decimal(0)
        for part in ("received", "accepted", "duplicate", "quarantined")
        for what in ("rows", "quantity", "amount")
    }
    rows: dict[str, dict[str, object]] = {
        "facts.fact": {
            "kind": "contract",
            "key": "C",
            "version": 1,
            "contract": "C",
            "effective_on": date(2026, 1, 1),
            "recorded_at": at,
            "recorded_by": "a",
            "digest": "",
            "body": nothing,
        },
        "records.person": {
            "name": "a",
            "kind": "person",
            "enrolled_by": "a",
            "enrolled_at": at,
        },
        "records.role_grant": {
            "person": "a",
            "role": "administrator",
            "granted_by": "a",
            "granted_at": at,
            "reason": "",
        },
        "records.role_end": {
            "role_grant": 0,
            "ended_by": "a",
            "ended_at": at,
            "reason": "",
        },
        "records.duty_exception": {
            "person": "a",
            "until": date(2026, 12, 31),
            "accepted_by": "b",
            "accepted_at": at,
            "reason": "two people in all",
        },
        "records.access_key": {
            "id": "key_1",
            "person": "a",
            "digest": "0" * 64,
            "issued_by": "a",
            "issued_at": at,
            "expires_at": at + timedelta(days=1),
            "note": "",
        },
        "records.access_key_end": {
            "access_key": "key_1",
            "ends_at": at,
            "ended_by": "a",
            "ended_at": at,
            "reason": "",
        },
        "records.webhook_endpoint": {
            "id": "we_1",
            "url": "https://hooks.example/",
            "kinds": nothing,
            "thresholds": nothing,
            "note": "",
            "created_by": "a",
            "created_at": at,
        },
        "records.webhook_rotation": {
            "endpoint": "we_1",
            "generation": 2,
            "old_until": at,
            "rotated_by": "a",
            "rotated_at": at,
        },
        "records.webhook_end": {
            "endpoint": "we_1",
            "ended_by": "a",
            "ended_at": at,
            "reason": "r",
        },
        "records.webhook_event": {
            "id": "evt_1",
            "kind": "period.closed",
            "subject": "2026-01 1",
            "at": at,
            "body": "{}",
        },
        "records.webhook_attempt": {
            "endpoint": "we_1",
            "event": "evt_1",
            "at": at,
            "status": 200,
            "error": "",
            "milliseconds": 1,
        },
        "work.webhook_delivery": {
            "endpoint": "we_1",
            "event": "evt_1",
            "state": "pending",
            "attempts": 0,
            "next_at": at,
        },
        "work.job": {
            "id": "job_1",
            "kind": "verify",
            "arguments": nothing,
            "requested_by": "a",
            "requested_at": at,
            "state": "queued",
            "attempts": 0,
            "step": "",
            "steps_done": 0,
            "steps_total": 0,
        },
        "records.consent": {
            "period": "2026-01",
            "ordinal": 1,
            "action": "close",
            "gate": "",
            "given_by": "b",
            "given_at": at,
            "note": "",
        },
        "records.journal_entry": {
            "seq": 1,
            "period": "2026-01",
            "origin": "2026-01",
            "event": "billing",
            "currency": "USD",
            "memo": "",
            "posted_at": at,
            "posted_by": "a",
            "line_count": 2,
            "lines_digest": "",
            "previous": "0" * 64,
            "digest": "1" * 64,
        },
        "records.journal_line": {
            "entry_seq": 1,
            "line_no": 1,
            "account": "cash",
            "product": "",
            "gl_code": "1000",
            "gl_name": "Cash",
            "currency": "USD",
            "amount": 1,
        },
        "records.period_close": {
            "period": "2026-01",
            "ordinal": 1,
            "closed_at": at,
            "prepared_by": "a",
            "approved_by": "b",
            "fact_seq": 0,
            "usage_version": None,
            "chain_seq": 0,
            "posting_version": None,
            "chain_head": "",
            "engine_version": "1",
            "totals": nothing,
        },
        "records.period_reopening": {
            "period": "2026-01",
            "ordinal": 1,
            "reopened_at": at,
            "requested_by": "a",
            "approved_by": "b",
            "reason": "late invoice",
        },
        "records.lake_commit": {
            "lake_table": "usage",
            "version": 1,
            "batch": "b",
            "row_count": 1,
            "totals": nothing,
            "files": Jsonb([]),
            "replaced": Jsonb([]),
            "files_digest": "",
            "recorded_at": at,
        },
        "records.usage_batch": {
            "batch": "b",
            "name": "f.csv",
            "recorded_at": at,
            "recorded_by": "a",
            **totals,
            "lake_version": None,
        },
        "records.usage_batch_day": {"batch": "b", "usage_date": None, **totals},
        "records.quarantined_row": {
            "batch": "b",
            "row_number": 1,
            "reason": "bad-date",
            "message": "no date",
            "usage_date": None,
            "payload": nothing,
            "payload_digest": "",
        },
        "records.quarantine_resolution": {
            "id": 1,
            "resolved_at": at,
            "resolved_by": "a",
            "outcome": "rejected",
            "note": "",
        },
        "records.quarantined_fact": {
            "digest": "9f",
            "source": "f.ndjson",
            "place": "line 1",
            "kind": "payment",
            "reason": "does-not-fit",
            "message": "no amount",
            "fields": Jsonb(["/amount"]),
            "sent": "{}",
            "fact_seq": 0,
            "told_at": at,
            "told_by": "a",
        },
        "records.quarantined_fact_resolution": {
            "id": 1,
            "resolved_at": at,
            "resolved_by": "a",
            "outcome": "dismissed",
            "note": "",
        },
        "records.release_request": {
            "batch": "release-1",
            "released": Jsonb([1]),
            "corrections": nothing,
            "amounts": nothing,
            "note": "",
            "requested_at": at,
            "requested_by": "a",
        },
        "records.release_approval": {
            "request": 1,
            "requested_by": "a",
            "approved_by": "b",
            "approved_at": at,
        },
        "records.usage_count_batch": {
            "source": "gateway",
            "batch": "b",
            "name": "f.csv",
            "sha256": "",
            "recorded_at": at,
            "recorded_by": "a",
            **dict.fromkeys(
                ("received_rows", "new_rows", "corrected_rows", "unchanged_rows", "refused_rows"), 0
            ),
            "refused": Jsonb([]),
        },
        "records.proposal": {
            "id": "p",
            "kind": "estimate",
            "subject": "overage",
            "contract": "C",
            "as_of": date(2026, 1, 31),
            "proposed_at": at,
            "prepared_by": "a",
            "standing": "waits",
            "reason": "",
            "run": "r",
            "seed": 1,
            "fact_seq": 1,
            "usage_version": None,
            "model_version": "1",
            "facts": Jsonb([]),
            "evidence": nothing,
        },
        "records.gate_waiver": {
            "period": "2026-01",
            "opening": 1,
            "gate": "g",
            "requested_by": "a",
            "approved_by": "b",
            "reason": "r",
            "waived_at": at,
        },
        "records.task_evidence": {
            "period": "2026-01",
            "opening": 1,
            "task": "t",
            "prepared_by": "a",
            "prepared_at": at,
            "sha256": "",
            "link": "",
            "note": "n",
        },
        "records.task_sign_off": {
            "evidence": 1,
            "prepared_by": "a",
            "signed_by": "b",
            "signed_at": at,
            "outcome": "accepted",
            "note": "",
        },
        "records.finding": {
            "id": "F-1",
            "check_name": "cash",
            "reason": "paid_twice",
            "contract": "C",
            "subject": "I",
            "customer": "c",
            "currency": "USD",
        },
        "records.finding_event": {
            "finding": "F-1",
            "action": "noted",
            "at": at,
            "acted_by": "a",
            "amount": 1,
            "since": date(2026, 1, 31),
            "first_period": "2026-01",
            "owner": "",
            "due_on": None,
            "note": "n",
            "prepared_by": "",
            "alone_max": None,
        },
        "records.sample": {
            "id": "S-1",
            "method": "random",
            "unit": "posting",
            "seed": 1,
            "parameters": Jsonb({}),
            "population": Jsonb({}),
            "drawn_at": at,
            "drawn_by": "a",
        },
        "records.sample_item": {
            "sample": "S-1",
            "number": 1,
            "item": "2026-01/1.1",
            "place": 1,
            "stratum": "all",
            "hit": 0,
            "amount": 1,
            "detail": Jsonb({}),
        },
        "records.sample_result": {
            "sample": "S-1",
            "number": 1,
            "audited": 1,
            "deviates": False,
            "note": "",
            "recorded_at": at,
            "recorded_by": "a",
        },
        "records.sample_evaluation": {
            "sample": "S-1",
            "supported": True,
            "conclusion": "c",
            "figures": Jsonb({}),
            "evaluated_at": at,
            "evaluated_by": "a",
        },
        "records.proposal_decision": {
            "id": "p",
            "prepared_by": "a",
            "approved_by": "b",
            "decided_at": at,
            "outcome": "approved",
            "note": "",
        },
        "records.journal_export": {
            "period": "2026-01",
            "ordinal": 1,
            "run": "",
            "grain": "account",
            "layout": "csv",
            "layout_version": 1,
            "parameters": nothing,
            "files": Jsonb([]),
            "digest": "",
            "exported_at": at,
            "exported_by": "a",
        },
        "records.exported_document": {
            "id": "R1-2601-1AC1",
            "period": "2026-01",
            "ordinal": 1,
            "grain": "account",
            "layout": "csv",
            "currency": "USD",
            "amount": 1,
            "line_count": 2,
        },
        "records.posted_reference": {
            "document": "R1-2601-1AC1",
            "version": 1,
            "number": "JE-1",
            "posted_on": date(2026, 1, 31),
            "currency": "USD",
            "amount": 1,
            "source": "",
            "recorded_at": at,
            "recorded_by": "a",
        },
        "records.rating_mark": {
            "counted_version": 1,
            "fact_seq": 1,
            "rated_through": date(2026, 1, 31),
            "zone": "UTC",
            "engine_version": "2",
            "unpriced": Jsonb([]),
            "marked_at": at,
        },
        "records.usage_count": {
            "source": "gateway",
            "counted_for": "customer",
            "party": "acme",
            "meter": "tokens",
            "usage_date": date(2026, 1, 1),
            "version": 1,
            "quantity": Decimal(1),
            "batch": "b",
            "recorded_at": at,
        },
        "records.audit_event": {
            "at": at,
            "actor": "a",
            "operation": "close",
            "subject": "2026-01",
            "details": nothing,
        },
        "records.idempotent_answer": {
            "key": "k",
            "request_digest": "",
            "status": 200,
            "body": "",
            "recorded_at": at,
        },
        "work.period": {
            "period": "2026-01",
            "status": "open",
            "pin_fact_seq": None,
            "pin_usage_version": None,
            "pin_known_at": None,
        },
    }
    named = {table: {"entity_id": entity, **row} for table, row in rows.items()}
    named["work.entity"] = {"id": entity, "name": "Example", "functional_currency": "USD"}
    return named


def tables(connection: psycopg.Connection[Any], *schemas: str) -> list[str]:
    """Every table of the schemas, from the catalogue."""
    found = connection.execute(
        "select schemaname || '.' || tablename from pg_tables"
        " where schemaname = any(%s) order by 1",
        [list(schemas)],
    )
    return [name for (name,) in found]
