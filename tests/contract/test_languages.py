"""What the mirror has of other languages: by the client that asks for it, where it is here."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from languages_double import ARTIFACTS, MODULE, LanguagesDouble, sums
from yarl import URL

from bot.adapters.sandboxes import isolation
from bot.adapters.sandboxes.environments import Environments
from bot.adapters.sandboxes.local import LocalSandboxes
from bot.adapters.sandboxes.registry import MAX_MISSES, Mirror
from bot.domain.fixes.environment import needs_of
from bot.domain.fixes.patch import Entry, tar_from_tree
from bot.domain.ports import Limits

NAME = "a" * 40
LOCK = """\
version = 3
[[package]]
name = "app"
version = "0.1.0"
dependencies = ["greeter"]
[[package]]
name = "greeter"
version = "1.2.0"
source = "registry+https://github.com/rust-lang/crates.io-index"
checksum = "{digest}"
"""
RUST = {
    "Cargo.toml": '[package]\nname = "app"\nversion = "0.1.0"\nedition = "2021"\n'
    '[dependencies]\ngreeter = "1"\n',
    "src/lib.rs": '#[test]\nfn greets() { assert_eq!(greeter::words(), "good day"); }\n',
}
GO = {
    "go.mod": f"module app.test/app\n\ngo 1.16\n\nrequire {MODULE} v1.2.0\n",
    "app_test.go": f'package app\n\nimport (\n\t"testing"\n\n\tgreeter "{MODULE}"\n)\n\n'
    'func TestIt(t *testing.T) {\n\tif greeter.Words() != "good day" {\n\t\tt.Fail()\n\t}\n}\n',
}


def sysroot(command: str, *asked: str) -> Path:
    """The folder of a language's own tools, which has a ``bin``."""
    if isolation.way() is None or not shutil.which(command):
        pytest.skip(f"{command} or bubblewrap is not here")
    done = subprocess.run([command, *asked], capture_output=True, text=True, check=True)
    return Path(done.stdout.strip())


async def used(
    tmp_path: Path, url: Any, files: dict[str, str], tools: Path, command: str
) -> tuple[list[str], str, str]:
    """What a build fetched, and what ``command`` said later, without network; or why not."""
    tree = {path: Entry(data=text.encode()) for path, text in files.items()}
    adapter = LocalSandboxes(
        tmp_path,
        tools=[*isolation.toolchain(), tools],
        environments=Environments(tmp_path / "kept", 10**9),
        registries={"crates": str(url / "index"), "go": str(url / "go")},
    )
    built = await adapter.open(template="", limits=Limits(), key="build", build=True)
    await built.upload(tar_from_tree(tree))
    for each in needs_of(tree, fetched=adapter.fetches).others:
        done = await built.run(each, timeout=100)
        assert done.exit_code == 0, done.stderr
    fetched = list(await built.keep(NAME))
    later = await adapter.open(template="", limits=Limits(), key="use", environment=NAME)
    await later.upload(tar_from_tree(tree))
    done = await later.run(command, timeout=100)
    await later.kill()
    return fetched, done.stdout, done.stderr


@asynccontextmanager
async def mirrored(serve: Any, double: LanguagesDouble) -> AsyncIterator[Any]:
    """``await got(path, method="GET")``: the mirror's status and body."""
    url = (await serve(double.app())).make_url("/")
    mirror = Mirror({"crates": f"{url}index/", "go": f"{url}go/", "maven": f"{url}maven2/"})
    await mirror.open()
    unix = aiohttp.UnixConnector(mirror.socket)
    try:
        async with aiohttp.ClientSession(connector=unix) as client:

            async def got(path: str, method: str = "GET") -> tuple[int, bytes]:
                url = URL(f"http://mirror{path}", encoded=True)
                async with client.request(method, url) as answer:
                    return answer.status, await answer.read()

            yield got
    finally:
        await mirror.close()


