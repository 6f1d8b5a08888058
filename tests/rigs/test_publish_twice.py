"""Two versions go live while sessions stand on an older one, in two processes that learn of it at different moments."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import pytest
import redis

from gateway.conversations import ussd
from gateway.conversations.ussd import RenderedPage
from gateway.foundation.services import Services
from gateway.storage import versions
from gateway.storage.database import Store
from gateway.storage.live_menus import Versions
from tests.support.clocks import SetClock
from tests.support.house import Phone, made_parts, publish, requests
from tests.support.menus_rig import GONE, STANDS, marked

WALKS = (
    *(STANDS, STANDS),
    *(
        "4 1 0 2 1 00",
        "4 2 1 0 98",
        "4 7 2 2 3 1",
        "2 1 1 00 7 2",
        "1 1 1 1 2 0",
        "3 1 7 2 1 3 1",
        "4 98 4 0 5",
    ),
)
PHONES = 60


@dataclass
class Walker:
    """One phone with the keys it still has to press and the mark of the version that it dialled into."""

    phone: Phone
    keys: list[str]
    mark: str = ""
    pages: list[RenderedPage] = field(default_factory=list)

    def hop(self, web: Services) -> None:
        self.phone.parts = web
        told = self.phone.press(self.keys.pop(0)) if self.phone.session else self.phone.dial()
        self.pages.append(told)


@pytest.fixture
def webs(
    store: Store, clock: SetClock, tmp_path: Path, redis_client: redis.Redis
) -> tuple[Services, Services]:
    """Two processes of one house: one ledger, one Valkey, each with its own menus in memory."""
    first = made_parts(store, clock, tmp_path, redis_client)
    publish(first, marked("a "))
    second = made_parts(store, clock, tmp_path, redis_client, versions=Versions(store, tmp_path / "live 2"))
    second.versions.refresh()
    return first, second


@pytest.fixture
def answered(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The kinds of faults that any hop ended in; it stays empty."""
    faults: list[str] = []
    real: Callable[..., str] = ussd.make_apology

    def apologise(parts: Services, inbound: object, error: BaseException, what: str) -> str:
        faults.append(f"{what} {type(error).__name__}")
        return real(parts, inbound, error, what)

    monkeypatch.setattr(ussd, "make_apology", apologise)
    return faults


def marks_on(told: RenderedPage) -> set[str]:
    """The versions that the lines of a page come from."""
    lines = [line.split(" ", 2) for line in told.text.splitlines()]
    return {words[1] for words in lines if len(words) == 3 and words[0].isdigit() and words[1] in "abc"}


def set_off(
    webs: tuple[Services, Services], chance: Random, mark: str, count: int, start: int
) -> list[Walker]:
    walkers = []
    for n in range(count):
        phone = Phone(webs[0], number=f"+85620555{start + n}")
        walkers.append(Walker(phone, WALKS[n % len(WALKS)].split(), mark))
        walkers[-1].hop(chance.choice(webs))
    return walkers


def go_on(walkers: list[Walker], webs: tuple[Services, ...], chance: Random, *, hops: int) -> None:
    """Let each phone press its next keys, each post answered by whichever process takes it."""
    for _ in range(hops):
        for walker in walkers:
            if walker.keys and not walker.pages[-1].ends:
                walker.hop(chance.choice(webs))


