"""What explains the items of a sample: sheets of the sample's workbook, each row with its item."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from reports.arithmetic import TITLE, Arithmetic
from revrec.audit.explanation import Evidence
from revrec.audit.telling import exactly, step_title
from revrec.audit.workings import Working
from revrec.disclosure import columns as c
from revrec.model.dataset import DataSet
from revrec.money import minor_digits
from revrec.operations.sample_packs import SamplePack


def workings_of(pack: SamplePack) -> list[Working]:
    """The arithmetic of all items, one below the other, each named by its item."""
    return [working for _, working in _numbered(pack)]


def explained(pack: SamplePack) -> Iterator[DataSet]:
    """How each item was computed, what it rests on, who approved it, what changed it.

    Sheets without rows are left out: a sample of events has none of them.
    """
    made = (_computed(pack), _steps(pack), _use(pack), _approvals(pack), _changes(pack))
    return (each for each in made if each.rows)


def _numbered(pack: SamplePack) -> Iterator[tuple[int, Working]]:
    for number, made in pack.explained.items():
        for each in made.workings:
            yield number, replace(each, title=f"Item {number}: {each.title}")


def _computed(pack: SamplePack) -> DataSet:
    columns = [
        c.count("item", "No"), c.text("what", "What was computed"), c.CURRENCY,
        c.money("posted", "Posted"), c.money("computed", "Computed again"),
        c.money("difference", "Difference"), c.text("rounding", "Of it by rounding"),
        c.text("arithmetic", "Live formulas"), c.ROW_KEY,
    ]  # fmt: skip
    numbered = list(_numbered(pack))
    starts = Arithmetic([working for _, working in numbered]).starts
    rows = [
        (
            number, each.title, each.currency, each.posted, each.result, each.difference,
            exactly(each.rounding, minor_digits(each.currency)), f"{TITLE}, row {start}",
            c.key_of(str(number), str(start)),
        )
        for (number, each), start in zip(numbered, starts, strict=True)
    ]  # fmt: skip
    note = "Each item computed again from its facts, with what the books hold beside it."
    return DataSet(
        name="sample_computed", title="Computed again", columns=columns, rows=rows, note=note
    )


def _steps(pack: SamplePack) -> DataSet:
    columns = [
        c.count("item", "No"), c.count("number", "Decision"), c.text("step", "Step"),
        c.text("rule", "Rule"), c.text("paragraphs", "Paragraphs"), c.day("on", "On"),
        c.text("inputs", "Inputs"), c.text("outcome", "Outcome"), c.text("sentence", "In words"),
        c.text("new", "New since the close before"), c.ROW_KEY,
    ]  # fmt: skip
    rows = [
        (
            number, each.number, step_title(each.decision.step), each.decision.rule,
            " ".join(each.decision.paragraphs), each.decision.on,
            "; ".join(f"{name}: {value}" for name, value in each.decision.inputs.items()),
            each.decision.outcome, each.decision.sentence, "" if each.told_before else "yes",
            c.key_of(str(number), str(each.number)),
        )
        for number, made in pack.explained.items()
        for each in made.decisions
        if each.rests
    ]  # fmt: skip
    note = "Decisions that the item rests on; all of its contract's are in sample.json."
    return DataSet(
        name="sample_decisions", title="Five steps", columns=columns, rows=rows, note=note
    )


def _use(pack: SamplePack) -> DataSet:
    columns = [
        c.count("item", "No"), c.text("use", "Use"), c.day("of", "Of"), c.text("tells", "Tells"),
        c.text("recorded_at", "Arrived (UTC)"), c.text("sha256", "SHA-256"), c.ROW_KEY,
    ]  # fmt: skip
    rows = [
        (
            number, each.name, each.effective_on, each.tells,
            f"{each.recorded_at:%Y-%m-%d %H:%M:%S}", each.digest,
            c.key_of(str(number), each.name),
        )
        for number, made in pack.explained.items()
        for each in made.facts
        if _is_use(each)
    ]  # fmt: skip
    return DataSet(name="sample_use", title="Use", columns=columns, rows=rows)


def _is_use(each: Evidence) -> bool:
    return each.seq is None


def _approvals(pack: SamplePack) -> DataSet:
    columns = [
        c.count("item", "No"), c.text("what", "What"), c.text("prepared_by", "Prepared by"),
        c.text("approved_by", "Approved by"), c.text("at", "At (UTC)"), c.text("why", "Why"),
        c.ROW_KEY,
    ]  # fmt: skip
    rows = [
        (
            number, each.what, each.prepared_by, each.approved_by, f"{each.at:%Y-%m-%d %H:%M:%S}",
            each.why, c.key_of(str(number), str(place)),
        )
        for number, made in pack.explained.items()
        for place, each in enumerate(made.approvals)
    ]  # fmt: skip
    return DataSet(name="sample_approvals", title="Approvals", columns=columns, rows=rows)


def _changes(pack: SamplePack) -> DataSet:
    columns = [
        c.count("item", "No"), c.text("what", "What"), c.CURRENCY,
        c.money("before", "Period before", total=False), c.money("after", "Period", total=False),
        c.money("change", "Change", total=False), c.text("why", "Why"), c.ROW_KEY,
    ]  # fmt: skip
    rows = [
        (
            number, each.name, each.after.currency, each.before.minor, each.after.minor,
            each.change.minor, each.why, c.key_of(str(number), str(place)),
        )
        for number, made in pack.explained.items()
        for place, each in enumerate(made.changes)
    ]  # fmt: skip
    return DataSet(name="sample_changes", title="Since last period", columns=columns, rows=rows)
