"""The kill rig with a phone for a line: it takes our id, so no row may stay unclear, none be lost and none leave twice.

``python -m tests.support.kills_phone --kills 20`` kills so many times in each place.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from tests.support.kills import Rig, run
from tests.support.standin import Standin
from tests.support.standin_phone import KEY, NAME, PASSWORD, StandinPhone


class PhoneRig(Rig):
    """The same processes; what they send goes to a phone."""

    channel = "android"
    config = """
[line]
helpline = "+85620555000000"
mrc = "+85620555000001"
[channels.android]
provider = "android"
rate = 1000
"""

    def made_standin(self) -> Standin:
        """The phone."""
        return StandinPhone(ledger=self.folder / "ledger")

    def account(self) -> dict[str, str]:
        """How it is reached."""
        return {
            "ANDROID_API_URL": self.standin.url,
            "ANDROID_USERNAME": NAME,
            "ANDROID_PASSWORD": PASSWORD,
            "ANDROID_SIGNING_KEY": KEY,
        }


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=20, help="in each place")
    parser.add_argument("--clock-kills", type=int, default=5, help="in each place")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="gw-phone-kills-") as folder:
        tally, rig = run(
            Path(folder), kills=asked.kills, clock_kills=asked.clock_kills, wipes=10, rig_of=PhoneRig
        )
    print(", ".join(f"{place}: {n}" for place, n in sorted(rig.kills.items())))
    print(tally)
    return int(bool(tally.unclear or tally.lost or tally.twice))


if __name__ == "__main__":
    sys.exit(main())
