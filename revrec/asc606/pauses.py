"""Step 5: service that stands still for a while (606-10-25-13, 25-31, 25-35).

Nothing is transferred while service is paused, so progress stands still. A pause changes no price.
Where the end moves with it, the same service is left as before and progress goes on from where it
stood. Where the end stays, there is less service for the same price: what remains of a series is
distinct and carries what is left of its price (25-13a); of a service that is not distinct the
progress to date is measured anew, with the effect recognised when the pause begins (25-13b).
"""

from __future__ import annotations

from collections.abc import Generator, Iterable
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction

from revrec.asc606.standing import Standing
from revrec.asc606.time_elapsed import BY_TIME, goes_on
from revrec.asc606.weighing import InForce, Stopped
from revrec.citations import cites
from revrec.errors import ContractError, UnsupportedTerm
from revrec.model.contract import Measure, PerformanceObligation
from revrec.model.decision import ELAPSED, Answer, Decision, Progress, Question, Shape, Told
from revrec.model.events import Modification
from revrec.model.history import ContractHistory
from revrec.model.performance import Pause, Resumption
from revrec.periods import FOREVER, day_before

_ACCESS = BY_TIME | {Measure.TIME_ELAPSED}
Asking = Generator[list[Question], list[Answer], None]


@cites("606-10-25-13", "606-10-25-31", "606-10-25-35")
def pause(standing: Standing, told: Pause) -> Asking:
    """From the first day without service on, progress stands still.

    Raises ContractError for a pause that ends before it begins or names what is not in force.
    """
    if told.until is not None and told.until < told.on:
        raise _contradiction(standing, told, f"ends {told.until}, before it begins {told.on}")
    unknown = sorted(set(told.obligations) - standing.in_force.keys())
    if unknown:
        raise _contradiction(standing, told, f"names {', '.join(unknown)}, not in force then")
    for each in standing.in_force.values():
        if _stands_still(each, told) and (not told.obligations or each.id in told.obligations):
            _refuse_overlap(standing, told, each)
    stopped = [
        _stop(standing, each)
        for each in standing.in_force.values()
        if _stands_still(each, told) and (not told.obligations or each.id in told.obligations)
    ]
    standing.pauses[told.id] = (told, stopped)
    resumes = None if told.until is None else told.until + timedelta(days=1)
    yield from _go_on(standing, told, stopped, resumes, told.on)


@cites("606-10-25-13", "606-10-25-31", "606-10-25-35")
def resume(standing: Standing, told: Resumption) -> Asking:
    """Service goes on from a day: the pause is as long as it turned out to be.

    Raises ContractError for a pause that is not known or was over before.
    """
    paused, stopped = standing.pauses.pop(told.pause, (None, []))
    if paused is None or told.on <= paused.on or (paused.until and told.on > paused.until):
        raise ContractError(
            f"Resumption {told.id} of contract {told.contract} on {told.on} ends pause "
            f"{told.pause}, which is not open then.",
            citation="606-10-25-31",
            remedy="Name a pause that began before and is not over.",
            contract=told.contract,
            field="resumption.pause",
        )
    known = replace(paused, end=told.end or paused.end)
    still = [each for each in stopped if each.name in standing.in_force]
    as_left = [each for each in still if standing.in_force[each.name].shape == each.now]
    for each in still:
        # Modified while it stood still: what is left begins now.
        now, ends = standing.in_force[each.name], _end(each.before, known, told.on)
        if each in as_left:
            continue
        if now.shape.progress is Progress.COUNTED and now.shape.lapses == each.now.lapses:
            now.shape = now.shape._replace(lapses=ends)
        elif now.shape.progress in ELAPSED and now.shape.starts == each.now.starts:
            now.shape = now.shape._replace(starts=min(told.on, ends), ends=ends)
    yield from _go_on(standing, known, as_left, told.on, told.on)


