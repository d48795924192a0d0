"""The costs of a contract as they stand while their facts are walked in order."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from revrec.asc340.assets import Carried, CostTimeline
from revrec.model.decision import ContractAccounting, Decision, Question
from revrec.model.history import ContractHistory
from revrec.model.policy import Policy
from revrec.money import Money


@dataclass(slots=True)
class Costs:
    """Facts, policy and what ASC 606 decided, and what became of each cost so far."""

    history: ContractHistory
    accounting: ContractAccounting
    policy: Policy
    timeline: CostTimeline
    carried: dict[tuple[str, str], Carried] = field(default_factory=dict)
    """By cost and the obligation it, or this part of it, relates to."""
    decisions: list[Decision] = field(default_factory=list)

    @property
    def contract(self) -> str:
        """The contract's id."""
        return self.history.contract.id

    @property
    def assets(self) -> list[Carried]:
        """Costs that are carried as an asset."""
        return [each for each in self.carried.values() if each.is_asset and not each.derecognized]

    def record(self, decision: Decision) -> int:
        """Its position in the contract's list, after those of ASC 606."""
        self.decisions.append(decision)
        return len(self.accounting.decisions) + len(self.decisions) - 1

    def money(self, amount: int) -> Money:
        """Minor units of the contract's currency."""
        return Money(amount, self.history.contract.currency)

    def ask(self, carried: Carried, day: date) -> Question:
        """How far what is left of an asset is amortised at the end of the day."""
        return Question(
            contract=self.contract, obligation=carried.obligation, shape=carried.shape, day=day
        )
