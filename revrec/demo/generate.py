"""Draw the books of a quarter and write them as the files that would have arrived."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from itertools import chain
from pathlib import Path

from revrec.demo.billing import bill, issue
from revrec.demo.catalogue import SELLER
from revrec.demo.customers import draw_customers
from revrec.demo.deals import Customer, Deal
from revrec.demo.dice import Dice
from revrec.demo.dirt import ACCEPTED, MONTHS, FileRow, Files, Label, deliver
from revrec.demo.facts import FACT_FILES, OPENING, Told, tell
from revrec.demo.files import amount_text, write_ndjson, write_usage
from revrec.demo.manifest import (
    Close,
    DeliveredFile,
    DemoManifest,
    ExpectedUsage,
    LateFact,
    PlantedRow,
)
from revrec.demo.metered import commitment, pay_as_you_go, prepaid_credits
from revrec.demo.metering import meter_usage
from revrec.demo.mistakes import plant
from revrec.demo.platform import platform
from revrec.demo.ramps import flat_fee, ramp
from revrec.demo.subscriptions import changed_in_mid_term, subscription
from revrec.demo.usage import OUTAGES, draw_usage
from revrec.periods import Month

_HOW_MANY: Mapping[Callable[[Dice, Customer], Deal], int] = {
    subscription: 72,
    pay_as_you_go: 70,
    platform: 42,
    commitment: 40,
    prepaid_credits: 28,
    flat_fee: 18,
    ramp: 18,
    changed_in_mid_term: 12,
}
"""Customers by what they bought."""

_USAGE_FILES = {
    "gateway-us": ("usage-gateway-us.parquet", time(4, 30)),
    "gateway-eu": ("usage-gateway-eu.csv.gz", time(5, 15)),
    "batch": ("usage-batch.ndjson", time(6, 0)),
}
"""What each source sends, and when on the second day after the month."""
_FACTS_AT = time(18, 0)
_CLOSE_AT = time(17, 0)


def generate(folder: Path, seed: int = 606) -> DemoManifest:
    """Write the sample files and ``manifest.json`` into the folder, one subfolder per month.

    The subfolder of a month holds what arrives for its close; ``2025-12`` holds everything from
    before. The same seed gives the same bytes.
    """
    deals = draw_deals(seed)
    files = deliver(seed, draw_usage(seed, deals), deals)
    metering = meter_usage(deals, files)
    drafts = bill(seed, deals, metering)
    planted = plant(seed, drafts, metering)
    billing = issue(seed, drafts)
    facts = tell(seed, deals, billing)
    delivered = [*_write_facts(folder, facts), *_write_usage(folder, files)]
    labels = Counter(told.label.value for told in chain.from_iterable(files.values()))
    events = chain.from_iterable(deal.events for deal in deals)
    manifest = DemoManifest(
        seed=seed,
        entity=SELLER,
        functional_currency="USD",
        files=tuple(sorted(delivered, key=lambda file: (file.arrives, file.path))),
        closes=tuple(
            Close(period=str(month), at=_at(month, 5, _CLOSE_AT)) for month in (OPENING, *MONTHS)
        ),
        counts={
            "customers": len(deals),
            "contracts": len(deals),
            "invoices": len(billing.invoices),
            "credit_memos": len(billing.credit_memos),
            "payments": len(billing.payments),
            **dict(sorted(Counter(_plural(event.kind) for event in events).items())),
            "usage_rows": labels.total(),
            "mistakes": len(planted),
        },
        sold_as=dict(sorted(Counter(deal.sold_as for deal in deals).items())),
        currencies=dict(sorted(Counter(deal.contract.currency for deal in deals).items())),
        labels={label.value: labels[label.value] for label in Label},
        rows=tuple(_planted_rows(files)),
        late_facts=tuple(_late_facts(facts)),
        mistakes=tuple(mistake.on_record() for mistake in planted),
        outages=tuple(
            f"{outage.source} on {outage.on}: {outage.served_per_mille // 10}% served"
            for outage in OUTAGES
        ),
    )
    manifest.write(folder)
    return manifest


def draw_deals(seed: int) -> list[Deal]:
    """Every customer's contract with what follows from it, in order of the customers."""
    kinds = [kind for kind, count in _HOW_MANY.items() for _ in range(count)]
    dice = Dice(seed, "order")
    customers = draw_customers(Dice(seed, "customers"), len(kinds))
    deals: list[Deal] = []
    for customer in customers:
        kind = kinds.pop(dice.between(0, len(kinds) - 1))
        deals.append(kind(Dice(seed, "deal", customer.contract), customer))
    return deals


