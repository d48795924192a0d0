"""Files of usage are found where they lie, in the order of their names."""

from __future__ import annotations

from pathlib import Path

import pytest

from revrec.errors import NotFound, StoreError
from revrec.usage.sources import files


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two files, one of them deeper, a hidden one, and an empty mark of a folder."""
    (tmp_path / "2026").mkdir()
    (tmp_path / "2026" / "b.csv").write_bytes(b"b")
    (tmp_path / "a.csv").write_bytes(b"a")
    (tmp_path / ".hidden").write_bytes(b"x")
    return tmp_path


def test_a_folder_gives_all_files_below_it(folder: Path) -> None:
    """Hidden ones are left out."""
    found = files(str(folder))

    assert [each.name for each in found] == ["b.csv", "a.csv"]
    with found[0].opened() as path:
        assert path == folder / "2026" / "b.csv"


def test_a_url_gives_the_same_files_as_streams(folder: Path) -> None:
    """A prefix, or one file."""
    (folder / "2026" / "mark").touch()
    found = files(folder.as_uri())

    assert [each.name for each in found] == ["b.csv", "a.csv"]
    with found[0].opened() as stream:
        assert not isinstance(stream, Path)
        assert stream.read(10) == b"b"
    assert [each.name for each in files((folder / "a.csv").as_uri())] == ["a.csv"]


@pytest.mark.parametrize("place", ["{folder}/nowhere", "file://{folder}/nowhere"])
def test_nothing_there_is_told(folder: Path, place: str) -> None:
    """Neither a file nor a folder."""
    with pytest.raises(NotFound, match="There is no file at"):
        files(place.format(folder=folder))


def test_a_store_nobody_knows_is_told() -> None:
    """The error names the place."""
    with pytest.raises(StoreError, match="nostore://bucket/usage cannot be read"):
        files("nostore://bucket/usage")
