"""Running the service: keys, the socket, and stopping without cutting anyone off."""

from __future__ import annotations

import ipaddress
import signal
import socket
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

from api.access import OPEN_NAME
from api.workers import JobWorker, Worker, run_workers
from revrec.errors import RevrecError
from revrec.operations.people import digest_of_key, new_key
from revrec.operations.workspace import Workspace
from revrec.runtime.settings import Settings
from revrec.store import people

_BACKLOG = 2048


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
    workers: int = 1,
) -> None:
    """Serve until SIGINT or SIGTERM, then finish what is under way; a second one cuts it off.

    ``workers`` processes answer, and those of ``settings.job_workers`` do jobs; this one looks
    after them.

    While nobody is enrolled a key is made and told, on a loopback address only. Raises
    CannotServe when the address cannot be listened on or would be open to others without keys.
    """
    open_key = _open_key(workspace, host, tell)
    options: dict[str, Any] = {
        "log_config": None,
        "access_log": False,
        "server_header": False,
        "timeout_graceful_shutdown": None,
    }
    worker = Worker(settings=settings, open_key=open_key, options=options)
    doing = [JobWorker(settings=settings, actor=workspace.actor)] * settings.job_workers
    with listening(host, port) as listener:
        for stopping in (signal.SIGINT, signal.SIGTERM):
            # Until the others run; the stores are closed then too.
            signal.signal(stopping, _leave)
        tell(f"Serving on http://{_address(host)}:{listener.getsockname()[1]}, API under /docs.")
        run_workers(worker, listener, workers, doing)


def _open_key(workspace: Workspace, host: str, tell: Callable[[str], None]) -> str | None:
    """SHA-256 of a key for everything, told once; None when people are enrolled and have theirs."""
    if workspace.run(people.is_enrolled, read_only=True):
        return None
    if not _is_loopback(host):
        raise CannotServe(
            f"Nobody is enrolled, so anyone who reaches {host} could do everything.",
            remedy="Enrol people first, beginning with `revrec users begin`, or serve on "
            "127.0.0.1.",
        )
    key = new_key()
    tell("NOBODY IS ENROLLED: names are taken at their word, and one key may do everything.")
    tell(f"Until this process ends or someone is enrolled, it acts as {OPEN_NAME}:")
    tell(f"  {key}")
    tell("Enrol people with `revrec users begin`; each gets a key with `revrec keys add`.")
    return digest_of_key(key)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def listening(host: str, port: int) -> socket.socket:
    """A socket that listens; CannotServe if it cannot, with what to do."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except OSError as error:
        raise CannotServe(
            f"Cannot listen on {host} port {port}: {error.strerror}.",
            remedy="Choose another --port, or stop what uses this one.",
        ) from error
    # Connections have it from their listener. Without, the end of an answer waits some 40 ms until
    # the other side acknowledges its beginning.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def _address(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _leave(_signal: int, _frame: FrameType | None) -> None:
    sys.exit(0)
