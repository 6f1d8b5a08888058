"""While a provider is asked no transaction is open: whoever writes meanwhile does not wait for it."""

from gateway.channels.contract import SendResult
from gateway.delivery.send import drain_outbox
from gateway.domain.events import Outgoing
from gateway.foundation.services import Services
from gateway.storage import settings
from tests.support.outbox_rig import Phone, Rows, sent


def test_others_write_while_the_provider_takes_its_time(parts: Services, rows: Rows, phone: Phone) -> None:
    row_id = rows.add()
    seen: list[str] = []

    def slow(_: Outgoing) -> SendResult:
        seen.append(rows.state(row_id))
        with parts.store.write() as tx:  # on SQLite only one transaction writes at a time
            settings.save_setting(tx, "written meanwhile", value=True, by="", now=parts.clock.now())
        return sent(1)

    phone.answers.append(slow)
    drain_outbox(parts)
    assert seen == ["sending"], "the claim is committed before the provider is asked"
    assert (rows.state(row_id), rows.get(row_id).reason) == ("sent", "")
