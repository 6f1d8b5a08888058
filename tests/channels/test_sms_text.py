"""Codings of a text: the alphabet that the menus measure by is the one that gateways are told, letter by letter."""

from hypothesis import given
from hypothesis import strategies as st

from gateway.channels.sms_text import EXTENSION, GSM7, is_gsm7, read_gsm7, read_octets
from gateway.menus.engine import text_size


def test_the_alphabet_is_that_of_the_menus() -> None:
    assert len(GSM7) == 128
    assert set(GSM7) - {"\x1b"} == text_size.BASIC
    assert set(EXTENSION.values()) == text_size.EXTENSION


@given(st.text(alphabet=sorted((set(GSM7) - {"\x1b"}) | set(EXTENSION.values()) | set("ກñ`")), max_size=20))
def test_a_text_goes_as_the_menus_measured_it(text: str) -> None:
    assert is_gsm7(text) == (text_size.measure_text(text).coding == text_size.GSM7)


@given(st.text(alphabet=sorted((set(GSM7) - {"\x1b"}) | set(EXTENSION.values())), max_size=20))
def test_raw_letters_of_an_operator_are_read_back(text: str) -> None:
    extended = {letter: code for code, letter in EXTENSION.items()}
    codes = [
        code for each in text for code in ([27, extended[each]] if each in extended else [GSM7.index(each)])
    ]
    assert read_gsm7(bytes(codes)) == text


@given(st.binary(max_size=30))
def test_any_octets_are_read_as_something(codes: bytes) -> None:
    assert "\x1b" not in read_gsm7(codes)


@given(st.binary(max_size=20), st.sampled_from(["utf-8", "utf-16-be", "latin-1", "utf-99", "ascii"]))
def test_whatever_the_octets_are_a_text_comes_out_that_can_be_stored(raw: bytes, charset: str) -> None:
    assert "\0" not in read_octets(raw, charset)
    read_octets(raw, charset).encode()


def test_a_text_in_its_charset_is_read() -> None:
    assert read_octets("ສະບາຍດີ".encode("utf-16-be"), "UTF-16BE") == "ສະບາຍດີ"
    assert read_octets("ສະບາຍດີ".encode(), "utf-99") == "ສະບາຍດີ"
