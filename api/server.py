"""Running the service: keys, the socket, and stopping without cutting anyone off."""

from __future__ import annotations

import hashlib
import ipaddress
import secrets
import signal
import socket
import sys
from collections.abc import Callable, Mapping
from types import FrameType

import uvicorn

from api.app import create_app
from revrec.errors import RevrecError
from revrec.operations.workspace import Workspace
from revrec.runtime.settings import ApiKey, Settings

_BACKLOG = 2048
_ACTS_AS = "operator"


class CannotServe(RevrecError):
    """The service cannot be started with these settings."""

    code = "cannot-serve"


def serve(
    workspace: Workspace,
    settings: Settings,
    *,
    host: str,
    port: int,
    tell: Callable[[str], None],
) -> None:
    """Serve until SIGINT or SIGTERM, then finish the requests under way; a second one cuts them.

    Without configured keys a key is made and told, on a loopback address only. Raises
    CannotServe when the address cannot be listened on or would be open to others without keys.
    """
    keys = _keys(settings, host, tell)
    config = uvicorn.Config(
        create_app(workspace, keys, settings),
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=None,
    )
    with _listening(host, port) as listener:
        for stopping in (signal.SIGINT, signal.SIGTERM):
            # The server gives the signal back when it has finished; then the stores are closed too.
            signal.signal(stopping, _leave)
        tell(f"Serving on http://{_address(host)}:{listener.getsockname()[1]}, API under /docs.")
        uvicorn.Server(config).run(sockets=[listener])


def _keys(settings: Settings, host: str, tell: Callable[[str], None]) -> Mapping[str, str | ApiKey]:
    if settings.api_keys:
        return settings.api_keys
    if not _is_loopback(host):
        raise CannotServe(
            f"No API key is configured, and {host} can be reached by others.",
            remedy="Set REVREC_API_KEYS to {SHA-256 of a key: who it acts as}, or serve on "
            "127.0.0.1.",
        )
    key = f"revrec_{secrets.token_urlsafe(32)}"
    digest = hashlib.sha256(key.encode()).hexdigest()
    tell(f"No API key is configured. Until this process ends, this one acts as {_ACTS_AS}:")
    tell(f"  {key}")
    tell("To keep it, or one of your own (its SHA-256, and who it acts as):")
    tell(f"""  export REVREC_API_KEYS='{{"{digest}": "{_ACTS_AS}"}}'""")
    return {digest: _ACTS_AS}


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except OSError as error:
        raise CannotServe(
            f"Cannot listen on {host} port {port}: {error.strerror}.",
            remedy="Choose another --port, or stop what uses this one.",
        ) from error


def _address(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _leave(_signal: int, _frame: FrameType | None) -> None:
    sys.exit(0)
