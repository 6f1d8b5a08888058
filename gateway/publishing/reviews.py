"""No language leaves a line that reaches real phones because of a publish or a rollback, unless somebody says so."""

from collections.abc import Collection

from gateway.engine.menu import Menu
from gateway.engine.offering import list_reviewed
from gateway.parts import Parts
from gateway.serving import describe_waiting, list_unset


class ReviewsLost(Exception):
    """Nothing went live: callers would lose languages that they read now, for texts that nobody reviewed."""


def refuse_lost_reviews(
    parts: Parts, live: Menu | None, following: Menu | None, *, without: Collection[str] = ()
) -> None:
    """Refuse a menu in which fewer languages are reviewed than in the live one, or that names a number not set.

    What waits in the live one already is no reason: a correction must not wait for the drafts beside it.

    Args:
        parts: of the house; where no line reaches real phones, nobody loses anything.
        live: the menu that callers read now, if there is one.
        following: the menu that shall be live; None where this release cannot read it.
        without: the languages that may leave.

    Raises:
        ReviewsLost: a language would leave that was not named.
    """
    real = {line.config.menu for line in parts.channels.values() if line.contract.real}
    if live is None or following is None or following.id not in real:
        return
    closing = [name for name in list_unset(parts, following) if name not in list_unset(parts, live)]
    if closing:
        raise ReviewsLost(
            f"nothing went live: texts name {', '.join(f'{{{name}}}' for name in closing)}, which is not set, and the "
            f"lines that reach real phones would close. Set {', '.join(closing)} under [line] in gateway.toml and "
            "start again, or take it out of the texts"
        )
    kept = {*list_reviewed(following), *without}
    lost = [language for language in list_reviewed(live) if language not in kept]
    if lost:
        waiting = "; ".join(describe_waiting(tag, following.waiting.get(tag, ())) for tag in lost)
        names = " ".join(f"--without {language}" for language in lost)
        raise ReviewsLost(
            f"nothing went live: {', '.join(lost)} would leave the lines that reach real phones. {waiting}. "
            f"Let them be read (`gateway menus reviews read`), or say {names}"
        )
