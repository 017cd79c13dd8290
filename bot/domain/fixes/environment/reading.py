"""Where a project says what its tests need, asked in the order in which its people keep it true."""

import ast
import configparser
import posixpath
import re
import tomllib
from collections.abc import Collection, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from bot.domain.fixes.environment.absences import absences, wanted
from bot.domain.fixes.environment.imports import arguments_of_setup, imports_of
from bot.domain.fixes.environment.needs import Needs, node_needs, version_of
from bot.domain.fixes.environment.shell_lines import EVERY, read_arguments, read_line
from bot.domain.fixes.environment.workflows import prepared
from bot.domain.fixes.patch import Tree, text_of
from bot.domain.fixes.python import parsed
from bot.domain.fixes.testfiles import is_test_file

_TEST = re.compile(r"(unit[-_]?)?tests?(ing|s)?|test[-_]\w+|pytest|ci", re.I)
_DEV = re.compile(r"dev(elop(ment)?)?", re.I)
_REQUIREMENTS = re.compile(
    r"(requirements[-_./]?)?(?P<for>tests?|testing|dev|development|ci|test[-_]requirements"
    r"|dev[-_]requirements|requirements[-_](tests?|testing|dev|ci))\.(txt|pip|in)"
)
_PACKAGE = ("pyproject.toml", "setup.py", "setup.cfg")
_PIN = re.compile(r"[A-Za-z0-9][\w.-]*==[\w.+!]+")
_RUNS_TESTS = re.compile(r"\b(pytest|py\.test|unittest|tox|nox|make test|hatch test)\b")
# Where a job of a workflow begins: what one that lints or publishes installs is none of the tests'.
_JOB = re.compile(r"^  (?=[\w-]+:\s*$)", re.M)
# By the kind of registry.
_OTHERS = {"go": "go mod download", "crates": "cargo fetch --locked"}
_OF_JAVA = re.compile(r"(?P<module>.*?)src/test/\w+/(?:.*/)?(?P<name>\w+)\.\w+")
_SETUPS = (".github/workflows/copilot-setup-steps.yml", ".devcontainer/devcontainer.json")


def needs_of(
    tree: Tree,
    setup: tuple[str, ...] = (),
    *,
    beside: Tree = MappingProxyType({}),
    fetched: Collection[str] = (),
) -> Needs:
    """What ``tree`` needs; ``setup``, the project's own commands, stand for everything. ``beside``
    are the files of its submodules, ``fetched`` kinds of registries that are reached beside those
    of Python and npm."""
    root = package_root(tree)
    if setup:
        return Needs(root=root, setup=setup, why=(".github/soulcaster.yml",))
    here = below(tree, root)
    project = toml_of(here, "pyproject.toml")
    found = Needs(root=root).merged(
        [
            _of_metadata(here, project),
            *_of_groups(project),
            *_of_tools(project),
            *_of_setup(here),
            *_of_tox(here, project),
            *_of_nox(here),
            *_of_workflows(tree, root),
            *_of_requirements(here),
            *_of_warnings(here),
        ]
    )
    known, optional = _table(project, "dependency-groups"), _extras(project)
    groups = known if EVERY in found.groups else found.groups
    found = found.model_copy(
        update={
            "groups": tuple(name for name in groups if name in known),
            "extras": tuple(optional) if EVERY in found.extras else found.extras,
            "version": version_of(tree, root) if found.project else "",
            "imports": imports_of(here, project),
            **_of_locks(here),
        }
    )
    if not any(path.endswith(".py") for path in here):
        found = Needs(root=root)
    left_out = Needs(left_out=tuple(absences({**beside, **tree}, fetched)))
    others = [
        Needs(others=(_OTHERS.get(kind) or _of_maven(here),), why=(file,))
        for kind, _, file in wanted(here)
        if kind in fetched
    ]
    return found.merged([left_out, node_needs(here), *others, prepared(tree)])


def maven(tree: Tree) -> str:
    """What runs Maven: the project's own wrapper where it has one. Of several modules most have not
    the one test that is asked for, which is no failure."""
    several = "<module>" in text_of(tree.get("pom.xml"))
    lenient = " -Dsurefire.failIfNoSpecifiedTests=false" * several
    return f"{'./mvnw' if 'mvnw' in tree else 'mvn'} -B -q{lenient}"


def _of_maven(tree: Tree) -> str:
    """What runs a test is fetched when one is to be run: so one of each module is, in a copy."""
    tests = {
        found["module"]: found["name"]
        for path in sorted(tree)
        if (found := _OF_JAVA.fullmatch(path))
        and "@Test" in (text := text_of(tree[path]))
        and "abstract class" not in text
    }
    some = ("-Dtest=" + ",".join(sorted(set(tests.values())))) if tests else "-DskipTests"
    run = f"{maven(tree)} test {some} -Dmaven.test.failure.ignore"
    return f'cp -r . "$TMPDIR/copy" && cd "$TMPDIR/copy" && {run}'


