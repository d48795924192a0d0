"""The client of programs that wait."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx

from revrec.client.calls import Answer, Call, Listing, Sends
from revrec.client.delivery import (
    TIMEOUT,
    Attempts,
    Received,
    Retrying,
    Waiting,
    blocks_of,
    identity,
    trusted,
)
from revrec.client.errors import Unchanged
from revrec.client.jobs import Job
from revrec.client.operations import Operations

T = TypeVar("T")


class Client(Sends, Operations):
    """The service at a URL, for whoever the key belongs to. Safe to share by threads.

    Requests that fail on the way, or that the service asks to repeat, are sent again with the same
    Idempotency-Key, so that what they do is done once. Raises the errors of
    ``revrec.client.errors``. ``key`` may be a token of the service's OpenID provider; ``entity``
    asks for another entity than the service's own. ``http`` brings transport, proxies or
    certificates of one's own.
    """

    def __init__(
        self,
        url: str,
        *,
        key: str,
        entity: int | None = None,
        timeout: httpx.Timeout = TIMEOUT,
        retrying: Retrying | None = None,
        http: httpx.Client | None = None,
    ) -> None:
        self._http = httpx.Client(verify=trusted()) if http is None else http
        self._http.base_url = httpx.URL(url)
        self._http.timeout = timeout
        self._http.headers.update(identity(key, entity))
        self._retrying = retrying or Retrying()

    def send(self, call: Call[T]) -> Answer[T]:
        """The answer to a call, after as many attempts as it takes and ``retrying`` allows."""
        attempts = Attempts(call, self._retrying)
        while True:
            content = None if call.file is None else blocks_of(call.file)
            try:
                response = self._http.send(attempts.request(self._http, content), stream=True)
                with closing(response), Received(call, response) as received:
                    for block in response.iter_bytes():
                        received.write(block)
                    pause = attempts.after_answer(response, received.content)
                    if pause is None:
                        return received.answer()
            except httpx.TransportError as error:
                pause = attempts.after_failure(error)
            time.sleep(pause)

    def fresh(self, call: Call[T], etag: str) -> Answer[T] | None:
        """The answer to a call; None while it is still the one with the ETag."""
        try:
            return self.send(call.unless(etag))
        except Unchanged:
            return None

    def each(self, listing: Listing[T]) -> Iterator[T]:
        """The items of a list, page after page as they are asked for."""
        call: Call[Any] | None = listing.first
        while call is not None:
            page = self.send(call)
            yield from listing.items(page.value)
            call = listing.next(page)

    def wait(self, job: Job, *, seconds_max: float = 3600.0) -> Job:
        """The job once it is done; raises JobFailed, or WaitedTooLong while it goes on."""
        waiting = Waiting(job.id, seconds_max)
        while (pause := waiting.pause(job)) is not None:
            time.sleep(pause)
            job = self.get_job(job.id)
        return job

    def close(self) -> None:
        """Give the connections back."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
