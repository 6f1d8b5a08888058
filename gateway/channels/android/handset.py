"""Her phone before this line, for trials: posts a text of hers as the app on the line's phone would."""

import json
from collections.abc import Mapping

import urllib3
from urllib3.exceptions import HTTPError

from gateway.channel import ChannelConfig
from gateway.channels.android.signature import sign
from gateway.clock import Clock
from gateway.ids import new_token

SECONDS = 15


class Handset:
    """A phone whose texts reach the line; its answers stay with us and are read from the simulator."""

    def __init__(self, config: ChannelConfig, addresses: Mapping[str, str], number: str) -> None:
        self._key = config.options.get("signing_key", "")
        self._addresses = addresses
        self._number = number
        self._clock = Clock()

    def text(self, to: str, words: str) -> int | None:
        """Send a text; return the status that came back, None where nobody answers."""
        now = self._clock.now()
        envelope = {
            "deviceId": "trial",
            "event": "sms:received",
            "id": f"trial-{new_token(12)}",
            "payload": {
                "messageId": new_token(4),
                "message": words,
                "sender": self._number,
                "recipient": to,
                "receivedAt": now.isoformat(timespec="milliseconds"),
            },
            "webhookId": "trial",
        }
        body = json.dumps(envelope, ensure_ascii=False).encode()
        stamp = str(int(now.timestamp()))
        headers = {"Content-Type": "application/json", "X-Timestamp": stamp}
        if self._key:
            headers["X-Signature"] = sign(self._key, body, stamp)
        try:
            with urllib3.PoolManager(retries=False) as pool:
                answer = pool.request(
                    "POST", self._addresses["sms"], body=body, headers=headers, timeout=SECONDS
                )
        except HTTPError:
            return None
        return answer.status
