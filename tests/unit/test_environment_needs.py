# ruff: noqa: E501
"""What a project's tests need, from each place where projects say so."""

import pytest

from bot.domain.fixes.environment import needs_of, package_root, repository_of, submodules
from bot.domain.fixes.patch import SYMLINK, Entry
from bot.domain.fixes.testplan import how_to_test

PROJECT = "[build-system]\nrequires = ['flit']\n[project]\nname = 'a'\n"

JEST = '{"devDependencies": {"jest": "1"}}'
GLOBALLY = 'npm install --global --prefix "$VIRTUAL_ENV"'


def tree(files):
    return {path: Entry(data=text.encode()) for path, text in {"a.py": "", **files}.items()}


def found(files, **more):
    return needs_of(tree(files), **more).model_dump(
        exclude_defaults=True, exclude={"why", "version"}
    )


SETUP = {"project": True, "extras": ("tests",)}


@pytest.mark.parametrize(
    ("files", "needs"),
    [
        ({}, {}),
        ({"pyproject.toml": "[tool.pytest.ini_options]\n"}, {}),
        ({"pyproject.toml": "not [ toml"}, {}),
        ({"pyproject.toml": PROJECT}, {"project": True}),
        ({"setup.py": ""}, {"project": True}),
        ({"setup.cfg": "[metadata]\nname = a\n"}, {"project": True}),
        ({"setup.cfg": "[tool:pytest]\n"}, {}),
        (
            {"setup.cfg": "[tool:pytest]\nfilterwarnings =\n  ignore::pytest.PytestRemovedIn8Warning\n"},
            {"packages": ("pytest<8",)},
        ),
        (
            {"pyproject.toml": f"{PROJECT}[project.optional-dependencies]\ndocs=[]\ntest=[]\ndev=[]"},
            {"project": True, "extras": ("test",)},
        ),
        (
            {"pyproject.toml": f"{PROJECT}[project.optional-dependencies]\ndocs=[]\ndev=[]"},
            {"project": True, "extras": ("dev",)},
        ),
        (
            {"pyproject.toml": f"{PROJECT}[dependency-groups]\ntests=[]\ntyping=[]\n"},
            {"project": True, "groups": ("tests",)},
        ),
        (
            {"setup.cfg": "[metadata]\n[options.extras_require]\ntesting =\n  x\n"},
            {"project": True, "extras": ("testing",)},
        ),
        ({"setup.py": "setup(extras_require={'docs': [], 'tests': ['x']})"}, SETUP),
        ({"setup.py": "MORE = {'tests': [], 'dev': []}\nsetup(extras_require=MORE)"}, SETUP),
        (
            {"setup.py": "setup(extras_require=read())", "pyproject.toml": "[tool.black]\n"},
            {"project": True},
        ),
        (
            {
                "pyproject.toml": "[tool.poetry]\nname='a'\n[tool.poetry.group.test.dependencies]\n"
                "respx='^0.20'\nmoto={version='~4.1'}\nfreezegun='*'\nattrs='>=22,<24'\n"
            },
            {
                "project": True,
                "packages": ("respx>=0.20", "moto>=4.1", "freezegun", "attrs>=22,<24"),
            },
        ),
        (
            {"pyproject.toml": "[tool.pdm.dev-dependencies]\ntest = ['respx']\ndoc = ['mkdocs']\n"},
            {"packages": ("respx",)},
        ),
        (
            {
                "pyproject.toml": f"{PROJECT}[tool.hatch.envs.default]\nfeatures = ['http']\n"
                "dependencies = ['respx', 'x@{root:uri}']\n"
            },
            {"project": True, "extras": ("http",), "packages": ("respx",)},
        ),
        ({"pyproject.toml": "[tool.uv]\ndev-dependencies = ['respx']\n"}, {"packages": ("respx",)}),
        (
            {"tox.ini": "[testenv]\ndeps =\n  respx\n  -rtests/need.txt\n  docs: sphinx\n  py311: moto\n"
             "extras = http, more\n", "tests/need.txt": ""},
            {"files": ("tests/need.txt",), "packages": ("respx", "moto"), "extras": ("http", "more")},
        ),
        ({"tox.ini": "[testenv:docs]\ndeps = sphinx\n"}, {}),
        (
            {"tox.ini": "[testenv]\ndeps =\n  unit-!py2: respx\n  doctest: sphinx\nextras = unit: http\n"},
            {"packages": ("respx",), "extras": ("http",)},
        ),
        (
            {"pyproject.toml": '[tool.tox]\nlegacy_tox_ini = """\n[testenv]\ndeps = respx\n"""\n'},
            {"packages": ("respx",)},
        ),
        (
            {"noxfile.py": "@nox.session\ndef tests(session):\n    session.install('.[x]', 'respx')\n"
             "def docs(session):\n    session.install('sphinx')\n"},
            {"project": True, "extras": ("x",), "packages": ("respx",)},
        ),
        (
            {"requirements.txt": "", "requirements-test.txt": "", "requirements/dev.txt": ""},
            {"files": ("requirements.txt", "requirements-test.txt")},
        ),
        (
            {"requirements/tests.in": "", "requirements/tests.txt": "", "requirements/docs.txt": ""},
            {"files": ("requirements/tests.txt",)},
        ),
        ({"dev-requirements.txt": ""}, {"files": ("dev-requirements.txt",)}),
        ({"Pipfile": "[packages]\nattrs='*'\n[dev-packages]\nrespx='==1'\n"},
         {"packages": ("attrs", "respx==1")}),
        (
            {".github/workflows/ci.yml": "  - run: pip install -U pip respx\n  - run: pytest\n"},
            {"packages": ("respx",)},
        ),
        ({".github/workflows/docs.yml": "  - run: pip install sphinx\n"}, {}),
        (
            {".github/workflows/ci.yml": "run: |\n  sudo apt-get install -y libxml2-dev\n  tox\n"},
            {"left_out": ("system packages (.github/workflows/ci.yml): libxml2-dev",)},
        ),
        (
            {".github/workflows/ci.yml": "run: uv sync --extra http --group test\nrun: pytest\n",
             "pyproject.toml": f"{PROJECT}[dependency-groups]\ntest=[]\n"},
            {"project": True, "extras": ("http",), "groups": ("test",)},
        ),
        (
            {".github/workflows/ci.yml": "jobs:\n  lint:\n    - run: uv sync --group lint\n"
             "  test:\n    - run: pip install tox coverage\n    - run: uv run --group dev tox\n",
             "pyproject.toml": f"{PROJECT}[dependency-groups]\nlint=[]\ndev=[]\n[tool.uv]\n"
             "default-groups=[]\n", ".github/workflows/b.yml": "run: |\n  pip install tox\n  pytest\n"},
            {"project": True, "groups": ("dev",), "packages": ("coverage",)},
        ),
        (
            {".github/workflows/ci.yml": "run: uv run --group more nox\nrun: uv run pytest -n2\n",
             "pyproject.toml": f"{PROJECT}[dependency-groups]\nmore=[]\n"},
            {"project": True},
        ),
        (
            {".github/workflows/ci.yml": "run: uv sync --all-extras --all-groups\nrun: pytest\n",
             "pyproject.toml": f"{PROJECT}[project.optional-dependencies]\na=[]\nb=[]\n"
             "[dependency-groups]\nc=[]\n"},
            {"project": True, "extras": ("a", "b"), "groups": ("c",)},
        ),
        (
            {"tox.ini": "[testenv]\ndependency_groups =\n  tests: tests\n  mypy: typing\n",
             "pyproject.toml": f"{PROJECT}[dependency-groups]\ntests=[]\ntyping=[]\n"},
            {"project": True, "groups": ("tests",)},
        ),
        (
            {".github/workflows/ci.yml": "run: pip install $EXTRA ${{ matrix.x }} `id`; pytest\n"},
            {},
        ),
        ({"package.json": JEST, "package-lock.json": ""}, {"node": "npm ci"}),
        ({"package.json": JEST}, {"node": "npm install --no-package-lock"}),
        ({"package.json": JEST, "pnpm-lock.yaml": "lockfileVersion: '6.0'\n"},
         {"node": f"{GLOBALLY} pnpm@8 && pnpm install --frozen-lockfile"}),
        ({"package.json": JEST[:-1] + ', "packageManager": "pnpm@9.1.2+sha"}', "pnpm-lock.yaml": ""},
         {"node": f"{GLOBALLY} pnpm@9.1.2 && pnpm install --frozen-lockfile"}),
        ({"package.json": JEST, "yarn.lock": "__metadata:\n  version: 10\n"},
         {"node": f"{GLOBALLY} @yarnpkg/cli-dist@4 && yarn install --immutable"}),
        ({".gitmodules": '[submodule "a"]\n\tpath = vendor/a\n\turl = x\n[submodule "b"]\n path = b\n',
          "b/c": ""}, {"left_out": ("submodules that are not fetched: vendor/a",)}),
        (dict.fromkeys("4321", "version https://git-lfs.github.com/spec/v1\noid sha256:0\n"),
         {"left_out": ("pointers of Git LFS: 1, 2, 3 and 1 more",)}),
        ({"go.sum": "a v1 h1:x=\n"}, {"left_out": ("Go modules are not fetched (go.sum)",)}),
        ({"go.sum": "a v1 h1:x=\n", "vendor/modules.txt": ""}, {}),
        ({"Cargo.lock": 'source = "registry+x"', ".cargo/config.toml": ""}, {}),
        ({"Cargo.lock": 'name = "a"'}, {}),
        ({"pom.xml": "<project/>"}, {"left_out": ("packages of Maven are not fetched (pom.xml)",)}),
        ({"package.json": '{"scripts": {"test": "node --test"}}'}, {}),
        ({"package.json": "[]"}, {}),
    ],
)  # fmt: skip
def test_what_a_project_says(files, needs):
    assert found(files) == needs


