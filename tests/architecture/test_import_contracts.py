"""The contracts of .importlinter hold, and each of them breaks when it is violated."""

from __future__ import annotations

import configparser
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.rules import PRODUCT, ROOT

VIOLATIONS = {
    "rooms": ("revrec/ledger/planted.py", "import revrec.store"),
    "five_steps": ("revrec/asc606/contract.py", "import revrec.asc606.allocation"),
    "pure_rules": ("revrec/asc606/allocation.py", "import pathlib"),
    "reports_are_given": ("reports/planted.py", "import duckdb"),
    "edges": ("revrec/operations/planted.py", "import reports"),
    "client_stands_alone": ("revrec/client/planted.py", "import api"),
    "nobody_needs_the_client": ("revrec/operations/planted.py", "import revrec.client"),
}
"""Contract -> a file and the line that breaks it."""


def lint_imports(folder: Path) -> dict[str, str]:
    """Contract name -> KEPT or BROKEN, for the copy of the product in a folder."""
    script = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [script, "--no-cache"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    verdicts = dict(re.findall(r"^(.+?) (KEPT|BROKEN)$", done.stdout, flags=re.MULTILINE))

    assert verdicts, done.stdout + done.stderr
    return verdicts


def contract_names() -> dict[str, str]:
    """Contract id -> its name in .importlinter."""
    parser = configparser.ConfigParser()
    parser.read(ROOT / ".importlinter")
    prefix = "importlinter:contract:"
    return {
        section.removeprefix(prefix): parser[section]["name"]
        for section in parser.sections()
        if section.startswith(prefix)
    }


@pytest.fixture
def product(tmp_path):
    """A copy of the product to break."""
    for package in PRODUCT:
        shutil.copytree(
            ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__")
        )
    shutil.copy(ROOT / ".importlinter", tmp_path)
    return tmp_path


def test_every_contract_is_kept(product):
    """Imports run one way; rules do no input or output; reports never query."""
    assert dict.fromkeys(contract_names().values(), "KEPT") == lint_imports(product)


def test_every_contract_has_a_planted_violation():
    """A new contract comes with the proof that it bites."""
    assert contract_names().keys() == VIOLATIONS.keys()


def test_planted_violations_break_every_contract(product):
    """Each contract finds the import it is there to forbid."""
    for place, line in VIOLATIONS.values():
        with (product / place).open("a", encoding="utf-8") as file:
            file.write(f"\n{line}\n")

    assert dict.fromkeys(contract_names().values(), "BROKEN") == lint_imports(product)


def test_a_room_outside_the_layers_is_found(product):
    """A new room must take its place in the order."""
    (product / "revrec" / "planted").mkdir()
    (product / "revrec" / "planted" / "__init__.py").write_text("", encoding="utf-8")

    assert "BROKEN" == lint_imports(product)[contract_names()["rooms"]]
