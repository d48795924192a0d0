"""A request of the service as a value: what is asked, and how its answer is read.

Nothing here sends anything. An ``Operation`` is written once, as a method that describes a call,
and serves three callers: of a Client it sends the call and returns what was answered, of an
AsyncClient it is awaited for that, and of ``calls`` it returns the call, to be changed and sent by
hand::

    books.get_period("2026-01")  # Certificate
    await books.get_period("2026-01")  # Certificate
    books.send(calls.get_period("2026-01")).etag  # Answer[Certificate]
    books.send(calls.close_period(...).keyed("close-2026-01"))  # with a key of one's own
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import (
    AsyncIterator,
    Callable,
    Coroutine,
    Hashable,
    Iterator,
    Mapping,
    Sequence,
)
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cache, wraps
from pathlib import Path
from typing import Any, Concatenate, Generic, ParamSpec, Self, TypeVar, cast, overload
from urllib.parse import quote

from pydantic import TypeAdapter

T = TypeVar("T")
P = ParamSpec("P")
JSON = "application/json"
NDJSON = "application/x-ndjson"
PAGE = 1_000
"""Records of a page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(Generic[T]):
    """A request, and the type of its answer."""

    method: str
    path: str
    of: type[T]
    """What the answer is read as; a ``Downloaded`` is what was saved."""
    query: Mapping[str, object] = field(default_factory=dict)
    """Parameters; what is None is left out, a list is repeated."""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: object = None
    """Sent as JSON."""
    file: Path | None = None
    """Sent as it is, a block at a time."""
    save_as: Path | None = None
    """Where the answer is written to, instead of being read."""
    sha256: str | None = None
    """What is saved has this hash, or is not saved."""
    writes: bool = False
    """Whether it changes anything, and so has an Idempotency-Key."""

    def keyed(self, key: str) -> Self:
        """The call under a key of one's own: again another day, it has the same one effect."""
        return self.with_header("Idempotency-Key", key)

    def matching(self, etag: str) -> Self:
        """The call, refused as Changed unless what it changes is still as it was read."""
        return self.with_header("If-Match", etag)

    def unless(self, etag: str) -> Self:
        """The call, answered only if what it reads is no longer what had the ETag."""
        return self.with_header("If-None-Match", etag)

    def with_header(self, name: str, value: str) -> Self:
        """The call with one more header."""
        return replace(self, headers={**self.headers, name: value})

    def parameters(self) -> dict[str, str | list[str]]:
        """The query as text."""
        return {
            name: [_text(each) for each in value] if isinstance(value, list) else _text(value)
            for name, value in self.query.items()
            if value is not None
        }

    def read(self, content: bytes) -> T:
        """The answer as its type; fields it does not know are left out."""
        read: T = _adapter(cast("Hashable", self.of)).validate_json(content)
        return read


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer(Generic[T]):
    """What was answered, with what came beside it."""

    value: T
    etag: str | None
    """Names the state that was read; for ``Call.matching``."""
    request_id: str
    """The request in the service's log."""
    replayed: bool
    """Whether the same request had been answered before; it has no second effect."""
    following: str | None
    """Where the next page is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Downloaded:
    """A file that arrived whole."""

    path: Path
    sha256: str
    bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing(Generic[T]):
    """A list that comes in pages."""

    first: Call[Any]
    items: Callable[[Any], Sequence[T]]
    """The items of a page."""

    def next(self, page: Answer[Any]) -> Call[Any] | None:
        """The call for the next page; None after the last."""
        if page.following is None:
            return None
        return replace(self.first, path=page.following, query={})


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[T]):
    """A page of a list."""

    records: list[T]


class Sends(ABC):
    """Sends calls and waits for the answers."""

    @abstractmethod
    def send(self, call: Call[T]) -> Answer[T]:
        """The answer to a call."""

    @abstractmethod
    def each(self, listing: Listing[T]) -> Iterator[T]:
        """The items of a list, page after page as they are asked for."""

    def _carry_out(self, call: Call[T]) -> T:
        return self.send(call).value


class Awaits(ABC):
    """Sends calls; the answers are awaited."""

    @abstractmethod
    async def send(self, call: Call[T]) -> Answer[T]:
        """The answer to a call."""

    @abstractmethod
    def each(self, listing: Listing[T]) -> AsyncIterator[T]:
        """The items of a list, page after page as they are asked for."""

    async def _carry_out(self, call: Call[T]) -> T:
        return (await self.send(call)).value


class Describes:
    """Sends nothing: its operations return their calls."""

    def each(self, listing: Listing[T]) -> Listing[T]:
        """The list, not asked for yet."""
        return listing

    def _carry_out(self, call: Call[T]) -> Call[T]:
        return call


class Operation(Generic[P, T]):
    """A method that describes a call; see the module."""

    def __init__(self, describe: Callable[Concatenate[Any, P], Call[T]]) -> None:
        self._describe = describe
        self.__doc__ = describe.__doc__

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...
    @overload
    def __get__(self, instance: Sends, owner: type) -> Callable[P, T]: ...
    @overload
    def __get__(self, instance: Awaits, owner: type) -> Callable[P, Coroutine[Any, Any, T]]: ...
    @overload
    def __get__(self, instance: Describes, owner: type) -> Callable[P, Call[T]]: ...
    def __get__(self, instance: Any, owner: type) -> Any:
        if instance is None:
            return self
        return _bound(self._describe, instance, instance._carry_out)  # noqa: SLF001 - our bases


class Paged(Generic[P, T]):
    """A method that describes a list; of a client, it iterates over the items of all pages."""

    def __init__(self, describe: Callable[Concatenate[Any, P], Listing[T]]) -> None:
        self._describe = describe
        self.__doc__ = describe.__doc__

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...
    @overload
    def __get__(self, instance: Sends, owner: type) -> Callable[P, Iterator[T]]: ...
    @overload
    def __get__(self, instance: Awaits, owner: type) -> Callable[P, AsyncIterator[T]]: ...
    @overload
    def __get__(self, instance: Describes, owner: type) -> Callable[P, Listing[T]]: ...
    def __get__(self, instance: Any, owner: type) -> Any:
        if instance is None:
            return self
        return _bound(self._describe, instance, instance.each)


def _bound(
    describe: Callable[..., Any], instance: object, carry_out: Callable[[Any], object]
) -> Callable[..., object]:
    @wraps(describe)
    def call(*arguments: object, **named: object) -> object:
        return carry_out(describe(instance, *arguments, **named))

    del call.__wrapped__  # its first parameter is not one of the caller's
    return call


def get(path: str, of: type[T], **query: object) -> Call[T]:
    """A call that reads. A trailing underscore of a name, as of ``from_``, is not sent."""
    return Call(method="GET", path=path, of=of, query=_named(query))


def ask(path: str, of: type[T], body: object, **query: object) -> Call[T]:
    """A call whose question is in its body; it reads."""
    return Call(method="POST", path=path, of=of, body=body, query=_named(query))


def post(path: str, of: type[T], body: object = None, **query: object) -> Call[T]:
    """A call that writes."""
    return Call(method="POST", path=path, of=of, body=body, query=_named(query), writes=True)


def listed(path: str, of: type[T], **query: object) -> Listing[T]:
    """A list of records, page after page."""
    call = get(path, Page[of], **{"limit": PAGE, **query})  # type: ignore[valid-type]
    return Listing(first=call, items=lambda page: page.records)


def at(*parts: str) -> str:
    """A path of version 1; a part may hold any characters.

    >>> at("contracts", "C 1/2", "explanation")
    '/v1/contracts/C%201%2F2/explanation'
    """
    return "/".join(["/v1", *(quote(part, safe="") for part in parts)])


def told(**fields: object) -> dict[str, object]:
    """A body of the fields that are told: what is None is left to the service."""
    return {name: value for name, value in fields.items() if value is not None}


def _named(query: Mapping[str, object]) -> dict[str, object]:
    return {name.removesuffix("_"): value for name, value in query.items()}


def _text(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case date() | datetime():
            return value.isoformat()
        case _:
            return str(value)


@cache
def _adapter(of: Hashable) -> TypeAdapter[Any]:
    return TypeAdapter(cast("Any", of))
