"""Rules of the outbox, pure: kinds and states of rows, retries, rate limits, and whether a row may still be sent."""
