"""Check an export of closed periods without trusting revrec: standard library only, one file.

    python check_export.py FOLDER [SEQ DIGEST]

FOLDER holds manifest.json with its CSV files and journal-chain.csv. SEQ and DIGEST are an anchor
kept outside, such as the chain head on a close's certificate. Re-adds everything: hashes and
control totals of the files, the chain of the journal, the accounting periods, the trial balance,
the journal line by line, every rollforward, and the schedules against the postings; of whichever
book the folder is, closed by calendar months or by weeks. Prints what holds and what does not, and
ends with 1 if anything does not.
"""

import csv
import hashlib
import json
import sys
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from revrec.ledger.verify_chain import verify  # in an export its source stands here

Row = dict[str, str]
Sums = defaultdict[tuple[str, ...], Decimal]

CHAIN = "journal-chain.csv"
BALANCES = {
    "contract_balances": (-1, ("contract_liability", "non_current_contract_liability")),
    "contract_assets": (1, ("contract_asset", "non_current_contract_asset")),
    "receivables": (1, ("receivable",)),
    "refund_liabilities": (-1, ("refund_liability",)),
}
"""Rollforwards by contract, the side their balance is on, and the accounts they are of."""
SHOWN = 3


def number(text: str) -> Decimal:
    """A field of a figure; empty is nothing."""
    return Decimal(text or "0")


