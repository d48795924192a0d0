"""The tree drawn in errors.py is the tree of classes."""

from __future__ import annotations

import re

from revrec import errors
from revrec.errors import RevrecError


def drawn(docstring: str) -> list[tuple[str, str]]:
    """(class, parent) for every class of the drawing, two spaces for each generation."""
    ancestors: list[str] = []
    pairs = []
    for line in docstring.splitlines():
        if match := re.match(r"    ((?:  )*)([A-Z]\w+)(?:  |$)", line):
            depth = len(match[1]) // 2
            del ancestors[depth:]
            pairs.append((match[2], ancestors[-1] if ancestors else "Exception"))
            ancestors.append(match[2])
    return pairs


def defined(root: type[Exception]) -> list[tuple[str, str]]:
    """(class, parent) for every error class."""
    found = [(root.__name__, root.__bases__[0].__name__)]
    for child in root.__subclasses__():
        if child.__module__ == errors.__name__:
            found.extend(defined(child))
    return found


def test_the_drawing_shows_every_class_under_its_parent():
    """Whoever reads the docstring knows what to catch."""
    assert sorted(defined(RevrecError)) == sorted(drawn(errors.__doc__))


def test_a_missing_or_moved_class_is_seen():
    """The reader of the drawing tells generations apart."""
    drawing = """Title.

    RevrecError                  code
      ContractError              why
        NotAContract             606-10-25-1
      FeedError                  bad bytes
    """

    assert drawn(drawing) == [
        ("RevrecError", "Exception"),
        ("ContractError", "RevrecError"),
        ("NotAContract", "ContractError"),
        ("FeedError", "RevrecError"),
    ]


def test_codes_are_the_class_names_in_kebab_case():
    """A code is stable, public, and can be guessed from the class."""
    classes = {
        name: getattr(errors, name).code for name, _ in defined(RevrecError) if name in vars(errors)
    }

    assert {name: re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower() for name in classes} == classes
