# ruff: noqa: E501, SIM905 (names read best as words, many in a row)
"""Files that a fix may touch only where the project says so: what is known to steer, and the rest."""

import json
import re

import pytest
from policy_base import TREE

from bot.domain.fixes.patch import Change, Entry, Patch
from bot.domain.fixes.policy import Rules, judge, refused

STEERING = """
.mcp.json .yarnrc.yml .npmrc .envrc .vscode/tasks.json .devcontainer/devcontainer.json .husky/pre-commit
.cargo/config.toml .github/dependabot.yml .pre-commit-config.yaml .readthedocs.yaml .eslintrc.js .cursorrules
.claude/settings.json .tool-versions .gitattributes .mvn/jvm.config .bundle/config .config/mise/x.md .ci/run.sh

conftest.py sitecustomize.py usercustomize.py setup.py noxfile.py toxfile.py fabfile.py dodo.py versioneer.py
hatch_build.py conf.py gunicorn.conf.py post_gen_project.py docs/conf.py site-packages/x.py
eslint.config.js webpack.config.js webpack.prod.js rollup.config.mjs next.config.js nuxt.config.ts vite.config.ts
vitest.setup.ts vitest.workspace.ts jest.config.ts jest.setup.js setupTests.js global-setup.ts postcss.config.js
tailwind.config.cjs babel.config.js metro.config.js svelte.config.js astro.config.mjs karma.conf.js Gruntfile.js
gulpfile.js ember-cli-build.js postinstall.js pre-build.mjs vendor.min.js app.bundle.js site.min.css
build.rs Package.swift mix.exs runtime.exs build.zig Setup.hs project.clj Makefile.PL magefile.go
magefiles/x.go buildSrc/src/x.kt build-logic/x.kt phpunit.xml rector.php hook/build.dart
entrypoint.sh install.sh bootstrap.sh pre-commit.sh deploy.sh githooks/lint.py

package.json package-lock.json npm-shrinkwrap.json composer.json bower.json deno.json jsr.json elm.json global.json
project.json lerna.json rush.json nx.json turbo.json tsconfig.json tsconfig.build.json jsconfig.json tslint.json
biome.json renovate.json vercel.json now.json firebase.json wrangler.jsonc cdk.json app.json eas.json
manifest.json launch.json tasks.json settings.json mcp.json hooks.json credentials.json appsettings.Live.json
pnpm-lock.yaml pnpm-workspace.yaml pubspec.yaml environment.yml render.yaml app.yaml docker-compose.yml
compose.override.yaml mkdocs.yml action.yml azure-pipelines.yml codecov.yml serverless.yml playbook.yml

AGENTS.md agent.md CLAUDE.local.md GEMINI.md SKILL.md CONVENTIONS.md copilot-instructions.md team.prompt.md
review.chatmode.md rules.md llms.txt llms-full.txt prompts/system.md skills/deploy/how.md agents/helper.yaml
requirements.txt requirements-dev.txt dev-requirements.txt requirements/base.txt constraints.txt CMakeLists.txt
meson_options.txt PULL_REQUEST_TEMPLATE.md ISSUE_TEMPLATE/bug.md merge_request_template.md CODEOWNERS.md FUNDING.yml

Makefile Dockerfile Containerfile Jenkinsfile Vagrantfile Procfile Brewfile Gemfile Rakefile Tiltfile Earthfile
Justfile Snakefile SConstruct configure BUILD WORKSPACE BUILD.bazel meson.build rules.cmake rules.mk main.tf
docker-bake.hcl flake.nix build.gradle init.gradle settings.gradle.kts Directory.Build.props shop.csproj
nuget.config pip.conf setup.cfg tox.ini pytest.ini uv.toml pdm.toml pixi.toml hatch.toml poetry.toml mise.toml
netlify.toml fly.toml pyproject.toml Cargo.toml go.mod go.sum Cargo.lock poetry.lock pom.xml lefthook.yml
skaffold.yaml values.yaml nb.ipynb shop.pth shop.egg-link logo.svg blob.wasm model.pkl id_rsa tls.pem run.bat setup.ps1
""".split()
AT_THE_TOP = """
tasks.py build.py make.py release.py deploy.py ci/run.sh infra/main.py deploy/run.py terraform/x.py ansible/x.py
k8s/deploy.yaml helm/values.json charts/shop/values.json vercel.json data.json notes.md plain2.csv
""".split()
# Wherever one looks, a file with every ending lies beside: no name is refused for being the first.
CROWDED = TREE | {
    f"{folder}plain.{ending}": Entry(data=b"x\n")
    for folder in ("", "shop/", "src/", "ci/", "infra/", "deploy/", "prompts/", "skills/deploy/")
    for ending in "py js mjs cjs ts go rs rb php swift exs zig hs clj pl kt dart sh css json jsonc"
    " yaml yml xml md txt".split()
}


@pytest.mark.parametrize("path", [*STEERING, *AT_THE_TOP])
def test_what_steers_needs_the_projects_word(path):
    places = ["", "shop/", "src/", "Shop/Sub/"] if path in STEERING else [""]
    for name in [place + path for place in places] + [path.swapcase()]:
        patch = Patch(changes=(Change(path=name, before=None, after=Entry(data=b"x\n")),))
        found = judge(patch, Rules(), proof_tests=(), tree=CROWDED)
        said = [each.message for each in found if each.rule == "protected"]
        assert len(said) == 1, (name, found)
        entry = json.loads(re.search(r'add (".*") to fix.allow', said[0])[1])
        allowed = judge(patch, Rules(allow=(entry,)), proof_tests=(), tree=CROWDED)
        assert "protected" not in {each.rule for each in allowed}, entry


def test_the_pattern_that_is_offered_opens_this_file_only():
    for name in ("a[b]/c*.tf", "!x.tf", "#x.tf", "a?.tf", "ä b.tf"):
        patch = Patch(changes=(Change(path=name, before=None, after=Entry(data=b"x\n")),))
        (said,) = judge(patch, Rules(), proof_tests=(), tree=TREE)
        entry = json.loads(re.search(r'add (".*") to fix.allow', said.message)[1])
        assert Rules(allow=(entry,)).allows(name)
        assert not Rules(allow=(entry,)).allows("ab/cd.tf")


def test_a_test_of_ours_may_be_the_first_of_its_folder_and_no_more():
    tree = {path: entry for path, entry in TREE.items() if path.startswith("cart/")}

    def verdict(path, chosen):
        patch = Patch(changes=(Change(path=path, before=None, after=Entry(data=b"X = 1\n")),))
        return refused(judge(patch, Rules(), proof_tests=(), tree=tree, chosen=chosen))

    ours = "tests/test_soulcaster_c9.py"
    assert verdict(ours, ())
    assert not verdict(ours, (ours,))
    assert verdict("conftest.py", ("conftest.py",))


def test_data_lies_beside_sources_but_not_where_tools_look_first():
    """At the top, and beside a manifest, any name may be that of a tool's configuration."""
    tree = {
        path: Entry(data=b"x\n")
        for path in (
            "app.js",
            "a.json",
            "web/a.js",
            "web/package.json",
            "web/a.json",
            "web/lib/a.js",
        )
    }

    def is_asked(path):
        patch = Patch(changes=(Change(path=path, before=None, after=Entry(data=b"{}\n")),))
        return refused(judge(patch, Rules(), proof_tests=(), tree=tree))

    assert [is_asked(f"{folder}odd.json") for folder in ("", "web/", "web/lib/")] == [
        True,
        True,
        False,
    ]
