"""Record one batch: judge it, append what counts, set aside what does not, account for all of it.

Everything here happens inside the caller's transaction. The PostgreSQL rows and the name of the
lake's new version commit together or not at all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import cast

from revrec.model.fact import canonical, digest_of
from revrec.store import audit_log, locks
from revrec.store.lake import Lake
from revrec.store.transaction import Transaction
from revrec.usage import counted, ledger, validation
from revrec.usage.columns import COLUMNS, EVENT_COLUMNS, EVENTS, FORMS, RATED, Form
from revrec.usage.rules import RULES_VERSION
from revrec.usage.staging import Workbench
from revrec.usage.terms import read_terms
from revrec.usage.totals import FATES, ControlTotals, Fates, Total

_SCALES = ("rows", "quantity", "amount")
_TABLES = sorted({form.table for form in FORMS.values()})
FIGURES = tuple(f"{fate}_{scale}" for fate in FATES for scale in _SCALES)
"""Columns of control totals."""


def take_locks(tx: Transaction, *tables: str) -> None:
    """What recording usage needs, in order, before anything is read: by default its ledger."""
    locks.facts_shared(tx)
    for table in sorted(tables or (ledger.TABLE,)):
        locks.lake_table(tx, table)


def recorded(tx: Transaction, batch: str) -> ControlTotals | None:
    """The control totals of a batch, if it was recorded."""
    row = tx.connection.execute(
        f"""
        select told.name, told.recorded_at, told.recorded_by, told.lake_version, told.rules,
               held.totals,
               {", ".join(FIGURES)}
        from records.usage_batch told
        left join records.lake_commit held on held.entity_id = told.entity_id
         and held.lake_table = any(%(tables)s) and held.batch = told.batch
        where told.entity_id = %(entity)s and told.batch = %(batch)s
        """,
        {"tables": _TABLES, "entity": tx.entity, "batch": batch},
    ).fetchone()
    if row is None:
        return None
    name, recorded_at, recorded_by, version, rules, days, *figures = row
    return ControlTotals(
        batch=batch,
        name=str(name),
        recorded_at=cast("datetime", recorded_at).astimezone(UTC),
        recorded_by=str(recorded_by),
        **totals_of(figures),
        lake_version=cast("int | None", version),
        days=_days_told(cast("Mapping[str, str]", days or {})),
        fates=fates_by_day(tx, batch),
        rules=cast("str | None", rules),
    )


def totals_of(figures: Sequence[object]) -> dict[str, Total]:
    """Totals by fate from the columns ``FIGURES``."""
    totals = [
        Total(
            rows=int(cast("int", rows)),
            quantity=cast("Decimal", units),
            amount=cast("Decimal", worth),
        )
        for rows, units, worth in zip(figures[0::3], figures[1::3], figures[2::3], strict=True)
    ]
    return dict(zip(FATES, totals, strict=True))


def fates_by_day(tx: Transaction, batch: str) -> dict[date | None, Fates]:
    """What became of a batch's rows by usage date, in order; unreadable dates last."""
    rows = tx.connection.execute(
        f"select usage_date, {', '.join(FIGURES)} from records.usage_batch_day"
        " where entity_id = %s and batch = %s order by usage_date",
        [tx.entity, batch],
    ).fetchall()
    found: dict[date | None, Fates] = {}
    for day, *figures in rows:
        totals = totals_of(figures)
        del totals["received"]
        found[cast("date | None", day)] = Fates(**totals)
    return found


def record(
    tx: Transaction,
    lake: Lake,
    bench: Workbench,
    *,
    batch: str,
    name: str,
    details: Mapping[str, object],
) -> ControlTotals:
    """Record the rows received on the bench as the batch; needs the locks of ``take_locks``."""
    form = bench.form
    if form is EVENTS:
        counted.find_contracts(tx, bench)
    held = lake.dataset(tx, form.table)
    ledger.suspect(bench, held, entity=tx.entity)
    contracts = bench.database.execute("SELECT DISTINCT contract FROM place").fetchall()
    terms = read_terms(tx, [contract for (contract,) in contracts])
    ledger.suspect_context(bench, terms)
    ledger.recall(bench, held, entity=tx.entity)
    validation.judge_context(bench.database, terms, form)
    ledger.settle(bench, held, entity=tx.entity)
    fates = _refused(bench)
    totals = _by_fate(fates)
    version = None
    days: dict[date, Total] = {}
    refused = totals["duplicate"].rows + totals["quarantined"].rows
    if refused < bench.received.rows:
        rows = ledger.accepted(bench, days, batch=batch, recorded_at=tx.now, table=form.table)
        version = lake.append(tx, form.table, rows, batch, lambda: _totals_told(days))
    totals["received"] = bench.received
    totals["accepted"] = sum(days.values(), Total())
    for day, accepted in days.items():
        fates[day] = fates.get(day, Fates()) + Fates(accepted=accepted)
    account = ControlTotals(
        batch=batch,
        name=name,
        recorded_at=tx.now,
        recorded_by=tx.actor,
        **totals,
        lake_version=version,
        days=days,
        fates=dict(sorted(fates.items(), key=lambda each: (each[0] is None, each[0] or date.max))),
        rules=RULES_VERSION,
    )
    _insert_batch(tx, account)
    _insert_quarantined(tx, bench, batch)
    audit_log.write(
        tx,
        "usage.ingest",
        batch,
        {"name": name, "form": form.name, "rules": RULES_VERSION, "lake_version": version}
        | {fate: totals[fate].rows for fate in FATES}
        | dict(details),
    )
    return account


