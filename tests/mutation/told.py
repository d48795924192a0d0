"""What the wrongs show, for people: survivors on the screen, scores in ``docs/quality.md``."""

from __future__ import annotations

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
_TABLE = "| file | wrongs | tried | noticed | explained | score |\n|---|--:|--:|--:|--:|--:|\n"


@dataclass(frozen=True, slots=True)
class Score:
    """What became of the wrongs of a file or of several."""

    wrongs: int
    tried: int
    noticed: int
    explained: int

    @property
    def ratio(self) -> float:
        """Noticed of those that could be noticed."""
        could = self.tried - self.explained
        return self.noticed / could if could else 1.0

    def __add__(self, other: Score) -> Score:
        return Score(
            self.wrongs + other.wrongs,
            self.tried + other.tried,
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


def outdated(present: Iterable[Mutant]) -> list[str]:
    """Explanations of wrongs that can no longer be planted: their lines changed."""
    there = {(named(wrong.path), wrong.told) for wrong in present}
    return [f"{name}: {wrong}" for name, wrong in sorted(equivalent().keys() - there)]


def named(path: Path) -> str:
    """A file as people call it."""
    return str(path.relative_to(ROOT))


def scores(results: Mapping[Mutant, str], planned: Mapping[str, int]) -> dict[str, Score]:
    """File -> its score; ``planned`` are the wrongs of each file."""
    known = equivalent()
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for wrong, result in results.items():
        name = named(wrong.path)
        explained = result == UNNOTICED and (name, wrong.told) in known
        counts[name][EXPLAINED if explained else result] += 1
    return {
        name: Score(number, counts[name].total(), counts[name][NOTICED], counts[name][EXPLAINED])
        for name, number in sorted(planned.items())
    }


def show(results: Mapping[Mutant, str], planned: Mapping[str, int]) -> None:
    """A line for each survivor and a row for each file."""
    known = equivalent()
    console = Console(width=160, highlight=False, markup=False)
    for wrong, result in sorted(results.items(), key=lambda told: (told[0].path, told[0].number)):
        name = named(wrong.path)
        if result != NOTICED and (name, wrong.told) not in known:
            console.print(f"{name}:{wrong.line}: {result}: {wrong.told}", soft_wrap=True)
    table = Table("file", "wrongs", "tried", "noticed", "explained", "score")
    found = scores(results, planned)
    rows = [(name, each) for name, each in found.items() if each.tried]
    for name, each in [*rows, ("all", total(each for _, each in rows))]:
        counts = (each.wrongs, each.tried, each.noticed, each.explained)
        table.add_row(name, *map(str, counts), f"{each.ratio:.1%}")
    console.print(table)


def total(found: Iterable[Score]) -> Score:
    """Of several files together."""
    return sum(found, Score(0, 0, 0, 0))


def write(found: Mapping[str, Score], rooms: Iterable[str], on: date) -> None:
    """Replace the table in ``docs/quality.md``: files, and the sums of rooms."""
    text = QUALITY.read_text(encoding="utf-8")
    before, _, _ = text.partition("As of ")
    lines = []
    for room in rooms:
        members = {name: each for name, each in sorted(found.items()) if name.startswith(room)}
        lines += [_row(f"`{name}`", each) for name, each in members.items() if each.tried]
        if not room.endswith(".py"):
            lines.append(_row(f"**{room}**", total(members.values())))
    lines.append(_row("**all**", total(found.values())))
    table = "\n".join(lines)
    QUALITY.write_text(f"{before}As of {on:%Y-%m-%d}:\n\n{_TABLE}{table}\n", encoding="utf-8")


def _row(name: str, each: Score) -> str:
    counts = f"{each.wrongs} | {each.tried} | {each.noticed} | {each.explained}"
    return f"| {name} | {counts} | {f'{each.ratio:.1%}' if each.tried else 'not tried'} |"
