"""Totals of the usage ledger and the rows they sum: now, as of a version, as known at a moment."""

from __future__ import annotations

import functools
import operator
import random
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from revrec.errors import FeedError, LedgerBroken, NotFound
from revrec.store.lake_tables import USAGE
from revrec.usage import rollup
from revrec.usage.drilling import Span, rows, totals
from tests.usage.samples import told

MOMENT = datetime(2026, 2, 1, 9, tzinfo=UTC)


@pytest.fixture
def ask(database, lake, books):
    """Totals by grains, as places, rows, quantity and amount."""

    def run(*by, rolled=True, **span):
        found = database.run(
            lambda tx: totals(tx, lake, by, Span(**span), rolled=rolled),
            entity=books,
            actor="auditor",
            read_only=True,
        )
        return [(*each.by, each.rows, each.quantity, each.amount) for each in found.totals]

    return run


@pytest.fixture
def look(database, lake, books):
    """Rows of a span."""

    def run(limit=100, after=0, **span):
        return database.run(
            lambda tx: rows(tx, lake, Span(**span), limit=limit, after=after),
            entity=books,
            actor="auditor",
            read_only=True,
        )

    return run


@pytest.fixture
def roll(database, lake, books):
    """Rolls the ledger up."""
    return lambda: database.run(lambda tx: rollup.roll_up(tx, lake), entity=books, actor="ops")


@pytest.fixture
def usage(send):
    """Two months of two contracts, labelled."""
    send(
        [
            told(usage_id="1", usage_date="2026-01-15", amount="1", dimensions='{"region":"eu"}'),
            told(usage_id="2", usage_date="2026-01-15", amount="2", dimensions='{"region":"us"}'),
            told(usage_id="3", usage_date="2026-01-16", amount="4"),
            told(usage_id="4", usage_date="2026-02-01", amount="8", dimensions='{"region":"eu"}'),
            told(usage_id="5", contract="globex", currency="EUR", amount="16"),
        ]
    )


@pytest.fixture(params=["rows", "rolled up", "rolled up in part"])
def either_way(request, roll, send):
    """The same usage, read from rows, from the roll-up, and from both."""
    request.getfixturevalue("usage")
    if request.param != "rows":
        roll()
    extra = [told(usage_id="6", usage_date="2026-01-16", amount="-1", quantity="-10", corrects="3")]
    send(extra)
    if request.param == "rolled up":
        roll()


@pytest.mark.usefixtures("either_way")
def test_a_total_leads_to_its_days_and_their_rows(ask, look):
    """Customer, then contract and month, then days, then rows: each sums to the one above."""
    assert ask("customer") == [
        ("acme", 5, Decimal(3990), Decimal(14)),
        ("globex", 1, Decimal(1000), Decimal(16)),
    ]
    assert ask("contract", "month", customer="acme") == [
        ("acme", "2026-01", 4, Decimal(2990), Decimal(6)),
        ("acme", "2026-02", 1, Decimal(1000), Decimal(8)),
    ]
    january = {"contract": "acme", "first": date(2026, 1, 1), "last": date(2026, 1, 31)}
    assert ask("day", **january) == [
        ("2026-01-15", 2, Decimal(2000), Decimal(3)),
        ("2026-01-16", 2, Decimal(990), Decimal(3)),
    ]
    found = look(contract="acme", first=date(2026, 1, 16), last=date(2026, 1, 16))
    assert (2, ["3", "6"]) == (found.found, found.rows["usage_id"].to_pylist())


@pytest.mark.usefixtures("either_way")
def test_labels_are_grains_and_narrow(ask):
    """Usage without the label stands by itself; a label there is not gives one place."""
    assert ask("label:region", customer="acme") == [
        ("eu", 2, Decimal(2000), Decimal(9)),
        ("us", 1, Decimal(1000), Decimal(2)),
        (None, 2, Decimal(990), Decimal(3)),
    ]
    assert ask("meter", labels={"region": "eu"}) == [("tokens", 2, Decimal(2000), Decimal(9))]
    assert ask('label:it\'s a "test".', contract="globex") == [
        (None, 1, Decimal(1000), Decimal(16))
    ]


@pytest.mark.usefixtures("usage")
def test_as_of_a_version_and_as_known_at_a_moment(ask, look, send, roll, clock):
    """What came later is not there, though it was rolled up since."""
    send([told(usage_id="7", usage_date="2026-01-20", amount="32")])
    roll()
    clock.advance(timedelta(days=1))
    send([told(usage_id="8", usage_date="2026-01-20", amount="64")])
    roll()

    assert ask("contract", version=1)[0] == ("acme", 4, Decimal(4000), Decimal(15))
    assert ask("contract", version=2)[0][3] == Decimal(47)
    assert ask("contract", known_at=MOMENT)[0][3] == Decimal(47)
    assert ask("contract", known_at=MOMENT + timedelta(days=1))[0][3] == Decimal(111)
    assert 1 == look(first=date(2026, 1, 20), version=2).rows.num_rows - 1
    assert ["7"] == look(first=date(2026, 1, 20), last=date(2026, 1, 20), known_at=MOMENT).rows[
        "usage_id"
    ].to_pylist()
    with pytest.raises(NotFound, match="Version 9 of usage was never committed"):
        ask("contract", version=9)


