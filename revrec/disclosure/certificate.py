"""What a close certifies, and what is held or left open when it does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from revrec.citations import cites
from revrec.disclosure import columns as c
from revrec.disclosure.frame import Row
from revrec.model.controls import TaskStatus, Waiver
from revrec.model.dataset import DataSet, TieOut
from revrec.model.history import Book
from revrec.model.performance import Pause


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A thing certified: what, its value, and the paper that shows it."""

    what: str
    value: str
    shown_by: str
    holds: bool = True


def close_certificate(told: Sequence[Statement], checks: Sequence[TieOut]) -> DataSet:
    """The certificate of a close as numbered statements; every tie-out counts as one."""
    off = [each for each in checks if each.difference]
    agreed = f"{len(checks) - len(off):,} of {len(checks):,}"
    stated = [*told, Statement(what="Tie-outs that hold", value=agreed, shown_by="Tie-out",
                               holds=not off)]  # fmt: skip
    return DataSet(
        name="close_certificate",
        title="Close certificate",
        columns=[
            c.count("number", "No."), c.text("what", "Statement"), c.text("value", "Value"),
            c.text("shown_by", "Shown by"), c.text("holds", "Holds"), c.ROW_KEY,
        ],
        rows=[
            (number, each.what, each.value, each.shown_by, "yes" if each.holds else "no", each.what)
            for number, each in enumerate(stated, start=1)
        ],
        note="What was pinned, computed and posted by the close, and who prepared and approved it.",
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """What a close leaves for people, besides its books."""

    waived: Sequence[Waiver]
    tasks: Sequence[TaskStatus]
    set_aside: int
    """Rows of usage in quarantine at the close."""
    after_cut_off: int
    """Facts recorded after what was pinned, by the time of the close."""


@cites("606-10-25-8", "606-10-25-31")
def holds_and_exceptions(
    book: Book,
    position: DataSet,
    findings: DataSet,
    left: Left,
    *,
    last: date,
    currency: str,
) -> DataSet:
    """Everything that holds revenue back or waits for a person at the end of a period.

    ``currency`` stands where a row has no amount.
    """
    found = [
        *_deposits(position),
        *_pauses(book, last),
        *_findings(findings),
        *_controls(left, currency),
    ]
    return DataSet(
        name="holds_and_exceptions",
        title="Holds and exceptions",
        columns=[
            c.text("kind", "Kind"), c.text("name", "Name"), c.text("level", "Level"),
            c.CUSTOMER, c.CONTRACT, c.text("status", "Status"), c.day("since", "Since"),
            c.day("until", "Until"), c.CURRENCY, c.money("amount", "Amount concerned"),
            c.text("comment", "Comment"), c.text("remedy", "What to do"), c.ROW_KEY,
        ],
        rows=[(*row, c.key_of(str(row[0]), str(row[1]), str(row[4]))) for row in found],
        note="Deposits: received before a contract exists (606-10-25-8). Amounts of findings are "
        "what was billed too much, or too little if negative.",
    )  # fmt: skip


def _columns(data: DataSet, names: Sequence[str]) -> Iterator[tuple[object, ...]]:
    at = [each.name for each in data.columns]
    places = [at.index(name) for name in names]
    for row in data.rows:
        yield tuple(row[place] for place in places)


def _deposits(position: DataSet) -> Iterator[Row]:
    names = ("customer", "contract", "currency", "deposit_liability")
    for customer, contract, currency, amount in _columns(position, names):
        if amount:
            yield (
                "no contract yet", "deposit", "contract", customer, contract, "held", None, None,
                currency, amount, "What was received is no revenue before a contract exists.",
                "Record an assessment when the criteria of 606-10-25-1 are met.",
            )  # fmt: skip


def _pauses(book: Book, last: date) -> Iterator[Row]:
    for name, history in sorted(book.histories.items()):
        over = {each.pause: each.on for each in history.resumptions}
        for each in history.pauses:
            if each.on <= last and _stands(each, over, last):
                contract = history.contract
                yield (
                    "service stands still", each.id, "contract",
                    contract.customer_name or contract.customer, name, "held", each.on,
                    each.until, contract.currency, None,
                    ", ".join(each.obligations) or "all that runs by time",
                    "Record a resumption when service goes on.",
                )  # fmt: skip


def _stands(pause: Pause, over: Mapping[str, date], last: date) -> bool:
    ended = over.get(pause.id)
    return (ended is None or ended > last) and (pause.until is None or pause.until > last)


def _findings(findings: DataSet) -> Iterator[Row]:
    names = ("row_key", "reason", "customer_name", "contract", "since", "currency", "amount",
             "sentence", "remedy")  # fmt: skip
    for key, reason, customer, contract, since, currency, amount, sentence, remedy in _columns(
        findings, names
    ):
        yield (
            f"billing: {str(reason).replace('_', ' ')}", key, "contract", customer, contract,
            "open", since, None, currency, amount, sentence, remedy,
        )  # fmt: skip


def _controls(left: Left, currency: str) -> Iterator[Row]:
    blank = "", ""
    for each in left.waived:
        people = f"{each.requested_by} and {each.approved_by}"
        on = each.waived_at.date()
        yield ("gate waived", each.gate, "entity", *blank, "waived", on, None, currency, None,
               f"{each.reason} ({people})", "Close the gate next time.")  # fmt: skip
    for task in left.tasks:
        if not task.done:
            yield ("task of the close", task.task, "entity", *blank, task.state.value, None,
                   task.due_on, currency, None, task.what, task.told.title)  # fmt: skip
    counts = {
        "rows set aside": (left.set_aside, "Release or reject them: revrec quarantine."),
        "facts after the cut-off": (left.after_cut_off, "They count in the next period."),
    }
    for name, (count, remedy) in counts.items():
        if count:
            yield (name, "", "entity", *blank, "open", None, None, currency, None, f"{count:,}",
                   remedy)  # fmt: skip


def statements(told: Mapping[str, str], tasks: Iterable[TaskStatus]) -> Iterator[Statement]:
    """What a close stands on, then each of the program's own tasks of the checklist."""
    for what, value in told.items():
        yield Statement(what=what, value=value, shown_by="Certificate of the close")
    for each in tasks:
        if each.told.gate:
            yield Statement(what=each.told.title, value=each.what,
                            shown_by=f"Gate {each.told.gate}", holds=each.done)  # fmt: skip