def test_nobody_reads_a_wrong_leaf_while_two_versions_go_live(
    webs: tuple[Services, Services], answered: list[str]
) -> None:
    chance = Random(11)
    old = set_off(webs, chance, "a", PHONES, 10_000)
    go_on(old, webs, chance, hops=2)
    publish(webs[0], marked("b "))  # the second process has not heard of it yet
    between = set_off((webs[0], webs[0]), chance, "b", 6, 20_000)
    go_on([*old, *between], webs, chance, hops=2)
    standing = [walker for walker in old if walker.pages[-1].screen == GONE]
    assert len(standing) >= 10
    publish(webs[0], marked("c ", without=GONE))
    webs[1].versions.refresh()
    late = set_off(webs, chance, "c", 12, 30_000)
    for walker in standing:
        walker.keys += ["0", "1", "98", "00"]  # they go on reading where the others cannot come any more
    everybody = [*old, *between, *late]
    go_on(everybody, webs, chance, hops=12)
    assert answered == []
    pages = [(walker, page) for walker in everybody for page in walker.pages]
    assert [(walker.mark, page) for walker, page in pages if not marks_on(page) <= {walker.mark}] == []
    assert all(GONE in [page.screen for page in walker.pages[5:]] for walker in standing)
    assert {walker.mark for walker, page in pages if page.screen == GONE} <= {"a", "b"}
    print(
        f"{len(pages)} hops of {len(everybody)} sessions, {len(standing)} on the screen that went; faults 0"
    )


def test_a_process_that_has_not_heard_of_a_version_goes_on_with_a_session_that_stands_on_it(
    webs: tuple[Services, Services], answered: list[str]
) -> None:
    new = publish(webs[0], marked("b "))
    phone = Phone(webs[0])
    assert marks_on(phone.dial("4")) == {"b"}
    phone.parts = webs[1]
    assert webs[1].versions.loaded()["helpline"] != new
    assert marks_on(phone.press("1")) == {"b"}
    assert marks_on(phone.dial("4")) == {"a"}  # but whoever dials there gets what that process has
    webs[1].versions.refresh()
    assert marks_on(phone.dial("4")) == {"b"}
    assert answered == []


def test_a_withdrawn_version_leads_to_the_start_in_every_process(
    webs: tuple[Services, Services], answered: list[str]
) -> None:
    withdrawn = webs[0].versions.live("helpline")[0]
    phones = [Phone(webs[n % 2], number=f"+8562055540{n:03}") for n in range(8)]
    for phone in phones:
        phone.dial(STANDS)
    publish(webs[0], marked("b "))
    with webs[0].store.write() as tx:
        assert versions.withdraw_version(tx, withdrawn, now=webs[0].clock.now())
    for web in webs:
        web.versions.refresh()
    for n, phone in enumerate(phones):
        phone.parts = webs[(n + 1) % 2]
        told = phone.press("0")
        assert told.screen == "language"
        assert told.text.startswith(webs[0].versions.live("helpline")[1].messages["again"]["en"])
        assert marks_on(told) == {"b"}
        assert marks_on(phone.press("4")) == {"b"}
    assert answered == []


def test_a_request_made_on_a_version_that_is_gone_is_kept(webs: tuple[Services, Services]) -> None:
    withdrawn = webs[0].versions.live("helpline")[0]
    phone = Phone(webs[0])
    told = phone.dial("4 7 2 2 3 1")
    publish(webs[0], marked("b "))
    with webs[0].store.write() as tx:
        assert versions.withdraw_version(tx, withdrawn, now=webs[0].clock.now())
    webs[0].versions.refresh()
    (found,) = requests(phone.parts)
    assert (found.version, found.code in told.text) == (withdrawn, True)
    assert phone.press("1").screen == "language"
    assert phone.press(f"4 {found.code}").screen == "status"


def test_a_lost_receipt_on_a_withdrawn_version_is_never_guessed(
    webs: tuple[Services, Services], redis_client: redis.Redis
) -> None:
    phone = Phone(webs[0])
    phone.dial("4 7 2 2 3 1")
    withdrawn = webs[0].versions.live("helpline")[0]
    publish(webs[0], marked("b "))
    with webs[0].store.write() as tx:
        assert versions.withdraw_version(tx, withdrawn, now=webs[0].clock.now())
    webs[0].versions.refresh()
    redis_client.flushall()
    assert phone.post(phone.text).screen == "language"
    assert len(requests(phone.parts)) == 1
