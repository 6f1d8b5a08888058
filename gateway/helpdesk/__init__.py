"""Implements the help desk: the queue, claims, attempts, outcomes, alerts and staff."""
