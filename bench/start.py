"""Measures what starting the product costs: ``python -m bench.start --rounds 5``.

A round starts ``gateway up`` on a new data folder and once more on the same, and beside them one interpreter that
imports the web application and ends. The kernel's counters of the whole process tree are read when ``/readyz`` first
answers 200 (proc(5), ``stat``), the memory some seconds later as PSS, in which a page that several processes share is
counted once (proc(5), ``smaps_rollup``).
"""

import argparse
import os
import resource
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

REPOSITORY = Path(__file__).parent.parent
READY_WITHIN = 120.0
IDLE_AFTER = 12.0
"""Seconds of rest before the memory is read: the first round of every periodic task is over."""

_TICK = os.sysconf("SC_CLK_TCK")
_UTIME, _STIME, _CUTIME, _CSTIME, _PPID = 11, 12, 13, 14, 1


@dataclass(frozen=True)
class Start:
    """One start: seconds of processor and of wall time until it was ready, and MiB of PSS when it rests."""

    cpu: float
    wall: float
    pss: float
    processes: int


def main() -> None:
    """Measure and print medians and ranges."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=5)
    rounds = options.parse_args().rounds
    firsts, laters, imports = [], [], []
    for _ in range(rounds):
        imports.append(measure_import("import gateway.web.app"))
        with tempfile.TemporaryDirectory(prefix="gw-start-") as folder:
            firsts.append(measure_start(Path(folder)))
            laters.append(measure_start(Path(folder)))
    print(
        f"{rounds} rounds; median (least to most); load {os.getloadavg()[0]:.1f}, {os.cpu_count()} processors"
    )
    _print_row("import once, CPU s", imports, 2)
    for name, starts in ("first start", firsts), ("later start", laters):
        _print_row(f"{name}, CPU s", [one.cpu for one in starts], 2)
        ratios = [one.cpu / alone for one, alone in zip(starts, imports, strict=True)]
        _print_row(f"{name} / import once", ratios, 2)
        _print_row(f"{name}, wall s", [one.wall for one in starts], 2)
        _print_row(f"{name}, PSS MiB at rest", [one.pss for one in starts], 0)
        _print_row(f"{name}, processes", [one.processes for one in starts], 0)


def _print_row(name: str, values: list[float], digits: int) -> None:
    print(f"{name:34}{median(values):8.{digits}f}   ({min(values):.{digits}f} to {max(values):.{digits}f})")


def measure_import(statement: str) -> float:
    """Return the processor seconds of an interpreter that runs this statement alone."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", statement], check=True, cwd=REPOSITORY)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def measure_start(folder: Path) -> Start:
    """Start the product on this folder, measure, and end it."""
    port = _find_port()
    environment = {
        **os.environ,
        "GATEWAY_DATA_DIR": str(folder / "var"),
        "GATEWAY_MENUS_DIR": str(REPOSITORY / "menus"),
        "PORT": str(port),
    }
    began = time.monotonic()
    with (folder / "log").open("ab") as log:
        up = subprocess.Popen(
            [sys.executable, "-m", "gateway.cli", "up"],
            cwd=REPOSITORY,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    try:
        _wait_until_ready(port, up)
        cpu, wall = sum_cpu(up.pid), time.monotonic() - began
        time.sleep(IDLE_AFTER)
        return Start(cpu, wall, sum_pss(up.pid), len(list(find_tree(up.pid))))
    finally:
        up.terminate()
        up.wait(timeout=30)


def find_tree(pid: int) -> Iterator[int]:
    """Yield this process and all its living descendants."""
    parents = {int(each.name): _read_stat(int(each.name)) for each in Path("/proc").glob("[0-9]*")}
    found = {pid}
    grown = True
    while grown:
        more = {child for child, stat in parents.items() if stat and int(stat[_PPID]) in found} - found
        found |= more
        grown = bool(more)
    yield from sorted(found)


def sum_cpu(pid: int) -> float:
    """Return the processor seconds of a tree, the children that ended in it included."""
    stats = [stat for each in find_tree(pid) if (stat := _read_stat(each))]
    return sum(int(stat[i]) for stat in stats for i in (_UTIME, _STIME, _CUTIME, _CSTIME)) / _TICK


def sum_pss(pid: int) -> float:
    """Return the MiB that a tree takes from the machine, shared pages counted once."""
    return sum(read_memory(each, "Pss") for each in find_tree(pid))


def read_memory(pid: int, word: str) -> float:
    """Return a figure of one process in MiB, ``Pss`` or ``Rss``; 0 where it is gone or another user's."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith(f"{word}:")) / 1024


def _read_stat(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _wait_until_ready(port: int, up: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + READY_WITHIN
    while time.monotonic() < until and up.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    raise SystemExit("the product did not become ready")


def _find_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    main()
