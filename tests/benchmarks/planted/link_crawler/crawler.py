"""Pages that can be reached from a start page."""


def reachable(links, start):
    """``links`` maps a page to the pages it links to. In the order they are found."""
    found = []
    seen = set()
    waiting = [start]
    while waiting:
        page = waiting.pop(0)
        if page in seen:
            continue
        found.append(page)
        for target in links.get(page, ()):
            waiting.append(target)
    return found


def orphans(links, start):
    return sorted(set(links) - set(reachable(links, start)))
