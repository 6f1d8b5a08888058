"""The runner: walks every provider's table, and checks what no author of an adapter must remember."""

import logging
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from urllib.parse import urlencode

import pytest

from gateway.channel import KEPT, Channel, ChannelConfig, Outcome, Request, UnknownProvider, find
from gateway.messages import Delivery, Event, Outgoing
from tests.channels.tables import PROVIDERS, Case, Table, line_of, table_of
from tests.standin import Posted, post_bytes
from tests.webhooks.served import PAGE, House, served

CASES = [
    pytest.param(provider, case, id=f"{provider}: {case.name}")
    for provider in PROVIDERS
    for case in table_of(provider).cases
]
FIELDS = [
    pytest.param(provider, case, field, id=f"{provider}: {case.name}: {field}")
    for provider in PROVIDERS
    for case in {
        case.event: case for case in reversed(table_of(provider).cases)
    }.values()  # the first of each event
    for field in case.fields
]
REFUSED = [
    pytest.param(provider, *refused, id=f"{provider}: {refused[0]}")
    for provider in PROVIDERS
    for refused in table_of(provider).refused
]


@pytest.fixture(scope="module")
def _house() -> Iterator[House]:
    with served(*(line_of(provider) for provider in PROVIDERS)) as house:
        yield house


@pytest.fixture
def house(_house: House) -> House:
    """Every line, served on a socket, with nothing taken yet."""
    _house.behind.__init__()
    _house.count._counts.clear()
    return _house


def post(
    house: House, channel: Channel, event: str, fields: Mapping[str, str] | list[tuple[str, str]]
) -> Posted:
    return post_bytes(house.addresses(channel.config.name)[event], urlencode(fields).encode())


def test_there_are_providers_and_each_has_a_case_for_each_of_its_events() -> None:
    assert {"africastalking", "simulator"} <= set(PROVIDERS)
    for provider in PROVIDERS:
        assert {case.event for case in table_of(provider).cases} == line_of(provider).contract.events


@pytest.mark.parametrize(("provider", "case"), CASES)
def test_a_post_is_read_into_its_events(provider: str, case: Case) -> None:
    events = line_of(provider).parse(Request(event=case.event, fields=case.fields))

    assert tuple(events) == case.gives


@pytest.mark.parametrize(("provider", "case"), CASES)
def test_a_post_reaches_its_use_case_over_http_and_again_when_it_is_repeated(
    house: House, provider: str, case: Case
) -> None:
    channel = line_of(provider)
    first, second = (post(house, channel, case.event, {**case.fields, "brandNew": "x"}) for _ in range(2))

    assert first.status == 200
    assert (first.status, first.body) == (second.status, second.body)
    assert house.behind.taken == [event for event in case.gives * 2 if type(event).__name__ != "NotANumber"]
    assert first.headers["content-type"].startswith(
        "application/json" if case.event == "thread" else "text/plain"
    )
    if case.event == "ussd":
        assert first.body == channel.answer(PAGE, ends=False, screen="language").body


@pytest.mark.parametrize(("provider", "case", "field"), FIELDS)
def test_a_missing_field_is_named_unless_the_table_says_it_may_be_missing(
    house: House, provider: str, case: Case, field: str
) -> None:
    fields = {name: value for name, value in case.fields.items() if name != field}

    answer = post(house, line_of(provider), case.event, fields)

    if field in case.optional:
        assert answer.status == 200
    else:
        assert (answer.status, answer.body) == (400, f"field {field} is missing")
        assert house.behind.taken == []
        assert house.counted("webhook_refused") == {"field": 1}


@pytest.mark.parametrize(("provider", "case", "field"), FIELDS)
def test_an_empty_field_is_named_unless_the_table_says_it_may_be_empty(
    house: House, provider: str, case: Case, field: str
) -> None:
    answer = post(house, line_of(provider), case.event, {**case.fields, field: ""})

    if field in case.optional or (
        field in case.may_be_empty and field not in ("id", "sessionId", "phoneNumber")
    ):
        assert answer.status == 200
    else:
        assert answer.status == 400
        assert field in answer.body


@pytest.mark.parametrize(("provider", "case", "field"), FIELDS)
def test_a_doubled_field_is_refused(house: House, provider: str, case: Case, field: str) -> None:
    answer = post(house, line_of(provider), case.event, [*case.fields.items(), (field, case.fields[field])])

    assert (answer.status, answer.body) == (400, f"field {field} has more than one value")
    assert house.behind.taken == []


