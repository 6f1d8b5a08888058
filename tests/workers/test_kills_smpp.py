"""The process of an SMPP link is killed in the three places of the window: nothing is lost, nothing leaves twice."""

from collections import Counter
from pathlib import Path
from typing import cast

import pytest

from tests.support.kills import PLACES, Rig
from tests.support.smpp_centre import Centre

pytestmark = [pytest.mark.kills, pytest.mark.timeout(180), pytest.mark.xdist_group("kills")]

CONFIG = """
[line]
helpline = "+85620555000000"
[channels.smpp]
provider = "smpp"
menu = "helpline"
sms_number = "1444"
rate = 1000
"""


class SmppRig(Rig):
    """The product's worker and links as processes, and a centre that keeps a ledger in this one."""

    channel = "smpp"
    config = CONFIG

    def made_standin(self) -> Centre:  # type: ignore[override]
        return Centre(receipts=False)

    @property
    def centre(self) -> Centre:
        return cast("Centre", self.standin)

    def account(self) -> dict[str, str]:
        self.standin_port = self.centre.port
        return {
            "SMPP_HOST": f"127.0.0.1:{self.centre.port}",
            "SMPP_SYSTEM_ID": "gateway",
            "SMPP_PASSWORD": "secret08",
        }

    def kill_links(self, place: str) -> None:
        """Let a text be on its way, and kill the process that keeps the link."""
        if "links" not in self.processes:
            self.start("links")
            self.centre.wait_bound()
        if place != "after":
            self.centre.hold = place if place == "before" else "after"
        taken, row_id = len(self.centre.took), self.add()
        if place == "before":
            self.wait(lambda: bool(self.centre.held))
        else:
            self.wait(lambda: len(self.centre.took) > taken)
        if place == "after":
            self.wait(lambda: self.state(row_id) == "sent")
        self.kill("links")
        self.centre.release()
        self.wait(lambda: not self.centre.esmes)  # or the next round takes the dead one for the next
        self.wait(lambda: self.state(row_id) in ("sent", "unclear"))
        self.kills[place] += 1

    def texts_twice(self) -> int:
        """How many texts were taken more than once."""
        return sum(n > 1 for n in Counter((each.to, each.text) for each in self.centre.took).values())


def run(folder: Path, kills: int) -> tuple[Counter[str], SmppRig]:
    """Kill so often in each place, then let a living link send what waits."""
    with SmppRig(folder) as rig:
        rig.start("worker")
        for _ in range(kills):
            for place in PLACES:
                rig.kill_links(place)
        waiting = rig.add()
        rig.wait(lambda: rig.state(waiting) == "pending")
        rig.start("links")
        rig.start("clock")
        rig.wait(lambda: rig.state(waiting) == "sent", 60)
        return Counter(rig.state(row_id) for row_id in rig.texts), rig


@pytest.mark.slow
def test_kills_in_each_place_lose_nothing_and_double_nothing(tmp_path: Path) -> None:
    states, rig = run(tmp_path, 1)
    assert states == {"unclear": 2, "sent": 2}, states
    assert (rig.texts_twice(), len(rig.centre.took)) == (0, 3)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_fifty_kills_of_the_link(tmp_path: Path) -> None:
    states, rig = run(tmp_path, 17)
    print(f"\nsmpp: kills {dict(rig.kills)}, rows {dict(states)}, twice {rig.texts_twice()}")
    assert states == {"unclear": 34, "sent": 18}, states
    assert (rig.texts_twice(), len(rig.centre.took)) == (0, 35)
