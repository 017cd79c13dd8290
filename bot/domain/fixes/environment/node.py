"""What a project of Node needs, by the lock that its people keep."""

from __future__ import annotations

import json
import re
from typing import Any

from bot.domain.fixes.environment.needs import Needs
from bot.domain.fixes.patch import Tree, text_of

# The newest that writes each format: https://github.com/pnpm/spec/tree/master/lockfile
_PNPM = {"5": "7", "6": "8", "9": "9"}
# A manager that the sandbox does not have is kept beside what it installs: scripts may name it.
_MANAGER = 'npm install --global --prefix "$VIRTUAL_ENV" {}'

# The first yarn asks the very hosts that its lock names, and there is a way to one alone.
_HOSTS = (
    '{ [ -z "$npm_config_registry" ] || sed -Ei '
    '"s#https?://[^/]+/((@[^/]+/)?[^/]+/-/)#$npm_config_registry\\1#" yarn.lock; }'
)


def package_json(tree: Tree) -> dict[str, Any]:
    """The file; empty where there is none, or none that can be read."""
    try:
        package = json.loads(text_of(tree.get("package.json")) or "{}")
    except ValueError:
        return {}
    return package if isinstance(package, dict) else {}


def node_manager(tree: Tree) -> str:
    """npm, pnpm, yarn, or berry: yarn from version 2 on."""
    if "pnpm-lock.yaml" in tree:
        return "pnpm"
    lock = text_of(tree.get("yarn.lock"))
    return "berry" if "__metadata:" in lock else "yarn" if "yarn.lock" in tree else "npm"


def node_needs(tree: Tree) -> Needs:
    """Nothing where ``package.json`` names nothing. A lock is kept to, whatever is newer."""
    package = package_json(tree)
    if not any(package.get(name) for name in ("dependencies", "devDependencies", "workspaces")):
        return Needs()
    said = re.match(r"(pnpm|yarn)@(\d+\.\d+\.\d+)", str(package.get("packageManager", "")))
    manager = node_manager(tree)
    written = re.search(r"^lockfileVersion: '?(\d+)", text_of(tree.get("pnpm-lock.yaml")), re.M)
    pnpm, frozen = _PNPM.get(written[1] if written else "", "9"), "install --frozen-lockfile"
    lock, version, install = {
        "pnpm": ("pnpm-lock.yaml", pnpm, f"pnpm {frozen}"),
        "yarn": ("yarn.lock", "1", f"{_HOSTS} && yarn {frozen}"),
        "berry": ("yarn.lock", "4", "yarn install --immutable"),
        "npm": ("package-lock.json", "", "npm ci"),
    }[manager]  # fmt: skip
    if lock not in tree:
        return Needs(node="npm install --no-package-lock", why=("package.json",))
    if manager != "npm":
        name = "@yarnpkg/cli-dist" if manager == "berry" else manager
        install = f"{_MANAGER.format(f'{name}@{said[2] if said else version}')} && {install}"
    return Needs(node=install, why=(lock,))
