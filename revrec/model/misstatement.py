"""Errors found in earlier periods, and what their effect is measured against (250-10-S99-1)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Literal

from revrec.model.contract import _STRICT


class MisstatementNature(StrEnum):
    """How the amount of an error is known."""

    FACTUAL = "factual"
    """There is no doubt about it."""
    JUDGMENTAL = "judgmental"
    """It follows from an estimate or a policy that is not reasonable."""
    PROJECTED = "projected"
    """It was projected from a sample."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Misstatement:
    """An error in a period: by how much revenue and income were too high; negative: too low."""

    __pydantic_config__ = _STRICT

    kind: Literal["misstatement"] = "misstatement"
    id: str
    on: date
    """A day of the month in which it arose: its period of origin."""
    currency: str
    revenue: Decimal
    """By how much revenue of that period was overstated; negative: understated."""
    pre_tax_income: Decimal | None = None
    """The same of income before taxes; as revenue if left out."""
    reverses_on: date | None = None
    """A day of the month in which it turned itself around, as errors of cut-off do."""
    nature: MisstatementNature = MisstatementNature.FACTUAL
    contract: str = ""
    """The contract, for readers."""
    description: str

    @property
    def effects(self) -> dict[str, Decimal]:
        """By measure."""
        income = self.revenue if self.pre_tax_income is None else self.pre_tax_income
        return {"revenue": self.revenue, "pre_tax_income": income}


@dataclass(frozen=True, slots=True, kw_only=True)
class FinancialBenchmark:
    """What a fiscal year's financial statements show, as reported or as expected."""

    __pydantic_config__ = _STRICT

    kind: Literal["financial_benchmark"] = "financial_benchmark"
    id: str
    on: date
    """The last day of the fiscal year."""
    currency: str
    revenue: Decimal
    pre_tax_income: Decimal


class QualitativeFactor(StrEnum):
    """What may make a small error material (250-10-S99-1, SAB Topic 1.M)."""

    PRECISE = "capable_of_precise_measurement"
    TREND = "masks_a_change_in_earnings_or_trends"
    CONSENSUS = "hides_a_failure_to_meet_expectations"
    LOSS_TO_INCOME = "changes_a_loss_into_income"
    SEGMENT = "concerns_a_significant_segment"
    REGULATION = "affects_compliance_with_regulation"
    COVENANTS = "affects_compliance_with_covenants"
    COMPENSATION = "increases_compensation_of_management"
    UNLAWFUL = "conceals_an_unlawful_transaction"
    INTENTIONAL = "is_intentional"


class ErrorTreatment(StrEnum):
    """What becomes of errors of earlier periods."""

    CATCH_UP = "catch_up"
    """They are corrected in the open period, as every late fact is."""
    REOPEN = "reopen"
    """The periods they are of are reopened, their statements restated or revised."""
