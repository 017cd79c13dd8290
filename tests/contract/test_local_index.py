"""What the embedded vector index promises beyond the port: shared, torn-proof, compact."""

import asyncio
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from bot.adapters.vectors.local import LocalIndex

NAMESPACE = "7:hashing-1/16"


def rows(count: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((count, 16)).astype(np.float32)


async def test_another_process_sees_what_was_written(tmp_path: Path) -> None:
    program = (
        "import asyncio, sys, numpy as np; from pathlib import Path;"
        "from bot.adapters.vectors.local import LocalIndex;"
        "asyncio.run(LocalIndex(Path(sys.argv[1])).upsert(sys.argv[2], ['a'],"
        " np.ones((1, 16), dtype=np.float32)))"
    )
    reader = LocalIndex(tmp_path)
    assert await reader.query(NAMESPACE, rows(1)[0], top_k=5) == []
    subprocess.run([sys.executable, "-c", program, str(tmp_path), NAMESPACE], check=True)
    [match] = await reader.query(NAMESPACE, np.ones(16, dtype=np.float32), top_k=5)
    assert (match.id, round(match.similarity, 5)) == ("a", 1.0)


async def test_writers_take_turns(tmp_path: Path) -> None:
    indexes = [LocalIndex(tmp_path) for _ in range(4)]
    data = rows(200)
    await asyncio.gather(
        *(indexes[i % 4].upsert(NAMESPACE, [str(i)], data[i : i + 1]) for i in range(len(data)))
    )
    stored = await LocalIndex(tmp_path).fetch(NAMESPACE, [str(i) for i in range(200)])
    assert len(stored) == 200
    for i, row in enumerate(data):
        assert np.allclose(stored[str(i)], row / np.linalg.norm(row), atol=1e-6)


async def test_a_write_that_was_cut_short_is_as_if_it_never_was(tmp_path: Path) -> None:
    data = rows(3)
    index = LocalIndex(tmp_path)
    await index.upsert(NAMESPACE, ["a", "b"], data[:2])
    [names] = tmp_path.glob("*/g1/names")
    [vectors] = tmp_path.glob("*/g1/vectors")
    with vectors.open("ab") as file:
        file.write(b"\x00" * 30)
    with names.open("ab") as file:
        file.write(b"+half-an-i")
    fresh = LocalIndex(tmp_path)
    assert set(await fresh.fetch(NAMESPACE, ["a", "b", "half-an-i"])) == {"a", "b"}
    await fresh.upsert(NAMESPACE, ["c"], data[2:])
    [match] = await LocalIndex(tmp_path).query(NAMESPACE, data[2], top_k=1)
    assert match.id == "c"


async def test_garbage_is_compacted_and_readers_follow(tmp_path: Path) -> None:
    data = rows(600)
    ids = [str(i) for i in range(600)]
    writer, reader = LocalIndex(tmp_path), LocalIndex(tmp_path)
    await writer.upsert(NAMESPACE, ids, data)
    await reader.query(NAMESPACE, data[0], top_k=1)
    await writer.delete(NAMESPACE, ids[:400])
    [home] = tmp_path.iterdir()
    current = (home / "current").resolve()
    assert (current / "vectors").stat().st_size == 200 * 16 * 4
    [match] = await reader.query(NAMESPACE, data[500], top_k=1)
    assert match.id == "500"
    assert await reader.fetch(NAMESPACE, ids[:400]) == {}


async def test_a_namespace_cannot_leave_the_folder(tmp_path: Path) -> None:
    index = LocalIndex(tmp_path / "vectors")
    await index.upsert("../../../etc/x", ["a"], rows(1))
    assert [p.name for p in tmp_path.iterdir()] == ["vectors"]


async def test_other_dimensions_are_refused(tmp_path: Path) -> None:
    index = LocalIndex(tmp_path)
    await index.upsert(NAMESPACE, ["a"], rows(1))
    with pytest.raises(ValueError, match="16 dimensions, not 8"):
        await index.upsert(NAMESPACE, ["b"], rows(1)[:, :8])
