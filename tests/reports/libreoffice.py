"""LibreOffice without a screen: workbooks computed anew, without the results written in them."""

from __future__ import annotations

import re
import shutil
import subprocess
import zipfile

import pytest

SOFFICE = shutil.which("soffice")
_RESULT = re.compile(rb"(</f>)<v>[^<]*</v>")


def copy_edited(source, target, edit):
    """A copy of the package with every sheet's XML edited."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            new.writestr(name, edit(content) if name.startswith("xl/worksheets/sheet") else content)
    return target


def recalculated(paths, folder):
    """The workbooks after LibreOffice opened, computed and saved them, in their order.

    It starts once for all of them, which is most of its time. Where it is not installed the test
    is skipped.
    """
    if SOFFICE is None:
        pytest.skip("LibreOffice (soffice) is not installed; it recalculates workbooks")
    bare = [
        copy_edited(path, folder / f"{number}.xlsx", lambda xml: _RESULT.sub(rb"\1<v></v>", xml))
        for number, path in enumerate(paths)
    ]
    subprocess.run(
        [SOFFICE, f"-env:UserInstallation=file://{folder}/profile", "--headless",
         "--convert-to", "xlsx", "--outdir", folder / "out", *bare],
        check=True, capture_output=True, timeout=240,
    )  # fmt: skip
    return [folder / "out" / path.name for path in bare]
