"""Edits of ``mechanic``: what is proposed for a bug, and that nothing else is touched."""

import ast
from pathlib import Path

import pytest

from bot.adapters.agents.mechanic.engine.candidates import candidates
from bot.adapters.agents.mechanic.engine.localise import Suspicion
from bot.adapters.agents.mechanic.engine.pool import Result
from bot.adapters.agents.mechanic.engine.search import edited
from bot.adapters.agents.mechanic.engine.source import SourceFile, applied

PLANTED = Path(__file__).parent.parent / "benchmarks" / "planted"


def proposals(
    code: str, *, types=None, error: str = "", newline: str = "\n", texts: str = ""
) -> list[str]:
    """Every text proposed for ``code`` when all its lines are suspicious, best first. ``texts`` are
    literals of the failing test."""
    source = SourceFile("code.py", code.replace("\n", newline).encode())
    suspicion = Suspicion({("code.py", n): 1.0 for n in range(1, code.count("\n") + 2)})
    failures = [Result("failed", error=error)]
    known = ({"code.py": source}, suspicion, {"code.py": types or {}}, failures, ())
    found = candidates(*known, texts=frozenset(texts.split()))
    return [applied(source.text, candidate.edits[0].changes) for candidate in found]


def function(body: str, head: str = "def f(a, b, items):") -> str:
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    return f"{head}\n{lines}"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("return a < b", "return a <= b"),
        ("if isinstance(a, list):\n    return b", "if isinstance(a, (list, tuple)):\n    return b"),
        ("return isinstance(a, (int, str))", "return isinstance(a, (int, str, bytes))"),
        ("return a == b", "return a != b"),
        ("return a is not b", "return a != b"),
        ("return a in items", "return a not in items"),
        ("return re.match(r'a*$', b)", r"return re.match(r'a+$', b)"),
        ("return re.match(r'a*$', b)", r"return re.match(r'a*\Z', b)"),
        ('return a.startswith(("0e", "0x"))', 'return a.startswith(("0e", "0E", "0x"))'),
        (
            'if a.endswith("s"):\n    return b',
            'if not a.endswith("ss") and a.endswith("s"):\n    return b',
        ),
        ("return a + b", "return a - b"),
        ("return a // b", "return a / b"),
        ("return a - b", "return b - a"),
        ("return 1 + a", "return a"),
        ("return all(n for n in items)", "return all([n for n in items])"),
        ("return {list: a, str: b}[items]", "return {list: a, frozenset: a, str: b}[items]"),
        ("yield a\nraise StopIteration", "yield a\nreturn"),
        ("return a and b", "return a or b"),
        ("return not a", "return a"),
        ("if a:\n    return b", "if a is not None:\n    return b"),
        ("if a:\n    return b", "if not a:\n    return b"),
        ("return items[0]", "return items[1]"),
        ("return items[0]", "return items[-1]"),
        ("return items[a:b]", "return items[a:b + 1]"),
        ("return items[a:b]", "return items[a:]"),
        ("for n in range(a):\n    print(n)", "for n in range(a + 1):\n    print(n)"),
        ("for n in range(a):\n    print(n)", "for n in range(1, a):\n    print(n)"),
        ("return True", "return False"),
        ("return a", "return b"),
        ("return max(a, b)", "return min(a, b)"),
        ("return sorted(items)", "return sorted(items, reverse=True)"),
        ("return items.index(a)", "return items.find(a)"),
        ("items.append(a)", "items.extend(a)"),
        ("return items.pop()", "return items.pop(0)"),
        ("return items.get(a)", "return items.get(a, 0)"),
        ("return items[a]", "return items.get(a)"),
        ("return round(a)", "return a"),
        ("return a.strip()", "return a"),
        ("return int(a) / b", "return int(a) / b if b else 0"),
        ("a += 1", "a -= 1"),
        ("for n in items:\n    break", "for n in items:\n    continue"),
        ("yield a", "yield from a"),
        ("a * b", "return a * b"),
        ("raise KeyError(a)", "raise ValueError(a)"),
        ("print(a)\nprint(b)", "print(b)\nprint(a)"),
        ("print(a)", "pass"),
        ("return [n for n in items]", "return [n for n in items if n]"),
        ("return [n for n in items if n]", "return [n for n in items]"),
        ("return a if b else items", "return items if b else a"),
        ("return [[]] * a", "return [[] for _ in range(a)]"),
        ("return []", "return [a]"),
        ("a.strip()\nreturn a", "a = a.strip()\nreturn a"),
        ("found = set()\nfound.add(a)", "found = set()\nfound.add(b)"),
    ],
)
def test_one_line(before, after):
    assert function(after) in proposals(function(before))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (  # a return inside the loop
            "for n in items:\n    print(n)\n    return a",
            "for n in items:\n    print(n)\nreturn a",
        ),
        (  # a statement behind the loop
            "for n in items:\n    print(n)\nb = a",
            "for n in items:\n    print(n)\n    b = a",
        ),
        (  # a forgotten return
            "total = 0\nfor n in items:\n    total += n",
            "total = 0\nfor n in items:\n    total += n\nreturn total",
        ),
        ("if a:\n    return b\nb = a", "if a:\n    return b\nelse:\n    b = a"),
        ("if a:\n    b = a\nif b:\n    b = a", "if a:\n    b = a\nelif b:\n    b = a"),
        ("seen = set()\nprint(a)", "seen = set()\nprint(a)\nseen.add(a)"),
        (
            "try:\n    return a\nexcept KeyError:\n    return b",
            "try:\n    return a\nexcept (KeyError, ValueError):\n    return b",
        ),
    ],
)
def test_lines(before, after):
    assert function(after) in proposals(function(before))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('return quote(a, "~")', 'return quote(a, "~=")'),
        ('return a in {"get", "put"}', 'return a in {"get", "put", "trace"}'),
        ('return re.match(r"[a-z_]+", a)', 'return re.match(r"[a-z_=]+", a)'),
    ],
)
def test_what_the_failing_test_holds_is_one_more(before, after):
    assert function(after) in proposals(function(before), texts="trace page=2")
    assert function(after) not in proposals(function(before))


