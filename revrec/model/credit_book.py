"""All that is told of credits and commitments."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from revrec.model.commitment import Commitment, CommitmentAmendment
from revrec.model.credit import (
    CreditAdjustment,
    CreditGrant,
    CreditPool,
    CreditTransfer,
    TopUpRule,
)

if TYPE_CHECKING:
    from revrec.model.history import ContractHistory

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

    committed: Mapping[str, ContractHistory] = field(default_factory=dict)
    """Contracts that owe what is missing to a commitment that no obligation is performed by."""

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

    @property
    def discounts(self) -> set[str]:
        """Contracts under which credits were given that are performed by no obligation."""
        return {each.contract for each in self.grants if each.promotional and not each.obligation}

    @property
    def decides_revenue(self) -> bool:
        """Whether revenue follows what is drawn of anything."""
        return bool(self.performed or self.discounts or self.commitments)

    def digests_by_contract(self) -> dict[str, list[str]]:
        """Digests of what decides what is drawn for a contract's revenue, by the contract.

        That is everything told of the contracts it shares credits with.
        """
        performed = {contract for contract, _ in self.performed} | self.discounts
        performed |= {each.contract for each in self.commitments}
        performed = performed.union(
            *(pool.contracts for pool in self.pools if self.discounts & {*pool.contracts})
        )
        if not performed:
            return {}
        told: dict[str, list[str]] = defaultdict(list)
        for record, digest in self.digests.items():
            match record:
                case CreditPool():
                    told[f"pool {record.id}"].append(digest)
                case CreditTransfer():
                    told[f"pool {record.pool}"].append(digest)
                case _:
                    told[record.contract].append(digest)
        pools: dict[str, list[CreditPool]] = defaultdict(list)
        for pool in self.pools:
            for contract in pool.contracts:
                pools[contract].append(pool)
        places = {
            contract: {contract}.union(
                *({f"pool {pool.id}", *pool.contracts} for pool in pools[contract])
            )
            for contract in performed
        }
        return {
            contract: [digest for name in sorted(concerned) for digest in told[name]]
            for contract, concerned in places.items()
        }

    @property
    def holders(self) -> set[str]:
        """Contracts under which something is held."""
        held: list[CreditGrant | TopUpRule | Commitment] = [
            *self.grants,
            *self.rules,
            *self.commitments,
        ]
        return {each.contract for each in held}