def below(tree: Tree, root: str) -> Tree:
    """The files of a folder as seen from there; of none, all."""
    inside = f"{root}/" if root else ""
    return {path.removeprefix(inside): tree[path] for path in tree if path.startswith(inside)}


def package_root(tree: Tree) -> str:
    """The folder of the Python package: the checkout's, or that of the only or most tested one."""
    folders = {posixpath.dirname(path) for path in tree if posixpath.basename(path) in _PACKAGE}
    if "" in folders or not folders:
        return ""
    if any("/" not in path and path.endswith(".py") for path in tree):
        return ""
    tests = {
        folder: sum(path.startswith(f"{folder}/") and is_test_file(path) for path in tree)
        for folder in folders
    }
    return max(sorted(folders), key=lambda folder: (tests[folder], -folder.count("/")))


def toml_of(tree: Tree, path: str) -> dict[str, Any]:
    """A file of tables; empty where there is none that can be read."""
    try:
        return tomllib.loads(text_of(tree.get(path)))
    except tomllib.TOMLDecodeError:
        return {}


def _for_tests(names: Mapping[str, Any] | list[str]) -> tuple[str, ...]:
    """The names that are for tests; where there are none, those for developers."""
    tests = tuple(name for name in names if _TEST.fullmatch(name))
    return tests or tuple(name for name in names if _DEV.fullmatch(name))[:1]


def _of_metadata(tree: Tree, project: dict[str, Any]) -> Needs:
    """The project itself, with its extras."""
    poetry = _table(project, "tool", "poetry")
    itself = "project" in project or "build-system" in project or bool(poetry.get("name"))
    if not itself and "setup.py" not in tree and "[metadata]" not in text_of(tree.get("setup.cfg")):
        return Needs()
    extras = _for_tests(_extras(project))
    where = next(path for path in _PACKAGE[not itself :] if path in tree)
    named = f"{where} ({', '.join(extras)})" if extras else where
    return Needs(project=True, extras=extras, why=(named,))


def _extras(project: dict[str, Any]) -> dict[str, Any]:
    named = _table(project, "project", "optional-dependencies")
    return named | _table(project, "tool", "poetry", "extras")


def _of_groups(project: dict[str, Any]) -> Iterator[Needs]:
    """PEP 735."""
    if groups := _for_tests(_table(project, "dependency-groups")):
        yield Needs(groups=groups, why=(f"pyproject.toml (group {', '.join(groups)})",))


def _of_tools(project: dict[str, Any]) -> Iterator[Needs]:
    """What poetry, pdm, uv and hatch keep in tables of their own."""
    tool = _table(project, "tool")
    poetry = _table(tool, "poetry")
    groups = _table(poetry, "group")
    tables = [_table(groups[name], "dependencies") for name in _for_tests(groups)]
    tables.append(_table(poetry, "dev-dependencies"))
    packages = [_of_poetry(name, wanted) for table in tables for name, wanted in table.items()]
    pdm = _table(tool, "pdm", "dev-dependencies")
    listed = [pdm[name] for name in _for_tests(pdm)] + [_table(tool, "uv").get("dev-dependencies")]
    environments = _table(tool, "hatch", "envs")
    chosen = [environments[name] for name in ("default", *_for_tests(environments), "hatch-test")
              if isinstance(environments.get(name), dict)]  # fmt: skip
    for each in chosen:
        listed += [each.get("dependencies"), each.get("extra-dependencies")]
    packages += [item for each in listed if isinstance(each, list) for item in each
                 if isinstance(item, str) and "{" not in item]  # fmt: skip
    features = tuple(name for each in chosen for name in each.get("features", ()))
    if packages or features:
        why = next((name for name in ("poetry", "pdm", "hatch", "uv") if name in tool), "pyproject")
        yield Needs(packages=tuple(packages), extras=features, why=(f"pyproject.toml ({why})",))


def _of_poetry(name: str, wanted: object) -> str:
    """A caret or tilde is kept as its lower end: what resolved then may be too old by now."""
    text = wanted.get("version", "*") if isinstance(wanted, dict) else wanted
    if not isinstance(text, str) or text == "*":
        return name
    bound = re.match(r"[\^~]?(\d[\w.]*)$", text.strip())
    return f"{name}>={bound[1]}" if bound else f"{name}{text}" if text[:1] in "<>=!~" else name


def _of_setup(tree: Tree) -> Iterator[Needs]:
    """The extras that setuptools knows, by their names: what installs them works them out."""
    config = _ini(text_of(tree.get("setup.cfg")))
    names = dict(config["options.extras_require"]) if "options.extras_require" in config else {}
    called = arguments_of_setup(tree, re.compile("^extras_require$"))
    keys = [key for each in called if isinstance(each, ast.Dict) for key in each.keys]
    texts = [str(key.value) for key in keys if isinstance(key, ast.Constant)]
    for path, found in (("setup.cfg", list(names)), ("setup.py", texts)):
        if extras := _for_tests(found):
            yield Needs(extras=extras, why=(f"{path} ({', '.join(extras)})",))


