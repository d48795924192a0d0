"""Work in the background: closes, flash closes, exports, ratings, verifications.

A job is recorded with its place in the queue. Whoever does it holds its lock, so that two workers
never do one job; each kind is an operation that done twice is done once, so a job whose worker was
killed is done again.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial

import structlog

from revrec.errors import (
    CloseInProgress,
    Conflict,
    FeedError,
    Forbidden,
    NotFound,
    RevrecError,
    StoreError,
)
from revrec.general_ledger.documents import Grain
from revrec.model.books import Framework
from revrec.model.job import Job
from revrec.model.people import Duty
from revrec.model.webhook import EventKind
from revrec.operations import inspect
from revrec.operations.checking import run_checks
from revrec.operations.closable import Kind as CloseKind
from revrec.operations.closable import closable, refuse_own_approval
from revrec.operations.close import begin_close, finish_close, flash_close, given_up_if_blocked
from revrec.operations.exporting import Wish, export_journal
from revrec.operations.rating import rate_counted
from revrec.operations.verify import verify
from revrec.operations.webhooks import happened
from revrec.operations.workspace import Workspace
from revrec.periods import Period
from revrec.store import audit_log, jobs
from revrec.store.periods import PeriodClose
from revrec.store.transaction import Transaction
from revrec.usage.elections import elected

_log = structlog.get_logger()
Tell = Callable[[str, int, int], None]
"""Takes what is being done, how many steps are done, of how many; raises ``_CancelledError``."""
Arguments = Mapping[str, str]


class _CancelledError(Exception):
    """Somebody wants the job to end where it is: nothing is half done there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of job."""

    duties: frozenset[Duty]
    """One of which lets somebody ask for it."""
    needed: frozenset[str]
    """Arguments it cannot do without."""
    known: frozenset[str]
    """Further arguments."""
    run: Callable[[Workspace, Arguments, Tell], Mapping[str, object]]


def _close(workspace: Workspace, told: Arguments, tell: Tell) -> Mapping[str, object]:
    two = {"prepared_by": workspace.actor, "approved_by": told["approved_by"]}
    return _closing(workspace, told, tell, CloseKind(told.get("stage", CloseKind.HARD.value)), two)


def _cut_off(workspace: Workspace, told: Arguments, tell: Tell) -> Mapping[str, object]:
    two = {"prepared_by": told["requested_by"], "approved_by": workspace.actor}
    return _closing(workspace, told, tell, CloseKind.CUT_OFF, two)


def _closing(
    workspace: Workspace, told: Arguments, tell: Tell, kind: CloseKind, two: Mapping[str, str]
) -> Mapping[str, object]:
    """Close a period; the checks follow as a job of their own, asked for with the certificate."""
    period = workspace.calendar().parse(told["period"])
    tell("passing the gates and pinning the facts", 0, 2)
    certificate = begin_close(
        workspace,
        period,
        prepared_by=two["prepared_by"],
        approved_by=two["approved_by"],
        kind=kind,
        reason=told.get("reason", ""),
    )
    if certificate is None:
        with given_up_if_blocked(workspace, period, _CancelledError):
            tell("computing and posting", 1, 2)

            def finish(tx: Transaction) -> PeriodClose:
                closed = finish_close(
                    tx,
                    workspace.lake,
                    period,
                    prepared_by=two["prepared_by"],
                    approved_by=two["approved_by"],
                )
                if closed.new:
                    submit(tx, "check", {})
                return closed.certificate

            certificate = workspace.run(finish)
    at = certificate.closed_at
    return {
        "period": str(period),
        "ordinal": certificate.ordinal,
        "stage": certificate.stage.value,
        "chain_head": certificate.chain_head,
        "checks": workspace.run(lambda tx: jobs.asked_at(tx, "check", at), read_only=True),
    }


def _flash(workspace: Workspace, told: Arguments, tell: Tell) -> Mapping[str, object]:
    period = workspace.calendar().parse(told["period"])
    tell("computing", 0, 1)
    computed = flash_close(workspace, period)
    return {"period": str(period), "postings": inspect.by_account(computed)}


def _export(workspace: Workspace, told: Arguments, tell: Tell) -> Mapping[str, object]:
    period = workspace.calendar().parse(told["period"])
    own = {"period", "layout", "grain", "book"}
    tell("writing the documents", 0, 1)
    wish = Wish(
        period=period,
        layout=told["layout"],
        grain=Grain(told.get("grain", Grain.PRODUCT.value)),
        framework=Framework(told["book"]) if "book" in told else None,
        told={name: value for name, value in told.items() if name not in own},
    )
    made = export_journal(workspace, wish)
    return {"period": str(period), "files": [each.name for each in made.files]}


def _rate(workspace: Workspace, told: Arguments, tell: Tell) -> Mapping[str, object]:
    tell("rating counted usage", 0, 1)
    through = date.fromisoformat(told["through"]) if "through" in told else None
    made = rate_counted(workspace, through=through)
    return {
        "through": made.through.isoformat(),
        "new": made.new,
        "corrected": made.corrected,
        "unpriced": len(made.unpriced),
    }


def _verify(workspace: Workspace, _: Arguments, tell: Tell) -> Mapping[str, object]:
    tell("computing everything again", 0, 1)
    return {"verified": verify(workspace)}


def _check(workspace: Workspace, _: Arguments, tell: Tell) -> Mapping[str, object]:
    tell("running the checks", 0, 1)
    done = run_checks(workspace)
    names = ("raised", "changed", "cleared", "recurred", "standing")
    counts: dict[str, object] = {name: getattr(done.updated, name) for name in names}
    return counts | {"refused": {name: each.message for name, each in done.refused.items()}}


_READ = frozenset({Duty.READ})
_PREPARE = frozenset({Duty.PREPARE})
_PERIOD = frozenset({"period"})
KINDS: Mapping[str, Kind] = {
    "close": Kind(
        duties=_PREPARE,
        needed=frozenset({"period", "approved_by"}),
        known=frozenset({"stage"}),
        run=_close,
    ),
    "cut-off": Kind(
        duties=frozenset({Duty.CONTROL}),
        needed=frozenset({"period", "requested_by", "reason"}),
        known=frozenset(),
        run=_cut_off,
    ),
    "flash": Kind(duties=_READ, needed=_PERIOD, known=frozenset(), run=_flash),
    "export-journal": Kind(
        duties=_PREPARE,
        needed=frozenset({"period", "layout"}),
        known=frozenset({"grain", "subsidiary", "company_code", "ledger"}),
        run=_export,
    ),
    "rate": Kind(
        duties=frozenset({Duty.RECORD, Duty.PREPARE}),
        needed=frozenset(),
        known=frozenset({"through"}),
        run=_rate,
    ),
    "check": Kind(
        duties=frozenset({Duty.RECORD, Duty.PREPARE}),
        needed=frozenset(),
        known=frozenset(),
        run=_check,
    ),
    "verify": Kind(duties=_READ, needed=frozenset(), known=frozenset(), run=_verify),
}


def kind_of(kind: str, arguments: Arguments) -> Kind:
    """A kind by its name; FeedError for none, or for arguments it does not take."""
    found = KINDS.get(kind)
    if found is None:
        raise FeedError(f"There is no job {kind!r}.", remedy=f"Jobs are: {', '.join(KINDS)}.")
    missing = sorted(found.needed - set(arguments))
    if missing:
        raise FeedError(f"The job {kind} lacks {', '.join(missing)}.", remedy="Tell it.")
    unknown = sorted(set(arguments) - found.needed - found.known)
    if unknown and kind != "export-journal":
        raise FeedError(
            f"The job {kind} does not take {', '.join(unknown)}.",
            remedy=f"It takes: {', '.join(sorted(found.needed | found.known)) or 'nothing'}.",
        )
    return found


def submit(tx: Transaction, kind: str, arguments: Arguments) -> Job:
    """Ask for a job within a transaction of the caller's."""
    kind_of(kind, arguments)
    name = f"job_{secrets.token_hex(8)}"
    jobs.submit(tx, name, kind, arguments)
    audit_log.write(tx, "job.request", name, {"kind": kind, **arguments})
    return found(tx, name)


