"""Who told, approved and closed what a report shows, from the records."""

from __future__ import annotations

from revrec.disclosure.signatures import Closed, Signatures, Told
from revrec.model.fact import FactKind, RecordedFact
from revrec.model.proposal import DecidedOutcome, ProposalKind
from revrec.store import facts, periods, proposals
from revrec.store.periods import PeriodClose
from revrec.store.transaction import Transaction


def signatures(tx: Transaction, certificate: PeriodClose) -> Signatures:
    """People behind the entries, modifications and selling prices that a close had read."""
    made = sorted(periods.closes(tx), key=lambda each: (each.closed_at, each.ordinal))
    approved = _approvers(tx)

    def told(kind: FactKind) -> list[RecordedFact]:
        return facts.read(tx, through_seq=certificate.fact_seq, kind=kind)

    return Signatures(
        closes=[
            Closed(
                chain_seq=each.chain_seq,
                prepared_by=each.prepared_by,
                approved_by=each.approved_by,
            )
            for each in made
        ],
        modifications={
            (str(each.fact.contract), str(each.fact.body["id"])): _told(each)
            for each in told(FactKind.MODIFICATION)
        },
        selling_prices={
            name: _told(each, approved.get(name, ""))
            for each in told(FactKind.STANDALONE_SELLING_PRICE)
            for name in [str(each.fact.body["id"])]
        },
    )


def _told(recorded: RecordedFact, approved_by: str = "") -> Told:
    return Told(
        on=recorded.recorded_at.date(),
        by=recorded.recorded_by,
        approved_by=approved_by,
        digest=recorded.fact.digest,
    )


def _approvers(tx: Transaction) -> dict[str, str]:
    """Entry of the book of selling prices -> who approved the last proposal of it."""
    decided = proposals.decisions(tx)
    found: dict[str, str] = {}
    for kind in (ProposalKind.SELLING_PRICES, ProposalKind.CHANGE):
        for proposal in proposals.history(tx, kind):
            decision = decided.get(proposal.id)
            if decision is None or decision.outcome is not DecidedOutcome.APPROVED:
                continue
            found |= {
                str(record["id"]): decision.approved_by
                for record in proposal.facts
                if record["kind"] == FactKind.STANDALONE_SELLING_PRICE
            }
    return found
