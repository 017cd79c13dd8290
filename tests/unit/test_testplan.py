"""How the tests are run, from what a repository shows."""

import subprocess

import pytest

from bot.domain.fixes.patch import Entry
from bot.domain.fixes.proof import reported
from bot.domain.fixes.testfiles import is_test_file
from bot.domain.fixes.testplan import EVENTS, PYTEST, REPORT, how_to_test


def plan(files, **config):
    return how_to_test({path: Entry(data=text.encode()) for path, text in files.items()}, **config)


SUITE = f"{PYTEST} -ra --continue-on-collection-errors --junitxml={REPORT}"
ONE = f"{PYTEST} -rA tests/x.py"
PLAIN = "def test_a():\n    assert 1\n"
CASE = "import unittest\n\nclass A(unittest.TestCase):\n    pass\n"


@pytest.mark.parametrize(
    ("files", "framework", "suite", "one"),
    [
        ({"tests/test_a.py": PLAIN}, "pytest", SUITE, ONE),
        ({"test_a.py": PLAIN}, "pytest", SUITE, ONE),
        (
            {"pytest.ini": "[pytest]\n", "tests/a.py": CASE},
            "pytest",
            SUITE,
            ONE,
        ),
        (
            {"src/shop/a.py": "", "tests/test_a.py": PLAIN},
            "pytest",
            f"PYTHONPATH=src {SUITE}",
            f"PYTHONPATH=src {ONE}",
        ),
        (
            {
                "src/shop/a.py": "",
                "tests/test_a.py": PLAIN,
                "pyproject.toml": '[tool.pytest.ini_options]\npythonpath = ["src"]\n',
            },
            "pytest",
            SUITE,
            ONE,
        ),
        (
            {
                "tox.ini": "[pytest]\naddopts =\n  -v\n  --cov-fail-under=9",
                "tests/test_a.py": PLAIN,
            },
            "pytest",
            f"PYTEST_ADDOPTS=--no-cov {SUITE}",
            f"PYTEST_ADDOPTS=--no-cov {ONE}",
        ),
        (
            {
                "src/a.py": "",
                "tests/test_a.py": PLAIN,
                "pyproject.toml": "[tool.pytest.ini_options]\naddopts = ['-v', '--cov=a']\n",
            },
            "pytest",
            f"PYTEST_ADDOPTS=--no-cov PYTHONPATH=src {SUITE}",
            f"PYTEST_ADDOPTS=--no-cov PYTHONPATH=src {ONE}",
        ),
        (
            {"tox.ini": "[testenv]\ncommands = pytest --cov\n", "tests/test_a.py": PLAIN},
            "pytest",
            SUITE,
            ONE,
        ),
        (
            {"tests/test_a.py": CASE},
            "unittest",
            "python -m unittest discover -v -s tests",
            "python -m unittest discover -v -s tests -p x.py",
        ),
        (
            {"tests/test_a.py": CASE, "tests/__init__.py": ""},
            "unittest",
            "python -m unittest discover -v -t . -s tests",
            "python -m unittest discover -v -t . -s tests -p x.py",
        ),
        (
            {"tests/__init__.py": "", "tests/a/test_a.py": CASE, "tests/b/test_a.py": CASE},
            "unittest",
            "python -m unittest discover -v -t . -s tests",
            "python -m unittest discover -v -t . -s tests -p x.py",
        ),
        ({"tox.ini": "[testenv]\n"}, "tox", "tox", "tox -- tests/x.py"),
        (
            {"tox.ini": "[testenv]\ncommands =\n  py.test\n", "shop.py": ""},
            "pytest",
            f"{PYTEST} -ra --continue-on-collection-errors --junitxml={REPORT}",
            f"{PYTEST} -rA tests/x.py",
        ),
        (
            {"package.json": '{"scripts": {"test": "jest"}}'},
            "npm",
            "npm test",
            "npm test -- tests/x.py",
        ),
        (
            {"package.json": '{"scripts": {"test": "vitest"}}', "pnpm-lock.yaml": ""},
            "pnpm",
            "pnpm test",
            "pnpm test tests/x.py",
        ),
        (
            {"package.json": '{"scripts": {"test": "vitest"}}', "yarn.lock": ""},
            "yarn",
            "yarn test",
            "yarn test tests/x.py",
        ),
        (
            {"go.mod": "module a\n", "cart/cart_test.go": ""},
            "go",
            "go test -v ./...",
            "go test -v ./tests",
        ),
        (
            {"Cargo.toml": ""},
            "cargo",
            "cargo test --no-fail-fast",
            "cargo test --no-fail-fast --test x",
        ),
        ({"pom.xml": ""}, "maven", "mvn -B -q test", "mvn -B -q test -Dtest=x"),
        (
            {"build.gradle.kts": "", "gradlew": ""},
            "gradle",
            "./gradlew --console=plain test",
            "./gradlew --console=plain test --tests x",
        ),
        ({"Makefile": "all:\n\ntest: all\n\ttrue\n"}, "make", "make test", "make test"),
        ({"calc.py": ""}, "pytest", SUITE, ONE),
        (
            {
                "test_a.py": PLAIN,
                "pytest.ini": "[pytest]\n",
                "tox.ini": "pytest -v --ignore docs checks/ {posargs}",
            }
            | {"checks/test_b.py": PLAIN, "docs/a.py": ""},
            "pytest",
            f"{SUITE} --ignore=docs checks",
            ONE,
        ),
        (
            {
                "tests/test_a.py": PLAIN,
                "shop/a.py": "",
                "tox.ini": "[testenv]\ncommands = pytest --doctest-modules {x}/shop {root}/tests",
            },
            "pytest",
            f"{SUITE} --doctest-modules shop tests",
            ONE,
        ),
        (
            {
                "tests/unit/test_a.py": PLAIN,
                "tests/network/test_b.py": PLAIN,
                "tox.ini": '[testenv]\ncommands = pytest "{toxinidir}/tests/unit" --cov=a',
            },
            "pytest",
            f"{SUITE} tests/unit",
            ONE,
        ),
        (
            {
                "tests/unit/test_a.py": PLAIN,
                "tests/network/test_b.py": PLAIN,
                "scripts/test": "coverage run -m pytest tests/unit/ -s\n",
                ".github/workflows/ci.yml": "run: ./scripts/test\n",
            },
            "pytest",
            f"{SUITE} tests/unit",
            ONE,
        ),
    ],
)
def test_what_a_repository_shows(files, framework, suite, one):
    found = plan(files)
    assert (found.framework, found.suite, found.command_for("tests/x.py")) == (
        framework,
        suite,
        one,
    )
    assert found.why


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"README.md": "x"},
        {"package.json": '{"scripts": {"test": "echo \\"Error: no test specified\\" && exit 1"}}'},
        {"package.json": "not json"},
        {"package.json": "[]"},
        {"go.mod": "module a\n"},
        {"Makefile": "test := 1\nall:\n"},
        {"pyproject.toml": "not [ toml"},
    ],
)
def test_nothing_that_looks_like_a_test(files):
    assert plan(files) is None


