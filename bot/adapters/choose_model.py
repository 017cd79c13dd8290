"""Which language models answer, by what they are asked for: names such as ``openai/gpt-5-mini``.
Each purpose has a list: the first answers, and where it is away the next does. Only vendors that
are named there are asked; where none is named it is the first of ours that has a key."""

from collections.abc import Callable, Mapping

from bot.adapters.choose import AdapterChoices, ModelAccess
from bot.adapters.language.structured import Models, Speaker
from bot.domain.models import PURPOSES, Purpose
from bot.domain.ports import LanguageModel

# Of a vendor: its name for people, and the setting that holds its key.
VENDORS = {
    "anthropic": ("Anthropic", "ANTHROPIC_API_KEY"),
    "openai": ("OpenAI", "OPENAI_API_KEY"),
    "gemini": ("Google", "GEMINI_API_KEY"),
}
_ANTHROPIC = "https://api.anthropic.com"

Speak = Callable[[AdapterChoices, str], Speaker]


def reachable(c: AdapterChoices, vendor: str) -> bool:
    """Whether there is a key for it, or a server of one's own that may want none."""
    return bool(c.of(vendor).key or (vendor == "openai" and c.of(vendor).base_url))


def _gemini(c: AdapterChoices, model: str, *, searches: bool = False) -> Speaker:
    from bot.adapters.language.gemini import GeminiSearcher, GeminiSpeaker

    made = GeminiSearcher if searches else GeminiSpeaker
    key, url = c.of("gemini").key, c.of("gemini").base_url
    return made(api_key=key, model=model, base_url=url or None, guard=c.guard("Gemini"))


def searcher(c: AdapterChoices, name: str) -> Speaker:
    """A model of Gemini's that searches the web; whoever makes it closes it."""
    return _gemini(c, name.partition("/")[2], searches=True)


def _openai(c: AdapterChoices, model: str) -> Speaker:
    to = c.of("openai")
    return _chat(c, to, model, base_url=to.base_url, service=to.host or "OpenAI", of="openai")


def _anthropic(c: AdapterChoices, model: str) -> Speaker:
    """Claude, which Anthropic serves on OpenAI's wire, too.

    https://docs.claude.com/en/api/openai-sdk"""
    to = c.of("anthropic")
    url = f"{(to.base_url or _ANTHROPIC).rstrip('/')}/v1/"
    return _chat(c, to, model, base_url=url, service="Anthropic", of="anthropic")


def _chat(
    c: AdapterChoices, to: ModelAccess, model: str, *, base_url: str, service: str, of: str
) -> Speaker:
    from bot.adapters.language.openai import OpenAISpeaker

    return OpenAISpeaker(
        api_key=to.key,
        model=model,
        base_url=base_url,
        service=service,
        provider=of,
        guard=c.guard("OpenAI" if of == "openai" else "Anthropic"),
    )


SPEAKERS: Mapping[str, Speak] = {"gemini": _gemini, "openai": _openai, "anthropic": _anthropic}


def speaker(c: AdapterChoices, name: str) -> Speaker:
    """The model of a name; whoever makes it closes it."""
    vendor, _, model = name.partition("/")
    return SPEAKERS[vendor](c, model)


def named(c: AdapterChoices, purpose: Purpose) -> tuple[str, ...]:
    """Who is asked, in this order; nobody where there is no key."""
    if purpose in c.models:
        return tuple(n for n in c.models[purpose] if reachable(c, n.partition("/")[0]))
    first = (vendor for vendor in ("gemini", "openai") if reachable(c, vendor))
    return tuple(f"{vendor}/{c.of(vendor).model}" for vendor in first)[:1]


def language_model(
    c: AdapterChoices, purpose: Purpose, speak: Speak = speaker
) -> LanguageModel | None:
    """The models of a purpose as one, or None; whoever makes it closes it."""
    names = named(c, purpose)
    if not names:
        return None
    return Models([speak(c, n) for n in names], meter=c.meter, seconds=c.model_seconds)


def model_of(c: AdapterChoices, vendor: str) -> str:
    """The model that an agent asks a vendor for."""
    names = (name.partition("/") for name in c.models.get("agent", ()))
    return next((model for of, _, model in names if of == vendor), c.of(vendor).model)


def explain(c: AdapterChoices) -> tuple[str, str, str]:
    """``(need, models in use, why)``."""
    of = {purpose: ", else ".join(named(c, purpose)) for purpose in PURPOSES}
    said = [f"{purpose}: {names or 'none: extractive'}" for purpose, names in of.items()]
    if len({*of.values()}) == 1:
        said = [next(iter(of.values())) or "none: extractive"]
    first = next((vendor for vendor in ("gemini", "openai") if reachable(c, vendor)), "")
    why = "no GEMINI_API_KEY and no OPENAI_API_KEY"
    if first:
        why = f"{VENDORS[first][1] if c.of(first).key else 'OPENAI_BASE_URL'} is set"
    return "language model", "; ".join(said), "SOULCASTER_MODELS says so" if c.models else why
