"""The migrations, applied by `gateway.store.migrate`."""
