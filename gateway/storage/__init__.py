"""The ledger: the only package that runs SQL (SQLite and PostgreSQL), and the access to Redis and the spool."""
