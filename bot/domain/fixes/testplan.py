"""How a repository's tests are run: what its config says, else what it shows."""

import posixpath
import re
import shlex
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Literal

from bot.domain.fixes.environment import below, node_manager, package_json, package_root, toml_of
from bot.domain.fixes.environment.imports import added_options
from bot.domain.fixes.environment.reading import maven
from bot.domain.fixes.environment.workflows import prepared
from bot.domain.fixes.patch import Tree, text_of
from bot.domain.fixes.testfiles import is_test_file
from bot.domain.models import Record

Style = Literal["pytest", "unittest", "other"]
PYTEST = "python -m pytest --tb=short -p no:randomly"
SAY_HOW = "say how they run: fix.tests.command in .github/soulcaster.yml"
# Where a suite leaves what it did: among our own files.
REPORT, EXAMPLES = ".soulcaster/suite.xml", ".soulcaster/examples.xml"
EVENTS = ".soulcaster/suite.json"
# What runs a suite of unittest and reports on it.
UNITTESTS = ".soulcaster/unittests.py"
_SUITE = f"{PYTEST} -ra --continue-on-collection-errors --junitxml={REPORT}"
_PYTEST = re.compile(r"\b(pytest|py\.test)\b")
_NO_TEST = "no test specified"  # what `npm init` writes
# Calls to try, and the program that tries them.
TRYING, CALLS = ".soulcaster/calls.pyz", ".soulcaster/calls.json"


class TestPlan(Record):
    """Commands are for a shell in the checkout's root; ``root`` is the package's folder there.

    ``one`` runs a single test file: ``{path}``, ``{folder}``, ``{name}`` and ``{stem}`` are
    put in, quoted, as seen from ``root``. ``recorded`` is the suite as we run it where its own
    command would leave no ``report``; that is empty where there is none. ``folder`` is where tests
    live, ``why`` says how we know. ``prefix`` stands before what Python runs."""

    __test__ = False  # not a test, whatever pytest makes of its name

    framework: str
    suite: str
    one: str
    why: str
    root: str = ""
    recorded: str = ""
    report: str = ""
    folder: str = ""
    style: Style = "other"
    prefix: str = ""

    def command_for(self, path: str, tests: Sequence[str] = ()) -> str:
        """The command that runs the tests in ``path`` of the checkout; of pytest ``tests`` alone,
        where their names are known, and not what a plugin says of the file's style."""
        seen = self._seen(path)
        folder, name = posixpath.split(seen)
        stem = name.partition(".")[0]
        parts = {"path": seen, "folder": folder or ".", "name": name, "stem": stem}
        quoted = {key: shlex.quote(value) for key, value in parts.items()}
        if tests and _PYTEST.search(self.one):
            quoted["path"] = shlex.join(f"{seen}::{each}" for each in tests)
        return self.one.format(**quoted)

    def part_of(self, paths: Sequence[str]) -> str:
        """The command that runs some files of pytest's as the suite does."""
        return f"{self.prefix}{_SUITE} {shlex.join(map(self._seen, paths))}"

    def examples_of(self, paths: Sequence[str]) -> str:
        """The command that runs the examples in the docstrings of modules."""
        modules = shlex.join(map(self._seen, paths))
        options = "--doctest-modules --continue-on-collection-errors"
        return f"{self.prefix}{PYTEST} {options} --junitxml={EXAMPLES} {modules}"

    @property
    def trying(self) -> str:
        """The command that tries calls; "" where they are not Python's."""
        if self.style == "other":
            return ""
        # From where it began: tests may run in a folder of their own.
        run = f'PYTHONHASHSEED=0 python "$top/{TRYING}" calls "$top/{CALLS}"'
        return f'top="$PWD" && {self.prefix}{run}'

    def _seen(self, path: str) -> str:
        return path.removeprefix(f"{self.root}/") if self.root else path


def how_to_test(tree: Tree, *, command: str = "") -> TestPlan | None:
    """The plan for ``tree``; None when it holds no language whose tests we know how to run.
    ``command`` is the project's own word, which wins."""
    shown = _shown(tree)
    if not command:
        return shown
    folder, style = _python_tests(tree)
    return TestPlan(
        framework="configured",
        suite=command,
        one=_one_of(command, shown),
        why=".github/soulcaster.yml says so",
        folder=shown.folder if shown else folder,
        style=shown.style if shown else style,
        prefix=shown.prefix if shown else "",
    )


def _one_of(command: str, shown: TestPlan | None) -> str:
    """How to run one file with a command somebody configured."""
    escaped = command.replace("{", "{{").replace("}", "}}")
    if _PYTEST.search(command):
        return f"{escaped} {{path}}"
    return shown.one if shown else escaped


def _shown(tree: Tree) -> TestPlan | None:
    finders = (_python, _tox, _node, _go, _by_its_file, _make, _first_python)
    return next((plan for find in finders if (plan := find(tree))), None)


def _test_files(tree: Tree, suffix: str) -> list[str]:
    return sorted(path for path in tree if path.endswith(suffix) and is_test_file(path))


