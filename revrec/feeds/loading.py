"""Files of records: what is a fact, and what is not, with its place and the reason."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from revrec.errors import FeedError
from revrec.feeds.documents import NoRecord, lines, read_json, read_text, read_yaml
from revrec.feeds.records import fact_of
from revrec.model.fact import Fact, FactKind

_PLURALS = {"delivery": "deliveries", "policy": "policies", "lapse": "lapses"}
_SINGLE = frozenset({FactKind.ENTITY_CURRENCIES, FactKind.FISCAL_CALENDAR, FactKind.SECOND_BOOK})
_FIRST = (FactKind.PRODUCT, FactKind.CONTRACT, FactKind.STANDALONE_SELLING_PRICE)
_LISTS: Mapping[str, FactKind] = {
    _PLURALS.get(kind.value, f"{kind.value}s"): kind
    for kind in (*_FIRST, *(each for each in FactKind if each not in {*_FIRST, *_SINGLE}))
}
"""Lists of a document by their names: records of one kind, which they need not say."""
_TOLD_BESIDE = frozenset({"title", "cites", "about", "expected"})
"""What a scenario tells that is no fact."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """A record that was refused: where it stands and why."""

    source: str
    place: str
    message: str
    reason: str = "does-not-fit"
    """unreadable, no-record, unknown-list, unknown-kind, does-not-fit, out-of-range, told-since."""
    fields: Sequence[str] = ()
    """Paths to what does not fit, such as ``/consideration/0/amount``."""
    sent: object = None
    """The record as it was told."""


@dataclass(slots=True)
class Loaded:
    """What a feed gave: facts that are sound, and the records that are not."""

    facts: list[Fact] = field(default_factory=list)
    rejections: list[Rejection] = field(default_factory=list)


def load(path: Path) -> Loaded:
    """Read every record of a file: ``.ndjson`` one a line, ``.yaml`` or ``.json`` a document.

    A record that does not fit is rejected with its place and reason and stops no other.
    Raises FeedError when the file as a whole cannot be read.
    """
    return judged(_records(path), str(path), f"{path.name}, ")


def judged(records: Iterable[tuple[str, object]], source: str, before: str = "") -> Loaded:
    """Records with their places as facts, and what is wrong with those that are none.

    ``before`` stands before the place in messages.
    """
    loaded = Loaded()
    for place, record in records:
        try:
            loaded.facts.append(fact_of(record, f"{before}{place}"))
        except FeedError as error:
            told = error.attributes.get("errors", ())
            rejection = Rejection(
                source=source,
                place=place,
                message=str(error),
                reason=str(error.attributes.get("reason", "does-not-fit")),
                fields=tuple(each["pointer"] for each in told),  # type: ignore[attr-defined]
                sent=record.sent if isinstance(record, NoRecord) else record,
            )
            loaded.rejections.append(rejection)
    return loaded


@dataclass(frozen=True, slots=True)
class _Unknown(NoRecord):
    """A part of a document that is no list of records."""

    name: str
    content: object

    def refuse(self, source: str) -> NoReturn:
        """Raises FeedError with the names there are."""
        raise FeedError(
            f"{source}: `{self.name}` is no list of records, and nothing of it is recorded.",
            remedy=f"Use one of: events, {', '.join(_LISTS)}; or a record with its `kind`.",
            source=source,
            reason="unknown-list",
        )

    @property
    def sent(self) -> object:
        """The part by its name."""
        return {self.name: self.content}


def _records(path: Path) -> Iterator[tuple[str, object]]:
    if path.suffix == ".ndjson":
        yield from ((f"line {number}", told) for number, told in lines(path))
        return
    text = read_text(path)
    reader = read_json if path.suffix == ".json" else read_yaml
    yield from _listed(reader(text, path.name), path.name)


def _listed(document: object, source: str) -> Iterable[tuple[str, object]]:
    """Records of a document: a list, or the lists a scenario has."""
    if isinstance(document, list):
        return [(f"record {number}", each) for number, each in enumerate(document, start=1)]
    if not isinstance(document, Mapping):
        raise FeedError(
            f"{source}: neither a list of records nor an object with lists of them.",
            remedy="Give a list, or `products:`, `contracts:`, `standalone_selling_prices:` and "
            "`events:`.",
            source=source,
        )
    found: list[tuple[str, object]] = []
    for name, listed in document.items():
        if name in _TOLD_BESIDE or listed is None:
            continue
        if not isinstance(listed, list) or not (name == "events" or name in _LISTS):
            found.append((str(name), _Unknown(str(name), listed)))
            continue
        told = {"kind": _LISTS[name].value} if name in _LISTS else {}
        for number, each in enumerate(listed, start=1):
            found.append(
                (f"{name} {number}", {**told, **each} if isinstance(each, Mapping) else each)
            )
    return found
