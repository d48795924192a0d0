"""Drawing on lots: atom by atom it is what a naive twin says, and nothing is drawn twice."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from hypothesis import given
from hypothesis import strategies as st

from revrec.drawing.draw import Drawing
from revrec.drawing.lot import Keeps, Lot
from tests.properties.profiles import examples

NEVER = 1_000


def lot(name: str, amount: int, first: int = 0, end: int = NEVER, **terms: object) -> Lot:
    """A lot of the rank its name has."""
    return Lot(name=name, rank=(name,), amount=amount, first=first, end=end, **terms)  # type: ignore[arg-type]


def gave(drawing: Drawing, at: int, amount: int, **terms: str) -> list[tuple[str, bool, int]]:
    """A use of an amount, as the lots that gave it."""
    parts = drawing.use(at, 0, amount, **terms)
    return [(each.name if each else "", exceeds, taken) for each, exceeds, _, taken in parts]


def test_what_exceeded_all_lots_comes_back_first_and_fills_none():
    """Of 120 drawn on 100, 30 come back: 20 that exceeded the lot, and 10 of the lot's."""
    drawing = Drawing([lot("a", 100), lot("b", 50, first=5)])
    gave(drawing, 1, 120)

    back = gave(drawing, 2, -30)

    assert back == [("a", True, -20), ("a", False, -10)]
    assert gave(drawing, 6, 30) == [("a", False, 10), ("b", False, 20)]


def test_a_lot_set_aside_is_drawn_by_its_consumer_alone():
    """Of 100 shared, 60 are set aside for x: y finds 40, x finds 60, nobody more."""
    drawing = Drawing([lot("a", 100)])
    drawing.happen(0, lambda: drawing.move("", "x", 60))

    assert gave(drawing, 1, 50, consumer="y") == [("a", False, 40), ("a", True, 10)]
    assert gave(drawing, 1, 70, consumer="x") == [("a", False, 60), ("a", True, 10)]


def test_no_more_is_given_away_than_is_left():
    """X has 60 and used 50 of them: of 30 to be given to y, 10 are."""
    drawing = Drawing([lot("a", 100)])
    drawing.happen(0, lambda: drawing.move("", "x", 60))
    gave(drawing, 1, 50, consumer="x")

    assert drawing.move("x", "y", 30) == 10
    assert gave(drawing, 2, 1, consumer="x") == [("a", False, 1)]
    assert gave(drawing, 2, 60, consumer="y") == [("a", False, 49), ("a", True, 11)]


def test_parts_are_carried_on_in_proportion():
    """Of 40 shared and 60 for x, 10 are kept: 4 shared, 6 for x; 90 lapse."""
    first = lot("a", 100, end=10, keeps=Keeps(cap=10))
    first.into = lot("a on", 0, first=10, end=20)
    drawing = Drawing([first])
    drawing.happen(0, lambda: drawing.move("", "x", 60))

    assert gave(drawing, 11, 5, consumer="y") == [("a on", False, 4), ("a on", True, 1)]
    assert gave(drawing, 11, 7, consumer="x") == [("a on", False, 6), ("a on", True, 1)]
    assert (first.carried, first.lapsed) == (10, 90)


def test_what_comes_back_after_the_end_is_carried_within_the_cap():
    """2 left of 10 were carried of a cap of 5; of 6 that come back 3 are, and 3 lapse."""
    first = lot("a", 10, end=10, keeps=Keeps(cap=5))
    first.into = lot("a on", 0, first=10, end=20)
    drawing = Drawing([first])
    gave(drawing, 1, 8)

    assert gave(drawing, 11, -6) == [("a", False, -6)]
    assert (first.carried, first.lapsed, first.into.balance) == (5, 3, 5)


def test_a_floor_raises_what_is_kept():
    """Nothing is left and 4 are kept: they were raised, and nothing lapsed."""
    first = lot("a", 10, end=10, keeps=Keeps(floor=4))
    first.into = lot("a on", 0, first=10, end=20)
    drawing = Drawing([first])
    gave(drawing, 1, 10)
    drawing.advance(10)

    assert (first.raised, first.carried, first.lapsed, first.into.balance) == (4, 4, 0, 4)


def test_another_end_counts_from_its_moment_on():
    """A was drawn first while it ended first; once it ends last, b gives; lapsed, it comes back."""
    a, b = lot("a", 10, end=20), lot("b", 10, end=30)
    a.rank, b.rank = (20, "a"), (30, "b")
    drawing = Drawing([a, b])
    drawing.happen(5, lambda: drawing.reterm(a, 40, (40, "a")))
    drawing.happen(50, lambda: drawing.reterm(a, 60, (60, "a")))

    assert gave(drawing, 4, 3) == [("a", False, 3)]
    assert gave(drawing, 5, 3) == [("b", False, 3)]
    assert gave(drawing, 45, 1) == [("", True, 1)]
    assert a.lapsed == 7
    assert gave(drawing, 50, 9) == [("a", False, 7), ("a", True, 2)]
    assert a.lapsed == 0


