"""Makes the stylesheet below ours: Pico without the rules that no page can meet, a fifth less on a slow line.

``python -m tests.support.used_styles`` writes it; a test holds that it is current. A rule is left out only where a
selector names an element, class, id, role or type that stands in no template and no script.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import gateway.web

if TYPE_CHECKING:
    from collections.abc import Iterator

WEB = Path(gateway.web.__file__).parent
STATIC = WEB / "shared" / "static"
WHOLE, MADE = STATIC / "vendor" / "pico-2.1.1.min.css", STATIC / "pico.css"
HEAD = "/* Pico CSS 2.1.1 (MIT, vendor/pico.LICENSE) without the rules that no page uses: tests/support/used_styles.py */\n"
_VARIABLE = re.compile(r"(?<=[{;])(--[\w-]+):[^;{}]*(?:;|(?=\}))")
_VARIABLE_OF_ROOT = re.compile(r"(?<![\w-])(--[\w-]+):[^;{}]*(?:;|$)")
_ROOT = re.compile(r"(?::root(?::not\(\[[^]]*\]\))?|:where\(:root\)),?")
_INSIDE = re.compile(r":(?:not|is|where|has)\(")
_ATTRIBUTE = re.compile(r'\[([\w-]+)(?:([*^$~|]?=)"?([^\]"]*)"?)?\]')


class Pages:
    """What stands in the templates and scripts of the pages."""

    def __init__(self) -> None:
        files = [*WEB.rglob("*.html"), *WEB.rglob("*.js"), *WEB.rglob("*.svg")]
        text = "\n".join(one.read_text(encoding="utf-8") for one in files if "vendor" not in one.parts)
        self.words = set(re.findall(r"[\w-]+", text))
        made = re.findall(r'(?:createElement|querySelector\w*|matches)\("(\w+)"', text)
        self.elements = {"html", "body", *re.findall(r"<([a-z][a-z0-9]*)", text), *made}
        # Wider than what is in a class: a template may choose it by a condition with quotes of its own.
        self.classes = set(re.findall(r"[\w-]+", " ".join(re.findall(r"class(?:Name|List)?\W[^>\n]*", text))))
        self.values = set(re.findall(r'([\w-]+)=["\']([\w-]+)["\']', text))
        self.values |= set(re.findall(r'(?:setAttribute\(|")([\w-]+)",\s*"([\w-]+)"', text))
        self.values |= {("type", "checkbox"), ("type", "radio")}  # chosen by a template

    def may_meet(self, selector: str) -> bool:
        """Return whether an element of the pages may be meant; none of them has a shadow tree."""
        if ":host" in selector:
            return False
        selector = _strip_inside(selector)
        for name, sign, value in _ATTRIBUTE.findall(selector):
            if name not in self.words or (sign == "=" and (name, value) not in self.values):
                return False
        bare = re.sub(r"::?[\w-]+(\([^)]*\))?", "", _ATTRIBUTE.sub("", selector))
        if any(one not in self.classes for one in re.findall(r"\.([\w-]+)", bare)):
            return False
        return all(
            one in self.elements for one in re.findall(r"[a-z][a-z0-9]*", re.sub(r"[.#][\w-]+", "", bare))
        )


def make_styles() -> str:
    """Return the text of the made stylesheet."""
    whole = re.sub(r"/\*.*?\*/", "", WHOLE.read_text(encoding="utf-8"), flags=re.DOTALL)
    made = _keep_used(whole.replace('@charset "UTF-8";', "").strip("\ufeff\n"), Pages())
    ours = "".join(
        one.read_text(encoding="utf-8") for one in STATIC.rglob("*.css") if one not in {WHOLE, MADE}
    )
    return HEAD + _keep_read_variables(made, ours) + "\n"


def _keep_read_variables(css: str, ours: str) -> str:
    """Leave out variables that nothing reads, that only those read, and that ours sets for the whole page anyway."""
    css = _drop_overridden(css, _list_set_for_all(ours))
    while True:
        kept = _drop_others(css, set(re.findall(r"var\((--[\w-]+)", css + ours)))
        if kept == css:
            return re.sub(r"(?:(?<=\})|(?<=\{)|^)[^{}@]*\{\}", "", kept)
        css = kept


def _list_set_for_all(ours: str) -> set[str]:
    """List the variables that our stylesheet sets on the root: it comes later, with no lower specificity."""
    blocks = _list_blocks(re.sub(r"/\*.*?\*/", "", ours, flags=re.DOTALL))
    return {
        name
        for before, inside in blocks
        if ":root:not([data-theme=dark])" in before
        for name in re.findall(r"(--[\w-]+):", inside)
    }


def _drop_overridden(css: str, ours: set[str]) -> str:
    kept = []
    for before, inside in _list_blocks(css):
        if before.startswith(("@media", "@supports")):
            kept.append(f"{before}{{{_drop_overridden(inside, ours)}}}")
        elif _ROOT.fullmatch(before):
            kept.append(
                f"{before}{{{_VARIABLE_OF_ROOT.sub(lambda one: '' if one[1] in ours else one[0], inside)}}}"
            )
        else:
            kept.append(f"{before}{{{inside}}}")
    return "".join(kept)


def _drop_others(css: str, read: set[str]) -> str:
    return _VARIABLE.sub(lambda found: found[0] if found[1] in read else "", css)


def _keep_used(css: str, pages: Pages) -> str:
    kept = []
    for before, inside in _list_blocks(css):
        if before.startswith(("@media", "@supports")):
            within = _keep_used(inside, pages)
            kept += [f"{before}{{{within}}}"] if within else []
        elif before.startswith("@"):
            kept.append(f"{before}{{{inside}}}")
        else:
            met = [one for one in _split_selectors(before) if pages.may_meet(one)]
            kept += [f"{','.join(met)}{{{inside}}}"] if met else []
    return "".join(kept)


def _list_blocks(css: str) -> Iterator[tuple[str, str]]:
    at = 0
    while (opens := css.find("{", at)) >= 0:
        ends = _find_end(css, opens + 1, "{", "}")
        yield css[at:opens].strip(), css[opens + 1 : ends - 1]
        at = ends


def _find_end(text: str, at: int, opens: str, closes: str) -> int:
    depth = 1
    while depth:
        depth += (text[at] == opens) - (text[at] == closes)
        at += 1
    return at


def _split_selectors(written: str) -> list[str]:
    found, depth = [""], 0
    for sign in written:
        depth += (sign in "([") - (sign in ")]")
        if sign == "," and not depth:
            found.append("")
        else:
            found[-1] += sign
    return found


def _strip_inside(selector: str) -> str:
    while found := _INSIDE.search(selector):
        selector = selector[: found.start()] + selector[_find_end(selector, found.end(), "(", ")") :]
    return selector


if __name__ == "__main__":
    MADE.write_text(make_styles(), encoding="utf-8")
