"""Parts of rules that few contracts come to, by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from revrec.asc340.amortization import months_amortized
from revrec.asc606.amendment import enforced
from revrec.asc606.combination import propose_combinations
from revrec.asc606.combining import _Renaming, _whole
from revrec.asc606.existence import _frozen, _received
from revrec.asc606.performance_obligations import _used_before
from revrec.asc606.returns import _promised
from revrec.asc606.standalone_selling_price import _units
from revrec.errors import UnsupportedTerm
from revrec.model.combination import CombinationReason
from revrec.model.contract import Measure, PerformanceObligation, UsageTerms
from revrec.model.decision import Answer, Progress, Segment, Shape
from revrec.model.events import (
    CreditMemo,
    CustomerPayment,
    Invoice,
    InvoiceLine,
    Modification,
    Payment,
    Refund,
)
from revrec.model.history import ContractHistory
from revrec.model.performance import Pause
from revrec.model.policy import StandaloneSellingPrice
from revrec.periods import FOREVER
from tests.scenarios.step1 import scenario, subscription

JAN, FEB, MAR, DEC_31 = date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1), date(2026, 12, 31)


def history(*events, **contract) -> ContractHistory:
    """A subscription of 2026 and what happened."""
    return scenario(subscription(**contract), events=events).book().histories["C"]


def promise(name: str = "x", **told) -> PerformanceObligation:
    """Units of something."""
    usual = {"id": name, "product": name, "measure": Measure.UNITS}
    return PerformanceObligation(**{**usual, **told})


MONTHLY = {
    "termination": [{"notice_days": 30}],
    "consideration": [{"id": "fee", "kind": "fixed", "amount": "100.00", "charged": "monthly"}],
}


@pytest.mark.parametrize(
    ("day", "amount", "last"),
    [
        (JAN, "100.00", date(2026, 1, 31)),
        (date(2026, 1, 31), "100.00", date(2026, 1, 31)),
        (FEB, "200.00", date(2026, 2, 28)),
        (date(2026, 3, 15), "300.00", date(2026, 3, 31)),
        (date(2027, 6, 1), "1200.00", DEC_31),
    ],
)
def test_what_is_enforceable_grows_by_each_renewal(day, amount, last):
    """100 a month, which the customer may leave at any time: the months begun by the day."""
    contract, changes = enforced(history(**MONTHLY), day)

    assert [(each.amount, each.charged) for each in contract.consideration] == [
        (Decimal(amount), None)
    ]
    assert (contract.end, changes) == (last, ())


def test_a_contract_without_charges_by_time_is_enforceable_as_written():
    """With the modifications that are known by the day."""
    change = {"kind": "modification", "contract": "C", "price_change": "5.00"}
    told = history(change | {"id": "M1", "on": FEB}, change | {"id": "M2", "on": MAR})
    contract, changes = enforced(told, FEB)

    assert contract == told.contract
    assert [each.id for each in changes] == ["M1"]


def test_charges_that_a_modification_adds_are_told_by_the_modification():
    """From February on 10 a month more: 10 with the modification, and 10 for each renewal."""
    added = {"id": "more", "kind": "fixed", "amount": "10.00", "charged": "monthly"}
    change = {
        "kind": "modification",
        "id": "M",
        "contract": "C",
        "on": FEB,
        "adds_consideration": [added],
    }
    contract, changes = enforced(history(change, **MONTHLY), MAR)
    told = sum(each.price_change for each in changes) + sum(
        each.amount for change in changes for each in change.adds_consideration
    )

    assert [each.amount for each in contract.consideration] == [300]
    assert [each.id for each in changes] == ["M"]
    assert told == 20
    assert contract.end == date(2026, 3, 31)


def indications(**terms):
    """What speaks for combining two contracts of neighbouring days and other products."""
    other = {"id": "main", "product": "other", "measure": "even_months"}
    told = scenario(
        subscription(id="A", terms=terms),
        subscription(id="B", inception=date(2026, 1, 2), obligations=[other], terms=terms),
    )
    (proposal,) = propose_combinations(told.book())
    return proposal.indications


def test_what_speaks_for_a_combination():
    """One package, or a price that depends on the other's; nothing of their own."""
    assert indications() == ()
    assert indications(package="P") == (CombinationReason.ONE_OBJECTIVE,)
    assert indications(priced_with="P") == (CombinationReason.INTERDEPENDENT_PRICES,)


def test_weights_of_a_shared_cost_are_those_of_the_combination():
    """1 of A and 2 of B are 3 of both together; Z's are its own."""
    renaming = _Renaming(prefix="A/", combined="A+B", members=frozenset("AB"))

    assert renaming._shared({"A": Decimal(1), "Z": Decimal(4), "B": Decimal(2)}) == {
        "A+B": 3,
        "Z": 4,
    }


def test_a_pause_of_a_contract_pauses_all_of_its_own():
    """Where it names some, those alone."""
    pause = Pause(id="P", contract="C", on=FEB)
    contract = history().contract

    assert _whole(pause, contract, ["x", "y"]).obligations == ("x", "y")
    named = replace(pause, obligations=("x",))
    assert _whole(named, contract, ["x", "y"]) == named


