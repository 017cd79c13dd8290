# ruff: noqa: E501 (reports as they are pasted, a module in a line)
"""Thirty reports in as many shapes, each of a small function with its bug and without.

The odd ones may be looked at when the reading is improved; the even ones only measure.
"""

# (the report, the module's name, its text, what the repair replaces, by what); no repair: no test
# may come of it.
CASES: list[tuple[str, str, str, str, str]] = []


def case(report: str, module: str, source: str, bug: str, repair: str) -> None:
    CASES.append((report, module, source, bug, repair))


case(
    """Punctuation stays in the slug

### Describe the bug

Commas are kept.

### To Reproduce

```python
from textkit import slugify

slugify("Hello, World!")
```

### Expected behavior

"hello-world"

### Actual behavior

"hello,-world!"
""",
    "textkit",
    "import re\n\n\ndef slugify(text):\n    return re.sub(r'\\s+', '-', text.lower())\n",
    "r'\\s+', '-', text.lower()",
    "r'\\W+', '-', text.lower()).strip('-'",
)
case(
    """clamp ignores the lower limit

| call | expected | got |
|---|---|---|
| `clamp(-5, 0, 10)` | `0` | `-5` |
| `clamp(11, 0, 10)` | `10` | `10` |
""",
    "limits",
    "def clamp(x, low, high):\n    return min(x, high)\n",
    "min(x, high)",
    "max(low, min(x, high))",
)
case(
    """dedupe loses order

```
In [1]: from seqs import dedupe

In [2]: dedupe([3, 1, 3, 2])
Out[2]: [1, 2, 3]
```

I'd expect `[3, 1, 2]`, the order of first appearance.
""",
    "seqs",
    "def dedupe(items):\n    return sorted(set(items))\n",
    "sorted(set(items))",
    "list(dict.fromkeys(items))",
)
case(
    """Wrong median

Calling `median([9, 1, 2])` I get 1. It ought to be 2, since the list is not sorted first.
""",
    "stats",
    "def median(values):\n    return values[len(values) // 2]\n",
    "return values[",
    "return sorted(values)[",
)
case(
    """Crash on an empty line

My script:

```python
from fields import fields

print(fields(""))
```

Output:

```
Traceback (most recent call last):
  File "/home/me/run.py", line 3, in <module>
    print(fields(""))
  File "/home/me/fields.py", line 2, in fields
    return [line.split("=")[0], line.split("=")[1]]
IndexError: list index out of range
```

An empty list would be fine.
""",
    "fields",
    'def fields(line):\n    return [line.split("=")[0], line.split("=")[1]]\n',
    'return [line.split("=")[0], line.split("=")[1]]',
    'return line.split("=") if line else []',
)
case(
    """Minutes are dropped

`parse_duration('1h30m') == 5400` fails, the function returns 3600.
""",
    "durations",
    "import re\n\n\ndef parse_duration(text):\n    match = re.match(r'(\\d+)h(\\d+)m', text)\n"
    "    return int(match[1]) * 3600\n",
    "* 3600",
    "* 3600 + int(match[2]) * 60",
)
case(
    """Roman four

For `roman(4)` I'd expect IV but I see IIII.
""",
    "numerals",
    "def roman(n):\n    return 'I' * n\n",
    "'I' * n",
    "'IV' if n == 4 else 'I' * n",
)
case(
    """wrap does not wrap

- call: `wrap("a b", 1)`
- expected: `['a', 'b']`
- got: `['a b']`
""",
    "wrapping",
    "def wrap(text, width):\n    return [text]\n",
    "[text]",
    "text.split(' ') if len(text) > width else [text]",
)
case(
    """rotate turns the wrong way

    from turning import rotate
    rotate([1, 2, 3])

Expected:

    [2, 3, 1]

Got:

    [3, 1, 2]
""",
    "turning",
    "def rotate(items):\n    return items[-1:] + items[:-1]\n",
    "items[-1:] + items[:-1]",
    "items[1:] + items[:1]",
)
case(
    """flatten empties its argument

```python
from nesting import flatten
x = [[1], [2]]
flatten(x)
print(x)  # prints [], should still be [[1], [2]]
```
""",
    "nesting",
    "def flatten(items):\n    found = []\n    while items:\n        found += items.pop(0)\n    return found\n",
    "    found = []\n",
    "    found, items = [], list(items)\n",
)
case(
    """Case matters to is_palindrome

`assert is_palindrome('Abba')` fails although the docs say that case is ignored.
""",
    "palindromes",
    "def is_palindrome(text):\n    return text == text[::-1]\n",
    "return text ==",
    "text = text.lower()\n    return text ==",
)
case(
    """lookup is not forgiving

It raises KeyError: 'b' instead of returning None when I call `lookup({'a': 1}, 'b')`.
""",
    "looking",
    "def lookup(table, key):\n    return table[key]\n",
    "table[key]",
    "table.get(key)",
)
case(
    """Negative factorial

It should raise a ValueError for negative numbers, but `factorial(-1)` returns 1.
""",
    "factorials",
    "def factorial(n):\n    return n * factorial(n - 1) if n > 1 else 1\n",
    "    return n *",
    "    if n < 0:\n        raise ValueError(n)\n    return n *",
)
case(
    """gcd runs forever

```python
>>> from divisors import gcd
>>> gcd(4, 6)
```

The prompt never comes back, I have to press Ctrl-C. It should print 2.
""",
    "divisors",
    "def gcd(a, b):\n    while b:\n        a, b = b, a\n    return a\n",
    "= b, a",
    "= b, a % b",
)
case(
    """Ordinals

```python
from ordinals import ordinal

for n in (1, 2, 3):
    print(ordinal(n))
```

It prints:

```
1th
2th
3th
```

It should print:

```
1st
2nd
3rd
```
""",
    "ordinals",
    "def ordinal(n):\n    return f'{n}th'\n",
    "f'{n}th'",
    "f\"{n}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(n, 'th')}\"",
)
case(
    """README example is wrong

The README says

>>> pages(10, 5)
2

but I get 3.
""",
    "paging",
    "def pages(total, size):\n    return total // size + 1\n",
    "total // size + 1",
    "-(-total // size)",
)
case(
    """Word count

```console
$ python words.py "a b  c"
4
```

Expected output:

```
3
```
""",
    "words",
    "import sys\n\n\ndef count(text):\n    return len(text.split(' '))\n\n\nif __name__ == '__main__':\n    print(count(sys.argv[1]))\n",
    "split(' ')",
    "split()",
)
case(
    """pop leaves the element

```python
from stacks import Stack

stack = Stack()
stack.push(1)
stack.pop()
len(stack)
```

gives 1, but the stack must be empty, so 0 is correct.
""",
    "stacks",
    "class Stack:\n    def __init__(self):\n        self.items = []\n\n    def push(self, item):\n"
    "        self.items.append(item)\n\n    def pop(self):\n        return self.items[-1]\n\n"
    "    def __len__(self):\n        return len(self.items)\n",
    "self.items[-1]",
    "self.items.pop()",
)
case(
    """Zero is described as positive

Passing 0 to `describe` gives 'positive' — should be 'zero'.
""",
    "describing",
    "def describe(n):\n    return 'negative' if n < 0 else 'positive'\n",
    "'positive'",
    "'positive' if n else 'zero'",
)
case(
    """Rounding halves

`round_half(2.5)`: 2 (actual) vs 3 (expected).
""",
    "rounding",
    "def round_half(x):\n    return round(x)\n",
    "round(x)",
    "int(x + 0.5)",
)
case(
    """Overdrawn accounts

1. Create `account = Account(100)`
2. Call `account.withdraw(150)`

No error. I expected `InsufficientFunds` to be raised.
""",
    "accounts",
    "class InsufficientFunds(Exception):\n    pass\n\n\nclass Account:\n    def __init__(self, balance):\n"
    "        self.balance = balance\n\n    def withdraw(self, amount):\n        self.balance -= amount\n",
    "        self.balance -= amount",
    "        if amount > self.balance:\n            raise InsufficientFunds\n        self.balance -= amount",
)
case(
    """merge forgets the second mapping

merge({'a': 1}, {'b': 2}) returned {'a': 1}. I think it should return {'a': 1, 'b': 2}.
""",
    "merging",
    "def merge(one, two):\n    return dict(one)\n",
    "dict(one)",
    "{**one, **two}",
)
case(
    """Acronyms

`acronym("a b")` gives "AB" as it should, but `acronym("a-b")` gives "A". It should be "AB" too.
""",
    "acronyms",
    "def acronym(text):\n    return ''.join(word[0] for word in text.split()).upper()\n",
    "text.split()",
    "text.replace('-', ' ').split()",
)
case(
    """pairs is one short

The result of `pairs([1, 2, 3])` is missing the last element: `[(1, 2)]` rather than `[(1, 2), (2, 3)]`.
""",
    "pairing",
    "def pairs(items):\n    return list(zip(items, items[1:-1]))\n",
    "items[1:-1]",
    "items[1:]",
)
case(
    """Leap years

```python
>>> from years import is_leap
>>> is_leap(1900)   # wrong! should be False
True
```
""",
    "years",
    "def is_leap(year):\n    return year % 4 == 0\n",
    "year % 4 == 0",
    "year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)",
)
case(
    """A failing test

```python
import unittest
from joining import join_names

class TestJoin(unittest.TestCase):
    def test_two(self):
        self.assertEqual(join_names(["Ana", "Bo"]), "Ana and Bo")
```
""",
    "joining",
    "def join_names(names):\n    return ', '.join(names)\n",
    "', '.join(names)",
    "' and '.join(names)",
)
case(
    """port accepts anything

This test fails on main:

```python
import pytest
from ports import port

def test_too_large():
    with pytest.raises(ValueError):
        port("70000")
```
""",
    "ports",
    "def port(text):\n    return int(text)\n",
    "return int(text)",
    "if int(text) > 65535:\n        raise ValueError(text)\n    return int(text)",
)
case(
    """The list is too short

When I open the page I see 2 items, but expected 3 items. `visible()` is to blame, I think: it gives me 2 of them.
""",
    "listing",
    "def visible(items, limit=2):\n    return items[:limit]\n",
    "",
    "",
)
case(
    """ZeroDivisionError in average

`ZeroDivisionError: division by zero` when calling `average([])`. An empty list should give 0.
""",
    "averages",
    "def average(values):\n    return sum(values) / len(values)\n",
    "/ len(values)",
    "/ max(1, len(values))",
)
case(
    """split_list with several separators

Input: `split_list('a,b;c')`
Output: `['a', 'b;c']`
Expected Output: `['a', 'b', 'c']`
""",
    "splitting",
    "def split_list(text):\n    return text.split(',')\n",
    "text.split(',')",
    "text.replace(';', ',').split(',')",
)

