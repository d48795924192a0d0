"""Settings, clock, logging."""

from __future__ import annotations

import io
import json
import logging
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
import structlog
from pydantic import ValidationError

from revrec.runtime.clock import FixedClock, SystemClock, clock_of
from revrec.runtime.logging import configure
from revrec.runtime.settings import Settings

NINE = datetime(2026, 2, 1, 9, tzinfo=UTC)


@pytest.fixture
def clean(monkeypatch):
    """No variable of ours is set."""
    for name in Settings.model_fields:
        monkeypatch.delenv(f"REVREC_{name.upper()}", raising=False)
    return monkeypatch


def test_a_fixed_clock_stands_still():
    """Until it is moved, also backwards; always in UTC."""
    clock = FixedClock(datetime(2026, 2, 1, 10, tzinfo=timezone(timedelta(hours=1))))

    assert NINE == clock.now() == clock.now()
    assert UTC is clock.now().tzinfo
    clock.advance(timedelta(days=-1))
    assert datetime(2026, 1, 31, 9, tzinfo=UTC) == clock.now()


def test_a_clock_needs_a_zone():
    """Nine o'clock is not a moment until it is said where."""
    with pytest.raises(ValueError, match="needs an aware time"):
        FixedClock(datetime(2026, 2, 1, 9))  # noqa: DTZ001 - what is refused


def test_the_clock_follows_the_setting():
    """Fixed where one is set, the machine's otherwise."""
    assert NINE == clock_of(NINE).now()
    assert isinstance(clock_of(None), SystemClock)
    assert UTC is clock_of(None).now().tzinfo


@pytest.mark.usefixtures("clean")
def test_settings_have_defaults():
    """Nothing needs to be set."""
    settings = Settings()

    assert (None, 1, None, ".revrec/lake") == (
        settings.database_url,
        settings.entity,
        settings.clock,
        settings.lake_root,
    )


def test_settings_come_from_variables(clean):
    """Each with the prefix REVREC_."""
    clean.setenv("REVREC_HOME", "/srv/revrec")
    clean.setenv("REVREC_ENTITY", "7")
    clean.setenv("REVREC_CLOCK", "2026-02-01T10:00:00+01:00")
    clean.setenv("REVREC_LAKE", "s3://bucket/books")
    settings = Settings()

    assert (Path("/srv/revrec"), 7, NINE, "s3://bucket/books") == (
        settings.home,
        settings.entity,
        settings.clock,
        settings.lake_root,
    )


def test_secrets_are_not_printed(clean):
    """A URL holds a password."""
    clean.setenv("REVREC_DATABASE_URL", "postgresql://u:hunter2@db/revrec")
    settings = Settings()

    assert "hunter2" not in f"{settings!r} {settings} {settings.model_dump_json()}"
    assert settings.database_url.get_secret_value().endswith("hunter2@db/revrec")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("clock", "2026-02-01T09:00:00"),
        ("entity", 0),
        ("log_level", "LOUD"),
        ("connections_max", 0),
        ("nonsense", 1),
    ],
)
def test_wrong_settings_are_refused(name, value):
    """A time without a zone, an entity 0, an unknown name."""
    with pytest.raises(ValidationError, match=name):
        Settings(**{name: value})


def test_settings_do_not_change():
    """They are built once and passed down."""
    with pytest.raises(ValidationError, match="frozen"):
        Settings().entity = 2


@pytest.fixture
def _restored_logging():
    """Logging as it was before."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


class Terminal(io.StringIO):
    """A stream that a person looks at."""

    def isatty(self):
        return True


@pytest.mark.usefixtures("_restored_logging")
def test_logs_are_json_lines():
    """Events of structlog and of the standard library, with what is bound, in one form."""
    stream = io.StringIO()
    configure("INFO", stream=stream)
    with structlog.contextvars.bound_contextvars(request_id="r1"):
        structlog.get_logger("ours").info("posted", entity=1)
        structlog.get_logger("ours").debug("too fine")
        logging.getLogger("theirs").warning("slow %s", "query")
    ours, theirs = (json.loads(line) for line in stream.getvalue().splitlines())

    assert ("posted", "info", "ours", 1, "r1") == tuple(
        ours[name] for name in ("event", "level", "logger", "entity", "request_id")
    )
    assert ("slow query", "warning", "theirs", "r1") == tuple(
        theirs[name] for name in ("event", "level", "logger", "request_id")
    )
    assert ours["timestamp"].endswith("Z")


@pytest.mark.usefixtures("_restored_logging")
@pytest.mark.parametrize("stream", [io.StringIO, Terminal])
def test_tracebacks_keep_values_to_themselves(stream):
    """Variables hold customers and amounts; the log shows where, not what."""
    target = stream()
    configure("INFO", stream=target)

    def fail(customer):
        raise ValueError(f"{len(customer)} characters")

    try:
        fail("initech, 12345.67 USD".upper())
    except ValueError:
        logging.getLogger("ours").exception("failed")

    assert "21 characters" in target.getvalue()
    assert "INITECH" not in target.getvalue()


@pytest.mark.usefixtures("_restored_logging")
def test_a_person_gets_lines_to_read():
    """On a terminal no JSON."""
    target = Terminal()
    configure("INFO", stream=target)
    structlog.get_logger("ours").info("posted", entity=1)

    assert "posted" in target.getvalue()
    assert "{" not in target.getvalue()
