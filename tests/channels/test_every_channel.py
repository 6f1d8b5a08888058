"""The runner: walks every provider's table, and checks what no author of an adapter must remember."""

import itertools
import logging
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

import gateway
from gateway.channels import UnknownProvider, find_channel
from gateway.channels.contract import KEPT, Channel, ChannelConfig, SendOutcome, Signed
from gateway.domain.events import CallEvent, Delivery, Event, Inbound, Kind, Outgoing
from gateway.foundation.time_and_chance import Clock
from tests.support.channel_tables import (
    PROVIDERS,
    Case,
    Dialect,
    Fields,
    ShownPage,
    Table,
    as_form,
    line_of,
    split_tail,
    table_of,
)
from tests.support.served_webhooks import DOWN, PAGE, House, page_of, served
from tests.support.standin import Posted, post_bytes

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
    if field[0] != "/"
]
REFUSED = [
    pytest.param(provider, *refused, id=f"{provider}: {refused[0]}")
    for provider in PROVIDERS
    for refused in table_of(provider).refused
]


SIGNED = [provider for provider in PROVIDERS if table_of(provider).dialect.sign]


@pytest.fixture(scope="module")
def _house() -> Iterator[House]:
    plain = [line_of(provider) for provider in PROVIDERS]
    signed = [signed_line_of(provider) for provider in SIGNED]
    with served(*plain, *signed) as house:
        yield house


def signed_line_of(provider: str) -> Channel:
    """A line that takes nothing unsigned."""
    return line_of(provider, f"{provider}-signed", **table_of(provider).dialect.options)


@pytest.fixture
def house(_house: House) -> House:
    """Every line, served on a socket, with nothing taken yet."""
    _house.behind.__init__()
    _house.count._counts.clear()
    _house.count._heard.clear()
    return _house


def post(house: House, channel: Channel, event: str, fields: Fields) -> Posted:
    dialect = table_of(channel.config.provider).dialect
    return post_to(house.addresses(channel.config.name)[event], dialect, fields)


def post_to(address: str, dialect: Dialect, fields: Fields) -> Posted:
    """Post as the provider does: by a body, or by the query of a GET."""
    tail, fields = split_tail(fields)
    address += tail
    if dialect.method == "GET":
        return post_bytes(f"{address}?{as_form(fields).decode()}", b"", method="GET")
    return post_bytes(address, dialect.write(fields), content_type=dialect.content_type)


def test_there_are_providers_and_each_has_a_case_for_each_of_its_events() -> None:
    assert {"africastalking", "simulator"} <= set(PROVIDERS)
    for provider in PROVIDERS:
        assert {case.event for case in table_of(provider).cases} == line_of(provider).contract.events


@pytest.mark.fault("A2", "A4", "A5")
@pytest.mark.parametrize(("provider", "case"), CASES)
def test_a_post_is_read_into_its_events(provider: str, case: Case) -> None:
    events = line_of(provider).parse(table_of(provider).request(case.event, case.fields))

    assert tuple(events) == case.gives


@pytest.mark.parametrize(("provider", "case"), CASES)
def test_a_post_reaches_its_use_case_over_http_and_again_when_it_is_repeated(
    house: House, provider: str, case: Case
) -> None:
    channel = line_of(provider)
    first, second = (post(house, channel, case.event, {**case.fields, "brandNew": "x"}) for _ in range(2))

    assert first.status == 200
    assert channel.config.name in house.count._heard, (
        "whatever is posted with the right secret is a sign of life"
    )
    assert (first.status, first.body) == (second.status, second.body)
    assert house.behind.taken == list(case.gives * 2)
    asks = any(isinstance(event, CallEvent) for event in case.gives)
    if any(isinstance(event, Inbound) and event.kind is Kind.USSD for event in case.gives):
        assert_page(first, table_of(provider).dialect.page(PAGE, False, case.fields))
        return
    usual = channel.contract.received_type
    wanted = "application/xml" if asks else "application/json" if case.event == "thread" else usual
    assert first.headers["content-type"].startswith(wanted)


def assert_page(posted: Posted, page: ShownPage) -> None:
    assert page.is_in(posted.body), posted.body
    assert posted.headers["content-type"] == page.content_type
    assert {name: posted.headers.get(name.lower()) for name in page.headers} == page.headers


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

    if field in case.optional or (field in case.may_be_empty):
        assert answer.status == 200
    else:
        assert answer.status == 400
        assert field in answer.body


@pytest.mark.parametrize(("provider", "case", "field"), FIELDS)
def test_a_doubled_field_is_refused(house: House, provider: str, case: Case, field: str) -> None:
    answer = post(house, line_of(provider), case.event, [*case.fields.items(), (field, case.fields[field])])

    shown = field.rpartition(".")[2]  # one inside another is known by its own name
    assert (answer.status, answer.body) == (400, f"field {shown} has more than one value")
    assert house.behind.taken == []


