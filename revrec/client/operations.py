"""Every operation of the client, by the name it has in the service's OpenAPI document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from revrec.client.books import BookOperations
from revrec.client.calls import Call, Describes, Operation, get, post
from revrec.client.commitments import CommitmentOperations
from revrec.client.drilling import DrillingOperations
from revrec.client.estimates import EstimateOperations
from revrec.client.explanations import ExplanationOperations
from revrec.client.facts import FactOperations
from revrec.client.findings import FindingOperations
from revrec.client.forecasts import ForecastOperations
from revrec.client.jobs import JobOperations
from revrec.client.people import PeopleOperations
from revrec.client.periods import PeriodOperations
from revrec.client.refused import RefusedOperations
from revrec.client.reports import ReportOperations
from revrec.client.samples import SampleOperations
from revrec.client.usage import UsageOperations
from revrec.client.webhooks import WebhookOperations

JSON_VALUE: type[Any] = cast("type[Any]", Any)
"""Whatever JSON holds."""


class Operations(
    FactOperations,
    RefusedOperations,
    UsageOperations,
    DrillingOperations,
    CommitmentOperations,
    PeriodOperations,
    JobOperations,
    ReportOperations,
    BookOperations,
    EstimateOperations,
    ForecastOperations,
    FindingOperations,
    ExplanationOperations,
    SampleOperations,
    PeopleOperations,
    WebhookOperations,
):
    """What a client can ask for; ``get`` and ``post`` reach whatever else the service has."""

    @Operation
    def get(self, path: str, query: Mapping[str, object] | None = None) -> Call[Any]:
        """Read any path, such as ``/v1/credits``, as plain JSON."""
        return get(path, JSON_VALUE, **(query or {}))

    @Operation
    def post(
        self, path: str, body: object = None, query: Mapping[str, object] | None = None
    ) -> Call[Any]:
        """Write to any path, once, as plain JSON."""
        return post(path, JSON_VALUE, body, **(query or {}))


class Calls(Describes, Operations):
    """The operations as calls that are not sent yet."""


calls = Calls()
"""``calls.close_period("2026-01", approved_by="ben").keyed("close-2026-01")``, then ``send``."""
