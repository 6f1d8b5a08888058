"""Processes for tests of races: one server that has imported the product forks them, so they start at once."""

import multiprocessing

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["tests.support.ledgers"])
