"""What a project decides: its ``.github/soulcaster.yml`` above its organisation's, above ours. The
organisation's is the same file of its repository ``.github``, where the app is installed there."""

import asyncio
import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from bot.domain.errors import ConfigError, NotFound
from bot.domain.models import Project
from bot.github.app import READ, GitHubApp
from bot.github.wire import unless_refused
from bot.log import log
from bot.repo_config import PARTS, PATH, RepoConfig, read_repo_config, said_in
from bot.storage.projects import MOVED, Projects

_OF_OWNER = ".github"


@dataclass(frozen=True, slots=True)
class Origin:
    """A key of the file, its value in force, and who says so: ``.github/soulcaster.yml:3``.
    ``private``: the owner's repository says so, which not everybody may read who reads here."""

    key: str
    value: object
    where: str
    private: bool = False


class ProjectConfigs:
    """Those of every project."""

    def __init__(self, github: Callable[[], GitHubApp], projects: Projects) -> None:
        self._github, self._projects = github, projects

    async def in_force(self, project: Project) -> RepoConfig:
        """As the default branches say now (ETag-cached). While a file is wrong the last good one
        stays in force; raises ConfigError when there is none: nothing is guessed."""
        stood = await self._projects.config(project.id)
        try:
            config = await self.written(project)
        except ConfigError as error:
            if stood is None:
                raise
            log.warning("the last good file stays in force", why=str(error))
            return _kept(stood)
        if (written := config.model_dump_json(exclude_defaults=True)) != stood:
            await self._projects.keep_config(project.id, written)
        return config

    async def known(self, project: Project) -> RepoConfig:
        """As it could be read last, without asking GitHub."""
        return _kept(await self._projects.config(project.id) or "{}")

    async def is_quiet(self, project: int) -> bool:
        """Whether nothing is written to GitHub: its file says so, or nobody has agreed yet."""
        return (await self.known_and_quiet(project))[1]

    async def known_and_quiet(self, project: int) -> tuple[RepoConfig, bool]:
        """Both as they were known last."""
        found, asked = await self._projects.config_and_onboarding(project)
        config = _kept(found or "{}")
        settled = bool(config.mode) and not asked.startswith(MOVED)
        return config, config.mode == "quiet" if settled else bool(asked)

    async def written(self, project: Project) -> RepoConfig:
        """What the files say. Raises ConfigError with the lines that are wrong."""
        own, (below, _) = await self.own(project), await self._of_owner(project)
        layers = [each.model_dump(exclude_unset=True) for each in (own or RepoConfig(), below)]
        whole = RepoConfig.model_validate(_over(*layers))
        if whole.mode or own is None:
            return whole
        return whole.model_copy(update={"mode": "act"})  # whoever wrote it has said yes

    async def own(self, project: Project, ref: str = "") -> RepoConfig | None:
        """What the project's own file says as of ``ref``, its default branch unless given; None
        where there is none. Raises ConfigError with the lines that are wrong."""
        file = await self.file(project, ref)
        # It may be anybody's, so it is not read on the loop.
        return await asyncio.to_thread(read_repo_config, file) if file else None

    async def origins(self, project: Project) -> list[Origin]:
        """Every key with its value in force. Raises ConfigError."""
        config, (_, theirs) = await self.in_force(project), await self._of_owner(project)
        said: dict[str, str] = {}
        for whose in filter(None, (theirs, project)):
            lines = await asyncio.to_thread(said_in, await self.file(whose))
            where = PATH if whose is project else f"{whose.full_name}:{PATH}"
            said |= {key: f"{where}:{line}" for key, line in lines.items()}
        values = _flat(config.model_dump())
        found = {key: said.get(key, "") for key in values}
        hidden = f"{theirs.full_name}:" if theirs and theirs.private else None
        return [
            Origin(key, value, found[key], hidden is not None and found[key].startswith(hidden))
            for key, value in values.items()
        ]

    async def file(self, project: Project, ref: str = "", path: str = PATH) -> bytes:
        """A file of the project; empty where there is none. Raises ConfigError if too large."""
        at = f"/contents/{path}" + (f"?ref={ref}" if ref else "")
        found = await unless_refused(self._github().repo(project, READ).get(at), 404)
        if found is None:
            return b""
        if found["size"] and not found["content"]:
            # https://docs.github.com/en/rest/repos/contents: over 1 MB there is no content
            raise ConfigError(f"{path}: {found['size']:,} bytes are too many to be read.")
        return await asyncio.to_thread(base64.b64decode, found["content"])

    async def _of_owner(self, project: Project) -> tuple[RepoConfig, Project | None]:
        """What the organisation's file says, and whose it is; nothing while that is wrong, or where
        more people read of the project than of it."""
        owner = project.full_name.partition("/")[0]
        try:
            theirs = await self._projects.named(f"{owner}/{_OF_OWNER}")
            if theirs.id != project.id and (project.private or not theirs.private):
                return await self.own(theirs) or RepoConfig(), theirs
        except NotFound:
            pass
        except ConfigError as error:
            log.warning("the organisation's file is left out", owner=owner, why=str(error))
        return RepoConfig(), None


def _kept(stored: str) -> RepoConfig:
    """What was in force last; a schedule that an older version took unread is left out."""
    try:
        return RepoConfig.model_validate_json(stored, extra="ignore")
    except ValidationError:
        return RepoConfig.model_validate(json.loads(stored) | {"digest": {}}, extra="ignore")


def _over(above: Mapping[str, Any], below: Mapping[str, Any]) -> dict[str, Any]:
    """``above`` over ``below``, part by part; a list or table of names is taken whole."""
    merged = {**below, **above}
    for key in above.keys() & below.keys():
        if key in PARTS:
            merged[key] = _over(above[key], below[key])
    return merged


def _flat(values: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in values.items():
        if key in PARTS:
            flat |= _flat(value, f"{before}{key}.")
        else:
            flat[f"{before}{key}"] = value
    return flat
