"""Define what a channel adds to the contract when it keeps a connection of its own to the provider.

Beside ``contract``, which every adapter needs: few keep a link, and one process asks for it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol, runtime_checkable


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkDoors:
    """What a process hands to a channel that keeps a link.

    Attributes:
        post: posts the fields of an event to the channel's own webhook as JSON, and returns status and body; status 0
            where nobody answers. It blocks, and is called from several threads.
        stopping: says whether the link must end.
    """

    post: Callable[[str, Mapping[str, str]], tuple[int, str]]
    stopping: Callable[[], bool]


@runtime_checkable
class Linked(Protocol):
    """A channel with a connection of its own to the provider, which a process beside web and worker keeps up."""

    @property
    def has_link(self) -> bool:
        """Whether it has an account to connect with."""
        ...

    def keep_link(self, doors: LinkDoors) -> None:
        """Keep it connected until it must stop; faults of network and provider never end it."""
        ...
