"""Serves an app or a stand-in on a port of this machine, and ends together with every thread that answered there.

The servers of Werkzeug and of the standard library leave the threads of requests behind. Whatever such a thread still
held, a file or a connection, was collected in a later test, which then failed for it.
"""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import ThreadingHTTPServer
from socketserver import ThreadingMixIn
from typing import Any, Self
from wsgiref.types import WSGIApplication

from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

LOOK_EVERY = 0.02
"""Seconds between two looks whether the serving is to end."""


class Joining(ThreadingMixIn):
    """Closes what clients hold open when the server closes, and waits for the threads that answered them."""

    daemon_threads = False  # it is not the process that shall end them
    block_on_close = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._talking: set[socket.socket] = set()
        self._changing = threading.Lock()
        super().__init__(*args, **kwargs)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._changing:
            self._talking.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._changing:
            self._talking.discard(request)
        super().shutdown_request(request)  # type: ignore[misc]

    def server_close(self) -> None:
        with self._changing:
            for one in self._talking:  # a browser keeps connections that it has not used yet
                with suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)
        super().server_close()


class JoiningServer(Joining, ThreadingHTTPServer):
    """A stand-in's server; who went away in the middle is no fault of it."""

    request_queue_size = 128

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing."""


class _AppServer(Joining, ThreadedWSGIServer):
    """Werkzeug's, with its threads."""


class _Quiet(WSGIRequestHandler):
    def log(self, *_words: object) -> None:
        """Say nothing of what was asked: no test reads it, and writing it took a tenth of an answer."""


class ServedApp:
    """An app on a port, which may be stopped and started there again; without a port, one that is free."""

    def __init__(self, app: WSGIApplication, port: int = 0) -> None:
        self._app, self.port = app, port

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> Self:
        self._server = _AppServer("127.0.0.1", self.port, self._app, _Quiet)
        self.port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, args=(LOOK_EVERY,))
        self._thread.start()
        return self

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    __enter__ = start

    def __exit__(self, *_fault: object) -> None:
        self.stop()


@contextmanager
def serve_app(app: WSGIApplication, port: int = 0) -> Iterator[str]:
    """Serve an app and yield its address."""
    with ServedApp(app, port) as served:
        yield served.url
