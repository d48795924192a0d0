"""An explanation as files: a workbook whose arithmetic is live, its twins, and JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from reports.arithmetic import TITLE, Arithmetic
from reports.cover import Cover
from reports.csv_twin import write_manifest
from reports.files import atomically, file_name
from reports.long_division import TITLE as LONG_DIVISION
from reports.publish import publish
from reports.workbook import FreePage
from revrec.audit.explanation import Explanation
from revrec.audit.telling import explanation_data, step_title
from revrec.audit.workings import Working
from revrec.disclosure import columns as c
from revrec.model.dataset import DataSet
from revrec.model.fact import digest_of
from revrec.money import Money
from revrec.operations.explanations import Told


def write_explanation(told: Told, folder: Path) -> list[Path]:
    """Write workbook, twins, manifest and JSON. It is a draft: nobody approves an explanation."""
    found = told.explanation
    known = found.known
    cover = Cover(
        entity=told.entity.name or f"Entity {told.entity.id}",
        report=f"Explanation of a {found.subject}",
        period=str(told.period),
        as_of=known.known_at,
        functional_currency=told.entity.functional_currency,
        run_id=f"F{known.fact_seq}-{digest_of(found.name)[:8]}",
        engine_version=known.engine_version,
        facts_version=known.fact_seq,
        usage_version=known.usage_version,
        prepared_by=told.prepared_by,
        book=known.book,
    )
    files = publish(folder, cover, datasets(found), [], free=pages(found))
    beside = folder / file_name(cover, "json")
    with atomically(beside) as target:
        target.write_text(json.dumps(explanation_data(found), indent=1), encoding="utf-8")
    manifest = write_manifest(folder, cover, files)
    return [*(folder / each.name for each in files), manifest, beside]


def pages(found: Explanation) -> dict[str, FreePage]:
    """The sheets of live formulas; that of long divisions only where a product needs one."""
    return pages_of(found.workings)


def pages_of(workings: Sequence[Working]) -> dict[str, FreePage]:
    """The same for any workings, one below the other."""
    arithmetic = Arithmetic(workings)
    if not workings:
        return {}
    told: dict[str, FreePage] = {TITLE: arithmetic.write}
    return {**told, LONG_DIVISION: arithmetic.write_divisions} if arithmetic.long else told


def datasets(found: Explanation) -> list[DataSet]:
    """The tables of an explanation, those that have rows."""
    made = [_amounts(found), _decisions(found), _facts(found), _approvals(found), _changes(found)]
    return [each for each in (*made, _postings(found)) if each.rows]


def _amounts(found: Explanation) -> DataSet:
    rows = [
        *((name, each.currency, each.minor, "", name) for name, each in found.amounts.items()),
        *(("Note", "", None, note, f"note/{number}") for number, note in enumerate(found.notes)),
    ]
    columns = [c.text("what", "What"), c.CURRENCY, c.money("amount", "Amount", total=False),
               c.text("note", "Note"), c.ROW_KEY]  # fmt: skip
    kept = [row if row[1] else (*row[:1], _currency(found), *row[2:]) for row in rows]
    return DataSet(name="asked", title="Asked about", columns=columns, rows=kept, note=found.title)


def _currency(found: Explanation) -> str:
    told: Iterator[Money] = iter(found.amounts.values())
    return next((each.currency for each in told), "USD")


def _decisions(found: Explanation) -> DataSet:
    columns = [
        c.count("number", "Decision"), c.text("step", "Step"), c.text("rule", "Rule"),
        c.text("paragraphs", "Paragraphs"), c.day("on", "On"), c.text("inputs", "Inputs"),
        c.text("outcome", "Outcome"), c.text("sentence", "In words"),
        c.text("rests", "Rests on it"), c.text("new", "New since the close before"), c.ROW_KEY,
    ]  # fmt: skip
    rows = [
        (
            each.number, step_title(each.decision.step), each.decision.rule,
            " ".join(each.decision.paragraphs), each.decision.on,
            "; ".join(f"{name}: {value}" for name, value in each.decision.inputs.items()),
            each.decision.outcome, each.decision.sentence, "yes" if each.rests else "",
            "" if each.told_before else "yes", str(each.number),
        )
        for each in found.decisions
    ]  # fmt: skip
    return DataSet(name="five_steps", title="Five steps", columns=columns, rows=rows)


def _facts(found: Explanation) -> DataSet:
    columns = [
        c.text("fact", "Fact"), c.count("version", "Version"), c.day("effective_on", "Of"),
        c.text("tells", "Tells"), c.text("recorded_at", "Arrived (UTC)"),
        c.text("recorded_by", "Recorded by"), c.count("seq", "Number"), c.text("sha256", "SHA-256"),
        c.text("new", "New since the close before"), c.ROW_KEY,
    ]  # fmt: skip
    rows = [
        (
            each.name, each.version, each.effective_on, each.tells,
            f"{each.recorded_at:%Y-%m-%d %H:%M:%S}", each.recorded_by, each.seq, each.digest,
            "yes" if each.since_last_close else "", each.digest,
        )
        for each in found.facts
    ]  # fmt: skip
    return DataSet(name="facts", title="Facts", columns=columns, rows=rows)


def _approvals(found: Explanation) -> DataSet:
    columns = [
        c.text("what", "What"), c.text("prepared_by", "Prepared by"),
        c.text("approved_by", "Approved by"), c.text("at", "At (UTC)"), c.text("why", "Why"),
        c.ROW_KEY,
    ]  # fmt: skip
    rows = [
        (
            each.what, each.prepared_by, each.approved_by, f"{each.at:%Y-%m-%d %H:%M:%S}",
            each.why, c.key_of(each.what, str(number)),
        )
        for number, each in enumerate(found.approvals)
    ]  # fmt: skip
    return DataSet(name="approvals", title="Approvals", columns=columns, rows=rows)


def _changes(found: Explanation) -> DataSet:
    columns = [
        c.text("what", "What"), c.CURRENCY, c.money("before", "Period before"),
        c.money("after", "Period"), c.money("change", "Change"), c.text("why", "Why"), c.ROW_KEY,
    ]  # fmt: skip
    rows = [
        (
            each.name, each.after.currency, each.before.minor, each.after.minor,
            each.change.minor, each.why, c.key_of(each.name, each.after.currency),
        )
        for each in found.changes
    ]  # fmt: skip
    return DataSet(name="since_last_period", title="Since last period", columns=columns, rows=rows)


def _postings(found: Explanation) -> DataSet:
    columns = [
        c.PERIOD, c.CURRENCY, c.money("amount", "Posted (debit positive)"),
        c.money("of_it", "Of it by the fact"), c.text("posting", "Row key of the journal detail"),
        c.ROW_KEY,
    ]  # fmt: skip
    rows = [
        (
            each.period, each.amount.currency, each.amount.minor,
            None if each.of_it is None else each.of_it.minor, each.posting, each.posting,
        )
        for each in found.postings
    ]  # fmt: skip
    return DataSet(name="postings", title="Postings", columns=columns, rows=rows)
