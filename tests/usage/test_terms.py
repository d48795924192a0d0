"""Which usage a contract allows, as signed and as modified."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from revrec.model.contract import (
    Consideration,
    ConsiderationKind,
    Contract,
    Measure,
    PerformanceObligation,
)
from revrec.model.events import Modification
from revrec.usage.terms import TERMS, terms_table

JAN_1 = date(2026, 1, 1)
JUN_30 = date(2026, 6, 30)
DEC_31 = date(2026, 12, 31)
FOREVER = date(9999, 12, 31)


def obligation(
    name: str,
    *meters: str,
    start: date | None = None,
    end: date | None = None,
) -> PerformanceObligation:
    """An obligation measured by usage."""
    return PerformanceObligation(
        id=name, product="p", measure=Measure.USAGE, meters=meters, start=start, end=end
    )


def contract(*obligations: PerformanceObligation, end: date | None = DEC_31) -> Contract:
    """A contract of 2026."""
    return Contract(
        id="acme",
        customer="c",
        currency="USD",
        inception=date(2025, 12, 15),
        start=JAN_1,
        end=end,
        obligations=obligations,
        consideration=(Consideration(id="fee", kind=ConsiderationKind.FIXED, amount=Decimal(1)),),
    )


def rows(signed: Contract, *modifications: Modification) -> list[tuple[object, ...]]:
    """The terms as (meter, obligation, first day, last day)."""
    table = terms_table([signed], modifications)
    assert table.schema == TERMS
    return [
        (row["meter"], row["obligation"], row["first_day"], row["last_day"])
        for row in table.to_pylist()
    ]


def test_an_obligation_without_dates_runs_with_the_contract() -> None:
    """Its meters are its own, or its id."""
    signed = contract(obligation("inference", "input", "output"), obligation("platform"))

    assert rows(signed) == [
        ("input", "inference", JAN_1, DEC_31),
        ("output", "inference", JAN_1, DEC_31),
        ("platform", "platform", JAN_1, DEC_31),
    ]


def test_its_own_dates_go_first() -> None:
    """Service may begin after the contract and end before it."""
    signed = contract(obligation("o", start=date(2026, 2, 1), end=JUN_30))

    assert [("o", "o", date(2026, 2, 1), JUN_30)] == rows(signed)


def test_an_open_ended_contract_runs_for_ever() -> None:
    """Without an end every later day is within the term."""
    assert [("o", "o", JAN_1, FOREVER)] == rows(contract(obligation("o"), end=None))


def test_a_contract_starts_at_inception_if_nothing_else_is_said() -> None:
    """The first day of the term is the inception."""
    signed = Contract(
        id="acme",
        customer="c",
        currency="USD",
        inception=JAN_1,
        obligations=(obligation("o"),),
        consideration=(),
    )

    assert [("o", "o", JAN_1, FOREVER)] == rows(signed)


def test_an_added_obligation_runs_from_the_first_day_of_the_new_terms() -> None:
    """Usage before there was such a promise is no usage of it."""
    added = Modification(
        id="m",
        contract="acme",
        on=date(2026, 3, 15),
        new_terms_from=date(2026, 4, 1),
        adds=(obligation("images"),),
    )

    assert rows(contract(obligation("o")), added) == [
        ("images", "images", date(2026, 4, 1), DEC_31),
        ("o", "o", JAN_1, DEC_31),
    ]


def test_a_revised_obligation_keeps_its_old_meters_for_old_days() -> None:
    """Late usage of the days before is judged by the terms of then."""
    revised = Modification(
        id="m",
        contract="acme",
        on=date(2026, 4, 1),
        revises=(obligation("o", "output"),),
        end=date(2027, 3, 31),
    )

    assert rows(contract(obligation("o", "input")), revised) == [
        ("input", "o", JAN_1, date(2026, 3, 31)),
        ("output", "o", date(2026, 4, 1), date(2027, 3, 31)),
    ]


def test_a_withdrawn_obligation_ends_the_day_before() -> None:
    """Nothing more is transferred from the new terms on."""
    withdrawn = Modification(id="m", contract="acme", on=date(2026, 4, 1), withdraws=("o",))

    assert [("o", "o", JAN_1, date(2026, 3, 31))] == rows(contract(obligation("o")), withdrawn)


def test_an_obligation_withdrawn_before_it_began_has_no_days() -> None:
    """Its meter is unknown."""
    signed = contract(obligation("later", start=date(2026, 9, 1)))
    withdrawn = Modification(id="m", contract="acme", on=date(2026, 4, 1), withdraws=("later",))

    assert [] == rows(signed, withdrawn)


def test_a_new_end_moves_what_ends_with_the_contract_only() -> None:
    """An obligation with an end of its own keeps it."""
    signed = contract(obligation("o"), obligation("pilot", end=JUN_30))
    cut = Modification(id="m", contract="acme", on=date(2026, 4, 1), end=date(2026, 9, 30))

    assert rows(signed, cut) == [
        ("o", "o", JAN_1, date(2026, 9, 30)),
        ("pilot", "pilot", JAN_1, JUN_30),
    ]


def test_modifications_count_in_the_order_they_were_approved() -> None:
    """Told in any order, the later one ends what the earlier one added."""
    first = Modification(
        id="m1", contract="acme", on=date(2026, 2, 1), adds=(obligation("images"),)
    )
    second = Modification(id="m2", contract="acme", on=date(2026, 5, 1), withdraws=("images",))

    expected = [
        ("images", "images", date(2026, 2, 1), date(2026, 4, 30)),
        ("o", "o", JAN_1, DEC_31),
    ]
    assert expected == rows(contract(obligation("o")), first, second)
    assert expected == rows(contract(obligation("o")), second, first)


def test_no_contracts_give_an_empty_table() -> None:
    """In the same columns."""
    assert TERMS.empty_table() == terms_table([], [])
