"""Tags on articles."""


def with_tag(tag, tags=[]):
    """``tags`` and one more, sorted, each once."""
    if tag not in tags:
        tags.append(tag)
    return sorted(tags)


def counted(articles):
    """How often each tag is used."""
    counts = {}
    for article in articles:
        for tag in article["tags"]:
            counts[tag] = counts.get(tag, 0) + 1
    return counts
