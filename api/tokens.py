"""Tokens of an OpenID provider: who it says is calling, shown by its signature (RFC 7519, 9068).

A token proves who calls, and may narrow what for. What a person may do is the books' to say: a
role that the provider claims and the books did not give opens nothing.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import httpx
import jwt
import structlog

from revrec.errors import StoreError, Unauthorised
from revrec.runtime.settings import Settings

LOGIN = "oidc:"
"""Begins the login of people whom tokens prove: it is not one of the operating system."""
_DISCOVERY = "/.well-known/openid-configuration"
_FETCH_SECONDS = 5.0
_KEYS_SECONDS = 300.0
"""How long keys are believed without asking again: a key withdrawn is refused after that."""
_AGAIN_SECONDS = 5.0
"""Between two looks for a key that is not known: made-up ones must not flood the issuer."""
_BYTES_MAX = 2**20
_log = structlog.get_logger("revrec.api")
Fetch = Callable[[str], object]
T = TypeVar("T")
_WRONG: Mapping[type[Exception], str] = {
    jwt.ExpiredSignatureError: "it has ended",
    jwt.ImmatureSignatureError: "it is of a later time",
    jwt.InvalidAudienceError: "it is made out to another audience",
    jwt.InvalidIssuerError: "it is of another issuer",
    jwt.InvalidSignatureError: "its signature does not fit",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What a token shows."""

    login: str
    """Of the person, as enrolled."""
    roles: frozenset[str] | None
    """What it is good for; None for all that its person is."""
    entities: frozenset[int] | None
    """Where it is good; None for everywhere its person is enrolled."""


class Keys:
    """The public keys of an issuer by their ids, asked for again when a new id turns up."""

    def __init__(
        self, settings: Settings, *, fetch: Fetch, seconds: Callable[[], float] = time.monotonic
    ) -> None:
        self._issuer = (settings.oidc_issuer or "").rstrip("/")
        self._url = settings.oidc_jwks_url
        self._fetch = fetch
        self._seconds = seconds
        self._lock = threading.Lock()
        self._known: Mapping[str, Mapping[str, object]] = {}
        self._asked_at: float | None = None
        self._failed_at: float | None = None

    def of(self, number: str, algorithm: str) -> jwt.PyJWK:
        """The key with an id, for a signature of a kind.

        Raises Unauthorised for none, StoreError if the issuer cannot be asked.
        """
        with self._lock:
            if self._is_due(number):
                self._ask()
            found = self._known.get(number)
        if found is None:
            raise _unproven("its key is not one of the issuer's")
        return jwt.PyJWK(dict(found), None if "alg" in found else algorithm)

    def _is_due(self, number: str) -> bool:
        if self._asked_at is None:
            return True
        age = self._seconds() - self._asked_at
        return age > (_KEYS_SECONDS if number in self._known else _AGAIN_SECONDS)

    def _ask(self) -> None:
        """Ask the issuer, but not one that just failed: whoever calls would wait for it in turn."""
        if self._failed_at is not None and self._seconds() - self._failed_at < _AGAIN_SECONDS:
            raise _unreadable()
        try:
            self._known = self._published()
        except StoreError:
            self._failed_at = self._seconds()
            raise
        self._asked_at, self._failed_at = self._seconds(), None

    def _published(self) -> Mapping[str, Mapping[str, object]]:
        try:
            if self._url is None:
                self._url = _of(self._fetch(self._issuer + _DISCOVERY), "jwks_uri", str)
            keys = _of(self._fetch(self._url), "keys", list)
        except (httpx.HTTPError, ValueError) as error:
            _log.warning("keys of the issuer unknown", reason=f"{type(error).__name__}: {error}")
            raise _unreadable() from error
        return {str(each["kid"]): each for each in keys if _signs(each)}


def _unreadable() -> StoreError:
    return StoreError(
        "The keys of the issuer of tokens cannot be read.",
        remedy="Try again, or use a key of the service; see REVREC_OIDC_JWKS_URL.",
    )


