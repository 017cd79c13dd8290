"""Paths no patch may use, and paths it may use only where the project says so."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from bot.domain.fixes.patch import Change, Patch, Tree
from bot.domain.fixes.policy.rules import Finding, Rules

# Compared without regard to case: some file systems have none.
_PROTECTED: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (what, re.compile(pattern, re.IGNORECASE))
    for what, pattern in {
        "top-level dot file or folder": r"\..*",
        "agent instructions": (
            r"(.*/)?((AGENTS?|CLAUDE|GEMINI|QWEN|CODEX|COPILOT|SKILL)(\.[\w-]+)?\.md|"
            r"copilot-instructions\.md|\.(cursor|windsurf|cline)(rules)?(/.*)?|\.aider.*|"
            r"\.(claude|gemini|codex|kilocode|roo|continue)(/.*|rules|modes)?)"
        ),
        "code owners": r"(.*/)?CODEOWNERS",
        "git configuration": r"(.*/)?(\.gitattributes|\.gitmodules|\.gitignore|\.mailmap)",
        "CI configuration": (
            r"(.*/)?(Jenkinsfile(\..*)?|azure-pipelines.*\.ya?ml|bitbucket-pipelines\.yml|"
            r"appveyor\.ya?ml|cloudbuild\.ya?ml|codemagic\.yaml|buildspec\.ya?ml|action\.ya?ml|"
            r"codecov\.ya?ml|wercker\.yml|(\.github|\.circleci|\.buildkite|\.gitlab)/.*|"
            r"\.(travis|gitlab-ci|drone|cirrus|appveyor)\.ya?ml|renovate\.json5?)"
        ),
        "lockfile": (
            r"(.*/)?(.*\.lock|.*\.lockb|.*\.lockfile|package-lock\.json|npm-shrinkwrap\.json|"
            r"pnpm-lock\.yaml|packages\.lock\.json|go\.sum|go\.work\.sum|Package\.resolved)"
        ),
        "package manifest": (
            r"(.*/)?(pyproject\.toml|setup\.(py|cfg)|MANIFEST\.in|([\w-]+[-_.])?requirements.*\.(txt|in)|"
            r"requirements/.*|constraints.*\.txt|Pipfile|environment\.ya?ml|package\.json|"
            r"pnpm-workspace\.yaml|deno\.jsonc?|bunfig\.toml|go\.(mod|work)|Cargo\.toml|build\.rs|"
            r"Gemfile|.*\.gemspec|composer\.json|pom\.xml|(build|settings)\.gradle(\.kts)?|"
            r"gradle\.properties|gradle/wrapper/.*|gradlew(\.bat)?|mvnw(\.cmd)?|.*\.(cs|fs|vb)proj|"
            r".*\.sln|mix\.exs|build\.sbt|Package\.swift|pubspec\.yaml|Podfile|"
            r"WORKSPACE(\.bazel)?|MODULE\.bazel|flake\.nix)"
        ),
        "build file": (
            r"(.*/)?((GNU)?Makefile|.*\.mk|justfile|Taskfile\.ya?ml|Rakefile|"
            r"Dockerfile.*|.*\.dockerfile|docker-compose.*\.ya?ml|compose\.ya?ml|Procfile)"
        ),
        "test configuration": (
            r"(.*/)?(pytest\.(ini|toml)|tox\.(ini|toml)|noxfile\.py|nose\.cfg|unittest\.cfg|"
            r"(jest|vitest|vite|karma|playwright|cypress|babel|ava)\.?conf(ig)?\..*|jest\.setup\..*|"
            r"phpunit\.xml(\.dist)?|\.mocharc.*|\.coveragerc|nextest\.toml)"
        ),
        "start-up hook of Python": r"(.*/)?((site|user)customize\.py|.*\.pth|_virtualenv\.py)",
        "key file": r"(.*/)?(id_(rsa|dsa|ecdsa|ed25519).*|.*\.(pem|p12|pfx|jks|keystore|kdbx|key)|"
        r"\.env(\..*)?|\.netrc|\.npmrc|\.pypirc|credentials(\.json)?)",
    }.items()
)

_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
_GIT_FOLDER = re.compile(r"\.git|git~\d", re.IGNORECASE)
MAX_PATH = 400  # bytes


def protected(change: Change, rules: Rules) -> Iterator[Finding]:
    """Paths that decide what runs, who reviews and what agents are told."""
    path = change.path
    if rules.protects(path):
        message = f"{path} is protected by this project"
        yield Finding(rule="protected", path=path, message=message)
    if rules.allows(path):
        return
    for what, pattern in _PROTECTED:
        if pattern.fullmatch(path):
            message = f"{path} is protected ({what}); the project can allow it"
            yield Finding(rule="protected", path=path, message=message)
            return


def unsafe(patch: Patch, tree: Tree) -> Iterator[Finding]:
    """Paths that mean another file on some machine."""
    for change in patch.changes:
        reason = _unsafe(change.path)
        if reason and change.after is not None:
            message = f"the path {change.path!a} {reason}"
            yield Finding(rule="path", path=change.path, message=message)
    yield from _collisions(patch, tree)


def _unsafe(path: str) -> str:
    parts = path.split("/")
    if path.startswith("/") or re.match(r"[A-Za-z]:", path):
        return "is absolute"
    if ".." in parts or "." in parts or "" in parts:
        return "leaves its folder"
    if "\\" in path:
        return "holds a backslash"
    if any(unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp") for char in path):
        return "holds invisible characters"
    if any(_GIT_FOLDER.fullmatch(part.rstrip(". ")) for part in parts):
        return "reaches into .git"
    if any(part != part.strip(" ") or part.endswith(".") for part in parts):
        return "ends in a space or dot"
    if ":" in path or any(_RESERVED.fullmatch(part) for part in parts):
        return "has another meaning on Windows"
    return "is too long" if len(path.encode()) > MAX_PATH else ""


def _folded(path: str) -> str:
    return unicodedata.normalize("NFKC", path).casefold()


def _collisions(patch: Patch, tree: Tree) -> Iterator[Finding]:
    """New paths that some file system can't tell from another, or that are file and folder."""
    deleted = {change.path for change in patch.changes if change.after is None}
    added = [change.path for change in patch.changes if change.before is None]
    there: dict[str, str] = {}
    folders: set[str] = set()
    for path in sorted({*tree, *added} - deleted):
        folded = _folded(path)
        if there.setdefault(folded, path) != path and {path, there[folded]} & set(added):
            message = f"{path} and {there[folded]} are one file where case does not count"
            yield Finding(rule="path", path=path, message=message)
        while "/" in folded:
            folded = folded.rpartition("/")[0]
            folders.add(folded)
    for path in added:
        if _folded(path) in folders:
            message = f"{path} is also the name of a folder"
            yield Finding(rule="path", path=path, message=message)