def _refused(bench: Workbench) -> dict[date | None, Fates]:
    """The rows that are not accepted, by usage date and by what became of them.

    The rows received were counted at the door and the accepted ones are counted as they are
    written, so that ``ControlTotals`` proves something when it compares the three.
    """
    found = bench.database.execute(
        """
        SELECT day, CASE WHEN reason = 'duplicate' THEN reason ELSE 'quarantined' END AS fate,
               count(*), sum(told.quantity), sum(told.amount)
        FROM verdict JOIN (
            SELECT row_number, day, quantity, amount FROM judged
            UNION ALL SELECT row_number, day, quantity, amount FROM recalled
            WHERE reason = 'duplicate'
            UNION ALL SELECT row_number, day, quantity_value, amount_value FROM saying
        ) told USING (row_number)
        GROUP BY ALL
        """
    ).fetchall()
    fates: dict[date | None, Fates] = {}
    for day, fate, rows, quantity, amount in found:
        total = Total(rows=rows, quantity=quantity, amount=amount)
        fates[day] = fates.get(day, Fates()) + Fates(**{fate: total})
    return fates


def _by_fate(fates: Mapping[date | None, Fates]) -> dict[str, Total]:
    every = sum(fates.values(), Fates())
    return {fate: getattr(every, fate) for fate in FATES}


def _totals_told(days: Mapping[date, Total]) -> dict[str, str]:
    """Totals as the lake's commit keeps them: ``rows`` ..., and ``2026-01-31/rows`` ... by day."""
    accepted = sum(days.values(), Total())
    told = {scale: _text(getattr(accepted, scale)) for scale in _SCALES}
    for day, total in days.items():
        told |= {f"{day}/{scale}": _text(getattr(total, scale)) for scale in _SCALES}
    return told


def _days_told(told: Mapping[str, str]) -> dict[date, Total]:
    """The inverse of ``_totals_told``, for the days."""
    days = sorted(key.removesuffix("/rows") for key in told if key.endswith("/rows"))
    return {
        date.fromisoformat(day): Total(
            rows=int(told[f"{day}/rows"]),
            quantity=Decimal(told[f"{day}/quantity"]),
            amount=Decimal(told[f"{day}/amount"]),
        )
        for day in days
    }


def _text(figure: int | Decimal) -> str:
    return f"{figure:f}" if isinstance(figure, Decimal) else str(figure)


def _insert_batch(tx: Transaction, account: ControlTotals) -> None:
    row: dict[str, object] = {
        "entity_id": tx.entity,
        "batch": account.batch,
        "name": account.name,
        "recorded_at": account.recorded_at,
        "recorded_by": account.recorded_by,
        "lake_version": account.lake_version,
        "rules": account.rules,
        **_figures(account),
    }
    days = [
        {"entity_id": tx.entity, "batch": account.batch, "usage_date": day, **_figures(fates)}
        for day, fates in account.fates.items()
    ]
    for table, rows in (("usage_batch", [row]), ("usage_batch_day", days)):
        if rows:
            tx.connection.cursor().executemany(
                f"insert into records.{table} ({', '.join(rows[0])})"
                f" values ({', '.join(['%s'] * len(rows[0]))})",
                [list(each.values()) for each in rows],
            )


def _figures(told: ControlTotals | Fates) -> dict[str, object]:
    totals = [getattr(told, fate) for fate in FATES]
    return dict(
        zip(
            FIGURES,
            (getattr(total, scale) for total in totals for scale in _SCALES),
            strict=True,
        )
    )


def _insert_quarantined(tx: Transaction, bench: Workbench, batch: str) -> None:
    """Write the rows set aside, through a staging table since COPY does not obey row policies."""
    form = bench.form
    bench.show("SELECT row_number FROM verdict WHERE reason <> 'duplicate'")
    rows = validation.explained(bench.database)
    chunk = rows.fetchmany(10_000)
    if not chunk:
        return
    tx.connection.execute(
        """
        create temporary table quarantine_arriving (
            row_number bigint, reason text, message text, usage_date date, payload jsonb,
            payload_digest text
        ) on commit drop
        """
    )
    with tx.connection.cursor().copy("copy quarantine_arriving from stdin") as copy:
        while chunk:
            for row_number, reason, message, day, fault_value, *texts in chunk:
                payload = _payload(fault_value, texts, form)
                copy.write_row(
                    [row_number, reason, message, day, canonical(payload).decode(),
                     digest_of(payload)]
                )  # fmt: skip
            chunk = rows.fetchmany(10_000)
    tx.connection.execute(
        """
        insert into records.quarantined_row (
            entity_id, batch, row_number, reason, message, usage_date, payload, payload_digest
        )
        select %s, %s, row_number, reason, message, usage_date, payload, payload_digest
        from quarantine_arriving order by row_number
        """,
        [tx.entity, batch],
    )


def _payload(fault_value: str | None, texts: list[str | None], form: Form) -> dict[str, str]:
    """What was sent: the text of each column, or the whole row under ``text``.

    The form is told unless it is that of rated usage. PostgreSQL keeps no NUL; a row with one is
    shown whole, so that it cannot be released as it is.
    """
    if fault_value is not None:
        return {"text": fault_value.replace("\x00", r"\x00")}
    columns = zip(COLUMNS + EVENT_COLUMNS, texts, strict=True)
    told = {name: text for name, text in columns if text is not None and name in form.columns}
    if form is not RATED:
        told["form"] = form.name
    if any("\x00" in text for text in told.values()):
        return {"text": canonical(told).decode()}
    return told
