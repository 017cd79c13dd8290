"""What travels with a request from one layer to the next."""

from __future__ import annotations

from aiohttp import web

from bot.simulators.github.limits import Meter
from bot.simulators.github.wire.access import Access

ACCESS = web.RequestKey("access", Access)
METER = web.RequestKey("meter", Meter)
COUNTED = web.RequestKey("counted", bool)
PAGE = web.RequestKey("page", str)
