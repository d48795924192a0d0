"""A close in parts is, to the byte, the close of everything at once."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from revrec.errors import PeriodNotReady
from revrec.feeds.records import fact_of
from revrec.operations.closable import Kind
from revrec.operations.close import close_period
from revrec.operations.engines import LOCAL, Engine, Local
from revrec.operations.facts import record_facts
from revrec.operations.incremental import ToClose, to_close
from revrec.operations.parts import cut_up
from revrec.operations.verify import verify
from revrec.operations.workspace import Workspace
from revrec.periods import Period
from revrec.store import facts
from revrec.store.periods import CloseStage, Pins
from revrec.store.transaction import Transaction
from tests.api.requests import CONTRACT
from tests.books import agree, load_examples

JANUARY = Period(2026, 1)
PEOPLE = {"prepared_by": "ada", "approved_by": "grace"}
IN_PARTS = Local(part_contracts=5, processes=1)


def pinned(workspace: Workspace, tx: Transaction) -> Pins:
    """All that is known, for a close that is not for good."""
    version = workspace.lake.committed_version(tx, "usage")
    seq = facts.last_seq(tx)
    return Pins(fact_seq=seq, usage_version=version, known_at=tx.now, stage=CloseStage.SOFT)


def posting(workspace: Workspace, period: Period, engine: Engine) -> ToClose:
    """What a close of the period would write."""
    return workspace.run(
        lambda tx: to_close(tx, workspace.lake, period, pinned(workspace, tx), engine),
        read_only=True,
    )


def written(rows: pa.Table) -> bytes:
    """A table's schema and columns, whatever the blocks it was made in."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, rows.schema) as stream:
        stream.write_table(rows.combine_chunks())
    return sink.getvalue().to_pybytes()


def told(workspace: Workspace, name: str, customer: str, **other: object) -> None:
    """Record a contract with a customer."""
    record_facts(
        workspace,
        [fact_of({**CONTRACT, "id": name, "customer": customer, **other}, "t")],
        source="t",
    )


def test_the_examples_in_parts_over_closed_months(workspace: Workspace, tmp_path: Path) -> None:
    """Months of modifications, credits, estimates and late usage, after others were closed."""
    load_examples(workspace, tmp_path)
    for period in JANUARY.through(Period(2026, 2)):
        whole, parted = (posting(workspace, period, each) for each in (LOCAL, IN_PARTS))
        assert (whole.balances, whole.contracts) == (parted.balances, parted.contracts)
        assert whole.closed.rows.num_rows == whole.closed.postings > 0
        assert written(whole.closed.rows) == written(parted.closed.rows)
        assert whole.computed is not None
        assert parted.computed is None
        close_period(workspace, period, **PEOPLE, kind=Kind.HARD, engine=IN_PARTS)
    assert verify(workspace)


def test_processes_beside_this_one_give_the_same(workspace: Workspace, tmp_path: Path) -> None:
    """Two of them, with more parts than they hold at once."""
    load_examples(workspace, tmp_path)
    beside = posting(workspace, JANUARY, Local(part_contracts=4, processes=2))
    assert written(posting(workspace, JANUARY, LOCAL).closed.rows) == written(beside.closed.rows)


def test_names_with_every_kind_of_mark_come_through(workspace: Workspace) -> None:
    """Commas, quotes, lines, backslashes and empty texts of facts are what they were."""
    for number, name in enumerate(('a,"b"', "a\\N", "ä\n'b", "\\."), start=1):
        told(workspace, f"C-{number}", name)
    engine = Local(part_contracts=2, processes=1)
    whole, parted = (posting(workspace, JANUARY, each) for each in (LOCAL, engine))
    assert 4 == parted.contracts
    assert written(whole.closed.rows) == written(parted.closed.rows)


def test_what_shares_anything_is_in_one_part(workspace: Workspace) -> None:
    """A party's contracts; those a combination joins, with all contracts of their parties."""
    for name, customer in {"C-1": "a", "C-2": "a", "C-3": "b", "C-4": "b", "C-5": "c"}.items():
        told(workspace, name, customer)
    told(workspace, "C-6", "d", customer_group="c")
    joined = {
        "kind": "combination",
        "id": "AB",
        "on": "2026-01-01",
        "contracts": ["C-2", "C-3"],
        "outcome": "refused",
        "by": "ada",
    }
    agree(workspace, [fact_of(joined, "t")])

    def parts(tx: Transaction) -> list[set[str]]:
        with cut_up(tx, pinned(workspace, tx), 9) as pieces:
            found = (pieces.facts(each)["contract"].to_pylist() for each in range(pieces.parts))
            return [set(names) - {None} for names in found if set(names) - {None}]

    assert sorted(map(sorted, workspace.run(parts, read_only=True))) == [
        ["C-1", "C-2", "C-3", "C-4"],
        ["C-5", "C-6"],
    ]


def test_every_part_says_what_keeps_it_from_being_closed(workspace: Workspace) -> None:
    """Two contracts without a selling price, in two parts, are both named."""
    promised = [{"id": name, "product": name, "measure": "days"} for name in ("x", "y")]
    for name in ("C-1", "C-2"):
        told(workspace, name, name, obligations=promised)
    with pytest.raises(PeriodNotReady) as refused:
        posting(workspace, JANUARY, Local(part_contracts=1, processes=1))
    blockers = refused.value.attributes["blockers"]
    assert ["C-1" in text for text in blockers] == [True, False]
    assert ["C-2" in text for text in blockers] == [False, True]
