"""What a worker takes from the queue: nudges and nothing else, whatever somebody may have planted in Redis."""

import logging
import re
from collections.abc import Callable
from typing import Any

from rq.exceptions import NoSuchJobError
from rq.job import Job

from gateway.delivery.nudge import DESCRIPTION, ENTRY, JOB_SECONDS, KEPT_SECONDS

_log = logging.getLogger(__name__)

_ROW_ID = re.compile(r"[0-9a-hjkmnp-tv-z]{20}")


class NotANudge(NoSuchJobError):  # type: ignore[misc]  # RQ's own class carries no types here
    """What lies in the queue is not a nudge; for RQ it is as if it were not there, so nothing of it is run."""


def nudge(row_id: str) -> None:
    """Stand for the name that nudges bear in the queue; a worker runs its own function and imports nothing by name."""
    raise NotImplementedError(f"row {row_id} is sent by `gateway worker` only")


class Nudge(Job):  # type: ignore[misc]  # RQ's own class carries no types here
    """The only job there is. A subclass made by ``doing`` knows what to do."""

    work: Callable[[str], object]

    def restore(self, raw_data: Any) -> None:
        """Read a job, and refuse one that is not exactly a nudge before anything of it can be run."""
        super().restore(raw_data)
        if not self._is_nudge():
            _log.error("something that is not a nudge lies in the queue: job %.40s is left out", self.id)
            raise NotANudge(self.id)
        # How long it may run and how long it is kept is not for Redis to say.
        self.timeout, self.result_ttl, self.failure_ttl = JOB_SECONDS, 0, KEPT_SECONDS

    def _execute(self) -> None:
        type(self).work(self.args[0])

    def _is_nudge(self) -> bool:
        try:
            self._deserialize_data()
        except Exception:  # noqa: BLE001 - RQ's own fault class, and whatever a hostile value makes of unpacking
            return False
        more = (
            self._instance,
            self._kwargs,
            self._success_callback_name,
            self._failure_callback_name,
            self._stopped_callback_name,
            self._dependency_ids,
            self.webhooks,
            self.retries_left,
            self.repeats_left,
            self.group_id,
            self.rate_limit_key,
        )
        return (
            self._func_name == ENTRY
            and self.description == DESCRIPTION
            and not any(more)
            and isinstance(self._args, list)
            and len(self._args) == 1
            and isinstance(self._args[0], str)
            and _ROW_ID.fullmatch(self._args[0]) is not None
        )


def doing(work: Callable[[str], object]) -> type[Nudge]:
    """Return the job class whose jobs do this with their row id."""
    return type("Nudge", (Nudge,), {"work": staticmethod(work)})
