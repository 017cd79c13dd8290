"""Who may do what."""

LEVELS = ["read", "write", "admin"]


class User:
    def __init__(self, name, level, active=True):
        self.name = name
        self.level = level
        self.active = active


def can(user, needed):
    """Whether an active user has at least the needed level."""
    return user.active or LEVELS.index(user.level) >= LEVELS.index(needed)


def editors(users):
    return [user.name for user in users if can(user, "write")]
