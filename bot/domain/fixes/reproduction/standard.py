"""What code of a report may use of the language: builtins, and the harmless standard library."""

import importlib
import inspect
from functools import lru_cache

BUILTINS = frozenset(
    (
        *("abs", "all", "any", "bool", "bytearray", "bytes", "callable", "chr", "classmethod"),
        *("complex", "dict", "divmod", "enumerate", "filter", "float", "frozenset", "hash", "hex"),
        *("int", "isinstance", "issubclass", "iter", "len", "list", "map", "max", "min", "next"),
        *("object", "ord", "print", "property", "range", "repr", "reversed", "round", "set"),
        *("slice", "sorted", "staticmethod", "str", "sum", "super", "tuple", "type", "zip"),
    )
)
# Names of these modules need no import.
VALUES = (
    *("datetime", "decimal", "fractions", "collections", "uuid", "ipaddress", "pathlib", "typing"),
)
# Modules whose values reports show, and which open, run and import nothing; of some, only a part.
STANDARD = frozenset(
    (
        *(*VALUES, "abc", "array", "base64", "binascii", "bisect", "calendar"),
        *("collections.abc", "contextlib", "copy", "csv", "dataclasses", "difflib", "enum"),
        *("functools", "heapq", "html", "inspect", "io", "itertools", "json", "math"),
        *("numbers", "operator", "pickle", "pprint", "random", "re", "statistics"),
        *("string", "struct", "sys", "textwrap", "time", "types", "unicodedata"),
        *("urllib.parse", "warnings", "weakref", "zoneinfo"),
    )
)
_PARTS = {
    "contextlib": {"closing", "contextmanager", "nullcontext", "suppress"},
    "inspect": {"isclass", "isfunction", "signature"},
    "io": {"BytesIO", "StringIO"},
    "operator": {"add", "eq", "ge", "gt", "itemgetter", "le", "lt", "mul", "ne", "neg", "sub"},
    "pickle": {"dumps", "loads"},
    "random": {"Random", "seed"},
    "sys": {"byteorder", "float_info", "maxsize", "maxunicode", "version_info"},
    "time": {"gmtime", "localtime", "mktime", "strftime", "strptime", "struct_time", "time"},
    "warnings": {"catch_warnings", "simplefilter"},
    "pathlib": {"PurePath", "PurePosixPath", "PureWindowsPath"},
    "types": {"MappingProxyType", "SimpleNamespace"},
    "typing": {  # it also has an ``io`` and a ``re`` of its own
        *("Annotated", "Any", "Callable", "ClassVar", "DefaultDict", "Dict", "Final", "FrozenSet"),
        *("Generic", "Iterable", "Iterator", "List", "Literal", "Mapping", "NamedTuple", "NewType"),
        *("Optional", "Protocol", "Self", "Sequence", "Set", "Tuple", "Type", "TypeVar"),
        *("TypedDict", "Union", "cast", "overload"),
    },
}
# They evaluate annotations or a text's fields, start a program, or read another folder.
_WITHHELD = {"ForwardRef", "Formatter", "FunctionType", "get_type_hints", "getnode", "main"}
_WITHHELD |= {"reset_tzpath", "singledispatch", "singledispatchmethod", "uuid1"}


@lru_cache
def public(module: str) -> frozenset[str]:
    """What a module of the standard library offers, without the modules it uses itself."""
    found = vars(importlib.import_module(module)).items()
    offered = {name for name, value in found if name[0] != "_" and not inspect.ismodule(value)}
    return frozenset(_PARTS.get(module, offered - _WITHHELD))
