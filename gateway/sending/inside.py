"""Works the rows that reach nobody outside: claim, work and result are one transaction, so they need no lease."""

from datetime import timedelta

from gateway.ids import new_token
from gateway.outbox.kinds import INSIDE
from gateway.parts import Parts
from gateway.sending import faults, guard
from gateway.store import claims, outbox
from gateway.store.engines import Tx, Unavailable
from gateway.store.outbox import OutboxRow


def work(parts: Parts, *, named: str | None = None) -> bool:
    """Work one inside row, this very one or the best; False where none is due.

    Raises:
        Unavailable: SQL cannot be asked.
    """
    found: list[OutboxRow] = []
    try:
        with parts.store.write() as tx:
            return _work(parts, tx, named, found)
    except Unavailable:
        raise
    except Exception as error:  # one row's fault must not stop the rows behind it
        if not found:
            raise
        faults.note(parts, found[0], error)
        return True


def _work(parts: Parts, tx: Tx, named: str | None, found: list[OutboxRow]) -> bool:
    now, token = parts.clock.now(), new_token(16)
    lease = timedelta(seconds=parts.lease_seconds)
    row = claims.claim(tx, kinds=INSIDE, channels=None, token=token, now=now, lease=lease, named=named)
    if row is None:
        return False
    found.append(row)
    if now >= row.expires_at and not guard.is_trusted(parts, tx, now):
        claims.put_back(tx, row.id, token, due_at=row.due_at, now=now, reason="clock", tried=False)
        return False
    if now >= row.expires_at:
        claims.finish(tx, row.id, token, state="expired", reason="too_old", now=now)
        return True
    parts.inside[row.kind](parts, tx, outbox.opened(tx, row))
    claims.finish(tx, row.id, token, state="sent", now=now)
    return True
