"""Foundation: clock, ids, phone numbers, webhook secrets, file modes, and the services passed to use cases."""