@pytest.mark.parametrize(("provider", "name", "event", "fields", "words"), REFUSED)
def test_a_post_that_is_no_event_is_refused_in_words_without_its_values(
    house: House, provider: str, name: str, event: str, fields: Mapping[str, str], words: str
) -> None:
    answer = post(house, line_of(provider), event, fields)

    assert answer.status == 400
    assert answer.body.startswith(words)
    assert not any(value in answer.body for value in fields.values() if value[1:].isdigit())


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
    dialect = table_of(provider).dialect
    right = house.serials.secrets(name)[0]
    others = [house.serials.secrets(other)[0] for other in house.channels if other != name]

    for wrong in ("x", right[:-1], right + "a", right.upper(), "%00", "ລ", *others):
        address = f"{house.url}/webhooks/{name}/{wrong.replace('ລ', '%E0%BA%A5')}/{case.event}"
        answer = post_to(address, dialect, case.fields)
        assert (answer.status, answer.body) == (channel.contract.refusal, "Not found")
    assert post_to(f"{house.url}/webhooks/nobody/{right}/{case.event}", dialect, case.fields).status == 404
    assert house.behind.taken == []


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_body_too_large_a_wrong_type_and_a_wrong_method_are_refused_in_words(
    house: House, provider: str
) -> None:
    channel, methods = line_of(provider), line_of(provider).contract.methods
    taken = table_of(provider).dialect.content_type
    tail = "".join(channel.contract.tail)
    for event, base in house.addresses(channel.config.name).items():
        address = base + tail
        if "POST" in methods:
            assert post_bytes(address, b"text=" + b"x" * 20_000, content_type=taken).status == 413
            assert post_bytes(address, b"a", content_type="application/x-thing").status == 415
        if "GET" in methods:
            assert post_bytes(f"{address}?text={'x' * 20_000}", b"", method="GET").status == 413
        for method in {"GET", "POST", "PUT", "DELETE"} - methods:
            answer = post_bytes(address, b"", method=method)
            assert (answer.status, answer.headers["allow"]) == (405, ", ".join(sorted(methods))), event
    assert house.behind.taken == []


@pytest.mark.parametrize("provider", [name for name in PROVIDERS if line_of(name).contract.tail])
def test_an_address_with_another_tail_is_none(house: House, provider: str) -> None:
    channel, case, dialect = line_of(provider), table_of(provider).cases[0], table_of(provider).dialect
    address = house.addresses(channel.config.name)[case.event]
    tail, rest = split_tail(case.fields)
    body = dialect.write(rest)

    for wrong in ("", "/", tail + "/", tail + "/more", tail.rpartition("/")[0], "/" + tail, f"{tail}%2Fmore"):
        posted = post_bytes(address + wrong, body, content_type=dialect.content_type)
        assert posted.status == channel.contract.refusal, wrong
    assert house.behind.taken == []
    wrong_secret = address.replace(house.serials.secrets(channel.config.name)[0], "x")
    assert post_bytes(wrong_secret + tail, body, content_type=dialect.content_type).status == 404
    assert post_bytes(address + tail, body, content_type=dialect.content_type).status == 200


def test_an_address_without_a_tail_takes_none(house: House) -> None:
    case = table_of("africastalking").cases[0]
    address = house.addresses("africastalking-1")[case.event]

    for more in ("/x", "/x/start"):
        assert post_bytes(address + more, as_form(case.fields)).status == 404
    assert house.behind.taken == []


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
        assert post(house, channel, "delivery", {**report.fields, table.status: status}).status == 200
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
    assert first.outcome is SendOutcome.SENT
    assert first.provider_id == KEPT + message.own_id


USSD = [provider for provider in PROVIDERS if "ussd" in line_of(provider).contract.events]


@pytest.mark.parametrize("provider", USSD)
def test_a_page_is_written_in_the_dialect_and_answers_the_very_post(provider: str) -> None:
    channel, dialect = line_of(provider), table_of(provider).dialect
    hops = [
        case for case in table_of(provider).cases if any(isinstance(each, Inbound) for each in case.gives)
    ]
    hops = [case for case in hops if case.event == "ussd"]
    for text, ends in itertools.product(("ສະບາຍດີ", '1 "A" & <b>\n2 \\ B', ""), (False, True)):
        for case in hops:
            inbound = next((each for each in case.gives if isinstance(each, Inbound)), None)
            answer = channel.answer(page_of(text, ends=ends), inbound)
            page = dialect.page(text, ends, case.fields)

            assert page.is_in(answer.body), case.name
            assert (answer.status, answer.content_type) == (200, page.content_type)
            assert dict(answer.headers) == page.headers


