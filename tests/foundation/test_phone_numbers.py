"""Numbers as people write them, the countries they are read in, and those that no callback ever goes to."""

from contextlib import suppress

import phonenumbers
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from gateway.foundation import phone_numbers
from gateway.foundation.phone_numbers import (
    find_region,
    list_possible_readings,
    list_valid_readings,
    mask_number,
    may_be_called,
    read_posted_number,
    to_e164,
)
from tests.support.examples import count_examples

HOME = ("LA", "TH")


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("+8562055512345", "+8562055512345"),
        ("008562055512345", "+8562055512345"),
        ("020 5551 2345", "+8562055512345"),
        ("020-5551-2345", "+8562055512345"),
        ("(020) 55512345", "+8562055512345"),
        ("02055512345", "+8562055512345"),
        ("\u200e+856 20 555 12345\u202c", "+8562055512345"),
        ("+856\u00a02055512345", "+8562055512345"),
        ("+66812345678", "+66812345678"),
        ("081 234 5678", "+66812345678"),
        ("+254700000001", "+254700000001"),
    ],
)
def test_any_way_to_write_a_number_is_one_number(written: str, expected: str) -> None:
    assert to_e164(written, HOME) == expected


@pytest.mark.parametrize(
    "written",
    [
        "",
        " ",
        "+",
        "00",
        "BANK",
        "+0",
        "1234",
        "22384",
        "*123*4#",
        "+85620555",
        "call me",
        "०९",
        "+" + "9" * 30,
    ],
)
def test_what_is_no_number_is_none(written: str) -> None:
    assert to_e164(written, HOME) is None


def test_a_national_number_needs_a_region_to_be_read_in() -> None:
    assert to_e164("02055512345") is None
    assert to_e164("02055512345", ("TH",)) is None
    assert to_e164("0812345678", ("TH", "LA")) == "+66812345678"


def test_the_first_region_in_which_it_is_valid_wins() -> None:
    written = "0812345678"
    assert to_e164(written, ("LA", "TH")) == "+66812345678"
    assert to_e164(written, ("TH",)) == to_e164(written, ("TH", "LA"))


@given(st.text(max_size=40))
@example("+\u0660")
@example("\u202e+85620")
def test_any_text_at_all_is_a_number_or_none_and_never_fails(written: str) -> None:
    found = to_e164(written, HOME)
    assert found is None or (found.startswith("+") and found[1:].isascii() and found[1:].isdigit())


@given(st.integers(min_value=10**6, max_value=10**8 - 1))
def test_reading_a_number_twice_changes_nothing(digits: int) -> None:
    once = to_e164(f"+85620{digits:08}", HOME)
    assert once is None or to_e164(once, HOME) == once


@pytest.mark.parametrize(
    ("number", "may"),
    [
        ("+8562055512345", True),
        ("+66812345678", True),
        ("+254700000001", True),
        ("+870773111632", False),  # satellite
        ("+881612345678", False),  # satellite
        ("+883510012345", False),  # global network
        ("+979123456789", False),  # international premium
        ("+661900123456", False),  # premium in Thailand
        ("+19005550100", False),  # premium in the United States
        ("+448451234567", False),  # shared cost in Britain
        ("", False),
        ("BANK", False),
    ],
)
def test_numbers_that_cost_more_are_never_called(number: str, may: bool) -> None:
    assert may_be_called(number) is may


@pytest.mark.parametrize(
    ("number", "region"),
    [("+8562055512345", "LA"), ("+66812345678", "TH"), ("+254700000001", "KE"), ("", ""), ("x", "")],
)
def test_the_country_of_a_number(number: str, region: str) -> None:
    assert find_region(number) == region


def test_everybody_sees_the_country_and_three_digits() -> None:
    assert mask_number("+8562055512345") == "+856•••••345"
    assert mask_number("+66812345678") == "+66•••••678"
    assert "2055512" not in mask_number("+8562055512345")


# What a copied number brings along: thin and narrow spaces, joiners, variation signs, marks of direction, wide forms.
CARRIED = "\u2009\u202f\u200a\u200b\u2060\ufeff\ufe0d\ufe0f\u200e\u2068\u2069\u00ad\u2011\u2013\u2212-.() "


@pytest.mark.fault("N3")
@pytest.mark.parametrize(
    "written",
    [
        "020\u20095555\u202f7704",
        "020 5555\ufe0d7704",
        "\uff0b856 20 5555 7704",
        "\uff0b\uff18\uff15\uff16\uff12\uff10\uff15\uff15\uff15\uff15\uff17\uff17\uff10\uff14",
        "tel:+856-20-5555-7704",
        "+856 (0)20 5555 7704",
        "໐໒໐ ໕໕໕໕ ໗໗໐໔",
        "๐๒๐ ๕๕๕๕ ๗๗๐๔",
        "020\u2013555\u20117704".replace("555", "5555"),
    ],
)
def test_odd_signs_of_a_copied_number_are_nothing(written: str) -> None:
    assert to_e164(written, HOME) == "+8562055557704"


