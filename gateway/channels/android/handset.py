"""Simulate a caller's phone for trials: post a text to the channel as the app on its phone would."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime

import urllib3
from urllib3.exceptions import HTTPError

from gateway.channels.android.envelope import sign_body
from gateway.channels.contract import ChannelConfig, NoGateway, NotTaken
from gateway.foundation.clock import Clock
from gateway.foundation.ids import new_token

SECONDS = 15


def make_texter(
    config: ChannelConfig, addresses: Mapping[str, str], number: str
) -> Callable[[str, str], None]:
    """Return a function (to, text) that sends a text from this number; replies are read from the simulator."""
    key = config.options.get("signing_key", "")
    clock = Clock()

    def text(to: str, words: str) -> None:
        now = clock.now()
        body = json.dumps(_make_envelope(number, to, words, now), ensure_ascii=False).encode()
        stamp = str(int(now.timestamp()))
        headers = {"Content-Type": "application/json", "X-Timestamp": stamp}
        if key:
            headers["X-Signature"] = sign_body(key, body, stamp)
        _post_body(addresses["sms"], body, headers)

    return text


def _make_envelope(number: str, to: str, words: str, now: datetime) -> dict[str, object]:
    return {
        "deviceId": "trial",
        "event": "sms:received",
        "id": f"trial-{new_token(12)}",
        "payload": {
            "messageId": new_token(4),
            "message": words,
            "sender": number,
            "recipient": to,
            "receivedAt": now.isoformat(timespec="milliseconds"),
        },
        "webhookId": "trial",
    }


def _post_body(address: str, body: bytes, headers: Mapping[str, str]) -> None:
    with urllib3.PoolManager(retries=False) as pool:
        try:
            answer = pool.request(
                "POST", address, body=body, headers=headers, timeout=SECONDS, redirect=False
            )
        except HTTPError as error:
            raise NoGateway("no gateway answers") from error
    if answer.status != 200:  # noqa: PLR2004
        raise NotTaken(f"{answer.status}: {answer.data[:200].decode(errors='replace')}")
