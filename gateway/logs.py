"""Sets up the log of a process, so that each line says when it was written, whoever writes it."""

import logging

LINE = "%(asctime)s %(levelname)s %(name)s %(message)s"


def set_up_log(level: int = logging.INFO) -> None:
    """Write lines of this level and above with their time; a line that nobody set up would come without one."""
    logging.basicConfig(level=level, format=LINE)
