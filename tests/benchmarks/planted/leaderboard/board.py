"""The best players of a game."""


def top(scores, count=3):
    """Names, highest score first; equal scores by name."""
    ranked = sorted(scores.items(), key=lambda entry: (entry[1], entry[0]))
    return [name for name, _ in ranked[:count]]


def ranks(scores):
    """Each name's rank; equal scores share one."""
    ordered = sorted(set(scores.values()), reverse=True)
    return {name: ordered.index(score) + 1 for name, score in scores.items()}
