"""The configured linters find what they are there for."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.architecture.rules import ROOT

RUFF = Path(sys.executable).with_name("ruff")
CONFIGURATION = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def ruff_finds(name: str, text: str) -> set[str]:
    """Codes that ruff reports for a file of this name with this text."""
    done = subprocess.run(
        [RUFF, "check", "--stdin-filename", ROOT / name, "--output-format", "json", "-"],
        input=text,
        capture_output=True,
        text=True,
        check=False,
    )
    return {found["code"] for found in json.loads(done.stdout)}


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("TID251", "from datetime import date\n\nTODAY = date.today()\n"),
        ("TID251", "from datetime import UTC, datetime\n\nNOW = datetime.now(UTC)\n"),
        ("TID251", "import random\n\nrandom.shuffle([])\n"),
        ("TID251", 'import os\n\nURL = os.environ["URL"]\n'),
        ("TID251", "from uuid import uuid4\n\nKEY = uuid4()\n"),
        ("DTZ001", "from datetime import datetime\n\nDAY = datetime(2026, 1, 1)\n"),
        ("T201", 'print("posted")\n'),
        ("BLE001", "try:\n    close()\nexcept Exception:\n    pass\n"),
        ("PLR0917", "def f(a, b, c, d, e, g):\n    return a\n"),
        ("PLR0915", "def f():\n" + "    x = 1\n" * 41),
        ("C901", "def f(x):\n" + "    if x:\n        x += 1\n" * 10),
        ("PGH003", "x = 1  # type: ignore\n"),
    ],
)
def test_ruff_finds_it_in_the_core(code, text):
    """Clock, environment, chance, naive times, swallowed errors and sprawl are reported."""
    assert code in ruff_finds("revrec/ledger/planted.py", text)


def test_the_runtime_may_read_the_environment():
    """One room is allowed what the others are not."""
    text = 'import os\n\nURL = os.environ["URL"]\n'

    assert "TID251" not in ruff_finds("revrec/runtime/planted.py", text)


def test_every_ignored_rule_has_its_reason():
    """`select = ["ALL"]`, and who leaves a rule out says why on the same line."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    section = text[text.index("[tool.ruff.lint]") : text.index("[tool.ruff.lint.mccabe]")]
    entries = re.findall(r'^(?:  "[A-Z]+\d*",|".*" = \[".*).*$', section, flags=re.MULTILINE)

    assert CONFIGURATION["tool"]["ruff"]["lint"]["select"] == ["ALL"]
    assert entries
    assert [] == [entry for entry in entries if "# " not in entry]


def test_every_filtered_warning_has_its_reason():
    """Warnings are errors; an exception is explained."""
    filters = CONFIGURATION["tool"]["pytest"]["filterwarnings"]
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")

    assert filters[0] == "error"
    assert [] == [
        line
        for line in text.splitlines()
        if line.startswith('  "ignore') and "# " not in line.rpartition('"')[2]
    ]


def test_the_lock_names_no_host_and_hashes_everything():
    """The same packages from any mirror, byte for byte."""
    lines = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
    packages = [number for number, line in enumerate(lines) if re.match(r"[a-z0-9]", line)]

    assert [] == [line for line in lines if "://" in line or re.match(r"-|.*\s@\s", line)]
    assert packages
    assert [] == [lines[n] for n in packages if "--hash=sha256:" not in lines[n + 1]]


def test_the_lock_covers_every_dependency():
    """A dependency that is not locked would not be installed."""
    project = CONFIGURATION["project"]["dependencies"] + CONFIGURATION["dependency-groups"]["dev"]
    wanted = {re.match(r"[\w.-]+", line)[0].lower().replace("_", "-") for line in project}
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    locked = set(re.findall(r"^([a-z0-9][\w.-]*)(?:\[[\w,]+\])?==", lock, flags=re.MULTILINE))

    assert wanted - locked == set()
