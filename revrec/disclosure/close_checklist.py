"""The close checklist as a table."""

from __future__ import annotations

from collections.abc import Sequence

from revrec.model.controls import TaskStatus
from revrec.model.dataset import Column, ColumnType, DataSet


def close_checklist(statuses: Sequence[TaskStatus]) -> DataSet:
    """The checklist as a table, with the hash and link of each task's evidence."""
    titles = {
        "task": "Task",
        "title": "What",
        "owner": "Owner",
        "due_on": "Due",
        "after": "After",
        "gate": "Gate",
        "state": "State",
        "what": "Outcome",
        "prepared_by": "Prepared by",
        "prepared_on": "Prepared on",
        "sha256": "SHA-256 of the document",
        "link": "Link",
        "note": "Note",
        "signed_by": "Signed by",
        "signed_on": "Signed on",
        "row_key": "Row key",
    }
    dates = {"due_on", "prepared_on", "signed_on"}
    return DataSet(
        name="close_checklist",
        title="Close checklist",
        columns=[
            Column(
                name=name,
                title=title,
                type=ColumnType.DATE if name in dates else ColumnType.TEXT,
            )
            for name, title in titles.items()
        ],
        rows=[_row(each) for each in statuses],
    )


def _row(status: TaskStatus) -> tuple[object, ...]:
    given = status.evidence
    signed = given.sign_off if given else None
    return (
        status.task,
        status.told.title,
        status.told.owner,
        status.due_on,
        ", ".join(status.told.after),
        status.told.gate,
        status.state.value,
        status.what,
        given.prepared_by if given else "",
        given.prepared_at.date() if given else None,
        given.sha256 if given else "",
        given.link if given else "",
        given.note if given else "",
        signed.signed_by if signed else "",
        signed.signed_at.date() if signed else None,
        status.task,
    )