def test_what_tests_import_comes_from_wherever_it_is_named():
    """Guessed from no module's name: what no file names is told, and not installed."""
    files = {
        "pyproject.toml": f"{PROJECT}version = '1'\nkeywords = ['driver']\n"
        "[project.optional-dependencies]\ntime = ['pytz>=2020; python_version < \"3\"']\n"
        "[tool.poetry.group.docs.dependencies]\nPyYAML = { version = '^6' }\n",
        "setup.py": "MORE = {'driver': ['a_b[c]==1']}\nsetup(extras_require=MORE, keywords=['driver'])",
        "PKG-INFO": "Requires-Dist: moto; extra == 'x'\n",
        "docs/requirements.txt": "respx==1 # pinned\n",
        "a/b.py": "",
        "tests/data/app.py": "import nowhere",
        "tests/test_a.py": "import os, a.b, pytest, pytz, yaml.x\nfrom . import x\nimport driver\n"
        "from a_b.x import y\ntry:\n    import moto, gone\nexcept ImportError: pass\n"
        "def test_a():\n    import respx, late\n",
    }
    assert needs_of(tree(files)).imports == {
        "a_b": "a_b[c]==1",
        "driver": "",
        "moto": "moto",
        "pytz": "pytz>=2020",
        "respx": "respx==1",
        "yaml": "pyyaml",
    }


