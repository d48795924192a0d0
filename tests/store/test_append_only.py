"""What was told and what was recorded is never changed in place, by anyone."""

from __future__ import annotations

import psycopg
import pytest

from tests.store.samples import as_role, insert, rows_of_every_table, tables

ROLES = ("revrec_app", "revrec_bulk", "revrec_reader", "revrec_owner", "postgres")
STATEMENTS = {
    "update": "update {} set entity_id = entity_id",
    "delete": "delete from {}",
    "truncate": "truncate {}",
}


@pytest.fixture(scope="module")
def login(database_url):
    """The login's own role: the owner of the database or a superuser."""
    with psycopg.connect(database_url) as connection:
        return connection.execute("select session_user").fetchone()[0]


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("verb", STATEMENTS)
def test_facts_and_records_are_append_only(database_url, login, role, verb):
    """Every table refuses UPDATE, DELETE and TRUNCATE to every role, the owner's included."""
    outcomes = {}
    with as_role(database_url, login if role == "postgres" else role) as connection:
        names = tables(connection, "facts", "records")
        for table in names:
            try:
                connection.execute(STATEMENTS[verb].format(table))
            except psycopg.Error as error:
                outcomes[table] = error.sqlstate

    granted = role in {"revrec_owner", "postgres"}
    assert len(names) >= 11
    assert dict.fromkeys(names, "RV001" if granted else "42501") == outcomes


def test_rows_survive_an_attempt(superuser, entity):
    """A refused deletion by a superuser leaves the row."""
    insert(superuser, "records.audit_event", rows_of_every_table(entity)["records.audit_event"])

    with pytest.raises(psycopg.Error, match="append-only: DELETE refused"):
        superuser.execute("delete from records.audit_event")

    found = superuser.execute(
        "select count(*) from records.audit_event where entity_id = %s", [entity]
    )
    assert (1,) == found.fetchone()


@pytest.mark.parametrize("role", ["revrec_app", "revrec_bulk"])
def test_the_service_deletes_nothing_at_all(database_url, role):
    """Operational state is changed, never removed."""
    with as_role(database_url, role) as connection:
        for table in tables(connection, "work"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(f"delete from {table}")


def test_the_reader_writes_nothing_at_all(database_url, entity):
    """An auditor's role may not insert into any table."""
    rows = rows_of_every_table(entity)
    with as_role(database_url, "revrec_reader") as connection:
        connection.execute(f"set revrec.entity_id = {entity}")
        for table in tables(connection, "facts", "records", "work"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                insert(connection, table, rows[table])


@pytest.mark.parametrize("role", ROLES[:4])
def test_no_role_can_log_in(superuser, role):
    """The roles carry rights; people and services have logins of their own."""
    row = superuser.execute(
        "select rolcanlogin, rolsuper, rolbypassrls from pg_roles where rolname = %s", [role]
    ).fetchone()

    assert (False, False, False) == row


def test_every_table_is_owned_by_the_owner(superuser):
    """Migrations run as revrec_owner, so no table belongs to a login."""
    owners = superuser.execute(
        "select distinct tableowner from pg_tables"
        " where schemaname in ('facts', 'records', 'work', 'migrations')"
    ).fetchall()

    assert [("revrec_owner",)] == owners
