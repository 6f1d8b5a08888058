"""A hint is good when somebody who does just what it says has a sound menu afterwards; here somebody does."""

import re
from collections.abc import Callable

import pytest

from tests.support.menu_folders import BROKEN, SETTINGS, broken, checked, of_folder
from tests.support.reviewed import reviewed

Edit = Callable[[str, int, re.Match], str]
"""Gets the line, the column from 0 and the hint as it matched; gives back the line, or nothing to delete it."""


def replaced(words: str, *, what: str = r"[\w.@-]+") -> Edit:
    """Put words where the caret stands; ``{0}`` in them is what the hint names."""

    def edit(line, at, found):
        old = next(each for each in re.finditer(what, line) if each.end() > at)
        return line[: old.start()] + words.format(*found.groups()) + line[old.end() :]

    return edit


def deleted(what: str) -> Edit:
    """Take out what matches, at the caret or behind it."""
    return replaced("", what=what)


def shortened(line, at, found):
    """Keep the first words of the text at the caret."""
    text = re.compile(r'"[^"]*"|[^"{},]+(?:\?|(?=[,}]))').search(line, at)
    return line[: text.start()] + '"' + text[0].strip('"')[:20].strip() + '"' + line[text.end() :]


def quoted(line, at, found):
    return line.replace(f": {found[1]}", f': "{found[1]}"')


def spaces(line, at, found):
    return re.sub(r"^ *\t", "    ", line)


def field_asked(line, at, found):
    return f"{line}\n    asks: when"


def translated(line, at, found):
    return re.sub(r"\}$", f", {found[1]}: {'ໄດ້' if found[1] == 'lo' else 'ok'}}}", line)


def put_first(words: str) -> Edit:
    """Put words at the beginning of the text at the caret."""

    def edit(line, at, found):
        if line[at] == "{":
            return f"{line[:at]}{words.format(*found.groups())} {line[at:]}"
        if line[at] != '"':
            text = re.compile("[^,}]+").search(line, at)
            line = f'{line[:at]}"{text[0]}"{line[text.end() :]}'
        start = at + 1
        return f"{line[:start]}{words.format(*found.groups())} {line[start:]}"

    return edit


def police_first(line, at, found):
    return put_first(
        "Police {{th.police}}." if "en: " in line[:at] and "lo: " not in line[:at] else "{{th.police}}"
    )(line, at, found)


def filled(line, at, found):
    return line.replace('key: ""', 'key: "1"').replace('"  "', '"ຂໍໂທດ {helpline}"')


def danger_first(line, at, found):
    return line.replace("questions: [", "questions: [danger, ")


def never_answered(line, at, found):
    return line.replace("to: thanks", "answer: never, to: thanks")


def in_its_language(line, at, found):
    """Write the text at the caret anew, in the language that the hint names."""
    words = {"lo": "ຢ່າງໜ້ອຍ {th.wage}" if "{th.wage}" in line[at:] else "ລອງໃໝ່", "en": "Try again"}
    text = re.compile(r'"[^"]*"|[^,}]+').search(line, at)
    return f'{line[:at]}"{words[found[1]]}"{line[text.end() :]}'


def person_named(line, at, found):
    """Write the list of persons into the file of the caret: the small menu has none."""
    assert line.startswith("  - ")
    return f"{line}\nspeech:\n  who:\n    {found[1]}: [me]"


def line_deleted(line, at, found):
    return ""


def sos_added(line, at, found):
    """The choice goes to the end of the screen that the caret names: here before its next key."""
    sos = '      - {key: "9", to: sos, label: {en: SOS, lo: SOS}}'
    return f"{line}\n    choices:\n{sos}\n" if "choices:" not in line else f"{line}\n{sos}"


def danger_asked(line, at, found):
    return line.replace('answers: {danger: "no"}, ', "")


