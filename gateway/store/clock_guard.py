"""Whether calls and texts are stopped because the clock was found wrong; asked in the transaction that would ring."""

from gateway.store import settings
from gateway.store.engines import Tx

SETTING = "clock_guard"


def is_on(tx: Tx) -> bool:
    """Say whether nothing may leave and nobody be called until a person has confirmed the clock."""
    return bool(settings.get(tx, SETTING, {}).get("on"))
