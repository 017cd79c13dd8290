"""PDFs of a few hundred bytes: pages of plain text, and what somebody who means harm would send."""

from __future__ import annotations

import zlib


def pdf(*pages: str, streams: list[bytes] | None = None) -> bytes:
    """One line of text a page, or these content streams, deflated already."""
    contents = streams or [
        zlib.compress(f"BT /F1 12 Tf 72 720 Td ({text}) Tj ET".encode()) for text in pages
    ]
    first = 4  # 1 catalog, 2 pages, 3 font; then page and content in turn
    kids = " ".join(f"{first + 2 * at} 0 R" for at in range(len(contents)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(contents)} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for at, content in enumerate(contents):
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources << /Font << /F1 3 0 "
            f"R >> >> /Contents {first + 2 * at + 1} 0 R >>".encode()
        )
        head = f"<< /Length {len(content)} /Filter /FlateDecode >>\nstream\n".encode()
        objects.append(head + content + b"\nendstream")
    out, offsets = bytearray(b"%PDF-1.4\n"), []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += f"{number} 0 obj\n".encode() + body + b"\nendobj\n"
    table = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    out += b"".join(f"{at:010} 00000 n \n".encode() for at in offsets)
    size = len(objects) + 1
    out += f"trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n".encode()
    return bytes(out)


def bomb(megabytes: int) -> bytes:
    """A page that unfolds to so many megabytes."""
    pack, one = zlib.compressobj(9), b" " * (1 << 20)
    stream = b"".join(pack.compress(one) for _ in range(megabytes)) + pack.flush()
    return pdf(streams=[stream])


def encrypted() -> bytes:
    """One that wants a password."""
    known = b"/Filter /Standard /V 1 /R 2 /P -4 /O <" + b"61" * 32 + b"> /U <" + b"62" * 32 + b">"
    made = pdf("hidden")
    return made.replace(b"/Root 1 0 R", b"/Root 1 0 R /ID [<61><61>] /Encrypt << " + known + b" >>")