@pytest.mark.usefixtures("usage")
def test_files_of_other_months_are_not_read(roll, send, run, lake):
    """Of the roll-up the month's partition, of later rows the day's."""
    roll()
    send([told(usage_id=f"n-{day}", usage_date=f"2026-02-0{day}") for day in (1, 2, 3)])

    held = run(lambda tx: rollup.cells(tx, lake))
    of_day = rollup.within(held, date(2026, 2, 2), date(2026, 2, 2))
    condition = functools.reduce(operator.and_, of_day)

    assert 5 == len(list(held.get_fragments()))
    assert ["usage_date=2026-02-02", "usage_month=2026-02"] == sorted(
        fragment.path.split("/")[-2] for fragment in held.get_fragments(filter=condition)
    )


@pytest.mark.usefixtures("usage")
def test_rows_are_shown_in_parts(look):
    """By day, source and id, so many after so many."""
    assert ["1", "2", "5"] == look(limit=3).rows["usage_id"].to_pylist()
    assert ["3", "4"] == look(limit=3, after=3).rows["usage_id"].to_pylist()
    assert set(USAGE.names) == set(look().rows.column_names)


@pytest.mark.usefixtures("usage")
def test_an_unknown_grain_is_told(ask):
    """The grains there are are listed."""
    with pytest.raises(FeedError, match=r"no totals by 'week'.*customer, contract.*label:NAME"):
        ask("week")


def test_before_the_first_usage(ask, look, roll, run, lake):
    """Nothing is there, and nothing breaks."""
    assert [] == ask("contract")
    assert 0 == look().found
    assert roll() is None
    assert run(lambda tx: rollup.verify(tx, lake)) is None


@pytest.mark.usefixtures("usage")
def test_only_new_appends_are_rolled_up(roll, send):
    """Each row is summed once; again there is nothing to do."""
    first = roll()
    send([told(usage_id="9"), told(usage_id="10")])
    second = roll()

    assert (1, 5, 5) == (first.through_version, first.rows, first.cells)
    assert (2, 2, 1) == (second.through_version, second.rows, second.cells)
    assert roll() is None


@pytest.mark.parametrize("seed", range(3))
def test_any_order_of_work_gives_what_a_naive_sum_gives(
    seed, send, roll, ask, run, lake, database, books
):
    """Appends, roll-ups and compactions in any order, read at every version."""
    chance = random.Random(seed)
    naive, sent = defaultdict(lambda: [0, Decimal(0)]), 0
    states = {}
    for step in range(14):
        match chance.choice(["send", "send", "roll", "compact"]):
            case "send":
                told_now = []
                for _ in range(chance.randint(1, 5)):
                    day, amount = chance.randint(1, 9), Decimal(chance.randint(1, 10**6)) / 1000
                    sent += 1
                    told_now.append(
                        told(usage_id=f"s-{sent}", usage_date=f"2026-01-0{day}",
                             amount=f"{amount}")
                    )  # fmt: skip
                    naive[f"2026-01-0{day}"][0] += 1
                    naive[f"2026-01-0{day}"][1] += amount
                version = send(told_now, batch=f"b-{step}").lake_version
                states[version] = sorted((day, *sums) for day, sums in naive.items())
            case "roll":
                roll()
            case "compact":
                for table in ("rollup", "usage"):
                    database.run(
                        lambda tx, table=table: lake.compact(tx, table), entity=books, actor="o"
                    )

    for version, expected in states.items():
        for rolled in (True, False):
            found = ask("day", version=version, rolled=rolled)
            assert expected == [(day, count, amount) for day, count, _, amount in found]
    run(lambda tx: rollup.verify(tx, lake))
    run(lake.verify)


@pytest.mark.usefixtures("usage")
def test_a_roll_up_that_is_not_the_sum_is_found(roll, run, lake):
    """A sum told twice, as only an editor behind the program's back could."""
    roll()

    def forge(tx):
        forged = lake.dataset(tx, "rollup").to_table().slice(0, 1)
        lake.append(tx, "rollup", forged, "forged", {"through_version": "1"})

    run(forge)

    with pytest.raises(LedgerBroken, match=r"roll-up of acme on tokens and 2026-01-15 is not"):
        run(lambda tx: rollup.verify(tx, lake))