def test_what_was_earned_without_use_is_breakage_for_good():
    """1,200 for 12; half of it earned by 3 used: 600, of which 300 by use. Beyond 12 none."""
    shape = Shape(progress=Progress.COUNTED, whole=12, entitled=12)
    segment = Segment(
        contract="C",
        obligation="x",
        component="fixed",
        product="p",
        currency="USD",
        valid_from=JAN,
        valid_to=FOREVER,
        price=1200,
        shape=shape,
        kept_breakage=7,
    )
    in_part, beyond = (_frozen(segment, each) for each in (Answer(1, 2, 3), Answer(1, 1, 15)))
    other = _frozen(segment._replace(shape=Shape(progress=Progress.DAYS)), Answer(1, 3, 0))

    assert (in_part.price, in_part.kept_breakage) == (600, 300)
    assert (beyond.price, beyond.kept_breakage) == (1200, 0)
    assert (other.price, other.kept_breakage) == (400, 7)
    assert {each.shape.progress for each in (in_part, beyond, other)} == {Progress.COMPLETE}


def test_what_was_received_is_cash_without_tax():
    """Received, less returned and paid to the customer, less tax billed, and tax credited."""
    lines = (InvoiceLine(amount=Decimal(50), tax=Decimal(5)),)
    told = history()
    named = {"contract": "C"}
    told.payments.append(Payment(id="P", on=JAN, amount=Decimal(100), **named))
    told.refunds.append(Refund(id="R", on=FEB, amount=Decimal(20), **named))
    told.customer_payments.append(CustomerPayment(id="S", on=FEB, amount=Decimal(3), **named))
    told.invoices.append(Invoice(id="I", on=JAN, lines=lines, **named))
    told.credit_memos.append(CreditMemo(id="M", on=MAR, lines=lines, invoice="I", **named))

    assert sorted(_received(told)) == [
        (JAN, -500),
        (JAN, 10000),
        (FEB, -2000),
        (FEB, -300),
        (MAR, 500),
    ]


def test_use_before_is_what_of_the_entitlement_is_gone():
    """10 were bought and 4 are left; without an entitlement nothing can be."""
    left = Shape(progress=Progress.COUNTED, entitled=4 * 10**9)
    bought = promise(usage=UsageTerms(entitled=Decimal(10)))

    assert _used_before(left, bought) == 6 * 10**9
    assert _used_before(left, promise()) == 0
    assert _used_before(left._replace(entitled=None), bought) == 0


@pytest.mark.parametrize(
    ("day", "units"), [(JAN, 10), (date(2026, 2, 28), 10), (MAR, 20), (DEC_31, 20)]
)
def test_units_promised_on_a_day(day, units):
    """10 at first; new terms from March on, agreed in February, say 20."""
    told = history()
    told.contract = replace(
        told.contract, obligations=(promise(quantity=Decimal(10)), promise("y"))
    )
    told.modifications.append(
        Modification(
            id="M",
            contract="C",
            on=FEB,
            new_terms_from=MAR,
            revises=(promise(quantity=Decimal(20)),),
            adds=(promise("z", quantity=Decimal(30)),),
        )
    )

    assert _promised(told, "x", day) == units
    assert _promised(told, "nothing", day) == 1


def test_modified_at_once_without_a_day_of_new_terms():
    """The day of the modification is that of its terms."""
    told = history()
    told.modifications.append(
        Modification(id="M", contract="C", on=FEB, adds=(promise("z", quantity=Decimal(30)),))
    )

    assert _promised(told, "z", date(2026, 1, 31)) == 1
    assert _promised(told, "z", FEB) == 30


@pytest.mark.parametrize(
    ("per", "units"),
    [
        ("contract", 1),
        ("unit", 3),
        ("month", 6),
        ("year", Fraction(1, 2)),
        ("unit_month", 18),
        ("unit_year", Fraction(3, 2)),
    ],
)
def test_how_often_a_price_is_sold(per, units):
    """3 units for the six months to June; without an end only what needs none."""
    entry = StandaloneSellingPrice(
        id="e", product="x", currency="USD", amount=Decimal(1), per=per, effective_from=JAN
    )
    three = promise(quantity=Decimal(3))

    assert _units(entry, three, (JAN, date(2026, 6, 30))) == units
    if per in {"contract", "unit"}:
        assert _units(entry, three, (JAN, None)) == units
        return
    with pytest.raises(UnsupportedTerm, match=f"Selling price e is per {per}, but x has no end"):
        _units(entry, three, (JAN, None))


def test_a_count_without_an_end_is_amortised_longer_than_any_term():
    """Time is counted in months; a count takes a thousand years at least."""
    counted = Shape(progress=Progress.COUNTED, starts=JAN)

    assert months_amortized(counted) > 12 * 1000
    assert months_amortized(Shape(progress=Progress.DAYS, ends=DEC_31)) > 12 * 1000
    assert months_amortized(Shape(progress=Progress.DAYS, starts=JAN, ends=DEC_31)) == 12
