"""Each line of a log says when it was written."""

import re
import subprocess
import sys

import pytest

SCRIPT = """
import logging
from gateway.operations.refresh import set_up_log
set_up_log({level})
for name in ("gateway.web.shared.front", "gateway.web.webhooks.views", "elsewhere"):
    logging.getLogger(name).error("something failed")
logging.getLogger("gateway").info("by the way")
"""


@pytest.mark.fault("K16")
@pytest.mark.parametrize(("level", "lines"), [("logging.WARNING", 3), ("logging.INFO", 4)])
def test_every_line_bears_its_time_and_who_wrote_it(level: str, lines: int) -> None:
    run = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(level=level)], capture_output=True, text=True, check=True
    )
    written = run.stderr.splitlines()
    assert len(written) == lines
    for line in written:
        assert re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} (ERROR|INFO) [a-z.]+ ", line), line