# Kinds that a real project's reports showed; each becomes a test, and none a wrong one.
LATER: list[tuple[str, str, str, str, str]] = [
    (
        """singularize cuts an s too many

`singularize('glass')` gives `'glas'`, and `singularize('boss')` gives `'bos'`. Both are singular already, so I expect `'glass'` and `'boss'`. Plurals are fine: `singularize('glasses')` is `'glass'`.
""",
        "words",
        "def singularize(word):\n    return word[:-2] if word.endswith('es') else word[:-1]\n",
        "word[:-1]",
        "word if word.endswith('ss') else word[:-1]",
    ),
    (
        """deepcopy loses values

```python
>>> import copy
>>> from multi import Multi
>>> multi = Multi([('a', 1), ('a', 2)])
>>> copy.deepcopy(multi).getlist('a')
[2]
```

expected `[1, 2]`, a copy should be equal to the original
""",
        "multi",
        "class Multi:\n    def __init__(self, pairs):\n        self.pairs = list(pairs)\n\n    def __deepcopy__(self, memo):\n        return Multi(self.pairs[1:])\n\n"
        "    def getlist(self, key):\n        return [value for name, value in self.pairs if name == key]\n",
        "self.pairs[1:]",
        "self.pairs",
    ),
    (
        """negative index out of range returns an element

>>> from rows import Rows
>>> x = Rows(range(9))
>>> x[-10]
8

x has nine elements, so `x[-10]` should raise IndexError like a list does.
""",
        "rows",
        "class Rows:\n    def __init__(self, rows):\n        self.rows = list(rows)\n\n    def __getitem__(self, at):\n        return self.rows[at + len(self.rows) if at < 0 else at]\n",
        "at + len(self.rows) if at < 0 else at",
        "at",
    ),
    (
        """adding a duration to a date fails

```python
import datetime, spans
datetime.date(2000, 1, 1) + spans.days('3')
```

TypeError: unsupported operand type(s) for +: 'datetime.date' and 'int'

On older versions this worked.
""",
        "spans",
        "import datetime\n\n\ndef days(text):\n    return int(text)\n",
        "int(text)",
        "datetime.timedelta(int(text))",
    ),
    (
        """the decorator loses the name of the function

```python
from deco import once

@once
def add(x, y):
    return x + y

print(add.__name__)
```

prints `inner`, I expected `add`.
""",
        "deco",
        "import functools\n\n\ndef once(f):\n    def inner(*a):\n        return f(*a)\n\n    return inner\n",
        "    def inner",
        "    @functools.wraps(f)\n    def inner",
    ),
    (
        """to_human is off by one unit

| input | output | expected |
|-------|--------|----------|
| 1024 | 1024B | 1K |
| 2048 | 2048B | 2K |
""",
        "human",
        "def to_human(n):\n    return f'{n}B'\n",
        "return",
        "return f'{n // 1024}K' if n >= 1024 else",
    ),
    (
        """Falsche Einzahl

`singularize("glass")` liefert `"glas"`, erwartet wird `"glass"`.
""",
        "words",
        "def singularize(word):\n    return word[:-1]\n",
        "word[:-1]",
        "word if word.endswith('ss') else word[:-1]",
    ),
    (
        """the last one is missing

In [1]: from ranges import numbers

In [2]: numbers("1,5-8")
Out[2]: [1, 5, 6, 7]

The 8 is missing, Out[2] should be `[1, 5, 6, 7, 8]`.
""",
        "ranges",
        "def numbers(text):\n    first, _, rest = text.partition(',')\n    a, b = map(int, rest.split('-'))\n    return [int(first), *range(a, b)]\n",
        "range(a, b)",
        "range(a, b + 1)",
    ),
    (
        """pop(-15) removes an element from the middle

```python
>>> from rows import Rows
>>> rows = Rows(range(10))
>>> _ = rows.pop(2)
>>> rows.pop(-15)
4
```

should be IndexError: row out of range
""",
        "rows",
        "class Rows:\n    def __init__(self, rows):\n        self.rows = list(rows)\n\n    def pop(self, at):\n        return self.rows.pop(at % len(self.rows))\n",
        "at % len(self.rows)",
        "at",
    ),
    (
        """singularize is wrong

### What did you do?

```python
import words as su

for word in ("cats", "glass"):
    print(word, su.singularize(word))
```

### What did you expect to see?

cats cat
glass glass

### What did you see instead?

cats cat
glass glas
""",
        "words",
        "def singularize(word):\n    return word[:-1]\n",
        "word[:-1]",
        "word if word.endswith('ss') else word[:-1]",
    ),
]
