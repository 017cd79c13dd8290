"""Package registries as a build sees them: through us, and nothing else of the network. Only
reading what a registry itself lists is passed on. Python: the simple API,
https://packaging.python.org/en/latest/specifications/simple-repository-api/; npm: packuments and
their tarballs, https://github.com/npm/registry/blob/main/docs/REGISTRY-API.md; Go: the module proxy
protocol, https://go.dev/ref/mod#goproxy-protocol; crates: the sparse protocol,
https://doc.rust-lang.org/cargo/reference/registry-index.html; Maven: the layout of a repository,
https://maven.apache.org/repository/layout.html."""

import asyncio
import contextlib
import hashlib
import html
import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from aiohttp import ClientError, ClientResponse, ClientSession, ClientTimeout, web

from bot.domain.errors import Unavailable

MAX_BYTES = 4_000_000_000
MAX_REQUESTS = 20_000
# A build may ask by mistake for what is not there, and not tell a story in names.
MAX_MISSES = 500
_PASSED = ("Accept", "Range")
_PLAIN = re.compile(r"[\w.+/*;=, -]{1,200}", re.ASCII)
_KEPT = ("Content-Type", "Content-Range", "Accept-Ranges", "ETag")
_LINK = re.compile(r'(<a[^>]*\shref=")([^"#]+)')
_PYTHON = r"/python/{name:[a-z0-9][a-z0-9._-]{0,200}}/"
_NPM = r"(?:@[\w.-]{1,100}(?:/|%2[fF]))?[\w.-]{1,200}"
_TARBALL = r"/-/[\w.-]{1,250}\.tgz"
_GO = r"[\w.~!/-]{1,300}/@(?:latest|v/(?:list|[\w.~!+-]{1,200}\.(?:info|mod|zip)))"
_CRATE = "[A-Za-z][A-Za-z0-9_-]{0,63}"
_INDEX = rf"(?:[12]|3/[a-z]|[a-z][a-z0-9_-]/[a-z0-9_-]{{1,2}})/{_CRATE}"
_DOWNLOAD = rf"/crates/{{name:{_CRATE}}}/{{version:[\w.+-]{{1,100}}}}/download"

_PART = r"[A-Za-z0-9_][\w.+~-]{0,99}"
# A file is named by the folders that it lies in; one of a snapshot has the time in place of that.
_LAYOUT = re.compile(
    rf"(?=.{{1,400}}$)([A-Za-z0-9_][\w-]*/)+(?P<name>{_PART})/(?:(?P<version>{_PART}?)(?:-SNAPSHOT)?/"
    r"(?:(?P=name)-(?P=version)[\w.+~-]*\.[a-z0-9]+|maven-metadata\.xml)|maven-metadata\.xml)"
    r"(?:\.(?:md5|sha1|sha256|sha512))?",
    re.ASCII,
)

Registries = Mapping[str, str]


def registries_of(named: Registries) -> Registries:
    """The base URL of each, with its slash; of those not named, what this machine's client asks."""
    found = {"python": named.get("python") or _of_pip(), "npm": named.get("npm") or _of_npm()}
    found |= {kind: named.get(kind, "") for kind in ("go", "crates", "maven")}
    return {kind: url.rstrip("/") + "/" for kind, url in found.items() if url}


async def hosts_of(registries: Registries) -> list[str]:
    """The hosts of the registries, and of the files that the Python one lists."""
    urls = list(registries.values())
    accept = {"Accept": "application/vnd.pypi.simple.v1+json"}
    try:
        async with ClientSession(timeout=ClientTimeout(60), trust_env=True) as client:
            async with client.get(f"{registries['python']}pip/", headers=accept) as answer:
                listed = await answer.json(content_type=None)
            urls += [urljoin(registries["python"], each["url"]) for each in listed["files"]]
    except (ClientError, TimeoutError, LookupError, ValueError) as error:
        raise Unavailable(f"The registry of Python packages can't be read: {error!r}.") from error
    return sorted({host for url in urls if (host := urlsplit(url).hostname)})


def _of_pip() -> str:
    try:
        from pip._internal.models.index import PyPI
    except ImportError:
        return ""
    return str(PyPI.simple_url)


def _of_npm() -> str:
    npm = shutil.which("npm")
    if npm is None:
        return ""
    asked = [npm, "config", "get", "registry"]
    return subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()


