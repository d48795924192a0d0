"""Every route does what it says, over both stores, with the example contracts."""

from __future__ import annotations

import json

import pytest

from revrec.citations import REGISTER
from tests.api.requests import (
    CONTRACT,
    close,
    example_records,
    example_usage,
    keyed,
    record,
    reopen,
    send,
)


@pytest.fixture
def loaded(ana):
    """The examples, told over HTTP."""
    records, usage = example_records(), example_usage()
    recorded = record(ana, records, "facts")
    received = send(ana, usage, "usage")
    assert (200, 200) == (recorded.status_code, received.status_code)
    assert recorded.json() == {
        "new": len(records), "unchanged": 0, "corrected": 0, "refused": []
    }  # fmt: skip
    rows = usage.count(b"\n")
    assert {"received": rows, "accepted": rows, "duplicate": 0, "quarantined": 0} == {
        name: total["rows"] for name, total in received.json().items() if name != "batch"
    }
    return ana


def test_a_month_from_facts_to_the_journal(loaded, cleo):
    """Load, preview, close, read: the journal sums to the preview and to nothing."""
    shown = loaded.get("/v1/periods/2026-01/flash").json()
    closed = close(loaded, "2026-01", "close").json()
    entries = cleo.get("/v1/journal", params={"limit": 500}).json()["records"]

    assert ("2026-01", 1, "ana", "ben") == tuple(
        closed[name] for name in ("period", "ordinal", "prepared_by", "approved_by")
    )
    assert closed["chain_seq"] == len(entries)
    assert closed["chain_head"] == entries[-1]["digest"]
    assert closed == cleo.get("/v1/periods/2026-01").json()
    assert [("2026-01", "closed", "ben")] == [
        (each["period"], each["status"], each["approved_by"])
        for each in cleo.get("/v1/periods").json()["records"]
    ]

    def cents(amount):
        return int(amount["amount"].replace(".", ""))

    posted = {}
    for entry in entries:
        assert sum(cents(line["amount"]) for line in entry["lines"]) == 0
        for line in entry["lines"]:
            key = (entry["event"], line["account"], line["amount"]["currency"])
            posted[key] = posted.get(key, 0) + cents(line["amount"])
    previewed = {
        (each["event"], each["account"], each["amount"]["currency"]): cents(each["amount"])
        for each in shown
    }
    assert {key: total for key, total in posted.items() if total} == {
        key: total for key, total in previewed.items() if total
    }


def test_a_contract_is_explained_to_the_cent(ana, cleo):
    """31 of 365 days of 36,500.00 are 3,100.00; nothing was billed, so it is a contract asset."""
    record(ana, [CONTRACT], "contract")

    told = cleo.get("/v1/contracts/C-1/explanation", params={"as_of": "2026-01-31"}).json()

    assert told["balances"]["recognised"] == {"amount": "3100.00", "currency": "USD"}
    assert told["balances"]["contract_asset"] == {"amount": "3100.00", "currency": "USD"}
    assert told["facts"] == ["2025-12-20 contract C-1"]
    assert {1, 2, 3, 4} <= {each["step"] for each in told["decisions"]}
    assert all(each["paragraphs"] for each in told["decisions"])


def test_coverage_lists_every_rule(cleo):
    """One row for each rule of the register."""
    assert sorted(REGISTER) == [each["rule"] for each in cleo.get("/v1/coverage").json()]


def test_pages_of_the_journal_join_to_the_whole(loaded):
    """Following `next` gives every entry once, in order of seq, whatever the size of a page."""
    close(loaded, "2026-01", "close")
    whole = loaded.get("/v1/journal", params={"limit": 500}).json()["records"]

    for limit in (1, 7, len(whole)):
        found, url = [], f"/v1/journal?limit={limit}"
        while url:
            page = loaded.get(url)
            found += page.json()["records"]
            url = page.links.get("next", {}).get("url")
        assert whole == found

    assert list(range(1, len(whole) + 1)) == [each["seq"] for each in whole]


