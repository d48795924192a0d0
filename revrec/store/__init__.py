"""The stores: PostgreSQL for what is judged and recorded, Delta tables for what is massive.

Every function takes a ``Transaction`` and runs inside it; ``Database.run`` opens, retries and
commits it. The commit point is always one PostgreSQL transaction: a Delta version counts only
once a row of ``records.lake_commit`` names it, so a crash anywhere leaves nothing half done.

Read ``database`` first, then ``locks`` for who waits for whom, then the nouns: ``facts``,
``journal``, ``periods``, ``lake``, ``audit_log``, ``idempotency``, ``entities``.
"""
