"""What a provider hears when its post is wrong, and what she hears when we are."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest

from tests.support.running import Running, wait
from tests.support.standin import Posted, Provider, post_bytes
from tests.support.trial_phones import FORM, LANGUAGES, Phone, code_in, new_number, texts_on

pytestmark = [pytest.mark.kills, pytest.mark.xdist_group("house")]

HERS = "+8562055599999"
HOP = f"sessionId=s1&phoneNumber=%2B{HERS[1:]}&networkCode=99999&serviceCode=%2A384%2A12345%23&text=".encode()


@pytest.fixture(scope="module")
def provider(house: Running) -> Provider:
    return house.provider()


def test_a_right_post_is_taken(provider: Provider) -> None:
    assert provider.raw("ussd", HOP).status == 200


REFUSED = {
    "a field is missing": (400, lambda post: post.raw("ussd", HOP.replace(b"sessionId=s1&", b""))),
    "a field comes twice": (400, lambda post: post.raw("ussd", HOP + b"&text=4")),
    "a field is empty": (400, lambda post: post.raw("ussd", HOP.replace(b"=s1", b"="))),
    "no number": (400, lambda post: post.raw("ussd", HOP.replace(b"%2B85620", b"boss"))),
    "not UTF-8": (400, lambda post: post.raw("ussd", HOP + b"%ff")),
    "oversize": (413, lambda post: post.raw("ussd", HOP + b"1" * 20_000)),
    "wrong type": (415, lambda post: post.raw("ussd", HOP, content_type="application/json")),
    "packed": (415, lambda post: post.raw("ussd", HOP, headers={"Content-Encoding": "gzip"})),
    "wrong method": (405, lambda post: post.raw("ussd", HOP, method="PUT")),
    "no such event": (404, lambda post: post_bytes(post.addresses["ussd"] + "x", HOP)),
    "wrong secret": (404, lambda post: post_bytes(_with_secret(post, "a" * 32), HOP)),
    "half a secret": (404, lambda post: post_bytes(_with_secret(post, _secret(post)[:16]), HOP)),
    "no such line": (
        404,
        lambda post: post_bytes(post.addresses["ussd"].replace("africastalking", "nobody"), HOP),
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_wrong_post_is_refused_in_plain_words_without_hers(
    house: Running, provider: Provider, what: str
) -> None:
    status, post = REFUSED[what]
    said = len(house.said())  # the addresses are printed at the start, on purpose
    answer: Posted = post(provider)
    assert answer.status == status, answer
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert HERS[4:] not in answer.body
    assert _secret(provider) not in house.said()[said:]
    print(f"{what}: {answer.status} {answer.body}")


def test_a_wrong_secret_and_an_unknown_line_cannot_be_told_apart(provider: Provider) -> None:
    secret = REFUSED["wrong secret"][1](provider)
    line = REFUSED["no such line"][1](provider)
    assert (secret.status, secret.body) == (line.status, line.body) == (404, "Not found")


DOWN = {"lo": "ຂໍໂທດ", "lo-Latn": "Kho thot", "th": "ขอโทษ", "en": "Sorry"}
EVENT = re.compile(r"turn failed event=(\w+) kind=\w+ at=[\w.:< ]+")


def test_an_exception_inside_a_turn_ends_kindly_and_is_found_by_its_event(
    house: Running, provider: Provider
) -> None:
    counted = house.counted("fault")
    phones = {script: Phone(provider) for script in DOWN}
    for script, phone in phones.items():
        said = len(house.said())
        with _broken(house):
            page = phone.walk([*LANGUAGES[script], *FORM])
        assert page.startswith(f"END {DOWN[script]}"), page
        assert "191" in page, "a number that helps"
        new = house.said()[said:]
        events = EVENT.findall(new)
        assert len(events) == 1, new
        for hers in (phone.number[4:], phone.session, "Traceback", "her words", "sometimes", "evening"):
            assert hers not in new
        print(f"{script}: {page!r}, event {events[0]}")
        assert code_in(phone.again().body), "nothing was half done: the same post, later, is taken"
    took = wait(lambda: house.counted("fault") == counted + len(phones), 25, "each is counted")
    print(f"{len(phones)} faults counted after {took:.1f} s")


def test_a_text_that_cannot_be_digested_is_taken_and_answered_later(
    house: Running, provider: Provider
) -> None:
    number, said = new_number(), len(house.said())
    for turn, words in enumerate(("call me", "2 3")):
        with _broken(house):
            assert provider.sms(f"{number} {turn}", number, words).status == 200
    assert number[4:] not in house.said()[said:]
    simulator = house.provider("simulator")
    wait(lambda: len(texts_on(simulator, number)) == 2, 30, "both are answered")


@contextmanager
def _broken(house: Running) -> Iterator[None]:
    """Let every new request fail inside its transaction, with words that quote her."""
    boom = "CREATE TRIGGER boom BEFORE INSERT ON callbacks BEGIN SELECT RAISE(ABORT, 'forced, with her words'); END"
    with closing(sqlite3.connect(house.data / "gateway.sqlite3", timeout=10, isolation_level=None)) as ledger:
        ledger.execute(boom)
        try:
            yield
        finally:
            ledger.execute("DROP TRIGGER boom")


def _secret(provider: Provider) -> str:
    return provider.addresses["ussd"].split("/")[-2]


def _with_secret(provider: Provider, secret: str) -> str:
    return provider.addresses["ussd"].replace(_secret(provider), secret)
