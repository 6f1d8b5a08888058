"""The disk of the data folder fills up or turns read-only under a running line; needs the right to mount a small one."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.running import Running, wait
from tests.support.standin import Provider
from tests.support.trial_phones import FORM, LANGUAGES, Phone, code_in

pytestmark = [pytest.mark.kills, pytest.mark.slow, pytest.mark.fault("K9"), pytest.mark.timeout(400)]
WALK = [*LANGUAGES["en"], *FORM]


@contextmanager
def filled(disk: Path) -> Iterator[None]:
    """Nothing is left on it."""
    file = disk / "filler"
    with file.open("wb", buffering=0) as filler:
        for size in (1 << 20, 4096, 1):
            try:
                while True:
                    filler.write(bytes(size))
            except OSError:
                continue
    try:
        yield
    finally:
        file.unlink()


@contextmanager
def read_only(disk: Path) -> Iterator[None]:
    """Nothing is written to it, by whoever has files open there least of all."""
    subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
    try:
        yield
    finally:
        subprocess.run(["mount", "-o", "remount,rw", disk], check=True)


def provider_of(running: Running) -> Provider:
    """Its provider, asked for by another process: a ledger that this one opened would keep the disk busy."""
    return Provider(json.loads(running.command("webhooks", "--json"))["africastalking"])


def listens(running: Running) -> bool:
    try:
        return running.get("/healthz")[0] == 200
    except OSError:
        return False


def read_danger(provider: Provider) -> None:
    phone = Phone(provider)
    page = phone.walk(["4", "9"])
    assert "191" in page, phone.pages


def test_a_disk_fills_up_and_callers_still_read_the_menu(small: Path) -> None:
    with Running(small.parent) as running:
        provider = provider_of(running)
        assert code_in(Phone(provider).walk(WALK))
        with filled(small):
            for _ in range(6):
                read_danger(provider)
            status, _ = running.get("/readyz")
            said = running.said_by("doctor")
            assert "Traceback" not in said
            assert "red    disk" in said
            if status != 200:
                assert Phone(provider).walk(WALK).startswith("END "), "what is not ready promises nothing"
            running.stop()
            running.begin()
            wait(lambda: listens(running), 90, "it answers again")
            read_danger(provider)
            assert running.lives()
        wait(lambda: running.get("/readyz")[0] == 200, 60, "ready once there is room")
        assert code_in(Phone(provider).walk(WALK))
        assert "Traceback" not in running.said()


def test_a_disk_turns_read_only_and_callers_still_read_the_menu(small: Path) -> None:
    with Running(small.parent) as running:
        provider = provider_of(running)
        assert code_in(Phone(provider).walk(WALK))
        running.stop()
        with read_only(small):
            said = running.said_by("doctor")
            assert "Traceback" not in said
            assert "red" in said
            running.begin()
            wait(lambda: listens(running), 90, "it answers")
            read_danger(provider)
            assert running.get("/readyz")[0] == 503, "nothing can be kept"
            assert Phone(provider).walk(WALK).startswith("END "), "and nothing is promised"
        wait(lambda: running.get("/readyz")[0] == 200, 60, "ready once it can be written")
        assert code_in(Phone(provider).walk(WALK))
        assert "Traceback" not in running.said()
