"""What tests serve ends with them: no thread stays behind that holds a file or a connection of theirs."""

import re
import socket
import struct
import threading
import urllib.request
from pathlib import Path

import pytest

from tests.support.serving import ServedApp, serve_app

TESTS = Path(__file__).parents[1]


def answer(_environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"here"]


def test_it_ends_with_all_that_was_begun():
    before = set(threading.enumerate())
    with ServedApp(answer) as served:
        assert urllib.request.urlopen(served.url).read() == b"here"
        silent, gone = (socket.create_connection(("127.0.0.1", served.port)) for _ in range(2))
        gone.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        gone.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        gone.close()  # a reset
        urllib.request.urlopen(served.url).close()
    assert set(threading.enumerate()) == before
    with silent:
        assert silent.recv(1) == b""


def test_an_answer_that_was_begun_is_waited_for():
    begun, goes_on, done = threading.Event(), threading.Event(), []

    def slow(environ, start_response):
        begun.set()
        goes_on.wait(20)
        done.append(environ["PATH_INFO"])
        return answer(environ, start_response)

    served = ServedApp(slow).start()
    with socket.create_connection(("127.0.0.1", served.port)) as asking:
        asking.sendall(b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
        assert begun.wait(20)
        stopping = threading.Thread(target=served.stop)
        stopping.start()
        assert asking.recv(1) == b""  # it is ending, and still
        assert stopping.is_alive()
        goes_on.set()
        stopping.join()
    assert done == ["/slow"]


def test_it_starts_again_at_its_address():
    served = ServedApp(answer)
    for _ in range(2):
        with served:
            assert urllib.request.urlopen(served.url).read() == b"here"
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(served.url)
    with serve_app(answer) as url:
        assert urllib.request.urlopen(url).read() == b"here"


def test_nothing_in_the_tests_is_served_otherwise():
    """A server of a library leaves its threads behind, unless told otherwise at three places."""
    otherwise = re.compile(
        r"make_server\(|\bThreading(?:HTTP|TCP)Server\(|run_simple\(|daemon_threads = True"
    )
    found = {
        path.relative_to(TESTS).as_posix()
        for path in TESTS.rglob("*.py")
        if otherwise.search(path.read_text(encoding="utf-8")) and path != Path(__file__)
    }
    assert found == set()
