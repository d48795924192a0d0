"""Schema migrations: numbered Python steps, with guards as reviewable SQL beside them.

``revrec.store.migration`` runs them; there is no other way in. ``sql/bootstrap.sql`` makes what
must exist before the first step: the roles, and the schema of alembic's own table.
"""
