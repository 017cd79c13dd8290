"""A template of E2B's machines with what fixes need, made by their SDK's own builder.
https://e2b.dev/docs/template/quickstart"""

from collections.abc import Callable
from typing import Any

from e2b import AsyncTemplate
from e2b.exceptions import BuildException
from e2b.template.main import TemplateBuilder

from bot.adapters.sandboxes.e2b import errors
from bot.domain.errors import Rejected

NAME = "soulcaster"
SECONDS = 1_800.0


def wanted() -> TemplateBuilder:
    """Debian with Python, git and compilers; Node; uv, so that no build fetches it again."""
    image = AsyncTemplate().from_python_image("3.12")
    tools = image.apt_install(["nodejs", "npm"], no_install_recommends=True).pip_install("uv")
    return tools.run_cmd("python3 --version && git --version && node --version && uv --version")


async def build(api_key: str, api_url: str, told: Callable[[str], None]) -> str:
    """Its name, once it is built; ``told`` hears each line. Raises Rejected or Unavailable."""
    options: dict[str, Any] = {"api_url": api_url} if api_url else {}
    options |= {"api_key": api_key, "debug": False, "cpu_count": 2, "memory_mb": 4096}
    try:
        async with errors(SECONDS):
            made = await AsyncTemplate.build(
                wanted(), NAME, on_build_logs=lambda entry: told(entry.message), **options
            )
    except BuildException as error:
        raise Rejected(f"E2B did not build it: {error}", status=422) from error
    return made.name
