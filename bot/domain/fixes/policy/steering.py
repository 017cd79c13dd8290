"""Names of files that configure, build, deploy, hook or instruct. Only of those that pass for
source, text or data by their ending: any other file is asked about for its ending alone, and needs
no name here."""

import re
import unicodedata

_JS, _TEXT, _DATA = r"[cm]?[jt]sx?", r"(md|rst|adoc|txt)", r"(jsonc?|ya?ml|xml)"

_NAMES = {
    "instructions to agents": (
        r"(agents?|claude|gemini|qwen|codex|copilot|cursor|windsurf|cline|warp|jules|replit|skills?|"
        r"conventions|llms(-full)?|rules|prompts?|.*[-_.](instructions|prompt|chatmode|rules))"
        rf"(\..*)?\.{_TEXT}"
    ),
    "what the host reads": (
        r"((pull|merge)_request|issue)_template\..*|(codeowners|funding)(\..*)?"
    ),
    "packages": (
        r"(.*[-_.])?(requirements|constraints)([-_.].*)?\.txt|"
        r"(package|composer|deno|bower|jsr|project|global|elm|lerna|rush|nx|turbo|pnpm-.*|pubspec|"
        rf"environment|(.*[-_.])?(lock|shrinkwrap))(\..*)?\.({_DATA}|txt)"
    ),
    "build": (
        r"(setup|conf|noxfile|toxfile|fabfile|dodo|versioneer|hatch_build)\.py|"
        rf"(grunt|gulp|jake|mage)file\.({_JS}|go)|(webpack|rollup|ember-cli-build)(\..*)?\.{_JS}|"
        r"(build|package|setup|mix|project|makefile)\.(rs|swift|exs|zig|hs|clj|pl|jl|dart|scala)|"
        r"(cmakelists|meson_options)\.txt"
    ),
    "configuration": (
        rf"(.*\.(config|conf|setup|workspace|preset)|(.*[-_.])?(setup|teardown)([-_]?tests?)?)\.{_JS}|"
        r"(.*config|.*lint|babel|jest|biome|renovate|tasks|launch|settings|mcp|hooks|manifest|"
        rf"appsettings|credentials)(\..*)?\.{_DATA}|.*\.conf\.(py|rb|lua)|"
        r"(config|runtime)\.exs|(rector|ecs|robofile|castor|phpunit)\.(php|xml)"
    ),
    "deployment": (
        r"(vercel|now|netlify|firebase|wrangler|cdk|serverless|template|render|app|eas|codecov|"
        rf"(docker-)?compose|mkdocs|action|.*pipelines?|.*playbook)(\..*)?\.{_DATA}"
    ),
    "hook": (
        r"(conftest|(site|user)customize|_virtualenv)\.py|(entrypoint|bootstrap|configure)\.(sh|bash)|"
        r"((pre|post)[-_]?)?(gen.*|install|publish|build|pack|commit|push|merge|checkout|receive|"
        rf"release|deploy)\.(sh|bash)|(pre|post)[-_]?(gen.*|install|publish|build|pack)\.(py|{_JS})"
    ),
    "nothing a person can review": r".*[-.](min|bundle)\.(m?js|css)",
}
_STEERING = tuple((what, re.compile(pattern, re.DOTALL)) for what, pattern in _NAMES.items())
_FOLDERS = {
    name: what
    for what, names in {
        "what the host reads": "pull_request_template issue_template",
        "packages": "requirements constraints",
        "build": "buildsrc build-logic magefiles",
        "hook": "githooks git-hooks",
        "nothing a person can review": "site-packages",
    }.items()
    for name in names.split()
}
_DEPLOYING = re.compile(
    r"ci|infra(structure)?|deploy(ment)?|terraform|ansible|k8s|kubernetes|helm|charts"
)
_RUN_FROM_THE_TOP = re.compile(r"(tasks|build|make|release|deploy)\.py")
_INSTRUCTING = re.compile(r"prompts|skills|(sub)?agents|rules")
_TEXT_OR_DATA = re.compile(rf".*\.({_TEXT}|{_DATA})", re.DOTALL)


def folded(path: str) -> str:
    """A path as a file system sees it that knows no case, and one way to write a letter."""
    return unicodedata.normalize("NFKC", path).casefold()


def steers(path: str) -> str:
    """What a file called ``path`` decides for tools, hosts or agents; empty for nothing known."""
    *folders, name = folded(path).split("/")
    if any(part.startswith(".") for part in (*folders, name)):
        return "dot file or folder"
    for folder in folders:
        if folder in _FOLDERS:
            return _FOLDERS[folder]
    if folders and _DEPLOYING.fullmatch(folders[0]):
        return "deployment"
    if not folders and _RUN_FROM_THE_TOP.fullmatch(name):
        return "build"
    if any(map(_INSTRUCTING.fullmatch, folders)) and _TEXT_OR_DATA.fullmatch(name):
        return "instructions to agents"
    return next((what for what, pattern in _STEERING if pattern.fullmatch(name)), "")
