"""Questions to be calculated, as documents tell them."""

from __future__ import annotations

from pathlib import Path

from pydantic import TypeAdapter

from revrec.feeds.documents import read_text, read_yaml, validated
from revrec.rating.questions import Question

QUESTION: TypeAdapter[Question] = TypeAdapter(Question)


def read_question(path: Path) -> Question:
    """A question from a YAML or JSON file; FeedError names every field that does not fit."""
    return validated(QUESTION, read_yaml(read_text(path), str(path)), str(path))
