"""``make estimates``: judge the estimates again, and write tables and plots of docs/estimates.md.

The customers' spending is read where tests.estimation.spending says; without it its part keeps a
line that says so.
"""

from __future__ import annotations

import re

import numpy as np

from tests.architecture.rules import ROOT
from tests.estimation.drawing import histograms
from tests.estimation.judging import judge
from tests.estimation.portfolios import KINDS
from tests.estimation.spending import PATH, SPLITS, split
from tests.estimation.test_calibration import judged

DOCUMENT = ROOT / "docs" / "estimates.md"
PLOTS = ROOT / "docs" / "estimates"
SEEDS = range(100, 104)
CONTRACTS = 3_000
HEAD = (
    "| {} | 50% | 80% | 90% | reversals | stated | deferred | bias |\n"
    "|---|---|---|---|---|---|---|---|"
)


def row(name, found):
    """One line of the table of confidence."""
    mean = lambda of: float(np.mean([of(each) for each in found]))  # noqa: E731 - read as written
    cells = [
        *(f"{mean(lambda each, c=c: each.coverage[c]):.1%}" for c in (0.5, 0.8, 0.9)),
        f"{mean(lambda each: each.reversals):.1%}",
        f"{mean(lambda each: each.expected_reversals):.1%}",
        f"{mean(lambda each: each.deferred):.1%}",
        f"{mean(lambda each: each.bias):+.1%}",
    ]
    return f"| {name} | " + " | ".join(cells) + " |"


def rules(name, found):
    """One line of the table of rules of thumb: reversals / deferred."""
    mean = lambda of: float(np.mean([of(each) for each in found]))  # noqa: E731 - read as written
    cells = [
        f"{mean(lambda each: each.reversals):.0%} / {mean(lambda each: each.deferred):.0%}",
        *(
            f"{mean(lambda each, r=r: each.rules[r][0]):.0%} / "
            f"{mean(lambda each, r=r: each.rules[r][1]):.0%}"
            for r in ("last step", "historical mean", "exclude all")
        ),
    ]
    return f"| {name} | " + " | ".join(cells) + " |"


def replaced(text, name, body):
    """The document with the part between its marks written anew."""
    begin, end = f"<!-- {name} -->", f"<!-- end {name} -->"
    return re.sub(f"{begin}.*?{end}", lambda _: f"{begin}\n{body}\n{end}", text, flags=re.DOTALL)


def main():
    """Write everything."""
    PLOTS.mkdir(exist_ok=True)
    text = DOCUMENT.read_text(encoding="utf-8")
    found = {kind: [judged(kind, CONTRACTS, seed) for seed in SEEDS] for kind in KINDS}
    by_rule = [
        "| portfolio | estimates | last step x rest | historical mean | exclude all |",
        "|---|---|---|---|---|",
        *(rules(kind.replace("_", "-"), each) for kind, each in found.items()),
    ]
    table = [HEAD.format("portfolio"), *(row(k.replace("_", "-"), e) for k, e in found.items())]
    text = replaced(text, "simulated", "\n".join(table))
    (PLOTS / "simulated.svg").write_text(
        histograms({k: np.concatenate([e.transforms for e in f]) for k, f in found.items()}),
        encoding="utf-8",
    )
    if PATH.is_file():
        spending = {}
        for days, steps in SPLITS:
            panel, spent = split(days, steps)
            spending[f"{days} days, then {7 * 4 * steps}"] = [judge(panel, spent, steps)]
        table = [HEAD.format("seen, then estimated"), *(row(k, e) for k, e in spending.items())]
        by_rule += [rules(f"spending, {k}", e) for k, e in spending.items()]
        text = replaced(text, "spending", "\n".join(table))
        (PLOTS / "spending.svg").write_text(
            histograms({k: f[0].transforms for k, f in spending.items()}), encoding="utf-8"
        )
    else:
        text = replaced(text, "spending", f"Not judged: {PATH.name} is not beside the project.")
    text = replaced(text, "rules", "\n".join(by_rule))
    DOCUMENT.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
