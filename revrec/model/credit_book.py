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
    def holders(self) -> set[str]:
        """Contracts under which something is held."""
        held: list[CreditGrant | TopUpRule | Commitment] = [
            *self.grants,
            *self.rules,
            *self.commitments,
        ]
        return {each.contract for each in held}