def submit_close(
    tx: Transaction, period: Period, kind: CloseKind, *, two: Mapping[str, str], reason: str = ""
) -> Job | PeriodClose:
    """Ask for a close, or give the certificate of a period that is so closed.

    ``two`` are who prepared and who approved. What can be known before it computes is refused at
    once: SelfApproval, ApprovalNeeded, PeriodNotReady, and CloseInProgress while another waits.
    """
    refuse_own_approval(period, **two)
    asked, approved = two["prepared_by"], two["approved_by"]
    standing = closable(tx, period, kind, two={"asked": asked, "approved": approved})
    if standing is not None:
        return standing
    waiting = jobs.closing(tx, str(period))
    if waiting is not None:
        raise CloseInProgress(
            f"A close of {period} is asked for already: {waiting}.",
            remedy="Look at the job until it has ended, then try again.",
            period=str(period),
            job=waiting,
        )
    if kind is CloseKind.CUT_OFF:
        told = {"period": str(period), "requested_by": asked, "reason": reason}
        return submit(tx, "cut-off", told)
    told = {"period": str(period), "approved_by": approved}
    return submit(tx, "close", told if kind is CloseKind.HARD else told | {"stage": kind.value})


def check_if_due(workspace: Workspace) -> str | None:
    """Ask for the checks if the policy's time has passed since they were asked for last.

    Once people are enrolled the worker must act as one who may; until then nothing is asked for,
    and the log says so.
    """

    def ask(tx: Transaction) -> str | None:
        every = elected(tx, "checks_run_every")
        if every == "never":
            return None
        last = jobs.last_asked(tx, "check")
        if last is not None and tx.now - last < timedelta(hours=int(every.removesuffix("_hours"))):
            return None
        return submit(tx, "check", {}).id

    try:
        return workspace.run(ask)
    except Forbidden as error:
        _log.warning("checks are due and the worker may not ask for them", reason=error.message)
        return None


