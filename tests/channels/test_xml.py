"""XML of providers: what a hostile or broken document may do is to be refused in words, and nothing else."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.channels.contract import BadRequest, Request
from gateway.channels.post_fields import format_text, open_xml

BOMB = (
    b'<!DOCTYPE a [<!ENTITY b "bbbbbbbbbb"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>'
    b"<ussd><msg>&c;&c;&c;</msg></ussd>"
)


def opened(body: bytes, *names: str) -> dict[str, str]:
    return dict(open_xml(Request(event="ussd", fields={}, body=body), names).fields)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (BOMB, "the body has a document type"),
        (b'<!DOCTYPE a SYSTEM "http://127.0.0.1/x.dtd"><a/>', "the body has a document type"),
        (b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', "the body has a document type"),
        (b"<a>&b;</a>", "the body is not XML"),
        (b"", "the body is not XML"),
        (b"<a>", "the body is not XML"),
        (b"<a></b>", "the body is not XML"),
        (b"<a/><b/>", "the body is not XML"),
        (b"<a>\xff</a>", "the body is not XML"),
        (b"<a>\x00</a>", "the body is not XML"),
        (b'{"msg": "1"}', "the body is not XML"),
        (b'<?xml version="1.0" encoding="x-none"?><a/>', "the body is not XML"),
        (b"<a>" * 9 + b"</a>" * 9, "the body is nested too deep"),
        (b"<a><msg>1</msg><MSG>2</MSG></a>", "field msg has more than one value"),
    ],
)
def test_entity_bombs_and_other_documents_are_refused_without_their_content(body: bytes, words: str) -> None:
    with pytest.raises(BadRequest) as refused:
        opened(body, "msg")
    assert str(refused.value) == words


def test_elements_are_found_in_any_case_and_depth_and_others_are_left_out() -> None:
    body = b'<Request type="pull"><Msisdn>1</Msisdn><x><MSG> a&amp;b </MSG></x><msisdn2>3</msisdn2></Request>'
    assert opened(body, "msisdn", "msg", "x", "@type") == {"@type": "pull", "msisdn": "1", "msg": " a&b "}


def test_an_empty_element_is_an_empty_field() -> None:
    assert opened(b"<a><msg/><n></n></a>", "msg", "n", "o") == {"msg": "", "n": ""}


def test_other_encodings_that_xml_names_are_read() -> None:
    assert opened('<?xml version="1.0" encoding="ISO-8859-1"?><a><m>é</m></a>'.encode("latin-1"), "m") == {
        "m": "é"
    }
    assert opened('<?xml version="1.0" encoding="UTF-16"?><a><m>ນ</m></a>'.encode("utf-16"), "m") == {
        "m": "ນ"
    }


@given(st.binary(max_size=60))
def test_whatever_comes_is_read_or_refused(body: bytes) -> None:
    with suppress(BadRequest):
        assert set(opened(body, "msg")) <= {"msg"}


@given(st.text(max_size=40))
def test_a_text_that_was_escaped_is_read_back_without_its_control_characters(text: str) -> None:
    escaped = format_text(text)
    body = f"<a><msg>{escaped}</msg></a>".encode(errors="replace")
    try:
        found = opened(body, "msg")["msg"]
    except BadRequest:
        assert not text.isprintable()
        return
    plain = "".join(letter for letter in text if letter >= " " or letter in "\n\t")
    assert found.replace("?", "") == plain.encode(errors="replace").decode().replace("?", "")
