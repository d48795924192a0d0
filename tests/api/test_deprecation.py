"""A route that is going to end says so in every answer, with a year's notice."""

from __future__ import annotations

from datetime import date

import pytest
from fastapi import APIRouter
from starlette.testclient import TestClient

from api.app import routed
from api.deprecation import deprecated
from api.etags import Tagged
from revrec.errors import NotFound
from tests.api.test_openapi import OPERATIONS


@pytest.fixture
def client():
    """A service with a route that ends on 1 January 2028 and one that stays."""
    router = APIRouter(route_class=Tagged)

    @router.get("/old", operation_id="read_old")
    @deprecated(since=date(2027, 1, 1), sunset=date(2028, 1, 1), guide="/docs", successor="/v2/new")
    def old(*, wrong: bool = False) -> list[int]:
        """Going to end."""
        if wrong:
            raise NotFound("Nothing.")
        return [1]

    @router.get("/stays", operation_id="read_staying")
    def stays() -> list[int]:
        """Not going to end."""
        return [2]

    app = routed(request_bytes_max=1024, upload_bytes_max=1024)
    app.include_router(router)
    return TestClient(app)


def test_the_fields_are_in_answers_and_refusals(client):
    """1 January 2027 is 1,798,761,600 seconds after the epoch: 20,819 days."""
    assert 20_819 * 86_400 == 1_798_761_600
    for answer in (client.get("/old"), client.get("/old?wrong=1"), client.get("/old?wrong=x")):
        assert {
            "Deprecation": "@1798761600",
            "Sunset": "Sat, 01 Jan 2028 00:00:00 GMT",
            "Link": '</docs>; rel="deprecation"; type="text/html", '
            '</v2/new>; rel="successor-version"',
        } == {name: answer.headers.get(name) for name in ("Deprecation", "Sunset", "Link")}
    assert "Deprecation" not in client.get("/stays").headers


def test_the_document_marks_it(client):
    """The operation is deprecated there, and the others are not."""
    paths = client.app.openapi()["paths"]

    assert (True, None) == tuple(
        paths[path]["get"].get("deprecated") for path in ("/old", "/stays")
    )
    assert {"Deprecation", "Sunset"} <= set(paths["/old"]["get"]["responses"]["200"]["headers"])
    assert [] == [each["operationId"] for each in OPERATIONS if each.get("deprecated")]


def test_notice_is_a_year():
    """A route is not ended sooner than the policy says."""
    with pytest.raises(ValueError, match="365 days"):
        deprecated(since=date(2027, 1, 1), sunset=date(2027, 12, 31), guide="/docs")
