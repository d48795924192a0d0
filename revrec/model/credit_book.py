"""All that is told of credits and commitments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from revrec.model.commitment import Commitment, CommitmentAmendment
from revrec.model.credit import (
    CreditAdjustment,
    CreditGrant,
    CreditPool,
    CreditTransfer,
    TopUpRule,
)

CreditRecord = (
    CreditGrant
    | TopUpRule
    | CreditAdjustment
    | CreditPool
    | CreditTransfer
    | Commitment
    | CommitmentAmendment
)


@dataclass(slots=True)
class CreditBook:
    """The facts about credits and commitments, by kind; in any order."""

    grants: list[CreditGrant] = field(default_factory=list)
    rules: list[TopUpRule] = field(default_factory=list)
    adjustments: list[CreditAdjustment] = field(default_factory=list)
    pools: list[CreditPool] = field(default_factory=list)
    transfers: list[CreditTransfer] = field(default_factory=list)
    commitments: list[Commitment] = field(default_factory=list)
    amendments: list[CommitmentAmendment] = field(default_factory=list)
    meters: Mapping[tuple[str, str], frozenset[str]] = field(default_factory=dict)
    """(Contract, product) -> the meters that count towards it, as the contracts tell."""
    digests: dict[CreditRecord, str] = field(default_factory=dict)
    """Record -> kind, key and digest of its fact."""
    counted: frozenset[tuple[str, str]] = frozenset()
    """Contract and meter of use that counts towards an obligation as it is used."""

    def add(self, record: CreditRecord) -> None:
        """Put a record with those of its kind."""
        match record:
            case CreditGrant():
                self.grants.append(record)
            case TopUpRule():
                self.rules.append(record)
            case CreditAdjustment():
                self.adjustments.append(record)
            case CreditPool():
                self.pools.append(record)
            case CreditTransfer():
                self.transfers.append(record)
            case Commitment():
                self.commitments.append(record)
            case CommitmentAmendment():
                self.amendments.append(record)

    @property
    def performed(self) -> set[tuple[str, str]]:
        """Contract and obligation of what is performed as credits or commitments are drawn."""
        held: list[CreditGrant | TopUpRule | Commitment] = [
            *self.grants,
            *self.rules,
            *self.commitments,
        ]
        return {(each.contract, each.obligation) for each in held if each.obligation}

    def digests_of(self, contract: str) -> list[str]:
        """Digests of what decides how much of a contract's obligations was performed, if anything.

        That is everything told of the contracts it shares credits with.
        """
        if contract not in {name for name, _ in self.performed}:
            return []
        pools = {each.id for each in self.pools if contract in each.contracts}
        members = {contract}.union(*(each.contracts for each in self.pools if each.id in pools))

        def concerns(record: CreditRecord) -> bool:
            if isinstance(record, CreditPool):
                return record.id in pools
            if isinstance(record, CreditTransfer):
                return record.pool in pools
            return record.contract in members

        return [digest for record, digest in self.digests.items() if concerns(record)]

    @property
    def holders(self) -> set[str]:
        """Contracts under which something is held."""
        held: list[CreditGrant | TopUpRule | Commitment] = [
            *self.grants,
            *self.rules,
            *self.commitments,
        ]
        return {each.contract for each in held}
