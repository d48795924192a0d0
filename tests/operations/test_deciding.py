"""What was decided ahead stands as long as nothing that it rests on changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pytest

from revrec.errors import PeriodNotReady
from revrec.feeds.policies import completed
from revrec.feeds.records import fact_of, to_fact
from revrec.ledger.decided import DecidedContracts
from revrec.ledger.detail import DETAIL
from revrec.model.events import Usage
from revrec.model.fact import Fact, FactKind, canonical
from revrec.operations import deciding
from revrec.operations.close import close_period
from revrec.operations.computing import compute, inputs_of, sound_book
from revrec.operations.decided_part import close_decided, days_counted, first_day
from revrec.operations.deciding import Standing, decide_part
from revrec.operations.engines import LOCAL, Local
from revrec.operations.facts import record_facts
from revrec.operations.parts import Asked, Part, closed
from revrec.operations.verify import verify
from revrec.operations.workspace import Workspace
from revrec.periods import Period
from revrec.store.fact_columns import TOLD
from revrec.store.periods import Pins
from revrec.usage import rollup
from revrec.usage.rollup import DAILY
from tests.api.requests import CONTRACT, USAGE
from tests.books import agree, facts_of, send, write_usage
from tests.joined import joined
from tests.operations.lives import FIRST, Life
from tests.operations.test_parts import pinned, posting, written
from tests.properties.books import policy
from tests.properties.closing import fresh, tell

JANUARY = Period(2026, 1)
PEOPLE = {"prepared_by": "ada", "approved_by": "grace"}
AHEAD = Local(part_contracts=7, undivided=0, at_once=2, processes=1)
LONG = [pytest.mark.torture, pytest.mark.timeout(7200)]
TOLD_BEFORE = [
    {**CONTRACT, "id": "C-1", "customer": "one"},
    {**CONTRACT, "id": "C-2", "customer": "two"},
    {
        **CONTRACT,
        "id": "C-3",
        "customer": "three",
        "obligations": [
            {
                "id": "calls",
                "product": "calls",
                "measure": "usage",
                "usage": {"counted_in": "quantity", "entitled": "100", "lapses": "2026-12-31"},
            }
        ],
        "consideration": [
            {"id": "fee", "kind": "fixed", "amount": "1000.00", "obligation": "calls"}
        ],
    },
    {"kind": "modification", "id": "M", "contract": "C-3", "on": "2026-01-16",
     "price_change": "500.00"},
]  # fmt: skip
"""The third contract is modified when so much of it was used."""


def decide(workspace: Workspace, period: Period = JANUARY) -> int | None:
    """Decide ahead of a close of the period."""
    return workspace.run(
        lambda tx: AHEAD.decide_ahead(tx, workspace.lake, pinned(workspace, tx), period)
    )


def standing(
    workspace: Workspace, period: Period = JANUARY, pins: Pins | None = None
) -> Standing | None:
    """What stands for a close of the period; the books are the same with it."""
    now = workspace.run(lambda tx: pinned(workspace, tx), read_only=True)

    def read(tx: Any) -> Standing | None:
        return deciding.standing(tx, workspace.lake, pins or now, period)

    whole, ahead = (posting(workspace, period, engine) for engine in (LOCAL, AHEAD))
    assert written(whole.closed.rows) == written(ahead.closed.rows)
    assert (whole.balances, whole.contracts) == (ahead.balances, ahead.contracts)
    assert whole.closed.proposals == ahead.closed.proposals
    return workspace.run(read, read_only=True)


Tale = Callable[..., frozenset[str] | None]


@pytest.fixture
def tale(workspace: Workspace, tmp_path: Path) -> Tale:
    """Three contracts that were decided, then what a tale tells; gives who is read again."""

    def after(
        *told: dict[str, Any], before: Any = (), used: str = "", period: Period = JANUARY
    ) -> frozenset[str] | None:
        record_facts(workspace, [fact_of(e, "t") for e in (*TOLD_BEFORE, *before)], source="t")
        assert len(TOLD_BEFORE) - 1 + sum(e["kind"] == "contract" for e in before) == decide(
            workspace
        )
        agree(workspace, [fact_of(each, "t") for each in told])
        if used:
            row = {**USAGE, "contract": "C-3", "meter": "calls", "usage_date": used}
            send(workspace, write_usage(tmp_path / "usage.ndjson", [row]))
        found = standing(workspace, period)
        return None if found is None else found.others

    return after


def bill(contract: str) -> dict[str, Any]:
    """An invoice of January."""
    of = {"id": "I-1", "contract": contract, "on": "2026-01-05"}
    return {"kind": "invoice", **of, "lines": [{"amount": "100.00"}]}


def test_nothing_is_read_again_where_nothing_is_told(tale: Tale, workspace: Workspace) -> None:
    """Nor decided again; nor for another month."""
    assert frozenset() == tale(period=Period(2026, 3))
    assert 0 == decide(workspace)


def test_a_fact_concerns_its_contract(tale: Tale, workspace: Workspace) -> None:
    """It is read, then decided, then not read any more."""
    assert {"C-2"} == tale(bill("C-2"))
    assert (1, 0) == (decide(workspace), decide(workspace))
    found = standing(workspace)
    assert found is not None
    assert frozenset() == found.others


def test_a_fact_told_of_another_contract_concerns_both(tale: Tale, workspace: Workspace) -> None:
    """Both are decided: of the one it was of, the bill is gone."""
    assert {"C-1", "C-2"} == tale(bill("C-2"), before=[bill("C-1")])
    assert 2 == decide(workspace)
    standing(workspace)


@pytest.mark.parametrize(("used", "read"), [("2026-01-15", {"C-3"}), ("2026-01-16", set())])
def test_use_concerns_a_contract_that_was_modified_after_it(
    tale: Tale, workspace: Workspace, used: str, read: set[str]
) -> None:
    """Later use counts, but decides nothing."""
    assert read == tale(used=used)
    assert len(read) == decide(workspace)
    found = standing(workspace)
    assert found is not None
    assert frozenset() == found.others


ROLLING = {
    "obligations": [{"id": "calls", "product": "calls", "measure": "usage",
                     "usage": {"counted_in": "quantity", "entitled": "100",
                               "lapses": "2026-01-20", "rolls_over": "30",
                               "rolls_over_until": "2026-03-15"}}],
    "consideration": [{"id": "fee", "kind": "fixed", "amount": "1000.00", "obligation": "calls"}],
}  # fmt: skip
"""Rights of 100 lapse on the 20th; of what is left then, 30 may be used later."""
ENDING = {
    "obligations": [{"id": "calls", "product": "calls", "measure": "usage", "end": "2026-01-20"}],
    "consideration": [{"id": "use", "kind": "usage", "obligation": "calls"}],
}
"""Use counts until the 20th."""


@pytest.mark.parametrize("terms", [ROLLING, ENDING])
def test_use_counts_on_the_days_that_terms_tell(
    workspace: Workspace, tmp_path: Path, terms: dict[str, Any]
) -> None:
    """10 on the 10th, 5 on the 25th: within a month, a day in between divides them."""
    record_facts(workspace, [fact_of({**CONTRACT, "id": "C-3", **terms}, "t")], source="t")
    used = {"contract": "C-3", "meter": "calls"}
    rows = [
        {**USAGE, **used, "usage_id": on, "usage_date": on, "quantity": units}
        for on, units in (("2026-01-10", "10"), ("2026-01-25", "5"))
    ]
    send(workspace, write_usage(tmp_path / "usage.ndjson", rows))
    assert 1 == decide(workspace)
    found = standing(workspace)
    assert found is not None
    assert frozenset() == found.others


def test_contracts_decided_ahead_say_together_what_blocks_them(workspace: Workspace) -> None:
    """Products without an account, of contracts that are closed one after the other."""
    elected = completed(policy(("revenue_of_unmapped_products", "refused")))
    contracts = [
        {**CONTRACT, "id": f"C-{n}", "customer": f"c {n}",
         "obligations": [{"id": "access", "product": f"p {n}", "measure": "days"}]}
        for n in (1, 2, 3)
    ]  # fmt: skip
    told = [to_fact(FactKind.POLICY, elected), *(fact_of(each, "t") for each in contracts)]
    record_facts(workspace, told, source="t")
    assert 3 == decide(workspace)
    refusals = []
    for engine in (LOCAL, replace(AHEAD, at_once=1)):
        with pytest.raises(PeriodNotReady) as refused:
            posting(workspace, JANUARY, engine)
        refusals.append((refused.value.attributes["blockers"], refused.value.remedy))
    assert (["p 1", "p 2", "p 3"], refusals[0][1]) == refusals[0] == refusals[1]


def test_a_bill_of_an_unknown_contract_blocks_the_close(workspace: Workspace, tale: Tale) -> None:
    """Before it is decided on, and after."""
    tale()
    record_facts(workspace, [fact_of(bill("C-9"), "t")], source="t")
    for _ in range(2):
        with pytest.raises(PeriodNotReady, match=r"C-9"):
            posting(workspace, JANUARY, AHEAD)
        decide(workspace)


PRICE = {"kind": "standalone_selling_price", "id": "S", "product": "platform", "currency": "USD",
         "amount": "1.00", "effective_from": "2026-01-01"}  # fmt: skip
RATE = {"kind": "exchange_rate", "id": "R", "currency": "EUR", "into": "USD", "rate": "1.1",
        "on": "2026-01-31", "basis": "spot"}  # fmt: skip


def test_a_selling_price_concerns_all(tale: Tale, workspace: Workspace) -> None:
    """It may move any allocation; all are decided again."""
    assert tale(PRICE) is None
    assert 3 == decide(workspace)


def test_a_rate_of_exchange_decides_nothing(tale: Tale) -> None:
    """It states amounts, and moves none of them."""
    assert frozenset() == tale(RATE)


def test_what_is_combined_or_shared_is_read(tale: Tale) -> None:
    """Two that were refused to be combined, one of which draws on a pool with a third."""
    combined = {"kind": "combination", "id": "DEAL", "on": "2026-01-02", "outcome": "refused",
                "contracts": ["C-1", "C-2"], "by": "grace"}  # fmt: skip
    pool = {"kind": "credit_pool", "id": "P", "on": "2026-01-01", "contracts": ["C-2", "C-3"]}
    assert {"C-1", "C-2", "C-3", "DEAL", "P"} == tale(combined, pool)


@pytest.mark.parametrize("ahead", [True, False])
def test_contracts_made_together_are_read(tale: Tale, *, ahead: bool) -> None:
    """A further one with the second's customer on its day: who decides on combining sees both."""
    further = {**CONTRACT, "id": "C-4", "customer": "two"}
    told, before = ((), (further,)) if ahead else ((further,), ())
    assert {"C-2", "C-4"} == tale(*told, before=before)


