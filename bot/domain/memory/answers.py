"""An answer, and what a language model is asked for one."""

from collections.abc import Collection, Sequence

from bot.domain.memory import written
from bot.domain.memory.counting import Kind, Row, Typed
from bot.domain.memory.passages import Chunk
from bot.domain.memory.web import WebAnswer
from bot.domain.memory.written import LONGEST, RULES, Cited
from bot.domain.models import Record

SENTENCES = 5

INSTRUCTIONS = f"""\
You answer a question about a software project from the material and from nothing else. It is JSON:
the question, what was asked before it, and chunks of reports, facts and problems.

Where they carry the answer: one to {SENTENCES} sentences of at most {LONGEST} characters, each with
the ids of the chunks that say it. Where they do not, "answered" is false and there is no sentence.
Where it asks how many, how often, which most, who, when, or before and after a release, say no
number: fill in "count" with its kind and the words that a report must have; it is counted for you.

What an image shows may be said in a sentence that cites that image by its name and nothing else.

{RULES}"""


class Count(Record):
    """A question that is to be counted."""

    kind: Kind
    words: str = ""


class AnswerDraft(Record):
    """An answer as a model gives it."""

    answered: bool
    sentences: tuple[Cited, ...] = ()
    count: Count | None = None


class Answered(Record):
    """What was found. ``way`` is how; so many ``chunks`` were read in so many ``seconds``.

    With neither ``sentences`` nor ``typed`` nobody knows. ``cited`` are chunks that are named.
    ``web`` is what pages say, where that was asked for."""

    question: str
    way: str
    chunks: int
    seconds: float
    sentences: tuple[Cited, ...] = ()
    typed: Typed | None = None
    rows: tuple[Row, ...] = ()
    cited: tuple[Chunk, ...] = ()
    note: str = ""
    web: WebAnswer | None = None


def mistakes(draft: AnswerDraft, chunks: Sequence[Chunk], shown: Collection[str] = ()) -> list[str]:
    """What is wrong with a model's answer, a line each; empty when it may be shown."""
    if not draft.answered or draft.count:
        return []
    if not draft.sentences:
        return ["it is said to be answered, and there is no sentence"]
    return written.mistakes(draft.sentences, chunks, SENTENCES, shown=shown)
