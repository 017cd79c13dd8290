"""Lines of a log: time, level, message."""


def parse(line):
    time, level, message = line.split(" ", 2)
    return {"time": time, "level": level, "message": message}


def errors(lines):
    """The messages of every error."""
    messages = []
    for line in lines:
        entry = parse(line)
        if entry["level"] == "ERROR":
            messages.append(entry["message"])
        return messages


def summary(lines):
    levels = {}
    for line in lines:
        level = parse(line)["level"]
        levels[level] = levels.get(level, 0) + 1
    return levels
