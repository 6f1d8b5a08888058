"""Compares hops over HTTP with the yardstick, as issue and documents name it: ``python -m bench.web --rounds 9``.

The yardstick is a Flask view that reads the five fields and keeps a session by redis-py in two trips (GET, SET EX),
on gunicorn with two synchronous workers. Ours is what ``gateway web`` serves, two processes. Each round walks each of
them, at 16 and at 64 connections; the processor time is that of the server's process tree, and Valkey's by INFO. Read
ratios of one run, and first the row that compares the yardstick with itself.
"""

import argparse
import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

import redis

from bench.run import WALK, build_house, wait_until_up
from bench.servers import Server
from gateway.bootstrap import open_serials
from gateway.operations import supervisor
from gateway.web.app import create_front
from gateway.web.shared.front import Front
from gateway.web.webhooks.views import list_addresses

CONNECTIONS = (16, 64)
SECONDS = 1.5
WORKERS = 2
YARDSTICK = "yardstick (A)"
OURS = "the gateway, as `gateway web` serves it"
IN_THREADS = "the gateway, each hop in a thread"


@contextmanager
def running_servers(folder: Path) -> Iterator[dict[str, Server]]:
    """Start the gateway's parts, Valkey and every server; yield name → server, and end them."""
    environment = {"GATEWAY_DATA_DIR": str(folder), "GATEWAY_MENUS_DIR": str(Path("menus").absolute())}
    parts = build_house(environment)
    store = supervisor.start_valkey(folder, environment=dict(os.environ))
    wait_until_up(folder)
    url = {"BENCH_REDIS_URL": supervisor.find_url(folder)}
    hook = list_addresses("", parts.channels, open_serials(parts).secrets)["africastalking"]["ussd"]
    servers = {
        YARDSTICK: Server("bench.bare:create_yardstick()", "/ussd", url, "gunicorn", workers=WORKERS),
        "yardstick again (A/A)": Server(
            "bench.bare:create_yardstick()", "/ussd", url, "gunicorn", workers=WORKERS
        ),
        "bare Flask on Granian, no session": Server("bench.bare:create", "/ussd", {}, workers=WORKERS),
        IN_THREADS: Server("bench.web:create_in_threads", hook, environment, "rsgi", workers=WORKERS),
        OURS: Server("gateway.web.app:create_front", hook, environment, "rsgi", workers=WORKERS),
    }
    try:
        for server in servers.values():
            server.start()
        yield servers
    finally:
        for server in servers.values():
            server.stop()
        store.terminate()
        store.wait()


def create_in_threads() -> Front:
    """Return the front without its door for hops, so that the same run shows what answering on the loop brings."""
    found = create_front()
    found._hops = None  # noqa: SLF001 - the comparison has no other use for it
    return found


def measure(folder: Path, rounds: int) -> dict[str, Any]:
    """Return for each server and number of connections: hops a second, µs of server and of Valkey, by round."""
    found: dict[str, Any] = {}
    with running_servers(folder) as servers, redis.Redis.from_url(supervisor.find_url(folder)) as client:
        for number in range(rounds + 1):
            for connections in CONNECTIONS:
                for name, server in servers.items():
                    before, busy = _read_cpu(client), _read_others()
                    hops = server.round(
                        WALK, SECONDS, 2 * number + (connections > CONNECTIONS[0]), connections
                    )
                    if not number:
                        continue  # the first round fills caches
                    row = found.setdefault(name, {}).setdefault(str(connections), {})
                    row.setdefault("hops_a_second", []).append(server.hops[-1])
                    row.setdefault("server_micros", []).append(server.micros[-1])
                    row.setdefault("valkey_micros", []).append((_read_cpu(client) - before) / hops * 1e6)
                    row.setdefault("machine_busy", []).append(_share_busy(busy, _read_others()))
    return found


def measure_paced(folder: Path, seconds: float) -> None:
    """Ask for 70 % of the most hops a second, and print how long each took from when it was due."""
    most = CONNECTIONS[-1]
    with running_servers(folder) as servers:
        server = servers[OURS]
        for number in range(6):
            server.round(WALK, SECONDS, number, most)
        rate, before = 0.7 * median(server.hops[1:]), _read_others()
        took = server.pace(WALK, seconds, 50, connections=most, rate=rate)
        busy = _share_busy(before, _read_others())
    told = ", ".join(f"{name} {took[int(len(took) * at)] * 1e3:.0f}" for name, at in SHARES.items())
    print(f"{OURS}: {rate:.0f} hops/s for {seconds:g} s at {most} connections, {len(took)} hops")
    print(
        f"ms from when each was due: {told}, longest {took[-1] * 1e3:.0f}; above 1 s: {sum(one > 1 for one in took)}"
    )
    print(f"processors busy {busy:.0%}")


SHARES = {"median": 0.5, "p95": 0.95, "p99": 0.99}


def print_table(found: dict[str, Any]) -> None:
    """Print medians, spreads and ratios to the yardstick as Markdown."""
    print(
        f"\n{platform.machine()}, {os.cpu_count()} processors, Python {platform.python_version()}, ", end=""
    )
    print(", ".join(f"{name} {version(name)}" for name in ("flask", "granian", "redis", "gunicorn")))
    print("\n| | connections | hops/s | x | µs of server CPU | least-most | x | µs of Valkey |")
    print("|---|--:|--:|--:|--:|--:|--:|--:|")
    for name, by_connections in found.items():
        for connections, row in by_connections.items():
            base = found[YARDSTICK][connections]
            rate, cost = _compare(row, base, "hops_a_second"), _compare(row, base, "server_micros")
            micros = row["server_micros"]
            print(
                f"| {name} | {connections} | {median(row['hops_a_second']):.0f} | {rate:.2f} | {median(micros):.0f} "
                f"| {min(micros):.0f}-{max(micros):.0f} | {cost:.2f} | {median(row['valkey_micros']):.0f} |"
            )
    busy = [share for rows in found.values() for row in rows.values() for share in row["machine_busy"]]
    print(f"\nProcessors busy while measured: median {median(busy):.0%}, {min(busy):.0%} to {max(busy):.0%}")


def _compare(row: dict[str, list[float]], base: dict[str, list[float]], what: str) -> float:
    return median(one / other for one, other in zip(row[what], base[what], strict=True))


def _read_cpu(client: redis.Redis) -> float:
    told: Any = client.info("cpu")
    return float(told["used_cpu_user"]) + float(told["used_cpu_sys"])


def _read_others() -> tuple[int, int]:
    """Jiffies that the machine was busy, and all of them (proc(5), ``/proc/stat``)."""
    numbers = [int(each) for each in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    return sum(numbers) - numbers[3] - numbers[4], sum(numbers)


def _share_busy(before: tuple[int, int], after: tuple[int, int]) -> float:
    return (after[0] - before[0]) / max(1, after[1] - before[1])


def main() -> None:
    """Measure and print; with ``--json FILE`` every round too."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=9)
    options.add_argument("--json", type=Path)
    options.add_argument(
        "--paced", type=float, metavar="SECONDS", help="how long hops take at 70 %% load, 64 connections"
    )
    asked = options.parse_args()
    if asked.paced:
        with tempfile.TemporaryDirectory(prefix="gw-web-") as folder:
            measure_paced(Path(folder), asked.paced)
        return
    with tempfile.TemporaryDirectory(prefix="gw-web-") as folder:
        found = measure(Path(folder), asked.rounds)
    print_table(found)
    if asked.json:
        asked.json.write_text(json.dumps({"at": time.time(), "rounds": found}, indent=1))


if __name__ == "__main__":
    sys.exit(main())
