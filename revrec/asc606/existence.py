"""Step 1: whether an agreement is a contract, from when, and what becomes of deposits.

606-10-25-1 to 25-8. People judge the criteria; the rules here say what follows from them.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction

import msgspec
from msgspec import structs

from revrec.asc606.allocation import Weights, allocate, participants, proportions
from revrec.asc606.contract import identify_contract
from revrec.asc606.performance_obligations import COMPLETE
from revrec.asc606.standalone_selling_price import Books, standalone_selling_price
from revrec.citations import cites
from revrec.errors import NotAContract
from revrec.model.assessment import Assessment, Criterion, DepositEvent
from revrec.model.contract import Contract
from revrec.model.decision import Answer, Decision, Earlier, Question, Segment, Told
from revrec.model.history import ContractHistory
from revrec.money import round_ratio, to_minor
from revrec.periods import FOREVER, day_before

DEPOSIT = "deposit"
"""Component of revenue that was received without a contract (25-7)."""

_LETTER = dict(zip(Criterion, "abcde", strict=True))
_CASE = {
    DepositEvent.NOTHING_LEFT: (
        "a",
        "nothing is left to transfer and substantially all of the consideration is received",
    ),
    DepositEvent.TERMINATED: ("b", "the agreement is terminated"),
    DepositEvent.TRANSFERS_STOPPED: (
        "c",
        "control of what was paid for has passed and no more has to be transferred",
    ),
}
Span = tuple[date, date]


class Existence(msgspec.Struct, frozen=True, kw_only=True):
    """From when an agreement is a contract, and since when its deposits are revenue."""

    decisions: tuple[Decision, ...]
    without: tuple[Span, ...]
    """Spans, both days included, in which there is no contract."""
    exists_from: date | None
    """None: from inception. ``FOREVER``: not yet."""
    earned_from: date | None = None
    """The day of an event of 25-7."""
    earned_because: int = 0
    """Position of the decision about it."""


class _Judging:
    """The state of an agreement while its assessments are walked in order."""

    def __init__(self, contract: Contract) -> None:
        self.contract = contract
        self.unmet = contract.unmet_criteria
        self.since = contract.inception if self.unmet else None
        self.spans: list[Span] = []
        self.decisions = [_first_judgment(contract)]
        self.earned: tuple[date, int] | None = None

    def take(self, told: Assessment) -> None:
        """One assessment."""
        self._check(told)
        if told.event is not None:
            self.earned = (told.on, len(self.decisions))
            letter, what = _CASE[told.event]
            self._decide(
                told,
                ("606-10-25-7",),
                "deposit is revenue",
                f"{what} and not refundable (25-7{letter}): what was received without a contract "
                "is revenue, as is what will be received",
            )
        elif not told.unmet:
            self._passes(told)
        elif self.since is None and not told.significant_change:
            self._decide(
                told,
                ("606-10-25-5",),
                "not reassessed",
                "the agreement met the criteria and nothing significant has changed, so it "
                "stands although now not met are " + _named(told.unmet),
            )
        else:
            self._fails(told)

    def _passes(self, told: Assessment) -> None:
        if self.since is None:
            outcome, what = "contract stands", "the criteria are still met"
        else:
            self.spans.append((self.since, day_before(told.on)))
            self.since, self.unmet = None, ()
            outcome = "contract exists"
            what = (
                "the criteria are met from this day: the agreement is accounted for as a "
                "contract, and what was transferred before is caught up"
            )
        self._decide(told, ("606-10-25-1", "606-10-25-6"), outcome, what)

    def _fails(self, told: Assessment) -> None:
        if self.since is None:
            what = (
                f"{told.significant_change}; not met any more: {_named(told.unmet)}. Nothing more "
                "is recognised, and what is received is a deposit"
            )
            self.since = told.on
        else:
            what = f"still not met: {_named(told.unmet)}; what is received is a deposit"
        self.unmet = told.unmet
        self._decide(told, ("606-10-25-5", "606-10-25-8"), "no contract", what)

    def _check(self, told: Assessment) -> None:
        """Refuse what contradicts the agreement's state."""
        contract = self.contract
        if told.on < contract.inception:
            raise _contradiction(
                told, f"is of {told.on}, before the agreement's inception {contract.inception}",
                "on", "606-10-25-1", "Tell `unmet_criteria` on the contract instead.",
            )  # fmt: skip
        if self.earned is not None:
            raise _contradiction(
                told, "judges an agreement whose deposit has become revenue", "event",
                "606-10-25-7", "Tell a new agreement as a contract of its own.",
            )  # fmt: skip
        if told.event is None:
            return
        if self.since is None:
            raise _contradiction(
                told, f"tells {told.event.value} of an agreement that is a contract", "event",
                "606-10-25-7", "Tell a modification, or first that the criteria are not met.",
            )  # fmt: skip
        if not told.non_refundable:
            raise _contradiction(
                told, "makes a deposit revenue that is refundable", "non_refundable",
                "606-10-25-8", "Until it is not refundable it stays a liability.",
            )  # fmt: skip

    def _decide(
        self, told: Assessment, paragraphs: tuple[str, ...], outcome: str, what: str
    ) -> None:
        basis = f" ({told.basis})" if told.basis else ""
        by = f", judged by {told.judged_by}" if told.judged_by else ""
        self.decisions.append(
            Decision(
                contract=told.contract,
                on=told.on,
                step=1,
                rule="assess_contract",
                paragraphs=paragraphs,
                told=Told(
                    inputs={
                        "assessment": told.id,
                        "unmet": ", ".join(told.unmet),
                        "judged_by": told.judged_by,
                    },
                    outcome=outcome,
                    sentence=f"On {told.on}{by}{basis}: {what}.",
                ),
            )
        )


