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
from tests.commitments.books import Use, book, commitment, contract, daily, grant, used
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


def pays_as_it_goes(name: str) -> dict[str, Any]:
    """A contract whose tokens are charged as they are used."""
    return {
        "kind": "contract",
        "id": name,
        "customer": name,
        "currency": "USD",
        "inception": "2026-01-01",
        "obligations": [{"id": "api", "product": "api", "measure": "usage", "meters": ["tokens"]}],
        "consideration": [{"id": "use", "kind": "usage", "obligation": "api"}],
    }


def test_credits_given_for_nothing_take_their_amount_off_the_use_they_pay_for() -> None:
    """Of 30.00 and 35.00 of use 50.00 are given: 15.00 are earned, and 15.00 are to be billed."""
    records = [pays_as_it_goes("acme"), grant("gift", 50, last_day="2026-01-31")]
    uses = [used("2026-01-10", 30, quantity=300), used("2026-01-20", 35, quantity=350)]

    assert revenue(records, uses, date(2026, 1, 10)) == {}
    assert revenue(records, uses, date(2026, 1, 31)) == {"api": Decimal(15)}
    found = position_of(book(*records, contracts=("globex",)), daily(uses), date(2026, 1, 31))
    (bill,) = found.reconciling()
    assert bill.due == 1500


def test_a_gift_to_a_pool_is_a_discount_for_whoever_uses_it() -> None:
    """Globex, of the pool, uses 40.00 of the 50.00: it earns nothing, then its own 20.00."""
    pool = {"kind": "credit_pool", "id": "p", "on": "2026-01-01", "contracts": ["acme", "globex"]}
    records = [pays_as_it_goes("acme"), grant("gift", 50, last_day="2026-01-31"), pool]
    uses = [
        used("2026-01-10", 40, contract="globex", quantity=400),
        used("2026-02-10", 20, contract="globex", quantity=200),
    ]

    assert revenue(records, uses, date(2026, 1, 31)) == {}
    assert revenue(records, uses, date(2026, 2, 28)) == {"inference": Decimal(20)}


def test_a_gift_that_is_a_material_right_is_an_obligation() -> None:
    """Named, it takes its share of the price (55-42): 100.00 over 100.00 and 25.00 of value.

    Of 25 units given 10 are used: 20.00 x 10/25 are earned.
    """
    contract = holder(("a", "50"), ("gift", "25"))
    contract["obligations"][1]["standalone_selling_price"] = "25"
    contract["consideration"][0]["amount"] = "100"
    terms = {"counted_in": "quantity", "last_day": "2026-12-31"}
    records = [
        contract,
        grant("bought", 50, paid="100", obligation="a", priority=2, **terms),
        grant("gift", 25, obligation="gift", priority=1, **terms),
    ]

    assert revenue(records, [used("2026-03-01", 5, quantity=10)], date(2026, 3, 31)) == {
        "gift": Decimal(8)
    }


def refusal(*records: dict[str, Any]) -> str:
    """Why Acme is not accounted for; empty if it is."""
    told = book(*records, contracts=("globex",))
    refused = engine.account(told, [DECEMBER]).refused
    return "".join(f"{each.message} {each.remedy}" for each in refused.values())


def test_what_was_paid_in_advance_names_what_it_pays_for() -> None:
    """Credits, rules that buy them and prepaid commitments; what is billed as used need not."""
    acme = pays_as_it_goes("acme")
    paid = grant("bought", 50, paid="40")
    rule = {"kind": "top_up_rule", "id": "r", "contract": "acme", "on": "2026-01-01",
            "threshold": "5", "amount": "50", "paid": "40"}  # fmt: skip

    assert "'bought' was paid in advance and names no obligation" in refusal(acme, paid)
    assert "'r' was paid in advance" in refusal(acme, rule)
    assert "'k' was paid in advance" in refusal(acme, commitment("k", 100))
    assert refusal(acme, commitment("k", 100, form="postpaid")) == ""
    assert refusal(acme, grant("gift", 50)) == ""
    assert refusal(acme, paid | {"meters": ["calls"]}) == ""
    entitled = holder(("a", "50"))
    assert refusal(entitled, paid | {"counted_in": "quantity"}) == ""


def plain(*extra: dict[str, Any]) -> list[dict[str, Any]]:
    """Acme with tokens and calls charged as used, and what it promised."""
    return [contract("acme"), *extra]


def test_a_minimum_without_any_use_is_earned_when_its_window_ends() -> None:
    """Nothing before 31 March; then 1,000.00, alike for all it could have been used for."""
    records = plain(commitment("least", 1000, form="minimum", last_day="2026-03-31"))

    assert revenue(records, [], date(2026, 3, 30)) == {}
    assert revenue(records, [], date(2026, 3, 31)) == {"inference": 500, "calling": 500}


def test_late_use_takes_the_place_of_what_was_missing() -> None:
    """700.00 used and 300.00 missing; told 200.00 late, 100.00 are; the total stays 1,000.00."""
    records = plain(
        commitment("least", 1000, form="postpaid", last_day="2026-03-31", meters=["tokens"])
    )
    uses = [used("2026-01-10", "700")]

    before = revenue(records, uses, date(2026, 3, 31))
    after = revenue(records, [*uses, used("2026-02-10", "200")], date(2026, 2, 28))

    assert (before, after) == ({"inference": 1000}, {"inference": 900})


def test_the_least_of_each_quarter_is_earned_by_itself() -> None:
    """1,000.00 a quarter, of which 400.00 and 1,300.00 are used: 600.00 and nothing are missing."""
    least = commitment(
        "least", 1000, form="minimum", last_day=None, meters=["tokens"],
        recurs={"every_months": 3, "until": "2026-06-30"},
    )  # fmt: skip
    uses = [used("2026-01-10", "400"), used("2026-05-10", "1300")]

    assert revenue(plain(least), uses, date(2026, 3, 31)) == {"inference": 1000}
    assert revenue(plain(least), uses, date(2026, 6, 30)) == {"inference": 2300}


def test_an_inner_minimum_counts_to_the_outer_one() -> None:
    """Of 100.00 for calls 80.00 are missing, of 500.00 in all another 100.00, for what was used."""
    records = plain(
        commitment("all", 500, form="minimum", last_day="2026-03-31"),
        commitment(
            "calls", 100, form="minimum", last_day="2026-03-31", meters=["calls"], within="all"
        ),
    )
    uses = [used("2026-01-10", "300"), ("acme", "calls", "2026-01-10", 1, "20")]

    found = revenue(records, uses, date(2026, 3, 31))

    # 300 + 93.75 and 20 + 80 + 6.25: the last 100.00 are shared 300 to 20.
    assert found == {"inference": Decimal("393.75"), "calling": Decimal("106.25")}
