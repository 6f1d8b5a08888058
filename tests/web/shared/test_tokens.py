"""Every form that changes something carries the token without which nothing is taken."""

import re
from pathlib import Path

import pytest

TEMPLATES = sorted(Path("gateway").glob("web/*/templates/**/*.html"))
FORM = re.compile(r"<form\b(?P<head>[^>]*)>(?P<inside>.*?)</form>", re.DOTALL)


def posting(template: Path) -> list[tuple[str, str]]:
    """(what opens it, what is inside) of each form of a template that posts."""
    text = template.read_text(encoding="utf-8")
    for macro in re.finditer(r"{% macro (\w+)\(\) %}([^\n]*?){% endmacro %}", text):
        text = text.replace(
            f"{{{{ {macro[1]}() }}}}", macro[2]
        )  # a macro of this page is read where it is called
    found = FORM.finditer(text)
    forms = [(form["head"], form["inside"]) for form in found]
    return [(head, inside) for head, inside in forms if 'method="post"' in head or "hx-post" in head]


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_each_form_that_posts_has_its_token(template: Path) -> None:
    without = [head for head, inside in posting(template) if "token()" not in inside]
    assert without == []


def test_there_are_forms_to_look_at() -> None:
    assert sum(len(posting(template)) for template in TEMPLATES) > 20
