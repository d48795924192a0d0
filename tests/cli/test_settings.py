"""Settings come from the environment, then from the file it names; what is wrong is told."""

from __future__ import annotations

import json

import pytest
from pydantic import ValidationError

from revrec.runtime.settings import Settings, WrongSettings, wrong


@pytest.fixture
def file(tmp_path, monkeypatch):
    """Writes the file of settings that the environment names."""
    path = tmp_path / "revrec.toml"
    monkeypatch.setenv("REVREC_SETTINGS_FILE", str(path))

    def write(text):
        path.write_text(text, encoding="utf-8")

    return write


def test_the_environment_goes_before_the_file(file, monkeypatch):
    """And what is passed in goes before both; what neither tells is as it is without them."""
    file('host = "10.0.0.5"\nport = 9000\nworkers = 3\n')
    monkeypatch.setenv("REVREC_PORT", "9001")

    settings = Settings(workers=4)

    assert ("10.0.0.5", 9001, 4) == (settings.host, settings.port, settings.workers)
    assert settings.entity == 1


@pytest.mark.parametrize("text", ["port = ", "\x00", None], ids=["broken", "binary", "missing"])
def test_a_file_that_cannot_be_read_is_an_error(text, file):
    """A file that is named and not read would leave the service with other settings."""
    if text is not None:
        file(text)

    with pytest.raises(WrongSettings, match=r"revrec\.toml cannot be read"):
        Settings()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('prot = 9000\ndatabase_url = "postgresql://me:secret@db/x"', "REVREC_PROT"),
        ("port = 70000", "REVREC_PORT"),
        ('log_level = "LOUD"', "REVREC_LOG_LEVEL"),
    ],
)
def test_what_is_wrong_is_named_and_no_secret_told(text, said, file):
    """Unknown names are refused too: a misspelt limit must not be left out."""
    file(text)

    with pytest.raises(ValidationError) as raised:
        Settings()

    told = wrong(raised.value).message
    assert said in told
    assert "secret" not in told


def test_the_command_tells_it_in_words(command):
    """Exit code 1, and no traceback."""
    told = command("settings", REVREC_WORKERS="none")

    assert (1, "") == (told.returncode, told.stdout)
    assert "wrong-settings: REVREC_WORKERS: Input should be a valid integer" in told.stderr
    assert "Traceback" not in told.stderr


def test_the_command_prints_those_in_force(command, tmp_path):
    """Those of the file are among them."""
    path = tmp_path / "revrec.toml"
    path.write_text("workers = 2\n", encoding="utf-8")

    told = command("settings", REVREC_SETTINGS_FILE=str(path))

    assert json.loads(told.stdout)["workers"] == 2
