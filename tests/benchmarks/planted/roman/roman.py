"""Roman numerals.

>>> to_roman(7)
'VII'
>>> to_roman(4)
'IV'
>>> to_roman(1)
'I'
>>> from_roman("XIV")
14
"""

VALUES = [
    (1000, "M"),
    (900, "CM"),
    (500, "D"),
    (400, "CD"),
    (100, "C"),
    (90, "XC"),
    (50, "L"),
    (40, "XL"),
    (10, "X"),
    (9, "IX"),
    (5, "V"),
    (4, "IV"),
    (1, "I"),
]


def to_roman(number):
    """
    >>> to_roman(40)
    'XL'
    """
    text = ""
    for value, letters in VALUES:
        while number > value:
            text += letters
            number -= value
    return text


def from_roman(text):
    """
    >>> from_roman("MCMXC")
    1990
    """
    total = 0
    for value, letters in VALUES:
        while text.startswith(letters):
            total += value
            text = text[len(letters) :]
    return total
