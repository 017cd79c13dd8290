"""What CI sets and makes before its tests; it is read here, and run nowhere but in a build."""

import re
import shlex
from collections.abc import Iterator
from typing import Any

import yaml

from bot.domain.errors import ConfigError
from bot.domain.fixes.environment.needs import Needs
from bot.domain.fixes.patch import Tree, text_of
from bot.domain.text.bounded_yaml import bounded

_TESTS = re.compile(
    r"\b(pytest|py\.test|unittest|tox|nox|make (ci|check|tests?)|scripts?/(test|coverage)"
    r"|setup\.py test|(npm|yarn|pnpm)( run)? test|(go|cargo|mvn|hatch|pdm|poetry run) test)\b"
)
_INSTALLS = re.compile(
    r"\b(pip3?|uv|poetry|pdm|pipenv|npm|yarn|pnpm|conda|apt(-get)?|brew|git)\s+(-\S+\s+|pip\s+){0,9}"
    r"(install|sync|ci|add|update|upgrade|lock|venv|config|cache|uninstall|fetch|list|check)\b"
    r"|^yarn$|\bvenv\b|activate$|^scripts?/\S*install"
)
# What looks, says or publishes, and leaves the tests nothing.
_IDLE = re.compile(
    r"\s(-V+|--version)$|-m build\b|\b(lint|format|check|typecheck|mypy|ruff|black|flake8|docs?"
    r"|pre-commit|twine|codecov|coverage|sdist|bdist\w*|publish|deploy|audit)\b"
)
_MAKES = re.compile(
    r"(python3?|make|cmake|ninja|meson|cython|cythonize|protoc|pybabel|msgfmt|(ba)?sh|mkdir|cp|mv|ln"
    r"|touch|go generate|cargo build|(npm|pnpm|yarn) (run )?[\w:-]+)(\s|$)|[\w-]+/|\./"
)
# What changes the checkout or the machine, and is not repeated.
_CHANGES = re.compile(r"(tar|unzip|rm|sed|patch|curl|wget|docker|psql|mysql|createdb|chmod)\s")
_ONLY_CI = re.compile(
    r"(?m)\$\{\{|\$\{?(GITHUB|RUNNER)_|\bsudo\b|<<|^\s*(if|for|while|case)\b|[\0-\x08\x0b-\x1f]|.{500}"
)
_LINUX = re.compile(r"(?i)os\s*(==\s*'(linux|ubuntu)|!=\s*'(win|mac))|'ubuntu[\w.-]*'\)|success\(")
# Of ours: where things lie and come from, and what colours or steers the output that we read.
_OURS = re.compile(
    r"(?i)(HOME|SHELL|ENV|TERM|COLUMNS|CI|PY(THON|TEST_ADDOPTS).*|.*(PATH|COLOR|PROXY|TOKEN|CACHE).*"
    r"|(BASH|PIP|UV|NPM|NODE|LD|GIT|GITHUB|VIRTUAL|SOULCASTER|TOX|COVERAGE|CARGO|GO)_?.*)"
)


def prepared(tree: Tree) -> Needs:
    """Of the first job of each workflow that runs tests; what only CI can do is named."""
    paths = [path for path in sorted(tree) if re.fullmatch(r"\.github/workflows/.*\.ya?ml", path)]
    return Needs().merged(each for path in paths for each in _of_file(tree, path))


