"""Every decision of steps 1 to 4, for auditors."""

from __future__ import annotations

from collections.abc import Iterator

from revrec.disclosure import columns as c
from revrec.disclosure.by_column import gathered
from revrec.disclosure.frame import Frame, Row
from revrec.model.dataset import DataSet


def decisions(frame: Frame) -> DataSet:
    """A row for each decision taken by the report's end: rule, paragraphs, inputs, outcome.

    ``number`` is the position by which postings name their decisions.
    """
    columns = [
        c.ENTITY, c.CUSTOMER, c.CONTRACT, c.count("number", "No."), c.day("decided", "On"),
        c.count("step", "Step"), c.text("rule", "Rule"), c.text("paragraphs", "Paragraphs"),
        c.text("inputs", "Inputs"), c.text("outcome", "Outcome"), c.text("sentence", "In words"),
        c.ROW_KEY,
    ]  # fmt: skip
    return DataSet(
        name="decisions",
        title="Decisions",
        columns=columns,
        rows=gathered(columns, _rows(frame)),
        note="Postings name decisions by contract and number. Paragraphs are of the codification.",
    )


def _rows(frame: Frame) -> Iterator[Row]:
    customers, contracts = frame.customers, frame.inputs.accounting.contracts
    for name in sorted(contracts, key=lambda name: (customers[name], name)):
        for number, each in enumerate(contracts[name].decisions):
            if each.on <= frame.span.last:
                inputs = "; ".join([f"{key} = {value}" for key, value in each.inputs.items()])
                yield (
                    frame.entity, customers[name], name, number, each.on, each.step, each.rule,
                    ", ".join(each.paragraphs), inputs, each.outcome, each.sentence,
                    c.key_of(name, str(number)),
                )  # fmt: skip
