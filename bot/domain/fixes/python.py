"""Python source that may be anything."""

import ast


def parsed(text: str) -> ast.Module | None:
    """``text`` as a tree, None where it is no Python, or nested deeper than anything honest."""
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def expression(text: str) -> ast.expr | None:
    """``text`` as one expression, None where it is none."""
    body = module.body if (module := parsed(text.strip())) else []
    one = body[0].value if len(body) == 1 and isinstance(body[0], ast.Expr) else None
    return one if one is not None and printable(one) else None


def printable(node: ast.AST) -> bool:
    """Whether ``node`` can be written as source again: not every f-string can."""
    try:
        return bool(ast.unparse(node))
    except (ValueError, RecursionError):
        return False


def literal(code: str | ast.expr | None) -> object:
    """The value that a literal stands for, ``...`` where it is none."""
    try:
        return ast.literal_eval(code.strip() if isinstance(code, str) else code or "...")
    except (SyntaxError, TypeError, ValueError, RecursionError, MemoryError):
        return ...


def names_in(node: ast.AST) -> set[str]:
    """The names that are read or bound in ``node``."""
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
