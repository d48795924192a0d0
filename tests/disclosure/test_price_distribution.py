"""How the prices of a stratum are distributed, step by step."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

from revrec.disclosure.columns import records_of
from revrec.disclosure.selling_prices import price_distribution
from revrec.estimation.price_strata import Studied
from revrec.estimation.selling_prices import Stratum
from revrec.model.policy import StandaloneSellingPrice

WIDE = Stratum(
    product="seats", currency="USD", per="unit_month", region="", segment="",
    quantity_from=None, quantity_to=None, count=5, least=Decimal(100), tenth=Decimal(100),
    median=Decimal(110), mean=Decimal(110), ninetieth=Decimal(120), most=Decimal(120),
    variation=Decimal(0), inside=Decimal(1), credibility=Decimal(1), middle=Decimal(110),
    low=Decimal(100), high=Decimal(120), concentrates=True, left_out={},
    histogram=(2, 0, 0, 0, 0, 1, 0, 0, 0, 2),
)  # fmt: skip
ALL_ALIKE = replace(WIDE, currency="KWD", least=Decimal("1.5"), most=Decimal("1.5"), histogram=(5,))
ENTRY = StandaloneSellingPrice(
    id="S", product="seats", currency="USD", amount=Decimal(110), effective_from=date(2026, 1, 1)
)


def test_ten_steps_of_two_dollars_and_one_price_alone():
    """100.00 to 120.00 in ten steps of 2.00; five times 1.500 dinars are one step."""
    data = price_distribution([Studied(stratum=each, entry=ENTRY, book=None)
                               for each in (WIDE, ALL_ALIKE)], 606)  # fmt: skip
    *steps, alone = records_of(data)

    assert 10 == len(steps)
    assert [2, 0, 0, 0, 0, 1, 0, 0, 0, 2] == [each["count"] for each in steps]
    assert ("100.00 to 102.00", "118.00 to 120.00") == (steps[0]["range"], steps[-1]["range"])
    assert (Decimal(110), Decimal(112)) == (steps[5]["low"], steps[5]["high"])
    assert ("1.500", 5) == (alone["range"], alone["count"])
    assert 11 == len({each["row_key"] for each in (*steps, alone)})
