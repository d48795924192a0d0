"""The database: opens, retries and commits transactions."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Self, TypeVar

from revrec.runtime.clock import Clock
from revrec.runtime.settings import Settings
from revrec.store.transaction import Transaction

__all__ = ["Database", "Transaction"]

T = TypeVar("T")


class Database:
    """Connections to one PostgreSQL database, as the role revrec_app."""

    @classmethod
    def open(cls, settings: Settings, clock: Clock) -> Self:
        """Connect; starts the private server when no URL is set. Raises StoreError."""
        raise NotImplementedError

    def migrate(self) -> None:
        """Bring the database to the newest migration."""
        raise NotImplementedError

    def run(
        self,
        operation: Callable[[Transaction], T],
        *,
        entity: int,
        actor: str,
        read_only: bool = False,
    ) -> T:
        """Run the operation in one SERIALIZABLE transaction and commit it.

        The operation may be run several times: it must not consume what it cannot read again.
        """
        raise NotImplementedError

    def close(self) -> None:
        """Give the connections back."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