@cites("606-10-25-13", "606-10-25-31")
def check_pauses(history: ContractHistory) -> None:
    """Refuse a pause that lasts into terms which a modification restates.

    Whether the new terms stand still too is for the parties to say: nothing tells it.
    """
    for told in history.pauses:
        resumes = [each.on for each in history.resumptions if each.pause == told.id]
        back = min(resumes) if resumes else told.until and told.until + timedelta(days=1)
        for each in history.modifications:
            new_from = each.new_terms_from or each.on
            restated = sorted(one.id for one in each.revises if _may_stand_still(one, told))
            if restated and told.on < new_from < (back or FOREVER):
                raise _lasts_into(told, restated, each, new_from)


@cites("606-10-25-13", "606-10-25-31")
def refuse_moved_end(standing: Standing, told: Modification, moved: Modification) -> None:
    """Refuse a new end of what stands still then: it restates the service like new terms.

    ``moved`` is the modification with what follows the new end. Where only the end moves, the
    pause or the resumption tells it.
    """
    new_from = told.new_terms_from or told.on
    names = {each.id for each in moved.revises} - {each.id for each in told.revises}
    for paused, stopped in standing.pauses.values():
        still = sorted(each.name for each in stopped if each.name in names)
        if still and (paused.until or FOREVER) >= new_from > paused.on:
            raise _lasts_into(paused, still, told, new_from)


def _lasts_into(
    told: Pause, restated: Iterable[str], modification: Modification, new_from: date
) -> ContractError:
    return ContractError(
        f"Pause {told.id} of contract {told.contract} begins on {told.on} and lasts into the "
        f"terms of {', '.join(restated)} that modification {modification.id} restates from "
        f"{new_from} on.",
        citation="606-10-25-31",
        remedy="End it the day before the new terms, and tell a pause of the new ones.",
        contract=told.contract,
        field="pause.until",
    )


def _may_stand_still(restated: PerformanceObligation, told: Pause) -> bool:
    named = not told.obligations or restated.id in told.obligations
    return named and (told.extends or restated.measure in _ACCESS)


def _refuse_overlap(standing: Standing, told: Pause, each: InForce) -> None:
    """What stands still already cannot stop: its days would be counted twice."""
    for earlier, stopped in standing.pauses.values():
        lasts = earlier.until is None or earlier.until >= told.on
        if lasts and any(one.name == each.id and one.now == each.shape for one in stopped):
            raise _contradiction(
                standing, told, f"stops {each.id} on {told.on}, which stands still by {earlier.id}"
            )


def _stands_still(each: InForce, told: Pause) -> bool:
    """Service that runs by time or lapses with it, and is not over when the pause begins."""
    shape = each.shape
    last = shape.lapses if shape.progress is Progress.COUNTED else shape.ends
    timed = shape.progress in ELAPSED or (shape.lapses is not None and told.extends)
    return timed and last is not None and last >= told.on


def _stop(standing: Standing, each: InForce) -> Stopped:
    """How it was before: undisturbed, or what an earlier pause made of it."""
    shape = each.shape
    if shape.progress is Progress.SCHEDULE:
        raise UnsupportedTerm(
            f"Obligation {each.id} of contract {standing.contract.id} is paused, but follows a "
            "schedule.",
            citation="606-10-25-31",
            remedy="Restate its schedule by a modification.",
            contract=standing.contract.id,
            field="pause.obligations",
        )
    if each.obligation.starts_at or each.obligation.ends_at:
        raise UnsupportedTerm(
            f"Obligation {each.id} of contract {standing.contract.id} is paused for days, but "
            "runs between two moments.",
            citation="606-10-25-31",
            remedy="Tell its service in days, or its new moments by a modification.",
            contract=standing.contract.id,
            field="pause.obligations",
        )
    undisturbed, days = standing.undisturbed.get(each.id, (shape, 0))
    if shape.done is None:
        undisturbed, days = shape, 0
    return Stopped(each.id, shape, undisturbed, days, shape)


