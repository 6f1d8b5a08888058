"""Delivers the outbox: claims due rows, checks whether they may be sent, sends them and records the results."""
