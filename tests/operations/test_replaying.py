"""Replaying: from facts alone, in a fresh directory, to the same bytes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from revrec import cli
from revrec.errors import InvariantViolated, NotFound
from revrec.feeds.records import fact_of
from revrec.operations import replaying
from revrec.operations.backing_up import back_up
from revrec.operations.closable import Kind
from revrec.operations.close import close_period, move_cut_off, reopen_period
from revrec.operations.facts import record_facts
from revrec.operations.replaying import replay
from revrec.periods import Period
from revrec.store import journal, periods
from tests.books import examples, facts_of, send, usage_rows, write_usage

ROOT = Path(__file__).parent.parent.parent
RUN = "import revrec, revrec.cli as cli; print(revrec.__file__, flush=True); cli.app()"
"""Tells which copy of the program runs, then runs it."""
JANUARY, FEBRUARY = Period(2026, 1), Period(2026, 2)
PEOPLE = {"prepared_by": "ada", "approved_by": "grace"}
ASKED = {"requested_by": "ada", "approved_by": "grace", "reason": "an invoice came late"}
LATE = {
    "kind": "contract", "id": "C-L", "customer": "late", "currency": "USD",
    "inception": "2026-01-01", "start": "2026-01-01", "end": "2026-12-31",
    "obligations": [{"id": "access", "product": "platform", "measure": "days"}],
    "consideration": [{"id": "fee", "kind": "fixed", "amount": "36500.00"}],
}  # fmt: skip


@pytest.fixture
def books(workspace, tmp_path):
    """Some examples and a second book: January soft, then moved, closed, reopened, closed."""
    some = examples()[::8]
    record_facts(workspace, facts_of(some), source="examples")
    send(workspace, write_usage(tmp_path / "usage.ndjson", usage_rows(some)))
    second = {"kind": "second_book", "framework": "ifrs15", "effective_from": "2026-01-01"}
    record_facts(workspace, [fact_of(second, "test")], source="test")
    close_period(workspace, JANUARY, **PEOPLE, kind=Kind.SOFT)
    record_facts(workspace, [fact_of(LATE, "test")], source="test")
    move_cut_off(workspace, JANUARY, **ASKED)
    close_period(workspace, JANUARY, **PEOPLE)
    reopen_period(workspace, JANUARY, **ASKED)
    record_facts(
        workspace, [fact_of({**LATE, "id": "C-M", "customer": "later"}, "test")], source="test"
    )
    close_period(workspace, JANUARY, **PEOPLE)
    close_period(workspace, FEBRUARY, **PEOPLE)
    return workspace


def less_a_fact(pins):
    """Pins that do not know the last fact."""
    return replace(pins, fact_seq=pins.fact_seq - 1)


def test_every_close_comes_out_of_its_facts(books, settings, tmp_path, monkeypatch):
    """Both books, five certificates; and again from a backup, in a fresh directory by command."""
    heads = {(each.period, each.ordinal): each.chain_head for each in books.run(periods.closes)}

    whole = replay(books)
    upto = replay(books, JANUARY)

    assert heads == {(each.period, each.ordinal): each.chain_head for each in whole.closes}
    assert {"", "ifrs15"} == set(whole.detail_sha256)
    assert 5 == len(whole.closes) == len(upto.closes) + 1
    assert whole.journal_sha256 != upto.journal_sha256
    with pytest.raises(NotFound):
        replay(books, Period(2026, 3))

    entries = books.run(journal.read_all)
    changed = [replace(entries[0], entry=replace(entries[0].entry, memo="?")), *entries[1:]]
    monkeypatch.setattr(journal, "read_all", lambda _: changed)
    with pytest.raises(InvariantViolated, match="journal"):
        replay(books)
    monkeypatch.undo()
    read = replaying.read_inputs
    monkeypatch.setattr(
        replaying,
        "read_inputs",
        lambda tx, lake, pins, **how: read(tx, lake, less_a_fact(pins), **how),
    )
    with pytest.raises(InvariantViolated, match="2026-01 replayed from its facts differs"):
        replay(books)
    monkeypatch.undo()

    back_up(settings, tmp_path / "backup")
    command = ["replay", str(tmp_path / "backup"), "--json"]
    ran = CliRunner().invoke(cli.app, command, env={"REVREC_HOME": str(tmp_path / "elsewhere")})
    assert 0 == ran.exit_code, ran.output
    (there,) = json.loads(ran.stdout).values()
    assert (whole.journal_sha256, dict(whole.detail_sha256)) == (
        there["journal_sha256"], there["detail_sha256"],
    )  # fmt: skip


@pytest.mark.torture
@pytest.mark.timeout(900)
def test_a_fresh_clone_on_another_data_folder_gives_the_same_hashes(books, settings, tmp_path):
    """A clone of the repository, a process of its own, no setting but a new home; and the backup.

    Its copy of the program runs, nothing of the books' stores is known to it.
    """
    clone, home = tmp_path / "clone", tmp_path / "home of the clone"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
    whole = replay(books)
    back_up(settings, tmp_path / "backup")
    env = {name: value for name, value in os.environ.items() if not name.startswith("REVREC_")}

    ran = subprocess.run(
        [sys.executable, "-c", RUN, "replay", str(tmp_path / "backup"), "--json"],
        cwd=clone, env={**env, "REVREC_HOME": str(home)}, capture_output=True, text=True,
        check=False,
    )  # fmt: skip

    assert 0 == ran.returncode, ran.stdout + ran.stderr
    copy, _, told = ran.stdout.partition("\n")
    assert Path(copy).is_relative_to(clone)
    (there,) = json.loads(told).values()
    assert whole.journal_sha256 == there["journal_sha256"]
    assert dict(whole.detail_sha256) == there["detail_sha256"]
    assert [each.chain_head for each in whole.closes] == [
        each["chain_head"] for each in there["closes"]
    ]
