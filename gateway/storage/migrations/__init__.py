"""The migrations, applied by `gateway.storage.migrate`."""
