"""Logging: events with fields, for people on a terminal and as JSON lines otherwise.

Everything goes to standard error, so that data on standard output can be piped. Bind
``request_id``, ``entity``, ``actor`` and ``operation`` with ``structlog.contextvars``; never log
amounts together with a customer's name.
"""

from __future__ import annotations

import logging
import sys
from typing import TextIO

import structlog
from structlog.tracebacks import ExceptionDictTransformer

_TALKATIVE = ("alembic",)
"""Libraries whose every step is told at INFO."""


def configure(level: str = "INFO", *, stream: TextIO | None = None) -> None:
    """Send structlog's events and the standard library's records to one place, in one form.

    ``stream`` is standard error if left out. Configuring again replaces what was before.
    """
    target = sys.stderr if stream is None else stream
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    terminal = target.isatty()
    # Tracebacks without the values of variables, which hold customers, amounts and secrets.
    without_values = ExceptionDictTransformer(show_locals=False)
    last: list[structlog.typing.Processor] = (
        [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
        if terminal
        else [
            structlog.processors.ExceptionRenderer(without_values),
            structlog.processors.JSONRenderer(),
        ]
    )
    handler = logging.StreamHandler(target)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
