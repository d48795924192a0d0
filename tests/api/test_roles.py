"""Who may call what: every route, every role, from a table."""

from __future__ import annotations

import pytest
from fastapi.routing import APIRoute
from starlette.testclient import TestClient

from api import routes
from api.access import MAY
from api.app import create_app
from revrec.operations.workspace import Workspace
from tests.api.conftest import PEOPLE
from tests.people import enrol

TABLE = """
                                                              ana  bea  ben  cleo dora feed
    POST /v1/facts                                            yes  no   no   no   no   yes
    GET  /v1/facts/quarantine                                 yes  yes  yes  yes  no   yes
    GET  /v1/facts/quarantine/1                               yes  yes  yes  yes  no   yes
    POST /v1/facts/quarantine/releases                        yes  no   no   no   no   no
    POST /v1/facts/quarantine/dismissals                      yes  no   no   no   no   no
    POST /v1/simulations                                      yes  yes  yes  yes  no   yes
    POST /v1/changes                                          yes  no   no   no   no   no
    POST /v1/parallel-runs                                    yes  yes  yes  yes  no   yes
    GET  /v1/periods/2026-01/cutover                          yes  yes  yes  yes  no   yes
    POST /v1/usage/batches                                    yes  no   no   no   no   yes
    POST /v1/usage/ratings                                    yes  no   no   no   no   yes
    GET  /v1/usage/quarantine                                 yes  yes  yes  yes  no   yes
    POST /v1/usage/quarantine/releases                        yes  no   no   no   no   no
    POST /v1/usage/quarantine/rejections                      yes  no   no   no   no   no
    GET  /v1/usage/quarantine/requests                        yes  yes  yes  yes  no   yes
    POST /v1/usage/quarantine/requests                        yes  no   no   no   no   no
    POST /v1/usage/quarantine/requests/1/approval             no   yes  yes  no   no   no
    GET  /v1/usage/batches                                    yes  yes  yes  yes  no   yes
    GET  /v1/usage/batches/b                                  yes  yes  yes  yes  no   yes
    GET  /v1/usage/rules                                      yes  yes  yes  yes  no   yes
    GET  /v1/usage/flags                                      yes  yes  yes  yes  no   yes
    GET  /v1/usage/days                                       yes  yes  yes  yes  no   yes
    GET  /v1/usage/totals                                     yes  yes  yes  yes  no   yes
    GET  /v1/usage/rows                                       yes  yes  yes  yes  no   yes
    GET  /v1/usage/statement?customer=a&from=2026-01-01&to=2026-01-31 yes yes yes yes no yes
    POST /v1/usage/rollups                                    no   no   no   no   yes  no
    POST /v1/usage/counts                                     yes  no   no   no   no   yes
    GET  /v1/usage/comparison?from=2026-01-01&to=2026-01-31   yes  yes  yes  yes  no   yes
    POST /v1/lake/compactions                                 no   no   no   no   yes  no
    POST /v1/estimates                                        yes  no   no   no   no   no
    POST /v1/estimates/overrides                              yes  no   no   no   no   no
    GET  /v1/proposals                                        yes  yes  yes  yes  no   yes
    GET  /v1/proposals/P-1                                    yes  yes  yes  yes  no   yes
    POST /v1/proposals/P-1/decision                           no   yes  yes  no   no   no
    POST /v1/selling-prices/studies                           yes  no   no   no   no   no
    GET  /v1/look-back?as_of=2026-12-31                       yes  yes  yes  yes  no   yes
    GET  /v1/forecast?as_of=2026-01-31&until=2026-02-28       yes  yes  yes  yes  no   yes
    GET  /v1/periods                                          yes  yes  yes  yes  no   yes
    GET  /v1/periods/2026-01                                  yes  yes  yes  yes  no   yes
    POST /v1/periods/2026-01/close                            yes  no   no   no   no   no
    POST /v1/periods/2026-01/soft-close                       yes  no   no   no   no   no
    POST /v1/periods/2026-01/cut-off                          no   no   yes  no   no   no
    POST /v1/periods/2026-01/reopen                           no   no   yes  no   no   no
    GET  /v1/periods/2026-01/flash                            yes  yes  yes  yes  no   yes
    GET  /v1/periods/2026-01/gates                            yes  yes  yes  yes  no   yes
    POST /v1/periods/2026-01/gates/g/waiver                   no   no   yes  no   no   no
    GET  /v1/misstatements                                    yes  yes  yes  yes  no   yes
    POST /v1/periods/2026-01/misstatements                    yes  no   no   no   no   no
    GET  /v1/periods/2026-01/checklist                        yes  yes  yes  yes  no   yes
    POST /v1/periods/2026-01/checklist/t/evidence             yes  no   no   no   no   no
    POST /v1/periods/2026-01/checklist/t/sign-off             no   yes  yes  no   no   no
    GET  /v1/journal                                          yes  yes  yes  yes  no   yes
    GET  /v1/datasets?period=2026-01                          yes  yes  yes  yes  no   yes
    GET  /v1/datasets/journal_detail?period=2026-01           yes  yes  yes  yes  no   yes
    POST /v1/periods/2026-01/exports                          yes  no   no   no   no   no
    GET  /v1/exports                                          yes  yes  yes  yes  no   yes
    GET  /v1/exports/documents                                yes  yes  yes  yes  no   yes
    GET  /v1/periods/2026-01/packages/board                   yes  yes  yes  yes  no   yes
    GET  /v1/exports/1/files/a.csv                            yes  yes  yes  yes  no   yes
    POST /v1/posted-references                                yes  no   no   no   no   yes
    GET  /v1/combinations/proposals                           yes  yes  yes  yes  no   yes
    GET  /v1/contracts/C-1/explanation?as_of=2026-01-31       yes  yes  yes  yes  no   yes
    GET  /v1/contracts/C-1/schedule                           yes  yes  yes  yes  no   yes
    GET  /v1/explanations/contracts/C-1?as_of=2026-01-31      yes  yes  yes  yes  no   yes
    GET  /v1/explanations/contracts/C-1/obligations/o?as_of=2026-01-31 yes yes yes yes no yes
    GET  /v1/explanations/postings?key=k                      yes  yes  yes  yes  no   yes
    GET  /v1/explanations/facts?fact=f                        yes  yes  yes  yes  no   yes
    GET  /v1/explanations/periods/2026-01                     yes  yes  yes  yes  no   yes
    GET  /v1/explanations/lines?period=2026-01&sheet=s&key=k  yes  yes  yes  yes  no   yes
    GET  /v1/explanations/changes?from=2026-01-01T00:00:00Z   yes  yes  yes  yes  no   yes
    GET  /v1/facts/invoice                                    yes  yes  yes  yes  no   yes
    GET  /v1/facts/invoice/I-1                                yes  yes  yes  yes  no   yes
    GET  /v1/contracts                                        yes  yes  yes  yes  no   yes
    GET  /v1/contracts/C-1                                    yes  yes  yes  yes  no   yes
    GET  /v1/customers                                        yes  yes  yes  yes  no   yes
    GET  /v1/customers/acme                                   yes  yes  yes  yes  no   yes
    GET  /v1/coverage                                         yes  yes  yes  yes  no   yes
    GET  /v1/books/comparison?period=2026-01                  yes  yes  yes  yes  no   yes
    GET  /v1/books/rules                                      yes  yes  yes  yes  no   yes
    GET  /v1/trial-balance?period=2026-01                     yes  yes  yes  yes  no   yes
    GET  /v1/credits                                          yes  yes  yes  yes  no   yes
    GET  /v1/credits/draws                                    yes  yes  yes  yes  no   yes
    GET  /v1/commitments                                      yes  yes  yes  yes  no   yes
    GET  /v1/commitments/reconciliation                       yes  yes  yes  yes  no   yes
    POST /v1/commitments/settlements                          yes  no   no   no   no   no
    POST /v1/calculations                                     yes  yes  yes  yes  no   yes
    POST /v1/periods/2026-01/consents                         yes  yes  yes  no   no   no
    GET  /v1/users                                            no   no   yes  yes  yes  no
    GET  /v1/users/ana                                        no   no   yes  yes  yes  no
    POST /v1/users                                            no   no   no   no   yes  no
    POST /v1/users/eve/roles                                  no   no   no   no   yes  no
    POST /v1/users/eve/roles/r/end                            yes  yes  yes  yes  yes  yes
    POST /v1/users/eve/exceptions                             no   no   yes  no   no   no
    GET  /v1/keys                                             no   no   yes  yes  yes  no
    GET  /v1/keys/k                                           no   no   yes  yes  yes  no
    POST /v1/keys                                             yes  yes  yes  yes  yes  yes
    POST /v1/keys/k/rotation                                  yes  yes  yes  yes  yes  yes
    POST /v1/keys/k/end                                       yes  yes  yes  yes  yes  yes
    POST /v1/jobs                                             yes  yes  yes  yes  no   yes
    GET  /v1/jobs                                             yes  yes  yes  yes  no   yes
    GET  /v1/jobs/j                                           yes  yes  yes  yes  no   yes
    GET  /v1/findings                                         yes  yes  yes  yes  no   yes
    GET  /v1/findings/f                                       yes  yes  yes  yes  no   yes
    POST /v1/findings/f/actions                               yes  yes  yes  no   no   no
    GET  /v1/samples                                          yes  yes  yes  yes  no   yes
    GET  /v1/samples/s                                        yes  yes  yes  yes  no   yes
    GET  /v1/samples/s/pack                                   yes  yes  yes  yes  no   yes
    POST /v1/samples                                          no   no   no   yes  no   no
    POST /v1/samples/s/results                                no   no   no   yes  no   no
    POST /v1/samples/s/evaluations                            no   no   no   yes  no   no
    POST /v1/checks/runs                                      yes  no   no   no   no   yes
    GET  /v1/jobs/j/events                                    yes  yes  yes  yes  no   yes
    POST /v1/jobs/j/cancellation                              yes  yes  yes  yes  no   yes
    GET  /v1/webhooks                                         no   no   yes  yes  yes  no
    POST /v1/webhooks                                         no   no   no   no   yes  no
    GET  /v1/webhooks/w                                       no   no   yes  yes  yes  no
    POST /v1/webhooks/w/rotation                              no   no   no   no   yes  no
    POST /v1/webhooks/w/end                                   no   no   no   no   yes  no
    GET  /v1/webhooks/w/deliveries                            no   no   yes  yes  yes  no
    POST /v1/webhooks/w/deliveries/e/replay                   no   no   no   no   yes  no
    GET  /v1/audit-log                                        no   no   yes  yes  yes  no
    GET  /v1/periods/2026-01/evidence                         no   no   yes  yes  yes  no
"""
"""The preparer, the approver, the controller, the auditor, the administrator, the service."""
ACTORS, *ROWS = [line.split() for line in TABLE.strip().splitlines()]
ALL = routes.router.routes
ENTITY = 77
"""Whose books they ask for; nothing is told of it but its people."""


