"""Files of a report as one archive whose bytes depend on their content alone."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

_EPOCH = (1980, 1, 1, 0, 0, 0)


def archive(folder: Path) -> bytes:
    """Every file of the folder and the folders in it, by name."""
    held = BytesIO()
    with ZipFile(held, "w", ZIP_DEFLATED) as package:
        for path in sorted(each for each in folder.rglob("*") if each.is_file()):
            entry = ZipInfo(path.relative_to(folder).as_posix(), _EPOCH)
            entry.compress_type = ZIP_DEFLATED
            package.writestr(entry, path.read_bytes())
    return held.getvalue()
