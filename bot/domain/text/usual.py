"""How usual a word is anywhere, for projects that are too small to know."""

from __future__ import annotations

from functools import cache
from importlib import resources

from bot.domain.text.terms import STOP, stem

# By Zipf's law the hundredth word of a language stands in nearly every report, the thousandth in
# one of ten.
_EVERYWHERE, _MOST = 100, 0.5


@cache
def usual() -> dict[str, float]:
    """The share of all reports in which a stemmed English word is to be expected, of the usual
    ones.

    ``usual.tsv`` has them by their frequency in books and an encyclopedia, the commonest first:
    the order of the words in the vocabulary of BERT (Apache-2.0), one of each stem.
    """
    table = resources.files(__package__).joinpath("usual.tsv").read_text(encoding="utf-8")
    ranked = enumerate(table.split(), start=len(STOP) + 1)
    return {stem(word): min(_MOST, _EVERYWHERE / rank) for rank, word in ranked}
