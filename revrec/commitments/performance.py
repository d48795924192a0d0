"""Use as the engine counts it: obligations are performed by what is drawn for them (55-46).

Where a grant or a commitment names an obligation, the use it gives for counts towards that
obligation, whoever used it, and towards no other; so revenue follows the very draws that balances
follow. Use beyond counts where it was used, or towards the obligation if nothing else counts it.

Credits given for nothing that name none are a discount on the very use they pay for: it is
consideration that nobody owes, allocated to the days it relates to (32-40), so that use counts
towards nothing. If they come with a purchase and are a material right (55-42), the contract
promises them as an obligation and the grant names it. What was paid in advance has to name one:
its price is earned as it is used (55-46), which the rated amounts of that use do not tell.
What is missing to a commitment paid as it is used is earned at the end of its window, see
``unused``; use beyond one earns its rated amount as many times as it is charged.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time
from decimal import Context, Decimal

import pyarrow as pa
import pyarrow.compute as pc

from revrec.citations import cites
from revrec.commitments.accounts import Account, accounts_of
from revrec.commitments.burn import Burned, UseRow, burn, held_in, uses_of
from revrec.commitments.lots import Held, beyond, price_of
from revrec.commitments.unused import charged_as_used, earned_unused, trued_up
from revrec.errors import ContractError, RevrecError, UnsupportedTerm
from revrec.model.commitment import Commitment, CommitmentForm
from revrec.model.contract import PerformanceObligation
from revrec.model.credit import CreditGrant, TopUpRule
from revrec.model.credit_book import CreditBook
from revrec.model.events import Usage
from revrec.model.history import ContractHistory
from revrec.money import AMOUNT_SCALE, QUANTITY_SCALE, atoms
from revrec.periods import FOREVER
from revrec.recognition.counts import meters

_EXACT = Context(prec=60)
_Row = tuple[str, str, date, int, int]
"""Contract, meter, day, and atoms of quantity and amount."""


def drawn_meter(obligation: str) -> str:
    """The meter under which what is drawn for an obligation counts."""
    return f"drawn for {obligation}"


@cites("606-10-55-46")
def read_performed(
    histories: Mapping[str, ContractHistory], told: CreditBook, credits_drawn: str
) -> None:
    """Let obligations that are performed by draws count these, in place.

    A contract whose account contradicts itself, or that does not promise the obligation, keeps its
    refusal, which is raised when it is accounted for.
    """
    performed = told.performed
    accounts, refused = accounts_of(told, told.meters, credits_drawn)
    for account in accounts:
        _demand_obligations(account, histories)
    if performed:
        for contract in sorted({name for name, _ in performed}):
            if contract in histories:
                names = {name for holder, name in performed if holder == contract}
                _read(histories[contract], names)
                _refuse(histories[contract], told, refused)
    told.committed = {
        each.contract: histories[each.contract]
        for each in told.commitments
        if trued_up(each) and each.contract in histories
    }
    told.counted = frozenset(
        (name, meter) for name, history in histories.items() for meter in meters(history)
    )


def as_performed(daily: pa.Table, told: CreditBook, credits_drawn: str) -> pa.Table:
    """Daily usage (``usage.rollup.DAILY``) with what is drawn for obligations under their meters.

    Rows and moments of recording stay those of the use; what was not used is known on its day.
    """
    if not told.decides_revenue:
        return daily
    accounts, _ = accounts_of(told, told.meters, credits_drawn)
    members = sorted({name for each in accounts for name in each.contracts})
    concerned = pc.is_in(daily["contract"], value_set=pa.array(members, pa.string()))
    listed = daily.filter(concerned).to_pylist()
    recorded = {
        (row["contract"], row["meter"], row["usage_date"]): row["last_recorded_at"]
        for row in listed
    }
    uses = uses_of(daily, accounts)
    rows = [
        {
            "contract": contract,
            "meter": meter,
            "usage_date": day,
            "quantity": Decimal(quantity).scaleb(-QUANTITY_SCALE, _EXACT),
            "amount": Decimal(amount).scaleb(-AMOUNT_SCALE, _EXACT),
            "rows": 1,
            "last_recorded_at": recorded.get(source) or datetime.combine(day, time(), UTC),
        }
        for account in accounts
        for (contract, meter, day, quantity, amount), source in _performed(
            burn(account, uses.get(account.id, []), FOREVER), told
        )
    ]
    others = daily.filter(pc.invert(concerned))
    drawn = pa.Table.from_pylist(rows, schema=daily.schema)
    ordered = ("contract", "meter", "usage_date")
    return pa.concat_tables([others, drawn]).sort_by([(name, "ascending") for name in ordered])


def told_as_performed(usage: Iterable[Usage], told: CreditBook, credits_drawn: str) -> list[Usage]:
    """The same for use told as events."""
    listed = list(usage)
    if not told.decides_revenue:
        return listed
    accounts, _ = accounts_of(told, told.meters, credits_drawn)
    account_of = {name: each.id for each in accounts for name in each.contracts}
    uses: dict[str, list[UseRow]] = {}
    kept: list[Usage] = []
    for each in listed:
        if each.contract not in account_of or each.for_principal:
            kept.append(each)
            continue
        row = (
            each.on,
            each.contract,
            each.meter,
            atoms(each.quantity, QUANTITY_SCALE),
            atoms(each.amount, AMOUNT_SCALE),
        )
        uses.setdefault(account_of[each.contract], []).append(row)
    for account in accounts:
        burned = burn(account, sorted(uses.get(account.id, [])), FOREVER)
        for (contract, meter, day, quantity, amount), _ in _performed(burned, told):
            kept.append(
                Usage(
                    contract=contract,
                    on=day,
                    meter=meter,
                    quantity=Decimal(quantity).scaleb(-QUANTITY_SCALE, _EXACT),
                    amount=Decimal(amount).scaleb(-AMOUNT_SCALE, _EXACT),
                )
            )
    return kept


def _performed(burned: Burned, told: CreditBook) -> Iterator[tuple[_Row, tuple[str, str, date]]]:
    """Draws under the contract and meter they count for, with those of the use."""
    held: dict[str, Held] = {each.lot.name: each for each in held_in(burned)}
    for draw in burned.draws:
        source = (draw.contract, draw.meter, draw.day)
        contract, meter = draw.contract, draw.meter
        of = held[draw.lot].of if draw.lot else None
        if of is not None and not draw.exceeds and discounts(of):
            yield (contract, meter, draw.day, 0, 0), source
            continue
        amount = beyond(draw.amount, of) if draw.exceeds else draw.amount
        if of is not None and of.obligation:
            own = of.contract == draw.contract
            elsewhere = draw.exceeds and (not own or (contract, meter) in told.counted)
            if not elsewhere:
                contract, meter = of.contract, drawn_meter(of.obligation)
        yield (contract, meter, draw.day, draw.quantity, amount), source
    for contract, meter, day, amount in earned_unused(burned, told.committed):
        yield (contract, meter, day, 0, amount), (contract, meter, day)


@cites("606-10-32-40", "606-10-55-42")
def discounts(of: CreditGrant | Commitment) -> bool:
    """Whether use it pays for earns nothing: credits given, and promised by no obligation."""
    return isinstance(of, CreditGrant) and of.promotional and not of.obligation


@cites("606-10-55-46")
def _demand_obligations(account: Account, histories: Mapping[str, ContractHistory]) -> None:
    """Refuse contracts that hold what was paid in advance for use that is charged as used.

    Where the contract promises an entitlement of its own to that use, revenue follows it.
    """
    as_used = {
        meter
        for name in account.contracts
        if name in histories
        for meter in charged_as_used(histories[name])
    }
    held: list[CreditGrant | Commitment | TopUpRule] = [each.of for each in account.held.values()]
    for of in [*held, *account.rules]:
        history = histories.get(of.contract)
        if of.obligation or history is None or history.refusal is not None:
            continue
        if not _paid(of) or not as_used & (_pays_for(of, account) or as_used):
            continue
        history.refusal = UnsupportedTerm(
            f"{of.id!r} was paid in advance and names no obligation of contract "
            f"{of.contract} that is performed as it is used.",
            citation="606-10-55-46",
            remedy="Promise the use as an obligation with what it entitles to and a price, and "
            "name it as `obligation`; or tell a `paid` of 0 if it was given.",
            contract=of.contract,
            field="obligation",
        )


def _paid(of: CreditGrant | Commitment | TopUpRule) -> bool:
    if isinstance(of, Commitment):
        return of.form is CommitmentForm.PREPAID and price_of(of) > 0
    return of.paid > 0


def _pays_for(of: CreditGrant | Commitment | TopUpRule, account: Account) -> frozenset[str]:
    """Meters it pays for; none for all."""
    takes = [each.lot.takes for each in account.held.values() if each.of is of]
    return takes[0] if takes else frozenset()


def _read(history: ContractHistory, names: set[str]) -> None:
    strange = sorted(names - {each.id for each in history.promised})
    if strange:
        history.refusal = UnsupportedTerm(
            f"Credits of contract {history.contract.id} are drawn for {', '.join(strange)}, which "
            "it does not promise.",
            citation="606-10-55-46",
            remedy="Name an obligation of the contract in the grant or commitment.",
            contract=history.contract.id,
            field="obligation",
        )
        return

    def counting(
        obligations: tuple[PerformanceObligation, ...],
    ) -> tuple[PerformanceObligation, ...]:
        return tuple(
            replace(each, meters=(drawn_meter(each.id),), usage=replace(each.usage, lot_of=""))
            if each.id in names
            else each
            for each in obligations
        )

    history.contract = replace(history.contract, obligations=counting(history.contract.obligations))
    history.modifications = [
        replace(each, adds=counting(each.adds), revises=counting(each.revises))
        for each in history.modifications
    ]


def _refuse(history: ContractHistory, told: CreditBook, refused: Mapping[str, RevrecError]) -> None:
    name = history.contract.id
    pools = [each.id for each in told.pools if name in each.contracts]
    for account in (name, *pools):
        if account in refused and history.refusal is None:
            error = refused[account]
            history.refusal = ContractError(
                f"Contract {name} is performed by draws of {account}: {error.message}",
                remedy=error.remedy,
                citation="606-10-55-46",
                contract=name,
            )