def test_what_an_option_or_an_old_import_needs_is_installed():
    """A pytest that does not know an option of its own settings runs nothing."""
    files = {
        "setup.cfg": "[tool:pytest]\naddopts = --verbose\n    --cov-append --no-summary\n",
        "pyproject.toml": f"{PROJECT}[tool.pytest.ini_options]\naddopts = ['-n', '4', '--nothing']\n",
        "old/__init__.py": "import pkg_resources\n",
        "requirements-all.txt": "pytest-xdist<3\n",
    }
    assert needs_of(tree(files)).imports == {
        "pkg_resources": "setuptools<81",
        "pytest_cov": "pytest-cov",
        "xdist": "pytest-xdist<3",
    }


def test_links_that_lead_out_of_the_checkout_are_named():
    links = {"a/in": "../a.py", "out": "/etc/hosts", "b/out": "../../x", "up": ".."}
    there = {path: Entry(mode=SYMLINK, data=to.encode()) for path, to in links.items()}
    assert needs_of(there).left_out == ("links out of the checkout: b/out, out, up",)


def test_a_project_s_own_commands_stand_for_everything():
    said = found({"pyproject.toml": PROJECT}, setup=("make deps",))
    assert said == {"setup": ("make deps",)}


def test_where_each_comes_from():
    needs = needs_of(tree({"pyproject.toml": f"{PROJECT}[dependency-groups]\ntests=[]\n"}))
    assert needs.why == ("pyproject.toml", "pyproject.toml (group tests)")


