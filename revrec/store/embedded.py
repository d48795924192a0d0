"""A private PostgreSQL in the data folder, for those who bring none."""

from __future__ import annotations

from pathlib import Path


def start(home: Path) -> str:
    """Start the server under ``home`` unless it runs, and return its URL."""
    raise NotImplementedError
