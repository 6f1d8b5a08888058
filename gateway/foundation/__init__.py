"""The ground: time, ids, phone numbers, secrets of addresses, the services that use cases are given."""
