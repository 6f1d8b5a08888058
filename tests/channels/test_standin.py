"""The stand-in itself: what the other tests and the rigs build on must speak, fail and remember as they are told."""

import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.support.standin import KEY, Posted, Provider, Standin, key_of, post_bytes, read_ledger

ROOT = Path(__file__).parents[2]
HEADERS = {"apiKey": KEY, "Accept": "application/json"}
FORM = {"username": "helpline", "to": "+254700000001", "message": "Hello", "bulkSMSMode": "1"}


def send(url: str, *, headers: dict[str, str] = HEADERS, **changes: str) -> Posted:
    return post_bytes(f"{url}/version1/messaging", urlencode(FORM | changes).encode(), headers=headers)


def test_it_answers_as_the_provider_documents(standin: Standin) -> None:
    answer = send(standin.url)

    assert (answer.status, answer.headers["content-type"]) == (201, "application/json")
    assert json.loads(answer.body) == {
        "SMSMessageData": {
            "Message": "Sent to 1/1 Total Cost: KES 0.8000",
            "Recipients": [
                {
                    "statusCode": 101,
                    "number": "+254700000001",
                    "status": "Success",
                    "cost": "KES 0.8000",
                    "messageId": standin.sent[0]["id"],
                }
            ],
        }
    }


def test_a_wrong_key_and_a_missing_field_are_refused_as_text(standin: Standin) -> None:
    wrong = send(standin.url, headers={"apiKey": "x"})
    missing = send(standin.url, message="")

    assert (wrong.status, wrong.body) == (401, "The supplied authentication is invalid")
    assert missing.status == 400
    assert standin.sent == []


def test_several_recipients_are_each_accepted(standin: Standin) -> None:
    send(standin.url, to="+254700000001,+254700000002")

    assert [each["to"] for each in standin.sent] == ["+254700000001", "+254700000002"]


def test_rules_are_used_up_in_order_and_then_all_is_well(standin: Standin) -> None:
    standin.rule("status", status=500, times=2)
    standin.rule("code", code=403)

    assert [send(standin.url).status for _ in range(4)] == [500, 500, 201, 201]
    assert len(standin.sent) == 1


def test_the_ledger_holds_hashes_and_sees_what_came_twice(tmp_path: Path) -> None:
    ledger = tmp_path / "ledger"
    with Standin(ledger=ledger) as standin:
        send(standin.url)
        send(standin.url)
        send(standin.url, message="Other")

        assert standin.state()["twice"] == 1
    assert read_ledger(ledger) == {key_of("+254700000001", "Hello"): 2, key_of("+254700000001", "Other"): 1}
    assert b"2547" not in ledger.read_bytes()


@pytest.mark.parametrize(("at", "accepted"), [("before", 0), ("after", 1)])
def test_what_is_held_is_accepted_before_or_after_as_told(standin: Standin, at: str, accepted: int) -> None:
    standin.rule("hold", at=at)
    answers: list[Posted] = []
    sending = threading.Thread(target=lambda: answers.append(send(standin.url)))
    sending.start()
    standin.wait_held()

    assert len(standin.sent) == accepted
    standin.release()
    sending.join(5)
    assert (answers[0].status, len(standin.sent)) == (201, 1)


def test_it_runs_by_itself_is_told_from_outside_and_a_dead_client_is_not_accepted(tmp_path: Path) -> None:
    ledger = tmp_path / "ledger"
    command = [sys.executable, "tests/support/standin.py", "--ledger", str(ledger)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout
        url = running.stdout.readline().removeprefix("listening ").strip()
        try:
            _told(url, "rules", [{"do": "hold", "at": "before"}])
            sender = subprocess.Popen(
                [sys.executable, "-c", _SENDER, url], cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}
            )
            _until(url, "held", 1)
            sender.kill()
            sender.wait(5)
            _told(url, "release")
            _until(url, "abandoned", 1)
            assert send(url).status == 201
        finally:
            running.terminate()  # an interrupt is ignored where the tests run in the background
            running.wait(5)
    assert read_ledger(ledger) == {key_of("+254700000001", "Hello"): 1}


_SENDER = "import sys\nfrom tests.channels.test_standin import send\nsend(sys.argv[1])"


def _told(url: str, verb: str, what: object = None) -> None:
    assert post_bytes(f"{url}/control/{verb}", json.dumps(what).encode()).status == 200


def _until(url: str, name: str, value: int) -> None:
    for _ in range(1000):
        if json.loads(post_bytes(f"{url}/control/state", b"", method="GET").body)[name] == value:
            return
    raise AssertionError(f"{name} never became {value}")


def test_webhooks_are_posted_byte_for_byte_as_documented(
    standin: Standin, monkeypatch: pytest.MonkeyPatch
) -> None:
    bodies: list[bytes] = []
    provider = Provider(dict.fromkeys(("ussd", "ussd-end", "sms", "delivery", "optout"), standin.url + "/x"))

    def note(_: str, body: bytes, **__: object) -> Posted:
        bodies.append(body)
        return Posted(200, {}, "")

    monkeypatch.setattr(provider, "raw", note)
    provider.ussd("ATUid_00000000000000000000000000000001", "+254700000001", "1*2")
    provider.sms("ATXid_in01", "+254700000001", "HELP me")
    provider.delivery("ATXid_0f3c9a1e", "+254700000001", "Failed", reason="UserDoesNotExist")
    provider.opt_out("+254700000001")
    provider.ended("ATUid_00..01", "+254700000001", status="Incomplete", typed="1*2", read="CON Choose")

    assert bodies == [
        (
            b"sessionId=ATUid_00000000000000000000000000000001&phoneNumber=%2B254700000001&networkCode=99999"
            b"&serviceCode=%2A384%2A12345%23&text=1%2A2"
        ),
        (
            b"date=2026-01-02+03%3A04%3A05&from=%2B254700000001&id=ATXid_in01&linkId=&text=HELP+me&to=22384"
            b"&cost=KES+0.00&networkCode=99999"
        ),
        (
            b"id=ATXid_0f3c9a1e&status=Failed&phoneNumber=%2B254700000001&networkCode=99999"
            b"&failureReason=UserDoesNotExist&retryCount=0"
        ),
        b"senderId=HELPLINE&phoneNumber=%2B254700000001",
        (
            b"date=2026-01-02+03%3A05%3A00&sessionId=ATUid_00..01&serviceCode=%2A384%2A12345%23&networkCode=99999"
            b"&phoneNumber=%2B254700000001&status=Incomplete&cost=KES+0.00&durationInMillis=41000&hopsCount=3"
            b"&input=1%2A2&lastAppResponse=CON+Choose&errorMessage="
        ),
    ]
