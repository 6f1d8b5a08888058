"""A small editor: it speaks to the real YAML language server as editors do, over its standard input and output."""

import json
import subprocess
import threading
from collections.abc import Sequence
from queue import Queue
from typing import Any


class Editor:
    """One language server, asked one question after the other."""

    def __init__(self, command: Sequence[str], folder: str) -> None:
        self._server = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        self._came: Queue[dict[str, Any]] = Queue()
        self._number = 0
        self.notes: list[dict[str, Any]] = []
        threading.Thread(target=self._listen, daemon=True).start()
        capabilities = {"textDocument": {"completion": {}, "hover": {"contentFormat": ["markdown"]}}}
        self.ask("initialize", {"processId": None, "rootUri": folder, "capabilities": capabilities})
        self.tell("initialized", {})

    def ask(self, method: str, params: dict[str, Any], seconds: float = 20) -> Any:
        """Send a request and return its result; what the server asks meanwhile is answered with nothing."""
        self._number += 1
        self._send({"id": self._number, "method": method, "params": params})
        while True:
            came = self._came.get(timeout=seconds)
            if came.get("id") == self._number and "method" not in came:
                return came.get("result")
            self._heard(came)

    def tell(self, method: str, params: dict[str, Any]) -> None:
        """Send a notification."""
        self._send({"method": method, "params": params})

    def wait_for(self, method: str, seconds: float = 20) -> dict[str, Any]:
        """Return the next notification of this kind that says anything."""
        while True:
            for note in self.notes:
                if note["method"] == method and note["params"].get("diagnostics"):
                    return note["params"]
            self._heard(self._came.get(timeout=seconds))

    def close(self) -> None:
        """End the server."""
        self._server.kill()
        self._server.communicate()

    def _heard(self, came: dict[str, Any]) -> None:
        if "id" not in came:
            self.notes.append(came)
            return
        items = (
            came.get("params", {}).get("items", []) if came["method"] == "workspace/configuration" else None
        )
        self._send({"id": came["id"], "result": None if items is None else [None] * len(items)})

    def _send(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self._server.stdin
        self._server.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self._server.stdin.flush()

    def _listen(self) -> None:
        stream = self._server.stdout
        assert stream
        while line := stream.readline():
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
                while stream.readline().strip():
                    pass
                self._came.put(json.loads(stream.read(length)))
