"""The account, and the spellings that would send a trial to real phones."""

from collections.abc import Mapping

import pytest

from gateway.channels.africastalking import AfricasTalkingAccount
from gateway.channels.contract import BadAccount, BadRequest, Request
from tests.support.channel_tables import PROVIDERS, line_of


@pytest.mark.parametrize(
    "options", [{}, {"username": "", "api_key": ""}, {"sender_id": "X", "api_url": "http://x"}]
)
def test_no_account_is_no_fault(options: Mapping[str, str]) -> None:
    assert AfricasTalkingAccount.of(options) is None


@pytest.mark.parametrize(
    ("username", "key", "words"),
    [
        ("helpline", "", "AFRICASTALKING_API_KEY is not set"),
        ("", "key", "AFRICASTALKING_USERNAME is not set"),
        ("Sandbox", "key", "write exactly sandbox"),
        ("sandbox ", "key", "write exactly sandbox"),
        ("SANDBOX", "key", "write exactly sandbox"),
        ("\tsandbox", "key", "write exactly sandbox"),
        ("helpline ", "key", "must not begin or end with a space"),
        ("helpline", "key\n", "must not begin or end with a space"),
    ],
)
def test_a_mistyped_account_is_refused_in_words_without_the_key(username: str, key: str, words: str) -> None:
    with pytest.raises(BadAccount, match=words) as refused:
        line_of("africastalking", username=username, api_key=key)

    assert "key" not in str(refused.value)


def test_only_a_real_account_reaches_real_phones_and_no_repeat_is_safe_with_any() -> None:
    real = line_of("africastalking", username="helpline", api_key="k").contract
    trial = line_of("africastalking", username="sandbox", api_key="k").contract

    assert (real.real, trial.real) == (True, False)
    assert not real.takes_our_id
    assert not trial.takes_our_id


def test_the_key_is_not_shown() -> None:
    account = AfricasTalkingAccount.of({"username": "helpline", "api_key": "open-sesame"})

    assert "open-sesame" not in repr(account)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_an_event_of_another_line_is_refused(provider: str) -> None:
    with pytest.raises(BadRequest):
        line_of(provider).parse(Request(event="voice", fields={}))
