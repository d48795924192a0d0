"""A client of the service over HTTP, which knows nothing of the engine.

``Client`` waits, ``AsyncClient`` is awaited; both have every operation of ``operations`` as a
method. Results are frozen dataclasses with exact decimals, refusals are errors with a stable code,
the field and what to do. ``calls`` describes requests that are sent with a key, or on the
condition of an ETag, of one's own.
"""

from revrec.client.awaited import AsyncClient
from revrec.client.calls import Answer, Call, Downloaded
from revrec.client.delivery import Retrying
from revrec.client.errors import (
    CannotReach,
    Changed,
    ClientError,
    Conflicting,
    DamagedDownload,
    Failed,
    Forbidden,
    Invalid,
    JobFailed,
    NotFound,
    Refused,
    TooMany,
    Unauthorised,
    Unchanged,
    WaitedTooLong,
)
from revrec.client.operations import calls
from revrec.client.people import new_key
from revrec.client.sync import Client

__all__ = [
    "Answer",
    "AsyncClient",
    "Call",
    "CannotReach",
    "Changed",
    "Client",
    "ClientError",
    "Conflicting",
    "DamagedDownload",
    "Downloaded",
    "Failed",
    "Forbidden",
    "Invalid",
    "JobFailed",
    "NotFound",
    "Refused",
    "Retrying",
    "TooMany",
    "Unauthorised",
    "Unchanged",
    "WaitedTooLong",
    "calls",
    "new_key",
]
