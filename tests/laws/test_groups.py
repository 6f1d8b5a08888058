"""Tests that share one running gateway stay in one process of the runner."""

import os

import pytest


@pytest.mark.xdist_group("kept")
def test_the_runner_keeps_groups(request: pytest.FixtureRequest) -> None:
    """A runner that loses them starts a gateway in each of its processes, and says nothing."""
    if os.environ.get("PYTEST_XDIST_WORKER"):
        assert request.node.nodeid.endswith("@kept")
