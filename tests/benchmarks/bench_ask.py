"""How questions are answered: on a dev set over Go's issues, and on the forty of asked.yml.

    .venv/bin/python tests/benchmarks/bench_ask.py [--dev]

``--dev`` shows, for each bound of the score, how many of the dev set's questions are
answered from a chunk that bears the answer and how many are refused: ENOUGH in
``bot/domain/memory/passages.py`` is from it, where 1.10 to 1.25 do as well. On the forty 1.15
answers one question more and refuses one fewer.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from asked import asked, history

from bot.adapters import choose
from bot.domain.audience import Audience
from bot.domain.clusters.engine import Engine, calibration_for
from bot.domain.memory import passages
from bot.domain.memory.passages import Chunk
from bot.domain.models import Item
from bot.domain.ports import Embedder
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
        top[question] = weighed[0].score, DEV.get(question) in keys
        print(
            f"{weighed[0].score:.2f} {weighed[0].carries:.2f} {DEV.get(question, '-'):8} "
            f"{DEV.get(question) in keys!s:5} {question} -> {weighed[0].text[:60]}"
        )
    for percent in range(60, 150, 5):
        right = sum(score >= percent / 100 and hit for score, hit in top.values())
        refused = sum(top[question][0] < percent / 100 for question in NOBODY)
        print(f"{percent / 100:.2f} answered {right}/{len(DEV)} refused {refused}/{len(NOBODY)}")


async def main() -> None:
    embedder = choose.embedder(choose_of(Settings()))
    try:
        await (dev(embedder) if "--dev" in sys.argv else forty(embedder))
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
