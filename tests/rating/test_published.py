"""Published prices of many vendors: what they say usage costs is what comes out, to the cent."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from pydantic import TypeAdapter

from revrec.columnar import connect
from revrec.feeds.documents import read_yaml
from revrec.model.contract import Contract
from revrec.model.rating import Price, PriceAgreement, RateCard, Rounding
from revrec.rating.catalogue import Told
from revrec.rating.rate import OPENING, Rated, metered_of, rate
from tests.rating.naive import Row
from tests.rating.samples import used

_PRICE = TypeAdapter(Price)
_PUBLISHED = Path(__file__).with_name("published.yaml")
_LISTED: list[dict[str, Any]] = read_yaml(_PUBLISHED.read_text(encoding="utf-8"), "published.yaml")
MARCH = date(2026, 3, 1)
EXACT = Rounding(decimals=12)
CENTS = Rounding(decimals=2)


@pytest.fixture(scope="module")
def bench() -> Iterator[duckdb.DuckDBPyConnection]:
    """One database for all cases."""
    with connect() as connection:
        yield connection


def priced(
    prices: Sequence[Mapping[str, Any]],
    *,
    start: date = MARCH,
    until: date | None = None,
    rounding: Rounding = EXACT,
    currency: str = "USD",
    customer: str = "acme",
) -> Told:
    """A card with the prices, which a customer agreed to on its first day."""
    name = f"list of {customer}"
    card = RateCard(
        id=name,
        card=name,
        currency=currency,
        effective_from=start,
        prices=tuple(_PRICE.validate_python(dict(price)) for price in prices),
        rounding=rounding,
    )
    agreement = PriceAgreement(id=name, contract=customer, on=start, until=until, card=name)
    contract = Contract(
        id=customer,
        customer=customer,
        currency=currency,
        inception=start,
        obligations=(),
        consideration=(),
    )
    return Told(cards=[(card, 1)], agreements=[agreement], contracts={customer: contract})


def rated(
    bench: duckdb.DuckDBPyConnection,
    rows: Sequence[Row],
    told: Told,
    *,
    through: date = date(2026, 3, 31),
    before: Mapping[str, str] | None = None,
) -> Rated:
    """The rows rated, ``before`` telling running totals of March to resume from."""
    columns = [
        ("contract acme", name, "", MARCH, Decimal(told)) for name, told in (before or {}).items()
    ]
    arrays = zip(*columns, strict=True) if columns else ((),) * len(OPENING)
    opening = pa.Table.from_arrays(
        [pa.array(each, field.type) for each, field in zip(arrays, OPENING, strict=True)],
        schema=OPENING,
    )
    return rate(metered_of(rows), told, through=through, opening=opening, connection=bench)


def by_line(found: Rated) -> dict[str, Decimal]:
    """Amounts by line of the card."""
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for line in found.lines.to_pylist():
        sums[line["line"]] += line["amount"]
    return sums


def by_charge(found: Rated) -> dict[str, Decimal]:
    """Amounts by what they are for."""
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for line in found.lines.to_pylist():
        sums[line["charge"]] += line["amount"]
    return sums


def total(found: Rated) -> Decimal:
    """All amounts."""
    assert found.unpriced.num_rows == 0
    return sum(by_line(found).values(), Decimal(0))


_CASES = {
    f"{each['id']}-{case['name']}": (each, case) for each in _LISTED for case in each["cases"]
}


@pytest.fixture(scope="module")
def vendors(bench: duckdb.DuckDBPyConnection) -> Mapping[str, Rated]:
    """All cases of ``published.yaml`` rated at once, each a customer of its own."""
    told, rows = Told(cards=[], agreements=[], contracts={}), []
    for name, (listed, case) in _CASES.items():
        one = priced(
            [price for price in listed["prices"] if price["id"] in case["used"]],
            rounding=Rounding(decimals=int(listed.get("rounded_to", 12))),
            currency=listed["currency"],
            customer=name,
        )
        told = Told(
            cards=[*told.cards, *one.cards],
            agreements=[*told.agreements, *one.agreements],
            contracts={**told.contracts, **one.contracts},
        )
        rows += [
            used(quantity, meter=line, day=MARCH, customer=name)
            for line, quantity in case["used"].items()
        ]
    found = rated(bench, rows, told)
    return {
        name: replace(
            found,
            lines=found.lines.filter(pc.field("contract") == name),
            unpriced=found.unpriced.filter(pc.field("contract") == name),
        )
        for name in _CASES
    }


@pytest.mark.parametrize("name", _CASES)
def test_what_vendors_publish(vendors: Mapping[str, Rated], name: str) -> None:
    """Each case of ``published.yaml``: its total, its lines, and its tiers."""
    found, (_, case) = vendors[name], _CASES[name]

    if "total" in case:
        assert total(found) == Decimal(case["total"])
    for line, amount in case.get("by_line", {}).items():
        assert by_line(found)[line] == Decimal(amount)
    for line in case.get("lines", []):
        wanted = [
            each
            for each in found.lines.to_pylist()
            if (each["line"], each["tier"] or 1) == (line["line"], int(line["tier"]))
        ]
        assert sum(each["amount"] for each in wanted) == Decimal(line["amount"])
        if "quantity" in line:
            assert sum(each["quantity"] for each in wanted) == Decimal(line["quantity"])


GRADUATED = {
    "id": "units",
    "meter": "units",
    "tiers": [
        {"up_to": "5", "flat_amount": "100"},
        {"up_to": "10", "flat_amount": "50"},
        {"up_to": "15", "unit_amount": "5"},
        {"unit_amount": "1"},
    ],
}


def test_a_slice_is_rated_on_the_running_total(bench: duckdb.DuckDBPyConnection) -> None:
    """rate-openmeter-graduated-split-lines: 10 after 12 are 3 x 5 + 7 x 1; 1 after 7 is nothing."""
    told = priced([GRADUATED])

    after_12 = rated(bench, [used(10, meter="units", day=MARCH)], told, before={"units": "12"})
    after_7 = rated(bench, [used(1, meter="units", day=MARCH)], told, before={"units": "7"})

    assert [
        (each["tier"], each["quantity"], each["amount"]) for each in after_12.lines.to_pylist()
    ] == [(3, 3, 15), (4, 7, 7)]
    assert total(after_7) == 0


@pytest.mark.parametrize(
    ("seen", "booked"),
    [((12, 14), (120, 20)), ((15, 16, 16), (150, -70, 0)), ((15, 15, 16), (150, 0, -70))],
    ids=["same tier", "crosses", "late usage"],
)
def test_volume_tiers_crossed_later_reprice_what_was_booked(
    bench: duckdb.DuckDBPyConnection, seen: Sequence[int], booked: Sequence[int]
) -> None:
    """rate-openmeter-volume-rerate: each run books the difference to what was booked."""
    tiers = [{"up_to": "15", "unit_amount": "10"}, {"unit_amount": "5"}]
    told = priced([{"id": "units", "meter": "units", "mode": "volume", "tiers": tiers}])
    so_far = [
        total(rated(bench, [used(quantity, meter="units", day=MARCH)], told)) for quantity in seen
    ]

    assert [after - before for before, after in zip([0, *so_far], so_far, strict=False)] == list(
        booked
    )


def test_blocks_are_counted_on_the_sum_of_a_billing_month(
    bench: duckdb.DuckDBPyConnection,
) -> None:
    """rate-killbill-late-usage: months from the 15th; the 15th belongs to the month it begins."""
    price = {"id": "units", "meter": "units", "unit_amount": "1", "per": "100", "packages": "up"}
    told = priced([price | {"anchor": "contract"}], start=date(2014, 3, 15))
    events = [(date(2014, 3, 20), 130), (date(2014, 3, 21), 271), (date(2014, 4, 15), 199)]

    found = rated(bench, [used(count, meter="units", day=day) for day, count in events], told)

    sums: dict[date, Decimal] = defaultdict(Decimal)
    for line in found.lines.to_pylist():
        sums[line["window_first"]] += line["amount"]
    assert sums == {date(2014, 3, 15): 5, date(2014, 4, 15): 2}


def test_a_fee_and_water_by_the_litre_over_two_months(bench: duckdb.DuckDBPyConnection) -> None:
    """rate-killbill-water-plan: 30 a month from the 29th, and tiers that begin anew."""
    start = date(2021, 9, 29)
    tiers = [{"up_to": "1000", "unit_amount": "1.50"}, {"unit_amount": "2.0"}]
    stairs = [{"up_to": "1000", "flat_amount": "750"}, {"up_to": "10000", "flat_amount": "500"}]
    rows = [
        used(400, meter="water", day=date(2021, 10, 1)),
        used(1200, meter="water", day=date(2021, 11, 1)),
    ]
    totals = []
    for terms in (
        {"tiers": tiers},
        {"tiers": tiers, "mode": "volume"},
        {"tiers": stairs, "mode": "volume"},
    ):
        price = {"id": "water", "meter": "water", "anchor": "contract", "fee": "30"} | terms
        found = rated(bench, rows, priced([price], start=start), through=date(2021, 11, 28))
        sums: dict[date, Decimal] = defaultdict(Decimal)
        for line in found.lines.to_pylist():
            sums[line["window_first"]] += line["amount"]
        totals.append([sums[start], sums[date(2021, 10, 29)]])

    assert totals == [[630, 1930], [630, 2430], [780, 530]]


TIERS = [
    {"up_to": "10", "unit_amount": "0.10"},
    {"up_to": "20", "unit_amount": "0.05"},
    {"unit_amount": "0.02"},
]


@pytest.mark.parametrize(
    ("terms", "windows", "amount"),
    [
        ({"unit_amount": "0.10"}, (9, 10), "1.9"),
        ({"unit_amount": "1", "per": "10", "packages": "up"}, (9, 10), "2"),
        ({"tiers": TIERS}, (9, 15), "2.15"),
        ({"tiers": TIERS, "mode": "volume"}, (9, 15), "1.65"),
        ({"tiers": [{"up_to": "10", "unit_amount": "1"}, {"unit_amount": "2"}]}, (3, 12), "17"),
        ({"tiers": TIERS, "mode": "volume"}, (5, 15), "1.25"),
    ],
    ids=["unit", "package", "slab", "volume", "groups slab", "groups volume"],
)
@pytest.mark.parametrize("scope", ["window", "group"])
def test_windows_and_groups_begin_anew(
    bench: duckdb.DuckDBPyConnection,
    terms: dict[str, Any],
    windows: tuple[int, int],
    amount: str,
    scope: str,
) -> None:
    """rate-flexprice-window-reset: each day, or each value of a label, is rated by itself."""
    apart = {"resets": "day"} if scope == "window" else {"counted_by": ["team"]}
    told = priced([{"id": "units", "meter": "units"} | apart | terms])
    rows = [
        used(
            quantity,
            meter="units",
            day=MARCH + timedelta(days=number if scope == "window" else 0),
            labels=f'{{"team":"{number}"}}',
        )
        for number, quantity in enumerate(windows)
    ]

    assert total(rated(bench, rows, told)) == Decimal(amount)


@pytest.mark.parametrize(
    ("seconds", "requests", "amounts"),
    [("1500000", "3000000", ("18.34", "0.40")), ("750000", "30000000", ("5.83", "5.80"))],
)
def test_memory_times_time_at_eight_decimals(
    bench: duckdb.DuckDBPyConnection, seconds: str, requests: str, amounts: tuple[str, str]
) -> None:
    """rate-aws-lambda-gb-seconds: 1,100,000 x 0.00001667 is 18.337, rounded on its line."""
    told = priced(
        [
            {"id": "s", "meter": "s", "included": "400000", "unit_amount": "0.00001667"},
            {"id": "r", "meter": "r", "included": "1000000", "unit_amount": "0.20",
             "per": "1000000"},
        ],
        rounding=CENTS,
    )  # fmt: skip
    rows = [used(seconds, meter="s", day=MARCH), used(requests, meter="r", day=MARCH)]

    assert by_line(rated(bench, rows, told)) == {
        "s": Decimal(amounts[0]),
        "r": Decimal(amounts[1]),
    }


@pytest.mark.parametrize(
    ("mode", "amounts", "sum_of_all"),
    [("graduated", (125, 206, 406), 737), ("volume", (228, 255, 455), 938)],
)
def test_tiers_told_by_their_first_unit(
    bench: duckdb.DuckDBPyConnection, mode: str, amounts: tuple[int, int, int], sum_of_all: int
) -> None:
    """rate-oracle-tiers-from-units: from 30 means that 29 units have the price before."""
    cards = {"base": ((0, 1), (30, 2), (75, 3)), "cycle": ((0, 4), (50, 5)),
             "life": ((0, 6), (50, 7))}  # fmt: skip
    told = priced(
        [
            {
                "id": name,
                "meter": name,
                "mode": mode,
                "tiers": [{"first_unit": first, "unit_amount": unit} for first, unit in tiers],
            }
            for name, tiers in cards.items()
        ]
    )
    counts = {"base": 76, "cycle": 51, "life": 65}

    found = rated(bench, [used(n, meter=m, day=MARCH) for m, n in counts.items()], told)

    assert by_line(found) == dict(zip(cards, map(Decimal, amounts), strict=True))
    assert total(found) == sum_of_all


@pytest.mark.parametrize(
    ("base", "read", "amounts"),
    [
        ("5", None, ("6.25", "10", "0.50")),
        ("15", None, ("18.75", "30", "1.50")),
        ("10", None, ("12.50", "20", "1")),
        ("10", "0.25", ("12.50", "20", "0.25")),
    ],
)
def test_caches_cost_multiples_of_input_unless_a_price_is_told(
    bench: duckdb.DuckDBPyConnection, base: str, read: str | None, amounts: Sequence[str]
) -> None:
    """rate-claude-token-multipliers: the explicit price of a read goes before the multiple."""
    kinds = {"write_5m": "1.25", "write_1h": "2", "read": "0.1"}
    common = {"meter": "tokens", "per": "1000000"}
    prices: list[dict[str, Any]] = [
        {"id": "input", "when": {"type": "input"}, "unit_amount": base} | common
    ]
    for kind, multiple in kinds.items():
        terms = {"multiple_of": "input", "multiplier": multiple, "meter": "tokens"}
        if kind == "read" and read:
            terms = {"unit_amount": read} | common
        prices.append({"id": kind, "when": {"type": kind}} | terms)
    rows = [
        used(1_000_000, meter="tokens", day=MARCH, labels=f'{{"type":"{kind}"}}') for kind in kinds
    ]

    found = by_line(rated(bench, rows, priced(prices)))

    assert [found[kind] for kind in kinds] == [Decimal(amount) for amount in amounts]


EVENTS = {"id": "card", "meter": "card", "percent": "1.3"}


@pytest.mark.parametrize(
    ("percent", "limits", "amounts"),
    [
        ("1.3", {}, ("10.4", "8")),
        ("1.3", {"free_events": 3, "free_amount": "250"}, ("7.15", "4")),
        ("1.3", {"free_amount": "250"}, ("7.15", "4")),
        ("1.3", {"free_events": 3}, ("5.2", "2")),
        ("1.3", {"free_events": 3, "free_amount": "500"}, ("5.2", "2")),
        ("0", {}, ("0", "8")),
    ],
)
def test_percent_of_transactions_with_two_free_limits(
    bench: duckdb.DuckDBPyConnection,
    percent: str,
    limits: dict[str, Any],
    amounts: tuple[str, str],
) -> None:
    """rate-lago-percentage-free-limits: the limit reached first ends what is free."""
    told = priced([EVENTS | {"percent": percent, "per_event": {"fee": "2"} | limits}])
    rows = [
        used(amount, meter="card", day=MARCH, event=str(number))
        for number, amount in enumerate((50, 100, 250, 400))
    ]

    charges = by_charge(rated(bench, rows, told))

    assert [charges["usage"], charges["event"]] == [Decimal(amount) for amount in amounts]


def test_the_fourth_transaction_is_paid_though_free_money_is_left(
    bench: duckdb.DuckDBPyConnection,
) -> None:
    """rate-lago-percentage-docs: three are free, the fourth costs 0.10 + 1.2% of 50."""
    terms = {"fee": "0.10", "free_events": 3, "free_amount": "500"}
    told = priced([EVENTS | {"percent": "1.2", "per_event": terms}])
    rows = [
        used(amount, meter="card", day=MARCH, event=str(number))
        for number, amount in enumerate((200, 100, 100, 50))
    ]

    assert total(rated(bench, rows, told)) == Decimal("0.70")


@pytest.mark.parametrize(
    ("usage", "true_up", "charges"),
    [(700, True, (1600, 0)), (300, True, (600, 400)), (300, False, (600, 0))],
)
def test_a_committed_quantity_and_dearer_overage(
    bench: duckdb.DuckDBPyConnection, usage: int, *, true_up: bool, charges: tuple[int, int]
) -> None:
    """min-flexprice-commitment-overage: 500 at 2, above at 3; what is missing may be charged."""
    terms = {"quantity": "500", "overage_factor": "1.5", "true_up": true_up}
    told = priced([{"id": "h", "meter": "h", "unit_amount": "2", "commitment": terms}])

    found = by_charge(rated(bench, [used(usage, meter="h", day=MARCH)], told))

    assert (found["usage"], found["commitment"]) == charges


def test_a_commitment_settled_window_by_window(bench: duckdb.DuckDBPyConnection) -> None:
    """min-flexprice-hourly-commitment: 15, 6 and 10 against 10 each are 35 + 20 + 20."""
    terms = {"quantity": "10", "overage_factor": "1.5"}
    price = {"id": "h", "meter": "h", "unit_amount": "2", "resets": "day", "commitment": terms}
    rows = [used(n, meter="h", day=MARCH + timedelta(days=d)) for d, n in enumerate((15, 6, 10))]
    told = priced([price], until=date(2026, 3, 3))

    assert total(rated(bench, rows, told)) == 75


@pytest.mark.parametrize(
    ("bucket", "usage", "amount"), [("peak", 6000, 650), ("peak", 5000, 500), ("night", 1000, 100)]
)
def test_prices_by_the_time_of_day(
    bench: duckdb.DuckDBPyConnection, bucket: str, usage: int, amount: int
) -> None:
    """min-flexprice-time-of-day: the bucket is a label; each has its commitment and true-up."""
    terms = {"peak": ("0.10", "500", "1.5", False), "night": ("0.04", "100", "1.2", True)}
    unit, committed, factor, true_up = terms[bucket]
    price = {
        "id": bucket,
        "meter": "calls",
        "when": {"bucket": bucket},
        "unit_amount": unit,
        "commitment": {"amount": committed, "overage_factor": factor, "true_up": true_up},
    }
    rows = [used(usage, meter="calls", day=MARCH, labels=f'{{"bucket":"{bucket}"}}')]

    assert total(rated(bench, rows, priced([price]))) == amount


def test_the_shortfall_to_a_minimum_is_a_line_of_its_own(
    bench: duckdb.DuckDBPyConnection,
) -> None:
    """min-lago-charge-minimum: 5,000 at a cent are 50 of 100."""
    told = priced([{"id": "u", "meter": "u", "unit_amount": "0.010", "minimum": "100"}])

    found = by_charge(rated(bench, [used(5000, meter="u", day=MARCH)], told))

    assert found == {"usage": 50, "minimum": 50}


def test_a_minimum_of_part_of_a_month(bench: duckdb.DuckDBPyConnection) -> None:
    """min-lago-minimum-prorated-at-termination: 10.00 x 25/28 - 8.00 = 0.93."""
    price = {"id": "c", "meter": "c", "unit_amount": "8", "minimum": "10"}
    told = priced(
        [price | {"minimum_prorated": True}],
        start=date(2023, 2, 1),
        until=date(2023, 2, 25),
        rounding=CENTS,
    )
    row = used(1, meter="c", day=date(2023, 2, 10))

    found = by_charge(rated(bench, [row], told, through=date(2023, 2, 28)))

    assert found == {"usage": Decimal("8.00"), "minimum": Decimal("0.93")}


VOLUME = {
    "id": "units",
    "meter": "units",
    "mode": "volume",
    "flat_at_zero_usage": True,
    "tiers": [
        {"up_to": "5", "flat_amount": "100"},
        {"up_to": "10", "flat_amount": "150"},
        {"up_to": "15", "unit_amount": "10"},
        {"unit_amount": "5"},
    ],
}
BY_TEN = {"id": "units", "meter": "units", "unit_amount": "15", "per": "10", "packages": "up"}


@pytest.mark.parametrize(
    ("price", "minimum", "usage", "ended", "charges"),
    [
        (VOLUME, 150, 0, True, (100, 50)),
        (VOLUME, 150, 5, True, (100, 50)),
        (VOLUME, 100, 5, True, (100, 0)),
        (VOLUME, 100, 100, True, (500, 0)),
        (BY_TEN, 100, 0, True, (0, 100)),
        (BY_TEN, 100, 0, False, (0, 0)),
        ({"id": "units", "meter": "units", "unit_amount": "10"}, 150, 10, True, (100, 50)),
    ],
)
def test_a_minimum_is_charged_when_the_window_ends(
    bench: duckdb.DuckDBPyConnection,
    price: dict[str, Any],
    minimum: int,
    usage: int,
    *,
    ended: bool,
    charges: tuple[int, int],
) -> None:
    """min-openmeter-minimum-spend: not before the last slice; the flat first tier counts."""
    rows = [used(usage, meter="units", day=MARCH)] if usage else []
    through = date(2026, 3, 31) if ended else date(2026, 3, 30)

    found = rated(bench, rows, priced([price | {"minimum": str(minimum)}]), through=through)

    by = by_charge(found)
    assert (by["usage"] + by["fee"], by["minimum"]) == charges


def test_a_maximum_takes_off_what_passes_it(bench: duckdb.DuckDBPyConnection) -> None:
    """max-openmeter-cap-over-lines: 15 and 7 above 160 of 170 become 10 and 0; gross stays."""
    graduated = {"tiers": GRADUATED["tiers"], "id": "units", "meter": "units", "maximum": "170"}
    after_12 = rated(
        bench, [used(10, meter="units", day=MARCH)], priced([graduated]), before={"units": "12"}
    )
    volume = [
        total(rated(bench, [used(n, meter="units", day=MARCH)], priced([VOLUME | {"maximum": m}])))
        for n, m in ((7, "125"), (5, "100"))
    ]

    assert [(each["gross"], each["amount"]) for each in after_12.lines.to_pylist()] == [
        (15, 10),
        (7, 0),
    ]
    assert volume == [125, 100]


@pytest.mark.parametrize(
    ("plan", "committed", "beyond", "unused"),
    [("0.70", "2.00", "1.14", "0.00"), ("0.60", "3.00", "0.00", "0.60")],
)
def test_a_commitment_is_drawn_at_the_plans_price(
    bench: duckdb.DuckDBPyConnection, plan: str, committed: str, beyond: str, unused: str
) -> None:
    """com-aws-savings-plan-hour: 2.00 at 0.70 covers 20/7 units, the rest costs 1.00 each."""
    terms = {"amount": committed, "overage_unit_amount": "1.00"}
    price = {"id": "r5", "meter": "r5", "unit_amount": plan, "resets": "day", "commitment": terms}
    told = priced([price], rounding=CENTS, until=MARCH)

    found = by_charge(rated(bench, [used(4, meter="r5", day=MARCH)], told))

    assert found["commitment"] == Decimal(unused)
    assert found["usage"] + found["commitment"] - Decimal(committed) == Decimal(beyond)


@pytest.mark.parametrize(
    ("currency", "amounts", "expected"),
    [
        ("USD", ["10.333333"] * 3, "30.99"),
        ("USD", ["33.333333", "33.333333", "33.333334"], "99.99"),
        ("JPY", ["100.4", "200.5", "300.6"], "602"),
        ("USD", ["0.011", "0.012", "0.013", "0.014", "0.015"], "0.06"),
        ("USD", ["1000000.009"], "1000000.01"),
        ("USD", ["0.011"] * 100, "1.00"),
    ],
)
def test_lines_are_rounded_and_then_added(
    bench: duckdb.DuckDBPyConnection, currency: str, amounts: Sequence[str], expected: str
) -> None:
    """round-flexprice-lines-then-sum: half up, to the currency's decimals."""
    names = [f"line {number}" for number in range(len(amounts))]
    told = priced(
        [
            {"id": name, "meter": name, "unit_amount": amount}
            for name, amount in zip(names, amounts, strict=True)
        ],
        currency=currency,
        rounding=TypeAdapter(Rounding).validate_python({"mode": "half_up"}),
    )

    found = rated(bench, [used(1, meter=name, day=MARCH) for name in names], told)

    assert total(found) == Decimal(expected)
