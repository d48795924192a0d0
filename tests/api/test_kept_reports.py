"""Reports computed in processes of their own, and read from files by those that answer."""

from __future__ import annotations

import os
import pickle
import signal

import pytest
from starlette.testclient import TestClient

from api.apart import run_apart
from api.app import create_app
from revrec.errors import NotFound, StoreError
from tests.api.requests import CONTRACT, close, record

READ = {
    "datasets": "/v1/datasets?period=2026-01",
    "rows": "/v1/datasets/revenue_waterfall?period=2026-01",
    "package": "/v1/periods/2026-01/packages/board",
}


def dies(_books, folder):
    """Work that is killed while it writes."""
    (folder / "rows").write_bytes(b"half")
    os.kill(os.getpid(), signal.SIGKILL)


def test_what_is_computed_apart_is_the_same(ana, workspace, settings, tmp_path):
    """Data sets and packages, to the byte."""
    record(ana, [CONTRACT], "facts")
    assert 200 == close(ana, "2026-01", "close").status_code
    header = {"Authorization": "Bearer cleo-key"}
    given = []
    for home, apart in ((tmp_path / "here", False), (tmp_path / "apart", True)):
        app = create_app(workspace, settings.model_copy(update={"home": home}), apart=apart)
        with TestClient(app, headers=header) as client:
            answers = {name: client.get(path) for name, path in READ.items()}
        assert {200} == {each.status_code for each in answers.values()}
        given.append({name: each.content for name, each in answers.items()})
    here, apart_ = given
    assert here == apart_


def test_work_apart_that_is_killed_is_to_be_asked_for_again(settings, tmp_path):
    """As a store that could not be written, which is told with 503."""
    with pytest.raises(StoreError, match="ended before it was done") as told:
        run_apart(settings, dies, tmp_path)
    assert told.value.remedy.startswith("Ask again")


def test_a_refusal_leaves_its_process_whole():
    """With its code, remedy and values."""
    told = NotFound("There is none.", remedy="Ask for another.", period="2026-01")
    copy = pickle.loads(pickle.dumps(told))
    assert (NotFound, vars(told)) == (type(copy), vars(copy))
