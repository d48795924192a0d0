"""The register of coverage is complete and up to date; `make coverage` writes it."""

from __future__ import annotations

import pytest

from revrec.audit.coverage import (
    Covered,
    Scope,
    covered,
    open_paragraphs,
    read_scope,
    register,
    unknown_paragraphs,
)
from tests.architecture import rules
from tests.books import EXAMPLES

DOCS = rules.ROOT / "docs"


@pytest.fixture(scope="module")
def scope():
    """The scope as written down."""
    return read_scope(DOCS / "scope.yaml")


@pytest.fixture(scope="module")
def found():
    """What rules and cases give."""
    return covered(EXAMPLES.rglob("*.yaml"))


def test_the_register_is_up_to_date(scope, found):
    """Run `make coverage` after a rule or a case changed."""
    assert register(scope, found) == (DOCS / "coverage.yaml").read_text(encoding="utf-8")


def test_every_paragraph_in_scope_is_stated_or_explained(scope, found):
    """Either a rule states it, or scope.yaml says why none does."""
    assert [] == open_paragraphs(scope, found)


def test_every_cited_paragraph_is_known(scope, found):
    """A citation of a paragraph that does not exist convinces nobody."""
    assert [] == unknown_paragraphs(scope, found)


def test_every_rule_of_the_rooms_of_rules_cites(found):
    """Rules of 606 and 340-40 name their paragraphs."""
    assert [] == rules.findings(
        rules.uncited_rules, rules.sources("revrec/asc606", "revrec/asc340")
    )
    assert found


def test_ranges_are_read_as_paragraphs(tmp_path):
    """Ranges, single paragraphs and letters; reasons by kind."""
    path = tmp_path / "scope.yaml"
    path.write_text(
        "sections: {606-10-25: 1-3 16A}\nalso_known: {606-10-05: 4}\njudged: []\nexplains: []\n"
        "out: [{section: 606-10-25, paragraphs: 2, because: 'not\n computed'}]\n"
    )

    assert read_scope(path) == Scope(
        paragraphs=("606-10-25-1", "606-10-25-2", "606-10-25-3", "606-10-25-16A"),
        also_known=frozenset({"606-10-05-4"}),
        reasons={"606-10-25-2": ("out", "not computed")},
    )


def test_planted_gaps_are_found():
    """A paragraph without rule and reason, and one that nobody knows."""
    scope = Scope(("1-1", "1-2", "1-3"), frozenset({"0-1"}), {"1-2": ("out", "why")})
    found = {"1-1": Covered(rules=["asc606.rule"]), "0-1": Covered(), "9-9": Covered()}

    assert open_paragraphs(scope, found) == ["1-3"]
    assert unknown_paragraphs(scope, found) == ["9-9"]
    assert "open: 1" in register(scope, found)
