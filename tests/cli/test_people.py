"""People on the command line: names are taken at their word until somebody is enrolled."""

from __future__ import annotations

import json

import pytest
import typer

from revrec.cli import app
from revrec.commands.rights import NEEDS, command_of
from revrec.commands.shared import running
from revrec.store import people

TABLE = """
    load                  preparer service
    ingest                preparer service
    rate                  preparer service
    flags                 preparer approver controller auditor service
    usage batches         preparer approver controller auditor service
    usage batch           preparer approver controller auditor service
    usage days            preparer approver controller auditor service
    usage rules           preparer approver controller auditor service
    usage count           preparer service
    usage compare         preparer approver controller auditor service
    usage totals          preparer approver controller auditor service
    usage statement       preparer approver controller auditor service
    usage rows            preparer approver controller auditor service
    usage roll-up         administrator
    quarantine list       preparer approver controller auditor service
    quarantine show       preparer approver controller auditor service
    quarantine release    preparer
    quarantine request    preparer
    quarantine requests   preparer approver controller auditor service
    quarantine approve    approver controller
    quarantine reject     preparer
    refused list          preparer approver controller auditor service
    refused show          preparer approver controller auditor service
    refused release       preparer
    refused dismiss       preparer
    decide-ahead          preparer approver controller
    close                 preparer approver controller
    cut-off               preparer controller
    reopen                preparer controller
    waive                 preparer controller
    consent               preparer approver controller
    status                preparer approver controller auditor service
    reconcile            preparer approver controller auditor service
    checks run           preparer approver controller service
    findings list        preparer approver controller auditor service
    findings show        preparer approver controller auditor service
    findings assign      preparer approver controller
    findings accept      preparer approver controller
    findings start       preparer approver controller
    findings resolve     preparer approver controller
    findings reopen      preparer approver controller
    findings note        preparer approver controller
    gates                 preparer approver controller auditor service
    checklist list        preparer approver controller auditor service
    checklist prepare     preparer
    checklist sign        approver controller
    explain posting       preparer approver controller auditor service
    explain contract      preparer approver controller auditor service
    explain fact          preparer approver controller auditor service
    explain period        preparer approver controller auditor service
    explain line          preparer approver controller auditor service
    changes               preparer approver controller auditor service
    explain obligation    preparer approver controller auditor service
    verify                preparer approver controller auditor service
    diff                  preparer approver controller auditor service
    propose               preparer
    combinations          preparer approver controller auditor service
    misstatements         preparer approver controller auditor service
    assess                preparer
    estimate              preparer
    proposals             preparer approver controller auditor service
    decide                approver controller
    override              preparer
    forecast              preparer approver controller auditor service
    look-back             preparer approver controller auditor service
    ssp-study             preparer
    memos                 preparer approver controller auditor service
    balances              preparer approver controller auditor service
    burn-down             preparer approver controller auditor service
    parallel              preparer approver controller auditor service
    cutover               preparer approver controller auditor service
    trial-balance         preparer approver controller auditor service
    books compare         preparer approver controller auditor service
    books rules           preparer approver controller auditor service
    commitments           preparer approver controller auditor service
    true-up               preparer approver controller auditor service
    settle                preparer
    calculate             preparer approver controller auditor service
    prorate               preparer approver controller auditor service
    export                preparer approver controller auditor service
    export-journal        preparer
    exports               preparer approver controller auditor service
    posted-references     preparer service
    compact               administrator
    serve                 administrator
    users begin           preparer approver controller auditor administrator service
    users add             administrator
    users grant           administrator
    users end             preparer approver controller auditor administrator service
    users except          controller
    users list            controller auditor administrator
    keys add              preparer approver controller auditor administrator service
    keys rotate           preparer approver controller auditor administrator service
    keys revoke           preparer approver controller auditor administrator service
    keys list             controller auditor administrator
    audit-log             controller auditor administrator
    replay                preparer approver controller auditor service
    sample draw           auditor
    sample results        auditor
    sample evaluate       auditor
    evidence              controller auditor administrator
    sample pack           preparer approver controller auditor service
    sample list           preparer approver controller auditor service
    sample show           preparer approver controller auditor service
    webhooks add          administrator
    webhooks list         controller auditor administrator
    webhooks rotate       administrator
    webhooks end          administrator
    webhooks deliveries   controller auditor administrator
    webhooks replay       administrator
    webhooks deliver      administrator
    jobs start            preparer approver controller auditor service
    jobs cancel           preparer approver controller auditor service
    jobs list             preparer approver controller auditor service
    jobs show             preparer approver controller auditor service
    jobs work             administrator
"""
ROLES = {"preparer", "approver", "controller", "auditor", "administrator", "service"}
WITHOUT_BOOKS = {"check", "schema", "settings", "migrate", "backup", "restore", "demo"}
"""Open no books, or open them as their owner; whoever runs these holds the database itself."""


