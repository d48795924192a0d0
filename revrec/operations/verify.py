"""Verifying the books: chain, files, journal against detail, and the invariants."""

from __future__ import annotations

from collections.abc import Mapping

from revrec.errors import InvariantViolated
from revrec.ledger.invariants import agree, journal_lines
from revrec.model.books import Framework
from revrec.operations.books import computed_second
from revrec.operations.computing import Computed, compute, posted_detail, read_inputs
from revrec.operations.workspace import Workspace
from revrec.periods import Period
from revrec.store import journal, periods
from revrec.store.lake import Lake
from revrec.store.periods import PeriodClose
from revrec.store.transaction import Transaction
from revrec.usage import rollup


def verify(workspace: Workspace) -> list[str]:
    """What was verified, one sentence each; raises LedgerBroken at the first thing that is not so.

    The last close is computed again from its pinned facts: nothing may be left to post.
    """

    def run(tx: Transaction) -> list[str]:
        found = [_chain(tx), _files(tx, workspace.lake), _detail_and_journal(tx, workspace.lake)]
        found += _rolled_up(tx, workspace.lake)
        last = periods.soft_closed(tx) or periods.last_closed(tx)
        if last is not None:
            certificate = [each for each in periods.closes(tx) if each.period == last][-1]
            computed = compute(read_inputs(tx, workspace.lake, certificate.pins), last)
            found.append(_rebuilt(computed, last, certificate, ""))
            if second := certificate.totals.get("second_book"):
                computed = computed_second(tx, workspace.lake, last, certificate.pins)
                found.append(_rebuilt(computed, last, certificate, _named(second)))
        return found

    return workspace.run(run, read_only=True)


def _chain(tx: Transaction) -> str:
    closes = periods.closes(tx)
    for certificate in closes:
        journal.verify(tx, anchor=(certificate.chain_seq, certificate.chain_head))
    seq, head = journal.verify(tx)
    return f"The chain of {seq:,} journal entries holds; head {head[:16]}."


def _files(tx: Transaction, lake: Lake) -> str:
    lake.verify(tx)
    return "Every file of the lake has the content its commit named."


def _rolled_up(tx: Transaction, lake: Lake) -> list[str]:
    through = rollup.verify(tx, lake)
    told = f"The roll-up of usage through version {through} is the sum of its rows."
    return [] if through is None else [told]


def _detail_and_journal(tx: Transaction, lake: Lake) -> str:
    count = 0
    for book in ("", *journal.books(tx)):
        lines = journal_lines(journal.read(tx, book=book))
        agree(lines, posted_detail(tx, lake, book=book))
        count += lines.num_rows
    return f"Detail sums to the journal in all {count:,} lines."


def _named(second: object) -> str:
    """The name of a second book for readers, from what its certificate tells."""
    assert isinstance(second, Mapping)
    return f" under {Framework(second['framework']).label}"


def _rebuilt(computed: Computed, period: Period, certificate: PeriodClose, book: str) -> str:
    if computed.postings.num_rows:
        raise InvariantViolated(
            f"Closing {period}{book} again from the facts it was closed on would post "
            f"{computed.postings.num_rows:,} differences.",
            remedy="Compare the engine version with the certificate's.",
            engine_version=certificate.engine_version,
        )
    return (
        f"{period}{book} rebuilt from its pinned facts equals what is posted; all invariants hold."
    )
