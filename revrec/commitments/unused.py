"""What was promised and not used, as revenue: it is owed once its window is over (55-46, 55-48).

A commitment paid as it is used, or a minimum, is earned by the use itself, each day its own
amount (32-40). What is missing to it the customer owes for nothing more, so it is earned on the
last day of the window, when no more can be used: by then further use is not remote, it is
impossible. Where some of it is expected to stay unused and shall be earned in proportion to use,
the contract promises the use as an obligation with what it entitles to, which the commitment names.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date

from revrec.citations import cites
from revrec.commitments.burn import Burned
from revrec.commitments.consumption import commitments_in, is_within, missing_of, true_up_of
from revrec.commitments.lots import Held
from revrec.model.commitment import Commitment, CommitmentForm
from revrec.model.contract import ConsiderationKind
from revrec.model.history import ContractHistory
from revrec.money import AMOUNT_SCALE, apportion, minor_digits
from revrec.periods import FOREVER
from revrec.recognition.counts import meters

Earned = tuple[str, str, date, int]
"""Contract, meter, day, and atoms of the amount."""


def charged_as_used(history: ContractHistory) -> frozenset[str]:
    """Meters whose use is charged as it happens and entitled to by nothing."""
    charged = {
        each.obligation for each in history.consideration if each.kind is ConsiderationKind.USAGE
    }
    entitled = {each.id for each in history.promised if each.usage.entitled is not None}
    return frozenset(
        meter
        for meter, names in meters(history).items()
        if charged & {*names} and not entitled & {*names}
    )


def trued_up(of: object) -> bool:
    """Whether what is missing to it is owed at the end, and no obligation is performed by it."""
    return (
        isinstance(of, Commitment)
        and of.form is not CommitmentForm.PREPAID
        and of.obligation is None
    )


@cites("606-10-55-48", "606-10-32-31")
def earned_unused(burned: Burned, histories: Mapping[str, ContractHistory]) -> Iterator[Earned]:
    """What is missing to the commitments of an account, on the last day of each window.

    The use that counts towards one shares it in proportion to its rated amounts, which stand for
    selling prices; where there was none, all that could be used shares it alike. Whole minor
    units, as it is billed.
    """
    begun = [each for each in commitments_in(burned, FOREVER) if each.of.contract in histories]
    missing = missing_of(begun, histories, FOREVER)
    for held in begun:
        last = held.last_day(FOREVER)
        history = histories[held.of.contract]
        if not trued_up(held.of) or last == FOREVER:
            continue
        currency = history.contract.currency
        owed = true_up_of(held, missing[held.origin], currency, FOREVER)
        weights = _use_of(held, burned, history)
        if owed and weights:
            atom = 10 ** (AMOUNT_SCALE - minor_digits(currency))
            for meter, share in apportion(owed, weights).items():
                if share:
                    yield held.of.contract, meter, last, share * atom


def _use_of(held: Held, burned: Burned, history: ContractHistory) -> dict[str, int]:
    """Rated amounts that counted towards a commitment, by meter that is charged as it is used."""
    takes = held.lot.takes
    could = {meter for meter in charged_as_used(history) if not takes or meter in takes}
    inner = {each.lot.name for each in commitments_in(burned, FOREVER) if is_within(each, held)}
    found: dict[str, int] = defaultdict(int)
    for draw in burned.draws:
        if draw.lot in inner and draw.meter in could and draw.amount > 0:
            found[draw.meter] += draw.amount
    return dict(sorted(found.items())) or dict.fromkeys(sorted(could), 1)
