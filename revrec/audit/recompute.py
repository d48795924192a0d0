"""Postings computed once more, each step a line: what the books should hold, less what they held.

The recipes follow the kinds of posting. What is performed is price times progress to date, at two
days; documents are added up; balances follow from sums to date (606-10-45). Amounts of another
currency are measured in the functional one and told with what that came to.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from revrec.audit.measured import in_words
from revrec.audit.recomputed_balances import BALANCES, balance_lines
from revrec.audit.standing import Measured, Standing
from revrec.audit.workings import Sheet, Working
from revrec.ledger.kinds import KINDS, OPENING, PRESENTATION
from revrec.ledger.rates import rates_of
from revrec.model.decision import Stream
from revrec.model.opening import OpeningBalance, OpeningBasis
from revrec.money import to_minor

Row = Mapping[str, Any]
_PERFORMED = frozenset({"satisfaction", "breakage", *(each.value for each in Stream)})
_CURRENT = {
    "non_current_liability": "contract_liability",
    "non_current_asset": "contract_asset",
    "non_current_cost": "contract_cost_asset",
}
_REMEASURED = {
    "exchange_on_receivables": "receivable",
    "exchange_on_refunds": "refund_liability",
    "exchange_on_deposits": "deposit_liability",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """A posting, with the others of its key."""

    row: Row
    """In the form of ``detail.DETAIL``."""
    beside: Sequence[Row]
    """Of the same close and key, on other accounts of the chart."""
    before: Sequence[Row]
    """Of the same key, by earlier closes."""


def posting(standing: Standing, posted: Posted) -> Working:
    """What the posting is, from facts to its last cent, in the contract's currency."""
    row, sheet = posted.row, Sheet()
    kind = KINDS[row["event"]]
    target = sheet.sum("Should be held", *_target(sheet, standing, row))
    if row["account"] != kind.debit.value:
        target = sheet.sum(f"Credited to {row['account']}", less=[target])
    _less_posted(sheet, target, posted, "amount")
    return sheet.working(_title(row), row["currency"], row["amount"])


def functional_posting(standing: Standing, posted: Posted) -> Working:
    """The same in the functional currency, for a contract in another one."""
    row, sheet = posted.row, Sheet()
    target = _worth(sheet, standing, row)
    _less_posted(sheet, target, posted, "functional")
    return sheet.working(
        f"{_title(row)}, in the functional currency", row["functional_currency"], row["functional"]
    )


def to_date(
    standing: Standing, obligation: str, component: str, stream: Stream, day: date
) -> Working:
    """What a component of an obligation has earned, or accrued, by the end of a day."""
    segments = [
        each
        for each in standing.segments
        if (each.obligation, each.component, each.stream) == (obligation, component, stream)
    ]
    sheet = Sheet()
    lines = [_share(sheet, each, day) for each in standing.measured(day, segments)]
    sheet.sum(f"To date {day}", *lines)
    became = "earned" if stream is Stream.REVENUE else stream.value.replace("_", " ")
    title = f"{obligation} / {component}: {became} to date {day}"
    return sheet.working(title, standing.currency)


def _title(row: Row) -> str:
    names = " / ".join(filter(None, (row["contract"], row["obligation"], row["component"])))
    side = "Debit" if (row["amount"] or row["functional"] or 0) > 0 else "Credit"
    return f"{KINDS[row['event']].tells}, {names}, {row['origin']}: {side} {row['account']}"


def _less_posted(sheet: Sheet, target: int, posted: Posted, amount: str) -> None:
    before = [
        sheet.told(
            f"Posted for it by the close of {each['period']}",
            each[amount] or 0,
            f"entry {each['entry_seq']}, line {each['line_no']}",
        )
        for each in posted.before
    ]
    line = sheet.sum("To be posted", target, less=before)
    beside = [
        sheet.told(
            f"Of it on account {each['gl_code']} {each['gl_name']}",
            each[amount] or 0,
            f"entry {each['entry_seq']}, line {each['line_no']}",
        )
        for each in posted.beside
    ]
    if beside:
        name = f"On account {posted.row['gl_code']} {posted.row['gl_name']}"
        sheet.sum(name, line, less=beside)


def _target(sheet: Sheet, standing: Standing, row: Row) -> list[int]:
    """Lines that add up to the debit side of what should be held under the posting's key."""
    event = row["event"]
    if event in PRESENTATION:
        return _presented(sheet, standing, event)
    opening = _opening(standing, row["origin"])
    if opening is None:
        return _flow(sheet, standing, row, event, _window(standing, row["origin"]))
    return _taken_over(sheet, standing, row, opening)


def _window(standing: Standing, origin: str) -> tuple[date, date]:
    """The day before the period and its last day."""
    period = standing.period.calendar.parse(origin)
    return period.previous.last, period.last


def _opening(standing: Standing, origin: str) -> OpeningBalance | None:
    """What was taken over, if the period is that of the cutover."""
    for told in standing.history.openings:
        if str(standing.period.calendar.of(told.on)) == origin:
            return told
    return None


