"""Requests that the service makes by itself: signed, bounded, and never into its own network.

Signatures are those of Standard Webhooks (standardwebhooks.com). An address is looked up once and
connected to as it was looked at, so that a name cannot lead elsewhere in between.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import ipaddress
import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import httpx
from pydantic import SecretStr

from revrec.errors import FeedError

SECRET_MIN = 32
"""Fewest characters of the service's own secret."""
_BEGIN = "whsec_"
_SECONDS_MAX = 15.0
"""From the look-up of the name to the status of the answer."""
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outbound:
    """What the settings say of requests to others."""

    secret: SecretStr | None = None
    """Which all secrets of endpoints follow from."""
    private_addresses: bool = False
    """Whether addresses of private networks, and plain HTTP, are allowed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of a request: a status, or why there is none."""

    status: int | None
    error: str
    milliseconds: int


def secret_of(master: SecretStr, *name: object) -> str:
    """The secret with a name, as it is told to whoever checks signatures: `whsec_` and 256 bits."""
    told = "/".join(["revrec webhook", *map(str, name)])
    key = hmac.new(master.get_secret_value().encode(), told.encode(), hashlib.sha256).digest()
    return _BEGIN + base64.b64encode(key).decode()


def signature(secret: str, number: str, seconds: int, body: str) -> str:
    """The signature of a message: `v1,` and the HMAC-SHA256 of its id, time and body."""
    key = base64.b64decode(secret.removeprefix(_BEGIN))
    said = f"{number}.{seconds}.{body}".encode()
    return "v1," + base64.b64encode(hmac.new(key, said, hashlib.sha256).digest()).decode()


def check_url(url: str, outbound: Outbound) -> None:
    """FeedError for a URL that no request may be made to, as far as it can be seen from it."""
    try:
        told = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise FeedError(f"{url!r} is not a URL: {error}.", remedy="Write https://...") from error
    if told.scheme != "https" and not (outbound.private_addresses and told.scheme == "http"):
        raise FeedError(
            f"The URL begins with {told.scheme or 'nothing'}://.", remedy="Write https://..."
        )
    if not told.host or told.userinfo or told.fragment:
        raise FeedError(
            "The URL has no host, or a user or fragment.",
            remedy="Write https://HOST/PATH; the signature proves who calls.",
        )
    try:
        address = ipaddress.ip_address(told.host)
    except ValueError:
        return
    if not outbound.private_addresses and not is_public(address):
        raise FeedError(f"{address} is not a public address.", remedy="Name a public host.")


def is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Whether an address is of the internet, and of no network behind it."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
    return address.is_global and not address.is_multicast


def post(url: str, body: str, headers: Mapping[str, str], outbound: Outbound) -> Outcome:
    """Send a body; redirects and proxies are not followed, only the answer's status is read."""
    started = time.perf_counter()
    status, error = None, ""
    try:
        check_url(url, outbound)
        status = asyncio.run(_posted(httpx.URL(url), body, headers, outbound))
    except TimeoutError:
        error = f"no answer in {_SECONDS_MAX:.0f} s"
    except (FeedError, httpx.HTTPError, OSError) as failure:
        error = f"{type(failure).__name__}: {failure}"[:500]
    took = round((time.perf_counter() - started) * 1000)
    return Outcome(status=status, error=error, milliseconds=took)


@cache
def _trusted() -> ssl.SSLContext:
    """Whose certificates are trusted: read once."""
    return httpx.create_ssl_context(trust_env=False)


async def _posted(url: httpx.URL, body: str, headers: Mapping[str, str], outbound: Outbound) -> int:
    async with asyncio.timeout(_SECONDS_MAX):
        address = await _address(url, outbound)
        client = httpx.AsyncClient(
            verify=_trusted(),
            timeout=_SECONDS_MAX,
            follow_redirects=False,
            trust_env=False,
            http2=False,
        )
        async with (
            client,
            client.stream(
                "POST",
                url.copy_with(host=address),
                content=body.encode(),
                headers={**headers, "Host": url.netloc.decode()},
                extensions={"sni_hostname": url.host},
            ) as answer,
        ):
            return answer.status_code


async def _address(url: httpx.URL, outbound: Outbound) -> str:
    """Where a host is; refused if any of its addresses is one of a private network."""
    port = url.port or _PORTS[url.scheme]
    found = await asyncio.get_running_loop().getaddrinfo(url.host, port, type=socket.SOCK_STREAM)
    addresses = [str(each[4][0]).partition("%")[0] for each in found]
    for each in addresses:
        if not outbound.private_addresses and not is_public(ipaddress.ip_address(each)):
            raise FeedError(f"{url.host} leads to {each}, which is not a public address.")
    return addresses[0]
