"""What leaves for a provider, field by field, to a server that writes it down."""

import base64
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs

import pytest

from gateway.channels.contract import SendOutcome
from gateway.domain.events import Outgoing
from tests.support.channel_tables import line_of
from tests.support.serving import LOOK_EVERY, JoiningServer

NOW = datetime(2026, 11, 24, 7, 5, tzinfo=UTC)


@dataclass
class Catcher:
    """A provider that takes everything; ``says`` is its answer."""

    says: bytes = b"{}"
    posts: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    url: str = ""


@pytest.fixture
def catcher() -> Iterator[Catcher]:
    found = Catcher()

    class Wire(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            found.posts.append(
                (self.path, {name.lower(): value for name, value in self.headers.items()}, body)
            )
            self.send_response(200)
            self.send_header("Content-Length", str(len(found.says)))
            self.end_headers()
            self.wfile.write(found.says)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = JoiningServer(("127.0.0.1", 0), Wire)
    found.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(LOOK_EVERY,))
    thread.start()
    yield found
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.parametrize(("text", "kind"), [("ສະບາຍດີ", "unicode"), ("Hello [1]", "text")])
def test_vonage_is_told_the_kind_of_a_text_and_where_to_report(
    catcher: Catcher, text: str, kind: str
) -> None:
    catcher.says = b'{"message-count": "1", "messages": [{"status": "0", "message-id": "m1"}]}'
    account = {"api_key": "k", "api_secret": "s", "api_url": catcher.url, "delivery_url": "https://h/d"}
    sent = line_of("vonage", **account).send(
        Outgoing(own_id="01", number="+8562055500001", text=text), now=NOW
    )
    assert (sent.outcome, sent.provider_id) == (SendOutcome.SENT, "m1")
    [(path, headers, body)] = catcher.posts
    assert (path, headers["content-type"]) == ("/sms/json", "application/x-www-form-urlencoded")
    assert {name: value for name, [value] in parse_qs(body.decode()).items()} == {
        "api_key": "k",
        "api_secret": "s",
        "from": "22384",
        "to": "8562055500001",
        "text": text,
        "type": kind,
        "status-report-req": "1",
        "callback": "https://h/d",
    }


def test_telerivet_gets_the_text_its_phone_and_the_secret_of_the_report(catcher: Catcher) -> None:
    catcher.says = b'{"id": "SM1", "status": "queued"}'
    account = {"api_key": "k", "project_id": "PJ/1", "webhook_secret": "w", "api_url": catcher.url}
    line = line_of("telerivet", **account, phone_id="PN1", delivery_url="https://h/d")
    sent = line.send(Outgoing(own_id="01", number="+8562055500001", text="ສະບາຍດີ"), now=NOW)
    assert (sent.outcome, sent.provider_id) == (SendOutcome.SENT, "SM1")
    [(path, headers, body)] = catcher.posts
    assert path == "/v1/projects/PJ%2F1/messages/send"
    assert base64.b64decode(headers["authorization"].removeprefix("Basic ")) == b"k:"
    assert json.loads(body) == {
        "content": "ສະບາຍດີ",
        "to_number": "+8562055500001",
        "message_type": "sms",
        "phone_id": "PN1",
        "status_url": "https://h/d",
        "status_secret": "w",
    }
