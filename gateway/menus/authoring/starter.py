"""Generate the files of a new menu in the chosen languages, with known texts filled in and the others empty."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from importlib.resources import files

NAMES = {
    "en": ("English", "English"),
    "km": ("ខ្មែរ", "Khmer"),
    "lo": ("ລາວ", "Phasa Lao"),
    "lo-Latn": ("Lao (ABC)", "Lao (ABC)"),
    "my": ("မြန်မာ", "Burmese"),
    "th": ("ไทย", "Phasa Thai"),
    "vi": ("Tiếng Việt", "Tieng Viet"),
}
"""Language tag → its own name, and a name in GSM-7 letters; of other languages the tag is used."""

_WORDED = ("en", "lo", "lo-Latn", "th")
_ENTRY = re.compile(rf"( *)({'|'.join(_WORDED)}):(?: (.*))?")
_TAG = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?")
_FILES = ("callback.yaml", "danger.yaml", "messages.yaml", "screens.yaml")
_KEYS = "12345678"


class BadLanguage(ValueError):
    """An invalid language tag; the message says how tags are written."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """The starter's entry of one language: the rest of its line, and the lines below it."""

    indent: str
    tag: str
    value: str
    below: tuple[str, ...]


def start_menu(name: str, languages: Sequence[str], today: date) -> dict[str, str]:
    """Return relative path → content of a new menu's files.

    Args:
        name: id of the menu.
        languages: tags, in the order of the choice.
        today: first day of the facts.

    Raises:
        BadLanguage: a tag is invalid or repeated, or there are more than the first screen has keys for.
    """
    odd = [tag for tag in languages if not _TAG.fullmatch(tag)]
    if odd or not languages or len(languages) > len(_KEYS) or len(set(languages)) < len(languages):
        raise BadLanguage(
            f"write one to {len(_KEYS)} different tags like km, en or lo-Latn, parted by commas"
        )
    made = {"menu.yaml": _make_head(name, languages)}
    for file in _FILES:
        text = (files("gateway.menus.authoring") / "starter" / file).read_text(encoding="utf-8")
        text = text.replace("@@TODAY@@", today.isoformat())
        text = text.replace(
            "@@YEAR@@", today.replace(year=today.year + 1, day=min(today.day, 28)).isoformat()
        )
        made[file] = "\n".join(_in_languages(text.split("\n"), languages))
    return {**made, "tests/first.yaml": "\n".join(_make_conversations(languages))}


def _make_main(languages: Sequence[str]) -> str:
    return "en" if "en" in languages else languages[0]


def _make_head(name: str, languages: Sequence[str]) -> str:
    main = _make_main(languages)
    named = ", ".join(f'{tag}: "{NAMES.get(tag, (tag, tag))[0]}"' for tag in languages)
    others = [tag for tag in languages if tag != main]
    fallback = "fallback:\n" + "".join(f"  {tag}: [{main}]\n" for tag in others) if others else ""
    lines = "".join(
        f'      - {{key: "{key}", language: {tag.partition("-")[0] if tag.partition("-")[0] in languages else tag}, '
        f'script: {tag}, to: main, label: {{{main}: "{NAMES.get(tag, (tag, tag))[1]}"}}}}\n'
        for key, tag in zip(_KEYS, languages, strict=False)
    )
    return (
        "# Its languages, where things begin, and the first screen, in letters that every phone shows.\n"
        f"schema: 1\nmenu: {name}\nlanguages: {{{named}}}\n{fallback}written_in: {main}\n"
        "start: language\nhome: main\noffer: offer\nsos: sos\ncall_me: call_me\n\n"
        f'screens:\n  language:\n    text: {{{main}: "{{price}}\\nInfo line. Choose:"}}\n    choices:\n{lines}'
        f'      - {{key: "9", to: sos, label: {{{main}: SOS}}}}\n'
    )


def _in_languages(lines: Sequence[str], languages: Sequence[str]) -> Iterator[str]:
    """Yield the starter's lines with each text in these languages; unknown ones are left empty."""
    at = 0
    while at < len(lines):
        block: list[_Entry] = []
        while entry := _find_entry(lines, at, block[0].indent if block else None):
            block.append(entry)
            at += 1 + len(entry.below)
        if block:
            yield from _translate_block(block, languages)
        else:
            yield lines[at]
            at += 1


def _find_entry(lines: Sequence[str], at: int, indent: str | None) -> _Entry | None:
    found = _ENTRY.fullmatch(lines[at]) if at < len(lines) else None
    if found is None or (indent is not None and found[1] != indent):
        return None
    deeper = f"{found[1]} "
    end = at + 1
    while end < len(lines) and lines[end].startswith(deeper):
        end += 1
    return _Entry(found[1], found[2], found[3] or "", tuple(lines[at + 1 : end]))


def _translate_block(block: Sequence[_Entry], languages: Sequence[str]) -> Iterator[str]:
    known = {entry.tag: entry for entry in block}
    first = block[0]
    if first.tag not in languages and not first.below:
        yield f"{first.indent}# {first.tag}: {first.value}"
    written = any(tag in known for tag in languages)
    for tag in languages:
        entry = known.get(tag)
        if entry is not None:
            yield f"{first.indent}{tag}: {entry.value}".rstrip()
            yield from entry.below
        elif written and tag in _WORDED:
            continue  # texts for staff: a fallback language is used
        elif first.below:
            yield f"{first.indent}{tag}:"
            yield first.indent + '  days: ["", "", "", "", "", "", ""]'
        else:
            yield f"{first.indent}{tag}: " + ('[""]' if first.value.startswith("[") else '""')


def _make_conversations(languages: Sequence[str]) -> Iterator[str]:
    """Yield, for each language, a test up to the code, one to the danger numbers, and one of a refusal."""
    for key, tag in zip(_KEYS, languages, strict=False):
        yield f"- it: asks for a call in {tag} and reads the code"
        yield "  steps:"
        yield '    - {dial: "*123*4#", screen: language}'
        for keys, screen in (
            (key, "main"),
            ("7", "danger"),
            ("2", "phone_seen"),
            ("2", "when"),
            ("1", "consent"),
        ):
            yield f'    - {{sends: "{keys}", screen: {screen}}}'
        yield (
            '    - {sends: "1", contains: "{code}", effects: [{callback: {topic: other, danger: "no", '
            "phone_seen: sometimes, when: weekday_morning}}]}"
        )
        yield f"- it: reads the danger numbers in {tag}"
        yield "  steps:"
        yield '    - {dial: "*123*4#", screen: language}'
        yield f'    - {{sends: "{key}", screen: main}}'
        yield '    - {sends: "9", contains: "{phone.police}"}'
        yield f"- it: does not want to be called, in {tag}"
        yield "  steps:"
        yield '    - {dial: "*123*4#", screen: language}'
        for keys, screen in ((key, "main"), ("7", "danger"), ("2", "phone_seen"), ("1", "when")):
            yield f'    - {{sends: "{keys}", screen: {screen}}}'
        yield '    - {sends: "4", screen: no_call, ends: true, effects: [refuse]}'
    yield ""
