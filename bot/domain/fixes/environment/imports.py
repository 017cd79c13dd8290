"""Modules that tests import, and what the project's own words would install for each."""

import ast
import re
import sys
from collections.abc import Iterator
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement

from bot.domain.fixes.patch import Tree, text_of
from bot.domain.fixes.python import parsed

# Of packages whose module has another name.
_MODULES = {
    "yaml": "pyyaml", "attr": "attrs", "dateutil": "python-dateutil", "PIL": "pillow",
    "bs4": "beautifulsoup4", "jwt": "pyjwt", "OpenSSL": "pyopenssl", "socks": "pysocks",
    "xdist": "pytest-xdist",
}  # fmt: skip

# Whose option stops a pytest that does not know it: in a file of its settings, in none of needs.
_PLUGINS = {
    "--cov": "pytest_cov", "--timeout": "pytest_timeout", "--asyncio-mode": "pytest_asyncio",
    "--dist": "xdist", "--numprocesses": "xdist", "-n": "xdist",
    "--reruns": "pytest_rerunfailures", "--benchmark": "pytest_benchmark",
}  # fmt: skip
# What setuptools had, and what old projects and plugins have from it.
HAD = "pkg_resources", "setuptools<81"

# What a runner of tests imports; other files among them may be data.
_RUN = re.compile(r"(?!.*\b(data|fixtures)/)(.*/)?(test_[^/]*|[^/]*_tests?|tests?|conftest)\.py$")
# Of a table or an argument that lists requirements.
_KEPT_IN = re.compile(r"dependenc|requires?$|^deps$")


def imports_of(tree: Tree, project: dict[str, Any]) -> dict[str, str]:
    """By module: the requirement that names it somewhere, in whatever extra, group or file, or that
    an option of pytest's own settings needs. Empty where nothing does; what tests do without where
    it is absent is left out then."""
    modules = [path.removesuffix(".py") for path in tree if path.endswith(".py")]
    own = {part for path in modules for part in path.split("/")} | {"pytest"}  # always installed
    found: dict[str, bool] = {}
    for path in tree:
        module = parsed(text_of(tree[path])) if _RUN.match(path) else None
        for name, needed in _imported(module, needed=True) if module else ():
            if name not in own and name not in sys.stdlib_module_names:
                found[name] = found.get(name, False) or needed
    # What may be had without a word of it: an option names its plugin.
    plugins = {module: _package(module) for module in _of_options(added_options(tree, project))}
    old, had = HAD
    if any(path.endswith(".py") and old.encode() in tree[path].data for path in tree):
        plugins[old] = had
    found |= dict.fromkeys(plugins, True)
    named = dict(_named(tree, project)) if found else {}
    wanted = {name: named.get(_package(name), plugins.get(name, "")) for name in found}
    return {name: said for name, said in sorted(wanted.items()) if said or found[name]}


def added_options(tree: Tree, project: dict[str, Any]) -> str:
    """What pytest's settings add to its command line, as it stands there."""
    texts = "\n".join(text_of(tree.get(path)) for path in ("pytest.ini", "setup.cfg", "tox.ini"))
    told = re.findall(r"^addopts\b(.*(?:\n[ \t]+\S.*)*)", texts, re.MULTILINE)
    options = project.get("tool", {}).get("pytest", {}).get("ini_options", {})
    return " ".join([*told, str(options.get("addopts", ""))])


def _of_options(added: str) -> Iterator[str]:
    for word in re.findall(r"(?<![\w-])--?[a-z][a-z-]*", added):
        yield from (_PLUGINS[each] for each in _PLUGINS if f"{word}-".startswith(f"{each}-"))


def _package(module: str) -> str:
    return _MODULES.get(module, module).lower().replace("_", "-")


def _imported(node: ast.AST, *, needed: bool) -> Iterator[tuple[str, bool]]:
    """Each module, and whether nothing works without it: what is tried or comes later may not."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            yield from ((each.name.partition(".")[0], needed) for each in child.names)
        elif isinstance(child, ast.ImportFrom) and child.module and not child.level:
            yield child.module.partition(".")[0], needed
        elif not isinstance(child, ast.expr):  # which may be nested as deep as anybody likes
            yield from _imported(child, needed=needed and isinstance(child, ast.ClassDef))


def _named(tree: Tree, project: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for text in _requirements(tree, project):
        try:
            requirement = Requirement(text.partition(" #")[0].strip())
        except InvalidRequirement:
            continue
        # in which extra it stands does not matter here
        requirement.marker = None
        yield requirement.name.lower().replace("_", "-"), str(requirement)


def _requirements(tree: Tree, project: dict[str, Any]) -> Iterator[str]:
    yield from re.findall(r"^Requires-Dist: (.*)", text_of(tree.get("PKG-INFO")), re.M)
    for path in sorted(tree):
        if re.search(r"requirements[^/]*(/[\w.-]+)?\.(txt|in|pip)$|^(setup\.cfg|tox\.ini)$", path):
            yield from text_of(tree[path]).splitlines()
    for value in arguments_of_setup(tree, _KEPT_IN):
        yield from _texts_in(value)
    yield from _listed(project, inside=False)


def _texts_in(node: ast.AST) -> Iterator[str]:
    """Texts, but for keys: an extra's name is no package, and a package of that name is another."""
    if isinstance(node, ast.Constant):
        yield from [node.value] if isinstance(node.value, str) else []
    for child in node.values if isinstance(node, ast.Dict) else ast.iter_child_nodes(node):
        yield from _texts_in(child)


def arguments_of_setup(tree: Tree, named: re.Pattern[str]) -> list[ast.expr]:
    """What calls in ``setup.py`` are given by such a name; of a variable what it is set to."""
    module = parsed(text_of(tree.get("setup.py"))) or ast.Module([], [])
    nodes = list(ast.walk(module))
    found = [
        node.value
        for node in nodes
        if isinstance(node, ast.keyword) and named.search(node.arg or "")
    ]
    variables = {ast.unparse(value) for value in found if isinstance(value, ast.Name)}
    assigned = [node for node in nodes if isinstance(node, ast.Assign)]
    return found + [
        node.value for node in assigned if variables & {*map(ast.unparse, node.targets)}
    ]


def _listed(table: dict[str, Any], *, inside: bool) -> Iterator[str]:
    """What stands below a key that says so, in whichever tool's table."""
    for key, value in table.items():
        within = inside or _KEPT_IN.search(key) is not None
        if isinstance(value, dict) and not (inside and "version" in value):
            yield from _listed(value, inside=within)
        elif within and isinstance(value, list):
            yield from (each for each in value if isinstance(each, str))
        elif within:
            yield key.lower()  # poetry's: a name, and what version
