"""``make bench``: the timed comparisons in one table, medians of interleaved rounds, an A/A row first.

Read the ratios: client and servers share the machine, so absolute figures say more about it than about us.
"""

import os
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import redis

sys.path.insert(0, str(Path(__file__).parent.parent))

from bench import desk, inside, menus
from bench.servers import OUR_WALKS, Server, list_granian, running_servers
from config.settings import load_settings
from gateway.bootstrap import open_ledger, open_parts, open_serials
from gateway.foundation.services import Services
from gateway.operations import supervisor
from gateway.operations.publishing import publish
from gateway.storage import migrate
from gateway.web.webhooks.views import list_addresses

ROUNDS = 9
SECONDS = 1.0


def main() -> None:
    """Measure and print; with ``--desk`` the desk by what is stored, which takes some minutes."""
    if "--desk" in sys.argv:
        desk.main()
        return
    with tempfile.TemporaryDirectory(prefix="gw-bench-") as folder:
        environment = {"GATEWAY_DATA_DIR": folder, "GATEWAY_MENUS_DIR": str(Path("menus").absolute())}
        parts = build_house(environment)
        store = supervisor.start_valkey(Path(folder), environment=dict(os.environ))
        try:
            wait_until_up(Path(folder))
            _hops(parts, environment, Path(folder))
            _inside(parts, Path(folder))
            menus.report(parts)
        finally:
            store.terminate()
            store.wait()


def build_house(environment: dict[str, str]) -> Services:
    """Return the services over a new ledger with the sample published."""
    settings = load_settings(environment)
    migrate.upgrade(open_ledger(settings))
    parts = open_parts(settings)
    problems = publish.publish_first(parts, Path("menus"))
    if problems:
        raise SystemExit(f"the menus cannot be published: {problems[0]}")
    parts.versions.refresh()
    return parts


def _hops(parts: Services, environment: dict[str, str], folder: Path) -> None:
    serials = open_serials(parts)
    hook = list_addresses("", parts.channels, serials.secrets)["africastalking"]["ussd"]
    bare, front = list_granian("bench.bare:create", 1), "gateway.web.app:create_front"
    trip = {"BENCH_REDIS_URL": supervisor.find_url(folder)}
    servers = [
        Server("bare Flask (A)", bare),
        Server("bare Flask again (A/A)", bare),
        Server("bare Flask and one Valkey trip", bare, trip),
        Server(
            "a hop of the gateway, by WSGI",
            list_granian("gateway.web.app:create", 1),
            environment,
            hook,
            OUR_WALKS,
        ),
        Server(
            "a hop of the gateway", list_granian(front, 1, interface="rsgi"), environment, hook, OUR_WALKS
        ),
    ]
    with running_servers(servers):
        rounds = [[server.round(4, SECONDS) for server in servers] for _ in range(ROUNDS)]
    print(
        f"\nHops by HTTP: {ROUNDS} interleaved rounds of {SECONDS:g} s, granian, 1 worker, 8 threads, 4 connections"
    )
    print(f"{'':34}{'hops/s':>9}{'spread':>8}{'x A':>7}{'µs of server CPU':>18}{'x A':>7}{'wrong':>7}")
    for nth, server in enumerate(servers):
        row = [one[nth] for one in rounds]
        hops, micros = (
            median(getattr(one, what) for one in row) for what in ("hops_a_second", "server_micros")
        )
        ratio = median(one[nth].hops_a_second / one[0].hops_a_second for one in rounds)
        cost = median(one[nth].server_micros / one[0].server_micros for one in rounds)
        told = [one.hops_a_second for one in row]
        spread = (max(told) - min(told)) / 2 / hops
        wrong = sum(one.wrong for one in row)
        print(f"{server.name:34}{hops:9.0f}{spread:7.0%} {ratio:7.2f}{micros:18.0f}{cost:7.2f}{wrong:7}")


def _inside(parts: Services, folder: Path) -> None:
    client = redis.Redis.from_url(supervisor.find_url(folder))
    steps = [inside.step_micros(parts) for _ in range(inside.ROUNDS)]
    accepted = inside.rounds(lambda number: inside.accept_millis(parts, number))
    ours, theirs = [], []
    for _ in range(inside.ROUNDS):
        ours.append(inside.deliveries_a_second(parts))
        theirs.append(inside.plain_rq_a_second(client))
    texts = inside.rounds(lambda number: inside.texts_a_second(parts, number))
    ratio = median(one / other for one, other in zip(ours, theirs, strict=True))
    print("\nInside one process, SQLite with synchronous=FULL")
    print(f"{'step':34}{median(step for step, _ in steps):9.0f} µs")
    print(f"{'tell':34}{median(tell for _, tell in steps):9.0f} µs")
    print(f"{'accepting a callback, on disk':34}{median(wall for wall, _ in accepted):9.1f} ms")
    print(f"{'the same, CPU':34}{median(cpu for _, cpu in accepted):9.1f} ms")
    print(f"{'texts taken':34}{median(texts):9.0f} a second")
    print(f"{'deliveries of one worker':34}{median(ours):9.0f} a second")
    print(f"{'plain RQ, a fork a job':34}{median(theirs):9.0f} a second   ours are {ratio:.1f} x")
    for size, millis in inside.accept_at_sizes(parts, (20_000, 100_000)).items():
        print(f"{f'accepting, CPU, {size:,} open':34}{millis:9.1f} ms")


def wait_until_up(folder: Path) -> None:
    """Wait until the Valkey of a folder answers."""
    until = time.monotonic() + 10
    while not supervisor.does_answer(folder):
        if time.monotonic() > until:
            raise SystemExit("the embedded Valkey does not answer")
        time.sleep(0.05)


if __name__ == "__main__":
    main()
