"""The authors' conversations at a publish: what they say of the menu must be so before callers meet it."""

from collections.abc import Mapping

from gateway.catalogue.conversations import read
from gateway.catalogue.pages import with_pages
from gateway.catalogue.problems import Problem, where
from gateway.catalogue.tests import run
from gateway.engine.menu import Menu
from gateway.messages import USSD_LIMITS
from gateway.publishing.stored import TESTS


class ConversationFails(Exception):
    """Nothing was published: a conversation of the folder does not go as it is written."""


def refuse_failing_conversations(menu: Menu, files: Mapping[str, str], zone: str) -> int:
    """Run every conversation of the folder and return how many there are.

    Raises:
        ConversationFails: one differs, or cannot be read; the words name each with its place.
    """
    written = {name: text.encode() for name, text in files.items() if name.startswith(TESTS)}
    cases, problems = read(written, zone)
    paged = with_pages(menu, (USSD_LIMITS,))
    failed = [_describe(problem) for problem in problems]
    for case in cases:
        failed += [
            f"  {case.it}: {where(each.place)}: {each.message}"
            for each in run(paged, case, zone=zone).differences[:1]
        ]
    if failed:
        raise ConversationFails(
            "nothing was published: conversations of the folder fail\n"
            + "\n".join(failed)
            + "\n`gateway menus test` shows them; --untested publishes all the same"
        )
    return len(cases)


def _describe(problem: Problem) -> str:
    return f"  {where(problem.place)}: {problem.message}"
