"""The sample files, written once, and readers of them that share no code with their writer."""

from __future__ import annotations

import csv
import gzip
import json
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from revrec.demo import DemoManifest


@dataclass(frozen=True)
class Sample:
    folder: Path
    manifest: DemoManifest

    def records(self, name):
        """All records of the fact files of that name, as JSON, in order of arrival."""
        return [
            record
            for file in self.manifest.files
            if file.kind == "facts" and file.path.endswith(f"/{name}")
            for record in json_lines(self.folder / file.path)
        ]

    def usage(self):
        """(file, row number, row) of every usage row as text, none for what is left out."""
        for file in self.manifest.files:
            if file.kind == "usage":
                for number, row in enumerate(usage_rows(self.folder / file.path), 1):
                    yield file, number, row


def json_lines(path):
    """JSON without binary floating point: a figure that is not text fails here."""

    def refuse(text):
        raise AssertionError(f"{path.name} holds the number {text}")

    lines = path.read_text(encoding="utf-8").splitlines()
    return [json.loads(line, parse_float=refuse) for line in lines]


def usage_rows(path):
    """Rows of a usage file as text by column."""
    if path.suffix == ".parquet":
        return [
            {name: None if value is None else str(value) for name, value in row.items()}
            for row in pq.read_table(path).to_pylist()
        ]
    if path.suffix == ".gz":
        text = gzip.decompress(path.read_bytes()).decode()
        return [
            {name: value or None for name, value in row.items()}
            for row in csv.DictReader(text.splitlines())
        ]
    return json_lines(path)


@pytest.fixture(scope="session")
def sample(demo_files):
    """The sample of the usual seed; tests only read it."""
    return Sample(*demo_files)