def test_terms_that_renew_are_decided_for_each_month(tale: Tale, workspace: Workspace) -> None:
    """By the month: what was decided for January is short of terms in February, and again."""
    monthly = {**CONTRACT, "id": "C-4", "customer": "four",
               "termination": [{"by": "customer", "notice_days": 30}],
               "consideration": [{"id": "fee", "kind": "fixed", "charged": "monthly",
                                  "amount": "1000.00", "obligation": "access"}]}  # fmt: skip
    february = JANUARY.next
    assert {"C-4"} == tale(before=[monthly], period=february)
    assert 1 == decide(workspace, february)
    for period, read in ((february, set()), (JANUARY, {"C-4"})):
        found = standing(workspace, period)
        assert found is not None
        assert read == found.others
    assert 1 == decide(workspace)
    found = standing(workspace)
    assert found is not None
    assert frozenset() == found.others


def test_earlier_pins_read_what_was_told_after_them(tale: Tale, workspace: Workspace) -> None:
    """What is kept knows of a bill that the cut-off does not."""
    tale()
    cut_off = workspace.run(lambda tx: pinned(workspace, tx), read_only=True)
    record_facts(workspace, [fact_of(bill("C-1"), "t")], source="t")
    assert 1 == decide(workspace)
    found = standing(workspace, pins=cut_off)
    assert found is not None
    assert {"C-1"} == found.others


