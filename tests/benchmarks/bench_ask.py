"""How questions are answered: on a dev set over Go's issues, and on the forty of asked.yml.

    .venv/bin/python tests/benchmarks/bench_ask.py [--dev|--sizes]

``--dev`` shows, for each bound of the score, how many of the dev set's questions are
answered from a chunk that bears the answer and how many are refused: ENOUGH in
``bot/domain/memory/passages.py`` is from it, where 1.10 to 1.25 do as well. On the forty 1.15
answers one question more and refuses one fewer.

``--sizes`` shows what one question costs among so many made reports: the search, the sentences of
its chunks, and a count; and what the search adds to the memory of the process. What it reads from
Redis is the same at any size.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import resource
import statistics
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np
from asked import asked, history
from length import FULL, announce

from bot.adapters import choose
from bot.domain.audience import Audience
from bot.domain.clusters.engine import Engine, calibration_for
from bot.domain.clusters.engine.report import hashed
from bot.domain.memory import passages
from bot.domain.memory.passages import Chunk, Passage
from bot.domain.models import Item
from bot.domain.ports import Embedder
from bot.domain.text import terms
from bot.settings import Settings
from workers.clusters.evidence import report_of
from workers.memory.retrieve import answered, passages_of

GO = Path(os.environ.get("SOULCASTER_SHARED", "../shared")) / "clustering/gh_go.jsonl"
READ = 1_100
DEV = {
    "Does closing a TLS connection return an error?": "go-1037",
    "Which whitespace does gofmt remove inside raw strings?": "go-1030",
    "Should https dial check the host name against the certificate?": "go-1093",
    "Why are external packages lost after all.bash?": "go-897",
    "Can Unmarshal read xml element names with an underscore?": "go-569",
    "Does the regexp package handle lazy quantifiers?": "go-351",
    "What is the typo in Effective Go?": "go-218",
    "Why does http.Get crash with an Icecast server?": "go-775",
    "Is the grammar of an operand ambiguous?": "go-152",
    "Does netchan buffer a message in the unbounded case?": "go-790",
    "Can constants be struct values?": "go-359",
    "Does 6g interpret //line comments?": "go-175",
    "Does the build fail on Ubuntu 9.10?": "go-19",
    "What does path.TestWalk say when it fails?": "go-44",
}
NOBODY = (
    "Does the shop support Apple Pay?",
    "How do I cancel my subscription?",
    "Which colour scheme does the website have at night?",
    "Who is the lead designer of the logo?",
    "What is the salary of a release manager?",
    "When is the next conference in Berlin?",
    "Can I pay by invoice?",
    "Is there a Kubernetes operator?",
    "Which generics syntax was chosen for type parameters?",
    "How do I reset my password?",
    "Does the debugger run on an iPad?",
    "What is the phone number of the office?",
    "Why is my pizza cold?",
    "Which insurance covers hardware theft?",
)


async def engine_of(items: list[Item], embedder: Embedder) -> Engine:
    """What was reported, remembered as a project's is."""
    engine = Engine(calibration_for(embedder.id), embedder.dimensions)
    readings = [engine.read(report_of(item)) for item in items]
    vectors = await embedder.embed([reading.text for reading in readings])
    for reading, vector in zip(readings, vectors, strict=True):
        engine.add(reading, vector, None)
    return engine


async def chunks_for(
    question: str, engine: Engine, items: dict[int, Item], embedder: Embedder, most: int = 50
) -> list[Chunk]:
    """The best chunks for a question."""
    found = await answered(question, engine, embedder, most)
    return [passages.report_chunk(items[number]) for number in found]


def go() -> dict[int, Item]:
    """Go's first issues."""
    now, found = datetime(2026, 1, 1, tzinfo=UTC), {}
    for number, line in enumerate(GO.read_text().splitlines()[:READ], 1):
        row = json.loads(line)
        at = datetime.fromisoformat(row["created_at"])
        found[number] = Item(
            number=number, audience=Audience.PUBLIC, source="github", key=row["id"],
            event=row["id"], title=row["title"][:1000], body=row["body"], occurred_at=at,
            created_at=now, updated_at=now,
        )  # fmt: skip
    return found


async def dev(embedder: Embedder) -> None:
    items = go()
    engine = await engine_of([*items.values()], embedder)
    top: dict[str, tuple[float, bool]] = {}
    for question in (*DEV, *NOBODY):
        chunks = await chunks_for(question, engine, items, embedder)
        weighed = await passages_of(question, chunks, embedder)
        keys = [items[int(each.chunk.name[2:])].key for each in weighed[:4]]
        first = weighed[0] if weighed else Passage("", chunks[0], 0.0)
        top[question] = first.score, DEV.get(question) in keys
        print(
            f"{first.score:.2f} {first.carries:.2f} {DEV.get(question, '-'):8} "
            f"{DEV.get(question) in keys!s:5} {question} -> {first.text[:60]}"
        )
    for percent in range(60, 150, 5):
        right = sum(score >= percent / 100 and hit for score, hit in top.values())
        refused = sum(top[question][0] < percent / 100 for question in NOBODY)
        print(f"{percent / 100:.2f} answered {right}/{len(DEV)} refused {refused}/{len(NOBODY)}")


