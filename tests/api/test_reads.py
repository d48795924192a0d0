"""Every read: as it was known at a moment, and every list in one shape, or there is a reason."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

from api.bodies import NDJSON
from tests.api.requests import CONTRACT, close, record, reopen

DOCUMENT = json.loads((Path(__file__).parent / "openapi.json").read_text(encoding="utf-8"))
READS = {
    path["get"]["operationId"]: path["get"] for path in DOCUMENT["paths"].values() if "get" in path
}
OF_THE_PROGRAM = "what the program holds, of its version, whatever is in the books"
NEVER_CHANGES = "never changes once it is recorded"
BY_ITS_CLOSE = "of the close that stands; the one before it is among the certificates"
WORK = "how far the service's own work has come"
OF_NOW = "what is to be done now; what it was at the close is on its certificate"
NO_PAST = {
    "list_book_rules": OF_THE_PROGRAM,
    "list_rules": OF_THE_PROGRAM,
    "list_coverage": OF_THE_PROGRAM,
    "get_batch": NEVER_CHANGES,
    "get_proposal": NEVER_CHANGES,
    "get_export_file": NEVER_CHANGES,
    "explain_posting": NEVER_CHANGES,
    "compare_books": BY_ITS_CLOSE,
    "list_datasets": BY_ITS_CLOSE,
    "get_dataset": BY_ITS_CLOSE,
    "get_package": BY_ITS_CLOSE,
    "get_evidence": BY_ITS_CLOSE,
    "explain_period": BY_ITS_CLOSE,
    "explain_line": BY_ITS_CLOSE,
    "explain_fact": "what a fact has led to so far",
    "explain_changes": "has the two moments it compares",
    "get_sample_pack": "its evidence is gathered when it is read",
    "get_quarantined_fact": "has the moments at which it was told and dealt with",
    "list_findings": "each has its history, event by event",
    "get_finding": "has its history, event by event",
    "list_gates": OF_NOW,
    "list_tasks": OF_NOW,
    "list_jobs": WORK,
    "get_job": WORK,
    "watch_job": WORK,
    "list_webhooks": WORK,
    "get_webhook": WORK,
    "list_deliveries": WORK,
}
"""Reads that do not take `known_at`, and why not."""
OTHERWISE = {
    "list_book_rules": OF_THE_PROGRAM,
    "list_rules": OF_THE_PROGRAM,
    "list_coverage": OF_THE_PROGRAM,
    "list_gates": "the gates that the program has, all at once",
    "list_tasks": "the tasks of one checklist, all at once",
    "list_datasets": "the tables of one report; their rows are lists",
    "flash_close": "one preview, by account",
    "list_findings": "all that stand, as the daily work looks at them",
    "list_jobs": "the last ones",
    "list_webhooks": "a handful of endpoints",
    "list_deliveries": "the last ones",
}
"""Reads that give several things in another shape than a list's, and why."""
ASKED = {"known_at", "cursor", "limit"}


def named(operation):
    """The parameters of an operation."""
    return {each["name"] for each in operation.get("parameters", ())}


def answered(operation):
    """The forms of its answer, and the schema of that in JSON."""
    content = operation["responses"]["200"]["content"]
    schema = content.get("application/json", {}).get("schema", {})
    return set(content), schema


def test_every_read_is_of_a_moment_or_says_why_not():
    """A read takes `known_at`, or is on the list, never both."""
    assert set(NO_PAST) == {name for name, each in READS.items() if "known_at" not in named(each)}


def test_every_list_is_in_the_one_shape_or_says_why_not():
    """Cursor, limit, moment, five forms, ETag; `records` and `next` in JSON."""
    lists = {name for name, each in READS.items() if "cursor" in named(each)} - {"get_dataset"}
    schemas = DOCUMENT["components"]["schemas"]
    for name in lists:
        forms, schema = answered(READS[name])
        page = schemas[schema["$ref"].rpartition("/")[2]]
        assert ASKED | {"If-None-Match"} <= named(READS[name]), name
        assert 5 == len(forms), name
        assert {"Link", "ETag"} <= set(READS[name]["responses"]["200"]["headers"]), name
        assert {"records", "next"} <= set(page["properties"]), name
    several = {
        name
        for name, each in READS.items()
        if name.startswith("list_") or answered(each)[1].get("type") == "array"
    }
    assert set(OTHERWISE) == several - lists


def test_a_close_that_was_undone_is_read_as_it_was(ana, ben, cleo, clock):
    """3,100.00 of January in the first close; corrected, 1,550.00; each as known then."""
    before = clock.now().isoformat()
    clock.advance(timedelta(minutes=1))
    record(ana, [CONTRACT], "told")
    close(ana, "2026-01", "first")
    clock.advance(timedelta(minutes=1))
    moment = clock.now().isoformat()
    clock.advance(timedelta(minutes=1))
    reopen(ben, "2026-01", "again")
    undone = clock.now().isoformat()
    clock.advance(timedelta(minutes=1))
    halved = [{**CONTRACT["consideration"][0], "amount": "18250.00"}]
    record(ana, [{**CONTRACT, "consideration": halved}], "corrected")
    close(ana, "2026-01", "second")

    def revenue(**asked):
        told = cleo.get("/v1/trial-balance", params={"period": "2026-01", **asked}).json()
        return {each["closing"] for each in told["accounts"] if each["account"] == "revenue"}

    def previewed(**asked):
        lines = cleo.get("/v1/periods/2026-02/flash", params=asked).json()
        return sum(
            Decimal(each["amount"]["amount"]) for each in lines if each["account"] == "revenue"
        )

    # 28 days of 100.00 upon what was posted by then, half of it upon what is; nothing before.
    asked = ({"known_at": before}, {"known_at": moment}, {})
    assert [0, Decimal(-2800), Decimal(-1400)] == [previewed(**each) for each in asked]

    def told(path, **asked):
        return cleo.get(path, params=asked).json()["records"]

    assert ({"-3100.00"}, {"-1550.00"}) == (revenue(known_at=moment), revenue())
    assert ["closed", "open", "closed"] == [
        told("/v1/periods", **asked)[0]["status"]
        for asked in ({"known_at": moment}, {"known_at": undone}, {})
    ]
    assert [1, 2] == [
        cleo.get("/v1/periods/2026-01", params=asked).json()["ordinal"]
        for asked in ({"known_at": moment}, {})
    ]
    first, whole = told("/v1/journal", known_at=moment), told("/v1/journal")
    assert whole[: len(first)] == first != whole

    page = cleo.get("/v1/journal", params={"limit": 1})
    same = cleo.get("/v1/journal?limit=1", headers={"If-None-Match": page.headers["ETag"]})
    assert (304, b"") == (same.status_code, same.content)
    lines = [(each["seq"], line["amount"]["amount"]) for each in whole for line in each["lines"]]
    text = cleo.get("/v1/journal", headers={"Accept": "text/csv"}).text
    rows = [
        json.loads(line)
        for line in cleo.get("/v1/journal", headers={"Accept": NDJSON}).text.splitlines()
    ]
    assert [(seq, Decimal(amount)) for seq, amount in lines] == [
        (int(each["seq"]), Decimal(each["amount"])) for each in csv.DictReader(io.StringIO(text))
    ]
    assert [seq for seq, _ in lines] == [each["seq"] for each in rows]
    elsewhere = {"cursor": page.json()["next"]}
    assert "feed-error" == cleo.get("/v1/audit-log", params=elsewhere).json()["code"]
