from __future__ import annotations

from hypothesis import assume, given
from hypothesis import strategies as st

from revrec.feeds.scenario import scenario_of
from revrec.periods import MONTHS
from tests.disclosure.closing import close, report
from tests.properties.profiles import examples
from tests.strategies import scenarios

LATE = ("invoice", "credit_memo", "payment", "delivery", "usage")
"""Kinds of events that may be learned after the month they belong to."""


@examples(commit=6, torture=500)
@given(
    told=scenarios(size=2),
    months=st.integers(0, 30),
    learned=st.lists(st.booleans(), min_size=40, max_size=40),
)
def test_whatever_happens_and_whenever_it_is_learned_every_total_agrees(told, months, learned):
    """Three closes, some events told only before the last: no tie-out shows a difference."""
    events = told["events"]
    early = [
        event
        for event, late in zip(events, learned + [False] * len(events), strict=False)
        if not (late and event["kind"] in LATE)
    ]
    before, after = (
        scenario_of(told | {"title": "Random.", "cites": [], "expected": [], "events": each}).book()
        for each in (early, events)
    )
    last = MONTHS.of(told["contracts"][0]["inception"]).plus(months)
    first = last.plus(-2)

    closed = close(lambda period: after if period == last else before, first, last)
    assume(not closed.accounting.refused)
    made = report(after, closed, first.next, last, horizon=3)

    assert () == made.differences
    for data in made.datasets.values():
        keys = [row[-1] for row in data.rows]
        assert len(set(keys)) == len(keys), data.name