def test_the_commands():
    needs = needs_of(
        tree(
            {
                "pyproject.toml": f"{PROJECT}[project.optional-dependencies]\ntest=[]\n",
                "tox.ini": "[testenv]\ndeps = moto>=4; rm -rf /\n  x; python_version < '3' \n  respx[x]>1\n",
            }
        )
    )
    packages = "'moto>=4' 'x; python_version < \"3\"' 'respx[x]>1'"
    assert needs.whole == f"uv pip install pytest -e '.[test]' {packages}"
    assert needs.parts == (
        "uv pip install -e .",
        "uv pip install -e '.[test]'",
        f"uv pip install {packages}",
        "uv pip install pytest",
    )


def test_the_versions_of_a_lock_are_kept_to():
    package = "[[package]]\nname = 'respx'\nversion = '0.21'\n"
    git = package + "[package.source]\nurl = 'x'\n[[package]]\nname = 'a b'\nversion = '1'\n"
    needs = needs_of(tree({"pyproject.toml": PROJECT, "poetry.lock": git}))
    assert needs.pins == ("respx==0.21",)
    assert needs.whole == "uv pip install pytest -c .soulcaster/constraints.txt -e ."
    assert needs.parts == ("uv pip install -e .", "uv pip install pytest")
    assert needs_of(tree({"pyproject.toml": PROJECT, "uv.lock": package})).lock == "uv.lock"


def test_equal_needs_share_an_environment():
    one = tree({"pyproject.toml": PROJECT, "requirements-test.txt": "x"})
    same = {**one, "more.py": Entry(data=b"code")}
    other = {**one, "requirements-test.txt": Entry(data=b"y")}
    keys = [needs_of(each).key(each, "acme/shop", "local") for each in (one, same, other)]
    assert keys[0] == keys[1] != keys[2]
    assert needs_of(one).key(one, "acme/shop", "e2b") != keys[0]
    assert needs_of(one).key(one, "evil/shop", "local") != keys[0]


@pytest.mark.parametrize(
    ("files", "version"),
    [
        ({}, "0.0.1"),
        ({"PKG-INFO": "Name: a\nVersion: 3.2.1\n"}, "3.2.1"),
        ({"CHANGES.rst": "Unreleased\n\nVersion 2.4.0 (2026)\n2.3\n"}, "2.4.0"),
    ],
)
def test_a_version_from_tags_is_pretended(files, version):
    assert needs_of(tree({"pyproject.toml": PROJECT, **files})).version == version


@pytest.mark.parametrize(
    ("paths", "root"),
    [
        (["setup.py", "b/setup.py"], ""),
        (["a.py", "b/setup.py"], ""),
        (["b/setup.py", "c/pyproject.toml", "c/tests/test_x.py"], "c"),
        (["README.md"], ""),
    ],
)
def test_the_folder_of_the_package(paths, root):
    assert package_root({path: Entry(data=b"") for path in paths}) == root


def test_a_submodule_is_a_folder_of_the_checkout_that_holds_nothing():
    folders = [
        "b/c/in",
        "a",
        "a/in/it",
        "b/c",
        "../up",
        "/abs",
        "x/../y",
        ".git/hooks",
        "a.py",
        "a.py/in",
        "held",
        "",
    ]
    said = "".join(
        f'[submodule "{each}"]\n  path = {each}\n  url = ../{each}\n' for each in folders
    )
    there = tree({".gitmodules": said, "held/by": ""})
    assert submodules(there) == {"a": "../a", "b/c": "../b/c"}


def test_a_file_of_submodules_that_is_made_to_be_slow_is_read():
    said = '[submodule "a"]\r\n\tpath = a\r\n\turl = ../a\r\n'
    slow = said + " \n" * 500_000 + '[submodule "b"]\n path = ' + "b/" * 300_000 + "b\n"
    assert submodules(tree({".gitmodules": slow})) == {"a": "../a"}