def test_another_program_decides_again(tale: Tale, workspace: Workspace, monkeypatch: Any) -> None:
    """It may decide otherwise."""
    tale()
    monkeypatch.setattr(deciding, "program_digest", lambda: "another")
    assert standing(workspace) is None
    assert 3 == decide(workspace)


def test_balances_posted_by_maturity_are_read(workspace: Workspace) -> None:
    """What turns around within a year follows from schedules, which are not kept."""
    name, july = "current_and_non_current", Period(2026, 7)
    elected = completed(policy((name, "posted")))
    later = replace(elected.elections[name], effective_from=july.first)
    elected = replace(elected, elections={**elected.elections, name: later})
    told = [to_fact(FactKind.POLICY, elected), *(fact_of(each, "t") for each in TOLD_BEFORE)]
    record_facts(workspace, told, source="t")
    assert 3 == decide(workspace)
    assert standing(workspace) is not None
    assert standing(workspace, july) is None
    assert decide(workspace, july) is None


@pytest.mark.parametrize(
    ("seed", "contracts", "months"),
    [(1, 12, 3), *(pytest.param(seed, 200, 30, marks=LONG) for seed in (2, 3))],
)
def test_a_life_of_late_facts_is_closed_as_if_read(
    workspace: Workspace, tmp_path: Path, seed: int, contracts: int, months: int
) -> None:
    """Decided ahead before or after a month's facts, or by its close; some months not at all."""
    books, dice = fresh(workspace), Random(seed)
    for month, told in Life(seed, contracts, months).told.items():
        if dice.random() < 0.4:
            decide(books, month)
        tell(books, tmp_path, told.facts, told.usage)
        if dice.random() < 0.4:
            decide(books, month)
        standing(books, month)
        close_period(books, month, **PEOPLE, engine=AHEAD)
    assert months
    assert FIRST.plus(months - 1) == month
    assert verify(books)


