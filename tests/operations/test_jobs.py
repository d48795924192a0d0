"""Work in the background: asked for once, done once, in the name of whoever asked."""

from __future__ import annotations

import threading
import time
from dataclasses import replace

import pytest

from revrec.errors import Conflict, FeedError
from revrec.model.job import JobState
from revrec.operations import jobs
from revrec.operations.worker import run_worker
from revrec.store import audit_log, locks, periods
from revrec.store import jobs as kept
from revrec.store.audit_log import Wanted
from revrec.store.periods import PeriodStatus
from tests.books import load_examples
from tests.workers import worker_beside

CANCELS = Wanted(operation="job.cancel")


def asked(workspace, kind, **arguments):
    """A job, asked for."""
    return workspace.run(lambda tx: jobs.submit(tx, kind, arguments)).id


def told(workspace, job):
    """Where a job stands."""
    return workspace.run(lambda tx: jobs.found(tx, job), read_only=True)


def test_jobs_are_done_in_order_and_tell_what_came_of_them(workspace, tmp_path):
    """A flash close, the close, the close again, and one that is refused."""
    load_examples(workspace, tmp_path)
    flash = asked(workspace, "flash", period="2026-01")
    first = asked(workspace, "close", period="2026-01", approved_by="ben")
    again = asked(workspace, "close", period="2026-01", approved_by="ben")
    own = asked(workspace, "close", period="2026-02", approved_by=workspace.actor)
    waiting = told(workspace, first)

    run_worker(workspace, wait=False)

    assert JobState.QUEUED is waiting.state
    assert told(workspace, flash).result["postings"]
    closed = told(workspace, first)
    assert (JobState.DONE, 1, 2, 2) == (
        closed.state,
        closed.attempts,
        closed.steps_done,
        closed.steps_total,
    )
    assert closed.result == told(workspace, again).result
    assert 1 == len(workspace.run(periods.closes))
    refused = told(workspace, own)
    assert (JobState.FAILED, "self-approval") == (refused.state, refused.error["code"])


def test_what_a_job_lacks_or_does_not_take_is_told_at_once(workspace):
    """Nothing is put into the queue."""
    for kind, arguments in (
        ("close", {"period": "2026-01"}),
        ("flash", {"period": "2026-01", "approved_by": "ben"}),
        ("reopen", {}),
    ):
        with pytest.raises(FeedError):
            asked(workspace, kind, **arguments)

    assert [] == workspace.run(lambda tx: kept.latest(tx, 10))


def test_a_job_that_another_worker_does_is_left_to_it(workspace):
    """Its lock is held: it is neither begun nor ended."""
    job = asked(workspace, "verify")

    with workspace.database.alone(kept.lock_of(workspace.entity, job)) as is_held:
        jobs.carry_out(workspace, job)

    assert is_held
    assert (JobState.QUEUED, 0) == (told(workspace, job).state, told(workspace, job).attempts)


def test_a_job_that_waits_is_cancelled_once(workspace):
    """It is never begun; who cancelled it is in the audit log once. What is done stays done."""
    job, other = asked(workspace, "verify"), asked(workspace, "verify")
    for _ in range(2):
        ended = workspace.acting_as("ben").run(lambda tx: jobs.cancel(tx, job, reason="late"))

    run_worker(workspace, wait=False)

    assert (JobState.CANCELLED, 0, "ben") == (ended.state, ended.attempts, ended.cancelled_by)
    assert told(workspace, job) == ended
    assert 1 == len(workspace.run(lambda tx: audit_log.read(tx, wanted=CANCELS)))
    with pytest.raises(Conflict, match="done and cannot be cancelled"):
        workspace.run(lambda tx: jobs.cancel(tx, other, reason="late"))


def test_a_close_under_way_is_cancelled_before_it_computes(workspace, tmp_path):
    """Held where it pins its facts, it ends there; the period is open and closes later."""
    load_examples(workspace, tmp_path)
    job = asked(workspace, "close", period="2026-01", approved_by="ben")
    january = workspace.calendar().parse("2026-01")
    worker = threading.Thread(target=jobs.carry_out, args=(workspace, job))

    def hold(tx):
        locks.facts_shared(tx)
        worker.start()
        while told(workspace, job).steps_total == 0:
            time.sleep(0.01)
        asked_of = workspace.run(lambda other: jobs.cancel(other, job, reason="late"))
        return asked_of.state

    held = workspace.run(hold)
    worker.join()

    assert (JobState.RUNNING, JobState.CANCELLED) == (held, told(workspace, job).state)
    assert PeriodStatus.OPEN is workspace.run(lambda tx: periods.status(tx, january))
    again = asked(workspace, "close", period="2026-01", approved_by="ben")
    run_worker(workspace, wait=False)
    assert JobState.DONE is told(workspace, again).state


def test_a_job_the_queue_lost_is_put_back(workspace, superuser):
    """As after a restored backup, which has the jobs and not the queue."""
    job = asked(workspace, "verify")
    superuser.execute("delete from jobs.procrastinate_jobs")

    run_worker(workspace, wait=False)

    assert JobState.DONE is told(workspace, job).state


def test_several_workers_at_once_do_each_job_once(workspace):
    """Three of them, eight jobs of two entities: each job is begun once and done."""
    other = replace(workspace, entity=workspace.entity + 1000)
    waiting = [(books, asked(books, "verify")) for _ in range(4) for books in (workspace, other)]
    with worker_beside(workspace), worker_beside(workspace), worker_beside(workspace):
        for _ in range(6_000):
            if all(told(books, job).state is JobState.DONE for books, job in waiting):
                break
            time.sleep(0.05)

    ended = [told(books, job) for books, job in waiting]
    assert [(JobState.DONE, 1)] * 8 == [(job.state, job.attempts) for job in ended]