@pytest.mark.parametrize(
    ("url", "there"),
    [
        ("../lib", "acme/lib"),
        ("../../other/lib.git", "other/lib"),
        ("https://git.test/other/lib.js.git/", "other/lib.js"),
        ("git@git.test:other/lib.git", "other/lib"),
        ("ssh://git@git.test/other/lib", "other/lib"),
        ("https://git.test.evil/other/lib", ""),
        ("https://elsewhere.test/other/lib", ""),
        ("https://user:word@git.test/other/lib", ""),
        ("http://git.test/other/lib", ""),
        ("file:///other/lib", ""),
        ("/other/lib", ""),
        ("ext::sh -c true", ""),
        ("../../../other/lib/more", ""),
        ("https://git.test/../lib", ""),
        ("https://git.test/other/..", ""),
        ("https://git.test/other/lib/tarball/x", ""),
        ("https://git.test/other/lib?x", ""),
        ("", ""),
    ],
)
def test_a_submodule_s_url_is_a_name_of_the_same_host_or_nothing(url, there):
    assert repository_of(url, "https://git.test/acme/shop/") == there


def test_what_registries_of_other_languages_have_is_fetched_where_they_are_named():
    there = tree({"go.sum": "a v1 h1:x=\n", "Cargo.lock": 'source = "registry+x"'})
    needs = needs_of(there, fetched=["go"])
    assert (needs.others, needs.why) == (("go mod download",), ("go.sum",))
    assert needs.left_out == ("crates are not fetched (Cargo.lock)",)
    assert not needs.nothing


def test_one_test_of_each_module_of_maven_brings_what_runs_tests():
    files = {
        "pom.xml": "<project><modules><module>core</module></modules></project>",
        "mvnw": "",
        "src/test/java/acme/AllTest.java": "abstract class AllTest { @Test void a() {} }",
        "src/test/java/acme/ShopTest.java": "class ShopTest { @Test void a() {} }",
        "src/test/java/acme/Made.java": "class Made {}",
        "core/src/test/kotlin/CoreTest.kt": "class CoreTest { @Test fun a() {} }",
    }
    needs = needs_of(tree(files), fetched=["maven"])
    (command,) = needs.others
    assert command.startswith('cp -r . "$TMPDIR/copy" && cd "$TMPDIR/copy" && ./mvnw -B -q ')
    assert " -Dsurefire.failIfNoSpecifiedTests=false test -Dtest=CoreTest,ShopTest " in command
    assert (needs.why, needs.left_out) == (("pom.xml",), ())
    assert needs.key(tree(files)) != needs.key(tree({**files, "core/pom.xml": "<project/>"}))
    (untested,) = needs_of(tree({"pom.xml": "<project/>"}), fetched=["maven"]).others
    assert "mvn -B -q test -DskipTests " in untested


def ci(*steps, above="", job=""):
    listed = "".join(f"      - {step}\n" for step in steps)
    return {".github/workflows/ci.yml": f"{above}jobs:\n  test:\n{job}    steps:\n{listed}"}


CALLED = "name: Make it\n        run: make it\n"