def test_a_method_of_its_own_in_place_of_a_call():
    text = "    def text(self):\n        return '{:b}'.format(self.n).zfill(self.size)\n\n"
    listed = "    def listed(self):\n        return [c == '1' for c in {}]\n"
    code = f"class Bits:\n{text}{listed.format(repr('{:b}') + '.format(self.n)')}"
    assert f"class Bits:\n{text}{listed.format('self.text()')}" in proposals(code)


def test_types_seen_at_run_time_guide_the_proposals():
    code = function("return a", head="def f(a, text, other):")
    types = {1: {"a": {"str"}, "text": {"str"}, "other": {"list"}}}
    found = proposals(code, types=types)
    assert found.index(function("return text", head="def f(a, text, other):")) < found.index(
        function("return other", head="def f(a, text, other):")
    )
    assert function("return a.strip()", head="def f(a, text, other):") in found
    assert function("return abs(a)", head="def f(a, text, other):") not in found
    code = function("while a:\n    return g(b)")
    found = proposals(code, types={1: {"a": {"int"}, "b": {"bytes"}}}, error="TypeError")
    assert function("while a >= 0:\n    return g(b)") in found
    decoded = "g(b.decode() if isinstance(b, bytes) else b)"
    assert function(f"while a:\n    return {decoded}") in found


def test_attributes_seen_at_run_time_are_swapped():
    code = "def f(node):\n    return node.incoming\n"
    types = {1: {"node": {"Node"}, "node.incoming": {"list"}, "node.outgoing": {"list"}}}
    assert "def f(node):\n    return node.outgoing\n" in proposals(code, types=types)


def test_a_wrong_key_inside_an_f_string():
    code = "def f(user):\n    keys = 'email', 'name'\n    return f\"<{user['mail']}>\"\n"
    assert code.replace("['mail']", "['email']") in proposals(code, error="KeyError")[:30]


def test_a_forgotten_self():
    code = (
        "class A:\n    def __init__(self):\n        self.n = 0\n\n"
        "    def m(self):\n        return n\n"
    )
    assert code.replace("return n", "return self.n") in proposals(code, error="NameError")[:3]


def test_a_name_that_one_way_never_sets_is_set_before():
    code = function("if a:\n    for b in items:\n        found = [b]\nfound.sort()\nreturn found")
    first = proposals(code, error="UnboundLocalError")
    assert code.replace("    if a:", "    found = []\n    if a:") in first[:3]
    assert code.replace("    found.sort", "    found = [b]\n    found.sort") not in first


def test_a_comparison_that_nobody_asks_in_a_loop():
    code = function("for b in items:\n    a[b] == items[b]\nreturn True")
    asked = "    if not (a[b] == items[b]):\n            return False"
    assert code.replace("    a[b] == items[b]", asked) in proposals(code)[:2]


