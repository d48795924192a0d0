"""Exports to general ledgers over HTTP: made once, read byte for byte, matched."""

from __future__ import annotations

import hashlib

from tests.api.requests import CONTRACT, close, keyed, record

EXPORT = "/v1/periods/2026-01/exports"
WANTED = {"layout": "netsuite", "by": "account", "parameters": {"subsidiary": "Parent"}}


def export(client, key, **changes):
    """Export January."""
    return client.post(EXPORT, json={**WANTED, **changes}, headers=keyed(key))


def test_an_export_is_made_read_and_matched(ana, ben, cleo):
    """3,100.00 earned in January; the file has the hash recorded, the reference its amount."""
    record(ana, [CONTRACT], "contract")
    assert 404 == export(ana, "too-early").status_code
    close(ana, "2026-01", "january")

    (made,) = export(ana, "first").json()["exports"]
    (again,) = export(ana, "second").json()["exports"]
    (file,) = made["files"]
    content = cleo.get(f"/v1/exports/{made['id']}/files/{file['name']}")
    (standing,) = cleo.get("/v1/exports/documents").json()["records"]

    assert (made["digest"], made["files"]) == (again["digest"], again["files"])
    assert (file["sha256"], file["bytes"]) == (
        hashlib.sha256(content.content).hexdigest(),
        len(content.content),
    )
    assert content.headers["Content-Type"].startswith("text/csv")
    assert [made, again] == cleo.get("/v1/exports").json()["records"]
    assert ("missing", {"amount": "3100.00", "currency": "USD"}, None) == (
        standing["standing"],
        standing["exported"],
        standing["posted"],
    )
    told = {
        "document": standing["document"],
        "number": "JE-1",
        "posted_on": "2026-01-31",
        "currency": "USD",
        "amount": "3100.00",
    }
    body = {"source": "netsuite", "references": [told]}
    answer = ana.post("/v1/posted-references", json=body, headers=keyed("posted"))
    assert {"new": 1, "corrected": 0, "unchanged": 0} == answer.json()
    assert "matched" == ben.get("/v1/exports/documents").json()["records"][0]["standing"]


def test_what_a_layout_cannot_take_is_refused(ana):
    """A missing company code, an unknown file, an unknown layout: told, not guessed."""
    record(ana, [CONTRACT], "contract")
    close(ana, "2026-01", "january")

    refused = [
        export(ana, "a", layout="sap", parameters={}),
        export(ana, "b", layout="sage"),
        ana.get("/v1/exports/1000000/files/a.csv"),
    ]

    assert [(422, "feed-error"), (422, "malformed-request"), (404, "not-found")] == [
        (each.status_code, each.json()["code"]) for each in refused
    ]
    assert "needs company_code" in refused[0].json()["detail"]