def reached_by(base: str) -> Mapping[str, str]:
    """The environment in which package managers ask the registries at ``base``."""
    return {
        "UV_DEFAULT_INDEX": f"{base}/python/",
        "PIP_INDEX_URL": f"{base}/python/",
        "npm_config_registry": f"{base}/npm/",
        "npm_config_replace_registry_host": "always",
        "npm_config_audit": "false",
        "npm_config_fund": "false",
        "YARN_NPM_REGISTRY_SERVER": f"{base}/npm/",
        "YARN_UNSAFE_HTTP_WHITELIST": "127.0.0.1",
        "YARN_NODE_LINKER": "node-modules",
        "GOPROXY": f"{base}/go",
        # another host; what go.sum says is held to all the same
        "GOSUMDB": "off",
        "GOFLAGS": "-modcacherw",  # or nobody but root could prune it
    }


def configured(base: str, *, build: bool) -> Mapping[str, str]:
    """Files by their path beside ``home``, for those who read such things from a file alone."""
    mirror = f"<id>m</id><mirrorOf>*</mirrorOf><url>{base}/maven/</url>"
    mirrors = f"<mirrors><mirror>{mirror}</mirror></mirrors>"
    offline = f"<offline>{str(not build).lower()}</offline>"
    found = {"home/.m2/settings.xml": f"<settings>{offline}{mirrors}</settings>"}
    if build:
        found["environment/cargo/config.toml"] = (
            '[source.crates-io]\nreplace-with = "m"\n'
            f'[source.m]\nregistry = "sparse+{base}/crates/"\n'
        )
    return found


