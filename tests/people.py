"""People of the tests, with keys that are known."""

from __future__ import annotations

from collections.abc import Mapping

from revrec.model.people import PersonKind
from revrec.operations import people as enrolling
from revrec.operations.workspace import Workspace
from revrec.store.transaction import Transaction


def enrol(workspace: Workspace, roles: Mapping[str, str]) -> None:
    """Enrol people with their roles; the key of each is the name and ``-key``."""
    first = next(name for name, role in roles.items() if role == "administrator")

    def everyone(tx: Transaction) -> None:
        enrolling.begin(tx, first, None)
        for name, role in {workspace.actor: "preparer", **roles}.items():
            kind = PersonKind.SERVICE if role == "service" else PersonKind.PERSON
            if name != first:
                enrolling.enrol(tx, name, kind, login=None, roles=[role], reason="hired")
            enrolling.issue_key(tx, name, enrolling.digest_of_key(f"{name}-key"))

    workspace.acting_as(first).run(everyone)
