"""The one way out: whatever people read on GitHub or in Slack is a card that goes through here.

**Invariant:** a card stands only where everybody who reads there may read it; elsewhere a line says
that it is private. Nobody else renders, and no vendor's client takes words that were not rendered.
"""

from bot.say.audience import readers_at, room_of
from bot.say.cards import hide, in_words, paused_or_not, say, whisper, whole_or_not, withdraw
from bot.say.documents import (
    answer_thread,
    edit_pull,
    keep_part,
    open_pull,
    put_check,
    show_home,
    suggest,
    take_out,
    tell,
    unfurl,
    write_issue,
)