def _go_on(
    standing: Standing, told: Pause, stopped: list[Stopped], resumes: date | None, on: date
) -> Asking:
    """Measure what is done before the pause, and what is left from the day service resumes."""
    counted = [each for each in stopped if each.before.progress is Progress.COUNTED]
    timed = [each for each in stopped if each not in counted]
    for each in counted:
        lapses = _end(each.before, told, resumes)
        each.now = each.before._replace(lapses=lapses)
    questions = [_question(standing, each, told, resumes) for each in timed]
    answers = (yield questions) if questions else []
    for each, answer in zip(timed, answers, strict=True):
        done = Fraction(answer.numerator, answer.denominator)
        each.now = _after(each.before, told, resumes, done)
        days = _taken_out(each.before, told, resumes) if resumes is not None else 0
        standing.undisturbed[each.name] = (each.undisturbed, each.paused_before + days)
    decision = standing.record(_explain(standing, told, stopped, resumes, on))
    for each in stopped:
        standing.in_force[each.name].shape = each.now
        standing.rest_on(each.name, decision)
    standing.publish(max(on, standing.contract.inception))


def _question(standing: Standing, each: Stopped, told: Pause, resumes: date | None) -> Question:
    """How far service is before the pause, by what it will have been when it ends."""
    distinct = standing.in_force[each.name].obligation.distinct_increments
    day, shape = day_before(told.on), each.before
    begun = each.before.done is not None or (shape.starts or day) <= day
    if not distinct and begun and resumes is not None:
        # The clock stands still with the service: days of pauses are taken out of both ends.
        ends = _end(each.before, told, resumes)
        out = each.paused_before + _taken_out(each.before, told, resumes)
        shape = each.undisturbed._replace(ends=ends - timedelta(days=out), done=None)
        day -= timedelta(days=each.paused_before)
    return Question(contract=standing.contract.id, obligation=each.name, shape=shape, day=day)


def _after(shape: Shape, told: Pause, resumes: date | None, done: Fraction) -> Shape:
    """Progress made, and the rest from the day service goes on."""
    ends = _end(shape, told, resumes)
    starts = min(resumes or ends, ends)
    return goes_on(shape, starts=starts, ends=ends, done=done)


def _end(shape: Shape, told: Pause, resumes: date | None) -> date:
    """The last day of service: as told, moved by the days it stood still, or as it was."""
    last = shape.lapses if shape.progress is Progress.COUNTED else shape.ends
    if told.end is not None:
        return told.end
    if not told.extends or last is None or last == FOREVER:
        return last or FOREVER
    return FOREVER if resumes is None else last + _stood_still(shape, told, resumes)


def _stood_still(shape: Shape, told: Pause, resumes: date) -> timedelta:
    """Days of the pause on which there would have been service: none before its first day."""
    since = max(told.on, shape.starts or told.on)
    return max(resumes - since, timedelta(0))


def _taken_out(shape: Shape, told: Pause, resumes: date) -> int:
    """Days of service that are lost to the pause, of those until its last day."""
    ends = _end(shape, told, resumes)
    after = resumes if resumes <= ends else ends + timedelta(days=1)
    return _stood_still(shape, told, after).days


def _explain(
    standing: Standing, told: Pause, stopped: Iterable[Stopped], resumes: date | None, on: date
) -> Decision:
    names = ", ".join(each.name for each in stopped) or "nothing"
    back = "open" if resumes is None else str(resumes)
    moved = told.extends or told.end is not None
    how = (
        "the end moves, so the same service is left"
        if moved
        else "the end stays, so what remains carries what is left of the price"
    )
    reason = f" ({told.reason})" if told.reason else ""
    return Decision(
        contract=standing.contract.id,
        on=on,
        step=5,
        rule="pause",
        paragraphs=("606-10-25-31", "606-10-25-35" if moved else "606-10-25-13"),
        told=Told(
            inputs={"pause": told.id, "from": str(told.on), "resumes": back, "extends": str(moved)},
            outcome=f"stands still: {names}",
            sentence=(
                f"From {told.on}{reason} {names} stands still, to go on "
                f"{'at a day not known yet' if resumes is None else f'on {resumes}'}; {how}."
            ),
        ),
    )


def _contradiction(standing: Standing, told: Pause, what: str) -> ContractError:
    return ContractError(
        f"Pause {told.id} of contract {standing.contract.id} {what}.",
        citation="606-10-25-31",
        remedy="Correct the pause.",
        contract=standing.contract.id,
        field="pause",
    )
