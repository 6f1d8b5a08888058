"""Who posts: the published vector, and everything that differs from it by one letter, one second or one key."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.channels.android.posts import check_signature, sign_body
from gateway.channels.contract import NotSigned
from tests.support.house import rows
from tests.support.phone_line import Rig

KEY, STAMP = "secret01", "1767322800"
BODY = (
    b'{"deviceId":"dev01","event":"sms:received","id":"evt01","payload":{"messageId":"a1b2c3d4","message":"help",'
    b'"sender":"+8562055512345","phoneNumber":"+8562055512345","simNumber":1,"receivedAt":"2026-01-02T10:00:00.000+07:00"},'
    b'"webhookId":"wh01"}'
)
SIGNATURE = "78ec1b378b5aecfd0f813cc5dc379b259b98863509f33fec621f9e41aec6582e"
NOW = datetime.fromtimestamp(int(STAMP), UTC)
HEADERS = {"x-timestamp": STAMP, "x-signature": SIGNATURE}


def test_the_published_vector() -> None:
    assert sign_body(KEY, BODY, STAMP) == SIGNATURE
    check_signature(KEY, BODY, HEADERS, NOW)
    check_signature(KEY, BODY, HEADERS | {"x-signature": SIGNATURE.upper()}, NOW)
    print(f"\nsignature vector: {sign_body(KEY, BODY, STAMP)}")


@given(at=st.integers(0, len(BODY) - 1), bit=st.integers(0, 7))
def test_one_bit_of_the_body(at: int, bit: int) -> None:
    body = bytes([*BODY[:at], BODY[at] ^ (1 << bit), *BODY[at + 1 :]])
    with pytest.raises(NotSigned, match="not that of this line's key"):
        check_signature(KEY, body, HEADERS, NOW)


@given(key=st.text(max_size=12))
def test_another_key(key: str) -> None:
    if key == KEY:
        return
    with pytest.raises(NotSigned):
        check_signature(key, BODY, HEADERS, NOW)


@given(signature=st.text(max_size=80), stamp=st.text(max_size=20))
def test_whatever_stands_in_the_headers(signature: str, stamp: str) -> None:
    if (signature.strip().lower(), stamp) == (SIGNATURE, STAMP):
        return
    with pytest.raises(NotSigned):
        check_signature(KEY, BODY, {"x-timestamp": stamp, "x-signature": signature}, NOW)


@pytest.mark.parametrize(
    "stamp", ["١٧٦٧٣٢٢٨٠٠", "1767322800.0", "-1", "+1767322800", "9" * 13, " 1767322800", "²"]
)
def test_a_time_that_is_no_second_is_refused_though_it_is_signed(stamp: str) -> None:
    with pytest.raises(NotSigned, match="not now"):
        check_signature(KEY, BODY, {"x-timestamp": stamp, "x-signature": sign_body(KEY, BODY, stamp)}, NOW)


@pytest.mark.parametrize(
    ("seconds", "taken"), [(0, True), (300, True), (-300, True), (301, False), (-301, False)]
)
def test_five_minutes_either_way(seconds: int, taken: bool) -> None:
    stamp = str(int(STAMP) - seconds)
    headers = {"x-timestamp": stamp, "x-signature": sign_body(KEY, BODY, stamp)}
    if taken:
        check_signature(KEY, BODY, headers, NOW)
    else:
        with pytest.raises(NotSigned):
            check_signature(KEY, BODY, headers, NOW)


def test_what_is_not_signed_is_401_and_nothing_is_done(rig: Rig) -> None:
    stamp = str(int(rig.clock.now().timestamp()))
    old = str(int(stamp) - 301)
    right = {"X-Timestamp": stamp, "X-Signature": sign_body(rig.posts.key, BODY, stamp)}
    wrong = {
        "nothing": {},
        "no signature": {"X-Timestamp": stamp},
        "no time": {"X-Signature": right["X-Signature"]},
        "old": {"X-Timestamp": old, "X-Signature": sign_body(rig.posts.key, BODY, old)},
        "another key": {"X-Timestamp": stamp, "X-Signature": sign_body("secret01", BODY, stamp)},
        "another body": {"X-Timestamp": stamp, "X-Signature": sign_body(rig.posts.key, BODY[:-1], stamp)},
    }
    statuses = {name: rig.posts.raw(BODY, headers=headers).status for name, headers in wrong.items()}
    assert statuses == dict.fromkeys(wrong, 401)
    assert rows(rig.parts) == []
    with rig.parts.store.read() as tx:
        for table in ("callers", "turns", "texts", "threads", "outbox", "settings"):
            n = tx.conn.exec_driver_sql(f"SELECT count(*) FROM {table} WHERE 1=1").scalar()
            assert n == 0, table
    assert rig.posts.raw(BODY, headers=right).status == 200
    assert len(rows(rig.parts)) == 1
    print(f"\nunsigned: {statuses}, nothing written")
