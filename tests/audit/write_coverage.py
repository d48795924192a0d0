"""Writes docs/coverage.yaml: ``make coverage``, or ``python -m tests.audit.write_coverage``."""

from __future__ import annotations

from revrec.audit.coverage import write
from tests.architecture.rules import ROOT
from tests.books import EXAMPLES

if __name__ == "__main__":
    write(ROOT / "docs", sorted(EXAMPLES.rglob("*.yaml")))
