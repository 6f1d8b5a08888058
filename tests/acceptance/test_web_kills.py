"""A web process is killed with requests in flight, again and again: nothing that she was told is lost, nothing is done twice."""

import http.client
import random
import signal
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

import pytest

from tests.support.running import Background, Running, signal_to, wait
from tests.support.standin import Provider
from tests.support.trial_phones import FORM, Phone, code_in

pytestmark = [pytest.mark.kills, pytest.mark.xdist_group("web-kills")]

CALLERS = 6
_BACK_WITHIN = 60


@dataclass
class Tally:
    """What the callers saw."""

    told: dict[str, str] = field(default_factory=dict)
    cut: Counter[str] = field(default_factory=Counter)
    saving: set[str] = field(default_factory=set)
    asked: Counter[str] = field(default_factory=Counter)
    """How many callers asked for a call, by the digits of their numbers that the list shows."""
    lock: Lock = field(default_factory=Lock)


def posted_until_answered(phone: Phone, tally: Tally, what: str) -> str:
    """Post the hop; where the connection is cut, post the very same again, as a provider does."""
    until = time.monotonic() + _BACK_WITHIN
    while True:
        try:
            answer = phone.again()
        except ConnectionRefusedError:
            time.sleep(0.05)  # nobody listens just now; nothing was in flight
            continue
        except (OSError, http.client.HTTPException):
            with tally.lock:
                tally.cut[what] += 1
            if time.monotonic() > until:
                raise
            time.sleep(0.05)
            continue
        assert answer.status == 200, answer.body
        return answer.body


def caller(provider: Provider, tally: Tally) -> None:
    """One caller: from a first dial to her code, in English, whatever is killed meanwhile."""
    phone = Phone(provider)
    phone.session = f"ATUid_kill_{phone.number}"
    page = posted_until_answered(phone, tally, "dial")
    for key in ("4", *FORM):
        phone.typed.append(key)
        saves = len(phone.typed) == len(FORM) + 1
        if saves:
            tally.saving.add(phone.number)
            with tally.lock:
                tally.asked[phone.number[-3:]] += 1
        page = posted_until_answered(phone, tally, "save" if saves else "hop")
        tally.saving.discard(phone.number)
        if "Choose:" in page:
            raise AssertionError("a place was lost although Valkey never was")
    with tally.lock:
        tally.told[phone.number] = code_in(page)


def one_at_a_time(running: Running, chance: random.Random) -> None:
    """Kill one web process, then wait until there are two again."""
    victims = running.webs
    signal_to(chance.choice(victims), signal.SIGKILL)
    wait(
        lambda: len(set(running.webs) - set(victims)) >= 1 and len(running.webs) == 2, 60, "a new web process"
    )


def play(folder: Path, kills: int, seed: int) -> tuple[Tally, list[dict[str, object]]]:
    """Let callers walk while web processes are killed; return what they saw and what is on record."""
    tally, chance = Tally(), random.Random(seed)
    with Running(folder, {}) as running:
        provider = running.provider()
        with Background(lambda _: caller(provider, tally), threads=CALLERS):
            effective = 0
            while effective < kills:
                wait(lambda: tally.saving, 60, "a request that is being saved")
                time.sleep(chance.uniform(0, 0.02))
                before = tally.cut["save"]
                one_at_a_time(running, chance)
                effective += tally.cut["save"] > before
            wait(lambda: len(tally.told) >= CALLERS, 60, "a code for every caller")
        return tally, running.callbacks()


def judge(tally: Tally, on_record: list[dict[str, object]], kills: int) -> None:
    codes = Counter(str(one["code"]) for one in on_record)
    lost = [number for number, code in tally.told.items() if not codes[code]]
    rows = Counter(str(one["phone"])[-3:] for one in on_record)
    twice = (rows - tally.asked).total()
    print(
        f"\nweb kills while a request was being saved: {kills}; posts cut: {dict(tally.cut)}; "
        f"told a code: {len(tally.told)}, on record: {len(on_record)}, lost {len(lost)}, twice {twice}"
    )
    assert lost == []
    assert twice == 0


@pytest.mark.timeout(240)
@pytest.mark.slow
def test_a_killed_web_process_loses_and_doubles_nothing(tmp_path: Path) -> None:
    tally, on_record = play(tmp_path / "h", 1, seed=1)
    judge(tally, on_record, 1)


@pytest.mark.slow
@pytest.mark.timeout(1500)
def test_twenty_killed_web_processes_lose_and_double_nothing(tmp_path: Path) -> None:
    tally, on_record = play(tmp_path / "h", 20, seed=2)
    judge(tally, on_record, 20)
