"""What the provider is told about a call, as XML that its documents describe, and what each of its words for an end means."""

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from config.settings import load_settings
from gateway.bootstrap import _build_channels
from gateway.channels.africastalking import voice
from gateway.channels.contract import Answer, BadAccount, Bridging, Calls, Channel, Request
from gateway.domain.events import (
    AskOne,
    CallEvent,
    CallKind,
    CallStep,
    Cause,
    DialCaller,
    Reject,
    SayGone,
    Silence,
)
from tests.channels.africastalking.cases import CALL, HERS, LAST
from tests.support.channel_tables import line_of

OURS = "+254711000000"
HER = "+254700000002"


def line(**options: str) -> Channel:
    return line_of("africastalking", **({"voice_number": OURS} | options))


def told(step: CallStep) -> ET.Element:
    channel = line()
    assert isinstance(channel, Calls)
    answer = channel.answer_call(step)
    assert isinstance(answer, Answer)
    assert (answer.status, answer.content_type) == (200, "application/xml")
    assert answer.body.startswith('<?xml version="1.0" encoding="UTF-8"?>\n<Response>')
    return ET.fromstring(answer.body.encode())


def event(**changes: str) -> CallEvent:
    (found,) = line().parse(Request(event="voice", fields=CALL | changes))
    assert isinstance(found, CallEvent)
    return found


@pytest.mark.parametrize(
    ("language", "says"),
    [
        ("lo", " Language: Lao."),
        ("lo-Latn", " Language: Lao."),
        ("th", " Language: Thai."),
        ("en", " Language: English."),
        ("xx", ""),
        ("", ""),
    ],
)
def test_the_question_says_the_code_digit_by_digit_and_her_language(language: str, says: str) -> None:
    response = told(AskOne("4821", language))

    ask, after = list(response)
    assert (ask.tag, ask.get("numDigits"), ask.get("callbackUrl")) == ("GetDigits", "1", None)
    assert [say.text for say in ask] == [f"Helpline. Code 4 8 2 1.{says} Press 1 to call."]
    assert (after.tag, after.text) == ("Say", "Nothing was pressed. Goodbye."), (
        "no key, no post: this ends the call"
    )


def test_the_question_about_an_erased_request_says_no_code() -> None:
    assert [say.text for say in told(AskOne("", "lo"))[0]] == ["Helpline. Language: Lao. Press 1 to call."]


def test_her_number_is_dialled_once_from_the_neutral_number_unrecorded_and_not_for_ever() -> None:
    (dial,) = told(DialCaller(HER, 1800))

    assert dial.tag == "Dial"
    assert dial.attrib == {"phoneNumbers": HER, "callerId": OURS, "maxDuration": "1800", "record": "false"}


def test_whatever_is_told_is_escaped() -> None:
    (dial,) = told(DialCaller('+1"&<>', 1))
    assert dial.get("phoneNumbers") == '+1"&<>'
    assert told(AskOne("<&", "lo"))[0][0].text == "Helpline. Code < &. Language: Lao. Press 1 to call."


def test_silence_is_an_empty_answer_a_refusal_stands_alone_and_what_is_gone_is_said() -> None:
    assert list(told(Silence())) == []
    assert [each.tag for each in told(Reject())] == ["Reject"]
    assert [(each.tag, each.text) for each in told(SayGone())] == [
        ("Say", "This call is no longer wanted. Goodbye.")
    ]


DOCUMENTED = {
    "NORMAL_CLEARING": Cause.CLEARED,
    "CALL_REJECTED": Cause.REJECTED,
    "NORMAL_TEMPORARY_FAILURE": Cause.FAILED,
    "RECOVERY_ON_TIMER_EXPIRE": Cause.FAILED,
    "ORIGINATOR_CANCEL": Cause.NO_ANSWER,
    "LOSE_RACE": Cause.NO_ANSWER,
    "USER_BUSY": Cause.BUSY,
    "NO_ANSWER": Cause.NO_ANSWER,
    "NO_USER_RESPONSE": Cause.NO_ANSWER,
    "SUBSCRIBER_ABSENT": Cause.SWITCHED_OFF,
    "SERVICE_UNAVAILABLE": Cause.FAILED,
    "USER_NOT_REGISTERED": Cause.SWITCHED_OFF,
    "UNALLOCATED_NUMBER": Cause.FAILED,
    "UNSPECIFIED": Cause.UNKNOWN,
    "SOMETHING_NEW": Cause.UNKNOWN,
    "": Cause.UNKNOWN,
}


@pytest.mark.parametrize(("word", "cause"), list(DOCUMENTED.items()))
def test_every_cause_that_is_documented_is_known(word: str, cause: Cause) -> None:
    assert event(**LAST, hangupCause=word).cause is cause
    assert event(**HERS, dialStatus="x", lastBridgeHangupCause=word).cause is cause


