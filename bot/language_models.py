"""Which language model answers for a project: as its file says, with its own keys or ours, and
counted against its caps. With a key that the project gave any model of that vendor is asked, and
where its file names none that vendor's alone. With ours, and where we lend them, those that we have
named: whoever writes a file cannot choose what we pay for."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from bot.adapters import choose_agent, choose_model
from bot.adapters.choose import AdapterChoices, ModelAccess
from bot.adapters.choose_model import Speak
from bot.adapters.language.structured import Models, Speaker
from bot.domain.models import PURPOSES, Purpose
from bot.domain.ports import Agent, Budget, LanguageModel
from bot.project_config import ProjectConfigs
from bot.repo_config import RepoConfig
from bot.settings import Settings
from bot.storage.own_keys import OwnKeys
from bot.storage.spending import Caps, ProjectMeter, Spending, Spent


class LanguageModels:
    """Those of every project; ``ours`` are the operator's settings and choices, and ``now`` is what
    months go by."""

    def __init__(
        self,
        ours: Callable[[], tuple[Settings, AdapterChoices]],
        configs: ProjectConfigs,
        keys: OwnKeys,
        spending: Spending,
        now: Callable[[], datetime],
    ) -> None:
        self._ours, self._configs, self._keys = ours, configs, keys
        self._spending, self._now = spending, now
        self._speakers: dict[tuple[object, ...], Speaker] = {}

    async def of(self, project: int, purpose: Purpose) -> LanguageModel | None:
        """What answers, or None: then everything is extractive. Nobody but us closes it."""
        reached = (choose_model.reachable(self._ours()[1], one) for one in choose_model.VENDORS)
        if not any(reached) and not await self._keys.all(project):
            return None
        return choose_model.language_model(await self.choices(project), purpose, self._kept)

    async def searcher(self, project: int) -> LanguageModel | None:
        """What searches the web, or None without a key for Gemini. Nobody but us closes it."""
        choices = await self.choices(project)
        if not choices.of("gemini").key:
            return None
        name = f"gemini/{choices.of('gemini').model}"
        return Models([self._kept(choices, name, choose_model.searcher)], meter=choices.meter)

    async def open(self, project: int, purpose: Purpose, run: int) -> LanguageModel | None:
        """One that counts what a run spends; whoever opens it closes it."""
        return choose_model.language_model(await self.choices(project, run), purpose)

    async def agents(self, project: int, run: int, names: str) -> list[Agent]:
        """Agents of the roster. Raises NotFound with the names there are, or ConfigError."""
        return choose_agent.agents(names, await self.choices(project, run))

    async def unreachable(self, project: int) -> list[str]:
        """Models that its file names and that nobody asks, for want of a key."""
        config, _ = await self._configs.known_and_quiet(project)
        choices = await self.choices(project)
        asked = {name for purpose in PURPOSES for name in choose_model.named(choices, purpose)}
        wanted = config.models.model_dump().values()
        return sorted({name for names in wanted for name in names} - asked)

    async def month(self, project: int) -> str:
        """What it has taken in this month, of how much, in words."""
        config, _ = await self._configs.known_and_quiet(project)
        found = await self._spending.month(project, f"{self._now():%Y-%m}")
        return found.get("", Spent()).told(caps_of(self._ours()[0], config))

    async def choices(self, project: int, run: int = 0) -> AdapterChoices:
        """What adapters are chosen by where it is for this project."""
        settings, ours = self._ours()
        config, _ = await self._configs.known_and_quiet(project)
        own = {vendor: one.key for vendor, one in (await self._keys.all(project)).items()}
        vendors, named = dict(ours.vendors), set[str]()
        for vendor, reached in ours.vendors.items():
            named.add(f"{vendor}/{reached.model}")
            if own.get(vendor):
                vendors[vendor] = replace(reached, key=own[vendor])
            elif vendor in own or (reached.key and not settings.soulcaster_lend_keys):
                vendors[vendor] = ModelAccess()
        lent, models = named.union(*ours.models.values()), dict(ours.models)
        mine = tuple(f"{vendor}/{vendors[vendor].model}" for vendor in own)[:1]
        for purpose in PURPOSES:
            if names := getattr(config.models, purpose):
                models[purpose] = tuple(n for n in names if n in lent or n.partition("/")[0] in own)
            elif mine:
                models[purpose] = mine
        caps = caps_of(settings, config)
        meter = ProjectMeter(self._spending, project, f"{self._now():%Y-%m}", caps, run)
        return replace(ours, vendors=vendors, models=models, meter=meter)

    def _kept(self, c: AdapterChoices, name: str, speak: Speak = choose_model.speaker) -> Speaker:
        """Its connections are kept for the next question."""
        key = (speak, name, c.of(name.partition("/")[0]))
        if key not in self._speakers:
            self._speakers[key] = speak(c, name)
        return self._speakers[key]

    async def close(self) -> None:
        """Release connections."""
        for speaker in self._speakers.values():
            await speaker.close()


def caps_of(settings: Settings, config: RepoConfig) -> Caps:
    """Of the operator's and the project's caps the lower."""

    def lower(*caps: float) -> float:
        return min((cap for cap in caps if cap), default=0)

    return Caps(
        dollars=lower(settings.soulcaster_month_dollars, config.spend.dollars),
        tokens=int(lower(settings.soulcaster_month_tokens, config.spend.tokens)),
        run_dollars=Budget().dollars,
    )