def test_a_correction_takes_no_more_than_is_left():
    """7 were drawn of 10: of a correction by -5, 3 are taken away."""
    first = lot("a", 10)
    drawing = Drawing([first])
    gave(drawing, 1, 7)

    assert drawing.adjust(first, -5) == -3
    assert drawing.adjust(first, 4) == 4
    assert gave(drawing, 2, 5) == [("a", False, 4), ("a", True, 1)]


def test_what_is_drawn_within_counts_to_the_outer():
    """The inner gave 30 of the outer's 100, which has 70 more for other use."""
    outer = lot("z", 100)
    inner = lot("a", 30, takes=frozenset({"sms"}), within=outer)
    drawing = Drawing([outer, inner])

    assert gave(drawing, 1, 40, label="sms") == [("a", False, 30), ("z", False, 10)]
    assert gave(drawing, 1, 100, label="calls") == [("z", False, 60), ("z", True, 40)]
    assert (outer.drawn, outer.counted, outer.exceeded) == (70, 30, 40)


def test_the_other_count_goes_in_proportion_and_the_rest_with_the_last():
    """7 units for 100: 2, 2 and 3 units are 28, 28 and the 44 that are left."""
    drawing = Drawing([lot("a", 2, by_amount=False), lot("b", 2, by_amount=False)])

    parts = drawing.use(1, 7, 100)

    assert [(quantity, amount) for _, _, quantity, amount in parts] == [(2, 28), (2, 28), (3, 44)]


@dataclass(frozen=True)
class Told:
    """A use of the random story: when, whose, of what, how much."""

    at: int
    consumer: str
    label: str
    amount: int


@st.composite
def stories(draw: st.DrawFn) -> tuple[list[Lot], list[Told]]:
    """Lots of limited days and labels, and uses of two consumers."""
    lots = [
        lot(
            f"{draw(st.integers(0, 2))}-{number}",
            draw(st.integers(0, 12)),
            first=draw(st.integers(0, 6)),
            end=draw(st.integers(0, 12)),
            takes=draw(st.sampled_from([frozenset[str](), frozenset({"p"})])),
        )
        for number in range(draw(st.integers(0, 4)))
    ]
    uses = [
        Told(at, draw(st.sampled_from("xy")), draw(st.sampled_from("pq")), draw(st.integers(0, 9)))
        for at in sorted(draw(st.lists(st.integers(0, 12), max_size=6)))
    ]
    return lots, uses


def naive(lots: Sequence[Lot], uses: Sequence[Told]) -> list[dict[str, int]]:
    """Each use atom by atom: the first lot of its days and labels that has one left."""
    left = {each.name: each.amount for each in lots}
    found = []
    for use in uses:
        taken: dict[str, int] = defaultdict(int)
        for _ in range(use.amount):
            fitting = sorted(
                each.name
                for each in lots
                if each.first <= use.at < each.end
                and left[each.name]
                and (not each.takes or use.label in each.takes)
            )
            name = fitting[0] if fitting else ""
            taken[name] += 1
            if name:
                left[name] -= 1
        found.append(dict(taken))
    return found


@examples(commit=150, torture=5_000)
@given(stories())
def test_atom_by_atom_it_is_the_same(story: tuple[list[Lot], list[Told]]) -> None:
    """The first lot in order that may give, gives; the rest exceeds them."""
    lots, uses = story
    drawing = Drawing([replace(each, parts={}) for each in lots])

    found = []
    for use in uses:
        taken: dict[str, int] = defaultdict(int)
        for name, exceeds, atoms in gave(
            drawing, use.at, use.amount, consumer=use.consumer, label=use.label
        ):
            taken["" if exceeds else name] += atoms
        found.append({name: atoms for name, atoms in taken.items() if atoms})

    assert found == naive(lots, uses)


@examples(commit=150, torture=5_000)
@given(stories(), st.data())
def test_nothing_is_drawn_twice_or_lost(
    story: tuple[list[Lot], list[Told]], data: st.DataObject
) -> None:
    """Whatever is set aside, given away, corrected, carried or given back, each lot adds up."""
    lots, uses = story
    for each in lots:
        if data.draw(st.booleans()):
            each.keeps = Keeps(cap=data.draw(st.integers(0, 6)), floor=data.draw(st.integers(0, 2)))
            each.into = replace(
                each, name=f"{each.name}+", rank=(f"{each.name}+",), amount=0, end=each.end + 3
            )
            each.into.parts = {}
    drawing = Drawing(lots)
    consumers = st.sampled_from(["", "x", "y"])
    for use in uses:
        step = data.draw(st.sampled_from(["use", "back", "move", "adjust"]))
        drawing.advance(use.at)
        if step == "move":
            drawing.move(data.draw(consumers), data.draw(consumers), use.amount)
        elif step == "adjust" and lots:
            drawing.adjust(lots[0], use.amount - 4)
        amount = -use.amount if step == "back" else use.amount
        parts = drawing.use(use.at, 0, amount, consumer=use.consumer, label=use.label)
        assert sum(taken for *_, taken in parts) == amount
    drawing.advance(20)

    for each in (*lots, *(each.into for each in lots if each.into)):
        assert min(each.left, each.lapsed, each.drawn, *each.parts.values(), 0) == 0
        if each.begun:
            given_in_all = each.amount + each.adjusted + each.raised
            assert given_in_all == each.drawn + each.lapsed + each.carried + each.balance
