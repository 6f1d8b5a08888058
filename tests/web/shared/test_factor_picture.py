"""What a person takes from the page of the second factor (Q27): a picture for the camera, a key in groups, codes for paper."""

import re
from collections import Counter
from urllib.parse import parse_qs, urlsplit

import pyotp
import pytest

from gateway.foundation.time_and_chance import new_readable_code
from gateway.helpdesk.staff import two_factor
from gateway.storage import sign_ins
from gateway.web.shared.second_factor import draw_code
from tests.support.web_apps import pages_of
from tests.support.web_surroundings import Browser, somebody, token_of

LOOK_ALIKES = ("o0", "l1i", "b68", "g9q", "s5", "z2", "uv", "nm")


@pytest.fixture
def browser(parts) -> Browser:
    somebody(parts, "Noy")
    found = Browser(pages_of(parts).test_client()).carry(token_of(parts, "Noy", enrolled=False))
    found.get("/me/second-factor")
    return found


@pytest.mark.fault("Q27")
def test_the_picture_holds_what_the_link_holds(parts, browser):
    answer = browser.post("/me/second-factor")
    assert answer.status_code == 200
    page = answer.get_data(as_text=True)
    link = re.search(r'href="(otpauth://[^"]+)"', page)
    assert link
    address = link.group(1).replace("&amp;", "&")
    assert str(draw_code(address)) in page
    shown = re.search(r'<span class="groups">([^<]+)</span>', page)
    assert shown
    assert {len(group) for group in shown.group(1).split()} == {4}
    secret = "".join(shown.group(1).split())
    assert parse_qs(urlsplit(address).query)["secret"] == [secret]
    now = int(parts.clock.now().timestamp())
    done = browser.post("/me/second-factor/confirm", code=pyotp.TOTP(secret).at(now))
    assert "Write these codes down" in done.get_data(as_text=True)


def test_two_addresses_are_two_pictures_and_dark_stands_on_light():
    first, second = draw_code("otpauth://totp/a?secret=A"), draw_code("otpauth://totp/a?secret=B")
    assert first != second
    assert first.startswith("<svg")
    assert 'fill="#fff"' in first
    assert 'stroke="#000"' in first
    assert "style=" not in first  # our pages allow no inline styles


@pytest.mark.fault("Q27")
def test_no_sign_of_a_paper_code_can_be_taken_for_another():
    signs = Counter("".join(new_readable_code() for _ in range(400)).replace("-", ""))
    for alike in LOOK_ALIKES[:-1]:
        assert sum(sign in signs for sign in alike) <= 1, alike
    assert len(signs) >= 20
    assert max(signs.values()) < 4_800 / 20 * 1.6
    assert len({new_readable_code() for _ in range(400)}) == 400
    assert re.fullmatch(r"(?:[a-z0-9]{4}-){2}[a-z0-9]{4}", new_readable_code())


@pytest.mark.parametrize("typed", ["{}", " {} ", "{upper}", "{bare}", "{spaced}"])
def test_a_paper_code_is_taken_as_people_type_it_and_once(parts, typed):
    person, now, code = somebody(parts, "Dao"), parts.clock.now(), "acde-fhjk-mnpr"
    with parts.store.write() as tx:
        sign_ins.save_factor(tx, person, pyotp.random_base32())
        sign_ins.put_codes(tx, person, [two_factor._hash_code(tx, person, code)])
    written = typed.format(
        code, upper=code.upper(), bare=code.replace("-", ""), spaced=code.replace("-", " ")
    )
    with parts.store.write() as tx:
        assert [two_factor.show_code(tx, person, written, now) for _ in range(2)] == [True, False]
