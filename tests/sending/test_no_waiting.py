"""While a provider is asked no transaction is open: whoever writes meanwhile does not wait for it."""

from gateway.channel import SendResult
from gateway.messages import Outgoing
from gateway.parts import Parts
from gateway.sending.send import drain
from gateway.store import settings
from tests.outbox_rig import Phone, Rows, sent


def test_others_write_while_the_provider_takes_its_time(parts: Parts, rows: Rows, phone: Phone) -> None:
    row_id = rows.add()
    seen: list[str] = []

    def slow(_: Outgoing) -> SendResult:
        seen.append(rows.state(row_id))
        with parts.store.write() as tx:  # on SQLite only one transaction writes at a time
            settings.put(tx, "written meanwhile", value=True, by="", now=parts.clock.now())
        return sent(1)

    phone.answers.append(slow)
    drain(parts)
    assert seen == ["sending"], "the claim is committed before the provider is asked"
    assert (rows.state(row_id), rows.get(row_id).reason) == ("sent", "")
