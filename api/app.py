"""The application: routes, problems, health and metrics over two opened stores."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import FastAPI, Response
from fastapi.responses import PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from api import problems
from api.routes import router
from revrec.operations.workspace import Workspace
from revrec.store import journal


def create_app(workspace: Workspace, api_keys: Mapping[str, str]) -> FastAPI:
    """The service over opened stores; ``api_keys`` maps SHA-256 of a key to whom it acts as."""
    app = FastAPI(
        title="revrec",
        summary="ASC 606 revenue recognition: facts in, postings out.",
        version="1",
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
    )
    app.state.workspace = workspace
    app.state.api_keys = dict(api_keys)
    problems.install(app)
    app.include_router(router)

    @app.get("/health/live", include_in_schema=False)
    def live() -> PlainTextResponse:
        """The process answers."""
        return PlainTextResponse("ok")

    @app.get("/health/ready", include_in_schema=False)
    def ready() -> PlainTextResponse:
        """Database reachable and migrated, chain head readable; StoreError otherwise."""
        seq, head = workspace.run(journal.head, read_only=True)
        return PlainTextResponse(f"ready at entry {seq}, {head}")

    @app.get("/metrics", include_in_schema=False)
    def metrics() -> Response:
        """Counters for Prometheus."""
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return app
