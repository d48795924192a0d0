"""The worker: takes jobs from procrastinate's queue, one at a time, until it is told to stop.

``revrec serve`` looks after one, in a process of its own; more run as ``revrec jobs work``. One
that dies is noticed by its heart, and what it did is taken again.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace

import procrastinate
import structlog

from revrec.errors import StoreError
from revrec.operations import jobs
from revrec.operations.delivering import deliver_due
from revrec.operations.workspace import Workspace
from revrec.store import rates
from revrec.store.jobs import TASK, lock_of

_log = structlog.get_logger()
QUEUE = "revrec"
HEART_SECONDS = 2.0
"""Between two beats of a worker."""
DEAD_SECONDS = 6.0
"""Without a beat for so long, a worker counts as dead if nobody holds the job's lock either."""
SCHEDULE_SECONDS = 300.0
"""Between two looks at what is due by the policy's cadence."""
_POLL_SECONDS = 2.0
_RETRIES = procrastinate.RetryStrategy(max_attempts=5, wait=5)


def run_worker(workspace: Workspace, *, wait: bool = True) -> None:
    """Work until SIGINT or SIGTERM; without ``wait`` until the queue is empty."""
    asyncio.run(working(workspace, wait=wait, signals=wait))


async def working(workspace: Workspace, *, wait: bool, signals: bool) -> None:
    """Work until cancelled, or with ``signals`` until SIGINT or SIGTERM."""
    for served in _served(workspace):
        served.run(jobs.requeue)
    app = _app(workspace)
    async with app.open_async():
        await _take_again(workspace, app)
        beside = [_watch(workspace, app), _schedule(workspace), _tell(workspace)] if wait else []
        watching = [asyncio.create_task(each) for each in beside]
        try:
            await app.run_worker_async(
                queues=[QUEUE],
                wait=wait,
                concurrency=1,
                install_signal_handlers=signals,
                fetch_job_polling_interval=_POLL_SECONDS,
                update_heartbeat_interval=HEART_SECONDS,
                stalled_worker_timeout=DEAD_SECONDS,
                delete_jobs="successful",
            )
        finally:
            for each in watching:
                each.cancel()


async def _watch(workspace: Workspace, app: procrastinate.App) -> None:
    while True:
        await asyncio.sleep(DEAD_SECONDS)
        await _take_again(workspace, app)


async def _schedule(workspace: Workspace) -> None:
    """Ask for the checks when they are due; which is soon enough if looked at now and then."""
    while True:
        await asyncio.sleep(SCHEDULE_SECONDS)
        try:
            await asyncio.to_thread(check_due, workspace)
            await asyncio.to_thread(rates.forget, workspace.database)
        except StoreError as error:
            _log.warning("the schedule of checks could not be looked at", reason=error.message)


def check_due(workspace: Workspace) -> list[str]:
    """Ask for the checks of each entity that is worked for where they are due; the jobs' ids."""
    return [job for served in _served(workspace) if (job := jobs.check_if_due(served)) is not None]


def _served(workspace: Workspace) -> list[Workspace]:
    """The stores for each entity that is worked for."""
    return [
        replace(workspace, entity=entity)
        for entity in sorted({workspace.entity, *workspace.served})
    ]


async def _tell(workspace: Workspace) -> None:
    """Send what happened to those who listen, whatever goes wrong with one look."""
    while True:
        try:
            for served in _served(workspace):
                await asyncio.to_thread(deliver_due, served)
        except StoreError as error:
            _log.warning("what happened could not be looked at", reason=error.message)
        except Exception:  # noqa: BLE001 - it goes on
            # The last resort: what waits is looked at again, and the log has the trace.
            _log.exception("unexpected error of webhooks")
        await asyncio.sleep(_POLL_SECONDS)


async def _take_again(workspace: Workspace, app: procrastinate.App) -> None:
    """Put back what workers that died had taken."""
    for job in await app.job_manager.get_stalled_jobs(
        queue=QUEUE, seconds_since_heartbeat=DEAD_SECONDS
    ):
        told = job.task_kwargs
        lock = lock_of(int(str(told["entity"])), str(told["job"]))
        with workspace.database.alone(lock) as is_free:
            pass
        if is_free:
            await app.job_manager.retry_job(job)


def _app(workspace: Workspace) -> procrastinate.App:
    url = workspace.database.url_of("jobs")
    app = procrastinate.App(
        connector=procrastinate.PsycopgConnector(conninfo=url, min_size=1, max_size=4)
    )

    @app.task(name=TASK, queue=QUEUE, retry=_RETRIES)
    def do(entity: int, job: str) -> None:
        jobs.carry_out(replace(workspace, entity=entity), job)

    return app