def _taken_over(sheet: Sheet, standing: Standing, row: Row, opening: OpeningBalance) -> list[int]:
    """What happened before the cutover, against what another system had."""
    event = row["event"]
    window = standing.first.previous.last, _window(standing, row["origin"])[1]
    base = event.removeprefix(OPENING)
    kept = opening.basis is OpeningBasis.HISTORY and standing.settled
    known = KINDS.get(OPENING + base)
    stays = kept and (known is None or known.debit is not known.credit)
    if stays and (event.startswith(OPENING) or event == "cutover_adjustment"):
        return _settled(sheet, standing, row, lambda each: each == event, "Posted at the cutover")
    if stays:
        lines = _flow(sheet, standing, row, event, window)
        undone = {OPENING + event, *(["cutover_adjustment"] if event == "satisfaction" else [])}
        held = _settled(sheet, standing, row, lambda each: each in undone, "Posted at the cutover")
        return [*lines, sheet.sum("Less what the cutover posted", less=held)]
    if event == "cutover_adjustment":
        return _adjusted(sheet, standing, row["obligation"], opening, window)
    if not event.startswith(OPENING):
        return _flow(sheet, standing, row, event, window)
    lines = _flow(sheet, standing, row, base, window)
    adjusts = opening.basis is OpeningBasis.HISTORY and opening.adjusts
    if base == "satisfaction" and adjusts and not row["component"]:
        adjusted = _adjusted(sheet, standing, row["obligation"], opening, window)
        lines.append(sheet.sum("Less what is adjusted at the cutover", less=adjusted))
    return lines


def _settled(
    sheet: Sheet, standing: Standing, row: Row, of: Callable[[str], bool], name: str
) -> list[int]:
    """What closes posted of the contract's cutover, of the posting's obligation and component."""
    names = row["obligation"], row["component"], row["product"]
    return [
        sheet.told(name, each["amount"], f"entry {each['entry_seq']}, line {each['line_no']}")
        for each in standing.posted.to_pylist()
        if each["contract"] == standing.contract
        and of(each["event"])
        and each["account"] == KINDS[each["event"]].debit.value
        and (each["obligation"], each["component"], each["product"]) == names
    ]


def _adjusted(
    sheet: Sheet,
    standing: Standing,
    obligation: str,
    opening: OpeningBalance,
    window: tuple[date, date],
) -> list[int]:
    """Revenue to date of an obligation less what the other system had recognised."""
    own = [
        each
        for each in standing.segments
        if each.obligation == obligation and each.stream is Stream.REVENUE
    ]
    earned = [_share(sheet, each, window[1]) for each in standing.measured(window[1], own)]
    told = [
        sheet.told(
            "Recognised by the other system",
            to_minor(each.recognized, standing.currency),
            f"opening_balance {opening.id}",
        )
        for each in opening.obligations
        if each.obligation == obligation
    ]
    return [sheet.sum("Revenue to date beyond it", *earned, less=told)]


def _flow(
    sheet: Sheet, standing: Standing, row: Row, event: str, window: tuple[date, date]
) -> list[int]:
    if event in _PERFORMED:
        return _performed(sheet, standing, row, event, window)
    if event in {"exchange_on_settlement", "exchange_on_billing"}:
        return [sheet.told("Of the functional currency alone", 0, "830-20-35-1")]
    before, last = window
    return [
        sheet.told(f"{kind} {document} on {day}", amount, f"{kind} {document}")
        for _, day, kind, document, _, amount in standing.documents
        if kind == event and before < day <= last
    ]


def _performed(
    sheet: Sheet, standing: Standing, row: Row, event: str, window: tuple[date, date]
) -> list[int]:
    """What was performed between the ends of two days: to date at one less to date at the other."""
    stream = Stream.REVENUE if event in {"satisfaction", "breakage"} else Stream(event)
    wanted = row["obligation"], row["component"], row["product"], stream
    segments = [
        each
        for each in standing.segments
        if (each.obligation, each.component, each.product, each.stream) == wanted
    ]
    totals, days = [], (window[1], window[0])
    for day, found in zip(days, standing.measured_on(days, segments), strict=True):
        lines = [_part(sheet, each, day, event) for each in found]
        totals.append(sheet.sum(f"To date {day}", *lines))
    return [sheet.sum(f"After {window[0]} to {window[1]}", totals[0], less=[totals[1]])]