def test_a_blocked_close_succeeds_when_what_blocks_it_is_corrected(ana):
    """The refused close leaves no pins behind that would hide the correction."""
    broken = {name: value for name, value in CONTRACT.items() if name != "end"}
    record(ana, [broken], "broken")

    blocked = close(ana, "2026-01", "close")
    record(ana, [CONTRACT], "corrected")
    closed = close(ana, "2026-01", "again")

    refusal = blocked.json()["error"]
    assert ("failed", "period-not-ready") == (blocked.json()["state"], refusal["code"])
    assert any("C-1" in each for each in refusal["blockers"])
    assert closed.status_code == 200


def test_a_period_is_reopened_and_closed_again(ana, ben):
    """The caller approves what another person asked for; the next certificate is number 2."""
    record(ana, [CONTRACT], "contract")
    close(ana, "2026-01", "close")

    reopened = reopen(ben, "2026-01", "reopen").json()
    again = close(ana, "2026-01", "again").json()

    assert ("2026-01", 1, "ana", "ben") == tuple(
        reopened[name] for name in ("period", "ordinal", "requested_by", "approved_by")
    )
    assert again["ordinal"] == 2


def test_a_bad_record_is_refused_and_stops_no_other(ana):
    """Each refusal names its record; unknown fields and kinds are refused."""
    records = [{**CONTRACT, "discount": "5"}, CONTRACT, {"kind": "bill"}, 7]

    told = record(ana, records, "mixed").json()

    assert told["new"] == 1
    assert ["record 1", "record 3", "record 4"] == [each["place"] for each in told["refused"]]
    assert "discount" in told["refused"][0]["message"]


@pytest.mark.parametrize("written", ["100.10", '"100.10"', "100.1", "1001e-1"])
def test_an_amount_counts_as_it_is_written(ana, written):
    """A JSON number is its digits, never the nearest float; as text it is the same."""
    body = (
        '[{"kind": "contract", "id": "N", "customer": "x", "currency": "USD", '
        '"inception": "2026-01-01", "end": "2026-01-31", '
        '"obligations": [{"id": "a", "product": "p", "measure": "days"}], '
        f'"consideration": [{{"id": "f", "kind": "fixed", "amount": {written}}}]}}]'
    )
    headers = {"Idempotency-Key": f"n{written.strip(chr(34))}", "Content-Type": "application/json"}

    answer = ana.post("/v1/facts", content=body, headers=headers)

    told = ana.get("/v1/contracts/N/explanation", params={"as_of": "2026-01-31"}).json()
    assert answer.json()["refused"] == []
    assert told["balances"]["recognised"] == {"amount": "100.10", "currency": "USD"}


def test_digits_beyond_a_float_are_kept(ana):
    """A float would round the fraction of a cent away; as sent, it is refused with its digits."""
    body = (
        '[{"kind": "contract", "id": "FINE", "customer": "x", "currency": "USD", '
        '"inception": "2026-01-01", "end": "2026-01-31", '
        '"obligations": [{"id": "a", "product": "p", "measure": "days"}], '
        '"consideration": [{"id": "f", "kind": "fixed", "amount": 100.1000000000000000001}]}]'
    )
    headers = {"Idempotency-Key": "fine", "Content-Type": "application/json"}

    ana.post("/v1/facts", content=body, headers=headers)

    told = ana.get("/v1/contracts/FINE/explanation", params={"as_of": "2026-01-31"})
    assert told.status_code == 422
    assert "100.1000000000000000001" in told.json()["detail"]


def test_contracts_that_may_be_one_wait_for_two_people(ana, cleo, as_):
    """Two of a customer a week apart are shown, until it is proposed and decided (606-10-25-9)."""
    promised = {"product": "platform", "measure": "days", "standalone_selling_price": "100"}
    contracts = [
        {
            "kind": "contract", "id": name, "customer": "alder", "currency": "USD",
            "inception": day, "end": "2026-12-31",
            "obligations": [{"id": "platform", **promised}],
            "consideration": [{"id": "fee", "kind": "fixed", "amount": "100.00"}],
        }
        for name, day in (("A", "2026-01-02"), ("B", "2026-01-09"))
    ]  # fmt: skip
    decided = {
        "kind": "combination", "id": "AB", "on": "2026-01-20", "contracts": ["A", "B"],
        "outcome": "refused", "by": "dana",
    }  # fmt: skip
    assert 200 == record(ana, contracts, "contracts").status_code

    (proposed,) = cleo.get("/v1/combinations/proposals").json()["records"]

    assert ("alder", ["A", "B"], "2026-01-02", "2026-01-09") == tuple(
        proposed[name] for name in ("customer", "contracts", "inception_first", "inception_last")
    )
    alone = record(ana, [decided], "alone")
    asked = "/v1/changes?period=2026-01&note=not%20one%20deal"
    change = ana.post(asked, json=[decided], headers=keyed("asked")).json()
    answer = as_("ben").post(
        f"/v1/proposals/{change['id']}/decision", json={"approve": True}, headers=keyed("decided")
    )
    assert (403, "approval-needed") == (alone.status_code, alone.json()["code"])
    assert 200 == answer.status_code, answer.text
    assert [] == cleo.get("/v1/combinations/proposals").json()["records"]


