"""How much a caller may ask for: over all processes, told in headers, the same for denials."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from revrec.store import rates
from revrec.store.database import Database
from revrec.store.rates import Rate


@pytest.fixture
def limits():
    """Five in one go, then one a minute: no other is due while a test runs."""
    return {"requests_per_minute": 1, "requests_at_once": 5}


def test_one_too_many_waits(as_):
    """429 as a problem that says how long; others are not kept waiting, health never."""
    ana, cleo = as_("ana"), as_("cleo")
    answers = [ana.get("/v1/periods") for _ in range(6)]

    *let, last = answers
    assert [200] * 5 == [each.status_code for each in let]
    assert ["4", "3", "2", "1", "0"] == [
        re.fullmatch(r'"caller";r=(\d);t=\d+', each.headers["RateLimit"])[1] for each in let
    ]
    assert {'"caller";q=5;w=300'} == {each.headers["RateLimit-Policy"] for each in answers}
    assert (429, "too-many-requests") == (last.status_code, last.json()["code"])
    assert 0 < int(last.headers["Retry-After"]) <= 60
    assert 200 == cleo.get("/v1/periods").status_code
    assert 200 == ana.get("/health/live").status_code


def test_denials_are_limited_by_where_they_come_from(as_):
    """A flood of wrong keys ends, and with it the rows it writes; right keys are let in."""
    answers = [as_(f"wrong-{n}").get("/v1/periods").status_code for n in range(8)]

    assert [401] * 5 + [429] * 3 == answers
    denied = as_("cleo").get("/v1/audit-log", params={"operation": "access."}).json()["records"]
    assert 5 == len(denied)


def test_processes_share_what_is_left(database, settings, clock):
    """Eight threads over two pools, as of two processes: as many as allowed, none more."""
    rate = Rate(per_minute=1, at_once=20)
    with Database.open(settings, clock) as other, ThreadPoolExecutor(8) as threads:
        pools = [database, other] * 30
        spent = list(threads.map(lambda pool: rates.spend(pool, "shared", rate), pools))

    assert 20 == sum(each.allowed for each in spent)
    assert sorted(range(20)) == sorted(each.remaining for each in spent if each.allowed)


def test_time_gives_requests_back(database, superuser):
    """Of ten at once and six a minute, 25 s give two back; a day gives ten and no more."""
    rate = Rate(per_minute=6, at_once=10)

    def left_after(seconds):
        superuser.execute(
            "insert into edge.request_rate values ('c', clock_timestamp() + %s) "
            "on conflict (caller) do update set full_at = excluded.full_at",
            [timedelta(seconds=100 - seconds)],
        )
        return [rates.spend(database, "c", rate).allowed for _ in range(12)].count(True)

    assert [2, 10] == [left_after(25), left_after(86_400)]
    assert [False, True] == [rates.spend(database, each, rate).allowed for each in ("c", "d")]
    superuser.execute("update edge.request_rate set full_at = now() - interval '1 s'")
    rates.forget(database)
    assert (0,) == superuser.execute("select count(*) from edge.request_rate").fetchone()
