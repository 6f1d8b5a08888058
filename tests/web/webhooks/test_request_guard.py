"""Bodies: one value a field, and every other body refused in words without its values."""

import json
from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.channels.contract import BadRequest
from gateway.web.webhooks.request_guard import JSON, MOST_FIELDS, read_fields

FORM = "application/x-www-form-urlencoded"
NAMES = st.text(alphabet="abcXYZ_", min_size=1, max_size=10)
VALUES = st.text(max_size=40).filter(lambda text: "\0" not in text and text.isprintable())


@given(st.dictionaries(NAMES, VALUES, max_size=8))
def test_what_is_written_is_read(fields: dict[str, str]) -> None:
    assert read_fields(urlencode(fields).encode(), FORM) == fields
    assert read_fields(json.dumps(fields).encode(), JSON) == fields
    assert read_fields(json.dumps(fields, ensure_ascii=False).encode(), JSON) == fields


@given(st.text(alphabet="ab=&%2BAbF530;+ຄ\0", max_size=30) | st.text(alphabet="ab=&%2B%2A%23", max_size=30))
def test_a_form_is_read_as_the_library_reads_it(body: str) -> None:
    pairs = parse_qsl(body, keep_blank_values=True)
    names = [name for name, _ in pairs]
    if len(set(names)) < len(names) or any("\0" in value for _, value in pairs):
        with pytest.raises(BadRequest):
            read_fields(body.encode(), FORM)
    elif "\ufffd" not in str(pairs):
        assert read_fields(body.encode(), FORM) == dict(pairs)


@given(st.binary(max_size=300), st.sampled_from([FORM, JSON]))
def test_any_body_is_read_or_refused(body: bytes, content_type: str) -> None:
    try:
        fields = read_fields(body, content_type)
    except BadRequest as refused:
        assert str(refused).startswith(("field", "the body"))  # noqa: PT017 - either is right
    else:
        assert all(isinstance(value, str) and "\0" not in value for value in fields.values())


@pytest.mark.parametrize(
    ("body", "content_type", "words"),
    [
        (b"text=1&text=1", FORM, "field text has more than one value"),
        (b"text=1&%74ext=2", FORM, "field text has more than one value"),
        (b"text=&text=", FORM, "field text has more than one value"),
        (b"%2B85620555=1&%2B85620555=1", FORM, "field ? has more than one value"),
        (b"text=%00", FORM, "field text holds a NUL"),
        (b"text=%ff", FORM, "the body is not UTF-8"),
        (b"text=\xff", FORM, "the body is not UTF-8"),
        (b"text=%ed%a0%80", FORM, "the body is not UTF-8"),
        (
            b"&".join(b"a%d=1" % i for i in range(MOST_FIELDS + 1)),
            FORM,
            f"the body has more than {MOST_FIELDS} fields",
        ),
        (b"", JSON, "the body is not JSON"),
        (b"[]", JSON, "the body is not a JSON object"),
        (b'"text"', JSON, "the body is not a JSON object"),
        (b"[" * 9_000, JSON, "the body is not JSON"),
        (b'{"text": NaN}', JSON, "the body is not JSON"),
        (b'{"text": -Infinity}', JSON, "the body is not JSON"),
        (b'{"text": ' + b"9" * 5_000 + b"}", JSON, "the body is not JSON"),
        (b'{"a": {"text": "1", "text": "2"}}', JSON, "field text has more than one value"),
        (b'{"a": [{"text": "\\u0000"}]}', JSON, "field text holds a NUL"),
        (b'{"a": ["b", ["\\u0000"]]}', JSON, "field a holds a NUL"),
        (b'{"a": {"\\ud800": 1}}', JSON, "field ? is not Unicode"),
        (b'{"text": "1", "text": "2"}', JSON, "field text has more than one value"),
        (b'{"text": "\\u0000"}', JSON, "field text holds a NUL"),
        (b'{"text": "\\ud800"}', JSON, "field text is not Unicode"),
    ],
)
def test_bodies_that_are_refused(body: bytes, content_type: str, words: str) -> None:
    with pytest.raises(BadRequest) as refused:
        read_fields(body, content_type)

    assert str(refused.value) == words


def test_values_of_json_keep_their_types() -> None:
    body = b'{"a": "1", "b": 2, "c": true, "d": null, "e": {"f": [1.5]}}'
    assert read_fields(body, JSON) == {"a": "1", "b": 2, "c": True, "d": None, "e": {"f": [1.5]}}


def test_a_body_without_a_field_has_none() -> None:
    assert read_fields(b"", FORM) == {}
    assert read_fields(b"{}", JSON) == {}
    assert read_fields(b"a;b=1;c", FORM) == {"a;b": "1;c"}
