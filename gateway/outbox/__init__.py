"""The outbox core: what kinds of rows there are, how they move, when they are tried again, and whether they may still go."""
