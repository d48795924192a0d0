"""The disclosures of 606-10-50, paragraph by paragraph: where each stands, and what was elected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from revrec.citations import cites
from revrec.disclosure import columns as c
from revrec.model.books import Framework, Frameworks
from revrec.model.dataset import DataSet
from revrec.model.policy import Policy

PARAGRAPHS, ELECTIONS = "disclosure_paragraphs", "disclosure_elections"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a paragraph asks for, and the data sets or elections that answer it."""

    paragraph: str
    ifrs15: str
    """The paragraph of IFRS 15 that asks for the same."""
    asks: str
    datasets: Sequence[str] = ()
    elections: Sequence[str] = ()
    """By the paragraphs they rest on, each the beginning of a citation."""


_ASKED = (
    Asked(
        paragraph="606-10-50-4",
        ifrs15="15.113",
        asks="Revenue from contracts with customers, and impairment of receivables and assets",
        datasets=("revenue_by_product", "receivables"),
    ),
    Asked(
        paragraph="606-10-50-5",
        ifrs15="15.114",
        asks="Revenue in categories that show how economic factors affect it",
        datasets=(
            "revenue_by_product",
            "revenue_by_category",
            "revenue_by_region",
            "revenue_by_segment",
            "revenue_by_timing",
        ),
    ),
    Asked(
        paragraph="606-10-50-8",
        ifrs15="15.116",
        asks="Opening and closing balances; revenue that was in the opening contract liability",
        datasets=("contract_balance_totals", "contract_position"),
    ),
    Asked(
        paragraph="606-10-50-10",
        ifrs15="15.118",
        asks="Why contract balances changed",
        datasets=(
            "contract_balance_totals",
            "functional_balances",
            "modification_log",
            "estimate_log",
        ),
    ),
    Asked(
        paragraph="606-10-50-12",
        ifrs15="15.119",
        asks="When obligations are satisfied, terms of payment, nature of what is promised",
        elections=("606-10-25", "606-10-55"),
    ),
    Asked(
        paragraph="606-10-50-12A",
        ifrs15="15.116(c)",
        asks="Revenue from performance in earlier periods",
        datasets=("earlier_performance",),
    ),
    Asked(
        paragraph="606-10-50-13",
        ifrs15="15.120",
        asks="Price allocated to remaining obligations, and when it is expected as revenue",
        datasets=("remaining_obligations_by_band",),
    ),
    Asked(
        paragraph="606-10-50-14",
        ifrs15="15.121",
        asks="Obligations left out: original term of a year or less, use allocated to its day",
        datasets=("remaining_obligations_by_band",),
    ),
    Asked(
        paragraph="606-10-50-17",
        ifrs15="15.123",
        asks="Judgments on timing and on the amount of the price",
        elections=("606-10-25", "606-10-32"),
    ),
    Asked(
        paragraph="606-10-50-18",
        ifrs15="15.124",
        asks="Methods by which revenue is recognised over time",
        datasets=("revenue_by_timing",),
        elections=("606-10-25-3", "606-10-55-1", "606-10-55-4"),
    ),
    Asked(
        paragraph="606-10-50-20",
        ifrs15="15.126",
        asks="Price, constraint, allocation and obligations to return: methods and inputs",
        datasets=("allocation_detail",),
        elections=("606-10-32",),
    ),
    Asked(
        paragraph="606-10-50-22",
        ifrs15="15.129",
        asks="Practical expedients: financing within a year, costs of a year or less",
        elections=("606-10-32-18", "340-40-25-4"),
    ),
    Asked(
        paragraph="340-40-50-3",
        ifrs15="15.128",
        asks="Costs of contracts capitalised, amortised and impaired",
        datasets=("contract_costs_by_category",),
    ),
)


@cites(
    "606-10-50-4", "606-10-50-12", "606-10-50-17", "606-10-50-18", "606-10-50-20", "606-10-50-22"
)
def disclosed(
    data: Mapping[str, DataSet],
    policy: Policy,
    framework: Framework = Framework.ASC606,
    known: Frameworks | None = None,
) -> list[DataSet]:
    """Each paragraph with the sheets and elections that answer it, then every election in words.

    Paragraphs are those of the book's framework, beside the other's. Of elections on which the
    frameworks differ, as ``known``, a book under IFRS 15 names the paragraphs of IFRS 15.
    """
    under_ifrs = framework is Framework.IFRS15
    rows = []
    for each in _ASKED:
        shown = [data[name].title for name in each.datasets if name in data]
        elected = _resting_on(policy, each.elections)
        own, other = each.paragraph, each.ifrs15
        if under_ifrs:
            own, other = other, own
        rows.append((own, other, each.asks, "; ".join(shown), ", ".join(elected), each.paragraph))
    differing = {
        election: rule.ifrs15
        for rule in (known.differences.values() if known and under_ifrs else ())
        for election in rule.elections
    }
    elections = [
        (
            name.replace("_", " "), election.value, election.effective_from,
            ", ".join(differing.get(name, election.cites)), election.rationale.strip(), name,
        )
        for name, election in sorted(policy.elections.items())
    ]  # fmt: skip
    return [
        DataSet(
            name=PARAGRAPHS,
            title="Paragraphs",
            columns=[
                c.text("paragraph", f"Paragraph of {framework.label}"),
                c.text("other", f"Of {framework.other.label}"), c.text("asks", "Asks for"),
                c.text("sheets", "Sheets"), c.text("elections", "Elections"), c.ROW_KEY,
            ],
            rows=rows,
            note="What the paragraphs ask for in words stands on the sheet of policies.",
        ),
        DataSet(
            name=ELECTIONS,
            title="Accounting policies",
            columns=[
                c.text("election", "Policy"), c.text("value", "Elected"), c.day("since", "Since"),
                c.text("paragraphs", "Paragraphs"), c.text("rationale", "Because"), c.ROW_KEY,
            ],
            rows=elections,
            note="Paragraphs are of the codification; of IFRS 15 where the frameworks differ."
            if under_ifrs
            else "",
        ),
    ]  # fmt: skip


def _resting_on(policy: Policy, beginnings: Sequence[str]) -> list[str]:
    return sorted(
        name.replace("_", " ")
        for name, election in policy.elections.items()
        if any(str(cited).startswith(tuple(beginnings)) for cited in election.cites)
    )


def sheets_of_disclosures(data: Mapping[str, DataSet]) -> list[str]:
    """Names of the data sets that answer a paragraph, in the order of the paragraphs."""
    named = dict.fromkeys(name for each in _ASKED for name in each.datasets)
    return [name for name in named if name in data]
