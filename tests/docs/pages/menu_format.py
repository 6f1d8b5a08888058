"""Describes the format of a menu and of its conversation tests from the tables that the loader itself reads."""

from collections.abc import Iterator, Mapping

from gateway.menus.authoring.conversation_files import CASE, MUST, STEP
from gateway.menus.authoring.json_schema import ABOUT_TESTS, list_about
from gateway.menus.authoring.schema.grammar import FILE
from gateway.menus.engine.shapes import ByKind, Day, Either, Named, Record, Several, Shape, Word


def describe_menu() -> str:
    """Return a section for each mapping of a menu file, the file itself first."""
    return "\n\n".join(_describe_record(record, list_about()) for record in _walk_records(FILE))


def describe_tests() -> str:
    asserted = ", ".join(f"`{name}`" for name in MUST)
    last = f"A step must assert something: one of {asserted}. `steps` is the list of them, `effects` what a step asks for."
    return "\n\n".join([_describe_record(CASE, ABOUT_TESTS), _describe_record(STEP, ABOUT_TESTS), last])


def _walk_records(shape: Shape) -> Iterator[Record]:
    """Yield the records inside a shape, each before those that it holds; one that occurs twice is yielded once."""
    seen: dict[str, Record] = {}
    waiting: list[Shape] = [shape]
    while waiting:
        each = waiting.pop(0)
        if isinstance(each, Record) and each.what not in seen:
            seen[each.what] = each
            waiting += each.fields.values()
        elif isinstance(each, ByKind):
            waiting += each.kinds.values()
        elif isinstance(each, Either):
            waiting += [each.short, each.long]
        elif isinstance(each, Named | Several):
            waiting.append(each.of)
    yield from seen.values()


def _describe_record(record: Record, about: Mapping[str, str]) -> str:
    title = record.what[0].upper() + record.what[1:]
    lines = [f"### {title}", "", "| key | holds | needed | what it is for |", "|---|---|---|---|"]
    for name, shape in record.fields.items():
        needed = "yes" if name in record.required else "one of these" if name in record.one_of else ""
        lines.append(f"| `{name}` | {_escape(_describe_shape(shape))} | {needed} | {_escape(about[name])} |")
    return "\n".join(lines)


def _describe_shape(shape: Shape) -> str:
    match shape:
        case Word():
            return _describe_word(shape)
        case Day():
            return "a day, `2026-11-24`, or a month or a year" if shape.coarse else "a day, `2026-11-24`"
        case Several():
            inner = _describe_shape(shape.of)
            return f"a list: {inner}; one may stand alone" if shape.or_one else f"a list: {inner}"
        case Named():
            return f"a mapping by {shape.keys}: {_describe_shape(shape.of)}"
        case Record():
            return shape.what
        case ByKind():
            return f"one of the kinds of `{shape.key}`: {', '.join(f'`{kind}`' for kind in shape.kinds)}"
        case Either():
            return f"{_describe_shape(shape.short)}; or {_describe_shape(shape.long)}"


def _describe_word(word: Word) -> str:
    if word.values:
        return " · ".join(f"`{value}`" for value in word.values)
    example = f", such as `{word.example}`" if word.example else ""
    usual = f"; usual: {', '.join(f'`{value}`' for value in word.usual)}" if word.usual else ""
    return f"{'a number' if word.numeric else 'text'}{example}{usual}"


def _escape(text: str) -> str:
    return text.replace("|", "\\|")
