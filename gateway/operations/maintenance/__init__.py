"""Maintains the database: retention, key rotation, and encrypted backups with their recovery sheet."""