LITERALLY: list[tuple[str, Edit]] = [
    (r"delete danger: the form asks it", danger_asked),
    (r"write to: (\w+)", replaced("{0}", what=r"\w+")),
    (r'write danger: "yes" beside them', replaced('sos, danger: "yes"', what="sos")),
    (r"did you mean '(.+)'\?", replaced("{0}")),
    (r"write what belongs here, or delete the line", filled),
    (r"did you mean (\d[\d-]+)\?", replaced("{0}")),
    (r"write the day on which somebody looked", replaced("2026-11-24")),
    (r"put the question that asks danger at the beginning of questions:", danger_first),
    (r"write it at the beginning of the text", police_first),
    (r"shorten it, or put a part of it on a screen of its own", shortened),
    (r"write '(.+)' before the number", put_first("{0}")),
    (r"write (\{.+\}) here too", put_first("{0}")),
    (r"delete (\{.+\}), or write it in every language", deleted(r"\{[\w.]+\}")),
    (r"write \{(.+)\}, or another word", replaced("{{{0}}}", what=r"\{[\w.]+\}")),
    (r"write it in (\w+), or move it to the language that it is in", in_its_language),
    (r"write does: refuse_calls, or an answer that refuses, such as never", never_answered),
    (r'write "(.+)"', replaced('"{0}"')),
    (
        r'write the sign in quotes: "(.)"',
        quoted,
    ),
    (r'write key: "#"', replaced('key: "#"', what=r"key: #")),
    (r"write year-month-day, like (\S+)", replaced("{0}")),
    (r"write year-month-day, like (\S+), or .+ for a month, or \d+", replaced("{0}")),
    (r"keep the date, and delete value:", deleted(r'value: "\d+", ')),
    (r"use letters, digits, _ and ., at most 35, like (\S+)", replaced("{0}", what=r"\w[\w ]*(?=:)")),
    (r"write \{hours\}: its row under windows says them", deleted(r" ?\d+(?:-\d+)?")),
    (r"write \{hours\} in the label", replaced('"{{hours}}"', what=r"[^\s}]+")),
    (r"add (\w+): with its hours under windows, or name one of: (\w+), .+", replaced("{1}")),
    (r"write it in words, without the figure", deleted(r", was 400")),
    (r"write it in words, without braces", replaced("us", what=r"\{helpline\}")),
    (r"write '(.+)' with the one sign .", replaced("{0}", what=r".\u0ecd[\u0ec8-\u0ecb]?\u0eb2")),
    (r"write '(.)'", replaced("{0}", what=r"[’‘\u2003´]")),
    (r"write who: under speech: for (\w+)", person_named),
    (r"choose another word, in letters and without signs", replaced("beaten", what=r"[^\s\w\"]+(?=\")")),
    (r"delete it", deleted("\u200e")),
    (r"indent with spaces, not with tabs", spaces),
    (r"use a key from 1 to 9", replaced('"2"', what=r'"[^"]*"')),
    (r"give this choice a free key, for example (\d+)", replaced("{0}")),
    (r"keep it where it fits best and delete the other", deleted(r", Pay|Pay, ")),
    (r"delete one of the two or give it another name", line_deleted),
    (r"add it under languages, or delete it", deleted(r", \w+: [^,}]+")),
    (r'delete back: "no", or .+', deleted(r' *back: "no",?')),
    (r"add a choice to it, or delete it", line_deleted),
    (r"plan a shift then, add hours in gateway.toml under \[hours\], or delete the choice", line_deleted),
    (r"move does: request_callback to the yes .+", deleted(r"does: request_callback, ")),
    (r"make it a fact with its date and write {its.name} here", replaced("{{th.wage}}")),
    (r"give '[^']+' its key (\d+) again: callers press it by heart.*", replaced('"{0}"', what=r'"\d+"')),
    (r"make the number a fact with its date and write {its.name}", replaced("{{th.wage}}", what=r"\d+ \w+")),
    (r"delete the mark, a phone shows it as it stands", deleted(r"</?b>")),
    (r"write it in words, or delete it", deleted(" *💰")),
    (r"write the text where it is needed, in quotes", deleted(r"&\w+ ")),
    (r"shorten it|shorten the question or its answers", shortened),
    (
        r"check it, then write new checked_on and expires_on|check it and write the new dates",
        replaced("2027-05-24"),
    ),
    (r"write it in plain Latin letters", replaced("Phasa Lao", what=r"[ກ-ໝ]+|√")),
    (r"type it again with a Unicode keyboard", replaced('"ຢ່າງໜ້ອຍ {{th.wage}}"', what=r'"[^"]+"')),
    (r"choose another word", replaced("another", what=r"[\w ]+")),
    (
        r"write the day on which it was read(?:, did you mean \d+\?)?",
        replaced("2026-11-24", what=r"\d{4}-\d\d-\d\d"),
    ),
    (r"write one of: .*\bchoices\b.*", replaced("choices")),
    (r"add asks: here", field_asked),
    (r"add (\w+): here", translated),
    (
        r"add (\w+): to 1 text of this screen",
        translated,
    ),
    (r"add a choice to sos, for example with key 9", sos_added),
]
ELSEWHERE = {"setting-missing": {"settings": SETTINGS | {"mrc": "021000001"}}}
"""What a hint sends an author to another file for."""


def apply(problem, files):
    """Do what the hint says at the place that it names, and nothing else."""
    if problem.code == "sister-left-behind":
        row = "    - {date: 2027-01-01, valid_from: 2027-01-01, source: S, checked_on: 2026-11-24, expires_on: 2027-05-24}"
        words = files["words.yaml"].decode().replace("  th.wage_since:\n", f"  th.wage_since:\n{row}\n")
        return files | {"words.yaml": words.encode()}
    if "`gateway menus reviews " in problem.hint:
        return reviewed(files)
    lines = files[problem.place.file].decode().split("\n")
    found, edit = next(
        (found, edit) for hint, edit in LITERALLY if (found := re.fullmatch(hint, problem.hint))
    )
    at = problem.place.line - 1
    if problem.hint.startswith('delete back: "no"'):
        at = next(number for number in range(at, len(lines)) if 'back: "no"' in lines[number])
    if edit is sos_added and "choices" in lines[at + 1]:
        at += 1
    elif edit is sos_added:
        at = next(number for number in range(at, len(lines)) if lines[number].endswith("choices:"))
    new = edit(lines[at], problem.place.column - 1 if at == problem.place.line - 1 else 0, found)
    lines[at : at + 1] = [new] if new.strip() else []
    return files | {problem.place.file: "\n".join(lines).encode()}


@pytest.mark.parametrize("folder", BROKEN, ids=lambda folder: folder.name)
def test_who_does_what_the_hint_says_has_a_sound_menu(folder):
    files, asked = broken(folder), ELSEWHERE.get(folder.name, {}) | of_folder(folder)
    for _ in range(5):
        found = checked(files, **asked)
        if not found.problems:
            return
        files = apply(found.problems[0], files)
    assert [str(problem) for problem in checked(files, **asked).problems] == []
