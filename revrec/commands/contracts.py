"""Contracts: what a person has to judge of them."""

from __future__ import annotations

import json

from rich.table import Table

from revrec.commands.shared import AsJson, out, say, workspace_of
from revrec.operations import inspect


# ruff: noqa: FBT002 - options are read from their defaults
def combinations(as_json: AsJson = False) -> None:
    """List contracts that may have to be accounted for as one, and wait for a decision."""
    with workspace_of() as workspace:
        proposals = inspect.open_combinations(workspace)
    if as_json:
        told = [
            {
                "customer": each.customer,
                "contracts": list(each.contracts),
                "inception_first": str(each.inception_first),
                "inception_last": str(each.inception_last),
                "indications": [reason.value for reason in each.indications],
            }
            for each in proposals
        ]
        out.print_json(json.dumps(told))
        return
    table = Table("customer", "contracts", "approved", "indications (606-10-25-9)")
    for each in proposals:
        days = sorted({str(each.inception_first), str(each.inception_last)})
        reasons = ", ".join(reason.value.replace("_", " ") for reason in each.indications)
        table.add_row(each.customer, ", ".join(each.contracts), " to ".join(days), reasons)
    out.print(table)
    say(
        f"{len(proposals):,} open. Decide with a record of kind `combination`: its contracts, "
        "`outcome` confirmed or refused, `reasons`, and who decided."
    )