@pytest.mark.parametrize(
    ("files", "needs"),
    [
        (ci("run: make tables", "run: pytest", "run: make later"), {"prepare": ("make tables",)}),
        (ci("run: uv run python gen.py", "run: uv run pytest"), {"prepare": ("python gen.py",)}),
        (
            ci("run: |\n          pip install -e .\n          python setup.py build_ext --inplace\n"
               "          echo built\n          pytest"),
            {"project": True, "prepare": ("python setup.py build_ext --inplace",)},
        ),
        (
            ci("run: npm run build\n        working-directory: web ui\n        env: {MODE: a b}", "run: tox"),
            {"prepare": ("cd 'web ui' && export MODE='a b' && npm run build",)},
        ),
        (ci("run: cp a.ini b.ini", "run: make lint", "run: python -V", "run: make test"),
         {"prepare": ("cp a.ini b.ini",)}),
        (
            ci("name: Take the wheel\n        run: rm -rf src", "run: curl -O x", "run: pytest"),
            {"left_out": tuple(f"a step of CI (.github/workflows/ci.yml): {each}" for each in
             ("Take the wheel", "curl -O x"))},
        ),
        (ci("run: make it", "run: make more"), {}),  # and runs no test
        (ci("run: make it", "run: tox -e lint"), {}),
        (ci("run: make it", "run: pytest", job="    runs-on: windows-latest\n"), {}),
        (
            ci(CALLED + "        if: runner.os == 'Linux'", "run: pytest"),
            {"prepare": ("make it",)},
        ),
        (
            ci(CALLED + "        if: github.event_name == 'push'", "run: pytest"),
            {"left_out": ("a step of CI (.github/workflows/ci.yml): Make it",)},
        ),
        (
            ci("run: make x=${{ matrix.x }}", "run: sudo make all", "run: make >> $GITHUB_ENV", "run: pytest"),
            {"left_out": tuple(f"a step of CI (.github/workflows/ci.yml): {each}" for each in
             ("make x=${{ matrix.x }}", "make >> $GITHUB_ENV"))},
        ),
        (
            ci("run: pytest\n        env: {B: 2, C: null}", above="env: {A: true, B: 1, D: '${{ secrets.D }}'}\n"),
            {"variables": {"A": "true", "B": "2", "C": ""},
             "left_out": ("variables that only CI knows (.github/workflows/ci.yml): D",)},
        ),
        (  # what a script of the checkout sets that one of its steps runs
            ci("run: bash ./scripts/test-files.sh", "run: bash scripts/test.sh") | {
                "scripts/test.sh": "set -e\nexport WIDTH=3000\nexport PATH=/x\nexport N=`id`\npytest\n",
                "scripts/publish.sh": "export OTHER=1\n"},
            {"variables": {"WIDTH": "3000"}},
        ),
        (  # what is ours to set, what is no name, and what CI alone reads
            ci("run: pytest", above="env: {PATH: x, PYTHONPATH: x, FORCE_COLOR: 1, PIP_INDEX_URL: x, "
               "A-B: x, 'X;id': x, V: 3, LINES: \"a\\nb\"}\non: ${{ env.V }}\n"),
            {},
        ),
        (
            ci("run: pytest", job="    services: {db: {image: postgres}}\n    env: {AT: 'x@db:1', IN: "
               "localhost, OF: us}\n"),
            {"variables": {"OF": "us"}, "left_out": (
                "services that CI starts (.github/workflows/ci.yml): db",
                "variables that only CI knows (.github/workflows/ci.yml): AT, IN",
            )},
        ),
        (
            ci('{name: "a\\eb", run: "make \\ex"}', "run: pytest"),
            {"left_out": ("a step of CI (.github/workflows/ci.yml): ab",)},
        ),
        (ci("run: |\n          make it &&  # so\n          make more  # or\n          tox"), {"prepare": ("make it && make more",)}),
        (
            ci("run: 'python -c \"\n\n          x\"'", f"run: make {'x' * 500}", "run: pytest"),
            {"left_out": tuple(f"a step of CI (.github/workflows/ci.yml): {each}" for each in
             ('python -c "', f"make {'x' * 75}"))},
        ),
        (ci("&it {run: make it}", "*it", "run: pytest"), {"prepare": ("make it",)}),
        ({".github/workflows/ci.yml": "pytest: &a [*a]\njobs: {a: {steps: *a}}"}, {}),
        (
            {".github/workflows/ci.yml": "run: pytest\n" + "[" * 9_000},
            {"left_out": ("steps and variables of .github/workflows/ci.yml, which can't be read",)},
        ),
    ],
)  # fmt: skip
def test_what_ci_makes_and_sets_before_its_tests(files, needs):
    assert found(files) == needs


def test_what_ci_makes_may_come_of_any_file():
    one = tree(ci("run: make tables", "run: pytest"))
    other = {**one, "tables.txt": Entry(data=b"x")}
    assert needs_of(one).key(one) != needs_of(other).key(other)
    assert needs_of(one).commands == ("make tables",)


def test_what_ci_sets_is_set_for_every_test():
    files = ci("run: pytest", above="env: {MODE: a b}\n") | {"tests/test_a.py": "def test_a(): ..."}
    plan = how_to_test(tree(files))
    assert plan.suite.startswith("MODE='a b' python -m pytest")
    assert plan.command_for("tests/test_a.py").startswith("MODE='a b' python -m pytest")
