"""A registry of Python packages on loopback, of wheels made from what is installed here."""

import hashlib
import io
import zipfile
from collections.abc import Collection
from importlib.metadata import distribution

from aiohttp import web

JSON = "application/vnd.pypi.simple.v1+json"


def wheel_of(name: str) -> tuple[str, bytes]:
    """An installed distribution as a wheel: its name and its bytes."""
    found = distribution(name)
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for path in found.files or ():
            if ".." not in path.parts and path.suffix != ".pyc" and path.locate().is_file():
                data = b"" if path.name == "RECORD" else path.locate().read_bytes()
                archive.writestr(str(path), data)
    return f"{name.replace('-', '_')}-{found.version}-py3-none-any.whl", made.getvalue()


def wheel(name: str, version: str, files: dict[str, str]) -> tuple[str, bytes]:
    """A wheel of these files."""
    about = f"{name}-{version}.dist-info"
    files = {
        **files,
        f"{about}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{about}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{about}/RECORD": "",
    }
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
    return f"{name}-{version}-py3-none-any.whl", made.getvalue()


class RegistryDouble:
    """``html`` answers as registries do that know no JSON. ``asked`` are the requests it had;
    ``young`` are files that came on the last day of 2025, as all others on its first."""

    def __init__(
        self, wheels: list[tuple[str, bytes]], *, html: bool = False, young: Collection[str] = ()
    ) -> None:
        self.wheels, self.html, self.young = dict(wheels), html, young
        self.asked: list[str] = []

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_route("*", "/simple/{name}/", self._page)
        app.router.add_route("*", "/files/{name}", self._file)
        app.router.add_route("*", "/secret", self._file)
        return app

    async def _page(self, request: web.Request) -> web.Response:
        self.asked.append(f"{request.method} {request.path}")
        name = request.match_info["name"]
        files = [each for each in self.wheels if each.split("-")[0].replace("_", "-") == name]
        if not files:
            raise web.HTTPNotFound
        if self.html:
            links = "".join(f'<a href="../../files/{each}">{each}</a>' for each in files)
            return web.Response(text=f"<html><body>{links}</body></html>", content_type="text/html")
        listed = [
            {
                "filename": each,
                "url": f"../../files/{each}",
                "upload-time": f"2025-{'12-31' if each in self.young else '01-01'}T00:00:00Z",
                "hashes": {"sha256": hashlib.sha256(self.wheels[each]).hexdigest()},
            }
            for each in files
        ]
        page = {"meta": {"api-version": "1.1"}, "name": name, "files": listed}
        return web.json_response(page, content_type=JSON)

    async def _file(self, request: web.Request) -> web.Response:
        self.asked.append(f"{request.method} {request.path}")
        data = self.wheels.get(request.match_info.get("name", ""))
        if data is None:
            raise web.HTTPNotFound
        return web.Response(body=data, content_type="application/octet-stream")
