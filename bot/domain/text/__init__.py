"""What a report says, freed of what is only noise. ``read`` takes a title and a body apart into
prose, code, error lines and stack frames; ``mask`` hides what differs between two reports of one
problem (numbers, ids, paths, times); ``fingerprint`` names exact and near-exact repeats; ``terms``
are the words to search by, ``usual`` says how usual one is. Everything here is a pure function of
its arguments."""

from bot.domain.text.fingerprint import fingerprint, stack_signature, template, template_key
from bot.domain.text.frames import frames_of
from bot.domain.text.glossary import in_english
from bot.domain.text.masking import mask
from bot.domain.text.names import names
from bot.domain.text.reading import BODY_LIMIT, CommonLines, read
from bot.domain.text.terms import terms, usual, whole_words
