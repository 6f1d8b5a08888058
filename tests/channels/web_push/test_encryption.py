"""The message of a push and its sender, against the examples of the RFCs and an opener that is written from them."""

import json
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from gateway.channels import web_push
from tests.support.standin_push import PushedBrowser, bytes_of, text_of

NOW = datetime(2026, 11, 24, 7, 5, tzinfo=UTC)


def key_of(text: str) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(bytes_of(text), "big"), ec.SECP256R1())


def test_the_example_of_rfc_8291() -> None:
    """RFC 8291, 5 and Appendix A."""
    browser = PushedBrowser(
        key_of("q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"), bytes_of("BTBZMqHH6r4Tts7J_aSIgg")
    )
    assert text_of(browser.point) == (
        "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
    )
    body = web_push.seal_payload(
        b"When I grow up, I want to be a watermelon",
        public_key=browser.point,
        auth=browser.auth,
        salt=bytes_of("DGv6ra1nlYgDCS1FRnbzlw"),
        ephemeral=key_of("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"),
        padded=0,
    )
    assert text_of(body) == (
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_"
        "yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )
    assert browser.opens(body) == b"When I grow up, I want to be a watermelon"


@given(st.binary(max_size=100), st.binary(min_size=16, max_size=16))
def test_what_is_sent_is_read_and_its_length_says_nothing(text: bytes, auth: bytes) -> None:
    browser = PushedBrowser(key_of("q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"), auth)
    one = web_push.seal_payload(text, public_key=browser.point, auth=auth)
    assert browser.opens(one) == text.rstrip(b"\x00") or browser.opens(one) == text
    assert len(one) == 16 + 4 + 1 + 65 + 128 + 16
    assert one != web_push.seal_payload(text, public_key=browser.point, auth=auth), "salt and key are new"


def test_the_sender_is_named_to_the_origin_only() -> None:
    key = web_push.create_signing_key()
    written = web_push.sign_sender(
        "https://push.example:8443/send/x?y=1", key, contact="https://helpline.example", now=NOW
    )
    token, public = written.removeprefix("vapid t=").split(", k=")
    claims = json.loads(bytes_of(token.split(".")[1]))
    assert claims == {
        "aud": "https://push.example:8443",
        "exp": int(NOW.timestamp()) + 12 * 3600,
        "sub": "https://helpline.example",
    }
    assert bytes_of(public) == web_push.derive_public_key(key)
    assert "sub" not in json.loads(
        bytes_of(web_push.sign_sender("https://a.example/", key, contact="", now=NOW).split(".")[1])
    )


@pytest.mark.parametrize("written", ["BCVx sr7N", "***", "aaaa=aaaa", "ທ"])
def test_what_is_no_base64(written: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        web_push.read_base64(written)


@pytest.mark.parametrize("point", [b"", b"\x04" + b"\x01" * 64, b"\x02" * 65])
def test_a_key_that_is_no_point_is_refused(point: bytes) -> None:
    with pytest.raises(ValueError, match=r".*"):
        web_push.seal_payload(b"x", public_key=point, auth=b"a" * 16)
