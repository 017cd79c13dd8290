"""What a report may take of the standard library opens, runs and reads nothing."""

import re

import pytest
from test_reproduction import fence, offered

HOSTILE = [
    "typing.get_type_hints(first)",
    "functools.singledispatch(first)",
    "io.open('/etc/passwd')",
    "io.FileIO('/etc/passwd')",
    "pathlib.Path('/etc/passwd').read_text()",
    "types.FunctionType(first)",
    "dataclasses.FunctionType(first)",
    "pickle.loads(b'cos\\nsystem\\n')",
    "uuid.getnode()",
    "zoneinfo.reset_tzpath(['/etc'])",
    "string.Formatter()",
    "'{0.__globals__}'.format(first)",
    "('{0._' + '_globals__}').format(first)",
    "'{x.__globals__}'.format_map({'x': first})",
    "text.format(first)",
    "list(map(text.format, [first]))",
    "list(map('{0.__globals__}'.format, [first]))",
    "str.format('{0.__globals__}', first)",
]


@pytest.mark.parametrize("code", HOSTILE)
def test_the_standard_library_opens_and_runs_nothing(code):
    module = code.partition(".")[0]
    head = f"import {module}\n" if re.fullmatch(r"[a-z]+", module) and module != "text" else ""
    setup = "text = '{0._' + '_globals__}'\n" if module == "text" else ""
    body = fence(f"{head}{setup}first({code})  # returns 1, should be 2")
    assert offered(body) == []
    assert offered(f"`first({code})` returns 1, expected 2") == []