@pytest.mark.parametrize(("provider", "name", "event", "fields", "words"), REFUSED)
def test_a_post_that_is_no_event_is_refused_in_words_without_its_values(
    house: House, provider: str, name: str, event: str, fields: Mapping[str, str], words: str
) -> None:
    answer = post(house, line_of(provider), event, fields)

    assert answer.status == 400
    assert answer.body.startswith(words)
    assert fields.get("phoneNumber", "+") not in answer.body


@pytest.mark.parametrize(("provider", "case"), CASES)
def test_nothing_of_hers_and_no_secret_is_logged_even_when_the_use_case_fails(
    house: House, provider: str, case: Case, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    private = [case.fields[field] for field in case.private if len(case.fields.get(field, "")) > 3]

    def fail(event: Event) -> None:
        raise RuntimeError(f"at {event} {private}")

    post(house, line_of(provider), case.event, case.fields)
    house.behind.fails = fail
    post(house, line_of(provider), case.event, case.fields)

    for words in (*private, house.serials.secrets(f"{provider}-1")[0]):
        assert words not in caplog.text


@pytest.mark.parametrize("provider", PROVIDERS)
def test_only_the_right_secret_opens_a_line_and_its_own_status_refuses_the_others(
    house: House, provider: str
) -> None:
    channel = line_of(provider)
    name = channel.config.name
    case = table_of(provider).cases[0]
    body = urlencode(case.fields).encode()
    right = house.serials.secrets(name)[0]
    others = [house.serials.secrets(other)[0] for other in house.channels if other != name]

    for wrong in ("x", right[:-1], right + "a", right.upper(), "%00", "ລ", *others):
        answer = post_bytes(
            f"{house.url}/webhooks/{name}/{wrong.replace('ລ', '%E0%BA%A5')}/{case.event}", body
        )
        assert (answer.status, answer.body) == (channel.contract.refusal, "Not found")
    assert post_bytes(f"{house.url}/webhooks/nobody/{right}/{case.event}", body).status == 404
    assert house.behind.taken == []


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_body_too_large_a_wrong_type_and_a_wrong_method_are_refused_in_words(
    house: House, provider: str
) -> None:
    channel = line_of(provider)
    for event, address in house.addresses(channel.config.name).items():
        assert post_bytes(address, b"text=" + b"x" * 20_000).status == 413
        assert post_bytes(address, b"<a/>", content_type="text/xml").status == 415
        answer = post_bytes(address, b"", method="GET")
        assert (answer.status, answer.headers["allow"]) == (405, "POST"), event


@pytest.mark.parametrize("provider", PROVIDERS)
def test_every_status_of_a_delivery_is_taken_and_known(house: House, provider: str) -> None:
    channel = line_of(provider)
    table: Table = table_of(provider)
    if "delivery" not in channel.contract.events:
        assert not table.statuses
        return
    report = next(case for case in table.cases if case.event == "delivery")

    assert set(table.statuses.values()) == {"delivered", "failed", "moving"}
    for status, state in table.statuses.items():
        assert post(house, channel, "delivery", {**report.fields, "status": status}).status == 200
        taken = house.behind.taken[-1]
        assert isinstance(taken, Delivery)
        assert (taken.status, taken.state) == (status, state)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_without_an_account_a_line_reaches_nobody_and_a_repeat_keeps_the_same_id(provider: str) -> None:
    channel = line_of(provider)
    message = Outgoing(own_id="01hzy2m4c9k3p7qrs5tv", number="+8562055500001", text="Hello")
    now = datetime(2026, 11, 24, 7, 5, tzinfo=UTC)

    first, second = channel.send(message, now=now), channel.send(message, now=now)

    assert not channel.contract.real
    assert channel.contract.takes_our_id
    assert first == second
    assert first.outcome is Outcome.SENT
    assert first.provider_id == KEPT + message.own_id


@pytest.mark.parametrize("provider", PROVIDERS)
def test_an_answer_begins_with_its_word_and_ends_with_the_page(provider: str) -> None:
    channel = line_of(provider)

    go_on, over = channel.answer("ສະບາຍດີ", ends=False), channel.answer("Bye", ends=True)

    assert (go_on.body, over.body) == ("CON ສະບາຍດີ", "END Bye")
    assert go_on.status == over.status == 200
    assert go_on.content_type == "text/plain; charset=utf-8"


def test_a_provider_without_a_folder_is_named() -> None:
    for provider in ("carrierpigeon", "../secrets", ""):
        with pytest.raises(UnknownProvider, match="channel x: "):
            find(ChannelConfig(name="x", provider=provider, menu="helpline"))
