"""The routes of packages: what one reader wants of closed periods, as one archive."""

from __future__ import annotations

from pathlib import Path as Folder
from tempfile import TemporaryDirectory
from typing import Annotated

from fastapi import Path, Query, Request, Response

from api.access import Books
from api.kept_reports import Reports, stand_of
from api.routing import (
    EVERY,
    OfFramework,
    PathPeriod,
    attachment,
    refusals,
    router,
    saved_as,
    sent_file,
)
from api.schemas import PeriodText
from reports.archive import archive
from reports.evidence import write_evidence
from reports.packages import Package
from revrec.operations.evidence import evidence
from revrec.operations.report import begun_by

_ZIP = "application/zip"


@router.get(
    "/periods/{period}/packages/{package}",
    tags=["reports"],
    operation_id="get_package",
    summary="Read a package of a close",
    response_class=Response,
    responses={**saved_as(_ZIP), **refusals(*EVERY, "feed-error", "not-found", "report-error")},
)
def get_package(  # noqa: PLR0917 - parameters of the route
    period: PathPeriod,
    package: Annotated[Package, Path(examples=["board"])],
    request: Request,
    books: Books,
    first: Annotated[
        PeriodText | None,
        Query(alias="from", description="The first period; the same if left out."),
    ] = None,
    book: OfFramework = None,
) -> Response:
    """Workbooks, their CSV twins and the manifest of a closed period, zipped.

    The same close gives the same bytes.
    """
    reports: Reports = request.app.state.reports
    at = stand_of(books, begun_by(period, first), period, book)
    return sent_file(lambda: reports.package(books, at, package), f"{period}_{package}.zip", _ZIP)


@router.get(
    "/periods/{period}/evidence",
    tags=["audit"],
    operation_id="get_evidence",
    summary="Read what answers auditors' request lists",
    response_class=Response,
    responses={**saved_as(_ZIP), **refusals(*EVERY, "feed-error", "report-error")},
)
def get_evidence(
    period: PathPeriod,
    books: Books,
    first: Annotated[
        PeriodText | None,
        Query(alias="from", description="The first period; the same if left out."),
    ] = None,
) -> Response:
    """Entries, closes, approvals, changes, access, interfaces, samples, zipped.

    A card for each list shows the query that gives the same rows again.
    """
    gathered = evidence(books, begun_by(period, first), period)
    with TemporaryDirectory() as name:
        folder = Folder(name)
        write_evidence(gathered, folder)
        content = archive(folder)
    return attachment(content, f"{period}_evidence.zip", _ZIP)
