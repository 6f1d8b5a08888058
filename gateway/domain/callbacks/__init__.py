"""Rules of callback requests, pure: states, windows, spacing of attempts, outcomes, shifts and the queue."""
