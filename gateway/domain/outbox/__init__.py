"""The outbox core: kinds of rows, how they move, when they are tried again, and whether they may still go."""
