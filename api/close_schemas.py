"""What goes over the wire of gates, waivers and the checklist."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import Field

from api.schemas import PeriodText, Person, Wire
from revrec.model.controls import Evidence, TaskStatus, Waiver
from revrec.model.misstatement import ErrorTreatment, QualitativeFactor
from revrec.operations.gates import GateState


class GateTold(Wire):
    """A gate of a period's close as it stands."""

    gate: str = Field(examples=["counted-usage-is-rated"])
    """Name of the check."""
    asks: str
    """What has to be so."""
    bound: str = Field(examples=["close_rows_set_aside 1000"])
    """What the policy elects as its bound."""
    value: str = Field(examples=["12 rows"])
    """What was found."""
    blocks: bool
    """Whether the period cannot be closed for it."""
    what: str
    """What waits, with its values; empty if the gate is open."""
    remedy: str
    """What to do."""
    waivable: bool
    """Whether two people may let one close pass it."""
    waiver: WaiverTold | None

    @classmethod
    def of(cls, state: GateState) -> GateTold:
        """The wire form of a gate."""
        names = ("gate", "asks", "bound", "value", "blocks", "what", "remedy", "waivable")
        return cls(
            **{name: getattr(state, name) for name in names},
            waiver=WaiverTold.of(state.waiver) if state.waiver else None,
        )


class WaiverTold(Wire):
    """A gate that need not be passed for one close."""

    period: PeriodText
    gate: str = Field(examples=["rows-set-aside-are-few"])
    requested_by: Person
    approved_by: Person
    reason: str
    waived_at: datetime

    @classmethod
    def of(cls, waiver: Waiver) -> WaiverTold:
        """The wire form of a waiver."""
        return cls(
            period=str(waiver.period),
            gate=waiver.gate,
            requested_by=waiver.requested_by,
            approved_by=waiver.approved_by,
            reason=waiver.reason,
            waived_at=waiver.waived_at,
        )


class WaiverRequested(Wire):
    """Whoever asked for the waiver, and why; the caller approves."""

    requested_by: Person
    reason: str = Field(min_length=1, max_length=1000, examples=["There was no traffic."])


class CutOffMoved(Wire):
    """Whoever asked to move the cut-off, and why; the caller approves."""

    requested_by: Person
    reason: str = Field(min_length=1, max_length=1000, examples=["Invoice 17 came late."])


class EvidenceGiven(Wire):
    """What shows that a task is done: one of the three at least."""

    sha256: str = Field(default="", pattern=r"^([0-9a-f]{64})?$")
    """Of a document."""
    link: str = Field(default="", max_length=1000, examples=["https://files.example/rollforward"])
    """Where it is kept."""
    note: str = Field(default="", max_length=1000, examples=["Tied to the general ledger."])


class SignOffGiven(Wire):
    """What another person says of the evidence."""

    accept: bool = Field(examples=[True])
    note: str = Field(default="", max_length=1000)


class TaskTold(Wire):
    """A task of a period's close."""

    task: str = Field(examples=["rollforward_reviewed"])
    title: str
    owner: str = Field(examples=["controller"])
    due_on: date
    after: list[str]
    """Tasks that have to be done before it."""
    gate: str | None
    """The gate that completes it; null for a task of people."""
    required: bool
    state: str = Field(examples=["open"])
    """waits, open, prepared, returned, waived or done."""
    what: str
    """What is left to do, or was done."""
    evidence: EvidenceTold | None

    @classmethod
    def of(cls, status: TaskStatus) -> TaskTold:
        """The wire form of a task."""
        return cls(
            task=status.task,
            title=status.told.title,
            owner=status.told.owner,
            due_on=status.due_on,
            after=list(status.told.after),
            gate=status.told.gate or None,
            required=status.told.required,
            state=status.state.value,
            what=status.what,
            evidence=EvidenceTold.of(status.evidence) if status.evidence else None,
        )


class EvidenceTold(Wire):
    """Evidence of a task, and what another person said of it."""

    task: str = Field(examples=["rollforward_reviewed"])
    prepared_by: Person
    prepared_at: datetime
    sha256: str
    link: str
    note: str
    outcome: str | None = Field(examples=["accepted"])
    """accepted or returned; null until another person signs."""
    signed_by: Person | None
    signed_at: datetime | None
    sign_off_note: str | None

    @classmethod
    def of(cls, given: Evidence) -> EvidenceTold:
        """The wire form of evidence."""
        signed = given.sign_off
        return cls(
            task=given.task,
            prepared_by=given.prepared_by,
            prepared_at=given.prepared_at,
            sha256=given.sha256,
            link=given.link,
            note=given.note,
            outcome=signed.outcome.value if signed else None,
            signed_by=signed.signed_by if signed else None,
            signed_at=signed.signed_at if signed else None,
            sign_off_note=signed.note if signed else None,
        )


class ErrorTold(Wire):
    """An error of an earlier period; amounts by which it was overstated."""

    id: str
    origin: PeriodText
    reverses: PeriodText | None
    nature: str = Field(examples=["factual"])
    contract: str
    description: str
    revenue: str = Field(examples=["1200.00"])
    pre_tax_income: str = Field(examples=["1200.00"])


class EffectTold(Wire):
    """Errors by one measure on one fiscal year."""

    year_end: date
    measure: str = Field(examples=["revenue"])
    rollover: str
    """What the year's income contains."""
    iron_curtain: str
    """What the balance sheet at the year's end contains."""
    benchmark: str
    """What the statements show."""
    threshold: str = Field(examples=["1.00%"])
    rollover_share: str
    iron_curtain_share: str
    material: bool


class MisstatementsMeasured(Wire):
    """The worksheet on errors of earlier periods."""

    currency: str = Field(examples=["USD"])
    errors: list[ErrorTold]
    effects: list[EffectTold]
    factors: list[str]
    proposed: str = Field(examples=["catch_up"])
    """catch_up or reopen."""
    conclusion: str


class AssessmentProposed(Wire):
    """What becomes of the errors of a period, as the caller judges."""

    treatment: ErrorTreatment
    factors: list[QualitativeFactor] = Field(default_factory=list, max_length=20)
    """What makes them material whatever their size."""
    rationale: str = Field(min_length=1, max_length=2000, examples=["Below every threshold."])
