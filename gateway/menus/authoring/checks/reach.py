"""Check navigation: every screen can be reached and left, and danger numbers are near."""

from collections.abc import Iterator
from math import inf

from gateway.menus.authoring.checks.context import Subject
from gateway.menus.authoring.graph import MenuWay, find_reached, list_shown_ways, list_ways
from gateway.menus.authoring.problems import Problem
from gateway.menus.engine.model import NO_TIME, RESUME, Menu

_NEAR, _NEVER = 3, inf
_ALWAYS_LEAD_ON = frozenset({"@back", "@here", "@form"})


def unreachable(subject: Subject) -> Iterator[Problem]:
    """Report screens that neither keys nor keywords lead to."""
    menu = subject.menu
    begin = {menu.start, menu.home, menu.offer, menu.sos, menu.call_me}
    begin |= {RESUME, NO_TIME} & set(menu.screens)
    begin |= {keyword.to for keyword in menu.keywords if keyword.to in menu.screens}
    found = find_reached(list_ways(menu), sorted(begin))
    for name in sorted(set(menu.screens) - set(found)):
        message = f"nothing leads to the screen '{name}'"
        yield subject.warning("unreachable", ("screens", name), message, "add a choice to it, or delete it")


def loop_no_exit(subject: Subject) -> Iterator[Problem]:
    """Report screens from which no key leads to an end, home or back."""
    menu = subject.menu
    for name in sorted(set(menu.screens) - _with_exit(menu)):
        yield subject.problem(
            "loop-no-exit",
            ("screens", name),
            f"from '{name}' no key leads to an end, home or back",
            'delete back: "no", or add a choice that leads out',
        )


def no_way_back(subject: Subject) -> Iterator[Problem]:
    """Report screens without ``0 Back`` and without a choice to an end or home."""
    menu = subject.menu
    for name, screen in menu.screens.items():
        out = {choice.to for choice in screen.choices}
        leads_out = out & (_ALWAYS_LEAD_ON | {menu.home, menu.start}) or any(
            menu.screens[target].ends for target in out if target in menu.screens
        )
        if not (
            screen.back or leads_out or screen.ends or not screen.is_shown or name in {menu.start, menu.home}
        ):
            yield subject.warning(
                "no-way-back",
                ("screens", name, "back"),
                f"'{name}' shows no way back and no way out",
                'delete back: "no", or add a choice to an end',
            )


def danger_far(subject: Subject) -> Iterator[Problem]:
    """Report where the emergency numbers are more than three keys from the first screen or home."""
    menu = subject.menu
    for begin in dict.fromkeys((menu.start, menu.home)):
        far = {language: _keys_to_danger(subject, begin, language) for language in menu.languages}
        language = max(far, key=lambda tag: far[tag])
        if far[language] > _NEAR:
            there = f"{far[language]:.0f} keys" if far[language] < _NEVER else "out of reach"
            yield subject.warning(
                "danger-far",
                ("screens", begin),
                f"the emergency numbers are {there} from '{begin}'",
                f"add a choice to {menu.sos}, for example with key 9",
                language=language if len(set(far.values())) > 1 else "",
            )


def _keys_to_danger(subject: Subject, begin: str, language: str) -> float:
    """Return the number of keys on a USSD screen; a channel without pages shows everything at once."""
    menu, channels = subject.menu, [limits.name for limits in subject.asked.limits if limits.parts == 1]
    return max(
        find_reached(list_shown_ways(menu, subject.cut.pages, name, language), [begin]).get(menu.sos, _NEVER)
        for name in channels or [""]
    )


def _with_exit(menu: Menu) -> set[str]:
    """Return the screens from which an end, home or a way back can be reached."""
    free = {name for name, screen in menu.screens.items() if screen.back or screen.ends}
    free |= {menu.start, menu.home}
    free |= {
        name
        for name, screen in menu.screens.items()
        if any(choice.to in _ALWAYS_LEAD_ON for choice in screen.choices)
    }
    backwards = [MenuWay(way.target, way.source) for way in list_ways(menu)]
    return set(find_reached(backwards, sorted(free)))
