"""The client of programs that run on asyncio: the same, awaited."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx

from revrec.client.calls import Answer, Awaits, Call, Listing
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


class AsyncClient(Awaits, Operations):
    """The service at a URL, for whoever the key belongs to; see ``Client``."""

    def __init__(
        self,
        url: str,
        *,
        key: str,
        entity: int | None = None,
        timeout: httpx.Timeout = TIMEOUT,
        retrying: Retrying | None = None,
        http: httpx.AsyncClient | None = None,
    ) -> None:
        self._http = httpx.AsyncClient(verify=trusted()) if http is None else http
        self._http.base_url = httpx.URL(url)
        self._http.timeout = timeout
        self._http.headers.update(identity(key, entity))
        self._retrying = retrying or Retrying()

    async def send(self, call: Call[T]) -> Answer[T]:
        """The answer to a call, after as many attempts as it takes and ``retrying`` allows."""
        attempts = Attempts(call, self._retrying)
        while True:
            content = None if call.file is None else _blocks_of(call.file)
            try:
                response = await self._http.send(attempts.request(self._http, content), stream=True)
                async with aclosing(response):
                    with Received(call, response) as received:
                        async for block in response.aiter_bytes():
                            received.write(block)
                        pause = attempts.after_answer(response, received.content)
                        if pause is None:
                            return received.answer()
            except httpx.TransportError as error:
                pause = attempts.after_failure(error)
            await asyncio.sleep(pause)

    async def fresh(self, call: Call[T], etag: str) -> Answer[T] | None:
        """The answer to a call; None while it is still the one with the ETag."""
        try:
            return await self.send(call.unless(etag))
        except Unchanged:
            return None

    async def each(self, listing: Listing[T]) -> AsyncIterator[T]:
        """The items of a list, page after page as they are asked for."""
        call: Call[Any] | None = listing.first
        while call is not None:
            page = await self.send(call)
            for item in listing.items(page.value):
                yield item
            call = listing.next(page)

    async def wait(self, job: Job, *, seconds_max: float = 3600.0) -> Job:
        """The job once it is done; raises JobFailed, or WaitedTooLong while it goes on."""
        waiting = Waiting(job.id, seconds_max)
        while (pause := waiting.pause(job)) is not None:
            await asyncio.sleep(pause)
            job = await self.get_job(job.id)
        return job

    async def close(self) -> None:
        """Give the connections back."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()


async def _blocks_of(path: Path) -> AsyncIterator[bytes]:
    """A file, a block at a time; reading it does not hold up what else runs."""
    blocks = blocks_of(path)
    while (block := await asyncio.to_thread(next, blocks, None)) is not None:
        yield block
