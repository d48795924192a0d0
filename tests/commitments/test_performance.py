"""What is drawn is what the engine counts: the same draws, in the same order, in one place."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from revrec import engine
from revrec.commitments.agreement import Agreement
from revrec.commitments.performance import as_performed
from revrec.commitments.position import position_of
from revrec.recognition.counts import usage_by_obligation
from tests.commitments.books import Use, book, daily, grant, used
from tests.properties.profiles import examples

DECEMBER = date(2026, 12, 31)


def holder(*lots: tuple[str, str], **terms: Any) -> dict[str, Any]:
    """Acme with entitlements to amounts of tokens for 100.00 each, and what is beyond as used."""
    return {
        "kind": "contract",
        "id": "acme",
        "customer": "acme",
        "currency": "USD",
        "inception": "2026-01-01",
        "end": "2026-12-31",
        "obligations": [
            {
                "id": name, "product": "api", "measure": "usage", "meters": ["tokens"],
                "standalone_selling_price": "100", "usage": {"entitled": entitled} | terms,
            }
            for name, entitled in lots
        ] + [{"id": "beyond", "product": "api", "measure": "usage", "meters": ["tokens"]}],
        "consideration": [
            {"id": "fee", "kind": "fixed", "amount": str(100 * len(lots))},
            {"id": "as-used", "kind": "usage", "obligation": "beyond"},
        ],
    }  # fmt: skip


def agreed(records: list[dict[str, Any]], uses: list[Use]) -> list[Agreement]:
    """What both sides say at the end of 2026."""
    found = position_of(book(*records, contracts=("globex",)), daily(uses), DECEMBER)
    assert found.refused == {}
    return list(found.agreements())


def revenue(records: list[dict[str, Any]], uses: list[Use], day: date) -> dict[str, Decimal]:
    """Revenue to date by obligation, as the engine has it."""
    told = book(*records, contracts=("globex",))
    performed = as_performed(daily(uses), told.credits, "first_to_lapse")
    counts = usage_by_obligation(performed, told.histories.values())
    accounting = engine.account(told, [day], usage=[counts])
    assert accounting.refused == {}
    sums: dict[str, Decimal] = {}
    for row in accounting.recognised.table.to_pylist():
        name = accounting.recognised.segments[row["segment"]].obligation
        sums[name] = sums.get(name, Decimal(0)) + Decimal(row["revenue"]).scaleb(-2)
    return {name: amount for name, amount in sums.items() if amount}


GRANTS = [
    grant("second", 50, priority=2, counted_in="quantity", paid="100", obligation="a",
          last_day="2026-12-31"),
    grant("first", 100, priority=1, counted_in="quantity", paid="100", obligation="b",
          last_day="2026-12-31"),
]  # fmt: skip


def test_the_order_of_the_grants_is_the_order_of_revenue() -> None:
    """120 units: 100 of b, which comes first, 20 of a; by name or as it lapses it would be a."""
    records = [holder(("a", "50"), ("b", "100")), *GRANTS]
    uses = [used("2026-03-01", "60", quantity=120)]

    found = agreed(records, uses)

    assert [(each.obligation, each.drawn, each.counted, each.holds) for each in found] == [
        ("a", 20, 20, True), ("b", 100, 100, True),
    ]  # fmt: skip
    assert revenue(records, uses, date(2026, 3, 31)) == {"a": Decimal(40), "b": Decimal(100)}


def test_use_beyond_is_revenue_where_it_was_used() -> None:
    """Of 170 units rated 85.00, 20 units are beyond: 10.00 as used, and all lots are earned."""
    records = [holder(("a", "50"), ("b", "100")), *GRANTS]
    uses = [used("2026-03-01", "85", quantity=170)]

    assert revenue(records, uses, date(2026, 3, 31)) == {
        "a": Decimal(100), "b": Decimal(100), "beyond": Decimal(10),
    }  # fmt: skip
    assert all(each.holds for each in agreed(records, uses))


def test_an_entitlement_that_no_grant_names_shows_as_a_difference() -> None:
    """The engine counts 120 for b, from which nothing is drawn; a is granted 10 too few."""
    told = [holder(("a", "50"), ("b", "100")), GRANTS[0] | {"amount": "40"}]

    found = agreed(told, [used("2026-03-01", "60", quantity=120)])

    assert [
        (each.obligation, each.granted, each.entitled, each.drawn, each.counted, each.holds)
        for each in found
    ] == [("a", 40, 50, 40, 40, False), ("b", 0, 100, 0, 80, False)]


def test_a_contract_whose_credits_contradict_themselves_is_refused() -> None:
    """Its revenue would follow draws that nobody can make; the reason is told, others go on."""
    void = {
        "kind": "credit_adjustment", "id": "v", "contract": "acme", "on": "2026-02-01",
        "grant": "nothing",
    }  # fmt: skip
    told = book(holder(("a", "50"), ("b", "100")), *GRANTS, void, contracts=("globex",))

    refused = engine.account(told, [DECEMBER]).refused

    assert list(refused) == ["acme"]
    assert "'v' is about 'nothing'" in str(refused["acme"])


def test_an_obligation_that_is_not_promised_is_refused() -> None:
    """The grant names `c`."""
    told = book(holder(("a", "50")), GRANTS[0] | {"obligation": "c"}, contracts=("globex",))

    assert "drawn for c, which it does not promise" in str(
        engine.account(told, [DECEMBER]).refused["acme"]
    )


def test_what_decides_the_draws_is_among_the_facts_of_the_contract() -> None:
    """A transfer in its pool changes the digest; credits of others, or for nothing, do not."""
    pool = {"kind": "credit_pool", "id": "p", "on": "2026-01-01", "contracts": ["acme", "globex"]}
    gift = {"kind": "credit_transfer", "id": "t", "on": "2026-02-01", "pool": "p",
            "taker": "globex", "amount": "5", "counted_in": "quantity"}  # fmt: skip
    base = [holder(("a", "50"), ("b", "100")), *GRANTS, pool]
    digests = [
        {name: each.digest for name, each in book(*told, contracts=("globex",)).histories.items()}
        for told in (base, [*base, gift], [*base, grant("x", 1, contract="initech")])
    ]

    assert digests[0]["acme"] != digests[1]["acme"]
    assert digests[0]["acme"] == digests[2]["acme"]
    assert digests[0]["globex"] == digests[1]["globex"]


@examples(commit=30, torture=1_000)
@given(st.data())
def test_both_say_the_same_of_any_use(data: st.DataObject) -> None:
    """Whatever two contracts of a pool use, correct and give to each other."""
    pool = {"kind": "credit_pool", "id": "p", "on": "2026-01-01", "contracts": ["acme", "globex"]}
    gift = {"kind": "credit_transfer", "id": "t", "on": "2026-02-01", "pool": "p",
            "taker": "globex", "amount": str(data.draw(st.integers(0, 90))),
            "counted_in": "quantity"}  # fmt: skip
    days = st.integers(1, 28).map(lambda day: f"2026-{1 + day % 3:02}-{day:02}")
    sums: dict[tuple[str, str], int] = {}
    for _ in range(data.draw(st.integers(0, 8))):
        key = data.draw(st.sampled_from(["acme", "globex"])), data.draw(days)
        sums[key] = sums.get(key, 0) + data.draw(st.integers(-20, 60))
    uses = [
        used(day, quantity, contract=name, quantity=quantity)
        for (name, day), quantity in sums.items()
    ]

    found = agreed([holder(("a", "50"), ("b", "100")), *GRANTS, pool, gift], uses)

    assert all(each.holds for each in found), found
