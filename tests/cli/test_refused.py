"""Records that are no facts, by the command: loaded beside good ones, corrected, dismissed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Command

BILL = {"kind": "invoice", "contract": "C-1", "lines": [{"amount": "10.00"}]}


@pytest.mark.timeout(300)
def test_bad_lines_of_a_file_wait(command: Command, tmp_path: Path) -> None:
    """One bill counts, one gets its day, a line that is none is dismissed."""
    file = tmp_path / "bills.ndjson"
    good, bad = ({**BILL, "id": "I-1", "on": "2026-01-05"}, {**BILL, "id": "I-2", "on": "soon"})
    file.write_text(f"{json.dumps(good)}\nno json\n{json.dumps(bad)}\n")

    loaded = command("load", file)
    listed = json.loads(command("refused", "list", "--json").stdout)
    released = command("refused", "release", "2", "--set", "on=2026-01-06", "--note", "asked")
    dismissed = command("refused", "dismiss", "1", "--note", "a slip")
    status = json.loads(command("status", "--json").stdout)
    shown = json.loads(command("refused", "show", "2").stdout)

    assert loaded.returncode == 1
    counted = "1 new, 0 corrected, 0 unchanged, 2 refused"
    assert counted in " ".join(loaded.stderr.split())
    assert [("line 2", "unreadable", {"text": "no json"}), ("line 3", "does-not-fit", bad)] == [
        (each["place"], each["reason"], each["sent"]) for each in listed
    ]
    assert (0, 0) == (released.returncode, dismissed.returncode), released.stderr
    assert (2, {}) == (status["facts"], status["refused"])
    assert ("released", "asked", "bills.ndjson") == tuple(
        shown[each] for each in ("outcome", "note", "source")
    )