def cancel(tx: Transaction, name: str, *, reason: str) -> Job:
    """Cancel a job: at once if it waits, where it next stops to look if it is under way.

    Again, it changes nothing. Raises NotFound, Conflict for a job that is done or has failed.
    """
    job = found(tx, name)
    if jobs.cancel(tx, name):
        told = {"kind": job.kind, "was": job.state.value, "reason": reason}
        audit_log.write(tx, "job.cancel", name, told)
        _tell_ended(tx, name)
    job = found(tx, name)
    if job.cancelled_by is None:
        raise Conflict(
            f"The job {name} is {job.state} and cannot be cancelled.",
            remedy="What a close posted is undone by reopening the period.",
        )
    return job


def found(tx: Transaction, name: str) -> Job:
    """A job; NotFound."""
    job = jobs.find(tx, name)
    if job is None:
        raise NotFound(f"There is no job {name}.", remedy="List them: `revrec jobs list`.")
    return job


def carry_out(workspace: Workspace, name: str) -> None:
    """Do a job in the name of whoever asked, unless it is done or another worker does it.

    A refusal is the job's outcome. StoreError is raised: the queue has it done again.
    """
    with workspace.database.alone(jobs.lock_of(workspace.entity, name)) as is_alone:
        job = workspace.run(lambda tx: jobs.find(tx, name), read_only=True) if is_alone else None
        if job is None or job.state.is_ended:
            return
        acting = workspace.acting_as(job.requested_by)
        if not acting.run(lambda tx: jobs.begin(tx, name)):
            return

        def tell(step: str, done: int, total: int) -> None:
            if not acting.run(lambda tx: jobs.progress(tx, name, step, done, total)):
                raise _CancelledError

        try:
            result = KINDS[job.kind].run(acting, job.arguments, tell)
        except StoreError:
            raise
        except _CancelledError:
            _end(acting, name, jobs.end_cancelled)
        except RevrecError as error:
            refusal = {
                "code": error.code,
                "message": error.message,
                "remedy": error.remedy,
                "blockers": error.attributes.get("blockers", []),
            }
            _end(acting, name, partial(jobs.end, error=refusal))
        except Exception:  # noqa: BLE001 - whatever it is, the job ends
            # The last resort: the job is told as failed and the log has the trace.
            _log.exception("unexpected error of a job", job=name, kind=job.kind)
            refusal = {
                "code": "internal-error",
                "message": "The job failed in a way it does not know.",
                "remedy": "Report the job's id.",
            }
            _end(acting, name, partial(jobs.end, error=refusal))
        else:
            _end(acting, name, partial(jobs.end, result=result))


def _end(workspace: Workspace, name: str, note: Callable[[Transaction, str], None]) -> None:
    """Note what came of a job, and tell it."""

    def end(tx: Transaction) -> None:
        note(tx, name)
        _tell_ended(tx, name)

    workspace.run(end)


def _tell_ended(tx: Transaction, name: str) -> None:
    """Tell that a job has ended, if it has."""
    job = found(tx, name)
    if job.state.is_ended:
        told = {"job": job.id, "kind": job.kind, "state": job.state.value}
        happened(tx, EventKind.JOB_ENDED, job.id, told)


def requeue(tx: Transaction) -> list[str]:
    """Put back what the queue does not hold though it is not ended, as after a restore."""
    names = jobs.lost(tx)
    for name in names:
        jobs.enqueue(tx, name)
    return names