@pytest.fixture(scope="module")
def clients(database, lake, settings):
    """One service for all rows: a client without a key (by none) and one for each actor."""
    workspace = Workspace(database=database, lake=lake, entity=ENTITY, actor="preparer")
    enrol(workspace, PEOPLE)
    app = create_app(workspace, settings)
    keys = {actor: {"Authorization": f"Bearer {actor}-key"} for actor in ACTORS}
    with TestClient(app, raise_server_exceptions=False) as opened:
        yield {None: opened} | {
            actor: TestClient(app, raise_server_exceptions=False, headers=headers)
            for actor, headers in keys.items()
        }


def test_the_table_has_every_route():
    """A new route takes its place in both tables, or nobody may call it."""
    operations = {route.operation_id for route in ALL if isinstance(route, APIRoute)}

    assert operations == set(MAY)
    assert len(operations) == len(ROWS) == len(ALL)


@pytest.mark.parametrize(("method", "path", "words"), [(m, p, words) for m, p, *words in ROWS])
def test_a_role_may_what_the_table_says(method, path, words, clients):
    """Whoever may not is told so before anything is read; whoever may gets past the door."""
    answers = {actor: clients[actor].request(method, path) for actor in ACTORS}

    assert words == ["no" if answers[actor].status_code == 403 else "yes" for actor in ACTORS]
    for actor, answer in answers.items():
        if answer.status_code == 403:
            assert answer.json()["code"] == "forbidden"
            assert f"{actor} may not" in answer.json()["detail"]


def test_the_actors_are_of_the_roles():
    """The columns are those of the matrix, each role once."""
    roles = ["preparer", "approver", "controller", "auditor", "administrator", "service"]

    assert roles == [PEOPLE[actor] for actor in ACTORS]


@pytest.mark.parametrize(("method", "path"), [(method, path) for method, path, *_ in ROWS])
def test_without_a_known_key_nothing_is_done(method, path, clients):
    """401 with the challenge, on every route, and nothing of the books."""
    for header in (None, "", "Bearer", "Bearer ", "Bearer wrong", "Basic ana-key", "ana-key"):
        headers = {} if header is None else {"Authorization": header}

        answer = clients[None].request(method, path, headers=headers)

        assert (401, "Bearer") == (answer.status_code, answer.headers["WWW-Authenticate"])
        assert answer.json()["code"] == "unauthorised"
