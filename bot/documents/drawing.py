"""Read a PDF from standard input and print its text as JSON: a program of its own, see ``pdf``. It
imports nothing of ours. Arguments: seconds, megabytes, characters."""

import json
import logging
import resource
import sys
from io import BytesIO

_PAGES = 2_000


def main() -> None:
    """Draw out the text, within the limits."""
    seconds, megabytes, room = map(int, sys.argv[1:])
    resource.setrlimit(resource.RLIMIT_AS, (megabytes << 20, megabytes << 20))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    sys.stdout.write(json.dumps(_told(room)))


def _told(room: int) -> dict[str, object]:
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    logging.disable()
    texts = list[str]()
    try:
        reader = PdfReader(BytesIO(sys.stdin.buffer.read()))
        if reader.is_encrypted and not reader.decrypt(""):
            return {"wrong": "it is encrypted: save it without a password"}
        for page in reader.pages[:_PAGES]:
            text = page.extract_text()[:room].encode("utf-8", "replace").decode()
            texts.append(text)
            if (room := room - len(text)) <= 0:
                break
        return {"pages": texts, "cut": len(texts) < len(reader.pages)}
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        return {"wrong": f"it is no whole PDF ({type(error).__name__})"}


if __name__ == "__main__":
    main()
