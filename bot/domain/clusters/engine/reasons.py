"""Why two reports look like one problem: what both say, quoted from both."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from bot.domain.clusters.engine.report import Report, frame_names
from bot.domain.text import mask, read, terms

PHRASES, FRAMES, QUOTE_LIMIT = 3, 5, 160
_TOKEN = re.compile(r"[^\W_][\w./-]*", re.UNICODE)
_LONGEST = 12  # words of a phrase


@dataclass(frozen=True, slots=True)
class Phrase:
    """The same words in both reports, each as it stands there."""

    ours: str
    theirs: str


@dataclass(frozen=True, slots=True)
class Reasons:
    """What two reports have in common."""

    phrases: tuple[Phrase, ...]
    errors: tuple[Phrase, ...]
    frames: tuple[str, ...]


def reasons(ours: Report, theirs: Report) -> Reasons:
    """The evidence that two reports are one problem, quoted from both."""
    a, b = read(ours.title, ours.body), read(theirs.title, theirs.body)
    mine, yours = frame_names(ours.frames or a.frames), frame_names(theirs.frames or b.frames)
    shared = [name for name in dict.fromkeys(mine) if name in set(yours)]
    lines = {mask(line).lower(): line for line in b.errors}
    same = [Phrase(_cut(e), _cut(lines[k])) for e in a.errors if (k := mask(e).lower()) in lines]
    return Reasons(
        phrases=shared_phrases(f"{a.title}\n{a.prose}", f"{b.title}\n{b.prose}"),
        errors=tuple(same[:PHRASES]),
        frames=tuple(shared[-FRAMES:]),
    )


def shared_phrases(ours: str, theirs: str) -> tuple[Phrase, ...]:
    """The longest runs of words both texts have, apart from endings and letter case."""
    mine, yours = list(_words(ours)), list(_words(theirs))
    places: dict[str, list[int]] = {}
    for place, (stem, _, _) in enumerate(yours):
        places.setdefault(stem, []).append(place)
    runs: list[tuple[int, int, int]] = []
    for i, (stem, _, _) in enumerate(mine):
        for j in places.get(stem, ())[:20]:
            if i and j and mine[i - 1][0] == yours[j - 1][0]:
                continue  # the middle of a run that was found already
            length = 1
            while (
                length < _LONGEST
                and i + length < len(mine)
                and j + length < len(yours)
                and mine[i + length][0] == yours[j + length][0]
            ):
                length += 1
            runs.append((length, i, j))
    chosen: list[Phrase] = []
    told: set[str] = set()
    for length, i, j in sorted(runs, key=lambda run: (-run[0], run[1], run[2])):
        stems = {mine[i + k][0] for k in range(length)}
        if len(chosen) == PHRASES or (length < 2 and chosen):
            break
        if stems <= told:
            continue
        told |= stems
        chosen.append(
            Phrase(
                _cut(ours[mine[i][1] : mine[i + length - 1][2]]),
                _cut(theirs[yours[j][1] : yours[j + length - 1][2]]),
            )
        )
    return tuple(chosen)


def _words(text: str) -> Iterator[tuple[str, int, int]]:
    """Content words with where they stand; stop words are passed over."""
    for match in _TOKEN.finditer(text):
        stems = terms(match[0])
        if stems:
            yield " ".join(stems), match.start(), match.end()


def _cut(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= QUOTE_LIMIT else line[: QUOTE_LIMIT - 1] + "…"
