"""Audit samples over HTTP, by an auditor who may do nothing else; all they ask for is logged."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile

import openpyxl

from tests.api.requests import CONTRACT, close, keyed, record

WANTED = {"method": "monetary_unit", "seed": "7", "tolerable": "2000.00", "expected": "200.00"}


def test_an_auditor_draws_looks_and_evaluates(as_):
    """3,100.00 of January in one posting, larger than the interval: certain, and off by 100.00."""
    record(as_("ana"), [CONTRACT], "facts")
    assert 200 == close(as_("ana"), "2026-01", "close").status_code
    cleo = as_("cleo")

    drawn = [cleo.post("/v1/samples", json=WANTED, headers=keyed("draw")).json() for _ in range(2)]
    sample = drawn[0]
    (item,) = sample["items"]
    path = f"/v1/samples/{sample['sample']}"
    told = {"results": [{"item": item["item"], "audited": "3000.00", "note": "30 days"}]}
    early = cleo.post(f"{path}/evaluations", headers=keyed("early"))
    cleo.post(f"{path}/results", json=told, headers=keyed("results"))
    evaluated = cleo.post(f"{path}/evaluations", headers=keyed("evaluate")).json()

    assert drawn[0] == drawn[1]
    assert ("certain", "3100.00", "C-1") == (
        item["stratum"], item["amount"], item["detail"]["contract"],
    )  # fmt: skip
    population = sample["population"]
    assert ("3100.00", "3100.00", 1) == (
        population["total"], population["ledger_total"], population["count"],
    )  # fmt: skip
    assert "conflict" == early.json()["code"]
    assert "100.00 USD" == evaluated["evaluations"][0]["figures"]["overstated_upper"]
    assert evaluated == as_("ben").get(path).json()
    assert [evaluated] == as_("ana").get("/v1/samples").json()["records"]
    refused = as_("ben").post("/v1/samples", json=WANTED, headers=keyed("b"))
    assert "forbidden" == refused.json()["code"]

    saved = cleo.get(f"{path}/pack")
    assert (200, "application/zip") == (saved.status_code, saved.headers["Content-Type"])
    files = zipfile.ZipFile(io.BytesIO(saved.content))
    manifest = json.loads(files.read("manifest.json"))
    assert {each["name"] for each in manifest["files"]} | {"manifest.json"} == set(files.namelist())
    for each in manifest["files"]:
        assert each["sha256"] == hashlib.sha256(files.read(each["name"])).hexdigest()
    (name,) = [each for each in files.namelist() if each.endswith(".xlsx")]
    book = openpyxl.load_workbook(io.BytesIO(files.read(name)))
    (told,) = json.loads(files.read("sample.json"))["items"]
    assert told["explanation"]["holds"]
    # The sheet names the row of the live formulas, in which the working of the item begins.
    named = book["Computed again"]
    (place,) = [c.value for row in named.iter_rows() for c in row if "Arithmetic," in str(c.value)]
    assert "Item 1: " in str(book["Arithmetic"][f"A{place.split()[-1]}"].value)
    assert 404 == cleo.get("/v1/samples/S-0/pack").status_code

    listed = cleo.get("/v1/periods/2026-01/evidence")
    names = zipfile.ZipFile(io.BytesIO(listed.content)).namelist()
    assert any(name.endswith(".information-cards.csv") for name in names)
    assert 403 == as_("ana").get("/v1/periods/2026-01/evidence").status_code

    log = as_("cleo").get("/v1/audit-log", params={"actor": "cleo"}).json()["records"]
    told = [(each["operation"], each["subject"]) for each in log]
    assert ("inspect.evaluate_sample", f"{path}/evaluations") in told
    assert ("inspect.get_sample_pack", f"{path}/pack") in told
    assert ("inspect.list_audit_events", "/v1/audit-log?actor=cleo") in told
    assert 1 == sum(operation == "sample.draw" for operation, _ in told)
