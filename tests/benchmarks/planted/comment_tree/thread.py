"""Comments with answers."""


class Comment:
    def __init__(self, text, answers=()):
        self.text = text
        self.answers = list(answers)


def depth(comment):
    """Levels of a thread; a comment without answers has one."""
    if not comment.answers:
        return 1
    return max(depth(answer) for answer in comment.answers)


def count(comment):
    return 1 + sum(count(answer) for answer in comment.answers)


def texts(comment):
    yield comment.text
    for answer in comment.answers:
        yield from texts(answer)
