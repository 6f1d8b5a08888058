"""The units of systemd: each is shut into as small a room as it works in, and the web part needs no database to start."""

from collections import defaultdict
from pathlib import Path

import pytest

from tests.support.running import REPOSITORY

UNITS = sorted((REPOSITORY / "config" / "systemd").glob("*.service"))
SANDBOX = {
    "NoNewPrivileges": "yes",
    "CapabilityBoundingSet": "",
    "PrivateTmp": "yes",
    "PrivateDevices": "yes",
    "PrivateUsers": "yes",
    "ProtectSystem": "strict",
    "ProtectHome": "yes",
    "ProtectProc": "invisible",
    "ProtectClock": "yes",
    "ProtectControlGroups": "yes",
    "ProtectKernelLogs": "yes",
    "ProtectKernelModules": "yes",
    "ProtectKernelTunables": "yes",
    "RestrictAddressFamilies": "AF_UNIX AF_INET AF_INET6",
    "RestrictNamespaces": "yes",
    "RestrictSUIDSGID": "yes",
    "LockPersonality": "yes",
    "MemoryDenyWriteExecute": "yes",
    "SystemCallArchitectures": "native",
    "UMask": "0077",
    "ReadWritePaths": "/var/lib/helpline",
}


def said_in(unit: Path) -> dict[str, list[str]]:
    found: defaultdict[str, list[str]] = defaultdict(list)
    for line in unit.read_text().splitlines():
        name, equals, value = line.partition("=")
        if equals and not line.startswith("#"):
            found[name].append(value)
    return dict(found)


def test_there_is_one_a_process() -> None:
    assert [unit.stem for unit in UNITS] == [
        "helpline-clock",
        "helpline-links",
        "helpline-web",
        "helpline-worker",
        "helpline",
    ]


@pytest.mark.fault("S2")
@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_a_unit_may_do_what_it_needs_and_no_more(unit: Path) -> None:
    said = said_in(unit)
    assert {name: said.get(name, ["not said"])[-1] for name in SANDBOX} == SANDBOX
    assert said["SystemCallFilter"] == ["@system-service", "~@privileged"]
    assert said["User"] == ["helpline"]


@pytest.mark.fault("K5")
def test_no_unit_waits_for_the_tables() -> None:
    for unit in UNITS:
        for before in said_in(unit).get("ExecStartPre", []):
            assert before.startswith("-"), f"{unit.name}: a failure of {before} would keep it from starting"
        assert not {"Requires", "BindsTo", "Requisite"} & set(said_in(unit))