def _python_tests(tree: Tree) -> tuple[str, Style]:
    """The folder with most Python tests, and their style."""
    files = [
        path
        for path in _test_files(tree, ".py")
        if posixpath.basename(path) not in ("conftest.py", "__init__.py")
    ]
    if not files:
        return "tests", "pytest"
    folders = Counter(posixpath.dirname(path) for path in files)
    folder = max(sorted(folders), key=lambda each: folders[each])
    texts = [text_of(tree[path]) for path in files]
    unittests = sum("unittest" in text and "TestCase" in text for text in texts)
    plain = sum(
        re.search(r"^(async )?def test|import pytest", text, re.M) is not None for text in texts
    )
    return folder, "unittest" if unittests > plain else "pytest"


def _python(tree: Tree) -> TestPlan | None:
    root = package_root(tree)
    here = below(tree, root)
    files = _test_files(here, ".py")
    config = _pytest_config(here)
    if not files and not config:
        return None
    folder, style = _python_tests(here)
    by_ci = (f"{name}={shlex.quote(text)} " for name, text in prepared(tree).variables.items())
    prefix = "".join([f"cd {shlex.quote(root)} && " if root else "", *by_ci, _variables(here)])
    where = {"root": root, "folder": posixpath.join(root, folder), "prefix": prefix}
    if config or style == "pytest":
        why = f"{config} configures pytest" if config else f"{files[0]} is a pytest file"
        return TestPlan(
            framework="pytest",
            suite=f"{prefix}{_SUITE}{_pytest_paths(here)}",
            one=f"{prefix}{PYTEST} -rA {{path}}",
            report=posixpath.join(root, REPORT),
            why=why,
            style=style,
            **where,
        )
    above = posixpath.commonpath([posixpath.dirname(path) for path in files])
    start = f"-s {shlex.quote(above)}" if above else ""
    top = "-t ." if f"{above}/__init__.py" in here else ""
    discover = " ".join(f"python -m unittest discover -v {top}".split())
    suite = f"{prefix}{discover} {start}".rstrip()
    ours = f'python "$top/{UNITTESTS}" "$top/{EVENTS}"'
    return TestPlan(
        framework="unittest",
        suite=suite,
        recorded=f'top="$PWD" && {suite.replace("python -m unittest", ours)}',
        report=EVENTS,
        one=f"{prefix}{discover} -s {{folder}} -p {{name}}",
        why=f"{files[0]} uses unittest",
        style="unittest",
        **where,
    )


def _first_python(tree: Tree) -> TestPlan | None:
    """Python without a test: the first one will be pytest's."""
    if not any(path.endswith(".py") for path in tree):
        return None
    return TestPlan(
        framework="pytest",
        suite=_SUITE,
        one=f"{_variables(tree)}{PYTEST} -rA {{path}}",
        prefix=_variables(tree),
        report=REPORT,
        why="there is no test yet",
        folder="tests",
        style="pytest",
    )


def _pytest_paths(tree: Tree) -> str:
    """What CI or tox names for pytest to run, where its configuration says nothing itself."""
    texts = [text_of(tree.get(path)) for path in ("pytest.ini", "setup.cfg", "tox.ini")]
    if "testpaths" in _options(tree) or any(re.search(r"^testpaths", t, re.M) for t in texts):
        return ""
    workflows = [text_of(tree[path]) for path in sorted(tree) if path.startswith(".github/workf")]
    words = {
        word.removeprefix("./") for text in workflows for word in re.findall(r"[\w./-]+", text)
    }
    scripts = [text_of(tree[word]) for word in sorted(words & tree.keys()) if ".py" not in word]
    tested, every = _folders(filter(is_test_file, tree)), _folders(tree)
    for text in (texts[2], *workflows, *scripts):
        for line in re.findall(r"\b(?:pytest|py\.test)\b(.*)", text):
            seen = re.sub(r'\{\w+\}/|"', " ", line.replace("--ignore ", "--ignore=")).split()
            kept = [w for w in seen if re.fullmatch(r"--doctest-modules|--ignore=[\w./-]+", w)]
            known = every if "--doctest-modules" in kept else tested
            named = [word.rstrip("/") for word in seen if word.rstrip("/") in known]
            if kept or named:
                return f" {shlex.join([*kept, *named])}"
    return ""


def _folders(paths: Iterable[str]) -> set[str]:
    split = [path.split("/") for path in paths if path.endswith(".py")]
    return {"/".join(parts[:depth]) for parts in split for depth in range(1, len(parts))}


def _pytest_config(tree: Tree) -> str:
    if "pytest.ini" in tree:
        return "pytest.ini"
    if "pytest" in toml_of(tree, "pyproject.toml").get("tool", {}):
        return "pyproject.toml"
    for path, section in (("tox.ini", "[pytest]"), ("setup.cfg", "[tool:pytest]")):
        if section in text_of(tree.get(path)):
            return path
    return "conftest.py" if "conftest.py" in tree else ""


