"""What a person cannot see in a text is shown as a sign; sections have headings, and each form a button."""

import re
from pathlib import Path

import pytest
from flask import Flask, render_template_string
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from gateway.web.shared import labels

ROOT = Path(__file__).parents[3] / "gateway"
PAGES = sorted(
    page
    for page in ROOT.glob("web/*/templates/**/*.html")
    if page.parent.name != "phone"  # its sections are the phone itself
)


@pytest.mark.fault("C5")
@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("ring\x07", "ring␇"),
        ("del\x08ete", "del␈ete"),
        ("\x1b[31mred", "␛[31mred"),
        ("\x00", "␀"),
        ("end\x7f", "end␡"),
        ("next\x85line", "next�line"),
        ("pay \u202eyap", "pay �yap"),
        ("in\u2066side", "in�side"),
        ("two\nlines\tand a tab\r\n", "two\nlines\tand a tab\r\n"),
        ("ສະບາຍດີ\u200bທ່ານ", "ສະບາຍດີ\u200bທ່ານ"),
        ("क\u200dष 👩\u200d👧", "क\u200dष 👩\u200d👧"),
        ("", ""),
    ],
)
def test_controls_are_shown_as_signs(written: str, shown: str) -> None:
    assert labels.show_controls(written) == shown


@given(st.text())
def test_every_other_character_stays(text: str) -> None:
    shown = labels.show_controls(text)
    assert isinstance(shown, str)
    assert len(shown) == len(text)
    changed = [new for old, new in zip(text, shown, strict=True) if new != old]
    assert all(new in "\ufffd\u2421" or "\u2400" <= new < "\u2420" for new in changed)
    assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]", shown)
    assert labels.show_controls(shown) == shown


@pytest.mark.fault("C5")
def test_a_page_shows_them_so_and_still_escapes() -> None:
    app = Flask(__name__)
    labels.install(app)
    with app.app_context():
        page = render_template_string(
            "<p>{{ text }}</p>{{ safe }}{{ number }}{{ missing }}",
            text="<b>\x1b</b>",
            safe=Markup("<i>\x07</i>"),
            number=5,
        )
    assert page == "<p>&lt;b&gt;␛&lt;/b&gt;</p><i>␇</i>5"


BUTTON = re.compile(r"<button|outcome_buttons\(")
"""A button, or the macro that writes one for each outcome."""


def with_parts(page: Path) -> str:
    """Return a page with the parts that it includes of its own face."""

    def part(found: re.Match[str]) -> str:
        own = page.parent.parent / found[1]
        return with_parts(own) if own.exists() else ""

    return re.sub(r'{% include "([^"]+)" %}', part, page.read_text(encoding="utf-8"))


def sections_without_heading(page: str) -> list[str]:
    """Return the openings of sections that hold no heading of their own."""
    found, opened = [], []
    for mark in re.finditer(r"<(/?)(section|h[1-6])\b[^>]*>", page):
        if mark[2] != "section":
            if not mark[1] and opened:
                opened[-1] = ("", True)
        elif not mark[1]:
            opened.append((mark[0], False))
        else:
            opening, has_heading = opened.pop()
            found += [] if has_heading else [opening]
    return found


@pytest.mark.fault("C5")
@pytest.mark.parametrize("page", PAGES, ids=lambda page: f"{page.parent.name}/{page.name}")
def test_a_section_has_a_heading_and_a_form_a_button(page: Path) -> None:
    """WCAG 2.2, 2.4.10 and 3.2.2: who listens to a page goes by headings, and a form is sent by a button."""
    text = with_parts(page)
    assert sections_without_heading(text) == []
    forms = re.findall(r"<form\b.*?</form>", text, flags=re.DOTALL)
    hidden = [form for form in forms if re.match(r"<form hidden\b", form)]  # sent by the page itself
    lacking = [form[:80] for form in forms if form not in hidden and not BUTTON.search(form)]
    assert lacking == []
