"""Many at once on two web processes: ten equal posts, two hundred first dials, each on both databases where it writes."""

import http.client
import json
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from typing import TypeVar
from urllib.parse import urlencode, urlsplit

import pytest

from tests.support.ledgers import PostgresqlLedgers
from tests.support.running import Running
from tests.support.trial_phones import FORM, LANGUAGES, Phone, code_in, percentile

pytestmark = [pytest.mark.kills, pytest.mark.xdist_group("house")]

T = TypeVar("T")
EQUAL = 10
FIRST_DIALS = 200


@pytest.fixture(scope="module")
def on_postgresql(
    tmp_path_factory: pytest.TempPathFactory, postgresql_ledgers: PostgresqlLedgers
) -> Iterator[Running]:
    environment = {"DATABASE_URL": postgresql_ledgers.empty_url()}
    with Running(tmp_path_factory.mktemp("postgresql"), environment) as running:
        yield running


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def running(request: pytest.FixtureRequest) -> Running:
    found = request.getfixturevalue("house" if request.param == "sqlite" else "on_postgresql")
    assert isinstance(found, Running)
    return found


def test_ten_equal_posts_at_once_get_ten_equal_answers_and_do_one_thing(running: Running) -> None:
    provider = running.provider()
    keys = [*LANGUAGES["en"], *FORM]
    answered: set[int] = set()
    before = {row["id"] for row in running.callbacks()}
    codes = []
    for _ in range(3):
        phone = Phone(provider)
        phone.dial()
        for key in keys:
            phone.typed.append(key)
            bodies, processes = _at_once(running, phone, EQUAL)
            answered |= processes
            assert len(bodies) == EQUAL
            assert len(set(bodies)) == 1, set(bodies)
        codes.append(code_in(bodies[0]))
        assert phone.again().body == bodies[0], "and every later repeat"
    new = [row["code"] for row in running.callbacks() if row["id"] not in before]
    assert sorted(new) == sorted(codes)
    assert answered == set(running.webs), "both processes took part"
    database = "PostgreSQL" if "DATABASE_URL" in running.environment else "SQLite"
    print(f"{database}: 3 × {len(keys)} × {EQUAL} equal posts, one body each, one callback a walk")


def test_two_hundred_first_dials_on_different_paths_reach_their_own_leaf(house: Running) -> None:
    provider = house.provider()
    paths = [
        [*language, key, *more]
        for language, key, more in product(LANGUAGES.values(), "1235", ([], ["1"], ["2"]))
    ]
    leaves = [Phone(provider).walk(path) for path in paths]
    assert len(set(leaves)) == len(paths) == 48
    phones = [Phone(provider) for _ in range(FIRST_DIALS)]
    gate = threading.Barrier(FIRST_DIALS)

    def walk(number: int) -> str:
        gate.wait(60)
        return phones[number].walk(paths[number % len(paths)])

    reached = _all(walk, FIRST_DIALS)
    wrong = [n for n, page in enumerate(reached) if page != leaves[n % len(paths)]]
    assert not wrong
    seconds = [each for phone in phones for each in phone.seconds]
    print(
        f"{FIRST_DIALS} at once on {len(paths)} paths, {len(seconds)} hops, {len(wrong)} wrong leaves; "
        f"p50 {percentile(seconds, 50):.2f} s, p99 {percentile(seconds, 99):.2f} s"
    )


def _at_once(running: Running, phone: Phone, many: int) -> tuple[list[str], set[int]]:
    """Post this hop over so many open connections at the same moment; return the bodies and who answered."""
    address = urlsplit(phone.provider.addresses["ussd"])
    body = urlencode(_fields(phone)).encode()
    gate = threading.Barrier(many)

    def post(_: int) -> tuple[str, int]:
        connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=30)
        try:
            connection.request("GET", "/readyz")  # opens the connection, and tells which process took it
            pid = json.loads(connection.getresponse().read())["pid"]
            gate.wait(60)
            connection.request(
                "POST", address.path, body=body, headers={"Content-Type": "application/x-www-form-urlencoded"}
            )
            return connection.getresponse().read().decode(), pid
        finally:
            connection.close()

    answers = _all(post, many)
    return [text for text, _ in answers], {pid for _, pid in answers}


def _fields(phone: Phone) -> dict[str, str]:
    return {
        "sessionId": phone.session,
        "phoneNumber": phone.number,
        "networkCode": "99999",
        "serviceCode": phone.provider.code,
        "text": "*".join(phone.typed),
    }


def _all(work: Callable[[int], T], many: int) -> Sequence[T]:
    with ThreadPoolExecutor(many) as pool:
        return list(pool.map(work, range(many)))
