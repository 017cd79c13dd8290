"""One card, two markups.

Markup is written in this room and nowhere else. **Invariant:** text from outside leaves it dead:
it notifies nobody, links nowhere, starts no command and is never read as markup. **Invariant:**
whatever the card, what comes out is within the limits of the place it goes to; a card that is too
long is shortened before it is rendered, so that no marker, fence or entity is ever cut in two."""

from bot.render.blocks import SlackMessage, render_blocks
from bot.render.markdown import Markdown, render_document, render_markdown
from bot.render.marker import marker, ticked, words_of
from bot.render.sections import part_of, replace_part, replace_sections, without_part