def made(number: int, chance: random.Random) -> Item:
    """A report of 60 words, some usual and most rare, as words are."""
    now = datetime(2026, 1, 1, tzinfo=UTC)
    told = [f"word{int(chance.paretovariate(0.7)) % 50_000}x" for _ in range(60)]
    return Item(
        number=number, audience=Audience.PUBLIC, source="github", key=f"{number}", event="e",
        title=" ".join(told[:6]), body=" ".join(told[6:]) + ".", occurred_at=now, created_at=now,
        updated_at=now,
    )  # fmt: skip


def held() -> float:
    """MB of memory that this process has had at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


async def sizes(embedder: Embedder) -> None:
    announce("a minute", "ten minutes")
    chance, rng = random.Random(17), np.random.default_rng(17)
    engine, items = Engine(calibration_for(embedder.id), embedder.dimensions), dict[int, Item]()
    await embedder.embed(["warm"])
    print(f"{'reports':>9}{'search ms':>11}{'sentences ms':>14}{'count ms':>10}{'adds MB':>9}")
    for size in (1_000, 10_000, 100_000) if FULL else (1_000, 10_000):
        for number in range(len(items) + 1, size + 1):
            items[number] = made(number, chance)
            vector = rng.normal(size=embedder.dimensions).astype(np.float32)
            reading = engine.read(report_of(items[number]))
            engine.add(reading, vector / np.linalg.norm(vector), None)
        times, before = [list[float]() for _ in range(3)], held()
        for each in chance.sample(range(1, size), 9):
            asked_about = " ".join(terms(items[each].body)[:5])
            began = time.perf_counter()
            found = await answered(asked_about, engine, embedder, 400)
            searched = time.perf_counter()
            await passages_of(
                asked_about, [passages.report_chunk(items[n]) for n in found[:50]], embedder
            )
            read = time.perf_counter()
            engine.having(hashed(terms(asked_about)[:2]))
            spent = (searched - began, read - searched, time.perf_counter() - read)
            for kept, seconds in zip(times, spent, strict=True):
                kept.append(1000 * seconds)
        print(
            f"{size:9,}{statistics.median(times[0]):11.0f}{statistics.median(times[1]):14.0f}"
            f"{statistics.median(times[2]):10.1f}{held() - before:9.0f}",
            flush=True,
        )


async def main() -> None:
    embedder = choose.embedder(choose_of(Settings()))
    wanted = {"--dev": dev, "--sizes": sizes}
    try:
        await wanted.get(" ".join(sys.argv[1:]), forty)(embedder)
    finally:
        await embedder.close()


def choose_of(settings: Settings) -> choose.AdapterChoices:
    from bot.context import Context

    return Context.choices_of(settings)


async def forty(embedder: Embedder) -> None:
    """Recall and answers over the demo's reports alone, and among Go's."""
    demo = history(datetime(2026, 3, 2, 9, 0, tzinfo=UTC))
    for name, more in (("demo", {}), ("demo among Go's", go() if GO.exists() else {})):
        items = {item.number: item for item, _ in demo}
        items |= {
            number + 1_000: item.model_copy(update={"number": number + 1_000})
            for number, item in more.items()
        }
        about = {item.number: problem for item, problem in demo}
        engine = await engine_of([*items.values()], embedder)
        at10 = at50 = whole = answers = 0.0
        for each in asked()["answered"]:
            chunks = await chunks_for(each["ask"], engine, items, embedder)
            wanted = {n for n, problem in about.items() if problem == each["problem"]}
            got = [int(chunk.name[2:]) for chunk in chunks]
            at10 += len(wanted & {*got[:10]}) / min(10, len(wanted))
            at50 += len(wanted & {*got}) / len(wanted)
            best = passages.best(await passages_of(each["ask"], chunks, embedder))
            answers += any(about.get(int(one.chunk.name[2:])) == each["problem"] for one in best)
            whole += bool(best) and all(one.text in one.chunk.sentences for one in best)
            if not best:
                print("   refused:", each["ask"])
        refused = 0
        for question in asked()["refused"]:
            chunks = await chunks_for(question, engine, items, embedder)
            best = passages.best(await passages_of(question, chunks, embedder))
            refused += not best
            for one in best[:1]:
                print("   answered:", question, "->", one.text)
        print(
            f"{name}: {len(items)} reports, recall@10 {at10 / 20:.2f}, recall@50 {at50 / 20:.2f}, "
            f"right {answers:.0f}/20, every citation carries {whole:.0f}/20, refused {refused}/10"
        )


if __name__ == "__main__":
    asyncio.run(main())