def test_a_shared_default_gets_its_own_value():
    code = "def f(tag, tags=[]):\n    '''Doc.'''\n    tags.append(tag)\n"
    fixed = (
        "def f(tag, tags=None):\n    '''Doc.'''\n    if tags is None:\n        tags = []\n"
        "    tags.append(tag)\n"
    )
    assert proposals(code)[0] == fixed


def test_a_shared_default_changes_its_annotation_where_that_is_never_evaluated():
    code = "from __future__ import annotations\n\n\ndef f(tags: list[str] = []):\n    return tags\n"
    assert "def f(tags: list[str] | None = None):\n    if tags is None:" in proposals(code)[0]


def test_a_guard_asked_for_by_the_error():
    code = function("product = a.find(b)\nreturn product.stock")
    types = {1: {"product": {"NoneType", "Product"}, "<returned>": {"int"}}}
    best = proposals(code, types=types, error="AttributeError")[:12]
    guarded = "product = a.find(b)\nif product is None:\n    return 0\nreturn product.stock"
    assert function(guarded) in best


def test_an_argument_under_the_name_of_its_parameter_stays():
    code = (
        "def area(width, height):\n    return width\n\n\n"
        "def f(width, height):\n    return area({})\n"
    )
    wrong, right = code.format("height, width"), code.format("width, height")
    assert proposals(wrong).index(right) < 20
    assert proposals(right).index(wrong) > 20


def test_parentheses_come_where_they_are_needed():
    found = proposals(function("return a * b"))
    assert function("return a * (b - 1)") in found
    assert function("return a * b - 1") in found
    assert not any("a * b - 1 *" in text for text in found)


def test_docstrings_annotations_and_tests_are_left_alone():
    code = (
        'def f(a: int = 1) -> int:\n    """Say 1."""\n    return a\n\n\n'
        "def test_f():\n    assert f(1) == 1\n\n\nassert f() == 1\n"
    )
    for text in proposals(code):
        assert '"""Say 1."""' in text
        assert "-> int:" in text
        assert text.endswith("def test_f():\n    assert f(1) == 1\n\n\nassert f() == 1\n")


def test_windows_line_ends_tabs_and_quotes_are_kept():
    code = "def f(a, seen):\n\tif a < 0:\n\t\treturn ''\n\treturn a\n"
    found = proposals(code, newline="\r\n")
    for text in found:
        assert "\n" not in text.replace("\r\n", "")
    assert "def f(a, seen):\r\n\tif not seen:\r\n\t\treturn ''\r\n\tif a < 0:" in "\0".join(found)


@pytest.mark.parametrize("path", sorted(PLANTED.glob("*/*.py"))[:20], ids=lambda p: p.parent.name)
def test_a_proposal_changes_only_what_it_names(path):
    source = SourceFile("code.py", path.read_bytes())
    lines = source.text.count("\n") + 1
    suspicion = Suspicion({("code.py", n): 1.0 for n in range(1, lines + 1)})
    found = candidates({"code.py": source}, suspicion, {}, [], ())
    readable = [c for c in found if edited({"code.py": source}, c) is not None]
    assert len(readable) >= 0.9 * len(found)
    for candidate in readable[:300]:
        (data,) = edited({"code.py": source}, candidate).values()
        text = data.decode()
        assert text != source.text
        ast.parse(text)
        first = min(start for start, _, _ in candidate.edits[0].changes)
        last = max(end for _, end, _ in candidate.edits[0].changes)
        assert text.startswith(source.text[:first])
        assert text.endswith(source.text[last:])


def test_the_order_is_the_same_every_time():
    code = (PLANTED / "csv_import" / "importer.py").read_text()
    assert proposals(code) == proposals(code)


def test_a_parameter_that_nothing_reads_is_passed_on_first():
    scale = (
        "class Scale:\n    def __init__(self, unit, exact=False):\n        self.unit = unit\n\n\n"
    )
    code = scale + function("made = Scale(unit)\nreturn made", "def scale(unit, exact=False):")
    wanted = "made = Scale(unit, exact=exact)"
    assert next(n for n, text in enumerate(proposals(code)) if wanted in text) == 0
    read = code.replace("return made", "return made if exact else None")
    assert next(n for n, text in enumerate(proposals(read)) if wanted in text) > 0
