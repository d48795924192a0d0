"""`make` says what is missing on a machine that cannot run revrec."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from tests.architecture.rules import ROOT

NONE = ""
TOO_OLD = 'case "$2" in *version_info*) exit 1;; esac'
WITHOUT_VENV = """case "$2" in
  *version_info*) exit 0;;
  *python_version*) echo 3.12.1;;
  *) exit 1;;
esac"""


@pytest.mark.parametrize(
    ("script", "message"),
    [
        (NONE, "revrec needs Python 3.11 or later; none is on the PATH."),
        (TOO_OLD, "revrec needs Python 3.11 or later; none is on the PATH."),
        (WITHOUT_VENV, "python3 3.12.1 cannot make virtual environments"),
    ],
)
def test_a_machine_without_a_fit_python_is_told(script, message, tmp_path):
    """The first thing a newcomer may see is an error; it says what to do."""
    for name in ("Makefile", "pyproject.toml", "requirements.lock"):
        shutil.copy(ROOT / name, tmp_path)
    programs = tmp_path / "bin"
    programs.mkdir()
    if script:
        (programs / "python3").write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        (programs / "python3").chmod(0o755)

    done = subprocess.run(
        [shutil.which("make"), "test"],
        cwd=tmp_path,
        env={"PATH": str(programs)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode != 0
    assert message in done.stderr
    assert not (tmp_path / ".venv").exists()
