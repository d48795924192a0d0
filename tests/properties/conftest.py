"""With ``REVREC_TORTURE=1`` these tests run long; ``-m torture`` then selects them."""

from __future__ import annotations

import pytest

from tests.properties.profiles import TORTURE


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Under ``-m torture`` every random test is one; otherwise the marker stays off."""
    if not (TORTURE and config.option.markexpr == "torture"):
        return
    for item in items:
        if "tests/properties/" in item.path.as_posix():
            item.add_marker(pytest.mark.torture)
