"""Where Topic 606 and IFRS 15 differ, as data, and the policy of a book under either."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache
from importlib.resources import files

from pydantic import TypeAdapter

from revrec.citations import cites
from revrec.errors import FeedError
from revrec.feeds.documents import read_yaml, validated
from revrec.feeds.policies import checked
from revrec.model.books import Framework, Frameworks, SecondBook
from revrec.model.policy import Election, Policy


@cache
def frameworks() -> Frameworks:
    """The register in ``revrec/policies/ifrs15.yaml``."""
    source = "policies/ifrs15.yaml"
    text = files("revrec.policies").joinpath("ifrs15.yaml").read_text(encoding="utf-8")
    return validated(TypeAdapter(Frameworks), read_yaml(text, source), source)


@cites(
    "606-10-25-1", "606-10-25-18B", "606-10-32-11", "606-10-32-21", "606-10-55-58C", "340-40-35-6"
)  # fmt: skip
def policy_of(policy: Policy, second: SecondBook, names: Iterable[str] | None = None) -> Policy:
    """The policy of the second book: the first's, with the values of its framework.

    ``names`` are the differences applied, all of them if left out. Raises FeedError for an
    election of the book that no difference is about, or that is not computed.
    """
    known = frameworks().differences
    chosen = set(known if names is None else names)
    about = {name for each in known.values() for name in each.elections}
    if unknown := sorted(set(second.elections) - about):
        raise FeedError(
            f"The second book elects {unknown[0]}, on which the frameworks do not differ.",
            remedy=f"Elect it in the policy, or here one of: {', '.join(sorted(about))}.",
            field=f"second_book.elections.{unknown[0]}",
        )
    elections = dict(policy.elections)
    for name, difference in known.items():
        if name not in chosen:
            continue
        for election, values in difference.elections.items():
            elections[election] = Election(
                value=_value(election, values, second),
                effective_from=difference.effective_from,
                cites=difference.asc606,
                rationale=difference.rationale,
            )
    return checked(replace(policy, elections=elections))


def _value(election: str, values: Mapping[Framework, str], second: SecondBook) -> str:
    return second.elections.get(election, values[second.framework])
