"""The documents name only what exists."""

from __future__ import annotations

import re
import shlex
from functools import cache

import pytest
from typer.main import get_command

from revrec.audit.check import check
from revrec.cli import app
from revrec.feeds.scenario import read_scenario
from revrec.model.fact import FactKind
from revrec.runtime.settings import Settings
from tests.architecture.rules import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))
DOCUMENTS = sorted(
    [
        *ROOT.glob("*.md"),
        *(ROOT / "docs").rglob("*.md"),
        *(ROOT / "contracts_examples").rglob("*.md"),
    ]
)
HEADINGS = ["Context", "Decision", "Consequences", "Alternatives", "Enforced by"]
WRITTEN_BY_THE_PROGRAM = ("out/", ".revrec/", ".venv")


def section(title: str) -> str:
    """The text of a second-level section of the README."""
    return README.split(f"\n## {title}\n")[1].split("\n## ")[0]


def commands(text: str) -> list[list[str]]:
    """Every `revrec ...` of the indented and fenced blocks, as words."""
    lines = re.findall(r"^(?:    |\$ )(revrec [^\n]*)$", text, flags=re.MULTILINE)
    return [shlex.split(line, comments=True) for line in lines]


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path):
    """A link to a file of this repository leads to it."""
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8"))

    assert [] == [link for link in links if not (path.parent / link).exists()]


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_named_in_documents_exist(path):
    """`revrec/money.py` in a document is a file."""
    named = re.findall(r"`([\w.-]+/[\w./-]*)`", path.read_text(encoding="utf-8"))
    ours = [name for name in named if not name.startswith(WRITTEN_BY_THE_PROGRAM)]

    assert [] == [name for name in ours if not (ROOT / name).exists()]


def test_make_targets_in_the_readme_exist():
    """`make demo` of the README is a target of the Makefile."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, flags=re.MULTILINE))
    named = set(re.findall(r"`make ([a-z]+)", README)) | set(
        re.findall(r"^    make ([a-z]+)", README, flags=re.MULTILINE)
    )

    assert named
    assert named - targets == set()


def known_commands(group, *names: str) -> dict[tuple[str, ...], set[str]]:
    """Every command by its words, with its options; those of a group too."""
    found: dict[tuple[str, ...], set[str]] = {}
    for name, each in group.commands.items():
        if hasattr(each, "commands"):
            found |= known_commands(each, *names, name)
        else:
            found[*names, name] = {option for param in each.params for option in param.opts}
    return found


@cache
def known() -> dict[tuple[str, ...], set[str]]:
    """The commands of the program."""
    return known_commands(get_command(app))


def verb_of(words: list[str]) -> tuple[str, ...]:
    """The words of the command itself, one or, in a group, two."""
    groups = {names[0] for names in known() if len(names) > 1}
    return tuple(words[:2] if words[0] in groups else words[:1])


def test_commands_in_documents_exist():
    """Each `revrec` command printed anywhere has that name and those options."""
    printed = [words for path in DOCUMENTS for words in commands(path.read_text(encoding="utf-8"))]
    strange = []
    for _, *words in printed:
        flags = {word.partition("=")[0] for word in words if word.startswith("--")}
        if flags - known().get(verb_of(words), set()) or verb_of(words) not in known():
            strange.append(words)

    assert printed
    assert [] == strange


def test_every_command_is_in_the_readme():
    """A command nobody reads about is not used."""
    told = {verb_of(words) for _, *words in commands(README)}

    assert set(known()) - told == set()


def test_every_kind_of_record_is_in_the_readme():
    """What can be loaded is listed, and nothing else."""
    table = README.split("| what is told | kinds |")[1].split("\n\n")[0]
    listed = re.findall(r"`([a-z_]+)`", table)

    assert sorted(listed) == sorted(kind.value for kind in FactKind)


def test_the_scenario_in_the_readme_holds(tmp_path):
    """The first case a reader copies runs as printed."""
    path = tmp_path / "my_case.yaml"
    path.write_text(re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)[0], encoding="utf-8")

    outcomes = check(read_scenario(path))

    assert outcomes
    assert [] == [each for each in outcomes if not each.holds]


def test_the_settings_table_is_complete():
    """One row for each setting, under the name of its variable."""
    documented = re.findall(r"^\| `REVREC_([A-Z_]+)` \|", README, flags=re.MULTILINE)

    assert sorted(name.upper() for name in Settings.model_fields) == sorted(documented)


def test_every_promise_names_a_test():
    """A promise without a test is a hope."""
    rows = [line for line in section("Promises").splitlines() if line.startswith("| ")][2:]
    tests = [re.findall(r"`(tests/[\w/.]+)`", row) for row in rows]

    assert rows
    assert [] == [row for row, paths in zip(rows, tests, strict=True) if not paths]
    assert [] == [p for paths in tests for p in paths if not (ROOT / p).exists()]


@pytest.mark.parametrize("path", DECISIONS, ids=lambda path: path.stem)
def test_a_decision_fits_the_template(path):
    """One screen: context, decision, consequences, alternatives, what enforces it."""
    text = path.read_text(encoding="utf-8")

    assert HEADINGS == re.findall(r"^## (.+)$", text, flags=re.MULTILINE)
    assert re.match(rf"# {path.name[:4]}\. \S.*\n\nDate: \d{{4}}-\d\d-\d\d\n", text)
    assert len(text.splitlines()) <= 50


def test_decisions_are_numbered_without_a_gap():
    """A decision is superseded by a later one, never removed."""
    numbers = [int(path.name[:4]) for path in DECISIONS]

    assert numbers == list(range(1, len(numbers) + 1))


def test_every_release_states_its_revenue_impact():
    """Whoever upgrades knows which numbers move."""
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    releases = re.split(r"^## ", changelog, flags=re.MULTILINE)[1:]

    assert releases
    assert [] == [r.splitlines()[0] for r in releases if "\n### Revenue impact\n\n" not in r]
