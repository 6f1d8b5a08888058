"""The sample with a notice on every page that it has: within the limit, in every language, and never lost."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from gateway.domain.events import SMS_LIMITS, USSD_LIMITS, Limits, Piece
from gateway.menus.authoring.pages import reserve_values
from gateway.menus.engine.engine import render_reply, step_session
from gateway.menus.engine.model import Menu, make_page_key
from gateway.menus.engine.paging import Page, write_page
from gateway.menus.engine.render import add_notice, forget_notice
from gateway.menus.engine.screens import End
from gateway.menus.engine.serialization import load_menu
from gateway.menus.engine.session import Session
from gateway.menus.engine.text_size import fits_page
from gateway.menus.engine.visibility import PLAIN
from gateway.menus.engine.wording import fill_template
from tests.support.house import LINE, sample

NOW = datetime(2026, 11, 24, 7, 5, tzinfo=UTC)
SETTINGS = LINE.for_engine().values
NOTICES = ("invalid", "again")


@pytest.fixture(scope="module")
def menu() -> Menu:
    return load_menu(sample())


def pages_of(menu: Menu, limits: Limits, language: str) -> Iterator[tuple[str, Page]]:
    """Every stored page of every text of every screen that can have a notice, with its widest values."""
    values = reserve_values(menu, language, SETTINGS)
    for name, screen in menu.screens.items():
        for variant in range(PLAIN, len(screen.variants)):
            for page in menu.pages.get(make_page_key(limits.name, language, name, variant), ()):
                if not isinstance(screen, End):
                    yield (
                        name,
                        tuple(Piece(one.kind, fill_template(one.text, values), one.key) for one in page),
                    )


@pytest.mark.parametrize("limits", [USSD_LIMITS, SMS_LIMITS], ids=lambda limits: limits.name)
@pytest.mark.parametrize("notice", NOTICES)
@pytest.mark.parametrize("language", ["lo", "lo-Latn", "th", "en"])
def test_each_page_with_each_notice_is_within_the_limit(
    menu: Menu, language: str, notice: str, limits: Limits
) -> None:
    seen, widest = 0, reserve_values(menu, language, SETTINGS)
    for name, page in pages_of(menu, limits, language):
        session = Session(screen=name, language=language, script=language, notice=notice)
        shown, alone = add_notice(menu, session, page, widest, limits)
        assert fits_page(write_page(shown, {}), limits), (name, page)
        danger = name == menu.sos or menu.screens[name].topic == "danger"
        assert shown != page or danger, (name, page)
        assert not (alone and danger)
        seen += 1
    assert seen >= len(menu.screens) - sum(isinstance(screen, End) for screen in menu.screens.values()) - 1


@pytest.mark.parametrize("language", ["lo", "lo-Latn", "th", "en"])
def test_whoever_reads_a_notice_alone_comes_to_her_page_with_98(menu: Menu, language: str) -> None:
    alone = 0
    for name, screen in menu.screens.items():
        here = Session(screen=name, language=language, script=language, trail=(("main", 1),))
        plain = render_reply(menu, here, LINE.for_engine(), USSD_LIMITS, NOW)
        if isinstance(screen, End) or plain.screen != name:
            continue
        wrong = here.copy_with(notice="invalid", wrong=1)
        reply = render_reply(menu, wrong, LINE.for_engine(), USSD_LIMITS, NOW)
        alone += reply.alone
        if reply.alone:
            led = step_session(menu, forget_notice(wrong, reply), "98").session
            shown = render_reply(menu, led, LINE.for_engine(), USSD_LIMITS, NOW)
            assert shown.text == plain.text
    assert alone > 0


@pytest.mark.parametrize("language", ["lo", "lo-Latn", "th", "en"])
def test_whoever_begins_again_reads_so_above_the_first_screen(menu: Menu, language: str) -> None:
    for screen in (menu.start, menu.home):
        lost = Session(screen=screen, language=language, script=language, notice="again")
        reply = render_reply(menu, lost, LINE.for_engine(), USSD_LIMITS, NOW)
        assert not reply.alone
        assert len(reply.pieces) > 3
