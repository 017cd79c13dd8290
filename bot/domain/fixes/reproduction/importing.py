"""The imports of a test file, as isort sorts them (https://pycqa.github.io/isort/): many a project
has its style checked where its tests run."""

import ast
import sys
from collections.abc import Iterator, Mapping

# By the name that is bound: the module, and the name there, empty where it is the module itself.
Imports = Mapping[str, tuple[str, str]]


def import_block(bound: Imports) -> str:
    """Python's own, the runner's, the project's: a paragraph each, a module's names in one line."""
    sections: list[list[str]] = [[], [], []]
    plain = {name: module for name, (module, there) in bound.items() if not there}
    for name, module in sorted(plain.items(), key=lambda pair: (pair[1].lower(), pair[0])):
        sections[_section(module)].append(import_line(name, (module, "")))
    modules = {module for module, there in bound.values() if there}
    for module in sorted(modules, key=str.lower):
        sections[_section(module)] += _of(module, bound)
    return "\n".join("\n".join(lines) + "\n" for lines in sections if lines)


def import_line(name: str, where: tuple[str, str]) -> str:
    """The import of one name."""
    module, there = where
    if not there:
        return f"import {module} as {name}" if module != name else f"import {name}"
    renamed = f" as {name}" if name != there else ""
    return f"from {module} import {there}{renamed}"


def imports_of(module: ast.Module) -> dict[str, tuple[str, str]]:
    """What a file of ours imports at its top."""
    found: dict[str, tuple[str, str]] = {}
    for node in module.body:
        if isinstance(node, ast.Import):
            found |= {each.asname or each.name: (each.name, "") for each in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {each.asname or each.name: (node.module, each.name) for each in node.names}
    return found


def _of(module: str, bound: Imports) -> Iterator[str]:
    own = {name: there for name, (of, there) in bound.items() if of == module and there}
    same = sorted((name for name, there in own.items() if name == there), key=_order)
    if same:
        yield f"from {module} import {', '.join(same)}"
    for name in sorted(own.keys() - set(same)):
        yield import_line(name, (module, own[name]))


def _order(name: str) -> tuple[int, str]:
    """Constants, classes, the rest."""
    return (0 if name.isupper() and len(name) > 1 else 1 if name[0].isupper() else 2, name)


def _section(module: str) -> int:
    if module.partition(".")[0] in sys.stdlib_module_names:
        return 0
    return 1 if module == "pytest" else 2
