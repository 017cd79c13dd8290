"""Whether a report may hold an example that can be run, as far as its words alone tell."""

from __future__ import annotations

import re

from bot.domain.models import Item

# A session of a prompt, or a call with its values; and beside it what comes, or should.
_RUN = re.compile(r"^\s*(?:>>>|\$)\s\S|[A-Za-z_][\w.]{0,99}\([^()\n]{0,200}\)", re.MULTILINE)
_SAID = re.compile(
    r"expect|should|instead|return|give|gave|rais|error|exception|got|print|[!=]=|->|→",
    re.IGNORECASE,
)


def shows_example(item: Item) -> bool:
    """Whether a fix may find something to run in it; which test that makes needs the checkout."""
    return bool(_RUN.search(item.body) and _SAID.search(item.body))
