"""Replay this machine's spool into SQL once it is available, oldest entry first and each exactly once."""

import logging

from gateway.conversations import commit, missed_call, sms
from gateway.foundation.services import Services
from gateway.storage.database import Unavailable

_log = logging.getLogger(__name__)

_REPLAYS = {
    commit.SPOOLED_TURN: commit.replay_turn,
    sms.TEXTS.kind: sms.TEXTS.replay,
    missed_call.RINGS.kind: missed_call.RINGS.replay,
}


def replay_spool(parts: Services) -> int:
    """Replay the spool; return the number of entries written.

    An entry that fails is put aside: it blocks no other, ``gateway doctor`` reports it, and each start tries it
    again.

    Raises:
        Unavailable: SQL is still down.
    """
    written = 0
    for key in parts.spool.list():
        entry = parts.spool.load(key)
        if entry is None:
            continue
        try:
            _REPLAYS[entry["kind"]](parts, key, entry)
            written += 1
        except Unavailable:
            raise
        except Exception as error:  # noqa: BLE001 - one bad entry must not keep the others from being written
            parts.spool.put_aside(key)
            parts.count.add("replay_fault")
            parts.count.add("alarm", "replay")
            _log.error("replay failed kind=%s", type(error).__name__)  # no traceback: it may quote the caller
    return written
