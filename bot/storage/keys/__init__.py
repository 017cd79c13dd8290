"""THE Redis schema: every key is made in this room, each kind with its owner and its time."""

# A room with one door: every name of these files is a kind of key.
from bot.storage.keys.project import *  # noqa: F403
from bot.storage.keys.shared import *  # noqa: F403
from bot.storage.schema import KINDS, Kind

KINDS.update({name: each for name, each in globals().items() if isinstance(each, Kind)})