def _part(sheet: Sheet, measured: Measured, day: date, event: str) -> int:
    """Of a segment what the event tells: all of it, its breakage, or what is no breakage."""
    segment, answer = measured.segment, measured.answer
    if event not in {"satisfaction", "breakage"}:
        return _share(sheet, measured, day)
    entitled = segment.shape.entitled
    if entitled is None and not segment.kept_breakage:
        if event == "breakage":
            return sheet.told(f"No breakage of {_named(measured)}", 0, "")
        return _share(sheet, measured, day)
    earned = _share(sheet, measured, day)
    if entitled is None:
        broken = sheet.told(
            "Of it breakage when it was earned", segment.kept_breakage, "606-10-55-48"
        )
    else:
        price = sheet.told("Price", segment.price, _rests(measured))
        used = sheet.share(
            f"Price x what was used of what was bought, {day}",
            price,
            min(answer.used, entitled),
            entitled,
            in_words(segment.shape, answer, day),
        )
        broken = sheet.sum("Breakage to date (606-10-55-48)", earned, less=[used])
    if event == "breakage":
        return broken
    return sheet.sum("Beside breakage", earned, less=[broken])


def _share(sheet: Sheet, measured: Measured, day: date) -> int:
    segment, answer = measured.segment, measured.answer
    unit = " of a unit as it is used" if segment.as_used else ""
    price = sheet.told(f"Price{unit}, {_named(measured)}", segment.price, _rests(measured))
    return sheet.share(
        f"{_named(measured)} to date {day}",
        price,
        answer.numerator,
        answer.denominator,
        in_words(segment.shape, answer, day),
    )


def _named(measured: Measured) -> str:
    segment = measured.segment
    return f"{segment.obligation} / {segment.component} from {segment.valid_from}"


def _rests(measured: Measured) -> str:
    told = ", ".join(str(each) for each in measured.segment.decisions)
    return f"decisions {told}" if told else ""


def _presented(sheet: Sheet, standing: Standing, event: str) -> list[int]:
    """A balance as it stands at the period's end."""
    if event in BALANCES:
        return [balance_lines(sheet, standing)[event]]
    if event in _CURRENT:
        account = _CURRENT[event]
        if account == "contract_cost_asset":
            balance = _costs(sheet, standing)
        else:
            lines = balance_lines(sheet, standing)
            asset = lines["netting"]
            balance = asset if account == "contract_asset" else lines["contract_liability"]
        current = sheet.told("Of it current", standing.maturity.get(account, 0), "210-10-45-3")
        return [sheet.sum("Not current", balance, less=[current])]
    return [sheet.told("Of the functional currency alone", 0, "830-20-35-1")]


def _costs(sheet: Sheet, standing: Standing) -> int:
    """Contract costs as an asset: capitalised less amortised and impaired (340-40)."""
    day = standing.day
    signs = {
        Stream.COST_CAPITALIZED: 1, Stream.COST_AMORTIZED: -1, Stream.COST_IMPAIRED: -1
    }  # fmt: skip
    costs = [each for each in standing.segments if each.stream in signs]
    added: list[int] = []
    taken: list[int] = []
    for each in standing.measured(day, costs):
        line = _share(sheet, each, day)
        (added if signs[each.segment.stream] > 0 else taken).append(line)
    return sheet.sum("Contract costs as an asset", *added, less=taken)


def _worth(sheet: Sheet, standing: Standing, row: Row) -> int:
    """What should be held of the posting in the functional currency (830-20)."""
    event, account = row["event"], row["account"]
    presents = event in PRESENTATION
    origin = str(standing.period) if presents else row["origin"]
    key = (origin, row["obligation"], row["component"], row["product"], event, account)
    if event in _REMEASURED:
        return _remeasured(sheet, standing, row)
    return sheet.told("Worth at the rates of its days", standing.functional[key], "830-20-30-1")


def _remeasured(sheet: Sheet, standing: Standing, row: Row) -> int:
    """A monetary balance at the rate of the day less what it is carried at (830-20-35-2)."""
    rates, day = rates_of(standing.book), standing.day
    assert rates is not None, "there are functional amounts"
    rate = rates.spot(standing.currency, day)
    kind, event = KINDS[row["event"]], row["event"]
    monetary = kind.debit.value if _REMEASURED[event] == "receivable" else kind.credit.value
    told = standing.balances
    amounts = {
        "receivable": told["open_bills"] + told["cash_in_advance"] - told["conditional_bill"],
        "refund_liability": told["refund_liability"],
        "deposit_liability": told["deposit_liability"],
    }
    name = _REMEASURED[event]
    balance = sheet.told(f"{name} on {day}", int(amounts[name]), f"in {standing.currency}")
    worth = sheet.share(
        f"At the rate of {day}", balance, rate.numerator, rate.denominator,
        f"minor units of {rates.into} for one of {standing.currency}",
    )  # fmt: skip
    moved = [
        sheet.told(f"{KINDS[other].tells}, {origin}", amount, "830-20-30-1")
        for (origin, _, _, _, other, account), amount in sorted(standing.functional.items())
        if account == monetary and other != event and amount
    ]
    carried = sheet.sum(f"{name} carried, debit positive", *moved)
    if name == "receivable":
        difference = sheet.sum("Debit to receivable", worth, less=[carried])
    else:
        owed = sheet.sum("Carried, credit positive", less=[carried])
        difference = sheet.sum(f"Credit to {name}", worth, less=[owed])
    return (
        difference if row["account"] == kind.debit.value else sheet.sum("Credit", less=[difference])
    )
