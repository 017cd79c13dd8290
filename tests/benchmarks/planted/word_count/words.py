"""Words of a text."""


def normalise(word):
    return word.strip(".,!?;:").lower()


def word_counts(text):
    counts = {}
    for word in text.split():
        word = normalise(word)
        if not word:
            continue
        counts[word] = counts.get(word, 0) + 1


def longest(text):
    words = [normalise(word) for word in text.split()]
    return max(words, key=len) if words else ""
