"""A contract's state on a day, and what each modification makes of it (606-10-25-10 to 25-13)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction

from tests.oracle.prices import Weights, first_estimate, weights_at_inception, weights_of
from tests.oracle.promises import (
    BY_TIME,
    FIXED,
    AsUsed,
    Facts,
    Promise,
    Told,
    apportion,
    as_day,
    breakage,
    entitlement,
    in_whole_days,
    is_by_unit,
    lapse_of,
    meters_of,
    minor,
    progress,
    rounded,
    sharing,
    sum_of_usage,
    units_to_date,
    usage_terms,
    used,
    used_to_date,
)
from tests.oracle.service_time import ONE_DAY, NotStated, progress_by_time
from tests.oracle.units import latest

WHAT_CHANGES = ("adds", "revises", "withdraws", "adds_consideration")
Key = tuple[str, str]


@dataclass
class State:
    """What is promised and what it costs, at the end of a day."""

    last_day: date | None
    cut: date = date.min
    """Last day under terms that have been replaced."""
    told: dict[str, Told] = field(default_factory=dict)
    """Every obligation ever promised, under its latest terms."""
    promises: dict[str, Promise] = field(default_factory=dict)
    """Obligations with something left, or never modified since."""
    group_of: dict[str, str] = field(default_factory=dict)
    """Component -> the contract it belongs to."""
    promised_by: dict[str, Weights] = field(default_factory=dict)
    """Component -> the weights it was first allocated by."""
    shares: dict[Key, int] = field(default_factory=dict)
    """Price still in force, by obligation and component."""
    earned: dict[Key, int] = field(default_factory=dict)
    """Recognised under terms that have ended: it stays."""
    earned_by_breakage: dict[Key, int] = field(default_factory=dict)
    as_used: list[AsUsed] = field(default_factory=list)

    def promise_price(self, component: str, group: str, amount: int, weights: Weights) -> None:
        """Allocate a new component of the price."""
        self.group_of[component], self.promised_by[component] = group, weights
        for name, share in apportion(amount, weights).items():
            self.shares[name, component] = share


@dataclass
class _Ended:
    """What was recognised under terms that end, in total and by breakage."""

    earned: dict[Key, int] = field(default_factory=dict)
    by_breakage: dict[Key, int] = field(default_factory=dict)


def takes_effect(modification: Told) -> date:
    """The day at whose end the books change: once approved and the old terms are over."""
    return max(as_day(modification["on"]), _last_day_of_old_terms(modification))


def _last_day_of_old_terms(modification: Told) -> date:
    return as_day(modification.get("new_terms_from") or modification["on"]) - ONE_DAY


def inception(facts: Facts, day: date) -> State:
    """The contract as signed, its estimates as of the day."""
    contract = facts.contract
    approved = as_day(contract["inception"])
    first = as_day(contract.get("start") or approved)
    state = State(as_day(contract["end"]) if contract.get("end") else None)
    for told in sharing(contract["obligations"], contract["consideration"]):
        terms = in_whole_days(facts, told)
        state.promises[terms["id"]] = _promise(terms, FIXED, first, state.last_day, approved)
    fixed = sum(
        minor(each["amount"], facts.unit)
        for each in contract["consideration"]
        if each["kind"] == "fixed"
    )
    estimated = [
        each
        for each in contract["consideration"]
        if each["kind"] == "variable" and not is_by_unit(each)
    ]
    if fixed + sum(first_estimate(facts, each) for each in estimated) < 0 <= fixed:
        raise NotStated("a price below nothing")
    if fixed and not state.promises:
        raise NotStated("a fixed price, and every obligation is priced by its use")
    weights: Weights = {}
    if state.promises:
        shared = fixed + _first_shared(facts, contract["consideration"])
        weights = weights_at_inception(
            facts,
            state.promises.values(),
            Fraction(shared, facts.unit),
            contract.get("bundles") or (),
        )
        state.promise_price(FIXED, FIXED, fixed, weights)
    state.told = {each["id"]: each for each in contract["obligations"]}
    promises = state.promises
    _consider(facts, state, promises, contract["consideration"], FIXED, weights, first, day)
    return state


def apply(facts: Facts, state: State, modification: Told, day: date) -> None:
    """Change the state as the modification says; estimates as of the day."""
    modification = _to_the_new_end(state, modification)
    if not any(modification.get(name) for name in WHAT_CHANGES) and not _price_change(
        facts, modification
    ):
        return
    state.cut = max(state.cut, _last_day_of_old_terms(modification))
    if modification.get("end"):
        state.last_day = as_day(modification["end"])
    revised = {each["id"]: in_whole_days(facts, each) for each in modification.get("revises") or ()}
    withdrawn = set(modification.get("withdraws") or ())
    added = list(modification.get("adds") or ())
    considerations = list(modification.get("adds_consideration") or ())
    by_use = {each.obligation for each in state.as_used if each.live}
    in_force = by_use | set(state.promises)
    if not withdrawn | set(revised) <= in_force or in_force & {each["id"] for each in added}:
        raise NotStated("a modification of what is not promised, or an addition of what is")
    ended = _end_usage_terms(facts, state, withdrawn | set(revised), revised)
    held = dict(state.promises)
    _refuse_more_than_the_price(facts, state, modification)
    only_adds = bool(added) and not revised and not withdrawn
    if only_adds and modification.get("at_standalone_selling_prices", False):
        group, change_of = str(modification["id"]), str(modification["id"])
        new = _added(facts, state, modification, group)
        change = _price_change(facts, modification)
        shared = Fraction(change + _first_shared(facts, considerations), facts.unit)
        weights = weights_at_inception(facts, new, shared, ())
        state.promise_price(change_of, group, change, weights)
    else:
        group = _replace_contract(facts, state, modification, revised, withdrawn)
        weights = weights_of(facts, [p for p in state.promises.values() if p.group == group])
    held |= state.promises
    _renew_usage_terms(facts, state, held, ended, revised)
    state.told |= {each["id"]: each for each in added} | revised
    _consider(facts, state, held, considerations, group, weights, state.cut + ONE_DAY, day)
    _charge_from_now(facts, state, {each["id"] for each in considerations}, added)


def _replace_contract(
    facts: Facts,
    state: State,
    modification: Told,
    revised: Mapping[str, Told],
    withdrawn: set[str],
) -> str:
    """End the old contract and start a new one; what is not distinct goes on (25-13a to c).

    Gives the name of the contract that was modified: the main one unless only promises of a
    separate contract are named.
    """
    named = [name for name in (*revised, *withdrawn) if name in state.promises]
    touched = {state.promises[name].group for name in named} or {FIXED}
    main = FIXED if FIXED in touched else min(touched)
    affected = [each for each in state.promises.values() if each.group in touched]
    before = takes_effect(modification)
    done = {each.name: progress(facts, each, state.cut, before) for each in affected}
    _refuse_contradictions(state, modification, done, withdrawn)
    # What was satisfied goes on only under revised terms, as when a service is extended.
    going_on = [
        each
        for each in affected
        if each.name not in withdrawn and (done[each.name] < 1 or each.name in revised)
    ]
    catching_up = {each.name for each in going_on if not each.distinct}

    pools, ended = _cut_off(facts, state, touched, done, catching_up, before)
    for each in affected:
        if each not in going_on:
            del state.promises[each.name]
    for each in going_on:
        each.group = main
        _restate(facts, state, each, revised.get(each.name), done[each.name], modification)
    going_on = [each for each in going_on if each.name in state.promises]
    remaining = [*going_on, *_added(facts, state, modification, main)]
    change = _price_change(facts, modification)
    if change or main in pools:
        pools[main] = pools.get(main, 0) + change
        # Where nothing had a price until now, a fee is for what comes or for what goes.
        goes = dict.fromkeys(withdrawn, Fraction(1))
        state.promised_by.setdefault(main, weights_of(facts, remaining) or goes)
    for component in pools:
        state.group_of[component] = main
        of_change = change if component == main else 0
        _spread(facts, state, component, pools[component], of_change, remaining, ended)
    return main


def _to_the_new_end(state: State, modification: Told) -> Told:
    """Where only the end changes, service by time is cut or extended to it, or withdrawn."""
    named = any(modification.get(name) for name in ("adds", "revises", "withdraws"))
    if named or not modification.get("end"):
        return modification
    end, begins = as_day(modification["end"]), _last_day_of_old_terms(modification) + ONE_DAY
    by_time = [each for each in state.promises.values() if each.terms["measure"] in BY_TIME]
    if state.last_day is not None and end > state.last_day:
        moved = [each for each in by_time if each.last == state.last_day]
    else:
        moved = [each for each in by_time if each.last is None or each.last > end]
    if end < begins:
        return {**modification, "withdraws": [each.name for each in moved]}
    restated = [
        {
            **each.terms,
            "start": max(each.first, begins) if each.distinct else each.first,
            "end": end,
        }
        for each in moved
    ]
    return {**modification, "revises": restated}


def _refuse_contradictions(
    state: State,
    modification: Told,
    done: Mapping[str, Fraction],
    withdrawn: set[str],
) -> None:
    """Nothing is left to withdraw of what is satisfied, nor to change once all is over."""
    if any(done.get(name, 0) >= 1 for name in withdrawn):
        raise NotStated("a withdrawal of what is satisfied")
    grows = any(modification.get(name) for name in ("adds", "revises", "end"))
    over = state.last_day is not None and _last_day_of_old_terms(modification) > state.last_day
    if over and not grows and all(share >= 1 for share in done.values()):
        raise NotStated("a change of a contract that has ended")


def _refuse_more_than_the_price(facts: Facts, state: State, modification: Told) -> None:
    """What is given back is at most the price, where all of it is fixed and of one contract."""
    price = sum(state.shares.values()) + sum(state.earned.values())
    fixed = set(state.group_of) == {FIXED} and not state.as_used
    if fixed and price >= 0 > price + _price_change(facts, modification):
        raise NotStated("more given back than the price")


def _cut_off(
    facts: Facts,
    state: State,
    touched: set[str],
    done: Mapping[str, Fraction],
    catching_up: set[str],
    before: date,
) -> tuple[dict[str, int], _Ended]:
    """Keep what is recognised; gives what is not, by component, and what is."""
    pools: dict[str, int] = {}
    ended = _Ended()
    for key, share in list(state.shares.items()):
        name, component = key
        if state.group_of[component] not in touched:
            continue
        del state.shares[key]
        kept = 0
        if name not in catching_up:
            kept = rounded(share * done[name])
            by_breakage = breakage(facts, state.promises[name], share, state.cut, before)
            ended.by_breakage[key] = by_breakage
            state.earned_by_breakage[key] = state.earned_by_breakage.get(key, 0) + by_breakage
            state.earned[key] = state.earned.get(key, 0) + kept
        ended.earned[key] = kept
        pools[component] = pools.get(component, 0) + share - kept
    return pools, ended


def _spread(
    facts: Facts,
    state: State,
    component: str,
    pool: int,
    change: int,
    remaining: list[Promise],
    ended: _Ended,
) -> None:
    """Share what is not yet recognised over what is left.

    With nothing left it is revenue now; so is the part of a price cut that exceeds what is left
    (nothing negative goes forward), with its part of breakage. Both fall on obligations in
    proportion to what they had earned under the terms that end, or else as the amount was first
    allocated.
    """
    if (pool and not remaining) or (change < 0 and pool < 0):
        weights: Weights = {
            name: Fraction(abs(amount))
            for (name, of), amount in ended.earned.items()
            if of == component and amount
        }
        weights = weights or state.promised_by[component]
        if not weights:
            raise NotStated("a price change with nothing it could be for")
        for name, share in apportion(pool, weights).items():
            key = name, component
            state.earned[key] = state.earned.get(key, 0) + share
            if change < 0 and pool < 0 and ended.by_breakage.get(key, 0):
                was, now = ended.by_breakage[key], ended.earned[key] + share
                taken = was - rounded(Fraction(was * now, ended.earned[key]))
                state.earned_by_breakage[key] -= taken
        pool = 0
    if remaining:
        for name, share in apportion(pool, weights_of(facts, remaining)).items():
            state.shares[name, component] = share


def _restate(
    facts: Facts,
    state: State,
    promise: Promise,
    terms: Told | None,
    done: Fraction,
    modification: Told,
) -> None:
    """What is left of a promise that goes on, unchanged or under its revised terms."""
    first = state.cut + ONE_DAY
    if terms is None:
        if not promise.distinct:
            return
        promise.left *= 1 - done
        promise.done = Fraction(0)
        if promise.terms["measure"] in BY_TIME:
            promise.first = max(promise.first, first)
        else:
            consumed = used(facts, promise, state.cut)
            promise.used_before += consumed
            promise.counts_after = state.cut
        return
    start = as_day(terms["start"]) if terms.get("start") else None
    distinct = promise.distinct
    # Use from before counts for an entitlement that is told from then on.
    looks_back = bool(promise.by_usage and start and start < first and usage_terms(terms))
    if looks_back and start:
        promise.first, promise.counts_after = start, date.min
        promise.used_before = Fraction(0)
    elif distinct:
        promise.first = max(first, start or first)
        promise.counts_after, promise.used_before = state.cut, Fraction(0)
    elif promise.done or promise.still_since or promise.first != promise.sold_from:
        _restate_paused(state, promise, terms, start)
        promise.terms, promise.priced_on = terms, as_day(modification["on"])
        promise.stated_on = takes_effect(modification)
        return
    else:
        promise.first = start or promise.first
    promise.terms, promise.sold_from = terms, promise.first
    promise.done, promise.until = Fraction(0), None
    promise.last = as_day(terms["end"]) if terms.get("end") else state.last_day
    promise.left, promise.priced_on = Fraction(1), as_day(modification["on"])
    promise.stated_on = takes_effect(modification)
    if looks_back and distinct:
        promise.left -= progress(facts, promise, state.cut, promise.stated_on)
        if not promise.left:
            del state.promises[promise.name]
            return
        promise.used_before = used(facts, promise, state.cut)
        promise.counts_after = state.cut


def _restate_paused(state: State, promise: Promise, terms: Told, start: date | None) -> None:
    """Service that is not distinct and stood still: all its days count but those it lost.

    Service that had not begun begins with the new terms.
    """
    first = state.cut + ONE_DAY
    begun, lost = bool(promise.done), 0
    if begun:
        lost = promise.lost
        if promise.still_since is not None:
            lost += max((first - promise.still_since).days, 0)
    began = promise.began if begun else first if promise.still_since else promise.first
    if start is not None and start not in {began, promise.sold_from}:
        if start < first:
            raise NotStated(f"{promise.name} stood still and is restated from another day")
        began, lost = start, 0
    promise.sold_from = began
    promise.last = as_day(terms["end"]) if terms.get("end") else state.last_day
    promise.until, promise.left, promise.still_since = None, Fraction(1), None
    if not lost or began >= first or promise.last is None:
        promise.first, promise.done, promise.lost = began, Fraction(0), 0
        return
    gone = timedelta(days=lost)
    served = progress_by_time(terms["measure"], began, promise.last - gone, state.cut - gone)
    promise.done, promise.first = served, first
    promise.began, promise.lost = began, lost


def _added(facts: Facts, state: State, modification: Told, group: str) -> list[Promise]:
    """The promises a modification adds that share in the price."""
    first, approved = state.cut + ONE_DAY, as_day(modification["on"])
    new = []
    considerations = modification.get("adds_consideration") or ()
    for told in sharing(modification.get("adds") or (), considerations):
        terms = in_whole_days(facts, told)
        promise = _promise(terms, group, first, state.last_day, approved)
        promise.stated_on = takes_effect(modification)
        if promise.by_usage:
            # A meter may have run before; a delivery names the promise, however early it was.
            promise.counts_after = state.cut
        state.promises[promise.name] = promise
        new.append(promise)
    return new


def _promise(terms: Told, group: str, first: date, last: date | None, priced_on: date) -> Promise:
    begins = as_day(terms["start"]) if terms.get("start") else first
    return Promise(
        terms=terms,
        group=group,
        first=begins,
        last=as_day(terms["end"]) if terms.get("end") else last,
        sold_from=begins,
        priced_on=priced_on,
        stated_on=date.min,
    )


def _price_change(facts: Facts, modification: Told) -> int:
    """The change in fixed consideration, with any fixed consideration the modification adds."""
    return minor(modification.get("price_change", "0"), facts.unit) + sum(
        minor(each["amount"], facts.unit)
        for each in modification.get("adds_consideration") or ()
        if each["kind"] == "fixed"
    )


def _consider(
    facts: Facts,
    state: State,
    held: Mapping[str, Promise],
    considerations: Iterable[Told],
    group: str,
    shared: Weights,
    first: date,
    day: date,
) -> None:
    """Bring estimated consideration, as of the day, and usage consideration into the contract."""
    for each in considerations:
        if is_by_unit(each):
            terms = state.told[each["obligation"]]
            begins = as_day(terms["start"]) if terms.get("start") else first
            by_unit = AsUsed(each["id"], terms["id"], meters_of(terms), first=max(begins, first))
            by_unit.by_unit = latest(facts, each, day)
            state.as_used.append(by_unit)
        elif each["kind"] == "variable":
            amount = _estimate_of(facts, each, day)
            only = each.get("obligation")
            if not state.promises or (only and only not in state.promises):
                raise NotStated(f"{each['id']} is for an obligation without a fixed price")
            weights = {only: Fraction(1)} if only else shared
            state.promise_price(each["id"], group, amount, weights)
        elif each["kind"] == "usage":
            terms = state.told[each["obligation"]]
            if not each.get("above_entitlement"):
                begins = as_day(terms["start"]) if terms.get("start") else first
                used_by_day = AsUsed(each["id"], terms["id"], meters_of(terms), first=begins)
            elif terms["id"] in held:
                used_by_day = _above(facts, each["id"], held[terms["id"]], state.cut)
            else:
                raise NotStated(f"{each['id']} is above an entitlement that is over")
            used_by_day.last, used_by_day.cut = own_end(facts, terms), state.cut
            state.as_used.append(used_by_day)


def own_end(facts: Facts, terms: Told) -> date:
    """The last day an obligation tells, where the contract as signed goes on after it."""
    written = facts.contract.get("end")
    told = as_day(terms["end"]) if terms.get("end") else date.max
    return told if not written or told < as_day(written) else date.max


def lapse_of_rights(facts: Facts, state: State, used_by_day: AsUsed) -> date:
    """The last day of the entitlement above which use is charged, if the term goes on after it."""
    terms = state.told[used_by_day.obligation]
    promise = state.promises.get(used_by_day.obligation)
    told = usage_terms(terms).get("lapses") if promise is None else lapse_of(promise)
    lapses = as_day(told) if told else date.max
    written = facts.contract.get("end")
    until = max(as_day(written), state.last_day or date.min) if written else date.max
    if lapses >= until or usage_terms(terms).get("rolls_over"):
        return date.max
    others = [each for each in state.told.values() if each["id"] != used_by_day.obligation]
    used_by_day.followed = any(
        each["measure"] == "usage"
        and as_day(usage_terms(each).get("lapses") or each.get("end") or date.max) > lapses
        and {*meters_of(each)} & {*meters_of(terms)}
        for each in others
    )
    return lapses


def _above(facts: Facts, name: str, promise: Promise, cut: date) -> AsUsed:
    """What exceeds an entitlement, counted as it is, or what was used before these terms."""
    meters, first, after = meters_of(promise.terms), promise.first, promise.counts_after
    before = sum_of_usage(facts, meters, "amount", first, after, cut)
    threshold = max(entitlement(promise), before)
    return AsUsed(name, promise.name, meters, threshold=threshold, first=first, counts_after=after)


def _charge_from_now(
    facts: Facts, state: State, considerations: set[str], added: Iterable[Told]
) -> None:
    """New usage consideration prices the days under the new terms only."""
    new = {each["id"] for each in added}
    for each in state.as_used:
        if each.id in considerations and each.obligation in new:
            each.counts_after = state.cut
        elif each.id in considerations and each.by_unit is None and not each.threshold:
            each.not_charged = used_to_date(
                facts, each, state.cut, lapse_of_rights(facts, state, each)
            )


def _estimate_of(facts: Facts, consideration: Told, day: date) -> int:
    """The latest approved estimate of a variable amount."""
    told = first_estimate(facts, consideration)
    for each in facts.of_kind("estimate", day):
        if each.get("consideration") == consideration["id"]:
            told = minor(each["amount"], facts.unit)
    return told


def _first_shared(facts: Facts, considerations: Iterable[Told]) -> int:
    """First estimates of variable amounts that are for no obligation alone."""
    return sum(
        first_estimate(facts, each)
        for each in considerations
        if each["kind"] == "variable" and not each.get("obligation") and not is_by_unit(each)
    )


def _end_usage_terms(
    facts: Facts, state: State, ended: set[str], revised: Mapping[str, Told]
) -> list[AsUsed]:
    """What was charged under terms that end stays charged; gives the fees whose terms end."""
    ending = [each for each in state.as_used if each.live and each.obligation in ended]
    for each in ending:
        if each.by_unit is not None:
            each.units_before.append(units_to_date(facts, each, state.cut))
            each.live = each.obligation in revised
            continue
        charged = used_to_date(facts, each, state.cut, lapse_of_rights(facts, state, each))
        each.earned += rounded(charged * facts.unit)
        each.live = False
    return ending


def _renew_usage_terms(
    facts: Facts,
    state: State,
    held: Mapping[str, Promise],
    ended: Iterable[AsUsed],
    revised: Mapping[str, Told],
) -> None:
    """Under revised terms use is charged afresh from the day they begin."""
    for each in ended:
        if each.obligation not in revised:
            continue
        terms, promise = revised[each.obligation], held.get(each.obligation)
        if each.by_unit is not None:
            begins = as_day(terms["start"]) if terms.get("start") else state.cut + ONE_DAY
            each.meters, each.first = meters_of(terms), max(begins, state.cut + ONE_DAY)
            each.counts_after = state.cut
            continue
        if each.threshold and promise is None:
            raise NotStated(f"{each.id} is above an entitlement that is over")
        if each.threshold and promise is not None:
            anew = _above(facts, each.id, promise, state.cut)
        else:
            begins = as_day(terms["start"]) if terms.get("start") else state.cut + ONE_DAY
            anew = AsUsed(each.id, each.obligation, meters_of(terms), first=begins)
            anew.counts_after = state.cut
        anew.last, anew.cut = own_end(facts, terms), state.cut
        state.as_used.append(anew)
