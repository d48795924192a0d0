"""The disclosures, paragraph by paragraph, of a book under either framework."""

from __future__ import annotations

from revrec.disclosure.disclosed import disclosed
from revrec.feeds.frameworks import frameworks
from revrec.feeds.policies import default_policy
from revrec.model.books import Framework


def test_a_book_names_the_paragraphs_of_its_framework():
    """Beside those of the other; what is elected otherwise rests on paragraphs of IFRS 15."""
    first, _ = disclosed({}, default_policy())
    second, elected = disclosed({}, default_policy(), Framework.IFRS15, frameworks())
    pairs = [row[:2] for row in first.rows]
    cited = {row[0]: row[3] for row in elected.rows}

    assert ("606-10-50-13", "15.120") in pairs
    assert [(other, own) for own, other in pairs] == [row[:2] for row in second.rows]
    assert ["Paragraph of IFRS 15", "Of ASC 606"] == [each.title for each in second.columns[:2]]
    assert "15.9(e)" == cited["collectibility probable"]
    assert cited["right to invoice"].startswith("606-10-55-18")