@cites("606-10-25-1", "606-10-25-5", "606-10-25-6", "606-10-25-7", "606-10-25-8")
def assess_contract(history: ContractHistory) -> Existence:
    """From when the agreement is a contract, as judged at inception and since.

    Raises NotAContract where an assessment contradicts the agreement's state, or a modification
    changes what is no contract.
    """
    contract = history.contract
    if not contract.unmet_criteria and not history.assessments:
        return Existence(decisions=(identify_contract(contract),), without=(), exists_from=None)
    judging = _Judging(contract)
    for told in history.assessments:
        judging.take(told)
    spans = [*judging.spans, *([(judging.since, FOREVER)] if judging.since else [])]
    spans = [(first, last) for first, last in spans if first <= last]
    starts = contract.inception
    exists_from = next((_day_after(last) for first, last in spans if first == starts), None)
    for modification in history.modifications:
        if any(first <= modification.on <= last for first, last in spans):
            raise NotAContract(
                f"Modification {modification.id} of {modification.on} changes agreement "
                f"{contract.id}, which is no contract then.",
                citation="606-10-25-10",
                remedy="Assess the changed agreement, or correct the day of either fact.",
                contract=contract.id,
                field="modification.on",
            )
    earned_from, because = judging.earned or (None, 0)
    return Existence(
        decisions=tuple(judging.decisions),
        without=tuple(spans),
        exists_from=exists_from,
        earned_from=earned_from,
        earned_because=because,
    )


@cites("606-10-25-6", "606-10-32-43")
def contract_as_of(contract: Contract, existence: Existence) -> Contract:
    """The contract with the inception at which it is accounted for: the day it came to exist."""
    if existence.exists_from is None:
        return contract
    return replace(contract, inception=existence.exists_from, start=contract.first_day)


@cites("606-10-25-5", "606-10-25-8")
def without_contract(
    segments: Iterable[Segment], existence: Existence
) -> Generator[list[Question], list[Answer], tuple[Segment, ...]]:
    """Segments with nothing recognised in spans without a contract.

    What was recognised before such a span stays; nothing is left to recognise while it lasts.
    """
    if not existence.without:
        return tuple(segments)
    found = list(segments)
    for first, last in existence.without:
        until = day_before(first)
        running = [each for each in found if each.valid_from < first <= each.valid_to]
        if not running:
            continue
        answers = yield [
            Question(
                contract=each.contract, obligation=each.obligation, shape=each.shape, day=until
            )
            for each in running
        ]
        outside = [
            each._replace(valid_to=min(each.valid_to, until))
            for each in found
            if each.valid_from < first
        ]
        if last < FOREVER:
            outside += [
                each._replace(valid_from=max(each.valid_from, _day_after(last)))
                for each in found
                if last < each.valid_to
            ]
        frozen = [
            _frozen(each, answer)._replace(
                valid_from=first,
                valid_to=last,
                earlier=each.earlier or Earlier(each.shape, until),
            )
            for each, answer in zip(running, answers, strict=True)
        ]
        found = [*outside, *(each for each in frozen if each.price)]
    return tuple(found)


