"""Memos on estimates for the auditor: facts, method, data, factors, result, look-back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from revrec.estimation.components import UNITS
from revrec.estimation.numbers import MODEL_VERSION
from revrec.model.dataset import Column, ColumnType, DataSet
from revrec.model.proposal import Proposal, ProposalDecision, ProposalKind
from revrec.money import to_minor
from revrec.operations.estimate_changes import estimate_changes
from revrec.operations.looking_back import LookBack, counts, look_back_data, looking_back
from revrec.operations.workspace import Workspace
from revrec.periods import Period
from revrec.store import calendars, entities, facts, proposals
from revrec.store.entities import Entity
from revrec.store.transaction import Transaction

_SECTIONS: Mapping[str, tuple[str, ...]] = {
    "Facts": ("contract", "customer", "cohort", "kind", "uncertain", "threshold", "trials",
              "other_revenue", "basis"),
    "Method": ("method", "model_version", "seed", "run", "probable", "significant"),
    "Data": ("days_left", "expected_quantity"),
    "Result": ("unit", "unconstrained", "included", "reversal", "reversal_unconstrained",
               "tolerated", "binds", "by_hand"),
    "Approval": ("as_of", "prepared_by", "standing", "reason", "decided", "decided_by", "note"),
}  # fmt: skip
"""The page of a component: sections and what stands in each."""
_CHANCES = ("reversal", "tolerated")


@dataclass(frozen=True, slots=True, kw_only=True)
class Memos:
    """Memos as of a day: pages, and the schedules 9, 16 and 17 that they add up to."""

    entity: Entity
    as_of: date
    period: Period
    """The accounting period of the day."""
    known_at: datetime
    prepared_by: str
    fact_seq: int
    model_version: str
    pages: Sequence[Mapping[str, Any]]
    datasets: Mapping[str, DataSet]


def memos_of(workspace: Workspace, as_of: date) -> Memos:
    """The last memo of every component and product up to a day; writes nothing."""

    def read(tx: Transaction) -> Memos:
        decided = proposals.decisions(tx)
        made = [e for e in proposals.history(tx, ProposalKind.ESTIMATE) if e.as_of <= as_of]
        latest = _latest(made, as_of)
        studies = _latest(proposals.history(tx, ProposalKind.SELLING_PRICES), as_of)
        back = looking_back(tx, workspace.lake, as_of)
        groups = look_back_data(back)["groups"]
        earlier = _earlier(made, latest, decided)
        so_far: dict[str, list[dict[str, str]]] = {}
        for each in made:
            so_far.setdefault(each.subject, []).append(_told(each, decided.get(each.id)))
        pages = [
            _page(each, decided.get(each.id), groups) | {"estimates": so_far[each.subject]}
            for each in latest
        ]
        return Memos(
            entity=entities.get(tx) or Entity(id=tx.entity, name="", functional_currency="USD"),
            as_of=as_of,
            period=calendars.calendar(tx).of(as_of),
            known_at=tx.now,
            prepared_by=tx.actor,
            fact_seq=facts.last_seq(tx),
            model_version=MODEL_VERSION,
            pages=pages,
            datasets={
                each.name: each
                for each in (
                    _schedule(pages),
                    estimate_changes((earlier.get(e.subject), e.evidence) for e in latest),
                    _pages(pages), _looked_back(back), _prices(studies),
                )
            },
        )  # fmt: skip

    return workspace.run(read, read_only=True)


def _latest(found: Sequence[Proposal], as_of: date) -> list[Proposal]:
    by_subject = {each.subject: each for each in found if each.as_of <= as_of}
    return [by_subject[name] for name in sorted(by_subject)]


def _earlier(
    made: Sequence[Proposal], latest: Sequence[Proposal], decided: Mapping[str, ProposalDecision]
) -> dict[str, Mapping[str, Any]]:
    """By component, the evidence of the last estimate that counted before the latest."""
    days = {each.subject: each.as_of for each in latest}
    return {
        each.subject: each.evidence
        for each in made
        if each.as_of < days[each.subject] and counts(each, decided.get(each.id))
    }


def _told(proposal: Proposal, decision: ProposalDecision | None) -> dict[str, str]:
    """One of a component's estimates so far; of one by hand there is no distribution."""
    told, quantiles = proposal.evidence, proposal.evidence.get("quantiles", {})
    return {
        "as_of": str(proposal.as_of),
        "unconstrained": told.get("unconstrained", ""),
        "included": told["included"],
        "low": quantiles.get("0.10", ""),
        "high": quantiles.get("0.90", ""),
        "standing": proposal.standing.value,
        "decided": "" if decision is None else decision.outcome.value,
    }


