"""What the wrongs show, for people: survivors on the screen, scores in ``docs/quality.md``."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import yaml
from rich.console import Console
from rich.table import Table

from tests.architecture.rules import ROOT
from tests.mutation.mutants import Mutant

EQUIVALENT = Path(__file__).with_name("equivalent.yaml")
QUALITY = ROOT / "docs" / "quality.md"
NOTICED, UNNOTICED, UNREACHED, EXPLAINED = "noticed", "unnoticed", "unreached", "explained"
HEADER = "| file | wrongs | noticed | explained | score | on |\n|---|--:|--:|--:|--:|---|\n"
_ROW = re.compile(r"^\| (\S+\.py) \| (\d+) \| (\d+) \| (\d+) \| \S+ \| (\S+) \|$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Score:
    """What became of the wrongs of a file or of several."""

    wrongs: int
    noticed: int
    explained: int

    @property
    def ratio(self) -> float:
        """Noticed of those that could be noticed."""
        tried = self.wrongs - self.explained
        return self.noticed / tried if tried else 1.0

    def __add__(self, other: Score) -> Score:
        return Score(
            self.wrongs + other.wrongs,
            self.noticed + other.noticed,
            self.explained + other.explained,
        )


def equivalent() -> dict[tuple[str, str], str]:
    """File and wrong -> why it changes nothing that could be seen."""
    told = yaml.safe_load(EQUIVALENT.read_text(encoding="utf-8")) or {}
    return {
        (name, wrong): each["because"]
        for name, groups in told.items()
        for each in groups
        for wrong in each["wrongs"]
    }


def named(path: Path) -> str:
    """A file as people call it."""
    return str(path.relative_to(ROOT))


def scores(results: Mapping[Mutant, str]) -> dict[str, Score]:
    """File -> its score."""
    known = equivalent()
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for wrong, result in results.items():
        name = named(wrong.path)
        explained = result == UNNOTICED and (name, wrong.told) in known
        counts[name][EXPLAINED if explained else result] += 1
    return {
        name: Score(each.total(), each[NOTICED], each[EXPLAINED])
        for name, each in sorted(counts.items())
    }


def show(results: Mapping[Mutant, str], planned: int) -> None:
    """A line for each survivor and a row for each file."""
    known = equivalent()
    console = Console(width=160, highlight=False, markup=False)
    for wrong, result in sorted(results.items(), key=lambda told: (told[0].path, told[0].number)):
        name = named(wrong.path)
        if result != NOTICED and (name, wrong.told) not in known:
            console.print(f"{name}:{wrong.line}: {result}: {wrong.told}", soft_wrap=True)
    table = Table("file", "wrongs", "noticed", "explained", "score")
    found = scores(results)
    for name, each in [*found.items(), ("all", total(found.values()))]:
        table.add_row(
            name, str(each.wrongs), str(each.noticed), str(each.explained), f"{each.ratio:.1%}"
        )
    console.print(table)
    console.print(f"{len(results):,} of {planned:,} wrongs tried")


def total(found: Iterable[Score]) -> Score:
    """Of several files together."""
    return sum(found, Score(0, 0, 0))


def write(found: Mapping[str, Score], rooms: Iterable[str], on: date) -> None:
    """Replace the rows of files whose wrongs were all tried; the others stay as they were."""
    text = QUALITY.read_text(encoding="utf-8")
    before, _, after = text.partition(HEADER)
    rows = {
        name: (Score(int(wrongs), int(noticed), int(explained)), told)
        for name, wrongs, noticed, explained, told in _ROW.findall(after)
        if (ROOT / name).exists()
    }
    rows |= {name: (each, on.isoformat()) for name, each in found.items()}
    if not rows:
        return
    lines = []
    for room in rooms:
        members = {name: rows[name] for name in sorted(rows) if name.startswith(room)}
        lines += [_row(name, *each) for name, each in members.items()]
        if members and not room.endswith(".py"):
            oldest = min(told for _, told in members.values())
            lines.append(_row(f"**{room}**", total(each for each, _ in members.values()), oldest))
    everything = total(each for each, _ in rows.values())
    lines.append(_row("**all**", everything, min(told for _, told in rows.values())))
    QUALITY.write_text(before + HEADER + "\n".join(lines) + "\n", encoding="utf-8")


def _row(name: str, each: Score, on: str) -> str:
    counts = f"{each.wrongs} | {each.noticed} | {each.explained}"
    return f"| {name} | {counts} | {each.ratio:.1%} | {on} |"