def commands():
    """Every command, as it is typed."""
    root = typer.main.get_command(app)
    for name, command in root.commands.items():
        inner = getattr(command, "commands", None)
        yield from [name] if inner is None else [f"{name} {each}" for each in inner]


def test_every_command_is_for_somebody():
    """A new command takes its place in the table, or nobody may run it."""
    assert set(commands()) - WITHOUT_BOOKS == set(NEEDS)


def test_every_group_notes_which_of_its_commands_runs():
    """Else its commands would be taken for the group, which nobody enrolled may run."""
    for each in app.registered_groups:
        assert each.typer_instance.info.callback is running, each.name


def test_every_command_by_every_role(run):
    """Sixty-odd commands, six roles: who may is written here, and the database agrees."""
    matrix = run(people.matrix)
    found = {
        command: {role for role, duties in matrix.items() if duties & needs}
        for command, needs in NEEDS.items()
    }
    rows = [line.split() for line in TABLE.strip().splitlines()]
    expected = {
        " ".join(word for word in row if word not in ROLES): {word for word in row if word in ROLES}
        for row in rows
    }

    assert expected == found


@pytest.mark.parametrize(
    ("path", "name"), [("revrec close", "close"), ("main.py users add", "users add")]
)
def test_a_command_has_its_name_however_the_program_is_called(path, name):
    """As a script, as a module, in a test."""
    assert name == command_of(path)


def test_a_month_is_closed_by_people_who_are_who_they_are(command, tmp_path):
    """The administrator by their login, others by their keys; each denial is told and kept."""
    facts = tmp_path / "contract.yaml"
    facts.write_text(
        "contracts: [{id: C-1, customer: acme, currency: USD, inception: 2026-01-01,"
        " start: 2026-01-01, end: 2026-12-31,"
        " obligations: [{id: access, product: platform, measure: days}],"
        " consideration: [{id: fee, kind: fixed, amount: '36500.00'}]}]"
    )
    close = ("close", "2026-01", "--prepared-by", "ana", "--approved-by", "ben")
    begun = command("users", "begin", "ada")
    assert 0 == begun.returncode, begun.stderr
    keys = {}
    for name, role in (("ana", "preparer"), ("ben", "controller"), ("cleo", "auditor")):
        added = command("users", "add", name, "--role", role, "--reason", "hired")
        assert 0 == added.returncode, added.stderr
        keys[name] = command("keys", "add", name).stdout.strip()

    def as_(name, *words):
        return command(*words, REVREC_KEY=keys[name])

    assert 0 == as_("ana", "load", facts).returncode
    alone, forged = as_("ana", *close), command(*close)
    outside = as_("cleo", "load", facts)
    assert 0 == as_("ben", "consent", "2026-01", "close", "--note", "flash figures").returncode
    closed = as_("ana", *close, "--json")

    assert 1 == alone.returncode
    assert "approval-needed: ben has not given their word on this: close 2026-01." in alone.stderr
    assert "unauthorised: ada is proven to act, not ana or ben." in forged.stderr
    assert "forbidden: cleo may not load" in outside.stderr
    assert (0, True) == (closed.returncode, json.loads(closed.stdout)["new"])
    log = json.loads(as_("cleo", "audit-log", "--json", "--operation", "access.").stdout)
    assert [("ana", "approval-needed"), ("nobody", "unauthorised"), ("cleo", "forbidden")] == [
        (each["actor"], each["details"]["code"]) for each in log
    ]
    everyone = as_("cleo", "users", "list", "--json")
    assert (0, {"ada", "ana", "ben", "cleo"}) == (
        everyone.returncode,
        {each["name"] for each in json.loads(everyone.stdout)},
    )
