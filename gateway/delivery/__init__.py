"""Sending: takes what is due out of the outbox, asks whether it may still go, sends it and writes what came of it."""
