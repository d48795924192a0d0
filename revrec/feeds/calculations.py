"""Questions to be calculated, as documents tell them."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from pydantic import TypeAdapter

from revrec.feeds.documents import read_text, read_yaml, validated
from revrec.rating.questions import Question


@cache
def question_adapter() -> TypeAdapter[Question]:
    """Reads what can be asked; built when first asked for."""
    return TypeAdapter(Question)


def read_question(path: Path) -> Question:
    """A question from a YAML or JSON file; FeedError names every field that does not fit."""
    return question_of(read_yaml(read_text(path), str(path)), str(path))


def question_of(told: object, source: str) -> Question:
    """A question from plain values; FeedError names every field that does not fit."""
    return validated(question_adapter(), told, source)
