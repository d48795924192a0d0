"""Settings: one frozen object, read from ``REVREC_*`` variables, built once and passed down."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import AwareDatetime, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from revrec.errors import RevrecError

_FILE = "REVREC_SETTINGS_FILE"
Signature = Literal["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA"]
"""Signatures by a key pair: whoever can check one cannot make one."""


class WrongSettings(RevrecError):
    """A setting is unknown or not of its form, or the file of settings cannot be read."""

    code = "wrong-settings"


class Settings(BaseSettings):
    """Everything an operator may set. Secrets print as stars."""

    model_config = SettingsConfigDict(
        env_prefix="REVREC_", frozen=True, extra="forbid", use_attribute_docstrings=True
    )

    settings_file: Path | None = None
    """TOML file of settings by their names here; what the environment says goes before it."""
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
    reports_bytes_max: int = Field(default=4 * 2**30, ge=0)
    """Files of computed reports kept in ``home``/cache/reports; those read last stay."""

    host: str = "127.0.0.1"
    """Address the service listens on."""
    port: int = Field(default=8000, ge=0, le=65535)
    """Port the service listens on; 0 takes a free one."""
    workers: int = Field(default=1, ge=1, le=64)
    """Processes that answer requests; as many as cores is plenty."""
    job_workers: int = Field(default=1, ge=0, le=16)
    """Processes of the service that do jobs; 0 where `revrec jobs work` runs elsewhere."""
    served_entities: frozenset[int] = frozenset()
    """Entities the service serves beside ``entity``, to requests that name them."""
    oidc_issuer: str | None = None
    """Whose tokens prove who calls the service, beside keys; none if left out."""
    oidc_audience: str | None = None
    """What those tokens must be made out to; needed with an issuer."""
    oidc_jwks_url: str | None = None
    """Where the issuer publishes its keys; found by its discovery document if left out."""
    oidc_algorithms: frozenset[Signature] = frozenset({"RS256", "ES256"})
    """Signatures that are accepted; all of them by key pairs."""
    oidc_leeway_seconds: int = Field(default=30, ge=0, le=300)
    """How far the issuer's clock may be from this one."""
    oidc_person_claim: str = Field(default="sub", min_length=1)
    """The claim that says who it is: of the person enrolled with the login ``oidc:`` and it."""
    oidc_roles_claim: str | None = None
    """The claim with the roles a token is good for; all of its person's if left out."""
    oidc_roles: dict[str, str] = {}
    """What the issuer calls a role -> the role; the same name if left out."""
    oidc_entities_claim: str | None = None
    """The claim with the entities a token is good for; all of its person's if left out."""
    requests_per_minute: int = Field(default=6000, ge=0, le=10**6)
    """Requests of one caller in the long run, over all processes; 0 for no limit."""
    requests_at_once: int = Field(default=1000, ge=1, le=10**6)
    """Requests that a caller who was quiet may make in one go."""
    webhook_secret: SecretStr | None = Field(default=None, min_length=32)
    """What the secrets of webhooks follow from, 32 random characters or more; kept nowhere else."""
    webhook_private_addresses: bool = False
    """Whether webhooks may lead into private networks, and by plain HTTP."""
    if_match_required: bool = False
    """Whether a request that changes a resource has to name the state it was read in."""

    @model_validator(mode="after")
    def _audience_of_issuer(self) -> Self:  # noqa: N804 - it runs on what was made
        """A token that is made out to someone else must not open these books."""
        if self.oidc_issuer is not None and not self.oidc_audience:
            raise ValueError("REVREC_OIDC_ISSUER needs REVREC_OIDC_AUDIENCE beside it.")
        if self.oidc_issuer is not None and not self.oidc_algorithms:
            raise ValueError("REVREC_OIDC_ALGORITHMS names no signature.")
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - named by the library
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - same
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What is passed in, then the environment, then the file it names."""
        named = os.environ.get(_FILE)
        file = InitSettingsSource(settings_cls, _read(Path(named)) if named else {})
        return init_settings, env_settings, file

    @property
    def lake_root(self) -> str:
        """Where the Delta tables are."""
        return str(self.home / "lake") if self.lake is None else self.lake


def _read(path: Path) -> dict[str, Any]:
    """The settings of a file; raises WrongSettings."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeError, tomllib.TOMLDecodeError) as error:
        raise WrongSettings(
            f"The settings in {path} cannot be read: {error}.",
            remedy=f"Correct the file, or point {_FILE} to another.",
        ) from error


def wrong(error: ValidationError) -> WrongSettings:
    """What is wrong with settings, in words; secrets stay unsaid."""
    found = [
        ": ".join([*(f"REVREC_{name}".upper() for name in each["loc"][:1]), each["msg"]])
        for each in error.errors(include_input=False, include_url=False)
    ]
    return WrongSettings(
        "; ".join(found) + ".",
        remedy="Correct it in the environment or the file of settings; see `revrec settings`.",
    )
