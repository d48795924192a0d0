"""The schedule of contract balances by when they turn around (210-10-45)."""

from __future__ import annotations

from collections.abc import Iterator

from revrec.citations import cites
from revrec.disclosure import columns as c
from revrec.disclosure.checks import Check, Data, entered, sums
from revrec.disclosure.frame import Frame
from revrec.ledger.kinds import NON_CURRENT
from revrec.ledger.maturity import is_posted, split_by_maturity
from revrec.model.dataset import DataSet

_SIGNS = {"contract_liability": -1, "contract_asset": 1, "contract_cost_asset": 1}
"""Account -> the sign that makes its balance positive."""


def load_maturity(frame: Frame) -> None:
    """Make the table ``maturity`` (``ledger.maturity.MATURITY``) at the report's end."""
    inputs, span = frame.inputs, frame.span
    last = inputs.subledger.positions([span.last])
    split = split_by_maturity(
        inputs.subledger.query, inputs.accounting, inputs.book.policy, last, span.period
    )
    frame.load("maturity", split)


@cites("210-10-45-3", "606-10-45-1")
def by_maturity(frame: Frame) -> DataSet:
    """Every contract balance at the report's end, current and non-current."""
    return frame.data_set(
        "balances_by_maturity",
        "Current and non-current",
        [
            c.ENTITY, c.CUSTOMER, c.CONTRACT, c.text("account", "Ledger account"), c.CURRENCY,
            c.money("balance", "Balance", parts=("current", "non_current")),
            c.money("current", "Current"),
            c.money("non_current", "Non-current"), c.ROW_KEY,
        ],
        f"""
        select {frame.entity} as entity, c.customer, contract, account, c.currency, balance,
               current, non_current, key_of([contract, account]) as row_key
        from maturity join contract c using (contract)
        order by account, c.customer, contract
        """,
        note=(
            "Liabilities are earned first in, first out; what has no schedule is current. Policy "
            "elects the operating cycle, how contract assets turn around, and whether the split "
            "is posted."
        ),
    )  # fmt: skip


def maturity_tie_outs(frame: Frame, data: Data) -> Iterator[Check]:
    """The split of each balance, and that it is the balance of its own schedule.

    Where it is posted, also that accounts of non-current balances hold what is split off.
    """
    listed = data["balances_by_maturity"]
    yield Check(
        "Current and non-current", "F", "Current and non-current",
        sums(listed, ["current", "non_current"]), "Balances", sums(listed, ["balance"]),
    )  # fmt: skip
    for account, name, column in (
        ("contract_liability", "contract_balances", "closing"),
        ("contract_asset", "contract_assets", "closing"),
        ("contract_cost_asset", "contract_costs", "closing"),
    ):
        split = sums(listed, ["current", "non_current"], only=("account", [account]))
        title = data[name].title
        yield Check(
            f"{title}, by maturity", "CF", f"{listed.title}: {account}", split,
            f"{title}: closing", sums(data[name], [column]),
        )  # fmt: skip
        if is_posted(frame.inputs.book.policy, frame.span.last):
            later = sums(listed, ["non_current"], only=("account", [account]))
            yield Check(
                f"{title}, non-current, posted", "TB", f"{listed.title}: non-current", later,
                "Journal at the report's end",
                entered(frame, NON_CURRENT + account, _SIGNS[account], "true"),
            )  # fmt: skip
