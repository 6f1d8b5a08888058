"""Defines the only RQ job, a nudge with a row id, and rejects anything else found in Redis.

RQ runs whatever function a job names, and its documentation warns that Redis must be trusted; here a job's function
name is compared and never imported, and its data is JSON instead of pickle.
"""

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
    """The job is not a nudge. RQ treats it as missing, so nothing of it is run."""


def nudge(row_id: str) -> None:
    """Give nudges a function name to carry; a worker runs its own function and never imports this one by name."""
    raise NotImplementedError(f"row {row_id} is sent by `gateway worker` only")


class Nudge(Job):  # type: ignore[misc]  # RQ's own class carries no types here
    """The only job class; a subclass made by ``make_job_class`` holds the work."""

    work: Callable[[str], object]

    def restore(self, raw_data: Any) -> None:
        """Load a job, and reject anything but a nudge before any of it can run."""
        super().restore(raw_data)
        if not self._is_nudge():
            _log.error("something that is not a nudge lies in the queue: job %.40s is left out", self.id)
            raise NotANudge(self.id)
        # Timeouts and lifetimes are not taken from Redis.
        self.timeout, self.result_ttl, self.failure_ttl = JOB_SECONDS, 0, KEPT_SECONDS

    def _execute(self) -> None:
        type(self).work(self.args[0])

    def _is_nudge(self) -> bool:
        try:
            self._deserialize_data()
        except Exception:  # noqa: BLE001 - RQ's own error, or any error that hostile data causes
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


def make_job_class(work: Callable[[str], object]) -> type[Nudge]:
    """Return a job class whose jobs call ``work`` with their row id."""
    return type("Nudge", (Nudge,), {"work": staticmethod(work)})