def _of_file(tree: Tree, path: str) -> Iterator[Needs]:
    text = text_of(tree[path])
    if not _TESTS.search(text):
        return
    try:
        bounded(text, path, aliases=True)
        whole = _table(yaml.load(text, Loader=yaml.CSafeLoader))
    except (ConfigError, yaml.YAMLError, ValueError):
        yield Needs(left_out=(f"steps and variables of {path}, which can't be read",))
        return
    for job in map(_table, _table(whole.get("jobs")).values()):
        steps = list(map(_table, s)) if isinstance(s := job.get("steps"), list) else []
        at = next((n for n, step in enumerate(steps) if _before_tests(step)[1]), None)
        if at is None or re.match(r"windows|macos", _text(job.get("runs-on")), re.I):
            continue
        services = list(_table(job.get("services")))
        hosts = ("${{", *services, *["localhost"] * bool(services))
        testing = [_text(step.get("run")) for step in steps if _before_tests(step)[1]]
        both = _set(whole) | _set(job) | _set(steps[at]) | _set(_exported(tree, testing))
        given = {k: v for k, v in both.items() if f"env.{k}" not in text}  # CI's own
        unknown = [k for k, v in given.items() if any(host in v for host in hosts)]
        yield Needs(variables={k: v for k, v in given.items() if k not in unknown})
        yield _named("services that CI starts", services, path)
        yield _named("variables that only CI knows", unknown, path)
        yield from (_of_step(step, path) for step in steps[: at + 1])
        return


def _of_step(step: dict[str, Any], path: str) -> Needs:
    lines, folder = _before_tests(step)[0], _text(step.get("working-directory"))
    if not any(map(_MAKES.match, lines)):
        changing = [line for line in lines if _CHANGES.match(line)][:1]
        return _named("a step of CI", [_text(step.get("name")) or each for each in changing], path)
    whole = [f"cd {shlex.quote(folder)}"] * bool(folder)
    whole += [f"export {name}={shlex.quote(value)}" for name, value in _set(step).items()]
    whole += [line for line in lines if _MAKES.match(line) or re.match("(cd|export) ", line)]
    command = " && ".join(whole)
    runs = "if" not in step or _LINUX.search(_text(step["if"]))
    cut = command.count("'") % 2 or command.count('"') % 2
    if not runs or cut or _ONLY_CI.search(f"{command}\n{_text(step.get('run'))}"):
        return _named("a step of CI", [(_text(step.get("name")) or lines[0])[:80]], path)
    return Needs(prepare=(command,), why=(path,))


def _named(what: str, names: list[str], path: str) -> Needs:
    shown = "".join(filter(str.isprintable, ", ".join(names)))[:200]
    return Needs(left_out=(f"{what} ({path}): {shown}",) * bool(names))


def _before_tests(step: dict[str, Any]) -> tuple[list[str], bool]:
    """The lines of a step that may make something, up to the tests, and whether it runs those."""
    kept: list[str] = []
    for raw in _text(step.get("run")).replace("\\\n", " ").splitlines():
        line = re.sub(r"^(uv|poetry|pdm|hatch) run (?=\w)|\s#\s.*", "", raw.strip()[:500]).rstrip(
            "&; "
        )
        if _INSTALLS.search(line):
            continue
        if _TESTS.search(raw[:500]) and ("test" in line or not _IDLE.search(line)):
            return kept, True
        kept += [line] * (not _IDLE.search(line))
    return kept, False


def _set(level: dict[str, Any]) -> dict[str, str]:
    """The variables that it sets, without those that are ours to set."""
    named = {name: _text(value) for name, value in _table(level.get("env")).items()}
    kept = [k for k in named if k.isidentifier() and k.isascii() and not _OURS.fullmatch(k)]
    return {k: named[k] for k in kept if len(named[k]) < 500 and named[k].isprintable()}


def _exported(tree: Tree, runs: list[str]) -> dict[str, Any]:
    """What the scripts of the checkout that are run set, as a step would."""
    words = {word.removeprefix("./") for run in runs for word in run.split()}
    texts = [text_of(tree[path]) for path in sorted(words & tree.keys())]
    return {"env": dict(re.findall(r"(?m)^export (\w+)=([\w./-]+)$", "\n".join(texts)))}


def _text(value: object) -> str:
    """As CI would read it; lists and tables, which may be of themselves, are none."""
    text = str(value) if isinstance(value, str | int | float) else ""
    return text.lower() if isinstance(value, bool) else text


def _table(found: object) -> dict[str, Any]:
    return {str(key): value for key, value in found.items()} if isinstance(found, dict) else {}
