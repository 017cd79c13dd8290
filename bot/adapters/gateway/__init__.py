"""A model for one run in a sandbox: our key stays here, a token with a cap goes there.

**Invariant:** what is forwarded was written anew from fields we know; nothing passes as it came."""

from bot.adapters.gateway.anthropic import Anthropic
from bot.adapters.gateway.gemini import Gemini
from bot.adapters.gateway.openai import Chat, Responses
from bot.adapters.gateway.server import LARGEST, Cap, Gateway
from bot.adapters.gateway.wire import Wire

WIRES: dict[str, Wire] = {
    "anthropic": Anthropic(),
    "chat": Chat(),
    "responses": Responses(),
    "gemini": Gemini(),
}
