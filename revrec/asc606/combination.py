"""Step 1: contracts accounted for as one (606-10-25-9).

A rule proposes, a person confirms or refuses, and what is confirmed becomes one contract: one
price, one allocation, one net balance. Its obligations and amounts keep their names, after the name
of the contract that promised them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from operator import attrgetter

from revrec.asc606.combining import as_one_contract
from revrec.citations import cites
from revrec.errors import ContractError, CurrencyMismatch
from revrec.model.combination import Combination, CombinationOutcome, CombinationReason
from revrec.model.contract import Contract
from revrec.model.decision import Decision, Told
from revrec.model.history import Book, ContractHistory
from revrec.model.policy import Policy

_PARAGRAPH = "606-10-25-9"
_LETTER = dict(zip(CombinationReason, "abc", strict=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """Contracts that may have to be combined, about which nobody has decided."""

    customer: str
    """The customer, or the group of related parties."""
    contracts: tuple[str, ...]
    inception_first: date
    inception_last: date
    indications: tuple[CombinationReason, ...]
    """What the facts point to; whether it is so is for a person to judge."""


@cites("606-10-25-9")
def propose_combinations(book: Book) -> list[Proposal]:
    """Contracts with one customer or its related parties, made within the elected window.

    Contracts in different currencies are not proposed. What was confirmed or refused together is
    not proposed again, but with a further contract it is.
    """
    window = combination_window(book.policy)
    settled = [frozenset(each.contracts) for each in book.combinations]
    told = {**book.apart, **book.histories}.values()
    signed = {each.contract.id: each.contract for each in told if not each.members}
    groups: dict[tuple[str, str], list[Contract]] = {}
    for contract in sorted(signed.values(), key=lambda each: (each.inception, each.id)):
        party = contract.customer_group or contract.customer
        groups.setdefault((party, contract.currency), []).append(contract)
    proposals = []
    for (party, _), made in sorted(groups.items()):
        for near in _near(made, window):
            names = frozenset(each.id for each in near)
            if len(near) > 1 and not any(names <= each for each in settled):
                proposals.append(_proposal(party, near))
    return proposals


@cites("606-10-25-9")
def combination_window(policy: Policy) -> timedelta:
    """Contracts that are further apart are not at or near the same time, as elected (25-9)."""
    elected = policy.value("combination_window")
    return timedelta(days=0 if elected == "same_day" else int(elected.partition("_")[0]))


@cites("606-10-25-9")
def combine(
    combinations: Iterable[Combination], histories: Mapping[str, ContractHistory]
) -> dict[str, ContractHistory]:
    """Histories with what was confirmed as one; refused combinations are recorded.

    A combination that cannot stand is the refusal of every contract it names, so that others go
    on: it names one contract, one twice, one that is not known, another combination, contracts of
    several currencies or of parties that are not related, or one that is combined already.
    """
    latest = _latest(combinations)
    found = dict(histories)
    confirmed = [each for each in latest if each.outcome is CombinationOutcome.CONFIRMED]
    for told in latest:
        members = [histories[name] for name in told.contracts if name in histories]
        if told.outcome is CombinationOutcome.REFUSED:
            for member in members:
                member.read_as = (*member.read_as, _explain(told, member.contract.id, ""))
            continue
        error = _refusal(told, confirmed, histories)
        if error is None:
            try:
                one = as_one_contract(told, members)
                why = _explain(told, told.id, f"{one.contract.inception}")
                one.read_as = (*one.read_as, why)
                found[told.id] = one
            except ContractError as refused:
                error = refused
        if error is not None:
            for member in members:
                member.refusal = member.refusal or error
        else:
            for member in members:
                found.pop(member.contract.id, None)
    return dict(sorted(found.items()))


def _latest(combinations: Iterable[Combination]) -> list[Combination]:
    """The last decision about each set of contracts, by name."""
    decided: dict[frozenset[str], Combination] = {}
    for told in sorted(combinations, key=attrgetter("on", "id")):
        decided[frozenset(told.contracts)] = told
    return sorted(decided.values(), key=attrgetter("id"))


def _near(made: Sequence[Contract], window: timedelta) -> list[list[Contract]]:
    """Runs of contracts, in order of inception, each within the window of the first of its run."""
    runs: list[list[Contract]] = []
    for contract in made:
        if runs and contract.inception - runs[-1][0].inception <= window:
            runs[-1].append(contract)
        else:
            runs.append([contract])
    return runs


def _proposal(party: str, near: Sequence[Contract]) -> Proposal:
    indications = []
    if len({each.inception for each in near}) == 1 or _same_term(near, "package"):
        indications.append(CombinationReason.ONE_OBJECTIVE)
    if _same_term(near, "priced_with"):
        indications.append(CombinationReason.INTERDEPENDENT_PRICES)
    products = [{each.product for each in contract.obligations} for contract in near]
    if set.intersection(*products):
        indications.append(CombinationReason.ONE_OBLIGATION)
    return Proposal(
        customer=party,
        contracts=tuple(each.id for each in near),
        inception_first=near[0].inception,
        inception_last=near[-1].inception,
        indications=tuple(indications),
    )


def _same_term(near: Sequence[Contract], name: str) -> bool:
    values = {each.terms.get(name, "") for each in near}
    return len(values) == 1 and values != {""}


def _refusal(
    told: Combination, confirmed: Sequence[Combination], histories: Mapping[str, ContractHistory]
) -> ContractError | None:
    """Why a confirmed combination cannot stand, if so."""
    names = told.contracts
    combinations = {each.id for each in confirmed}
    overlapping = sorted(
        each.id for each in confirmed if each.id != told.id and {*each.contracts} & {*names}
    )
    contracts = [histories[name].contract for name in names if name in histories]
    unknown = sorted({*names} - histories.keys() - combinations)
    checks: list[tuple[object, str, str]] = [
        (len({*names}) < 2, "names fewer than two contracts", "Name two or more."),  # noqa: PLR2004
        (len({*names}) < len(names), "names a contract twice", "Name each once."),
        (
            told.id in histories,
            "has the name of a contract",
            "Give the combination a name of its own.",
        ),
        (
            {*names} & combinations,
            f"names a combination, {', '.join(sorted({*names} & combinations))}",
            "Name the contracts themselves, in one combination.",
        ),
        (unknown, f"names {', '.join(unknown)}, which is not known", "Record the contracts."),
        (
            overlapping,
            f"shares a contract with {', '.join(overlapping)}",
            "Refuse one of the two, or tell one combination of them all.",
        ),
        (not told.reasons, "gives none of the reasons of 25-9", "Give at least one reason."),
    ]
    for wrong, what, remedy in checks:
        if wrong:
            return _contradiction(told, what, remedy)
    if len({each.currency for each in contracts}) > 1:
        currencies = ", ".join(f"{each.id} {each.currency}" for each in contracts)
        return CurrencyMismatch(
            f"Combination {told.id} is of contracts in several currencies: {currencies}.",
            citation=_PARAGRAPH,
            remedy="Account for them apart; the engine keeps one currency per contract.",
            field="combination.contracts",
        )
    parties = {each.customer_group or each.customer for each in contracts}
    if len(parties) > 1:
        return _contradiction(
            told,
            f"is of parties that are not related, {', '.join(sorted(parties))}",
            "Give the related parties one `customer_group`.",
        )
    return None


def _explain(told: Combination, contract: str, inception: str) -> Decision:
    reasons = ", ".join(
        f"{each.value.replace('_', ' ')} (25-9{_LETTER[each]})" for each in told.reasons
    )
    names = ", ".join(told.contracts)
    basis = f" ({told.basis})" if told.basis else ""
    if told.outcome is CombinationOutcome.CONFIRMED:
        sentence = (
            f"{told.by} decided on {told.on}{basis} that {names} are accounted for as one "
            f"contract, {told.id}, from {inception} on: {reasons}."
        )
    else:
        sentence = (
            f"{told.by} decided on {told.on}{basis} that {names} are accounted for apart: none of "
            "the reasons of 25-9 holds."
        )
    return Decision(
        contract=contract,
        on=told.on,
        step=1,
        rule="combine",
        paragraphs=(_PARAGRAPH,),
        told=Told(
            inputs={"combination": told.id, "contracts": names, "by": told.by},
            outcome="combined" if told.outcome is CombinationOutcome.CONFIRMED else "not combined",
            sentence=sentence,
        ),
    )


def _contradiction(told: Combination, what: str, remedy: str) -> ContractError:
    return ContractError(
        f"Combination {told.id} {what}.",
        citation=_PARAGRAPH,
        remedy=remedy,
        field="combination.contracts",
    )
