"""Alembic migrations, applied by `gateway.storage.migrate`."""