def _of_tox(tree: Tree, project: dict[str, Any]) -> Iterator[Needs]:
    tool = _table(project, "tool", "tox")
    legacy = tool.get("legacy_tox_ini")
    for where, text in (("tox.ini", text_of(tree.get("tox.ini"))), ("pyproject.toml", legacy)):
        config = _ini(text if isinstance(text, str) else "")
        for name in config.sections():
            if re.fullmatch(r"testenv(:py(3|311)(-.*)?)?", name):
                section = config[name]
                for line in _of_factors(section.get("deps", "")):
                    yield read_arguments(line, tree, "", where)
                extras, groups = (
                    _list(" ".join(_of_factors(section.get(key, ""))))
                    for key in ("extras", "dependency_groups")
                )
                yield Needs(extras=extras, groups=groups)
    base = _table(tool, "env_run_base")
    yield Needs(
        extras=tuple(base.get("extras", ())), groups=tuple(base.get("dependency_groups", ()))
    )
    for line in base.get("deps", ()):
        if isinstance(line, str):
            yield read_arguments(line, tree, "", "pyproject.toml [tool.tox]")


def _of_factors(text: str) -> Iterator[str]:
    """The lines that count in an environment of Python 3 or 3.11 that runs tests."""
    for line in text.splitlines():
        factors, colon, rest = line.strip().rpartition(": ")
        if not colon or re.search(r"\bpy(3|311)?\b|\b(tests?|unit)\b", factors):
            yield rest


def _of_nox(tree: Tree) -> Iterator[Needs]:
    """The calls of ``session.install`` in the sessions that test."""
    module = parsed(text_of(tree.get("noxfile.py")))
    for function in ast.walk(module) if module else ():
        if isinstance(function, ast.FunctionDef) and _TEST.fullmatch(function.name):
            for call in ast.walk(function):
                if isinstance(call, ast.Call) and ast.unparse(call.func) == "session.install":
                    words = [each.value for each in call.args if isinstance(each, ast.Constant)]
                    yield read_arguments(" ".join(map(str, words)), tree, "", "noxfile.py")


def _of_workflows(tree: Tree, root: str) -> Iterator[Needs]:
    """Set-ups for agents first, then the CI files that run tests."""
    workflows = [path for path in sorted(tree) if re.match(r"\.github/workflows/.*\.ya?ml", path)]
    for path in dict.fromkeys((*_SETUPS, *workflows)):
        for job in _JOB.split(text_of(tree.get(path))):
            if path in _SETUPS or _RUNS_TESTS.search(job):
                for line in job.replace("\\\n", " ").splitlines():
                    yield read_line(line, tree, root, path)


def _of_requirements(tree: Tree) -> Iterator[Needs]:
    """Files of requirements by their names; those of the program itself where nothing else is."""
    named = [path for path in sorted(tree) if _REQUIREMENTS.fullmatch(path)]
    # an .in beside its .txt is what that was made from
    named = [path for path in named if path[:-3] + ".txt" not in named or path.endswith(".txt")]
    for_tests = [path for path in named if "dev" not in path] or named
    if "requirements.txt" in tree:
        for_tests.insert(0, "requirements.txt")
    if for_tests:
        yield Needs(files=tuple(for_tests), why=(", ".join(for_tests),))
    pipfile = toml_of(tree, "Pipfile")
    tables = [_table(pipfile, name) for name in ("packages", "dev-packages")]
    if packages := [_of_poetry(name, wanted) for table in tables for name, wanted in table.items()]:
        yield Needs(packages=tuple(packages), why=("Pipfile",))


def _of_warnings(tree: Tree) -> Iterator[Needs]:
    """A filter of the warning of what pytest 8 removes: that one does not know it any more."""
    for path in ("pytest.ini", "pyproject.toml", "tox.ini", "setup.cfg"):
        for major in re.findall(r"\bPytestRemovedIn(\d+)Warning\b", text_of(tree.get(path))):
            yield Needs(packages=(f"pytest<{major}",), why=(path,))


def _of_locks(tree: Tree) -> dict[str, Any]:
    """The lock that counts. uv's knows a version for each platform: uv itself picks from it."""
    if "uv.lock" in tree:
        return {"lock": "uv.lock"}
    for path in ("poetry.lock", "pdm.lock"):
        packages = toml_of(tree, path).get("package", [])
        pins = [
            f"{each['name']}=={each['version']}"
            for each in packages
            if isinstance(each, dict) and {"name", "version"} <= each.keys()
        ]
        if pins := [pin for pin in pins if _PIN.fullmatch(pin)]:
            return {"lock": path, "pins": tuple(pins)}
    return {}


def _table(table: Mapping[str, Any], *path: str) -> dict[str, Any]:
    """A table within tables; empty where there is none."""
    found: Any = table
    for name in path:
        found = found.get(name) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else {}


def _ini(text: str) -> configparser.ConfigParser:
    config = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        config.read_string(text)
    except configparser.Error:
        return configparser.ConfigParser()
    return config


def _list(text: str) -> tuple[str, ...]:
    return tuple(part for part in re.split(r"[\s,]+", text) if re.fullmatch(r"[\w.-]+", part))
