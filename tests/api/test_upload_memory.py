"""An upload is kept on disk while it is read: a large one takes no more memory than a small one."""

from __future__ import annotations

import asyncio
import multiprocessing
import resource
from typing import Any

from api.app import create_app
from revrec.operations.workspace import open_workspace
from revrec.runtime.settings import Settings
from tests.people import enrol

CHUNK = bytes(2**18)
SMALL, LARGE = 4, 320
"""Chunks of an upload: 1 MB and 80 MB."""


def upload(settings: Settings, chunks: int, key: str) -> int:
    """The status of an upload of so many chunks, given to the service one by one."""
    waiting = iter([b"PAR1", *[CHUNK] * chunks])
    statuses: list[int] = []

    async def receive() -> dict[str, Any]:
        body = next(waiting, b"")
        return {"type": "http.request", "body": body, "more_body": bool(body)}

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "scheme": "http",
        "method": "POST",
        "path": "/v1/usage/batches",
        "raw_path": b"/v1/usage/batches",
        "root_path": "",
        "query_string": b"name=usage.parquet",
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
        "headers": [
            (b"authorization", b"Bearer ana-key"),
            (b"idempotency-key", key.encode()),
            (b"content-type", b"application/octet-stream"),
        ],
    }
    with open_workspace(settings, actor="service") as workspace:
        asyncio.run(create_app(workspace, settings)(scope, receive, send))
    (status,) = statuses
    return status


def upload_both(settings: Settings) -> list[tuple[int, int]]:
    """Status of the small and of the large upload, and the megabytes held at most until then."""
    with open_workspace(settings, actor="preparer") as workspace:
        enrol(workspace, {"ada": "administrator", "ana": "preparer"})
    return [
        (
            upload(settings, chunks, f"upload-{chunks}"),
            resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        )
        for chunks in (SMALL, LARGE)
    ]


def test_memory_does_not_grow_with_an_upload(settings: Settings) -> None:
    """80 MB, damaged so that nothing of them is read, hold less than 20 MB more than 1 MB."""
    with multiprocessing.get_context("spawn").Pool(1) as alone:
        (small, before), (large, after) = alone.apply(upload_both, (settings,))

    assert (422, 422) == (small, large)
    assert after - before < 20
