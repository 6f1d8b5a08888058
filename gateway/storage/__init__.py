"""The ledger: the only place that speaks SQL, on SQLite and on PostgreSQL, and the edges to Redis and the spool."""
