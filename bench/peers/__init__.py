"""The peers that hops are compared with: libraries for USSD menus that people can install, each with the same menu.

    python -m bench.peers --prepare

installs them, in the versions and with the hashes of the locks here, into ``.bench/``: each in an environment of its
own, because mobilex needs a redis-py below 5. A peer that is not there is named as missing and has no row.
"""

import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from bench.servers import Server, list_gunicorn

HERE = Path(__file__).parent
INSTALLED = HERE.parent.parent / ".bench"
NODE_LOCK = "package-lock.json"
MENU = json.loads((HERE / "menu.json").read_text())


@dataclass(frozen=True)
class Peer:
    """One peer: its package and version, the lock that installs it, and what serves its application."""

    package: str
    version: str
    lock: str
    serves: Callable[[Path, str, int], tuple[list[str], dict[str, str]]]

    @property
    def folder(self) -> Path:
        """Where it is installed."""
        return INSTALLED / ("node" if self.lock == NODE_LOCK else self.package)


def _serve_mobilex(folder: Path, _url: str, workers: int) -> tuple[list[str], dict[str, str]]:
    served = [str(folder / "bin" / "python"), "-m", "uvicorn", "mobilex_app:serve", "--app-dir", str(HERE)]
    options = ["--host", "127.0.0.1", "--port", "{port}", "--workers", str(workers), "--no-access-log"]
    return [*served, *options, "--lifespan", "off", "--log-level", "error"], {}


def _serve_splathash(folder: Path, _url: str, workers: int) -> tuple[list[str], dict[str, str]]:
    python = str(folder / "bin" / "python")
    return list_gunicorn("splathash_app:application", workers, python), {"PYTHONPATH": str(HERE)}


def _serve_by_node(library: str) -> Callable[[Path, str, int], tuple[list[str], dict[str, str]]]:
    def serve(folder: Path, url: str, workers: int) -> tuple[list[str], dict[str, str]]:
        environment = {
            "BENCH_LIBRARY": library,
            "BENCH_NODE": str(folder),
            "BENCH_REDIS_SOCKET": urlsplit(url).path,
            "BENCH_WORKERS": str(workers),
            "NODE_ENV": "production",
        }
        return ["node", str(HERE / "builder_app.js")], environment

    return serve


PEERS = (
    Peer("mobilex", "0.0.5", "mobilex.lock", _serve_mobilex),
    Peer("splathash", "1.2.0", "splathash.lock", _serve_splathash),
    Peer("ussd-menu-builder", "1.2.0", NODE_LOCK, _serve_by_node("ussd-menu-builder")),
    Peer("ussd-builder", "1.3.2", NODE_LOCK, _serve_by_node("ussd-builder")),
)


def list_words() -> dict[str, str]:
    """Return for each text of a session what must stand in the reply."""
    words = {"": str(MENU["ask"])}
    for language in MENU["languages"]:
        words[language["key"]] = language["ask"]
        for topic in language["topics"]:
            words[f"{language['key']}*{topic['key']}"] = topic["text"]
    return words


def find_peers(url: str, workers: int) -> tuple[list[Server], dict[str, str]]:
    """Return the servers of the peers that are installed, and why each other one is missing.

    Args:
        url: the Valkey that keeps their sessions, ``unix://…``.
        workers: how many processes each has.
    """
    found, missing = [], {}
    for peer in PEERS:
        name = f"{peer.package} {peer.version}"
        if not _is_prepared(peer):
            missing[name] = "not installed: python -m bench.peers --prepare"
            continue
        command, environment = peer.serves(peer.folder, url, workers)
        found.append(
            Server(name, command, {"BENCH_REDIS_URL": url, **environment}, words=list_words(), store=url)
        )
    return found, missing


def prepare_peers() -> Mapping[str, str]:
    """Install what is not installed; return package → why it could not be."""
    faults = {}
    for peer in PEERS:
        if _is_prepared(peer):
            continue
        try:
            _install_peer(peer)
        except (OSError, subprocess.CalledProcessError) as fault:
            faults[peer.package] = str(fault)
    return faults


def _install_peer(peer: Peer) -> None:
    shutil.rmtree(peer.folder, ignore_errors=True)
    peer.folder.mkdir(parents=True)
    if peer.lock == NODE_LOCK:
        for name in ("package.json", NODE_LOCK):
            shutil.copy(HERE / name, peer.folder)
        subprocess.run(
            ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"],
            cwd=peer.folder,
            check=True,
        )
    else:
        subprocess.run([sys.executable, "-m", "venv", peer.folder], check=True)
        pip = [
            peer.folder / "bin" / "python",
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
        ]
        subprocess.run([*pip, "--require-hashes", "-r", HERE / peer.lock], check=True)
    (peer.folder / "installed").write_text(_digest_lock(peer))


def _is_prepared(peer: Peer) -> bool:
    mark = peer.folder / "installed"
    return mark.exists() and mark.read_text() == _digest_lock(peer)


def _digest_lock(peer: Peer) -> str:
    return hashlib.sha256((HERE / peer.lock).read_bytes()).hexdigest()
