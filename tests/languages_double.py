"""Registries of Go modules, crates and Maven on loopback, as their protocols are described.

https://go.dev/ref/mod#goproxy-protocol,
https://doc.rust-lang.org/cargo/reference/registry-index.html,
https://maven.apache.org/repository/layout.html
"""

import base64
import hashlib
import io
import json
import tarfile
import zipfile

from aiohttp import web

MODULE, VERSION = "example.test/Greeter", "v1.2.0"
# Below the folder of an artifact.
ARTIFACTS = (
    "maven-metadata.xml",
    *("maven-metadata.xml.sha1", "1.2.0/greeter-1.2.0.pom", "1.2.0/greeter-1.2.0.pom.sha512"),
    *(
        "1.2.0/greeter-1.2.0-tests.jar",
        "1.2.0/greeter-1.2.0.tar.gz",
        "2.0-rc.1/greeter-2.0-rc.1.jar",
    ),
    *("3-SNAPSHOT/maven-metadata.xml", "3-SNAPSHOT/greeter-3-20260102.030405-1.jar"),
)


def crate(name: str, version: str) -> bytes:
    """A library with one function, ``words``."""
    about = f'[package]\nname = "{name}"\nversion = "{version}"\nedition = "2021"\n'
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as archive:
        for path, text in (
            ("Cargo.toml", about),
            ("src/lib.rs", 'pub fn words() -> &\'static str { "good day" }\n'),
        ):
            member = tarfile.TarInfo(f"{name}-{version}/{path}")
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode()))
    return made.getvalue()


def module() -> dict[str, bytes]:
    """What a proxy has of it, by the end of the path."""
    mod = f"module {MODULE}\n\ngo 1.16\n"
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr(f"{MODULE}@{VERSION}/go.mod", mod)
        words = 'package greeter\n\nfunc Words() string { return "good day" }\n'
        archive.writestr(f"{MODULE}@{VERSION}/greeter.go", words)
    info = json.dumps({"Version": VERSION, "Time": "2026-01-02T03:04:05Z"})
    return {
        "list": f"{VERSION}\n".encode(),
        f"{VERSION}.info": info.encode(),
        f"{VERSION}.mod": mod.encode(),
        f"{VERSION}.zip": made.getvalue(),
    }


def sums() -> str:
    """Its lines of ``go.sum``: https://pkg.go.dev/golang.org/x/mod/sumdb/dirhash#Hash1"""
    lines = ""
    held = module()
    with zipfile.ZipFile(io.BytesIO(held[f"{VERSION}.zip"])) as archive:
        files = {name: archive.read(name) for name in sorted(archive.namelist())}
    for what, of in (("", files), ("/go.mod", {"go.mod": held[f"{VERSION}.mod"]})):
        said = "".join(f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in of.items())
        digest = base64.b64encode(hashlib.sha256(said.encode()).digest()).decode()
        lines += f"{MODULE} {VERSION}{what} h1:{digest}\n"
    return lines


class LanguagesDouble:
    """``asked`` are the paths it had. ``dl`` is the template of addresses of crates, below it."""

    def __init__(self, dl: str = "/dl") -> None:
        self.dl, self.crate, self.asked = dl, crate("greeter", "1.2.0"), list[str]()

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/{path:.*}", self._answer)
        return app

    async def _answer(self, request: web.Request) -> web.Response:
        self.asked.append(request.path)
        if request.path.endswith("/moved-1.0.jar"):
            raise web.HTTPFound("/dl/greeter/1.2.0/download")
        digest = hashlib.sha256(self.crate).hexdigest()
        entry = {
            "name": "greeter",
            "vers": "1.2.0",
            "deps": [],
            "cksum": digest,
            "features": {},
            "yanked": False,
        }
        found = {
            "/index/config.json": json.dumps({"dl": f"http://{request.host}{self.dl}"}).encode(),
            "/index/gr/ee/greeter": json.dumps(entry).encode() + b"\n",
            "/dl/greeter/1.2.0/download": self.crate,
            "/dl/gr/ee/greeter-1.2.0.crate": self.crate,
            **{f"/maven2/test/ex-ample/greeter/{end}": end.encode() for end in ARTIFACTS},
            # a capital letter is written so
            **{f"/go/example.test/!greeter/@v/{end}": data for end, data in module().items()},
        }
        if request.path not in found:
            raise web.HTTPNotFound
        return web.Response(body=found[request.path])
