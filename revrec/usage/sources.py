"""Where files of usage lie: a file, a folder, or a prefix of an object store."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

import pyarrow as pa
import pyarrow.fs as pafs

from revrec.errors import NotFound, StoreError


@dataclass(frozen=True, slots=True)
class Found:
    """A file of usage: its name within the place, and where it is."""

    name: str
    location: str
    """A path, or a URL of an object store without what its URL said of how to reach it."""
    store: pafs.FileSystem | None = None

    @contextmanager
    def opened(self) -> Iterator[Path | BinaryIO]:
        """The path of a local file, or a stream of one that is not."""
        if self.store is None:
            yield Path(self.location)
            return
        with _reached(self.location):
            stream = self.store.open_input_stream(self.location.partition("://")[2])
        with stream:
            yield cast("BinaryIO", stream)


def files(location: str) -> list[Found]:
    """The files at a place, by name: one file, those below a folder, or below a prefix.

    An object store is named by its URL (``s3://``, ``gs://``, ``abfs://``). Hidden files and empty
    ones that mark folders are left out. Raises NotFound if there is nothing, StoreError if the
    store cannot be reached.
    """
    if "://" not in location:
        path = Path(location)
        listed = sorted(path.rglob("*")) if path.is_dir() else [path]
        found = [
            Found(each.name, str(each))
            for each in listed
            if each.is_file() and not each.name.startswith(".")
        ]
    else:
        found = _below(location)
    if not found:
        raise NotFound(f"There is no file at {location}.", remedy="Check the path.", path=location)
    return found


def _below(location: str) -> list[Found]:
    scheme = location.partition("://")[0]
    with _reached(location):
        system, path = pafs.FileSystem.from_uri(location)
        at = system.get_file_info(path)
        if at.type is pafs.FileType.File:
            return [Found(at.base_name, f"{scheme}://{at.path}", system)]
        selector = pafs.FileSelector(path, recursive=True, allow_not_found=True)
        listed = system.get_file_info(selector)
    return [
        Found(each.base_name, f"{scheme}://{each.path}", system)
        for each in sorted(listed, key=lambda info: info.path)
        if each.type is pafs.FileType.File and each.size and not each.base_name.startswith(".")
    ]


@contextmanager
def _reached(location: str) -> Iterator[None]:
    try:
        yield
    except (pa.ArrowException, OSError) as error:
        raise StoreError(
            f"{location} cannot be read: {str(error).partition(chr(10))[0]}.",
            remedy="Check the URL and the credentials of the environment; nothing was recorded.",
            path=location,
        ) from error
