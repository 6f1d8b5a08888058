"""Publishes menu versions, rolls back, and shows the differences between versions."""
