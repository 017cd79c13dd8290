"""The coding agents that teams use already: a row each, and what is particular to each. A row says
what is installed, which wires it speaks by vendor, how it is started, and how its lines are read.
None asks anybody, fetches from the web, updates itself or is led to another model by settings of
the checkout. Programs that those start, such as opencode's plugins, run as everything does: as a
user of the sandbox, which is the wall."""

import json
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from bot.adapters.agents.lines import Line, Read, field, plain, tool
from bot.domain.ports import RepairTask

PROMPT = (
    '"Repair this checkout. $SOULCASTER_TASK says what to reach, and what was reported. '
    'Read it first."'
)


@dataclass(frozen=True, slots=True)
class Way:
    """How an agent finds its model: the gateway's URL in the sandbox, and its token there."""

    url: str
    token: str
    model: str
    vendor: str
    task: RepairTask


@dataclass(frozen=True, slots=True)
class Row:
    """``wires`` are those it speaks, by vendor, the one it takes first in front. ``start`` gives
    what its environment has besides ``SOULCASTER_TOKEN`` and ``SOULCASTER_TASK``, and its shell
    command."""

    name: str
    package: str
    version: str
    wires: Mapping[str, str]
    start: Callable[[Way], tuple[Mapping[str, str], str]]
    read: Read

    def install(self, folder: str) -> str:
        """The shell command that installs it so that ``folder/bin`` has it."""
        at = shlex.quote(folder)
        if self.package.startswith("pip "):
            wanted = f"{self.package.removeprefix('pip ')}=={self.version}"
            return f"python3 -m venv {at} && {at}/bin/pip install -q {wanted}"
        return f"npm install -g --prefix {at} {self.package}@{self.version}"


# Bun reserves a gigabyte of addresses for code and one for its heap. Within a sandbox's limit for
# data it gets the second alone, and runs without its compiler, at a third of its pace.
_BUN = {"BUN_JSC_jitMemoryReservationSize": "134217728", "MIMALLOC_ARENA_RESERVE": "64M"}


def _claude(way: Way) -> tuple[Mapping[str, str], str]:
    """https://code.claude.com/docs/en/env-vars, ``--bare`` of https://code.claude.com/docs/en/cli"""
    names = ("ANTHROPIC_DEFAULT_HAIKU_MODEL", "CLAUDE_CODE_SUBAGENT_MODEL")
    return {
        "ANTHROPIC_BASE_URL": way.url,
        "ANTHROPIC_API_KEY": way.token,
        **dict.fromkeys(names, way.model),
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
        "CLAUDE_CODE_MAX_RETRIES": "4",
        "IS_SANDBOX": "1",
        **_BUN,
    }, (
        "claude -p --bare --output-format stream-json --verbose --dangerously-skip-permissions "
        "--no-session-persistence --strict-mcp-config --setting-sources user "
        f"--model {shlex.quote(way.model)} {PROMPT}"
    )


def _read_claude(line: str) -> Line:
    match field(line, "type"):
        case "assistant" if '"type":"tool_use"' in line:
            return tool(line, field(line, "name", after='"type":"tool_use"'), after='"input":')
        case "assistant":
            return Line(field(line, "text", after='"type":"text"'), "answer")
        case "result":
            wrong = '"is_error":true' in line
            return Line(field(line, "result"), "error" if wrong else "answer")
        case _:
            return Line(line, "noise")


def _codex(way: Way) -> tuple[Mapping[str, str], str]:
    """https://developers.openai.com/codex/config-reference"""
    provider = (
        f'{{name="Soulcaster",base_url="{way.url}/v1",env_key="SOULCASTER_TOKEN",'
        'wire_api="responses",request_max_retries=2,stream_max_retries=2}'
    )
    settings = {
        "model_provider": "soulcaster",
        "model_providers.soulcaster": provider,
        "web_search": "disabled",
        "features.multi_agent": "false",
        "analytics.enabled": "false",
        "project_doc_max_bytes": "0",
    }
    given = " ".join(f"-c {shlex.quote(f'{name}={value}')}" for name, value in settings.items())
    return {}, (
        "codex exec --json --skip-git-repo-check --ephemeral "
        f"--dangerously-bypass-approvals-and-sandbox {given} -m {shlex.quote(way.model)} {PROMPT}"
    )


def _read_codex(line: str) -> Line:
    match field(line, "type"), field(line, "type", after='"item":'):
        case "item.started", "command_execution":
            return Line(f"shell: {field(line, 'command')}")
        case "item.completed", "agent_message":
            return Line(field(line, "text"), "answer")
        case (("error" | "turn.failed"), _):
            return Line(field(line, "message"), "error")
        case _:
            return Line(line, "noise")


def _gemini(way: Way) -> tuple[Mapping[str, str], str]:
    """https://geminicli.com/docs/reference/configuration"""
    settings = {
        "security": {"auth": {"selectedType": "gemini-api-key"}},
        "privacy": {"usageStatisticsEnabled": False},
        "general": {"enableAutoUpdate": False, "maxAttempts": 3},
        "tools": {"exclude": ["web_fetch", "google_web_search"]},
    }
    return {
        "GOOGLE_GEMINI_BASE_URL": way.url,
        "GEMINI_API_KEY": way.token,
        "GEMINI_CLI_NO_RELAUNCH": "true",
        "SOULCASTER_SETTINGS": json.dumps(settings),
    }, (
        'mkdir -p ~/.gemini; printf %s "$SOULCASTER_SETTINGS" > ~/.gemini/settings.json; '
        "gemini --yolo --skip-trust --allowed-mcp-server-names none --output-format stream-json "
        f"-m {shlex.quote(way.model)} "
        f"-p {PROMPT}"
    )


