"""Settings: one frozen object, read from ``REVREC_*`` variables, built once and passed down."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import AwareDatetime, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Everything an operator may set. Secrets print as stars."""

    model_config = SettingsConfigDict(
        env_prefix="REVREC_", frozen=True, extra="forbid", use_attribute_docstrings=True
    )

    home: Path = Path(".revrec")
    """Folder of everything kept on this machine: the private PostgreSQL and the lake."""
    database_url: SecretStr | None = None
    """PostgreSQL URL the service logs in with; none starts a private server under ``home``."""
    owner_database_url: SecretStr | None = None
    """PostgreSQL URL for migrations only; ``database_url`` if left out."""
    lake: str | None = None
    """Folder or object-store URL of the Delta tables; ``home``/lake if left out."""
    entity: int = Field(default=1, ge=1)
    """The reporting entity that commands act for."""
    clock: AwareDatetime | None = None
    """A fixed time for reproducible runs, with its offset, such as 2026-02-01T09:00:00Z."""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    """Least severity that is logged."""
    connections_max: int = Field(default=10, ge=1, le=500)
    """Most database connections of one process; work beyond it waits."""
    connect_timeout_seconds: int = Field(default=10, ge=1, le=600)
    """Longest wait for a database connection before the database counts as down."""
    lock_timeout_seconds: int = Field(default=300, ge=1, le=3600)
    """Longest wait for a lock, such as a posting's wait for a close."""
    key: SecretStr | None = None
    """The key that proves who acts on the command line, instead of the login."""
    request_bytes_max: int = Field(default=32 * 2**20, ge=1024)
    """Largest body of a request, uploads of usage apart."""
    upload_bytes_max: int = Field(default=4 * 2**30, ge=1024)
    """Largest file of usage that is uploaded; it is kept on disk while it is read."""

    @property
    def lake_root(self) -> str:
        """Where the Delta tables are."""
        return str(self.home / "lake") if self.lake is None else self.lake
