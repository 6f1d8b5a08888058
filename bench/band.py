"""The short form of the bench: a hop inside a process beside the yardstick, a ratio that must lie in a stored band.

    python -m bench.band             # prints the ratios; exit 1 where one lies above its band

It takes some seconds and needs no quiet machine: both get the same requests in turn, on the processor's time of one
thread, and the least of several rounds is taken.
"""

import sys
from pathlib import Path

import redis

from bench.hops import SESSIONS, build_gateway, build_yardstick, time_walks
from bench.own_valkey import start_own_valkey
from gateway.operations import supervisor

ROUNDS = 3
BAND = {"first dial": 6.0, "key that moves": 1.8}
"""Most times the yardstick's processor time. Measured: 3.1 and 1.05; the release before it had 11.8 and 5.1."""


def compare(folder: Path) -> dict[str, float]:
    """Return for each kind of hop its least ratio to the yardstick over some rounds, over the Valkey of the folder."""
    with redis.Redis.from_url(supervisor.find_url(folder), socket_timeout=0.3) as client:
        yardstick = build_yardstick(client)
        app, path, parts = build_gateway(folder, client)
        found: dict[str, list[float]] = {name: [] for name in BAND}
        for number in range(ROUNDS):
            _, bare = time_walks(yardstick, "/ussd", number * SESSIONS)
            parts.duty.refresh()  # as the refresh thread does each second
            for name, took in zip(BAND, time_walks(app, path, number * SESSIONS), strict=True):
                found[name].append(took / bare)
        return {name: min(ratios) for name, ratios in found.items()}


def measure() -> dict[str, float]:
    """Start a Valkey of its own, compare and end it."""
    with start_own_valkey() as folder:
        return compare(folder)


def main() -> int:
    """Print the ratios; return 1 where one is above its band."""
    found = measure()
    for name, ratio in found.items():
        print(f"{name:18}{ratio:6.2f} times the yardstick, at most {BAND[name]:g}")
    return int(any(ratio > BAND[name] for name, ratio in found.items()))


if __name__ == "__main__":
    sys.exit(main())
