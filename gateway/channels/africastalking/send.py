"""Sends one text through the provider's SDK, whose own request method hides the status and the headers."""

import io
import re
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import urlencode

import certifi
import urllib3
from africastalking.SMS import SMSService
from urllib3.exceptions import HTTPError
from urllib3.util.ssl_ import create_urllib3_context

from gateway.channel import Outcome, SendResult
from gateway.channels.africastalking.account import Account
from gateway.channels.africastalking.codes import HttpReply, understand
from gateway.clock import Clock
from gateway.messages import Outgoing

FORM = {"Content-Type": "application/x-www-form-urlencoded", "Connection": "close"}

TIMES = (3, 20)
"""Seconds for the connection and for each wait for an answer."""

WHOLE_ANSWER_SECONDS = 25
MOST_BYTES = 64 * 1024
E164 = re.compile(r"\+[1-9][0-9]{6,14}")


class NoAnswer(Exception):
    """The provider gave no answer that could be read. ``begun`` says whether a byte of the text had left us."""

    def __init__(self, *, begun: bool) -> None:
        super().__init__("no answer")
        self.begun = begun


class Texts:
    """Sends texts from one account."""

    def __init__(self, account: Account, *, short_code: str = "") -> None:
        self._account = account
        self._short_code = short_code
        self._service = SmsService(account)

    def send(self, message: Outgoing, *, now: datetime) -> SendResult:
        """Send one text to one number and say what is known of it."""
        if not E164.fullmatch(message.number):  # the SDK's own look lets far more pass
            return SendResult(outcome=Outcome.REFUSED, reason="number-not-valid")
        try:
            reply = self._post(message)
        except NoAnswer as error:
            outcome = Outcome.UNCLEAR if error.begun else Outcome.NOT_SENT
            return SendResult(outcome=outcome, reason="no-answer" if error.begun else "no-connection")
        return understand(reply, number=message.number, now=now)

    def _post(self, message: Outgoing) -> HttpReply:
        reply: HttpReply
        if message.link and self._short_code:
            # Only the premium call carries the link by which the provider bills the answer to a text of hers.
            reply = self._service.send_premium(
                message.text, self._short_code, [message.number], link_id=message.link, timeout=TIMES
            )
        else:
            reply = self._service.send(
                message.text,
                [message.number],
                sender_id=self._account.sender_id or None,  # an empty one would be sent as an empty sender
                enqueue=True,
                timeout=TIMES,
            )
        return reply


class SmsService(SMSService):  # type: ignore[misc]  # the SDK carries no types
    """The SDK's service with its one request method replaced; a test holds it to the SDK's very version."""

    def __init__(self, account: Account) -> None:
        super().__init__(account.username, account.api_key)
        if account.api_url:
            self._baseUrl = self._contentUrl = account.api_url + "/version1"
        self._tls = create_urllib3_context()
        self._tls.load_verify_locations(certifi.where())
        self._clock = Clock()

    def _make_request(
        self,
        url: str,
        method: str,
        headers: Mapping[str, str],
        data: Mapping[str, object],
        params: Mapping[str, str] | None,
        callback: object = None,
        timeout: tuple[float, float] = TIMES,
    ) -> HttpReply:
        if callback is not None or params:
            raise TypeError("this service takes neither a callback nor a query")
        form = urlencode({name: value for name, value in data.items() if value is not None}).encode()
        body = _Body(form)
        # Each text has a connection of its own: one kept from before may be closed, and the text would be unclear.
        with urllib3.PoolManager(retries=False, ssl_context=self._tls) as pool:
            try:
                response = pool.request(
                    method,
                    url,
                    body=body,
                    headers={**headers, **FORM, "Content-Length": str(len(form))},
                    timeout=urllib3.Timeout(connect=timeout[0], read=timeout[1]),
                    redirect=False,
                    preload_content=False,
                    decode_content=False,
                )
                return self._read(response)
            except (HTTPError, OSError) as error:
                raise NoAnswer(begun=body.begun) from error

    def _read(self, response: urllib3.BaseHTTPResponse) -> HttpReply:
        deadline = self._clock.monotonic() + WHOLE_ANSWER_SECONDS
        body = b""
        cut = False
        try:
            while not cut and (part := response.read1(MOST_BYTES)):
                body += part
                cut = len(body) > MOST_BYTES or self._clock.monotonic() > deadline
        except (HTTPError, OSError):
            cut = True  # the status is known, and says enough where it is not a success
        finally:
            response.close()
        headers = {name.lower(): value for name, value in response.headers.items()}
        return HttpReply(status=response.status, headers=headers, body=body, cut=cut)


class _Body(io.BytesIO):
    """A request's body that remembers whether sending it has begun; before that, whatever fails, nothing was sent."""

    begun = False

    def read(self, size: int | None = -1, /) -> bytes:
        self.begun = True
        return super().read(size)