def rows(path: Path) -> list[Row]:
    """The rows of a CSV file."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def added(given: list[Row], by: str, *figures: tuple[str, int]) -> Sums:
    """Sums of columns, each with its sign, by other columns."""
    sums: Sums = defaultdict(Decimal)
    for row in given:
        key = tuple(row[name] for name in by.split())
        sums[key] += sum((sign * number(row[name]) for name, sign in figures), Decimal(0))
    return sums


def differ(what: str, left: Sums, right: Sums) -> Iterator[str]:
    """Where two sums are not the same."""
    off = sorted(key for key in {*left, *right} if left.get(key, 0) != right.get(key, 0))
    for key in off[:SHOWN]:
        yield f"{what} {' '.join(key)}: {left.get(key, 0)} against {right.get(key, 0)}"
    if len(off) > SHOWN:
        yield f"{what}: {len(off) - SHOWN} more"


def check_files(folder: Path, manifest: dict) -> Iterator[str]:  # type: ignore[type-arg]
    """Every file is there with the size and hash the manifest names."""
    for file in manifest["files"]:
        path = folder / file["name"]
        if not path.exists():
            yield f"{file['name']} is missing"
        elif hashlib.sha256(path.read_bytes()).hexdigest() != file["sha256"]:
            yield f"{file['name']} has another hash"


def check_totals(sheets: dict[str, list[Row]], told: dict[str, dict]) -> Iterator[str]:  # type: ignore[type-arg]
    """Every sheet has as many rows as told and adds up to its control totals."""
    for name, given in sheets.items():
        sheet = told[name]
        if len(given) != sheet["rows"]:
            yield f"{name} has {len(given)} rows instead of {sheet['rows']}"
        for column, totals in sheet["totals"].items():
            by_currency: Sums = defaultdict(Decimal)
            for row in given:
                currency = row["currency"] if "currency" in row else sheet["currency"] or ""
                by_currency[(currency,)] += number(row[column])
            if "" in totals:
                by_currency = defaultdict(Decimal, {("",): sum(by_currency.values(), Decimal(0))})
            kept: Sums = defaultdict(Decimal)
            kept.update({(key,): Decimal(text) for key, text in totals.items()})
            yield from differ(f"{name} {column}", by_currency, kept)


def reported(manifest: dict) -> tuple[str, str]:  # type: ignore[type-arg]
    """The first and the last period of the report; of one calendar, so that they sort by name."""
    first, _, last = manifest["period"].partition("..")
    return first, last or first


def check_periods(
    chain: list[Row],
    sheets: dict[str, list[Row]],
    manifest: dict,  # type: ignore[type-arg]
) -> Iterator[str]:
    """Each period begins the day after the one before ends, and nothing is of a later one."""
    first, last = reported(manifest)
    told = sheets.get("accounting_periods", [])
    ends = [(date.fromisoformat(row["first"]), date.fromisoformat(row["last"])) for row in told]
    names = [row["period"] for row in told]
    if told and not (names == sorted(set(names)) and {first, last} <= set(names)):
        yield f"the accounting periods are not those from {first} on"
    for row, (begins, closes) in zip(told, ends, strict=True):
        if (closes - begins).days + 1 != int(row["days"]):
            yield f"{row['period']} does not have {row['days']} days"
    for row, (_, closes), (begins, _) in zip(told[1:], ends, ends[1:], strict=False):
        if begins != closes + timedelta(days=1):
            yield f"{row['period']} does not begin the day after the period before"
    late = [row for row in chain if row["origin"] > row["period"]]
    yield from (f"entry {row['seq']} is of {row['origin']}, after its period" for row in late[:1])
    outside = [row for row in sheets["journal_detail"] if not first <= row["period"] <= last]
    yield from (f"{row['row_key']} is not of the report's periods" for row in outside[:1])


def check_ledger(
    chain: list[Row],
    sheets: dict[str, list[Row]],
    manifest: dict,  # type: ignore[type-arg]
) -> Iterator[str]:
    """The chain adds up to nothing in each period, and to the trial balance; so does the detail."""
    first, last = reported(manifest)
    detail, balance = sheets["journal_detail"], sheets["trial_balance"]
    digits = {row["currency"]: -int(number(row["closing"]).as_tuple().exponent) for row in balance}
    own = [row for row in chain if row["book"] == manifest["journal_book"]]
    for row in own:
        row["currency"] = row["line_currency"]
        row["worth"] = str(Decimal(row["amount"]).scaleb(-digits.get(row["currency"], 0)))
    before = [row for row in own if row["period"] < first]
    within = [row for row in own if first <= row["period"] <= last]
    nothing: Sums = defaultdict(Decimal)
    yield from differ("the journal of", added(own, "period currency", ("worth", 1)), nothing)
    for what, column in (("opening", before), ("closing", [*before, *within])):
        yield from differ(
            f"trial balance, {what}",
            added(balance, "gl_code account currency", (what, 1)),
            added(column, "gl_code account currency", ("worth", 1)),
        )
        yield from differ(f"trial balance, {what}", added(balance, "currency", (what, 1)), nothing)
    sides = (("debit", 1), ("credit", -1))
    yield from differ(
        "trial balance moves",
        added(balance, "gl_code account currency", *sides),
        added(detail, "gl_code account currency", *sides),
    )
    yield from differ(
        "journal detail",
        added([row for row in detail if row["entry"] != "0"], "entry account currency", *sides),
        added([{**row, "entry": row["seq"]} for row in within], "entry account currency",
              ("worth", 1)),
    )  # fmt: skip
    yield from differ("entry", added(detail, "entry currency", *sides), nothing)


def check_rollforwards(
    sheets: dict[str, list[Row]],
    told: dict[str, dict],  # type: ignore[type-arg]
) -> Iterator[str]:
    """Opening and what moved it make the closing in each row; postings made the difference."""
    for name, given in sheets.items():
        columns = list(told[name]["columns"])
        if name == "trial_balance" or not {"opening", "closing"} <= set(columns):
            continue
        between = columns[columns.index("opening") : columns.index("closing")]
        for row in given:
            if sum((number(row[each]) for each in between), Decimal(0)) != number(row["closing"]):
                yield f"{name} {row['row_key']} does not roll forward"
    detail = sheets["journal_detail"]
    for name, (sign, accounts) in BALANCES.items():
        if name not in sheets:
            continue
        posted = [row for row in detail if row["account"] in accounts]
        for suffix, by in (("", "contract currency"), ("_by_month", "contract period currency")):
            yield from differ(
                f"{name}{suffix} against postings",
                added(sheets[name + suffix], by, ("closing", 1), ("opening", -1)),
                added(posted, by, ("debit", sign), ("credit", -sign)),
            )


def check_revenue(sheets: dict[str, list[Row]]) -> Iterator[str]:
    """Revenue by period, as it is disaggregated, is what was posted."""
    posted = [row for row in sheets["journal_detail"] if row["account"] == "revenue"]
    yield from differ(
        "revenue against postings",
        added(sheets["disaggregated_revenue"], "period currency", ("amount", 1)),
        added(posted, "period currency", ("credit", 1), ("debit", -1)),
    )


def check(folder: Path, anchor: tuple[int, str]) -> dict[str, list[str]]:
    """What was checked, each with what is wrong; nothing further where files are not as told."""
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    found = {"files have their hashes": list(check_files(folder, manifest))}
    if found["files have their hashes"]:
        return found
    sheets, told = {}, {}
    for file in manifest["files"]:
        if file["name"].endswith(".csv") and file["sheets"]:
            (sheet,) = file["sheets"]
            if sheet["sheet"] != "tie_out":
                sheets[sheet["sheet"]] = rows(folder / file["name"])
                told[sheet["sheet"]] = sheet
    wrong, at, _ = verify(folder / CHAIN, anchor)
    chain = rows(folder / CHAIN)
    last = chain[-1]["digest"] if chain else "0" * 64
    broken = [f"entry {at}: {wrong}"] if wrong else []
    if last != manifest["chain_head"]:
        broken.append("its last entry is not the head that the manifest names")
    return found | {
        "sheets add up to their control totals": list(check_totals(sheets, told)),
        "the chain of the journal is whole": broken,
        "periods follow one another": list(check_periods(chain, sheets, manifest)),
        "the ledger adds up": list(check_ledger(chain, sheets, manifest)),
        "rollforwards add up to the postings": list(check_rollforwards(sheets, told)),
        "revenue is what was posted": list(check_revenue(sheets)),
    }


def main(arguments: list[str]) -> int:
    """Check a folder and print; 1 if anything does not hold."""
    anchor = (int(arguments[1]), arguments[2]) if arguments[2:] else (0, "")
    found = check(Path(arguments[0]), anchor)
    for what, wrong in found.items():
        sys.stdout.write(f"{'NOT SO' if wrong else 'ok'}: {what}\n")
        sys.stdout.writelines(f"  {each}\n" for each in wrong)
    return int(any(found.values()))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
