"""Verifying the books: chain, files, journal against detail, and the invariants."""

from __future__ import annotations

import duckdb
import pyarrow as pa

from revrec.errors import InvariantViolated
from revrec.operations.computing import compute, posted_detail, read_inputs
from revrec.operations.workspace import Workspace
from revrec.periods import Period
from revrec.store import journal, periods
from revrec.store.lake import Lake
from revrec.store.periods import PeriodClose, Pins
from revrec.store.transaction import Transaction


def verify(workspace: Workspace) -> list[str]:
    """What was verified, one sentence each; raises LedgerBroken at the first thing that is not so.

    The last close is computed again from its pinned facts: nothing may be left to post.
    """

    def run(tx: Transaction) -> list[str]:
        found = [_chain(tx), _files(tx, workspace.lake), _detail_and_journal(tx, workspace.lake)]
        last = periods.last_closed(tx)
        if last is not None:
            certificate = [each for each in periods.closes(tx) if each.period == last][-1]
            found.append(_rebuilt(tx, workspace.lake, last, certificate))
        return found

    return workspace.run(run, read_only=True)


def pins_of(certificate: PeriodClose) -> Pins:
    """What a close had read."""
    return Pins(
        fact_seq=certificate.fact_seq,
        usage_version=certificate.usage_version,
        known_at=certificate.closed_at,
    )


def _chain(tx: Transaction) -> str:
    closes = periods.closes(tx)
    for certificate in closes:
        journal.verify(tx, anchor=(certificate.chain_seq, certificate.chain_head))
    seq, head = journal.verify(tx)
    return f"The chain of {seq:,} journal entries holds; head {head[:16]}."


def _files(tx: Transaction, lake: Lake) -> str:
    lake.verify(tx)
    return "Every file of the lake has the content its commit named."


def _detail_and_journal(tx: Transaction, lake: Lake) -> str:
    lines = [
        (each.seq, line.account, line.currency, line.amount)
        for each in journal.read(tx)
        for line in each.entry.lines
    ]
    table = pa.table(
        {
            "entry_seq": pa.array([line[0] for line in lines], pa.int64()),
            "account": pa.array([line[1] for line in lines], pa.string()),
            "currency": pa.array([line[2] for line in lines], pa.string()),
            "amount": pa.array([line[3] for line in lines], pa.int64()),
        }
    )
    with duckdb.connect() as database:
        database.register("lines", table)
        database.register("detail", posted_detail(tx, lake))
        off = database.execute(
            """
            select entry_seq, account, currency, sum(amount) as difference
            from (select entry_seq, account, currency, amount from lines
                  union all
                  select entry_seq, account, currency, -amount from detail where entry_seq > 0)
            group by all having sum(amount) <> 0 order by all limit 1
            """
        ).fetchone()
    if off is not None:
        seq, account, currency, difference = off
        raise InvariantViolated(
            f"Entry {seq}: the journal's {account} is off its detail by {difference:,} {currency} "
            "(minor units).",
            remedy="Restore the posting table to the version the last close names.",
        )
    return f"Detail sums to the journal in all {len(lines):,} lines."


def _rebuilt(tx: Transaction, lake: Lake, period: Period, certificate: PeriodClose) -> str:
    computed = compute(read_inputs(tx, lake, pins_of(certificate)), period)
    if computed.postings.num_rows:
        raise InvariantViolated(
            f"Closing {period} again from the facts it was closed on would post "
            f"{computed.postings.num_rows:,} differences.",
            remedy="Compare the engine version with the certificate's.",
            engine_version=certificate.engine_version,
        )
    return f"{period} rebuilt from its pinned facts equals what is posted; all invariants hold."
