"""Entity tags: nothing is sent twice, and nobody changes what somebody else changed meanwhile."""

from __future__ import annotations

import pytest

from tests.api.requests import CONTRACT, close, keyed, record, word

JOB = {"kind": "verify", "arguments": {}}


def cancel(client, job, key, **headers):
    """Cancel a job."""
    return client.post(
        f"/v1/jobs/{job}/cancellation", json={"reason": "no more"}, headers=keyed(key) | headers
    )


@pytest.fixture
def job(ana):
    """A job that waits."""
    return ana.post("/v1/jobs", json=JOB, headers=keyed("job")).json()["id"]


def test_what_the_caller_has_is_not_sent_again(ana, job):
    """304 without a body for one of the tags, or any; the tag stays as long as the resource."""
    first = ana.get(f"/v1/jobs/{job}")
    tag = first.headers["ETag"]

    for told in (tag, f'"other", {tag}', f"W/{tag}", "*"):
        again = ana.get(f"/v1/jobs/{job}", headers={"If-None-Match": told})
        assert (304, b"", tag) == (again.status_code, again.content, again.headers["ETag"])
    assert 200 == ana.get(f"/v1/jobs/{job}", headers={"If-None-Match": '"other"'}).status_code
    cancel(ana, job, "c")
    assert tag != ana.get(f"/v1/jobs/{job}").headers["ETag"]


def test_a_stale_change_is_refused_and_a_fresh_one_kept(ana, job):
    """412 with nothing done; the tag that was read does it; the same key gets its answer again."""
    tag = ana.get(f"/v1/jobs/{job}").headers["ETag"]

    stale = cancel(ana, job, "a", **{"If-Match": '"0123"'})
    assert (412, "precondition-failed") == (stale.status_code, stale.json()["code"])
    assert "queued" == ana.get(f"/v1/jobs/{job}").json()["state"]
    done = cancel(ana, job, "b", **{"If-Match": tag})
    again = cancel(ana, job, "b", **{"If-Match": tag})
    late = cancel(ana, job, "c", **{"If-Match": tag})

    assert [200, 200, 412] == [each.status_code for each in (done, again, late)]
    assert done.content == again.content


def test_every_kind_of_resource_is_guarded(ana, as_):
    """Periods, people and keys change by the tag their own resource is read with."""
    dora, cleo = as_("dora"), as_("cleo")
    [own] = [
        each["id"] for each in cleo.get("/v1/keys").json()["records"] if each["person"] == "ana"
    ]
    role = {"role": "auditor", "reason": "helps"}
    end = {"reason": "lost"}
    for client, read, path, body in (
        (dora, "/v1/users/ana", "/v1/users/ana/roles", role),
        (dora, f"/v1/keys/{own}", f"/v1/keys/{own}/end", end | {"after_hours": 1}),
    ):
        tag = client.get(read).headers["ETag"]
        stale = client.post(path, json=body, headers=keyed("s" + path) | {"If-Match": '"x"'})
        fresh = client.post(path, json=body, headers=keyed("f" + path) | {"If-Match": tag})
        assert [412, 200] == [stale.status_code, fresh.status_code], (path, fresh.text)

    record(ana, [CONTRACT], "facts")
    early = ana.post(
        "/v1/periods/2026-01/close",
        json={"approved_by": "ben"},
        headers=keyed("x") | {"If-Match": '"x"'},
    )
    assert 412 == early.status_code
    assert 200 == close(ana, "2026-01", "close").status_code
    tag = ana.get("/v1/periods/2026-01").headers["ETag"]
    word(ana, "ana", "2026-01", "reopen")
    body = {"requested_by": "ana", "reason": "an invoice was missing"}
    opened = [
        as_("ben").post(
            "/v1/periods/2026-01/reopen", json=body, headers=keyed(key) | {"If-Match": told}
        )
        for key, told in (("stale", '"x"'), ("fresh", tag))
    ]
    assert [412, 200] == [each.status_code for each in opened], opened[1].text


class TestWhereItIsRequired:
    """The setting demands that a change names what it changes."""

    @pytest.fixture
    def limits(self):
        """The service's setting."""
        return {"if_match_required": True}

    def test_a_change_without_a_tag_is_refused(self, ana, job):
        """428; with the tag it is done; what changes no resource needs none."""
        without = cancel(ana, job, "a")
        tag = ana.get(f"/v1/jobs/{job}").headers["ETag"]

        assert (428, "precondition-required") == (without.status_code, without.json()["code"])
        assert 200 == cancel(ana, job, "b", **{"If-Match": tag}).status_code
        assert 200 == record(ana, [CONTRACT], "facts").status_code
