"""How a cluster falls into parts: by what its reports say of themselves, or by what they mean."""

from collections.abc import Iterable, Mapping
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from bot.domain.clusters.engine.links import Links
from bot.domain.models import Item
from bot.domain.ports import Vector


def by_attribute(items: Iterable[Item], attribute: Literal["source", "release"]) -> list[list[int]]:
    """Item numbers by source or by release; reports that name none are one part."""
    parts: dict[str, list[int]] = {}
    for item in items:
        parts.setdefault(item.source if attribute == "source" else item.release, []).append(
            item.number
        )
    return list(parts.values())


def in_two(vectors: Mapping[int, Vector], links: Links) -> list[list[int]]:
    """The two parts of the reports that are least alike, by average linkage of the cosine. Reports
    said to be the same stay together, reports said not to be are kept apart as far as that goes.
    One part when there is nothing to part."""
    numbers = sorted(vectors)
    if len(numbers) < 2:
        return [numbers]
    rows = np.array([vectors[n] for n in numbers], dtype=np.float64)
    rows /= np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
    parts: list[set[int]] = []
    for number in numbers:
        if not any(number in part for part in parts):
            parts.append(set(links.together(number)) & set(numbers))
    places = {n: i for i, n in enumerate(numbers)}
    sums = np.array([rows[[places[n] for n in part]].sum(axis=0) for part in parts])
    sizes = np.array([len(part) for part in parts], dtype=np.float64)
    while len(parts) > 2:
        # The mean cosine between two parts is the product of their sums over that of their sizes.
        alike: NDArray[np.float64] = (sums @ sums.T) / np.outer(sizes, sizes)
        for i, part in enumerate(parts):
            barred = {b for n in part for b in links.apart(n)}
            for j in range(len(parts)):
                if i == j or barred & parts[j]:
                    alike[i, j] = -2.0
        i, j = sorted(int(k) for k in np.unravel_index(int(alike.argmax()), alike.shape))
        if i == j:
            break
        parts[i] |= parts.pop(j)
        sums[i] += sums[j]
        sizes[i] += sizes[j]
        sums, sizes = np.delete(sums, j, axis=0), np.delete(sizes, j)
    return [sorted(part) for part in parts]