def test_the_word_for_her_side_counts_before_the_word_for_the_whole() -> None:
    found = event(**LAST, lastBridgeHangupCause="USER_BUSY", hangupCause="NORMAL_CLEARING")

    assert found.cause is Cause.BUSY


@pytest.mark.parametrize(
    ("caller", "other", "number"),
    [
        ("+254700000001", OURS, "+254700000001"),
        (OURS, "+254700000001", "+254700000001"),
        (" 254711000000", "+254700000001", "+254700000001"),
        (OURS, "", ""),
        ("somebody", OURS, ""),
    ],
)
def test_the_other_side_is_whichever_is_not_our_own_number(caller: str, other: str, number: str) -> None:
    assert event(callerNumber=caller, destinationNumber=other).number == number


def test_a_direction_in_any_case_is_the_direction() -> None:
    assert event(direction="outbound").kind is CallKind.ANSWERED


def test_without_a_word_the_bridge_is_off_and_its_limits_are_the_shipped_ones() -> None:
    channel = line_of("africastalking")
    assert isinstance(channel, Calls)
    assert channel.bridging == Bridging(on=False, number="", minutes=30, a_day=200)


def test_switched_on_it_needs_an_account() -> None:
    account = {"username": "helpline", "api_key": "k"}
    for options, on in ((account, True), ({}, False)):
        channel = line(bridge="yes", call_minutes="45", calls_a_day="7", **options)
        assert isinstance(channel, Calls)
        assert channel.bridging == Bridging(on=on, number=OURS, minutes=45, a_day=7)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"bridge": "true"}, "bridge must be"),
        ({"call_minutes": "0"}, "call_minutes must be a whole number from 1 to 240"),
        ({"call_minutes": "half"}, "call_minutes must be"),
        ({"call_minutes": "٣"}, "call_minutes must be"),
        ({"calls_a_day": "-1"}, "calls_a_day must be"),
        (
            {"voice_number": "0711000000"},
            "AFRICASTALKING_VOICE_NUMBER must be a number with its country code",
        ),
    ],
)
def test_an_option_that_cannot_be_used_is_named(options: dict[str, str], words: str) -> None:
    with pytest.raises(BadAccount, match=words) as refused:
        line(**options)
    assert options.get("voice_number", "x") not in str(refused.value) or "voice_number" not in options


def test_no_word_of_the_module_names_the_organisation_or_what_it_is_about() -> None:
    said = [say.text or "" for step in (AskOne("1", "lo"), SayGone()) for say in told(step).iter("Say")]

    for word in ("union", "migrant", "worker", "rights", "pay"):
        assert not [words for words in said if word in words.lower()]
    assert set(voice.LANGUAGES) >= {"lo", "th", "en"}


SHIPPED = Path(__file__).parents[3] / "config" / "gateway.toml"
ACCOUNT = {
    "AFRICASTALKING_USERNAME": "helpline",
    "AFRICASTALKING_API_KEY": "k",
    "AFRICASTALKING_VOICE_NUMBER": OURS,
}


def as_configured(toml: Path, *, real: bool = True) -> Bridging:
    channel = _build_channels(load_settings({**ACCOUNT, "GATEWAY_CONFIG": str(toml)}), real=real)[
        "africastalking"
    ]
    assert isinstance(channel, Calls)
    return channel.bridging


def test_as_it_is_shipped_nobody_is_bridged() -> None:
    assert as_configured(SHIPPED) == Bridging(on=False, number=OURS, minutes=30, a_day=200)


def test_the_lines_that_the_file_shows_switch_it_on_with_the_limits_that_are_the_default(
    tmp_path: Path,
) -> None:
    lines = SHIPPED.read_text(encoding="utf-8").splitlines()
    first = lines.index("# [channels.africastalking.options]")
    for n in range(first, first + 4):
        lines[n] = lines[n].removeprefix("# ")
    (tmp_path / "gateway.toml").write_text("\n".join(lines), encoding="utf-8")

    assert as_configured(tmp_path / "gateway.toml") == Bridging(on=True, number=OURS, minutes=30, a_day=200)


def test_while_no_real_phone_may_be_reached_nobody_is_bridged_either(tmp_path: Path) -> None:
    toml = tmp_path / "gateway.toml"
    toml.write_text(
        '[channels.africastalking]\nprovider = "africastalking"\n'
        '[channels.africastalking.options]\nbridge = "yes"\n',
        encoding="utf-8",
    )

    assert as_configured(toml).on
    assert not as_configured(toml, real=False).on