@pytest.mark.parametrize("provider", USSD)
def test_the_apology_is_a_page_that_ends_whether_the_turn_or_the_reading_fails(
    house: House, provider: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    channel, dialect = line_of(provider), table_of(provider).dialect
    case = next(case for case in table_of(provider).cases if case.event == "ussd")
    assert isinstance(case.gives[0], Inbound)

    def fail(_: object) -> None:
        raise RuntimeError

    house.behind.fails = fail
    assert_page(post(house, channel, "ussd", case.fields), dialect.page(DOWN, True, case.fields))

    monkeypatch.setattr(type(channel), "parse", lambda *_: fail(_))
    unread = post(house, channel, "ussd", case.fields)
    assert (unread.status, unread.headers["content-type"]) == (200, dialect.page("", True, {}).content_type)
    assert dialect.page(DOWN, True, {}).is_in(unread.body)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_number_in_place_of_a_text_is_read_or_refused_by_its_field(house: House, provider: str) -> None:
    """JSON has types (RFC 8259): a provider that documents a number is read, any other type is named."""
    channel, table = line_of(provider), table_of(provider)
    if table.dialect.content_type != "application/json":
        return
    for case in table.cases:
        for name in case.fields:
            if "." in name or name[0] == "/":
                continue
            tail, rest = split_tail({**case.fields, name: "7"})
            body = table.dialect.write_with(name)(rest)
            address = house.addresses(channel.config.name)[case.event]
            answer = post_bytes(address + tail, body, content_type="application/json")
            assert answer.status == 200 or (answer.status, answer.body.startswith(f"field {name} ")) == (
                400,
                True,
            )


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_line_that_can_prove_who_posts_has_a_table_that_proves_it(provider: str) -> None:
    assert isinstance(line_of(provider), Signed) == (provider in SIGNED)


@pytest.mark.parametrize("provider", SIGNED)
def test_a_post_is_taken_by_its_signature_alone_and_every_other_is_401_with_nothing_done(
    house: House, provider: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    dialect, case = table_of(provider).dialect, table_of(provider).cases[0]
    address = house.addresses(f"{provider}-signed")[case.event]
    body, now = dialect.write(case.fields), int(Clock().now().timestamp())
    assert dialect.sign is not None

    def posted(body: bytes, headers: Mapping[str, str]) -> Posted:
        if dialect.signs_in_body and headers:
            body, headers = body + b"&" + as_form(headers), {}
        return post_bytes(address, body, content_type=dialect.content_type, headers=dict(headers))

    right = dialect.sign(body, now, address)
    wrong = {
        "without": {},
        "altered": dialect.sign(body + b"&x=1", now, address),
        "another address's": dialect.sign(body, now, f"{address}x"),
        "six minutes old": dialect.sign(body, now - 360, address),
        "six minutes ahead": dialect.sign(body, now + 360, address),
        "another second's": {**right, **{name: str(now - 1) for name in right if right[name] == str(now)}},
        "half": {name: value[:-1] for name, value in right.items()},
        "of nothing": dict.fromkeys(right, ""),
        "of letters": dict.fromkeys(right, "ສະບາຍດີ".encode().decode("latin-1")),
    }
    if dialect.is_timed or not dialect.signs_address:
        del wrong["another address's"]  # the body alone is signed
    if not dialect.is_timed:
        del wrong["six minutes old"], wrong["six minutes ahead"], wrong["another second's"]
    for name, headers in wrong.items():
        assert posted(body, headers).status == 401, name
    assert house.behind.taken == []
    assert sum(house.counted("webhook_refused").values()) == len(wrong)

    assert posted(body, right).status == 200
    assert len(house.behind.taken) == len(case.gives)
    assert all(value not in caplog.text for value in case.fields.values() if len(value) > 4)


def test_no_part_of_the_house_names_a_provider_beside_its_own_folder() -> None:
    # The command line may say where an account comes from; whatever else asks for a name is a list of providers.
    root = Path(gateway.__file__).parent
    for path in root.rglob("*.py"):
        inside = path.relative_to(root).parts
        if inside[0] in ("cli", "up.py") or inside[:1] == ("channels",):
            continue
        text = path.read_text(encoding="utf-8")
        assert not [f for f in PROVIDERS if f'"{f}"' in text], path


@pytest.mark.parametrize("provider", ["hsenid", "ideamart", "bdapps"])
def test_a_provider_that_answers_later_by_a_call_is_refused_with_the_reason(provider: str) -> None:
    with pytest.raises(UnknownProvider, match=f"channel x: {provider} answers a post later, .* masks"):
        find_channel(ChannelConfig(name="x", provider=provider, menu="helpline"))


def test_an_application_that_wants_a_provider_is_refused_with_the_reason() -> None:
    with pytest.raises(
        UnknownProvider, match=r"channel x: rapidpro is an application .* its external channel"
    ):
        find_channel(ChannelConfig(name="x", provider="rapidpro", menu="helpline"))


def test_a_provider_without_a_folder_is_named() -> None:
    for provider in ("carrierpigeon", "../secrets", ""):
        with pytest.raises(UnknownProvider, match="channel x: "):
            find_channel(ChannelConfig(name="x", provider=provider, menu="helpline"))
