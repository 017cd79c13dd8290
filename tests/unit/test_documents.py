"""What is drawn out of files, which parts fit a question, and what hostile files come to."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from random import Random

import pytest
from tiny_pdf import bomb, encrypted, pdf

from bot.documents import read
from bot.domain.audience import Audience
from bot.domain.errors import NotAllowed, NotUnderstood, SoulcasterError, TooLarge
from bot.domain.memory.shelf import (
    PARTS,
    PIECE,
    Part,
    ShelfFile,
    called,
    fitting,
    named,
)

KEY = "AKIA" + "IOSFODNN7EXAMPLE"


def file(name: str, **fields: object) -> ShelfFile:
    kept = {"kind": "text", "size": 1, "digest": name, "parts": 1, "origin": "shell", "by": "@ana"}
    at = datetime(2026, 11, 30, tzinfo=UTC)
    return ShelfFile(audience=Audience.TEAM, name=name, made_at=at, **{**kept, **fields})


def test_a_pdf_is_read_page_by_page() -> None:
    kind, parts, cut = read("spec.pdf", pdf("Vouchers", "", "Refunds are gross"))
    assert (kind, cut) == ("PDF", False)
    assert [(part.place, part.text) for part in parts] == [
        ("p. 1", "Vouchers"),
        ("p. 3", "Refunds are gross"),
    ]


def test_text_is_cut_at_headings_and_says_its_lines() -> None:
    text = "# Rounding\nTo the cent.\n\n# Refunds\nGross.\n" + "x" * (2 * PIECE)
    _, parts, _ = read("rules.md", text.encode())
    assert [part.place for part in parts] == ["l. 1-3", "l. 4-5", "l. 6", "l. 6 (2)"]
    assert "".join(part.text for part in parts).count("x") == 2 * PIECE


def test_every_part_of_a_table_says_its_columns() -> None:
    rows = "\n".join(f"{n},{n * 7}" for n in range(2_000))
    _, parts, _ = read("prices.csv", f"article,cents\n{rows}".encode())
    assert len(parts) > 5
    assert all(part.text.startswith("article, cents\n") for part in parts)
    assert parts[-1].last == 2_000


def test_an_image_is_known_by_its_content_and_named_as_unread() -> None:
    kind, (part,), _ = read("save-button_hidden.dat", b"RIFF\0\0\0\0WEBPVP8 ")
    assert kind == "WebP"
    assert part.text == "save button hidden: an image of this name, in which no text was read."


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("key.log", f"1\n2\nid {KEY}\n".encode(), "seems to hold an AWS access key (line 3)"),
        ("key.pdf", pdf("fine", KEY), "(p. 2)"),
        ("key.png", b"\x89PNG\r\n\x1a\ntEXtNote\0" + KEY.encode() + b" ", "(in its data)"),
        ("a.pdf", encrypted(), "it is encrypted"),
        ("b.pdf", b"%PDF-1.7\n%%EOF", "a.pdf".replace("a", "b") + " cannot be read"),
        ("t.pdf", pdf("one", "two")[:-300], "t.pdf cannot be read"),
        ("c.pdf", pdf(""), "holds no text"),
        ("d.exe", b"MZ\0\0", "is no PDF, PNG, JPEG, WebP"),
        ("e.txt", b"caf\xe9", "no text in UTF-8"),
        ("f.md", b"", "is empty"),
    ],
)  # fmt: skip
def test_what_is_not_kept_is_refused_in_one_line(name: str, data: bytes, says: str) -> None:
    with pytest.raises((NotAllowed, NotUnderstood)) as refused:
        read(name, data)
    assert says in str(refused.value)
    assert "\n" not in str(refused.value)
    assert KEY not in str(refused.value)


def test_what_unfolds_beyond_its_memory_or_is_too_large_is_refused() -> None:
    with pytest.raises(NotUnderstood, match=r"bomb\.pdf"):
        read("bomb.pdf", bomb(120))
    with pytest.raises(TooLarge, match="20 MB"):
        read("large.txt", b"x" * (21 << 20))


def test_broken_files_never_end_in_anything_but_our_own_refusal() -> None:
    chance, whole = Random(7), pdf("one", "two")
    for name in ("x.md", "x.csv", "x.png"):
        for _ in range(20):
            data = bytearray(whole[20:] if name != "x.png" else b"\x89PNG\r\n\x1a\n" + whole)
            for _ in range(chance.randint(1, 40)):
                data[chance.randrange(len(data))] = chance.randrange(256)
            with suppress(SoulcasterError):
                read(name, bytes(data))


def test_the_parts_about_a_question_go_along_within_the_budget() -> None:
    spec = file("spec.pdf")
    pages = [
        Part(unit="p.", first=n, last=n, text=f"Page {n}: " + "filler " * 50) for n in range(1, 40)
    ]
    for n in (7, 8, 21):
        told = f"Loyalty points expire after 400 days, says page {n}. " + "filler " * 30
        pages[n - 1] = pages[n - 1].model_copy(update={"text": told})
    found = fitting([(spec, pages)], "When do loyalty points expire?", room=2_000)
    assert named(found) == ["spec.pdf p. 7-8, 21"]
    assert sum(len(part.text) for _, part in found) <= 2_000
    less = fitting([(spec, pages)], "When do loyalty points expire?", room=300)
    assert len(less) == 1
    many = [part.model_copy(update={"text": pages[6].text}) for part in pages]
    assert len(fitting([(spec, many)], "loyalty points", room=10**6)) == PARTS
    assert not fitting([(spec, pages)], "Is the moon made of cheese?", room=10**6)


def test_a_name_is_one_word_without_folders() -> None:
    assert called("../../etc/My spec (final).PDF") == "My-spec-final-.PDF"
    assert called("..") == ""
    assert len(called("x" * 300 + ".pdf")) <= 80
