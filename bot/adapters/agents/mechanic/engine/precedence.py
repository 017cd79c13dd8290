"""How tightly expressions bind, so that what replaces them gets parentheses only when needed."""

from __future__ import annotations

import ast

LOOSEST, OR, AND, NOT, COMPARE = 1, 2, 3, 4, 5
ADD, MULTIPLY, UNARY, POWER, ATOM = 10, 11, 12, 13, 15
_OPERATORS = {
    ast.BitOr: 6, ast.BitXor: 7, ast.BitAnd: 8, ast.LShift: 9, ast.RShift: 9, ast.Add: ADD,
    ast.Sub: ADD, ast.Mult: MULTIPLY, ast.Div: MULTIPLY, ast.FloorDiv: MULTIPLY,
    ast.Mod: MULTIPLY, ast.MatMult: MULTIPLY, ast.Pow: POWER,
}  # fmt: skip


def tightness(node: ast.AST) -> int:
    """How tightly ``node`` holds together: ATOM needs no parentheses anywhere."""
    if isinstance(node, (ast.Lambda, ast.IfExp, ast.NamedExpr, ast.Yield, ast.YieldFrom)):
        return LOOSEST
    if isinstance(node, ast.BoolOp):
        return OR if isinstance(node.op, ast.Or) else AND
    if isinstance(node, ast.UnaryOp):
        return NOT if isinstance(node.op, ast.Not) else UNARY
    if isinstance(node, ast.Compare):
        return COMPARE
    if isinstance(node, ast.BinOp):
        return _OPERATORS[type(node.op)]
    if isinstance(node, (ast.Tuple, ast.Starred)):
        return 0
    if isinstance(node, ast.Await):
        return POWER
    if isinstance(node, ast.Constant) and isinstance(node.value, (int, float)):
        return UNARY if str(node.value).startswith("-") else ATOM
    return ATOM


def required(parent: ast.AST | None, field: str, node: ast.AST) -> int:
    """How tight a node must be to stand in ``field`` of ``parent`` without parentheses."""
    if isinstance(parent, ast.BoolOp):
        return OR if isinstance(parent.op, ast.Or) else AND
    if isinstance(parent, ast.UnaryOp):
        return NOT if isinstance(parent.op, ast.Not) else UNARY
    if isinstance(parent, ast.Compare):
        return COMPARE + 1
    if isinstance(parent, ast.BinOp):
        own = _OPERATORS[type(parent.op)]
        if isinstance(parent.op, ast.Pow):
            return own + 1 if parent.left is node else UNARY
        return own if parent.left is node else own + 1
    if isinstance(parent, (ast.Attribute, ast.Subscript)) and field == "value":
        return ATOM
    if isinstance(parent, ast.Call) and field == "func":
        return ATOM
    if isinstance(parent, ast.IfExp) and field in ("test", "body"):
        return OR
    if isinstance(parent, ast.comprehension) and field in ("iter", "ifs"):
        return OR
    return LOOSEST