@cites("606-10-25-7")
def deposits_earned(
    history: ContractHistory, books: Books, existence: Existence, segments: Iterable[Segment]
) -> tuple[Segment, ...]:
    """What was received is revenue from an event of 25-7 on, beyond what was recognised before.

    Sales tax billed is not part of it (32-2A). Several obligations share by selling prices.
    """
    start = existence.earned_from
    if start is None:
        return ()
    contract = history.contract
    before = sum(each.price for each in segments if each.valid_from <= start <= each.valid_to)
    parts = proportions(_weights(contract, books))
    days = sorted({max(day, start) for day, _ in _received(history)} | {start})
    earned: list[Segment] = []
    for day, following in zip(days, [*days[1:], None], strict=True):
        received = sum(amount for on, amount in _received(history) if on <= day)
        last = day_before(following) if following is not None else FOREVER
        for name, share in allocate(max(received - before, 0), parts).items():
            if share:
                earned.append(
                    _deposit(contract, name, share, (day, last), existence.earned_because)
                )
    return tuple(earned)


def _first_judgment(contract: Contract) -> Decision:
    decision = identify_contract(contract)
    if not contract.unmet_criteria:
        return decision
    return structs.replace(
        decision,
        paragraphs=("606-10-25-1", "606-10-25-6", "606-10-25-8"),
        told=Told(
            inputs={**decision.inputs, "unmet": ", ".join(contract.unmet_criteria)},
            outcome="no contract",
            sentence=(
                f"The agreement with {contract.customer_name or contract.customer} of "
                f"{contract.inception} is no contract: not met are "
                f"{_named(contract.unmet_criteria)}. Nothing is recognised, and what is received "
                "is a deposit."
            ),
        ),
    )


def _frozen(segment: Segment, answer: Answer) -> Segment:
    """What the segment had earned, for good."""
    amount = round_ratio(segment.price * answer.numerator, answer.denominator)
    breakage, entitled = segment.kept_breakage, segment.shape.entitled
    if entitled is not None:
        breakage = amount - round_ratio(segment.price * min(answer.used, entitled), entitled)
    return segment._replace(price=amount, shape=COMPLETE, kept_breakage=breakage)


def _received(history: ContractHistory) -> list[tuple[date, int]]:
    """Cash received less cash returned and tax billed, by day, in minor units."""
    currency = history.contract.currency
    cash = [(each.on, to_minor(each.amount, currency)) for each in history.payments]
    cash += [(each.on, -to_minor(each.amount, currency)) for each in history.refunds]
    cash += [(each.on, -to_minor(each.amount, currency)) for each in history.customer_payments]
    for document in history.invoices:
        cash += [(document.on, -to_minor(line.tax, currency)) for line in document.lines]
    for memo in history.credit_memos:
        cash += [(memo.on, to_minor(line.tax, currency)) for line in memo.lines]
    return cash


def _weights(contract: Contract, books: Books) -> Weights:
    sharing = participants(contract.obligations, contract.consideration)
    if len(sharing) < 2:  # noqa: PLR2004 - one, or none that is not priced by use
        return dict.fromkeys([each.id for each in sharing or contract.obligations[:1]], Fraction(1))
    return {
        each.id: standalone_selling_price(
            each,
            contract,
            books,
            on=contract.inception,
            first_day=each.start or contract.first_day,
            last_day=each.end or contract.end,
        )
        for each in sharing
    }


def _deposit(contract: Contract, name: str, share: int, span: Span, because: int) -> Segment:
    product = next(each.product for each in contract.obligations if each.id == name)
    return Segment(
        contract=contract.id,
        obligation=name,
        component=DEPOSIT,
        product=product,
        currency=contract.currency,
        valid_from=span[0],
        valid_to=span[1],
        price=share,
        shape=COMPLETE,
        decisions=(because,),
    )


def _named(unmet: Sequence[Criterion]) -> str:
    return ", ".join(f"{each.value.replace('_', ' ')} (25-1{_LETTER[each]})" for each in unmet)


def _day_after(day: date) -> date:
    return day if day == FOREVER else day + timedelta(days=1)


def _contradiction(
    told: Assessment, what: str, field: str, citation: str, remedy: str
) -> NotAContract:
    return NotAContract(
        f"Assessment {told.id} of contract {told.contract} {what}.",
        citation=citation,
        remedy=remedy,
        contract=told.contract,
        field=f"assessment.{field}",
    )
