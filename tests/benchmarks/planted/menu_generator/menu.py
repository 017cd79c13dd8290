"""A menu of entries and submenus."""


class Entry:
    def __init__(self, label, children=(), hidden=False):
        self.label = label
        self.children = list(children)
        self.hidden = hidden


def visible(entries, level=0):
    """(level, label) of every entry that is not hidden, parents first."""
    for entry in entries:
        if entry.hidden:
            continue
        yield level, entry.label
        yield visible(entry.children, level + 1)


def render(entries):
    return "\n".join("  " * level + label for level, label in visible(entries))
