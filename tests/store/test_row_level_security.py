"""One entity never sees or writes another's rows, whatever the statement."""

from __future__ import annotations

import psycopg
import pytest

from tests.store.samples import as_role, insert, rows_of_every_table, tables

OWN, OTHER = 700_001, 700_002
ROLES = ("revrec_app", "revrec_bulk", "revrec_reader", "revrec_owner")
WRITERS = ("revrec_app", "revrec_bulk")


@pytest.fixture(scope="module", autouse=True)
def two_entities(database_url):
    """One row of each table for each of two entities."""
    with psycopg.connect(database_url) as connection:
        connection.execute("set session_replication_role = replica")
        for entity in (OWN, OTHER):
            for table, row in rows_of_every_table(entity).items():
                insert(connection, table, row)


def key_of(table):
    """The column that holds the entity."""
    return "id" if table == "work.entity" else "entity_id"


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(
    ("setting", "visible"),
    [(str(OWN), [(OWN,)]), (str(OTHER), [(OTHER,)]), ("", []), (None, []), ("999", [])],
)
def test_only_the_entitys_own_rows_are_seen(database_url, role, setting, visible):
    """Own setting: own rows. Unset, empty or unknown: none. The owner is held to it too."""
    with as_role(database_url, role) as connection:
        if setting is not None:
            connection.execute("select set_config('revrec.entity_id', %s, false)", [setting])
        names = tables(connection, "facts", "records", "work")
        seen = {
            name: connection.execute(f"select {key_of(name)} from {name}").fetchall()
            for name in names
        }

    assert dict.fromkeys(rows_of_every_table(OWN), visible) == seen


@pytest.mark.parametrize("role", WRITERS)
@pytest.mark.parametrize("setting", [str(OWN), ""])
def test_no_row_is_written_for_another_entity(database_url, role, setting):
    """INSERT for an entity that is not the setting's is refused on every table."""
    rows = rows_of_every_table(OTHER)
    with as_role(database_url, role) as connection:
        connection.execute("select set_config('revrec.entity_id', %s, false)", [setting])
        for table in tables(connection, "facts", "records", "work"):
            if table == "work.period":
                rows[table]["period"] = "2026-09"
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
                insert(connection, table, rows[table])


@pytest.mark.parametrize("role", WRITERS)
def test_no_row_of_another_entity_is_changed_or_given_away(database_url, role):
    """UPDATE finds only own rows, and cannot turn one into another entity's."""
    with as_role(database_url, role) as connection:
        connection.execute(f"set revrec.entity_id = {OWN}")
        touched = connection.execute(
            "update work.entity set name = 'Mine' where id = %s", [OTHER]
        ).rowcount
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
            connection.execute("update work.entity set id = 999")

    assert 0 == touched


def test_copy_goes_through_a_staging_table(database_url):
    """COPY into a guarded table is not supported; INSERT .. SELECT obeys the policy."""
    columns = "entity_id, at, actor, operation, subject, details"
    with as_role(database_url, "revrec_app") as connection, connection.transaction():
        connection.execute(f"set local revrec.entity_id = {OWN}")
        connection.execute(
            f"create temporary table staged on commit drop as"
            f" select {columns} from records.audit_event limit 0"
        )
        with connection.cursor().copy(f"copy staged ({columns}) from stdin") as copy:
            copy.write_row((OTHER, "2026-02-01 12:00Z", "a", "close", "2026-01", "{}"))
        for statement in (
            f"copy records.audit_event ({columns}) from stdin",
            f"insert into records.audit_event ({columns}) select {columns} from staged",
        ):
            with pytest.raises(psycopg.Error, match="row-level security"), connection.transaction():
                connection.execute(statement)


def test_an_entity_does_not_outlive_its_transaction(database):
    """A thousand switches on pooled connections: nobody sees what the one before might."""
    seen = []
    for turn in range(1_000):
        entity = (OWN, OTHER, 999)[turn % 3]
        seen.append(
            database.run(
                lambda tx: tx.connection.execute(
                    "select array_agg(entity_id) from records.audit_event"
                ).fetchone()[0],
                entity=entity,
                actor="reader",
            )
        )

    assert [[OWN], [OTHER], None] * 333 + [[OWN]] == seen


def test_every_table_of_an_entity_is_guarded(superuser):
    """A table added later without a policy is found here."""
    open_tables = superuser.execute(
        "select relname from pg_class join pg_namespace on pg_namespace.oid = relnamespace"
        " where nspname in ('facts', 'records', 'work') and relkind = 'r'"
        " and not (relrowsecurity and relforcerowsecurity)"
    ).fetchall()
    without_entity = superuser.execute(
        "select table_schema || '.' || table_name from information_schema.columns"
        " where table_schema in ('facts', 'records', 'work')"
        " group by 1 having not bool_or(column_name = 'entity_id')"
    ).fetchall()

    assert [] == open_tables
    assert [("work.entity",)] == without_entity
