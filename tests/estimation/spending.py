"""Real customers' spending over time: the CDNOW sample of Fader and Hardie, split by time.

Found beside the project, or where REVREC_CDNOW says. Nothing in the program was fitted to it.
"""

from __future__ import annotations

import gzip
import os
from datetime import date, datetime
from pathlib import Path

import numpy as np

from revrec.estimation.panel import DailyUse, panel_of

BESIDE = Path(__file__).parents[3] / "shared" / "data" / "cdnow_sample.txt.gz"
PATH = Path(os.environ.get("REVREC_CDNOW", BESIDE))
FIRST = date(1997, 1, 1).toordinal()
SPLITS = ((252, 9), (336, 7), (420, 4))
"""Days seen, and steps of four weeks that follow."""
OTHER_SPLITS = ((280, 9), (308, 8), (364, 6), (392, 5))
"""What holds of three days holds of others."""


def purchases():
    """Days with dollars by customer, and each customer's first day."""
    with gzip.open(PATH, "rt", encoding="ascii") as file:
        rows = [line.split() for line in file]
    names = sorted({row[1] for row in rows})
    place = {name: number for number, name in enumerate(names)}
    use = DailyUse(
        contract=np.array([place[row[1]] for row in rows], np.int64),
        day=np.array([datetime.strptime(row[2], "%Y%m%d").toordinal() for row in rows]),  # noqa: DTZ007
        quantity=np.array([float(row[4]) for row in rows]),
    )
    first = np.full(len(names), np.iinfo(np.int64).max)
    np.minimum.at(first, use.contract, use.day)
    return use, names, first


def split(days, steps, *, step_days=28):
    """What was seen by then of customers known by then, and what each spent afterwards."""
    use, names, first = purchases()
    as_of = FIRST + days - 1
    known = first <= as_of
    place = np.cumsum(known) - 1
    mine = known[use.contract]
    seen = DailyUse(
        contract=place[use.contract[mine]], day=use.day[mine], quantity=use.quantity[mine]
    )
    panel = panel_of(
        seen,
        names=[name for name, is_known in zip(names, known, strict=True) if is_known],
        first_days=first[known],
        as_of=as_of,
        step_days=step_days,
    )
    after = (seen.day > as_of) & (seen.day <= as_of + steps * step_days)
    spent = np.bincount(seen.contract[after], seen.quantity[after], minlength=int(known.sum()))
    return panel, spent
