from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.reports import samples

ROOT = Path(__file__).resolve().parents[2]
WRITE = """
import locale, sys
from contextlib import suppress
from pathlib import Path
from reports.close import close_report
from tests.reports import samples
with suppress(locale.Error):
    locale.setlocale(locale.LC_ALL, "")
close_report(Path(sys.argv[1]), samples.cover(), samples.data_sets(25), samples.tie_outs(25))
"""
WORLDS = {
    "utc": {"PYTHONHASHSEED": "0", "TZ": "UTC", "LC_ALL": "C.UTF-8"},
    "kiritimati": {"PYTHONHASHSEED": "1", "TZ": "Pacific/Kiritimati", "LC_ALL": "de_DE.UTF-8"},
    "honolulu": {"PYTHONHASHSEED": "4242", "TZ": "Pacific/Honolulu", "LC_ALL": "C"},
}


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """World -> file name -> bytes, each world in a process and a folder of its own."""
    folders = {}
    for name, world in WORLDS.items():
        folder = tmp_path_factory.mktemp(name)
        subprocess.run(
            [sys.executable, "-c", WRITE, str(folder)],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT), **world},
            check=True,
        )
        folders[name] = {path.name: path.read_bytes() for path in sorted(folder.iterdir())}
    return folders


@pytest.mark.parametrize("world", ["kiritimati", "honolulu"])
def test_the_same_inputs_give_the_same_bytes(written, world):
    """Another hash seed, time zone, locale, folder and minute change nothing in any file.

    Three workbooks, thirteen twins as CSV and as Parquet, one manifest.
    """
    assert 3 + 2 * 13 + 1 == len(written["utc"])
    assert written["utc"] == written[world]


def test_entries_of_the_package_carry_one_fixed_date(book_path):
    """Nothing in the zip tells when it was written."""
    with zipfile.ZipFile(book_path) as package:
        assert {(1980, 1, 1, 0, 0, 0)} == {entry.date_time for entry in package.infolist()}


def test_another_input_gives_other_bytes(written, tmp_path):
    """The comparison would notice: another run id changes the workbook."""
    from reports.journal import write_journal

    data = samples.data_sets(25)
    cover = samples.cover("Journal", run_id="R2")
    write_journal(tmp_path, cover, data, samples.tie_outs(25))
    name = "Lumen-Vale-AI-Inc_US-GAAP_2026-03_Journal_v1_{}.xlsx"

    assert written["utc"][name.format("R20260403A")] != (tmp_path / name.format("R2")).read_bytes()
