"""``mechanic``: repairs Python without a model, by searching small edits that turn red to green.

``agent`` is the adapter of the port, ``archive`` makes one file of ``engine``, and ``engine``
runs inside the sandbox.
"""

from bot.adapters.agents.mechanic.agent import Mechanic

__all__ = ["Mechanic"]