def _variables(tree: Tree) -> str:
    """A package below ``src`` is found without installing it; harmless where it is installed. What
    one file covers is less than a project asks of all, which would be an error."""
    in_source = any(path.startswith("src/") and path.endswith(".py") for path in tree)
    added = added_options(tree, toml_of(tree, "pyproject.toml"))
    uncovered = "PYTEST_ADDOPTS=--no-cov " if "--cov" in added else ""
    found = in_source and not _options(tree).get("pythonpath")
    return f"{uncovered}PYTHONPATH=src " if found else uncovered


def _options(tree: Tree) -> dict[str, Any]:
    project = toml_of(tree, "pyproject.toml")
    return dict(project.get("tool", {}).get("pytest", {}).get("ini_options", {}))


def _tox(tree: Tree) -> TestPlan | None:
    if "tox.ini" not in tree or _PYTEST.search(text_of(tree["tox.ini"])):
        return None  # what that would only start can be started without it
    return TestPlan(framework="tox", suite="tox", one="tox -- {path}", why="there is a tox.ini")


def _node(tree: Tree) -> TestPlan | None:
    script = (package_json(tree).get("scripts") or {}).get("test", "")
    if not isinstance(script, str) or not script or _NO_TEST in script:
        return None
    # berry runs nothing where its own record of an install is not beside the checkout
    runner = {"berry": "npm"}.get(manager := node_manager(tree), manager)
    one = f"{runner} test {'-- ' * (runner == 'npm')}{{path}}"
    files = [
        path for path in sorted(tree) if is_test_file(path) and re.search(r"\.[cm]?[jt]sx?$", path)
    ]
    recorded, report = _recorded_node(script, runner, one)
    return TestPlan(
        framework=runner,
        suite=f"{runner} test",
        recorded=recorded,
        report=report,
        one=one,
        why="package.json has a test script",
        folder=posixpath.dirname(files[0]) if files else "test",
    )


def _recorded_node(script: str, runner: str, one: str) -> tuple[str, str]:
    """The script with a report, and where that is, for the runners that have one."""
    if re.search(r"\bnode\b[^&|;]* --test\b", script):
        # npm is a Node, too, and never runs tests of its own
        each = [("junit", REPORT), ("spec", "stdout")]
        options = " ".join(f"--test-reporter={a} --test-reporter-destination={b}" for a, b in each)
        return f'mkdir -p .soulcaster && NODE_OPTIONS="{options}" {runner} test', REPORT
    for name, options, report in (
        ("jest", f"--json --outputFile={EVENTS}", EVENTS),
        ("vitest", f"--reporter=default --reporter=junit --outputFile.junit={REPORT}", REPORT),
    ):
        # options are put behind the last of several commands
        if re.search(rf"\b{name}\b[^&|;]*$", script):
            return one.format(path=options), report
    return "", ""


def _go(tree: Tree) -> TestPlan | None:
    files = _test_files(tree, "_test.go")
    if "go.mod" not in tree or not files:
        return None
    return TestPlan(
        framework="go",
        suite="go test -v ./...",
        recorded=f"mkdir -p .soulcaster && go test -json ./... > {EVENTS}",
        report=EVENTS,
        one="go test -v ./{folder}",
        why="there is a go.mod",
        folder=posixpath.dirname(files[0]),
    )


def _by_its_file(tree: Tree) -> TestPlan | None:
    """Tools that are known by the file that configures them; their wrapper lies beside it."""
    # of Maven and Gradle alike: a file a class, with a declaration of its own
    found = "find . -path '*/surefire-reports/*.xml' -o -path '*/test-results/*.xml'"
    joined = f"echo '<all>'; {found} | xargs -r -d '\\n' sed '/^<?xml/d'; echo '</all>'"
    gradle = f"{'./gradlew' if 'gradlew' in tree else 'gradle'} --console=plain"
    java = "src/test/java"
    for file, framework, suite, one, folder in (
        ("Cargo.toml", "cargo", "cargo test --no-fail-fast", "--test {stem}", "tests"),
        ("pom.xml", "maven", f"{maven(tree)} test", "-Dtest={stem}", java),
        ("build.gradle", "gradle", f"{gradle} test", "--tests {stem}", java),
        ("build.gradle.kts", "gradle", f"{gradle} test", "--tests {stem}", java),
    ):
        if file in tree:
            is_java = folder == java
            collected = f"{suite}; code=$?; {{ {joined}; }} > {REPORT}; exit $code"
            return TestPlan(
                framework=framework,
                suite=suite,
                recorded=f"mkdir -p .soulcaster; {collected}" if is_java else "",
                report=REPORT if is_java else "",
                one=f"{suite} {one}",
                why=f"there is a {file}",
                folder=folder,
            )
    return None


def _make(tree: Tree) -> TestPlan | None:
    for path in ("GNUmakefile", "Makefile", "makefile"):
        if re.search(r"^test\s*:(?!=)", text_of(tree.get(path)), re.M):
            return TestPlan(
                framework="make",
                suite="make test",
                one="make test",
                why=f"{path} has a test target",
            )
    return None