def _page(
    proposal: Proposal,
    decision: ProposalDecision | None,
    groups: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    """One component's memo as plain data."""
    told = dict(proposal.evidence)
    group = next(
        (
            each
            for each in groups
            if (each["component"], each["cohort"]) == (told.get("kind"), told.get("cohort"))
        ),
        None,
    )
    return told | {
        "contract": proposal.contract,
        "model_version": proposal.model_version,
        "seed": proposal.seed,
        "run": proposal.run,
        "as_of": str(proposal.as_of),
        "prepared_by": proposal.prepared_by,
        "standing": proposal.standing.value,
        "reason": proposal.reason,
        "decided": "" if decision is None else decision.outcome.value,
        "decided_by": "" if decision is None else decision.approved_by,
        "note": "" if decision is None else decision.note,
        "look_back": group,
    }


def lines_of(page: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Section, item and value of a page, in the order of a reader."""
    for section, names in _SECTIONS.items():
        yield from ((section, name, str(page[name])) for name in names if page.get(name))
        if section == "Data":
            yield from ((section, name, str(value)) for name, value in page.get("data", {}).items())
            yield from (("Data", "doubt", each) for each in page.get("doubts", ()))
            quantiles = page.get("quantiles", {}).items()
            yield from (("Distribution", f"quantile {level}", value) for level, value in quantiles)
            scenarios = page.get("scenarios", ())
            yield from (("Distribution", f"outcome {a}", chance) for a, chance in scenarios)
            yield from (("Factors (32-12)", each, "present") for each in page.get("factors", ()))
    for each in page["estimates"]:
        state = each["decided"] or each["standing"]
        yield ("Estimates so far", each["as_of"], f"included {each['included']}, {state}")
    yield from (("Change", name, str(told)) for name, told in page.get("change", {}).items())
    yield from (
        ("Look-back", name, str(told)) for name, told in (page.get("look_back") or {}).items()
    )


def _pages(pages: Sequence[Mapping[str, Any]]) -> DataSet:
    """Every page below each other: filter by component for one."""
    return DataSet(
        name="estimate_memos",
        title="Estimate memos",
        columns=[_text(name) for name in ("component", "line", "section", "item", "value")],
        rows=[
            (page["component"], f"{number:03}", *line)
            for page in pages
            for number, line in enumerate(lines_of(page), start=1)
        ],
        note=f"One page for each component; statistics of version {MODEL_VERSION}.",
    )


def _schedule(pages: Sequence[Mapping[str, Any]]) -> DataSet:
    """Estimates and what passes the constraint; quantities and amounts in their own columns."""
    texts = ("component", "contract", "customer", "cohort", "kind", "method", "as_of")
    columns = [
        *(_text(name) for name in texts),
        _text("currency"),
        _column("unconstrained", ColumnType.MONEY, total=True),
        _column("included", ColumnType.MONEY, total=True),
        _column("excluded", ColumnType.MONEY, total=True),
        _column("unconstrained_units", ColumnType.QUANTITY),
        _column("included_units", ColumnType.QUANTITY),
        *(_column(name, ColumnType.RATIO) for name in _CHANCES),
        *(_text(name) for name in ("binds", "factors", "standing", "decided", "decided_by")),
    ]
    rows = []
    for page in pages:
        unit = page["unit"]
        money = unit != UNITS
        # Of an estimate by hand, all is included that is estimated.
        part = Decimal(page["included"])
        whole = Decimal(page.get("unconstrained", part))
        amounts: tuple[int | None, ...] = (None, None, None)
        if money:
            minor = to_minor(whole, unit), to_minor(part, unit)
            amounts = (*minor, minor[0] - minor[1])
        rows.append(
            (
                *(str(page.get(name) or "") for name in texts),
                page["currency"],
                *amounts,
                None if money else whole,
                None if money else part,
                *(Decimal(page[name]) if name in page else None for name in _CHANCES),
                page.get("binds", "by hand"),
                ", ".join(page.get("factors", ())),
                page["standing"],
                page["decided"],
                page["decided_by"],
            )
        )
    return DataSet(
        name="variable_consideration",
        title="Variable consideration",
        columns=columns,
        rows=rows,
        note="Estimates, what of them passes the constraint (606-10-32-11), and who decided.",
    )


def _looked_back(back: LookBack) -> DataSet:
    texts = ("component", "contract", "as_of")
    figures = ("unconstrained", "included", "actual", "difference")
    return DataSet(
        name="estimates_looked_back",
        title="Look-back on estimates",
        columns=[
            *(_text(name) for name in texts),
            *(_column(name, ColumnType.QUANTITY) for name in figures),
            _text("inside"),
            _text("reversed"),
        ],
        rows=[
            (
                *(each[name] for name in texts),
                *(Decimal(each[name]) for name in figures),
                "yes" if each["inside"] else "no",
                "yes" if each["reversed"] else "no",
            )
            for each in look_back_data(back)["estimates"]
        ],
        note="; ".join(
            f"{each.kind} of {each.cohort or 'all'}: {each.verdict}" for each in back.groups
        ),
    )


def _prices(studies: Sequence[Proposal]) -> DataSet:
    texts = ("entry", "product", "currency", "per", "region", "segment")
    figures = ("least", "tenth", "median", "mean", "ninetieth", "most", "middle", "low", "high")
    return DataSet(
        name="selling_price_study",
        title="Selling price study",
        columns=[
            *(_text(name) for name in texts if name != "currency"),
            _text("price_currency"),
            _column("count", ColumnType.INTEGER),
            *(_column(name, ColumnType.QUANTITY) for name in figures),
            _column("inside", ColumnType.RATIO),
            _column("drift", ColumnType.RATIO),
            _text("left_out"),
        ],
        rows=[
            (
                *(each[name] for name in texts if name != "currency"),
                each["currency"],
                int(each["count"]),
                *(Decimal(each[name]) for name in figures),
                Decimal(each["inside"]),
                None if each["drift"] is None else Decimal(each["drift"]),
                ", ".join(f"{why}: {count}" for why, count in each["left_out"].items()),
            )
            for study in studies
            for each in study.evidence["strata"]
        ],
        note="Prices by stratum, the range they show, and the drift against the book in force.",
    )


def _text(name: str) -> Column:
    return _column(name, ColumnType.TEXT)


def _column(name: str, kind: ColumnType, *, total: bool = False) -> Column:
    title = name.replace("_", " ").capitalize()
    return Column(name=name, title=title, type=kind, total=total)