def test_every_example_is_closed_as_if_read() -> None:
    """All that is kept of contracts is all that their postings come from."""
    through, kept_of_all = Period(2027, 3), 0
    for scenario in joined():
        told = facts_of([scenario])
        told += [to_fact(FactKind.PRODUCT, each) for each in scenario.products]
        elected = policy(*sorted(scenario.policy.items()))
        told.append(to_fact(FactKind.POLICY, completed(elected)))
        part = Part(facts=columns(told), usage=daily(scenario.events), posted=DETAIL.empty_table())
        rows = decide_part(part, until=through.last, joined=frozenset())
        decided = DecidedContracts(rows=rows.filter(rows["kept"]))
        kept = decided.contracts["contract"]
        book = sound_book(told)
        asked = Asked(period=through, since=first_day(decided))
        used = part.usage.filter(pc.is_in(part.usage["contract"], kept))
        entity = pa.repeat(pa.scalar(1, pa.int32()), part.usage.num_rows)
        cells = ds.dataset(part.usage.append_column("entity_id", entity))
        folded = rollup.folded(cells, sorted(days_counted(decided, asked)), entity=1)
        ahead = close_decided(decided, folded, part.posted, book_of_none(told), asked)
        # An example may be of a contract that is refused.
        histories = {name: book.histories[name] for name in kept.to_pylist()}
        inputs = inputs_of(replace(book, histories=histories), used, part.posted)
        whole = closed(compute(inputs, through), through)
        assert whole.rows.num_rows
        assert ahead.rows.equals(whole.rows)
        assert ahead.balances == whole.balances
        kept_of_all += len(kept)
    assert kept_of_all > 100, "most of them"


def columns(told: list[Fact]) -> pa.Table:
    """Facts as they are read."""
    rows = [
        {
            "kind": each.kind.value,
            "key": each.key,
            "contract": each.contract,
            "effective_on": each.effective_on,
            "body": canonical(each.body).decode(),
        }
        for each in told
    ]
    return pa.Table.from_pylist(rows, schema=TOLD)


def daily(events: Any) -> pa.Table:
    """Use that a scenario tells, by day."""
    sums: dict[tuple[Any, ...], list[Decimal]] = {}
    for each in events:
        if isinstance(each, Usage):
            found = sums.setdefault((each.contract, each.meter, each.on), [Decimal(0)] * 2)
            found[0] += each.quantity
            found[1] += each.amount - each.for_principal
    rows = [
        {"contract": c, "meter": m, "usage_date": day, "quantity": q, "amount": a, "rows": 1}
        for (c, m, day), (q, a) in sorted(sums.items())
    ]
    return pa.Table.from_pylist(rows, schema=DAILY)


def book_of_none(told: list[Fact]) -> Any:
    """What is told of no contract."""
    return sound_book([each for each in told if each.contract is None])
