"""What is written about the code, from the code: ``python tests/documents.py``.

The tables of docs, and .env.example.
"""

from __future__ import annotations

import json
from pathlib import Path

from bot.adapters.agents.rows import ROWS
from bot.adapters.choose_agent import ASKS, VENDORS
from bot.domain.commands.usage import summary, usage
from bot.github.events import HEARD, NOTHING, UNHEARD
from bot.repo_config import RepoConfig
from bot.settings import Settings
from bot.storage.schema import KINDS
from workers.commands.verbs import ROSTER

ROOT = Path(__file__).parents[1]
SCHEMA = "docs/soulcaster.schema.json"


def settings_table() -> str:
    """Every setting with its default."""
    rows = ["| Setting | Default | What it is |", "|---|---|---|"]
    for name, field in Settings.model_fields.items():
        rows.append(f"| `{name.upper()}` | {_default(name)} | {field.description} |")
    return "\n".join(rows)


def _default(name: str) -> str:
    value = Settings.model_fields[name].get_default(call_default_factory=True)
    if hasattr(value, "get_secret_value"):
        value = value.get_secret_value()
    if isinstance(value, tuple):
        value = " ".join(map(str, value))
    return f"`{value}`" if value not in ("", 0, {}, frozenset()) else ""


def environment_example() -> str:
    """Every setting as a commented line."""
    lines = ["# Copy to .env and fill in what you have; nothing is needed to start.", ""]
    for name, field in Settings.model_fields.items():
        value = _default(name).strip("`")
        lines += [f"# {field.description}", f"# {name.upper()}={value}", ""]
    return "\n".join(lines).rstrip() + "\n"


def file_schema() -> str:
    """What ``.github/soulcaster.yml`` may hold, as JSON Schema."""
    return json.dumps(RepoConfig.model_json_schema(), indent=1) + "\n"


def command_table() -> str:
    """Every verb: usage, level, what it does."""
    rows = ["| Command | Level | What it does |", "|---|---|---|"]
    for command in ROSTER:
        written = usage(command).replace("|", "\\|")
        rows.append(f"| `{written}` | {command.level.name} | {summary(command)} |")
    return "\n".join(rows)


def agent_table() -> str:
    """What each agent is, and what switches it on."""
    ours = {
        "mechanic": ("our own search, without a model", "nothing"),
        "command": ("any program of the sandbox", "`SOULCASTER_AGENT_COMMAND`"),
        "loop": ("our own loop around a model", ""),
    }
    rows = [
        "| Agent | What it is | Install | One key of | Sends code to |",
        "|---|---|---|---|---|",
    ]
    for name, vendors in ASKS.items():
        row = ROWS.get(name)
        what, needs = ours.get(name, ("", ""))
        if row:
            what = f"`{row.package.removeprefix('pip ')}` {row.version}"
        keys = ", ".join(f"`{VENDORS[vendor][1]}`" for vendor in vendors) or needs
        receivers = ", ".join(VENDORS[vendor][0] for vendor in vendors) or "nobody"
        install = f"`make agents ARGS={name}`" if row else ""
        rows.append(f"| `{name}` | {what} | {install} | {keys} | {receivers} |")
    return "\n".join(rows)


def key_table() -> str:
    """Every kind of Redis key: what it holds, who owns it, how long it stays, how it comes back."""
    rows = ["| Key | What it holds | Owner | Kept | Rebuilt |", "|---|---|---|---|---|"]
    for kind in KINDS.values():
        told = (kind.holds, f"`{kind.owners[0]}`", f"{kind.kept}", kind.rebuilt)
        cells = [cell.replace("|", "\\|") for cell in (f"`{kind.pattern}`", *told)]
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)


def event_table() -> str:
    """What each of GitHub's events does."""
    rows = ["| Event | Action | What it does |", "|---|---|---|"]
    for event, actions in HEARD.items():
        for names, effect in actions.items():
            said = names.replace(" ", ", ").replace("*", "any other" if len(actions) > 1 else "any")
            rows.append(f"| `{event}` | {said} | {effect} |")
    for why, events in UNHEARD.items():
        names = " ".join(f"`{event}`" for event in events.split())
        rows.append(f"| {names} | any | {NOTHING}{why} |")
    return "\n".join(rows)


def between(text: str, name: str, table: str) -> str:
    """``text`` with the part between two markers replaced."""
    begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
    head, _, rest = text.partition(begin)
    _, _, tail = rest.partition(end)
    return f"{head}{begin}\n{table}\n{end}{tail}"


TABLES = (
    ("docs/commands.md", "commands", command_table),
    ("docs/settings.md", "settings", settings_table),
    ("docs/agents.md", "agents", agent_table),
    ("docs/redis.md", "keys", key_table),
    ("docs/github-events.md", "events", event_table),
)


def main() -> None:
    """Write them all."""
    (ROOT / ".env.example").write_text(environment_example())
    (ROOT / SCHEMA).write_text(file_schema())
    for path, name, table in TABLES:
        document = ROOT / path
        document.write_text(between(document.read_text(), name, table()))


if __name__ == "__main__":
    main()
