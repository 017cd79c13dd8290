"""A model for one run in a sandbox: our key stays here, a token with a cap goes there.

**Invariant:** what is forwarded was written anew from fields we know; nothing passes as it came.
"""

from bot.adapters.gateway.server import LARGEST, Cap, Gateway