def test_compaction_is_answered_once(ana, as_):
    """Small files become fewer; the same key gets the same answer."""
    admin = as_("dora")
    record(ana, example_records(), "facts")
    rows = example_usage().splitlines(keepends=True)
    for key, half in (("u-1", rows[::2]), ("u-2", rows[1::2])):
        send(ana, b"".join(half), key)

    first, again = (
        admin.post("/v1/lake/compactions", json={"tables": ["usage"]}, headers=keyed("c"))
        for _ in range(2)
    )

    (done,) = first.json()
    assert ("usage", True) == (done["table"], done["files_after"] < done["files_before"])
    assert first.content == again.content
    assert "true" == again.headers["Idempotency-Replayed"]
    unknown = admin.post("/v1/lake/compactions", json={"tables": ["x"]}, headers=keyed("d"))
    assert (404, "not-found") == (unknown.status_code, unknown.json()["code"])


def test_counts_of_another_system_are_compared(ana, cleo):
    """The gateway counted half of it; the auditor is told where and how much."""
    record(ana, example_records(), "facts")
    row = json.loads(example_usage().splitlines()[0])
    send(ana, (json.dumps(row) + "\n").encode(), "u")
    counted = int(row["quantity"]) // 2
    line = f"{row['contract']},{row['meter']},{row['usage_date']},{counted}\n"
    content = f"contract,meter,usage_date,quantity\n{line}".encode()

    told, again = (
        ana.post(
            "/v1/usage/counts",
            params={"name": "counts.csv", "source": "gateway"},
            content=content,
            headers=keyed("g"),
        )
        for _ in range(2)
    )
    span = {"from": row["usage_date"], "to": row["usage_date"]}
    found = cleo.get("/v1/usage/comparison", params=span).json()

    assert (1, 1, []) == tuple(told.json()[name] for name in ("received", "new", "refused"))
    assert told.content == again.content
    assert 1 == found["compared"]
    assert [("gateway", "differs", f"{counted}.000000000")] == [
        (each["source"], each["drift"], each["difference"]) for each in found["drifted"]
    ]


def test_rows_set_aside_are_released_by_two_people(ana, ben, cleo):
    """Listed, refused to one person alone, asked for, approved by another, rejected."""
    record(ana, example_records(), "facts")
    row = json.loads(example_usage().splitlines()[0])
    rows = [
        row | {"usage_id": "big", "quantity": "x", "amount": "20000"},
        row | {"usage_id": "test", "quantity": "y"},
    ]
    send(ana, "".join(json.dumps(each) + "\n" for each in rows).encode(), "u")
    place = "/v1/usage/quarantine"
    big, test = cleo.get(place).json()["records"]
    body = {
        "rows": [big["row"]],
        "note": "a slip",
        "corrections": {big["row"]: {"quantity": "1"}},
    }

    alone = ana.post(f"{place}/releases", json=body, headers=keyed("1"))
    asked = ana.post(f"{place}/requests", json=body, headers=keyed("2")).json()
    waiting = ben.get(f"{place}/requests").json()["records"]
    approval = f"{place}/requests/{asked['request']}/approval"
    approved = ben.post(approval, json={}, headers=keyed("3"))
    rejected = ana.post(
        f"{place}/rejections", json={"rows": [test["row"]], "note": "a test"}, headers=keyed("4")
    )

    assert ("big", "malformed-quantity") == (big["sent"]["usage_id"], big["reason"])
    assert (403, "approval-needed") == (alone.status_code, alone.json()["code"])
    assert [asked] == waiting
    assert 1 == approved.json()["accepted"]["rows"]
    assert {"rejected": 1} == rejected.json()
    assert [] == cleo.get(place).json()["records"]
    assert ["released", "rejected"] == [
        each["outcome"] for each in cleo.get(place, params={"resolved": True}).json()["records"]
    ]