def _write_facts(
    folder: Path, facts: Mapping[tuple[Month, str], Sequence[Told]]
) -> Iterator[DeliveredFile]:
    for (month, name), told in sorted(facts.items()):
        path = _path(folder, month, name)
        write_ndjson(path, (fact.record for fact in told))
        yield _delivered(
            folder,
            path,
            month,
            kind="facts",
            source="billing" if name in FACT_FILES[3:] else "contracts",
            arrives=_at(month, 1, _FACTS_AT) + timedelta(minutes=5 * FACT_FILES.index(name)),
            rows=len(told),
        )


def _write_usage(folder: Path, files: Files) -> Iterator[DeliveredFile]:
    for (source, month), rows in files.items():
        name, arrives = _USAGE_FILES[source]
        path = _path(folder, month, name)
        write_usage(path, rows)
        yield _delivered(
            folder,
            path,
            month,
            kind="usage",
            source=source,
            arrives=_at(month, 2, arrives),
            rows=len(rows),
            usage=_expected(rows),
        )


def _path(folder: Path, month: Month, name: str) -> Path:
    path = folder / str(month) / name
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def _delivered(
    folder: Path,
    path: Path,
    month: Month,
    *,
    kind: str,
    source: str,
    arrives: datetime,
    rows: int,
    usage: ExpectedUsage | None = None,
) -> DeliveredFile:
    return DeliveredFile(
        path=path.relative_to(folder).as_posix(),
        kind=kind,
        source=source,
        period=str(month),
        arrives=arrives,
        rows=rows,
        sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
        usage=usage,
    )


def _expected(rows: Sequence[FileRow]) -> ExpectedUsage:
    accepted = [told.row for told in rows if told.label in ACCEPTED]
    duplicate = sum(told.label is Label.DUPLICATE for told in rows)
    by_currency: Counter[str] = Counter()
    for row in accepted:
        by_currency[row.currency] += row.amount
    return ExpectedUsage(
        received=len(rows),
        accepted=len(accepted),
        duplicate=duplicate,
        quarantined=len(rows) - len(accepted) - duplicate,
        accepted_quantity=Decimal(sum(row.quantity for row in accepted)),
        accepted_amount={
            currency: Decimal(amount_text(amount))
            for currency, amount in sorted(by_currency.items())
        },
    )


def _planted_rows(files: Files) -> Iterator[PlantedRow]:
    for (source, month), rows in files.items():
        for number, told in enumerate(rows, 1):
            if told.label is not Label.PLAIN:
                yield PlantedRow(
                    label=told.label.value,
                    path=f"{month}/{_USAGE_FILES[source][0]}",
                    row_number=number,
                    source=told.row.source,
                    usage_id=told.row.usage_id,
                    contract=told.row.contract,
                    usage_date=told.row.usage_date,
                    corrects=told.row.corrects,
                )


def _late_facts(facts: Mapping[tuple[Month, str], Sequence[Told]]) -> Iterator[LateFact]:
    for (month, name), told in sorted(facts.items()):
        for fact in told:
            if fact.late:
                yield LateFact(
                    path=f"{month}/{name}",
                    kind=fact.kind.value,
                    id=fact.id,
                    contract=fact.contract,
                    on=fact.on,
                )


def _at(month: Month, day: int, hour: time) -> datetime:
    """A time in the month after."""
    return datetime.combine(month.next.first.replace(day=day), hour, UTC)


def _plural(kind: str) -> str:
    return f"{kind.removesuffix('y')}ies" if kind.endswith("y") else f"{kind}s"
