"""Backup and restore by the command, onto the private server of an empty home."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from revrec.store import embedded
from tests.cli.conftest import Command
from tests.operations.test_exporting import CONTRACT, INVOICE


@pytest.mark.timeout(300)
def test_books_move_to_an_empty_home(command: Command, tmp_path: Path, open_folder: Path) -> None:
    """From a server with a URL to a private one: the manifest's hash, then verified books."""
    book, folder, home = tmp_path / "book.json", tmp_path / "backup", open_folder / "home"
    book.write_text(json.dumps([CONTRACT, INVOICE]))
    assert command("load", book).returncode == 0
    people = ("--prepared-by", "ana", "--approved-by", "ben")
    assert command("close", "2026-01", *people).returncode == 0

    made = command("backup", folder)
    done = command("restore", folder, REVREC_DATABASE_URL=None, REVREC_HOME=str(home))

    try:
        assert made.returncode == 0, made.stderr
        assert re.fullmatch(r"[0-9a-f]{64}\n", made.stdout)
        assert done.returncode == 0, done.stderr
        assert "entity 1: The chain of 2 journal entries holds" in done.stdout
        assert "2026-01 rebuilt from its pinned facts" in done.stdout
    finally:
        embedded.stop(home)