@pytest.mark.fault("N3")
@given(st.lists(st.sampled_from(CARRIED), min_size=12, max_size=12))
def test_whatever_stands_between_the_digits_of_a_number_it_is_the_same_number(between: list[str]) -> None:
    digits = "+8562055557704"
    written = "".join(digit + sign for digit, sign in zip(digits, [*between, "", ""], strict=True))
    assert to_e164(written, HOME) == digits


@pytest.mark.parametrize(
    "written", ["020x5555 7704", "020 5555 7704 ext 3", "+856+2055557704", "0205555770A"]
)
def test_letters_and_a_second_plus_make_it_no_number(written: str) -> None:
    assert to_e164(written, HOME) is None


@pytest.mark.fault("N1")
@pytest.mark.parametrize(
    "written", ["+66 70 123 4567", "0066 70 123 4567", "+856 20 1555 7704", "+254 300 000 001"]
)
def test_what_a_person_typed_must_be_a_number_that_some_plan_has(written: str) -> None:
    assert list_valid_readings(written, HOME) == ()
    assert list_possible_readings(written, HOME) != (), "what a provider posts stays as it is"


@pytest.mark.fault("N2")
@pytest.mark.parametrize(
    ("written", "readings"),
    [
        ("074 212 345", ("+85674212345", "+6674212345")),  # a landline in Champasak, and one in Songkhla
        ("021 123 456", ("+85621123456", "+6621123456")),  # Vientiane, and Bangkok
        ("020 5555 7704", ("+8562055557704",)),
        ("081 234 5678", ("+66812345678",)),
        ("+66 74 212 345", ("+6674212345",)),
    ],
)
def test_every_country_in_which_a_national_number_exists_is_named(
    written: str, readings: tuple[str, ...]
) -> None:
    assert list_valid_readings(written, HOME) == readings
    assert set(list_valid_readings(written, tuple(reversed(HOME)))) == set(readings)


def premium_numbers_one_digit_off() -> list[str]:
    """Each premium number of each country that the library has an example of, with one digit more or less."""
    found = []
    for region in sorted(phonenumbers.SUPPORTED_REGIONS):
        example_of = phonenumbers.example_number_for_type(region, PhoneNumberType.PREMIUM_RATE)
        if example_of is not None:
            e164 = phonenumbers.format_number(example_of, phonenumbers.PhoneNumberFormat.E164)
            found += [e164[:-1], e164 + "0"]
    return found


@pytest.mark.fault("N4")
def test_a_dear_number_one_digit_off_is_not_called_whatever_the_line_s_countries() -> None:
    numbers = premium_numbers_one_digit_off()
    ordinary = [one for one in numbers if phonenumbers.is_valid_number(phonenumbers.parse(one))]
    assert len(numbers) > 100
    assert [one for one in numbers if one not in ordinary and may_be_called(one, HOME)] == []


@pytest.mark.fault("N4")
@pytest.mark.parametrize(
    ("number", "may"),
    [
        ("+447012345678", False),  # follows its owner: 070 in Britain
        ("+254300000001", False),  # abroad, in no plan
        ("+66701234567", True),  # at home: a range that is newer than the plans that we know of
        ("+8562015557704", True),
        ("+66190012345", False),  # a premium number of Thailand without its last digit
    ],
)
def test_a_number_in_no_plan_is_called_in_the_line_s_own_countries_only(number: str, may: bool) -> None:
    assert may_be_called(number, HOME) is may
    assert not may_be_called("+66701234567"), "and nowhere where no country is known to be the line's"


@pytest.mark.fault("N3")
@pytest.mark.parametrize(
    "written",
    [
        "Tel. 020 5555 0001", "TEL:+8562055550001", "tel: 020 5555 0001", "callto:+8562055550001", "wa.me/8562055550001",
        "WhatsApp: +856 20 5555 0001", "Mobile 020-5555-0001", "ໂທ 020 5555 0001", "ເບີ: ໐໒໐ ໕໕໕໕ ໐໐໐໑", "เบอร์ +856 20 5555 0001", "โทร. 0205555 0001",
        "+856 20 5555 0001,", "020 5555 0001;", "020_5555_0001", "+856 (0)20 5555 0001", "＋８５６２０５５５５０００１", "Phone (020) 5555-0001",
    ],
)  # fmt: skip
def test_a_number_that_was_copied_with_its_label_is_that_number(written: str) -> None:
    assert list_valid_readings(written, HOME) == ("+8562055550001",)


