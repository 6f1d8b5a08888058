"""The real Kannel between the house and an operator: Lao both ways, long texts, receipts, a callback."""

from pathlib import Path

import pytest

from gateway.delivery.results import list_rows
from gateway.delivery.send import drain_outbox
from gateway.menus.engine.text_size import measure_text, split_parts
from gateway.storage.database import Store
from tests.support.clocks import SetClock
from tests.support.house import publish, requests
from tests.support.kannel_rig import kannel_line, until

HER = "+8562055512345"


@pytest.mark.xdist_group("kannel")
def test_a_conversation_in_lao_and_a_callback_through_kannel_with_what_became_of_each_text(
    sqlite_store: Store, clock: SetClock, tmp_path: Path
) -> None:
    with kannel_line(sqlite_store, clock, tmp_path) as rig:
        publish(rig.parts)
        for n, words in enumerate(("ຄ່າແຮງ", "1", "ໂທຫາຂ້ອຍ", "2 3"), start=1):
            rig.text(HER, words)
            until(lambda n=n: drain_outbox(rig.parts) >= 0 and len(rig.received()) >= n)  # type: ignore[misc]
            clock.forward(seconds=20)
        said = rig.received()

        (asked,) = requests(rig.parts, HER)
        assert asked.code in said[-1]
        assert (asked.channel, asked.language) == ("kannel", "lo")
        lao = [len(split_parts(text)) for text in said if measure_text(text).coding == "ucs2"]
        assert max(lao) > 1, "one answer is long"
        until(
            lambda: (
                {row["delivery"] for row in list_rows(rig.parts) if row["kind"] == "answer"} == {"delivered"}
            )
        )
        rows = [row for row in list_rows(rig.parts) if row["kind"] == "answer"]
        assert len(rows) == len(said) == 4
        print(
            f"\nkannel: {len(said)} answers, parts of the Lao ones {lao}, deliveries {[r['delivery'] for r in rows]}"
        )