def test_rows_within_the_bound_are_released_by_one_person(ana):
    """A row that is still at fault goes back, in a batch of its own."""
    record(ana, example_records(), "facts")
    row = json.loads(example_usage().splitlines()[0])
    send(ana, (json.dumps(row | {"contract": "nobody", "amount": "1"}) + "\n").encode(), "u")
    (kept,) = ana.get("/v1/usage/quarantine").json()["records"]

    again = ana.post(
        "/v1/usage/quarantine/releases",
        json={"rows": [kept["row"]], "note": "try again"},
        headers=keyed("1"),
    ).json()

    assert (1, 0, 1) == tuple(
        again[name]["rows"] for name in ("received", "accepted", "quarantined")
    )


def test_totals_lead_to_days_and_rows(ana, as_, cleo):
    """A month, its days, the rows of one; a roll-up changes none of it."""
    record(ana, example_records(), "facts")
    usage = [json.loads(line) for line in example_usage().splitlines()]
    send(ana, example_usage(), "u")
    name = usage[0]["contract"]
    own = [each for each in usage if each["contract"] == name]
    day = own[0]["usage_date"]

    def asked():
        months = cleo.get("/v1/usage/totals", params={"contract": name, "by": "month"}).json()
        days = cleo.get("/v1/usage/totals", params={"contract": name, "by": "day"}).json()
        span = {"contract": name, "from": day, "to": day}
        return months, days, cleo.get("/v1/usage/rows", params=span).json()["records"]

    before = asked()
    done = as_("dora").post("/v1/usage/rollups", json={}, headers=keyed("r")).json()

    assert before == asked()
    assert {"through_version": 1, "rows": len(usage)} == {
        name: done[name] for name in ("through_version", "rows")
    }
    months, days, rows = before
    assert len(own) == sum(each["rows"] for each in months["totals"])
    assert len({each["usage_date"] for each in own}) == len(days["totals"])
    assert {each["usage_id"] for each in own if each["usage_date"] == day} == {
        each["usage_id"] for each in rows
    }
    wrong = cleo.get("/v1/usage/totals", params={"by": "week"})
    assert (422, "feed-error") == (wrong.status_code, wrong.json()["code"])


def test_what_was_taken_in_is_asked_for(ana, cleo):
    """A batch by day, the days, the rules that judged it; usual usage has no flag."""
    record(ana, example_records(), "facts")
    row = json.loads(example_usage().splitlines()[0])
    rows = [row, row, row | {"usage_id": "x", "usage_date": "soon"}]
    send(ana, "".join(json.dumps(each) + "\n" for each in rows).encode(), "b")

    batch = cleo.get("/v1/usage/batches/b").json()
    (listed,) = cleo.get("/v1/usage/batches").json()["records"]
    days = cleo.get("/v1/usage/days").json()["records"]
    rules = cleo.get("/v1/usage/rules").json()

    assert {name: batch[name] for name in listed} == listed
    assert [(row["usage_date"], 2, 1, 1, 0), (None, 1, 0, 0, 1)] == [
        (
            day["day"],
            *(day[fate]["rows"] for fate in ("received", "accepted", "duplicate", "quarantined")),
        )
        for day in batch["days"]
    ]
    assert batch["days"] == [
        {name: value for name, value in day.items() if name != "waiting"} for day in days
    ]
    assert [0, 1] == [day["waiting"] for day in days]
    assert batch["rules"] == rules["rules"]
    assert "malformed-date" in {rule["code"] for rule in rules["listed"]}
    assert [] == cleo.get("/v1/usage/flags", params={"as_of": "2026-01-01"}).json()["records"]
    assert 404 == cleo.get("/v1/usage/batches/c").status_code
