"""However usage is sent, in whatever order and parts, and how often: the ledger is the same."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from revrec.store.lake_tables import USAGE
from tests.properties.profiles import examples
from tests.usage.samples import Told, judge, told

_TOLD_COLUMNS = [name for name in USAGE.names if name not in ("batch", "recorded_at")]


@st.composite
def usage(draw: st.DrawFn) -> tuple[list[Told], list[Told], list[Told]]:
    """Rows of distinct identity, some of them again word for word, some with other content."""
    rows = [
        told(
            usage_id=f"u-{number}",
            usage_date=f"2026-01-{draw(st.integers(1, 5)):02}",
            quantity=f"{draw(st.decimals(0, 10**6, places=9)):f}",
            amount=f"{draw(st.decimals(0, 10**6, places=12)):f}",
        )
        for number in range(draw(st.integers(1, 12)))
    ]
    again = draw(st.lists(st.sampled_from(rows), max_size=6))
    conflicting = [row | {"unit": "other"} for row in draw(st.lists(st.sampled_from(rows)))]
    return rows, again, conflicting[:4]


def _arranged(
    draw: st.DrawFn, rows: list[Told], again: list[Told], conflicting: list[Told]
) -> list[list[Told]]:
    """All rows in some order, each conflict after what it conflicts with, cut into batches."""
    order = draw(st.permutations([*rows, *again]))
    for conflict in conflicting:
        first = order.index(conflict | {"unit": "token"})
        order.insert(draw(st.integers(first + 1, len(order))), conflict)
    cuts = sorted(draw(st.sets(st.integers(1, len(order)), max_size=4)))
    return [order[a:b] for a, b in zip([0, *cuts], [*cuts, len(order)], strict=True)]


def _sent(batches: list[list[Told]]) -> tuple[list[dict[str, object]], Counter[str]]:
    """The ledger after the batches, and how many rows had which fate."""
    ledger = USAGE.empty_table()
    fates: Counter[str] = Counter()
    for number, batch in enumerate(batches):
        judgement = judge(batch, held=ledger, batch=str(number))
        ledger = pa.concat_tables([ledger, judgement.accepted])
        fates.update(judgement.fates.values())
    rows = ledger.select(_TOLD_COLUMNS).to_pylist()
    return sorted(rows, key=lambda row: str(row["usage_id"])), fates


@examples(commit=8, torture=500)
@given(st.data())
def test_order_parts_and_repetition_change_nothing(data: st.DataObject) -> None:
    """Two arrangements of the same rows give the same ledger and the same fates in total."""
    rows, again, conflicting = data.draw(usage())
    one = data.draw(st.composite(_arranged)(rows, again, conflicting))
    other = data.draw(st.composite(_arranged)(rows, again, conflicting))

    ledger, fates = _sent(one)

    expected = {
        "accepted": len(rows),
        "duplicate": len(again),
        "conflicting-duplicate": len(conflicting),
    }
    assert {fate: count for fate, count in expected.items() if count} == fates
    assert (ledger, fates) == _sent(other)
    assert sum(Decimal(row["quantity"]) for row in rows) == sum(
        row["quantity"] for row in ledger if isinstance(row["quantity"], Decimal)
    )


@examples(commit=4, torture=200)
@given(st.data())
def test_sending_everything_twice_adds_nothing(data: st.DataObject) -> None:
    """The second time every row the ledger took is a duplicate."""
    rows, again, conflicting = data.draw(usage())
    batches = data.draw(st.composite(_arranged)(rows, again, conflicting))

    ledger, once = _sent(batches)
    ledger_after, twice = _sent([*batches, *batches])

    assert ledger == ledger_after
    assert len(rows) == once["accepted"] == twice["accepted"]
    assert once["duplicate"] * 2 + once["accepted"] == twice["duplicate"]
    assert once["conflicting-duplicate"] * 2 == twice["conflicting-duplicate"]
