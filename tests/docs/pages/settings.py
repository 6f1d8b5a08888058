"""Lists every setting with its default and what it does, from the table of the page of settings."""

from config import list_settings
from config.settings import ChannelSettings, Environment, File, Settings
from gateway.operations.line_settings import STORED
from gateway.operations.refresh import KEPT
from gateway.storage.retention import RULES
from gateway.web.admin.channels import GROUPS, name_setting

_ELSEWHERE = {"env.GATEWAY_CONFIG": "config/gateway.toml", "env.GATEWAY_MENUS_DIR": "menus"}
"""Defaults that are paths of this machine, as they are written."""


def describe_settings() -> str:
    """Return a table for each group of the page."""
    plain = Settings(
        env=Environment(),
        file=File(channels={"line": ChannelSettings(provider="simulator", menu="helpline")}),
    )
    usual = {f"{one.block}.{one.name}": one.value for one in list_settings(plain)} | _ELSEWHERE
    usual |= {f"{KEPT}.{rule.name}": str(rule.days) for rule in RULES if rule.name != "callbacks"}
    lines: list[str] = []
    for group in GROUPS:
        lines += [f"### {group.title}", "", "| setting | without it | what it does |", "|---|---|---|"]
        for key, says in group.says.items():
            name = name_setting(key) if not key.startswith(STORED) else key.removeprefix(f"{STORED}.")
            lines.append(f"| `{name}` | {usual.get(key) or '–'} | {says} |")
        lines.append("")
    return "\n".join(lines)
