"""The application: routes, problems, health and metrics over two opened stores."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI, Response
from fastapi.responses import HTMLResponse, PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST

from api import (
    book_routes,
    calculation_routes,
    change_routes,
    close_routes,
    commitment_routes,
    contract_routes,
    control_routes,
    cutover_routes,
    dataset_routes,
    drilling_routes,
    estimate_routes,
    explanation_routes,
    export_routes,
    finding_routes,
    job_routes,
    package_routes,
    people_routes,
    problems,
    quarantine_routes,
    refused_routes,
    resource_routes,
    routes,
    sample_routes,
    usage_routes,
    webhook_routes,
)
from api.bodies import UPLOADS, Bounded
from api.kept_reports import Reports
from api.limits import limit_of
from api.observing import Observed
from api.openapi import TAGS, described
from api.routing import router
from api.tokens import tokens_of
from revrec.operations.worker import DEAD_SECONDS
from revrec.operations.workspace import Workspace
from revrec.runtime.metrics import exposition
from revrec.runtime.settings import Settings
from revrec.store import jobs, journal
from revrec.store.transaction import Transaction

ROUTES = (
    routes,
    close_routes,
    usage_routes,
    control_routes,
    drilling_routes,
    quarantine_routes,
    refused_routes,
    resource_routes,
    commitment_routes,
    calculation_routes,
    change_routes,
    contract_routes,
    cutover_routes,
    dataset_routes,
    estimate_routes,
    explanation_routes,
    export_routes,
    finding_routes,
    sample_routes,
    package_routes,
    book_routes,
    people_routes,
    job_routes,
    webhook_routes,
)
"""The modules that add their routes to ``routing.router``."""


class Service(FastAPI):
    """FastAPI with the description of ``api.openapi``."""

    def openapi(self) -> dict[str, Any]:
        """The OpenAPI document, built once."""
        if self.openapi_schema is None:
            self.openapi_schema = described(super().openapi())
        return self.openapi_schema


def routed(*, request_bytes_max: int, upload_bytes_max: int) -> Service:
    """The service with its routes, over no stores yet; enough for its description."""
    app = Service(
        title="revrec",
        summary="ASC 606 revenue recognition: facts in, postings out.",
        description=(
            "Facts (contracts, prices, invoices, usage) are recorded, periods are closed, and "
            "every amount can be explained down to paragraphs and facts.\n\n"
            "Requests that write carry an `Idempotency-Key`: the same request again gets the "
            "first answer, byte for byte, with `Idempotency-Replayed: true`, and has no second "
            "effect. Refusals are problems (RFC 9457); `/problems/` lists them."
        ),
        version="1",
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        openapi_tags=TAGS,
    )
    app.router.routes += router.routes  # included, each would be built anew, for every service
    problems.install(app)
    by_path = dict.fromkeys(UPLOADS, upload_bytes_max)
    app.add_middleware(Bounded, bytes_max=request_bytes_max, by_path=by_path)
    app.add_middleware(Observed)
    return app


def create_app(
    workspace: Workspace, settings: Settings, *, open_key: str | None = None, apart: bool = False
) -> Service:
    """The service over opened stores.

    ``open_key`` is the SHA-256 of a key that may do everything while nobody is enrolled. With
    ``apart`` reports are computed in processes of their own, and not in this one.
    """
    app = routed(
        request_bytes_max=settings.request_bytes_max, upload_bytes_max=settings.upload_bytes_max
    )
    app.state.workspace = workspace
    app.state.open_key = open_key
    app.state.if_match_required = settings.if_match_required
    app.state.tokens = tokens_of(settings)
    app.state.limit = limit_of(settings)
    app.state.is_stopping = lambda: False
    app.state.reports = Reports(settings, apart=apart)
    _add_pages(app, workspace)
    return app


def _add_pages(app: FastAPI, workspace: Workspace) -> None:
    """What is not part of the versioned interface: health, metrics, pages of problems."""

    @app.get("/health/live", include_in_schema=False)
    def live() -> PlainTextResponse:
        """The process answers."""
        return PlainTextResponse("ok")

    @app.get("/health/ready", include_in_schema=False)
    def ready() -> PlainTextResponse:
        """Database reachable and migrated, chain head readable; StoreError otherwise.

        Beside it, how many workers do jobs: without one, what is asked for waits.
        """

        def look(tx: Transaction) -> tuple[int, str, int]:
            return *journal.head(tx), jobs.workers(tx, DEAD_SECONDS)

        seq, head, workers = workspace.run(look, read_only=True)
        return PlainTextResponse(f"ready at entry {seq}, {head}\nworkers of jobs: {workers}\n")

    @app.get("/metrics", include_in_schema=False)
    def metrics() -> Response:
        """Counters for Prometheus."""
        return Response(exposition(), media_type=CONTENT_TYPE_LATEST)

    @app.get("/problems/", include_in_schema=False)
    def list_problems() -> HTMLResponse:
        """Every problem."""
        return HTMLResponse(problems.contents())

    @app.get("/problems/{code}", include_in_schema=False)
    def explain_problem(code: str) -> HTMLResponse:
        """What a problem's `type` means."""
        return HTMLResponse(problems.page(code))