def _read_gemini(line: str) -> Line:
    match field(line, "type"):
        case "tool_use":
            return tool(line, field(line, "tool_name"), after='"parameters":')
        case "message" if field(line, "role") == "assistant":
            return Line(field(line, "content"), "answer")
        case "error":
            return Line(field(line, "message"), "error")
        case "result" if '"status":"error"' in line:
            return Line(field(line, "message"), "error")
        case _:
            return Line(line, "noise")


# https://opencode.ai/docs/config and https://app.kilo.ai/config.json: Kilo is made from opencode.
_SDK = {
    "anthropic": ("@ai-sdk/anthropic", "v1"),
    "openai": ("@ai-sdk/openai", "v1"),
    "gemini": ("@ai-sdk/google", "v1beta"),
}
_QUIET = (
    *("DISABLE_MODELS_FETCH", "DISABLE_AUTOUPDATE", "DISABLE_SHARE", "DISABLE_LSP_DOWNLOAD"),
    *("DISABLE_SESSION_INGEST", "DISABLE_DEFAULT_PLUGINS", "DISABLE_PROJECT_CONFIG"),
    *("DISABLE_EXTERNAL_SKILLS", "DISABLE_CLAUDE_CODE", "PURE"),
)


def _opencode(way: Way, *, name: str = "opencode") -> tuple[Mapping[str, str], str]:
    sdk, version = _SDK[way.vendor]
    model = f"soulcaster/{way.model}"
    limit = {"context": 200_000, "output": 32_000}
    provider = {
        "npm": sdk,
        "name": "Soulcaster",
        "options": {"baseURL": f"{way.url}/{version}", "apiKey": "{env:SOULCASTER_TOKEN}"},
        "models": {way.model: {"name": way.model, "tool_call": True, "limit": limit}},
    }
    settings = {
        "model": model,
        "small_model": model,
        "enabled_providers": ["soulcaster"],
        "provider": {"soulcaster": provider},
        "autoupdate": False,
        "share": "disabled",
        "permission": {"webfetch": "deny", "websearch": "deny"},
    }
    brand = name.upper()
    return {
        **dict.fromkeys((f"{brand}_{one}" for one in _QUIET), "1"),
        f"{brand}_TELEMETRY_LEVEL": "off",
        **_BUN,
        f"{brand}_CONFIG_CONTENT": json.dumps(settings),
    }, f"{name} run --auto --format json --title fix -m {shlex.quote(model)} {PROMPT}"


def _read_opencode(line: str) -> Line:
    match field(line, "type"):
        case "tool_use":
            return tool(line, field(line, "tool"), after='"input"')
        case "text":
            return Line(field(line, "text", after='"type":"text","'), "answer")
        case "error":
            return Line(field(line, "message") or field(line, "name"), "error")
        case _:
            return Line(line, "noise")


_AIDER = (
    *("--yes-always", "--no-git", "--no-check-update", "--no-analytics", "--no-gitignore"),
    *("--no-show-model-warnings", "--no-show-release-notes", "--no-pretty", "--no-stream"),
    *("--no-fancy-input", "--no-suggest-shell-commands", "--no-detect-urls"),
)


def _aider(way: Way) -> tuple[Mapping[str, str], str]:
    """https://aider.chat/docs/config/options.html. It edits the files that it is given. It starts
    elsewhere, since it obeys four files of the folder that it starts in."""
    names = {"anthropic": ("ANTHROPIC", way.url), "openai": ("OPENAI", f"{way.url}/v1")}
    brand, base = names[way.vendor]
    model = f"{way.vendor}/{way.model}"
    task = way.task
    given = [*_AIDER, "--model", model, "--weak-model", model]
    if task.failing:
        test = " && ".join(('cd "$CHECKOUT"', *task.failing))
        given += ["--auto-test", "--test-cmd", test]
    environment = {
        f"{brand}_API_KEY": way.token,
        f"{brand}_API_BASE": base,
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    }
    files = [f'--read "$CHECKOUT"/{shlex.quote(path)}' for path in task.test_files]
    files += [f'"$CHECKOUT"/{shlex.quote(path)}' for path in task.suspects]
    return environment, (
        'export CHECKOUT="$PWD"; cd ~; aider --message-file "$SOULCASTER_TASK" '
        f"{shlex.join(given)} {' '.join(files)}"
    )


_CLAUDE, _GPT = {"anthropic": "anthropic"}, {"openai": "responses"}
_ANY = {**_CLAUDE, **_GPT, "gemini": "gemini"}
_ROWS = (
    Row("claude", "@anthropic-ai/claude-code", "2.1.197", _CLAUDE, _claude, _read_claude),
    Row("codex", "@openai/codex", "0.171.0", _GPT, _codex, _read_codex),
    Row("gemini", "@google/gemini-cli", "0.61.0", {"gemini": "gemini"}, _gemini, _read_gemini),
    Row("aider", "pip aider-chat", "0.86.2", {**_CLAUDE, "openai": "chat"}, _aider, plain),
    Row("opencode", "opencode-ai", "1.18.33", _ANY, _opencode, _read_opencode),
    Row("kilo", "@kilocode/cli", "7.7.7", _ANY, partial(_opencode, name="kilo"), _read_opencode),
)
ROWS: Mapping[str, Row] = {row.name: row for row in _ROWS}