def test_the_project_says():
    found = plan({"tests/test_a.py": PLAIN}, command="python -m pytest -q tests")
    assert found.suite == "python -m pytest -q tests"
    assert found.command_for("tests/x.py") == "python -m pytest -q tests tests/x.py"
    assert (found.folder, found.style) == ("tests", "pytest")
    assert plan({}, command="./check {all}").command_for("x") == "./check {all}"


def test_names_are_quoted():
    found = plan({"tests/test_a.py": PLAIN})
    assert found.command_for("tests/a; rm -rf x.py").endswith("'tests/a; rm -rf x.py'")


def test_a_package_in_a_folder_is_tested_where_it_stands():
    found = plan(
        {
            "README.md": "",
            "web/package.json": "{}",
            "services/pay/pyproject.toml": "[project]\nname = 'pay'\n",
            "services/pay/tests/test_a.py": PLAIN,
        }
    )
    assert found.suite == f"cd services/pay && {SUITE}"
    assert found.command_for("services/pay/tests/x.py") == f"cd services/pay && {ONE}"
    assert found.report == f"services/pay/{REPORT}"
    assert found.folder == "services/pay/tests"


def test_where_the_tests_live():
    found = plan({"a/test_a.py": CASE, "b/tests/test_a.py": PLAIN, "b/tests/test_b.py": PLAIN})
    assert (found.folder, found.style) == ("b/tests", "pytest")


