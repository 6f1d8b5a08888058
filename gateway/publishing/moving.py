"""No key about danger, consent or the order of the form moves by a rollback, unless somebody says why."""

from gateway.catalogue.moved import (
    describe_moved_key,
    describe_moved_questions,
    find_moved_keys,
    find_moved_questions,
)
from gateway.engine.menu import Menu


class KeysMoved(Exception):
    """Nothing went live: callers press keys by heart that would do something else than they know."""


def refuse_moved_keys(live: Menu | None, following: Menu | None, *, move_keys: str = "") -> tuple[str, ...]:
    """Refuse a menu whose grave keys do something else than in the live one, as a publish does.

    Args:
        live: the menu that callers read now, if there is one.
        following: the menu that shall be live; None where this release cannot read it.
        move_keys: why it is meant; empty where nobody says so.

    Returns:
        Every key that means something else, grave or not, in words: ``screen: what became of it``.

    Raises:
        KeysMoved: one of them is about danger, consent or another answer that keeps her safe, and nobody says why.
    """
    if live is None or following is None:
        return ()
    keys = find_moved_keys(live, following)
    forms = [
        f"{each.screen}: {describe_moved_questions(each)}" for each in find_moved_questions(live, following)
    ]
    told = {f"{each.screen}: {describe_moved_key(following, each)}": each.grave for each in keys}
    grave = [*forms, *(line for line, is_grave in told.items() if is_grave)]
    if grave and not move_keys.strip():
        raise KeysMoved(
            "nothing went live: callers press these keys by heart, and they would mean something else.\n"
            + "\n".join(f"  {line}" for line in grave)
            + "\nWhere it is meant, say --move-keys and the reason"
        )
    return (*forms, *told)
