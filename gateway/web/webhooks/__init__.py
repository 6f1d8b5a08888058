"""Receives provider webhooks: verifies the sender, parses the request, and passes the event to its use case."""