@pytest.mark.parametrize(
    ("path", "is_one"),
    [
        ("tests/test_a.py", True),
        ("tests/data/x.json", True),
        ("shop/test_a.py", True),
        ("a_test.go", True),
        ("src/test/java/A.java", True),
        ("src/x.spec.ts", True),
        ("app/CartTest.php", True),
        ("shop/cart.py", False),
        ("shop/latest.py", False),
        ("shop/contest_rules.py", False),
        ("src/testimonials.ts", False),
        ("docs/testing-guide.md", False),
    ],
)
def test_test_files(path, is_one):
    assert is_test_file(path) == is_one


@pytest.mark.parametrize(
    ("files", "recorded", "report"),
    [
        (
            {"tests/test_a.py": CASE},
            'top="$PWD" && python "$top/.soulcaster/unittests.py" "$top/.soulcaster/suite.json" '
            "discover -v -s tests",
            EVENTS,
        ),
        (
            {"package.json": '{"scripts": {"test": "tsc && jest"}}'},
            "npm test -- --json --outputFile=.soulcaster/suite.json",
            EVENTS,
        ),
        ({"package.json": '{"scripts": {"test": "jest && eslint"}}'}, "", ""),
        (
            {"package.json": '{"scripts": {"test": "vitest run"}}', "pnpm-lock.yaml": ""},
            "pnpm test --reporter=default --reporter=junit "
            "--outputFile.junit=.soulcaster/suite.xml",
            REPORT,
        ),
        (
            {"package.json": '{"scripts": {"test": "node --test test/"}}'},
            'mkdir -p .soulcaster && NODE_OPTIONS="--test-reporter=junit '
            "--test-reporter-destination=.soulcaster/suite.xml --test-reporter=spec "
            '--test-reporter-destination=stdout" npm test',
            REPORT,
        ),
        (
            {"go.mod": "", "a_test.go": ""},
            "mkdir -p .soulcaster && go test -json ./... > .soulcaster/suite.json",
            EVENTS,
        ),
    ],
)
def test_a_suite_leaves_a_report_where_its_runner_writes_one(files, recorded, report):
    found = plan(files)
    assert (found.recorded, found.report) == (recorded, report)


def test_what_java_reports_by_class_is_read_as_one(tmp_path):
    """Maven and Gradle leave a file a class; the exit code stays the suite's."""
    folder = tmp_path / "target" / "surefire-reports"
    folder.mkdir(parents=True)
    for name, end in (("A", ""), ("B", "<failure/>")):
        case = f'<testcase classname="{name}" name="adds">{end}</testcase>'
        text = f'<?xml version="1.0"?>\n<testsuite name="{name}">{case}</testsuite>\n'
        (folder / f"TEST {name}.xml").write_text(text)
    (tmp_path / "mvnw").write_text("exit 3\n")
    (tmp_path / "mvnw").chmod(0o755)
    found = plan({"pom.xml": "", "mvnw": ""})
    done = subprocess.run(["bash", "-c", found.recorded], cwd=tmp_path, check=False)
    assert done.returncode == 3
    report = (tmp_path / found.report).read_text()
    assert reported(report) == {"A.adds": "passed", "B.adds": "failed"}