class Tokens:
    """Checks tokens of the one issuer that the settings name."""

    def __init__(self, settings: Settings, keys: Keys) -> None:
        self._settings = settings
        self._keys = keys

    def shown_by(self, token: str) -> Shown:
        """What a token shows; Unauthorised for one that proves nothing here."""
        settings = self._settings
        try:
            header = jwt.get_unverified_header(token)
            algorithm, number = header.get("alg"), header.get("kid")
            if algorithm not in settings.oidc_algorithms:
                raise _unproven("its signature is of a kind that is not accepted")
            if not isinstance(number, str) or not number:
                raise _unproven("it names no key")
            claims = jwt.decode(
                token,
                self._keys.of(number, algorithm),
                algorithms=[algorithm],
                audience=settings.oidc_audience,
                issuer=settings.oidc_issuer,
                leeway=settings.oidc_leeway_seconds,
                options={"require": ["exp", "iat", "iss", "aud"]},
            )
        except (jwt.PyJWTError, ValueError) as error:
            raise _unproven(_said(error)) from error
        return _shown(claims, settings)


def tokens_of(settings: Settings) -> Tokens | None:
    """What checks tokens by the settings; None where no issuer is trusted."""
    if settings.oidc_issuer is None:
        return None
    return Tokens(settings, Keys(settings, fetch=_fetch))


def looks_like_token(credentials: str) -> bool:
    """Whether credentials are a token and no key: three parts with dots between."""
    return credentials.count(".") == 2  # noqa: PLR2004 - header, claims, signature


def _shown(claims: Mapping[str, object], settings: Settings) -> Shown:
    who = claims.get(settings.oidc_person_claim)
    if not isinstance(who, str) or not who:
        raise _unproven(f"it has no claim {settings.oidc_person_claim!r}")
    roles = _listed(claims, settings.oidc_roles_claim)
    entities = _listed(claims, settings.oidc_entities_claim)
    return Shown(
        login=LOGIN + who,
        roles=None if roles is None else frozenset(settings.oidc_roles.get(r, r) for r in roles),
        entities=None if entities is None else frozenset(int(e) for e in entities if e.isdigit()),
    )


def _listed(claims: Mapping[str, object], name: str | None) -> frozenset[str] | None:
    """The values of a claim, one or a list or words; none where a token lacks it."""
    if name is None:
        return None
    told = claims.get(name, [])
    if isinstance(told, str):
        return frozenset(told.split())
    return (
        frozenset(str(each) for each in told) if isinstance(told, list) else frozenset({str(told)})
    )


def _of(document: object, name: str, kind: type[T]) -> T:
    """A member of a document that was fetched."""
    value = document.get(name) if isinstance(document, dict) else None
    if not isinstance(value, kind):
        raise ValueError(f"it has no {name}")  # noqa: TRY004 - a wrong document, not a wrong call
    return value


def _signs(told: object) -> bool:
    """Whether a published key is the public half of a pair that signs, with an id."""
    return (
        isinstance(told, dict)
        and bool(told.get("kid"))
        and told.get("use", "sig") == "sig"
        and told.get("kty") != "oct"
    )


def _fetch(url: str) -> object:
    answer = httpx.get(url, timeout=_FETCH_SECONDS, follow_redirects=False)
    answer.raise_for_status()
    if len(answer.content) > _BYTES_MAX:
        raise ValueError("the document is too long")
    return answer.json()


def _said(error: Exception) -> str:
    """What is wrong with a token, without anything of it."""
    if isinstance(error, jwt.MissingRequiredClaimError):
        return f"it has no claim {error.claim!r}"
    return next(
        (said for kind, said in _WRONG.items() if isinstance(error, kind)),
        "it is not a token of the form that is accepted",
    )


def _unproven(why: str) -> Unauthorised:
    return Unauthorised(
        f"The token proves nothing: {why}.",
        remedy="Get a new one from the issuer for this audience, or use a key.",
    )
