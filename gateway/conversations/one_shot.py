"""Handle one-shot inbound events (SMS, missed calls): applied in SQL, or spooled unchanged until SQL is available."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, Generic, TypeVar

from gateway.conversations import apology
from gateway.domain.events import Inbound, MissedCall
from gateway.foundation.ids import new_id
from gateway.foundation.phone_numbers import to_e164
from gateway.foundation.services import Services
from gateway.storage.database import Unavailable

E = TypeVar("E", Inbound, MissedCall)


@dataclass(frozen=True, slots=True)
class OneShot(Generic[E]):
    """One kind of event.

    Attributes:
        kind: its name in the spool and in the log.
        key: returns the event's turn key, which also names its spool file.
        accept: applies the event once; raises Unavailable where SQL cannot be reached.
        read: rebuilds the event from its fields, as ``asdict`` gave them.
    """

    kind: str
    key: Callable[[Services, E], bytes]
    accept: Callable[[Services, E, datetime], None]
    read: Callable[[dict[str, Any]], E]

    def take(self, parts: Services, event: E) -> bool:
        """Handle one event. Returns False only where it could not be stored at all, so that the provider retries."""
        number = to_e164(event.number, parts.line.regions)
        if number is None:
            parts.count.add("not_a_number", channel=event.channel)
            return True
        event, now = replace(event, number=number), parts.clock.now()
        try:
            self.accept(parts, event, now)
        except Unavailable:
            return self._spool(parts, event, now)
        except Exception as error:  # noqa: BLE001 - one faulty event must not block those behind it
            apology.log_fault(error, new_id(now), self.kind)
            parts.count.add("fault", channel=event.channel)
            return self._spool(parts, event, now)
        return True

    def replay(self, parts: Services, key: bytes, entry: dict[str, Any]) -> None:
        """Handle a spooled event as of the time of its arrival, then drop the file."""
        came = parts.clock.set_right(datetime.fromisoformat(entry["at"]), entry.get("mark", ""))
        self.accept(parts, self.read(entry["event"]), came)
        parts.spool.drop(key)

    def _spool(self, parts: Services, event: E, now: datetime) -> bool:
        entry = {"kind": self.kind, "event": asdict(event), "at": now.isoformat()}
        entry["mark"] = parts.clock.mark()
        try:
            parts.spool.keep(self.key(parts, event), entry)
        except OSError:
            parts.count.add("not_kept", channel=event.channel)
            return False
        parts.count.add("spooled", channel=event.channel)
        return True
