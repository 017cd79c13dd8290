"""Which models take images, as their makers say.

https://ai.google.dev/gemini-api/docs/image-understanding,
https://platform.openai.com/docs/guides/images-vision,
https://docs.claude.com/en/docs/build-with-claude/vision. Of open weights those count whose name
says so. To any other model an image is its name.
"""

from __future__ import annotations

import re

# An image costs a model at most about so many tokens.
IMAGE_TOKENS = 1_600
_SEES = re.compile(
    r"(?:.*/)?(?:gemini-[1-9]|gpt-(?:4o|4\.1|4-turbo|[5-9])|o1(?!-mini)|o3(?!-mini)|o4-"
    r"|claude-(?:[3-9]|opus|sonnet|haiku)|.*(?:vision|-vl\b|llava|pixtral)|gemma-?3|llama-?4)",
    re.IGNORECASE,
)


def sees(model: str) -> bool:
    """Whether a model of this name, ``openai/gpt-5-mini`` or what a server calls it, does."""
    return bool(_SEES.match(model))
