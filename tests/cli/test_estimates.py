"""Estimates by the command: proposed, decided by another, looked ahead and back, told in files."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from revrec.cli import app
from revrec.errors import SelfApproval

BOOK = """
contracts:
  - id: C-1
    customer: acme
    currency: USD
    inception: 2026-01-01
    end: 2026-12-31
    obligations:
      - {id: api, product: api, measure: usage, usage: {entitled: "1200"}}
    consideration:
      - {id: fee, kind: fixed, amount: "1200.00"}
      - {id: bonus, kind: variable, method: most_likely_amount}
events:
  - kind: variable_component
    id: V-1
    contract: C-1
    on: 2026-01-01
    component: bonus
    method: most_likely_amount
    consideration: bonus
    outcomes: [{amount: "300", probability: "0.95"}, {amount: "0", probability: "0.05"}]
  - {kind: variable_component, id: V-2, contract: C-9, on: 2026-01-01, component: bonus,
     method: expected_value, consideration: bonus, amount: "5"}
  - kind: invoice
    id: I-1
    contract: C-1
    on: 2026-01-01
    lines: [{amount: "1200.00", obligation: api, quantity: "1200"}]
"""


@pytest.fixture
def run(fresh_database, tmp_path, monkeypatch):
    """Runs a command within this process: there are many, and each would load the statistics."""
    monkeypatch.setenv("REVREC_DATABASE_URL", fresh_database())
    monkeypatch.setenv("REVREC_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("REVREC_CLOCK", "2026-04-05T09:00:00Z")
    assert 0 == CliRunner().invoke(app, ["migrate"]).exit_code

    def invoke(*words):
        return CliRunner().invoke(app, [str(word) for word in words])

    return invoke


def test_from_components_to_memos(run, tmp_path):
    """Each command says what was done, what waits, and what cannot be estimated and why."""
    book, usage = tmp_path / "book.yaml", tmp_path / "usage.ndjson"
    book.write_text(BOOK)
    row = {"source": "gateway", "contract": "C-1", "meter": "api", "unit": "call",
           "quantity": "25", "amount": "25", "currency": "USD"}  # fmt: skip
    usage.write_text(
        "".join(
            json.dumps({**row, "usage_id": f"u-{day}", "usage_date": f"2026-{day}"}) + "\n"
            for day in ("01-05", "01-19", "02-02", "02-16", "03-02", "03-16", "03-30")
        )
    )
    assert 0 == run("load", book).exit_code
    assert 0 == run("ingest", usage).exit_code

    ran = run("estimate", "2026-03-31", "--as", "model")
    assert (1, True) == (ran.exit_code, "V-2: Component V-2 is of contract C-9" in ran.stderr)
    waits = json.loads(run("proposals", "--json").stdout)
    assert [("V-1", "300.00")] == [(e["subject"], e["evidence"]["included"]) for e in waits]
    mine = run("decide", waits[0]["id"], "--approve", "--as", "model")
    assert isinstance(mine.exception, SelfApproval)
    done = run("decide", waits[0]["id"], "--approve", "--as", "ben", "--note", "read")
    assert (0, True) == (done.exit_code, "approved by ben" in done.stderr)
    made = run("override", "V-1", "250.00", "--as-of", "2026-03-31", "--basis", "letter")
    assert (0, True) == (made.exit_code, "waits for another person" in made.stderr)
    assert (0, True) == ((listed := run("proposals")).exit_code, "V-1" in listed.stdout)

    ahead = ("forecast", "2026-03-31", "--until", "2026-12-31")
    (run_off,) = json.loads(run(*ahead, "--json").stdout)["forecasts"][0]["commitments"]
    assert ("C-1 api", "175.000000", "1025.000000") == (
        run_off["commitment"], run_off["used"], run_off["remaining"]
    )  # fmt: skip
    assert (0, True) == ((seen := run(*ahead)).exit_code, "C-1 api" in seen.stdout)
    assert 0 == run("look-back", "2026-03-31", "--propose").exit_code
    study = run("ssp-study", "2026-03-31", "--since", "2026-01-01")
    assert (0, True) == (study.exit_code, "1 prices in 1 strata" in study.stderr)
    files = run("memos", "2026-03-31", "--out", tmp_path / "out")
    assert (0, True) == (files.exit_code, "memos.json" in files.stdout)
