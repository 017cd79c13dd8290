"""The quotes a repository's tests use, and a source rewritten in them."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator

from bot.domain.fixes.patch import Tree, text_of
from bot.domain.fixes.testfiles import is_collected_by_pytest

MAX_FILES = 50
_SINGLE = re.compile(r"'[^'\"\\\n]*'")


def uses_single(tree: Tree) -> bool:
    """Whether most strings of the tests stand in single quotes."""
    paths = [path for path in sorted(tree) if is_collected_by_pytest(path)][:MAX_FILES]
    texts = [text_of(tree[path]) for path in paths]
    single, double = (sum(text.count(quote) for text in texts) for quote in "'\"")
    return single > double


def in_double(source: str) -> str:
    """``source`` with plain strings in double quotes; it means the same."""
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(source).readline))
    except (tokenize.TokenError, SyntaxError):
        return source
    lines = source.splitlines(keepends=True)
    for (row, start), (_, end) in reversed(list(_plain(tokens))):
        line = lines[row - 1]
        lines[row - 1] = f'{line[:start]}"{line[start + 1 : end - 1]}"{line[end:]}'
    rewritten = "".join(lines)
    return rewritten if ast.dump(ast.parse(rewritten)) == ast.dump(ast.parse(source)) else source


def _plain(tokens: list[tokenize.TokenInfo]) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    for token in tokens:
        if token.type == tokenize.STRING and _SINGLE.fullmatch(token.string):
            yield token.start, token.end
