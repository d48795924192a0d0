"""Trial balances of closed periods, of one entity and of several together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import pyarrow.compute as pc

from revrec.disclosure.trial_balance import Ledger, consolidated, ledger
from revrec.errors import CurrencyMismatch, NotFound
from revrec.model.books import Framework
from revrec.model.dataset import DataSet
from revrec.operations import books
from revrec.operations.computing import posted_detail
from revrec.operations.workspace import Workspace
from revrec.periods import Period
from revrec.store import journal, periods
from revrec.store.transaction import Transaction


def trial_balance(
    workspace: Workspace,
    first: Period,
    period: Period,
    *,
    framework: Framework | None = None,
    known_at: datetime | None = None,
) -> Ledger:
    """The ledger of the closed periods ``first`` to ``period``, by account.

    As the close that stands left it, or the one that stood at a moment.
    Of the book under a framework, the first if none is told; with its translation where
    ``entity_currencies`` tells a currency of reports. Raises NotFound when the period is not closed
    or has no such book, MissingExchangeRate.
    """

    def read(tx: Transaction) -> Ledger:
        certificate = periods.standing_close(tx, period, known_at)
        if certificate is None:
            raise NotFound(
                f"{period} is not closed for entity {tx.entity}.",
                remedy=f"Close it first: revrec close {period}.",
                period=str(period),
            )
        # Of contracts only what is posted is asked for; currencies, rates and accounts are of none.
        name = books.chosen(tx, period, certificate.pins, framework)
        book = books.inputs_of(tx, workspace.lake, certificate.pins, name, among=()).book
        posted = posted_detail(tx, workspace.lake, book=name)
        posted = posted.filter(pc.less_equal(posted["entry_seq"], certificate.chain_seq))
        return ledger(
            posted.filter(pc.less_equal(posted["period"], str(period))),
            [
                each
                for each in journal.read(tx, book=name)
                if each.seq <= certificate.chain_seq and each.entry.period <= period
            ],
            book,
            first=first,
            period=period,
            entity=tx.entity,
        )

    return workspace.run(read, read_only=True)


def of_entities(workspace: Workspace, entities: Sequence[int], period: Period) -> DataSet:
    """The trial balances of several entities in their currency of reports, and their sum.

    Nothing between them is eliminated. Raises NotFound for an entity that has not closed the
    period or tells no currency of reports, CurrencyMismatch where they tell different ones.
    """
    found = []
    for entity in entities:
        own = replace(workspace, entity=entity)
        named = own.calendar().parse(str(period))
        made = trial_balance(own, named, named)
        if made.translated is None:
            raise NotFound(
                f"Entity {entity} tells no currency of reports.",
                remedy="Give entity_currencies with a reporting_currency.",
                entity=entity,
            )
        found.append(made)
    told = {each.entity: each.reporting_currency for each in found}
    if len(set(told.values())) > 1:
        raise CurrencyMismatch(
            f"The entities report in different currencies: {told}.",
            remedy="Tell one reporting_currency for all of them.",
        )
    return consolidated(found, period)
