"""Each measure of progress is planned with the file of SQL that measures it."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest

from revrec.model.decision import Progress, Question, Shape
from revrec.recognition.arithmetic import Arithmetic

FIRST, LAST = date(2026, 1, 1), date(2026, 2, 28)
PARTLY = {Progress.COUNTED: Fraction(0), Progress.HALF_MONTH: Fraction(3, 4)}
"""Nothing counted is told; by half months, half of February is still to come."""


@pytest.mark.parametrize("progress", Progress)
def test_a_point_alone_has_its_progress(progress):
    """At the end of its days everything else is performed, and no answer is missing."""
    shape = Shape(
        progress=progress,
        starts=FIRST,
        ends=LAST,
        counted_in="quantity" if progress is Progress.COUNTED else "",
        counts_from=FIRST,
        baseline=0,
        cap=10,
        whole=10,
        knots=((FIRST, 0), (LAST, 10)) if progress is Progress.SCHEDULE else (),
    )
    with Arithmetic([]) as arithmetic:
        answers = arithmetic.progress(
            [Question(contract="C-1", obligation="access", day=LAST, shape=shape)]
        )

    found = [Fraction(each.numerator, each.denominator) for each in answers]
    assert found == [PARTLY.get(progress, Fraction(1))]
