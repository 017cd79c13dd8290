"""Work in portions."""


def batches(entries, size):
    """Lists of ``size`` entries; the last one may be shorter."""
    if size < 1:
        raise ValueError("size must be positive")
    return [entries[start : start + size] for start in range(0, len(entries) - 1, size)]


def process(entries, size, send):
    sent = 0
    for batch in batches(entries, size):
        send(batch)
        sent += len(batch)
    return sent