async def test_cargo_tests_with_crates_of_the_mirror(serve: Any, tmp_path: Path) -> None:
    tools = sysroot("rustc", "--print", "sysroot")
    double = LanguagesDouble("/dl/{lowerprefix}/{crate}-{version}.crate")
    url = (await serve(double.app())).make_url("/")
    lock = LOCK.format(digest=hashlib.sha256(double.crate).hexdigest())
    files = {**RUST, "Cargo.lock": lock}
    fetched, said, why = await used(tmp_path, url, files, tools, "cargo test")
    assert "test greets ... ok" in said, why
    assert fetched[-1] == "/crates/greeter/1.2.0/download"


async def test_go_tests_with_modules_of_the_mirror(serve: Any, tmp_path: Path) -> None:
    tools = sysroot("go", "env", "GOROOT")
    url = (await serve(LanguagesDouble().app())).make_url("/")
    fetched, said, why = await used(
        tmp_path, url, {**GO, "go.sum": sums()}, tools, "HOME=/tmp go test ./..."
    )
    assert said.startswith("ok"), why
    assert fetched[-1].endswith("/@v/v1.2.0.zip")


async def test_a_crate_lies_where_its_registry_says(serve: Any) -> None:
    double = LanguagesDouble()
    async with mirrored(serve, double) as got:
        assert json.loads((await got("/crates/config.json"))[1]) == {"dl": "http://mirror/crates"}
        assert await got("/crates/greeter/1.2.0/download") == (200, double.crate)
    assert double.asked == ["/index/config.json", "/dl/greeter/1.2.0/download"]


@pytest.mark.parametrize(
    "path",
    [
        "/crates/me",
        "/crates/api/v1/crates",
        "/crates/greeter/1.2.0/../../me",
        "/crates/greeter/1.2.0/download",  # before anybody asked where crates lie
        "/go/example.test/greeter/@v/v1.2.0.exe",
        "/go/sumdb/sum.test/lookup/x",
        "/go/../private/@v/list",
        "/go/a/../../private/@v/list",
        "/go/%2e%2e/private/@v/list",
        "/go/./@latest",
        "/maven/test/greeter/1.2.0/other-1.2.0.jar",
        "/maven/test/greeter/1.2.0/greeter-1.3.0.jar",
        "/maven/test/greeter/1.2.0/greeter-1.2.0.jar/",
        "/maven/test/greeter/1.2.0/",
        "/maven/greeter/maven-metadata.xml",
        "/maven/archetype-catalog.xml",
        "/maven/test/greeter/../private/1/private-1.jar",
        "/maven/test/greeter/%2e%2e/greeter-...jar",
        f"/maven/test/greeter/1/greeter-1-{'a' * 400}.jar",
        "/maven/http://other.test/greeter/1/greeter-1.jar",
    ],
)
async def test_nothing_else_is_passed_on(serve: Any, path: str) -> None:
    double = LanguagesDouble()
    async with mirrored(serve, double) as got:
        assert (await got(path))[0] == 404
        assert await got("/go/example.test/!greeter/@v/list") == (200, b"v1.2.0\n")
    assert double.asked == ["/go/example.test/!greeter/@v/list"]


async def test_of_maven_what_the_layout_has_is_read_and_nothing_is_sent(serve: Any) -> None:
    double = LanguagesDouble()
    there = "/maven/test/ex-ample/greeter/"
    async with mirrored(serve, double) as got:
        for end in ARTIFACTS:
            assert await got(there + end) == (200, end.encode())
        assert await got(f"{there}maven-metadata.xml", "HEAD") == (200, b"")
        for method in ("POST", "PUT", "DELETE"):
            assert (await got(f"{there}maven-metadata.xml", method))[0] == 405
        assert (await got("/maven/test/moved/1.0/moved-1.0.jar"))[0] == 302
    assert len(double.asked) == len(ARTIFACTS) + 2  # none where it led to


async def test_a_build_that_tells_a_story_in_names_is_not_heard_to_the_end(serve: Any) -> None:
    double = LanguagesDouble()
    async with mirrored(serve, double) as got:
        for word in range(MAX_MISSES + 1):
            assert (await got(f"/maven/test/it-{word}/maven-metadata.xml"))[0] == 404
        assert (await got("/maven/test/ex-ample/greeter/maven-metadata.xml"))[0] == 507
    assert len(double.asked) == MAX_MISSES + 1
