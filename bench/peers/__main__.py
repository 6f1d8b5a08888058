"""Installs the peers, and says which are there: ``python -m bench.peers --prepare``."""

import sys

from bench.peers import find_peers, prepare_peers


def main() -> int:
    """Install where asked, print what is there; return 1 where one is missing."""
    for package, why in (prepare_peers() if "--prepare" in sys.argv else {}).items():
        print(f"{package} could not be installed: {why}")
    found, missing = find_peers("unix:///nowhere", workers=2)
    for server in found:
        print(f"{server.name}: installed")
    for name, why in missing.items():
        print(f"{name}: {why}")
    return int(bool(missing))


if __name__ == "__main__":
    sys.exit(main())
