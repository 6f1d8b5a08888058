"""Runs the background processes: the RQ worker that sends messages, and the clock with its periodic tasks."""