@pytest.mark.parametrize(
    "written",
    [
        "+856 20 5555 0001 ext 5", "020 5555 0001 / 030 555 0001", "+856 20 5555 OOO1", "O20 5555 0001", "room 12", "Unitel 22384",
        "wa.me/8562055550001?text=hi", "sip:+8562055550001@example.org", "Tel", "Tel. ", "a b 020 5555 0001 c", "Tel. Tel.",
    ],
)  # fmt: skip
def test_a_label_with_anything_else_makes_no_number(written: str) -> None:
    assert list_valid_readings(written, HOME) == ()


@pytest.mark.fault("N4")
@pytest.mark.parametrize(
    "number", ["+80012345678", "+80812345678", "+97912345678", "+883510012345", "+870773111632"]
)
def test_numbers_of_no_country_are_never_called(number: str) -> None:
    assert not may_be_called(number, HOME)


@pytest.mark.parametrize(
    "written", ["+8562055500001", "+8560 20 555 00001", "+390612345678", "+85620555", "+", "", "+1\ud800"]
)
def test_a_number_read_twice_is_read_the_same(written: str) -> None:
    assert to_e164(written) == to_e164(written)
    plain = to_e164(written)
    if plain:
        assert to_e164(plain) == to_e164(plain, ["LA", "TH"]) == plain


def test_what_is_remembered_of_numbers_holds_none() -> None:
    for written in ("+447700900123", "+8562055500099"):
        to_e164(written)
        read_posted_number(written.removeprefix("+"))
        names = [name for name, _ in phone_numbers._PLAIN.list_rows() + phone_numbers._VALID.list_rows()]
        assert written[-6:].encode() not in b"".join(names)
        assert all(written[-6:] not in repr(plan) for plan in map(phone_numbers._find_plan, ("447", "856")))


# Plain numbers, which are read without libphonenumber, against what it says of them.

CODES = sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE)


def read_by_library(written: str) -> tuple[str | None, str, bool]:
    """E.164 where it is possible, the country, and whether it is valid; by nothing but libphonenumber."""
    try:
        number = phonenumbers.parse(written, None)
    except phonenumbers.NumberParseException:
        return None, "", False
    is_possible = phonenumbers.is_possible_number(number)
    found = phonenumbers.format_number(number, PhoneNumberFormat.E164) if is_possible else None
    country = phonenumbers.region_code_for_number(number) or ""
    return found, country, phonenumbers.is_valid_number(number)


def check_against_library(written: str) -> None:
    found, country, is_valid = read_by_library(written)
    assert to_e164(written) == found
    assert find_region(written) == country
    with suppress(phonenumbers.NumberParseException):
        parsed = phonenumbers.parse(written, None)
        assert phone_numbers._parse_plain(written) == parsed
    digits_alone = read_posted_number(written.removeprefix("+")) if not written.startswith("+00") else None
    if is_valid and found == written:
        assert digits_alone == written
    elif found == written:
        assert digits_alone is None


@given(st.sampled_from(CODES), st.text("0123456789", max_size=15))
@settings(max_examples=count_examples(400))
@example(0, "6374253")
@example(0, "4997237")
@example(54, "91123456789")
@example(856, "02055512345")
@example(39, "0612345678")
def test_a_number_with_a_country_code_is_read_as_by_the_library_alone(code: int, own: str) -> None:
    check_against_library(f"+{code}{own}")


def test_numbers_near_every_country_s_own_are_read_as_by_the_library_alone() -> None:
    plain = 0
    for code in CODES:
        for country in phonenumbers.COUNTRY_CODE_TO_REGION_CODE[code]:
            sample = phonenumbers.example_number_for_type(country, PhoneNumberType.MOBILE)
            if sample is None:
                continue
            written = phonenumbers.format_number(sample, PhoneNumberFormat.E164)
            own = written.removeprefix(f"+{code}")
            for near in (own, own[:-1], f"{own}1", f"0{own}", f"8{own}", f"1{own[1:]}"):
                check_against_library(f"+{code}{near}")
            plain += phone_numbers._find_plain_country(written) is not None
    assert plain > 180, "nearly every country's mobile numbers are plain"


@pytest.mark.parametrize("code", [code for code in CODES if code in phone_numbers._SATELLITE_AND_GLOBAL])
def test_numbers_of_no_country_are_plain_and_read_as_by_the_library_alone(code: int) -> None:
    sample = phonenumbers.example_number_for_non_geo_entity(code)
    assert sample is not None
    own = phonenumbers.format_number(sample, PhoneNumberFormat.E164).removeprefix(f"+{code}")
    assert phone_numbers._find_plain_country(f"+{code}{own}") == "001"
    zeros = "0" * len(own)
    for near in (own, own[:-1], f"{own}1", f"0{own[1:]}", f"00{own[2:]}", f"8{own}", zeros, f"{zeros[1:]}1"):
        check_against_library(f"+{code}{near}")
