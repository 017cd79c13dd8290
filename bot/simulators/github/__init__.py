"""GitHub as it behaves on the wire for one GitHub App: REST API, webhooks, real git inside.

``records`` and ``world`` are what exists, ``actions`` what can be done (whoever does it),
``views`` how it looks as JSON, ``events`` and ``webhooks`` how the app hears of it, ``wire`` what
every request goes through, ``rest`` the API of the app, ``person`` what humans do by hand.

**Invariant:** actions change and tell; views only read; neither knows of HTTP.
"""

from __future__ import annotations

from bot.simulators.github.limits import Limits
from bot.simulators.github.simulator import GitHubSimulator, serve, serving

__all__ = ["GitHubSimulator", "Limits", "serve", "serving"]
