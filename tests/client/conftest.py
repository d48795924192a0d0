"""Both clients behind one face: what holds for one holds for the other."""

from __future__ import annotations

import asyncio
import inspect

import pytest

from revrec.client import AsyncClient, Client, Retrying
from tests.client.scripted import scripted

QUICK = Retrying(attempts_max=4, pause_seconds=0.001, asked_seconds_max=3)


@pytest.fixture
def script():
    """A server that answers what it is told to."""
    with scripted() as told:
        yield told


class Waits:
    """Calls the client that waits."""

    def __init__(self, url):
        self._url = url

    def __call__(self, act):
        """What the act returns; a list of what it iterates over."""
        with Client(self._url, key="ana-key", retrying=QUICK) as client:
            found = act(client)
            return list(found) if inspect.isgenerator(found) else found


class Awaits:
    """Calls the client that is awaited."""

    def __init__(self, url):
        self._url = url

    def __call__(self, act):
        """What the act returns; a list of what it iterates over."""

        async def awaited():
            async with AsyncClient(self._url, key="ana-key", retrying=QUICK) as client:
                found = act(client)
                if inspect.isasyncgen(found):
                    return [each async for each in found]
                return await found

        return asyncio.run(awaited())


@pytest.fixture(params=[Waits, Awaits], ids=["waits", "awaits"])
def ask(request, script):
    """Does something with a client of the scripted server."""
    return request.param(script.url)
