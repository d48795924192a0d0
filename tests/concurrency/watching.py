"""Watching what sessions of one database wait for, and leading them step by step."""

from __future__ import annotations

import threading
from collections import Counter
from typing import Any

import psycopg


class Watch:
    """Looks at the locks of one database from a connection of its own."""

    def __init__(self, url: str) -> None:
        self._connection = psycopg.connect(url, autocommit=True)
        self._one_at_a_time = threading.Lock()

    def waiting(self) -> int:
        """How many sessions wait for a lock now."""
        with self._one_at_a_time:
            row = self._connection.execute(
                "select count(*) from pg_locks join pg_database on pg_database.oid = database"
                " where datname = current_database() and not granted"
            ).fetchone()
        return 0 if row is None else int(row[0])

    def until_waiting(self, sessions: int) -> None:
        """Return once so many sessions wait; the test's own timeout is the limit."""
        while self.waiting() < sessions:
            pass

    def close(self) -> None:
        """Give the connection back."""
        self._connection.close()


class Schedule:
    """Leads sessions through their steps in one given order, as far as locks allow.

    A session announces each step and goes on when its turn comes. When the session whose turn it
    is waits for a lock, its turn passes: another must end first. A session that begins again
    goes through the steps it had made without asking.
    """

    def __init__(self, order: str, watch: Watch) -> None:
        self._order = list(order)
        self._watch = watch
        self._made: Counter[str] = Counter()
        self._guard = threading.Lock()

    def step(self, session: str, number: int) -> None:
        """Wait for the turn of the session's step; the first is 1."""
        if number <= self._made[session]:
            return
        while not self._my_turn(session):
            if self._watch.waiting():
                self._pass_turn(session)
        self._made[session] = number

    def end(self, session: str) -> None:
        """The session has no further steps."""
        with self._guard:
            self._order = [name for name in self._order if name != session]

    def _my_turn(self, session: str) -> bool:
        with self._guard:
            if not self._order or self._order[0] == session:
                del self._order[:1]
                return True
            return False

    def _pass_turn(self, session: str) -> None:
        with self._guard:
            if self._order and self._order[0] != session:
                del self._order[:1]


def outcome(operation: Any, *errors: type[Exception]) -> str:
    """``done``, or the name of the error that was expected among others."""
    try:
        operation()
    except errors as error:
        return type(error).__name__
    return "done"
