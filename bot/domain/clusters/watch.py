"""What became of a problem after its fix was merged: the same time before and after, by source."""

from collections.abc import Collection, Mapping

from bot.domain.models import Watch, WatchVerdict

# So often in the time before, a problem that is still there is missed once in twenty times
# (Poisson: exp(-3) = 0.05).
ENOUGH = 3


def judged(
    watch: Watch,
    seen: Mapping[str, Mapping[int, int]],
    *,
    over: Collection[str] = (),
    still_open: bool = False,
) -> Watch:
    """The watch with its verdict. ``seen`` are the occurrences by source and by hour since 1970.
    The hour of the merge is of neither time. One occurrence after it is enough: a fix that helps
    sometimes is none, as is one that leaves an alert open. A source that said itself that its alert
    is ``over`` since needs no traffic to be believed."""
    merged = int(watch.since.timestamp() // 3600)
    length = int((watch.until - watch.since).total_seconds() // 3600)
    counts = tuple(
        (
            source,
            sum(n for hour, n in hours.items() if merged - length <= hour < merged),
            sum(n for hour, n in hours.items() if merged < hour <= merged + length),
        )
        for source, hours in sorted(seen.items())
    )
    quiet = [source for source, before, _ in counts if before >= ENOUGH or source in over]
    verdict: WatchVerdict = "gone" if quiet else "not enough traffic"
    if still_open or any(after for _, _, after in counts):
        verdict = "still there"
    return watch.model_copy(update={"counts": counts, "verdict": verdict})
