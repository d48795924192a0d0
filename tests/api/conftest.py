"""The service over the module's stores, and clients that hold keys."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from revrec.operations.workspace import Workspace
from revrec.runtime.logging import configure
from revrec.runtime.settings import Settings
from tests.people import enrol

PEOPLE = {
    "ana": "preparer",
    "anton": "preparer",
    "bea": "approver",
    "ben": "controller",
    "cleo": "auditor",
    "dora": "administrator",
    "feed": "service",
}
"""Who is enrolled, with their role; a key is the name and `-key`."""

As = Callable[[str], TestClient]


@pytest.fixture(scope="module", autouse=True)
def log() -> io.StringIO:
    """Where the service logs, as it does in production: no values of variables in traces."""
    stream = io.StringIO()
    configure("INFO", stream=stream)
    return stream


@pytest.fixture
def limits() -> dict[str, Any]:
    """Settings a test module changes."""
    return {}


@pytest.fixture
def client(
    workspace: Workspace, settings: Settings, limits: dict[str, Any]
) -> Iterator[TestClient]:
    """A client without a key, of the service over the test's entity with its people."""
    enrol(workspace, PEOPLE)
    app = create_app(workspace, settings.model_copy(update=limits))
    with TestClient(app, raise_server_exceptions=False) as opened:
        yield opened


@pytest.fixture
def as_(client: TestClient) -> As:
    """A client of the same service with an actor's key."""

    def holding(actor: str) -> TestClient:
        headers = {"Authorization": f"Bearer {actor}-key"}
        return TestClient(client.app, raise_server_exceptions=False, headers=headers)

    return holding


@pytest.fixture
def ana(as_: As) -> TestClient:
    """The preparer's client."""
    return as_("ana")


@pytest.fixture
def ben(as_: As) -> TestClient:
    """The approver's client."""
    return as_("ben")


@pytest.fixture
def cleo(as_: As) -> TestClient:
    """The auditor's client."""
    return as_("cleo")
