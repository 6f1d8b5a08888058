"""Forks the processes of ``gateway up`` from one that has imported everything once.

A child then costs milliseconds instead of a second of processor, shares its parent's memory, and comes back after a
kill with the very code that the others run. What it must not share is taken apart here: session, process group and
signals; the caller closes what it holds open.

Only a process with a single thread and without connections may fork: a lock that another thread holds at that moment
stays locked in the child for ever (POSIX, fork; Python documentation, ``os.fork``), and two processes on one connection
read each other's answers. So what opens the database on the way to a start runs in a child of its own, ``run_apart``.
"""

import ctypes
import gc
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import TypeVar

T = TypeVar("T")

CAN_FORK = sys.platform == "linux"
"""macOS has libraries that do not survive a fork without exec (Python documentation, ``multiprocessing``)."""

_PARENT_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG of prctl(2)
_STOPPING = frozenset({signal.SIGINT, signal.SIGTERM, signal.SIGHUP})


class ForkedProcess:
    """A forked child, with what the supervisor uses of ``subprocess.Popen``."""

    def __init__(self, process: BaseProcess) -> None:
        self._process = process

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid or 0

    def poll(self) -> int | None:
        """Return the exit status, or None while it runs; minus the number of the signal that ended it."""
        return self._process.exitcode

    def wait(self) -> int | None:
        """Wait for its end and return the exit status."""
        self._process.join()
        return self._process.exitcode

    def send_signal(self, sign: signal.Signals) -> None:
        """Send a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, sign)


def freeze_image() -> None:
    """Keep the garbage collector away from everything that exists now, so that it does not unshare its pages.

    Python documentation, ``gc.freeze``. It does not look for garbage before: of 200,000 objects that the imports make
    200 are, and finding them took a tenth of a second of every start.
    """
    gc.freeze()


def fork_process(run: Callable[[], None]) -> ForkedProcess:
    """Fork a child in a session of its own that calls the function and ends with it.

    On Linux it gets SIGTERM if this process is killed. Signals are held back until they mean to the child what they
    mean to a new process: else one that comes at once would only set the flag of its parent's copy.

    Raises:
        OSError: the system has no room for one more process.
    """
    parent = os.getpid()
    with _hold_signals() as mask:
        process = _fork(_begin_session, run, parent, mask)
    return ForkedProcess(process)


def _fork(target: Callable[..., None], *arguments: object) -> BaseProcess:
    process = multiprocessing.get_context("fork").Process(target=target, args=arguments)
    process.start()
    return process


def _begin_session(run: Callable[[], None], parent: int, mask: set[signal.Signals]) -> None:
    os.setsid()
    end_with_parent(parent)
    for sign in _STOPPING:
        signal.signal(sign, signal.default_int_handler if sign is signal.SIGINT else signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    run()


@contextmanager
def _hold_signals() -> Iterator[set[signal.Signals]]:
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _STOPPING)
    try:
        yield {signal.Signals(each) for each in before}
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def run_apart(work: Callable[[], T]) -> T:
    """Run the work in a forked child and return its result, so that nothing which it opens or imports stays here.

    The child ignores the signals that this process handles, and is killed with it.

    Raises:
        SystemExit: the child ended without a result; it has said why.
    """
    ours, theirs = multiprocessing.Pipe(duplex=False)
    process = _fork(_send_result, work, theirs, os.getpid())
    theirs.close()
    try:
        result: T = ours.recv()
    except EOFError:
        raise SystemExit(_find_status(process)) from None
    finally:
        ours.close()
        process.join()
    return result


def _send_result(work: Callable[[], object], wire: Connection, parent: int) -> None:
    end_with_parent(parent, signal.SIGKILL)
    wire.send(work())


def _find_status(process: BaseProcess) -> int:
    process.join()
    return process.exitcode if process.exitcode is not None and process.exitcode > 0 else 1


def set_batch_policy() -> None:
    """Let this process, its threads and its children be woken without interrupting what runs (sched(7), SCHED_BATCH).

    What several callers sent meanwhile is then answered in one go, in their order: a fifth less of the processor for a
    hop. It gets the same share as before, and any other program that wakes goes first, Valkey and the database too.
    """
    with suppress(AttributeError, OSError):  # Linux alone knows it, and a sandbox may refuse it
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))


def keep_to_processor(nth: int, of: int) -> None:
    """Keep this process to a processor of its own, where there are just as many as processes that share the work.

    The threads of one process then wake each other without asking another processor, which costs a seventh of the hops.
    With more processors the kernel finds better places; and where a container is limited by its share of time alone, it
    sees those of the whole machine, on which others would keep to the same.

    Args:
        nth: the number of this process, from 1; 0 where it is not known, and nothing is done.
        of: how many processes there are.
    """
    with suppress(AttributeError, OSError):  # Linux alone knows it, and a sandbox may refuse it
        allowed = sorted(os.sched_getaffinity(0))
        if nth and len(allowed) == of:
            os.sched_setaffinity(0, {allowed[nth % of]})


def end_with_parent(parent: int, sign: signal.Signals = signal.SIGTERM) -> None:
    """Ask Linux to send this process the signal when its parent ends, however that ends (prctl(2)).

    Args:
        parent: its process id; if it has ended already, this process ends itself.
        sign: the signal.
    """
    if sys.platform != "linux":
        return
    ctypes.CDLL(None).prctl(_PARENT_DEATH_SIGNAL, sign)
    if os.getppid() != parent:
        os.kill(os.getpid(), sign)
