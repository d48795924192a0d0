"""The sample files are the same bytes for the same seed, and are what the manifest says."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections import Counter
from itertools import pairwise
from pathlib import Path

from revrec.demo import generate

ROOT = Path(__file__).resolve().parents[2]


def bytes_of(folder):
    """Content of every file by path."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_same_seed_same_bytes(sample, tmp_path):
    """Whatever the process wrote before: here the files of another seed, which are others."""
    other = generate(tmp_path / "other", seed=7)
    generate(tmp_path / "again")

    assert bytes_of(sample.folder) == bytes_of(tmp_path / "again")
    assert other.files != sample.manifest.files
    assert other.counts["customers"] == sample.manifest.counts["customers"]
    assert len(other.mistakes) == len(sample.manifest.mistakes)


def test_same_bytes_in_another_process(sample, tmp_path):
    """The order of sets and dictionaries of strings, which the hash seed moves, plays no part."""
    code = "import sys; from pathlib import Path; from revrec.demo import generate; "
    subprocess.run(
        [sys.executable, "-c", code + "generate(Path(sys.argv[1]))", str(tmp_path)],
        check=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": "271828", "TZ": "Pacific/Auckland"},
    )

    assert bytes_of(sample.folder) == bytes_of(tmp_path)


def test_manifest_lists_every_file(sample):
    """Nothing lies in the folder that the manifest does not name with its hash."""
    found = {
        path: hashlib.sha256(content).hexdigest()
        for path, content in bytes_of(sample.folder).items()
        if path != "manifest.json"
    }

    assert {file.path: file.sha256 for file in sample.manifest.files} == found


def test_manifest_is_written_as_returned(sample):
    """The file holds what the function gives: a driver may use either."""
    written = json.loads((sample.folder / "manifest.json").read_text(encoding="utf-8"))
    manifest = sample.manifest

    assert [file.path for file in manifest.files] == [file["path"] for file in written["files"]]
    assert [mistake["difference"] for mistake in written["mistakes"]] == [
        f"{mistake.difference:f}" for mistake in manifest.mistakes
    ]
    assert written["counts"] == manifest.counts
    assert written["labels"] == manifest.labels
    assert written["closes"][1] == {"period": "2026-01", "at": "2026-02-05T17:00:00Z"}


def test_files_arrive_in_time_for_their_close(sample):
    """A month's files arrive after the close before and before its own."""
    manifest = sample.manifest
    closes = {close.period: close.at for close in manifest.closes}
    previous = {after.period: before.at for before, after in pairwise(manifest.closes)}

    assert ["2025-12", "2026-01", "2026-02", "2026-03"] == list(closes)
    assert list(manifest.files) == sorted(manifest.files, key=lambda file: file.arrives)
    for file in manifest.files:
        assert file.arrives < closes[file.period]
        assert file.period == "2025-12" or previous[file.period] < file.arrives


def test_one_file_of_each_form_per_month(sample):
    """Three sources, three forms, three months."""
    forms = Counter(
        (file.period, "".join(Path(file.path).suffixes))
        for file in sample.manifest.files
        if file.kind == "usage"
    )

    assert {
        (month, form): 1
        for month in ("2026-01", "2026-02", "2026-03")
        for form in (".parquet", ".csv.gz", ".ndjson")
    } == dict(forms)


def test_row_counts(sample):
    """Rows of each file as the manifest counts them."""
    usage = Counter(file.path for file, _, _ in sample.usage())
    for file in sample.manifest.files:
        lines = (
            usage[file.path]
            if file.kind == "usage"
            else len((sample.folder / file.path).read_bytes().splitlines())
        )

        assert file.rows == lines
