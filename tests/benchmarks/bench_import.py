"""Reading a large import: peak memory above idle, and records a second, of each kind.

    FULL=1 tests/benchmarks/bench_import.py [MB [KIND]]   a file of 300 MB each, else of 60

A process of its own reads a file of made records, as the worker does (embedding apart), to drafts.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from length import FULL, announce

MB = 1024 * 1024
WORDS = [f"{a}{b}{c}" for a in "btkmn" for b in "aeiou" for c in ("rin", "lot", "sam", "dex")]
READ = """
import re, sys, time
from datetime import UTC, datetime
from bot.domain.imports import Wanted
from bot.domain.models import Draft
from bot.imports import kind_of
from bot.imports.reading import draft_of
kind, path = sys.argv[1:]
wanted, now = Wanted(channels=("support",) if kind == "slack" else ()), datetime.now(UTC)
def memory(field):
    status = open("/proc/self/status").read()
    return int(re.search(rf"{field}:\\s+(\\d+)", status)[1]) / 1024
draft_of(kind, 1, {"title": "a", "time": "2024-03-01"}, now)
open("/proc/self/clear_refs", "w").write("5")  # the peak begins anew here
idle, began, read, drafts = memory("VmRSS"), time.perf_counter(), 0, 0
with open(path, "rb") as file:
    for row in kind_of(kind).rows(file, wanted):
        read += 1
        drafts += isinstance(row.told and draft_of(kind, 1, row.told, now), Draft)
print(read, drafts, time.perf_counter() - began, idle, memory("VmHWM"))
"""


def words(chance: random.Random, many: int) -> str:
    return " ".join(chance.choice(WORDS) + str(chance.randrange(999)) for _ in range(many))


def records(chance: random.Random, size: int) -> Iterator[tuple[int, dict[str, str]]]:
    made = number = 0
    while made < size:
        number += 1
        when = datetime.fromtimestamp(1_600_000_000 + number * 60, UTC).isoformat()
        told = {"id": str(number), "title": words(chance, 6), "body": words(chance, 90)}
        told |= {"author": f"user{number % 500}", "created_at": when}
        made += len(told["body"]) + 150
        yield number, told


def jsonl(path: Path, size: int, chance: random.Random) -> None:
    with path.open("w") as file:
        for _, told in records(chance, size):
            file.write(json.dumps(told) + "\n")


def csv(path: Path, size: int, chance: random.Random) -> None:
    with path.open("w") as file:
        file.write("id,title,body,author,created_at\n")
        for _, told in records(chance, size):
            file.write(",".join(f'"{said}"' for said in told.values()) + "\n")


def mbox(path: Path, size: int, chance: random.Random) -> None:
    with path.open("w") as file:
        for number, told in records(chance, size):
            file.write(f"From {number}\nSubject: {told['title']}\nFrom: {told['author']}\n")
            file.write(f"Date: Fri, 01 Mar 2024 10:00:00 +0000\n\n{told['body']}\n\n")


def chatgpt(path: Path, size: int, chance: random.Random) -> None:
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made,
        made.open("conversations.json", "w", force_zip64=True) as file,
    ):
        file.write(b"[")
        for number, told in records(chance, size):
            nodes, last = {"0": {"id": "0", "parent": None}}, "0"
            for turn, said in enumerate(told["body"].split(" ", 9), 1):
                role = ("user", "assistant")[turn % 2]
                content = {"content_type": "text", "parts": [said]}
                message = {"author": {"role": role}, "content": content}
                nodes[str(turn)] = {"id": str(turn), "parent": last, "message": message}
                last = str(turn)
            tree = {"title": told["title"], "create_time": 1.6e9 + number, "mapping": nodes,
                        "current_node": last, "id": told["id"]}  # fmt: skip
            file.write((",\n" * (number > 1) + json.dumps(tree)).encode())
        file.write(b"]")


def slack(path: Path, size: int, chance: random.Random) -> None:
    told = records(chance, size)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for day in range(10_000):
            when = datetime.fromtimestamp(1_500_000_000 + day * 86_400, UTC)
            messages = []
            for _, (number, one) in zip(range(400), told, strict=False):
                ts = f"{int(when.timestamp()) + number % 400}.000{number % 10}"
                messages.append({"type": "message", "user": "U1", "text": one["body"], "ts": ts})
            if not messages:
                break
            made.writestr(f"support/{when:%Y-%m-%d}.json", json.dumps(messages))


def main() -> None:
    announce("half a minute", "three minutes")
    size = int(sys.argv[1] if len(sys.argv) > 1 else 300 if FULL else 60) * MB
    makers: dict[str, Callable[[Path, int, random.Random], None]] = {
        "jsonl": jsonl, "csv": csv, "mbox": mbox, "chatgpt": chatgpt, "slack": slack,
    }  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        for kind in sys.argv[2:] or makers:
            make = makers[kind]
            path = Path(folder) / kind
            make(path, size, random.Random(1))
            began = time.perf_counter()
            told = subprocess.run(
                [sys.executable, "-c", READ, kind, str(path)],
                check=True, capture_output=True, text=True, env=os.environ,
            ).stdout.split()  # fmt: skip
            read, drafts, seconds, idle, peak = map(float, told)
            unpacked = f"{size / MB:.0f} MB ({path.stat().st_size / MB:.0f} MB on disk)"
            print(
                f"{kind:8} {unpacked}: {read:,.0f} records, {drafts:,.0f} reports, "
                f"{read / seconds:,.0f} records/s, {peak - idle:.1f} MB above {idle:.0f} MB idle"
                f" ({time.perf_counter() - began:.0f} s)",
                flush=True,
            )
            path.unlink()


if __name__ == "__main__":
    main()
