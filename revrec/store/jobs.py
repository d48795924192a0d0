"""Jobs: asked for in one transaction with their place in the queue, told of step by step."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from psycopg.types.json import Jsonb

from revrec.model.job import Job, JobState
from revrec.store.transaction import Lock, Transaction

TASK = "revrec.job"
"""The one task of the queue: do the job that its arguments name."""
_NAMES = (
    *("id", "kind", "arguments", "requested_by", "requested_at", "state", "attempts", "step"),
    *("steps_done", "steps_total", "result", "error", "started_at", "ended_at"),
    *("cancelled_by", "cancelled_at"),
)
_COLUMNS = ", ".join(_NAMES)


def lock_of(entity: int, job: str) -> Lock:
    """Held by the worker that does a job, while it does: who finds it held leaves the job alone."""
    return Lock(8, entity, job, waits=False)


def submit(tx: Transaction, job: str, kind: str, arguments: Mapping[str, str]) -> None:
    """Record a job and put it into the queue; both or neither."""
    tx.connection.execute(
        "insert into work.job (entity_id, id, kind, arguments, requested_by, requested_at, state,"
        " attempts, step, steps_done, steps_total)"
        " values (%s, %s, %s, %s, %s, %s, 'queued', 0, '', 0, 0)",
        [tx.entity, job, kind, Jsonb(dict(arguments)), tx.actor, tx.now],
    )
    enqueue(tx, job)


def enqueue(tx: Transaction, job: str) -> None:
    """Put a job that is recorded into the queue, behind those of the entity that wait there.

    One is done at a time: a month is not closed while the close of the one before is taken again.
    """
    tx.connection.execute(
        "select jobs.procrastinate_defer_jobs_v1(array[row('revrec', %s, 0, %s, null, %s, null)"
        "::jobs.procrastinate_job_to_defer_v1])",
        [TASK, f"entity {tx.entity}", Jsonb({"entity": tx.entity, "job": job})],
    )


def find(tx: Transaction, job: str) -> Job | None:
    """A job by its id."""
    found = _read(tx, "and id = %s", [job])
    return found[0] if found else None


def latest(tx: Transaction, limit: int) -> list[Job]:
    """The jobs asked for last, the newest first."""
    return _read(tx, "order by requested_at desc, id desc limit %s", [limit])


def last_asked(tx: Transaction, kind: str) -> datetime | None:
    """When a kind of job was last asked for, if ever."""
    row = tx.connection.execute(
        "select max(requested_at) from work.job where entity_id = %s and kind = %s",
        [tx.entity, kind],
    ).fetchone()
    return None if row is None else row[0]


def asked_at(tx: Transaction, kind: str, at: datetime) -> str | None:
    """A job of a kind that was asked for at a moment, if there is one."""
    row = tx.connection.execute(
        "select id from work.job where entity_id = %s and kind = %s and requested_at = %s"
        " order by id limit 1",
        [tx.entity, kind, at],
    ).fetchone()
    return None if row is None else str(row[0])


def closing(tx: Transaction, period: str) -> str | None:
    """A close of the period that waits or is under way, if there is one."""
    row = tx.connection.execute(
        "select id from work.job where entity_id = %s and kind in ('close', 'cut-off')"
        " and state in ('queued', 'running') and arguments ->> 'period' = %s limit 1",
        [tx.entity, period],
    ).fetchone()
    return None if row is None else str(row[0])


def workers(tx: Transaction, seconds: float) -> int:
    """How many workers, of whatever entities, gave a sign of life within so many seconds."""
    row = tx.connection.execute(
        "select count(*) from jobs.procrastinate_workers"
        " where last_heartbeat > now() - make_interval(secs => %s)",
        [seconds],
    ).fetchone()
    return 0 if row is None else int(row[0])


def begin(tx: Transaction, job: str) -> bool:
    """Note that a worker does the job, once more; false if it is ended."""
    cursor = tx.connection.execute(
        "update work.job set state = 'running', attempts = attempts + 1, started_at = %s"
        " where entity_id = %s and id = %s and state in ('queued', 'running')",
        [tx.now, tx.entity, job],
    )
    return cursor.rowcount > 0


def cancel(tx: Transaction, job: str) -> bool:
    """End a job that waits; note of one that is running that it is to end. False if it was noted.

    A job that is ended is left as it is.
    """
    cursor = tx.connection.execute(
        "update work.job set cancelled_by = %s, cancelled_at = %s,"
        " state = case state when 'queued' then 'cancelled' else state end,"
        " ended_at = case state when 'queued' then %s::timestamptz end"
        " where entity_id = %s and id = %s and state in ('queued', 'running')"
        " and cancelled_by is null",
        [tx.actor, tx.now, tx.now, tx.entity, job],
    )
    return cursor.rowcount > 0


def end_cancelled(tx: Transaction, job: str) -> None:
    """Note that a job under way ended as somebody wanted."""
    tx.connection.execute(
        "update work.job set state = 'cancelled', ended_at = %s where entity_id = %s and id = %s",
        [tx.now, tx.entity, job],
    )


def progress(tx: Transaction, job: str, step: str, done: int, total: int) -> bool:
    """Note how far a job is; false if somebody wants it to end there."""
    row = tx.connection.execute(
        "update work.job set step = %s, steps_done = %s, steps_total = %s"
        " where entity_id = %s and id = %s returning cancelled_by",
        [step, done, total, tx.entity, job],
    ).fetchone()
    return row is not None and row[0] is None


def end(
    tx: Transaction,
    job: str,
    *,
    result: Mapping[str, object] | None = None,
    error: Mapping[str, object] | None = None,
) -> None:
    """Note what came of a job: a result or an error."""
    state = JobState.FAILED if result is None else JobState.DONE
    tx.connection.execute(
        "update work.job set state = %s, result = %s, error = %s, ended_at = %s,"
        " steps_done = case when %s then steps_total else steps_done end"
        " where entity_id = %s and id = %s",
        [
            state.value,
            None if result is None else Jsonb(dict(result)),
            None if error is None else Jsonb(dict(error)),
            *(tx.now, state is JobState.DONE, tx.entity, job),
        ],
    )


def lost(tx: Transaction) -> list[str]:
    """Jobs that are not ended and that the queue does not hold, as after a restored backup."""
    rows = tx.connection.execute(
        "select id from work.job where entity_id = %s and state in ('queued', 'running')"
        " and not exists (select from jobs.procrastinate_jobs as queued"
        " where queued.status in ('todo', 'doing') and queued.args ->> 'job' = job.id"
        " and (queued.args ->> 'entity')::int = job.entity_id) order by requested_at, id",
        [tx.entity],
    )
    return [job for (job,) in rows]


def _read(tx: Transaction, narrow: str, values: list[object]) -> list[Job]:
    rows = tx.connection.execute(
        f"select {_COLUMNS} from work.job where entity_id = %s {narrow}", [tx.entity, *values]
    )
    found = []
    for row in rows:
        told = dict(zip(_NAMES, row, strict=True))
        found.append(Job(**told | {"state": JobState(told["state"])}))
    return found
