"""Disaggregated revenue beside the periods before and the year before (606-10-50-5)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from revrec.citations import cites
from revrec.disclosure import columns as c
from revrec.disclosure.checks import ALLOWED, IN_REPORT, Check, Data, entered, sums
from revrec.disclosure.frame import Frame
from revrec.disclosure.revenue_by_use import KIND
from revrec.disclosure.use import KINDS
from revrec.model.dataset import DataSet

CUTS = {
    "product": "Product",
    "use": "Use",
    "region": "Region",
    "segment": "Customer segment",
    "agreed": "Type of contract",
    "timing": "Timing",
    "channel": "Channel",
    "size": "Customer size",
}
"""Ways to cut revenue -> what they are called."""
LARGE, SHARE = "10% of revenue or more", 10
"""Customers that have to be told of (280-10-50-42), by percent of a currency's revenue."""
_UNTOLD = "Not told"


@cites("606-10-50-5", "606-10-55-89")
def revenue_comparison(frame: Frame) -> DataSet:
    """Revenue of the report by every cut, beside as many periods before and those a year before."""
    cuts = " union all ".join(
        f"select '{title}' as cut, coalesce(nullif({name}, ''), '{_UNTOLD}') as of, currency, "
        "span, amount from told"
        for name, title in CUTS.items()
    )
    kinds = " ".join(f"when '{kind}' then '{title}'" for kind, title in KINDS.items())
    return frame.data_set(
        "revenue_comparison",
        "Revenue compared",
        [
            c.text("cut", "By"), c.text("of", "Of"), c.CURRENCY,
            c.money("current", f"{frame.span.label}", total=False),
            c.ratio("share", "Share"),
            c.money("prior", f"{_label(frame, 0)}", total=False),
            c.money("change", "Change", total=False), c.ratio("change_share", "Change in %"),
            c.money("year_before", f"{_label(frame, 1)}", total=False),
            c.money("change_of_year", "Change from a year before", total=False),
            c.ROW_KEY,
        ],
        _SQL.format(spans=_spans(frame), kind=KIND, kinds=kinds, cuts=cuts, large=LARGE,
                    share=SHARE),
        note=(
            "Each cut adds up to all revenue. Before: as many months before the report, and the "
            "same a year before; empty of what these books do not hold. Size: a customer with a "
            "tenth of a currency's revenue of the report (280-10-50-42). Channel: as contracts "
            "tell it among their terms."
        ),
    )  # fmt: skip


def _bounds(frame: Frame) -> list[tuple[str, str]]:
    """First and last of the periods compared with: just before, and a year before."""
    span = frame.span
    count = len(span.periods)
    year = 12
    return [
        (str(span.first.plus(-count)), str(span.first.previous)),
        (str(span.first.plus(-year)), str(span.period.plus(-year))),
    ]


def _label(frame: Frame, number: int) -> str:
    first, last = _bounds(frame)[number]
    return first if first == last else f"{first} to {last}"


def _spans(frame: Frame) -> str:
    rows = [(str(frame.span.first), str(frame.span.period)), *_bounds(frame)]
    return ", ".join(f"({number}, '{a}', '{z}')" for number, (a, z) in enumerate(rows))


_SQL = """
with told as (
    select p.product, coalesce(t.region, '') as region, coalesce(t.segment, '') as segment,
           coalesce(t.agreed, '') as agreed, coalesce(o.timing, 'over time') as timing,
           coalesce(t.channel, '') as channel, case {kind} {kinds} end as use,
           coalesce(t.customer, '') as customer, p.currency, s.span, -p.amount as amount
    from posted p
    join (values {spans}) s(span, first, last) on p.period between s.first and s.last
    left join contract t using (contract)
    left join obligation o using (contract, obligation)
    left join component k using (contract, component)
    where p.account = 'revenue' and not p.takes_over
),
customers as (
    select customer, currency, sum(amount) as amount from told where span = 0 group by all
),
whole as (select currency, sum(amount) as amount from told where span = 0 group by all),
sized as (
    select told.* replace (told.amount as amount),
           case when {share} * w.amount <= 100 * u.amount and w.amount > 0
                then '{large}' else 'Below' end as size
    from told left join customers u using (customer, currency) left join whole w using (currency)
),
cut as (with told as (from sized) {cuts}),
added as (
    select cut, of, currency,
           coalesce(sum(amount) filter (span = 0), 0)::bigint as current,
           coalesce(sum(amount) filter (span = 1), 0)::bigint as prior,
           coalesce(sum(amount) filter (span = 2), 0)::bigint as year_before
    from cut group by all
)
select cut, of, currency, current,
       case when w.amount <> 0
            then (current * 1000000 // w.amount)::decimal(20, 0) * 0.000001::decimal(7, 6)
            end as share,
       prior, current - prior as change,
       case when prior <> 0
            then ((current - prior) * 1000000 // abs(prior))::decimal(20, 0)
                 * 0.000001::decimal(7, 6) end as change_share,
       year_before, current - year_before as change_of_year,
       key_of([cut, of, currency]) as row_key
from added left join whole w using (currency) order by cut, of, currency
"""


def comparison_tie_outs(frame: Frame, data: Data) -> Iterator[Check]:
    """Every cut adds up to the journal's revenue."""
    compared = data["revenue_comparison"]
    journal = entered(frame, "revenue", -1, IN_REPORT)
    off: defaultdict[str, int] = defaultdict(int)
    if compared.rows:
        for title in CUTS.values():
            found = sums(compared, ["current"], only=("cut", {title}))
            for currency in {*found, *journal}:
                off[currency] += abs(found.get(currency, 0) - journal.get(currency, 0))
    yield Check(
        "Revenue compared, every cut", "TB", "Differences to the journal, unsigned", off,
        ALLOWED, {},
    )  # fmt: skip
