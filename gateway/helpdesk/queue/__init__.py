"""The queue of open requests: who takes which, what came of it, and what time does to it."""
