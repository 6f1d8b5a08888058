"""Counts which facts are read, on which screen, so that it can be told later how many read a wrong one."""

from gateway.conversation.understood import Answer
from gateway.messages import Reply
from gateway.parts import Parts
from gateway.store.figures import FACT


def read_facts(parts: Parts, channel: str, version: str, told: Reply | Answer) -> None:
    """Count each fact of a page or of a text; which value it had follows from the version and the day."""
    for name in told.facts:
        parts.count.add(
            f"{FACT}{name}", told.screen, channel=channel, language=told.language, version=version
        )
