"""In-memory DuckDB databases, all opened alike."""

from __future__ import annotations

from collections.abc import Mapping

import duckdb

# DuckDB 2.0.0 ends some joins of dictionary-encoded text with an internal error ("dict-surviving
# cache: global dictionary column changed identity", duckdb issue 24807); results are never wrong.
# Without this optimizer it does not occur, and the plans here do not need it.
_DISABLED_OPTIMIZERS = "statistics_propagation"


def connect(config: Mapping[str, str | int] | None = None) -> duckdb.DuckDBPyConnection:
    """An empty in-memory database; ``config`` are DuckDB's settings, such as ``threads``."""
    database = duckdb.connect(config=dict(config or {}))
    database.execute(f"set disabled_optimizers = '{_DISABLED_OPTIMIZERS}'")
    return database
