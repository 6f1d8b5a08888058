"""From the first dial to the code, posted as the provider posts it, in every language and through a wiped Redis."""

import json

import pytest
import redis

from gateway.operations import supervisor
from tests.support.running import Running, wait
from tests.support.standin import Provider
from tests.support.trial_phones import FORM, LANGUAGES, Phone, code_in, measured, texts_on

pytestmark = [pytest.mark.kills, pytest.mark.xdist_group("house")]

ANSWERS = {"danger": "no", "phone_seen": "sometimes", "when": "evening"}


@pytest.fixture(scope="module")
def provider(house: Running) -> Provider:
    return house.provider()


@pytest.fixture(scope="module")
def store(house: Running) -> redis.Redis:
    return redis.Redis.from_url(supervisor.find_url(house.data))


def test_four_languages_from_the_first_dial_to_the_code(house: Running, provider: Provider) -> None:
    told = {}
    for script, keys in LANGUAGES.items():
        phone = Phone(provider)
        page = phone.walk([*keys, *FORM])
        assert page.startswith("CON ")
        assert len(phone.typed) <= 7, f"{len(phone.typed)} answers to the save"
        told[code_in(page)] = script
        end = phone.press("1")
        assert end.startswith("END ")
        assert code_in(page) not in end
        sizes = [measured(each[4:]) for each in phone.pages]
        print(f"{script}: {len(phone.typed) - 1} answers to the save, pages {sizes}")
    printed = json.loads(house.command("callbacks", "list", "--json"))
    kept = {row["code"]: row for row in printed if row["code"] in told}
    assert set(kept) == set(told)
    for code, script in told.items():
        row = kept[code]
        assert (row["state"], row["priority"], row["topic"]) == ("waiting", "normal", "other")
        assert (row["language"], row["script"]) == (script.partition("-")[0], script)
        shown = house.shown(row["id"])
        assert shown["answers"].items() >= ANSWERS.items()
        assert shown["path"] == ["main"]
        assert "20555" not in json.dumps(shown), "the command line shows no number"


def test_a_drop_before_the_save_leaves_nothing_and_after_it_everything(
    house: Running, provider: Provider
) -> None:
    before = house.callbacks()
    left = Phone(provider)
    left.walk([*LANGUAGES["en"], *FORM[:-1]])
    left.hang_up()
    assert house.callbacks() == before
    assert "Info line" in left.dial(), "she begins as anyone does"

    kept = Phone(provider)
    code = code_in(kept.walk([*LANGUAGES["en"], *FORM]))
    kept.hang_up()
    assert code in {row["code"] for row in house.callbacks()}


def test_a_wipe_of_redis_between_any_two_hops_costs_at_most_a_start_again(
    house: Running, provider: Provider, store: redis.Redis
) -> None:
    keys = [*LANGUAGES["lo-Latn"], *FORM, "1"]
    first = Phone(provider).walk([])
    again, saved = 0, 0
    known = {row["code"] for row in house.callbacks()}
    for wiped_before in range(1, len(keys) + 1):
        phone = Phone(provider)
        phone.walk(keys[: wiped_before - 1])
        store.flushall()
        page = phone.press(keys[wiped_before - 1])
        after_the_save = wiped_before == len(keys)
        saved += after_the_save
        again += page.startswith("CON ") and page.endswith(first.removeprefix("CON "))
        assert page.endswith(first.removeprefix("CON ")), (
            f"a wrong leaf after a wipe before {wiped_before}: {page}"
        )
    made = {row["code"] for row in house.callbacks()} - known
    assert len(made) == saved == 1, "only the one that she saved before the wipe"
    print(
        f"{len(keys)} wipes, {again} starts again, 0 wrong leaves, {len(made)} request, which she had saved"
    )


def test_a_wipe_after_the_save_tells_the_repeat_the_same_code(
    house: Running, provider: Provider, store: redis.Redis
) -> None:
    phone = Phone(provider)
    page = phone.walk([*LANGUAGES["th"], *FORM])
    store.flushall()
    assert phone.again().body == page
    assert [row["code"] for row in house.callbacks()].count(code_in(page)) == 1


def test_a_wipe_between_all_hops_never_does_what_she_did_not_ask_for(
    house: Running, provider: Provider, store: redis.Redis
) -> None:
    before = {row["code"] for row in house.callbacks()}
    phone = Phone(provider)
    phone.walk([*LANGUAGES["lo"], *FORM], between=store.flushall)
    assert {row["code"] for row in house.callbacks()} == before


def test_a_redial_shows_nothing_and_a_shared_phone_has_a_second_request(
    house: Running, provider: Provider
) -> None:
    phone = Phone(provider)
    first = code_in(phone.walk([*LANGUAGES["en"], *FORM]))
    phone.hang_up()
    stranger = Phone(provider)
    assert phone.dial() == stranger.dial(), "a redial looks like anyone's"
    assert all(first not in page for page in (phone.press("4"), phone.press("98")))
    phone.hang_up()
    second = code_in(phone.walk([*LANGUAGES["en"], *FORM]))
    assert second != first
    rows = {row["code"]: row["id"] for row in house.callbacks()}
    assert rows[first] != rows[second]
    assert first not in {row["code"] for row in [house.shown(rows[second])]}


def test_texts_ask_for_a_call_too(house: Running, provider: Provider) -> None:
    phone = Phone(provider)
    for turn, words in enumerate(("call me", "2 3")):
        assert provider.sms(f"{phone.number} {turn}", phone.number, words).status == 200
    simulator = house.provider("simulator")
    took = wait(lambda: len(texts_on(simulator, phone.number)) == 2, 35, "both answers left")
    form, code = texts_on(simulator, phone.number)
    assert "1" in form
    assert code_in(code) in {row["code"] for row in house.callbacks()}
    print(f"both answers on the phone after {took:.1f} s")