class Mirror:
    """Answers GET alone, and files alone that a page of a registry has listed. It listens at
    ``socket``. ``fetched`` are the paths that were asked for, in order: what a build read, and all
    that it could have told."""

    def __init__(self, registries: Registries) -> None:
        self._registries = registries
        self._files: dict[str, str] = {}
        self._crates = ""
        self._bytes = self._missed = 0
        self.fetched: list[str] = []
        self.socket = ""
        self._runner: web.AppRunner | None = None
        self._client: ClientSession | None = None

    async def open(self) -> None:
        """Listen at a socket that anybody may connect to who can see it."""
        # a socket's path must be short, and a data folder may lie deep
        folder = await asyncio.to_thread(tempfile.mkdtemp, prefix="soulcaster-")
        self.socket = f"{folder}/socket"
        app = web.Application()
        app.router.add_get(_PYTHON, self._index)
        app.router.add_get(r"/file/{token:[0-9a-f]{32}}/{name:[^/]+}", self._file)
        app.router.add_get(f"/{{kind:npm}}/{{path:{_NPM}(?:{_TARBALL})?}}", self._same)
        app.router.add_get(f"/{{kind:go}}/{{path:{_GO}}}", self._same)
        app.router.add_get(f"/{{kind:crates}}/{{path:{_INDEX}}}", self._same)
        app.router.add_get("/{kind:maven}/{path:.+}", self._artifact)
        app.router.add_get("/crates/config.json", self._config)
        app.router.add_get(_DOWNLOAD, self._crate)
        # what a lock holds, as npm and yarn put our host in it
        app.router.add_get(f"/{{path:{_NPM}{_TARBALL}}}", self._same)
        self._client = ClientSession(
            timeout=ClientTimeout(total=600, sock_read=60), trust_env=True, auto_decompress=True
        )
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        await web.UnixSite(self._runner, self.socket).start()
        await asyncio.to_thread(os.chmod, self.socket, 0o666)

    async def close(self) -> None:
        """Nobody is answered any more. Harmless when repeated."""
        if self._runner:
            await self._runner.cleanup()
        if self._client:
            await self._client.close()
        if self.socket:
            folder = Path(self.socket).parent
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)

    async def _index(self, request: web.Request) -> web.StreamResponse:
        """A project's files, each at an address of ours."""
        url = f"{self._registry('python')}{request.match_info['name']}/"
        kind, body = await self._read(url, request)
        if kind.endswith("+json"):
            page = json.loads(body)
            for each in page.get("files", ()):
                each["url"] = self._ours(urljoin(url, each["url"]))
            text = json.dumps(page)
        else:
            text = _LINK.sub(
                lambda link: link[1] + self._ours(urljoin(url, html.unescape(link[2]))),
                body.decode("utf-8", "replace"),
            )
        return web.Response(text=text, headers={"Content-Type": kind})

    def _ours(self, url: str) -> str:
        token = hashlib.sha256(url.encode()).hexdigest()[:32]
        self._files[token] = url
        return f"/file/{token}/{urlsplit(url).path.rpartition('/')[2]}"

    async def _file(self, request: web.Request) -> web.StreamResponse:
        url, name = self._files.get(request.match_info["token"]), request.match_info["name"]
        if url is None:
            raise web.HTTPNotFound
        asked = url.partition("#")[0]
        return await self._pass_on(asked + ".metadata" * name.endswith(".metadata"), request)

    async def _same(self, request: web.Request) -> web.StreamResponse:
        """Of a registry whose pages and files lie below one address."""
        base = self._registry(request.match_info.get("kind", "npm"))
        return await self._pass_on(base + request.match_info["path"], request)

    async def _artifact(self, request: web.Request) -> web.StreamResponse:
        """Where the registry leads elsewhere it is not followed."""
        if not _LAYOUT.fullmatch(request.match_info["path"]):
            raise web.HTTPNotFound(text="no place in the layout of a repository")
        return await self._same(request)

    async def _config(self, request: web.Request) -> web.StreamResponse:
        """Where crates lie, which is with us."""
        _, body = await self._read(self._registry("crates") + "config.json", request)
        self._crates = str(json.loads(body)["dl"])
        return web.json_response({"dl": f"http://{request.host}/crates"})

    async def _crate(self, request: web.Request) -> web.StreamResponse:
        name, version = request.match_info["name"], request.match_info["version"]
        if not self._crates:
            raise web.HTTPNotFound
        low = name.lower()
        folder = f"{low[:2]}/{low[2:4]}" if len(low) > 3 else f"3/{low[0]}" if low[2:] else len(low)
        marks = {"{crate}": name, "{version}": version, "{lowerprefix}": str(folder)}
        url = re.sub("{[a-z-]+}", lambda mark: marks.get(mark[0], mark[0]), self._crates)
        plain = f"/{name}/{version}/download" * (url == self._crates)
        return await self._pass_on(url + plain, request)

    def _registry(self, kind: str) -> str:
        if kind not in self._registries:
            raise web.HTTPNotFound(text=f"no {kind} registry is named here")
        return self._registries[kind]

    def _counted(self, request: web.Request, more: int = 0) -> None:
        """Raises where a build takes more than any honest one."""
        self._bytes += more
        if self._bytes > MAX_BYTES or len(self.fetched) > MAX_REQUESTS:
            raise web.HTTPInsufficientStorage(text="this build has fetched too much")
        if not more and self._missed > MAX_MISSES:
            raise web.HTTPInsufficientStorage(text="this build asks for what is not there")
        if not more:
            self.fetched.append(request.path)

    async def _read(self, url: str, request: web.Request) -> tuple[str, bytes]:
        self._counted(request)
        try:
            async with self._asked(url, request) as answer:
                self._missed += answer.status >= 300
                if answer.status != 200:
                    raise web.HTTPNotFound(text=f"the registry answers {answer.status}")
                body = await answer.read()
                self._counted(request, len(body))
                return answer.content_type, body
        except (ClientError, TimeoutError) as error:
            raise web.HTTPBadGateway(text=f"the registry can't be reached: {error}") from error

    async def _pass_on(self, url: str, request: web.Request) -> web.StreamResponse:
        self._counted(request)
        try:
            async with self._asked(url, request) as answer:
                self._missed += answer.status >= 300
                kept = {name: answer.headers[name] for name in _KEPT if name in answer.headers}
                out = web.StreamResponse(status=answer.status, headers=kept)
                # who has read enough of a file hangs up
                with contextlib.suppress(ConnectionError):
                    await out.prepare(request)
                    if request.method == "HEAD":
                        return out
                    async for piece in answer.content.iter_chunked(1 << 16):
                        self._counted(request, len(piece))
                        await out.write(piece)
                return out
        except (ClientError, TimeoutError) as error:
            raise web.HTTPBadGateway(text=f"the registry can't be reached: {error}") from error

    def _asked(self, url: str, request: web.Request) -> AbstractAsyncContextManager[ClientResponse]:
        if self._client is None:
            raise RuntimeError("the mirror is not open")
        if {".", ".."}.intersection(urlsplit(url).path.split("/")):
            raise web.HTTPNotFound  # it would lead out of the registry, to others of its host
        said = {name: request.headers.get(name, "") for name in _PASSED}
        return self._client.get(
            url,
            headers={name: text for name, text in said.items() if _PLAIN.fullmatch(text)},
            allow_redirects=request.match_info.get("kind") != "maven",
        )
