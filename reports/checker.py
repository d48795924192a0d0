"""What an export carries for whoever trusts nobody: the journal's chain, and a program to check."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from reports import check_export
from reports.csv_twin import FileRecord
from reports.files import atomically, sha256_of
from revrec.ledger import chain, verify_chain
from revrec.ledger.entries import PostedEntry

CHECKER = "check_export.py"
_IMPORT = "from revrec.ledger.verify_chain import verify  # in an export its source stands here\n"
_MAIN = '\n\nif __name__ == "__main__":'


def write_checker(folder: Path, entries: Iterable[PostedEntry]) -> list[FileRecord]:
    """Write the chain as CSV and the stand-alone program that checks the folder by it."""
    chained, program = folder / check_export.CHAIN, folder / CHECKER
    with atomically(chained) as target, target.open("w", encoding="utf-8", newline="") as file:
        chain.export_csv(entries, file)
    with atomically(program) as target:
        target.write_text(source(), encoding="utf-8")
    return [
        FileRecord(name=each.name, sha256=sha256_of(each), size=each.stat().st_size)
        for each in (chained, program)
    ]


def source() -> str:
    """The program as one file: the verifier of the chain takes the place of its import."""
    verifier = Path(verify_chain.__file__).read_text(encoding="utf-8")
    _, _, code = verifier.partition('"""\n\n')
    text = Path(check_export.__file__).read_text(encoding="utf-8")
    return text.replace(_IMPORT, code.partition(_MAIN)[0] + "\n")
