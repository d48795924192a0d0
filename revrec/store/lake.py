"""The lake: Delta tables whose versions count only once PostgreSQL names them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.dataset

from revrec.store.transaction import Transaction


class Lake:
    """The Delta tables under one root: a folder or an object-store URL."""

    def __init__(self, root: str | Path) -> None:
        self.root = str(root)

    def append(
        self, tx: Transaction, table: str, data: pa.Table, batch: str, totals: Mapping[str, str]
    ) -> int:
        """Append rows as one version and name it in PostgreSQL; returns the version."""
        raise NotImplementedError

    def dataset(
        self, tx: Transaction, table: str, version: int | None = None
    ) -> pyarrow.dataset.Dataset | None:
        """The table as of a committed version, the last if left out; None while it is empty."""
        raise NotImplementedError

    def committed_version(self, tx: Transaction, table: str) -> int | None:
        """The last version PostgreSQL names; None while nothing was committed."""
        raise NotImplementedError

    def recover(self, tx: Transaction) -> list[str]:
        """Take back versions that no commit names; returns the tables that had one."""
        raise NotImplementedError

    def verify(self, tx: Transaction) -> None:
        """Compare every committed file with its digest; LedgerBroken names the file."""
        raise NotImplementedError
