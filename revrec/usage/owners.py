"""Whose a contract is."""

from __future__ import annotations

from datetime import datetime

import pyarrow as pa

from revrec.store.transaction import Transaction


def owners(tx: Transaction, known_at: datetime | None = None) -> pa.Table:
    """Each contract with its customer, as known now or at a moment."""
    rows = tx.connection.execute(
        """
        select distinct on (key) key, body ->> 'customer' from facts.fact
        where entity_id = %(entity)s and kind = 'contract'
          and (%(known_at)s::timestamptz is null or recorded_at <= %(known_at)s)
        order by key, version desc
        """,
        {"entity": tx.entity, "known_at": known_at},
    ).fetchall()
    return pa.table(
        {
            "contract": pa.array([row[0] for row in rows], pa.string()),
            "customer": pa.array([row[1] for row in rows], pa.string()),
        }
    )
