"""What a failure of PostgreSQL means, in the terms of ``revrec.errors``.

The guards in the database raise SQLSTATEs of their own (class RV); each is one error here, so a
refusal reads the same whether Python or PostgreSQL noticed first. Bugs in our own statements,
such as an unknown column, are not translated: they must not look like an operator's problem.
"""

from __future__ import annotations

import psycopg
from psycopg import errors as pg

from revrec.errors import (
    ApprovalNeeded,
    ChainBroken,
    Conflict,
    FeedError,
    Forbidden,
    InvariantViolated,
    PeriodClosed,
    PeriodNotReady,
    RevrecError,
    SelfApproval,
    StoreError,
    UnbalancedEntry,
)

RETRIED = frozenset({"40001", "40P01"})
"""Serialization failure and deadlock: the same operation may well succeed when begun again."""
UNIQUE_VIOLATION = "23505"
MIGRATE = "Run `revrec migrate`."

_GUARDS: dict[str, type[RevrecError]] = {
    "RV001": InvariantViolated,  # append-only
    "RV002": UnbalancedEntry,
    "RV003": InvariantViolated,  # lines for an entry of another transaction
    "RV004": InvariantViolated,  # number of lines
    "RV005": PeriodClosed,
    "RV006": PeriodNotReady,
    "RV007": ChainBroken,
    "RV008": InvariantViolated,  # an approval that does not name who asked
    "RV009": InvariantViolated,  # a decision of what nobody proposed
    "RV010": InvariantViolated,  # a sign-off of evidence that nobody gave
    "RV011": Forbidden,  # no right to it, or another's name
    "RV012": ApprovalNeeded,  # of another person's word, or an exception
    "RV013": Conflict,  # not enrolled
    "RV014": InvariantViolated,  # a finding that is not, or a resolution nobody asked for
    "RV015": InvariantViolated,  # an item or a result of no sample
}
_AGAIN = "Nothing was changed; try again."
_STORE: tuple[tuple[str, str, str], ...] = (
    # Beginning of the SQLSTATE, what it means, what to do. The first that fits counts.
    ("53100", "The database's disk is full", "Nothing was changed; free space, then try again."),
    ("53300", "The database takes no further connections", "Raise max_connections or wait."),
    ("53", "The database is short of resources", _AGAIN),
    ("55P03", "A lock was not free within the time allowed", _AGAIN),
    ("57014", "The statement was cancelled or took too long", _AGAIN),
    ("57", "The database is shutting down or starting", _AGAIN),
    ("08", "The connection to the database broke", _AGAIN),
    ("58", "The database cannot use its files", "Nothing was changed; see the database's log."),
    ("XX", "The database reports damage", "Stop, keep the data, see the database's log."),
    ("25006", "The database is read-only", "Use the primary server's URL."),
    ("40", "The operation kept colliding with others", _AGAIN),
    ("42P01", "The database lacks a table", MIGRATE),
    ("42501", "The database refused the role", f"{MIGRATE} It grants what the service needs."),
)


def sqlstate(error: psycopg.Error) -> str:
    """The five characters that classify the error; empty when the server sent none."""
    return error.sqlstate or ""


def explain(error: psycopg.Error, *, committing: bool = False) -> Exception:
    """The revrec error this is, or the error itself when it is a bug of ours."""
    state = sqlstate(error)
    said = (error.diag.message_primary or str(error)).strip().partition("\n")[0]
    if state in _GUARDS:
        return _GUARDS[state](said, remedy=error.diag.message_hint or "")
    if isinstance(error, psycopg.IntegrityError | psycopg.DataError):
        return _refused_value(error, said)
    if committing and isinstance(error, psycopg.OperationalError) and state not in RETRIED:
        return StoreError(
            f"The connection broke while committing ({said}); whether the operation took effect "
            "is not known.",
            remedy="Repeat it with the same idempotency key: it takes effect once.",
        )
    for beginning, meaning, remedy in _STORE:
        if state.startswith(beginning):
            return StoreError(f"{meaning} ({said}).", remedy=remedy, sqlstate=state)
    if isinstance(error, psycopg.OperationalError):
        return StoreError(
            f"The connection to the database broke ({said}).", remedy=_AGAIN, sqlstate=state
        )
    return error


def _refused_value(error: psycopg.Error, said: str) -> Exception:
    """What a value the database does not take means; some mean a bug of ours."""
    name = error.diag.constraint_name or ""
    if isinstance(error, pg.UniqueViolation):
        return Conflict(
            f"{error.diag.table_name} has this already: {error.diag.message_detail}",
            remedy="Read what is there, then decide whether a correction is needed.",
            constraint=name,
        )
    if name.endswith("_by_another"):
        return SelfApproval(
            "Whoever prepared or asked for it cannot approve it.",
            remedy="Have another person approve.",
        )
    if isinstance(error, psycopg.DataError):
        return FeedError(
            f"The database cannot keep a value: {said}.",
            remedy="Correct it; text must not contain NUL, numbers must fit their column.",
        )
    return error


def unreachable(error: psycopg.Error, place: str) -> StoreError:
    """Why no connection could be made; ``place`` names the server without its password."""
    said = " ".join(str(error).split())
    if isinstance(error, pg.InvalidCatalogName) or "does not exist" in said:
        remedy = f"Create the database, correct REVREC_DATABASE_URL, or: {MIGRATE}"
    elif isinstance(error, psycopg.ProgrammingError):
        return StoreError(
            "REVREC_DATABASE_URL is not a PostgreSQL URL.",
            remedy="Write postgresql://user:password@host:port/database.",
        )
    else:
        remedy = "Start PostgreSQL, or correct REVREC_DATABASE_URL."
    return StoreError(f"No connection to PostgreSQL at {place}: {said}.", remedy=remedy)
