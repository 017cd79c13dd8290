"""Cards of what nobody should write: whatever a renderer may be given to mark up."""

from __future__ import annotations

from hypothesis import strategies as st

from bot.domain.cards.card import (
    Action,
    Block,
    Bullets,
    Card,
    Choice,
    Choices,
    Code,
    Fact,
    Line,
    Link,
    Paragraph,
    Preformatted,
    Quotation,
    Said,
    Section,
    Step,
    Steps,
    Strong,
    Table,
)

URL = "https://example.org/our/link"
SNIPPETS = [
    "@ana", "@acme/team", "#123", "acme/shop#1", "GH-7", "closes #1", "4be1c09d", "a" * 40,
    "acme/shop@4be1c09d77", "https://evil.example/?a=1|b", "www.evil.example",
    "ftp://evil.example", "bo@evil.example", "mailto:bo@evil.example", "<img src=x onerror=1>",
    "<!-- soulcaster:run:F-1 -->", "<!-- soulcaster-choice: fix C-1 -->", "-->", "<details>",
    "</summary>", "</details>", "&#64;ana", "&lt;b&gt;", "![x](https://evil.example/i.png)",
    "[x](https://evil.example)", "[x]: https://e.example", "[^1]", "# head", "> quote",
    "- [ ] task", "1. one", "***", "---", "===", "| a | b |", "|---|---|", "```", "~~~", "`",
    "``", "\\", "$x$", "$$", "/soulcaster fix C-1", "/close", "@soulcaster fix C-1", "<!channel>",
    "<@U123>", "<#C1|x>", "<!subteam^S1>", "<https://evil.example|x>", "@here", "@channel",
    "*bold*", "_it_", "~no~", ":tada:", "tada:", ":+1:", "&amp;", "&", "<", ">", "\u202eevil\u202c",
    "\u200b@ana", "@\u2060ana", "\x1b[31mred\x1b[0m", "\ud800", "\U000e0041", "\t", "    code",
    "\n", "\r\n", "\u2028", "\x00", "😀", "#\u200b1", "h\u00e4", " ", "x", "_", "__init__", "C-12",
    "$",
]  # fmt: skip
# Signs that mean something to some markup, one by one.
SIGNS = "![]()<>`*_~|\\&#:@/.-+=\"' a1\n\u200b\u202e"
hostile = st.one_of(
    st.lists(st.sampled_from(SNIPPETS) | st.text(max_size=8), max_size=4).map("".join),
    st.text(alphabet=SIGNS, max_size=12),
)
words = st.sampled_from([
    "ours ", " and ", ": ", "(", "”", "#", "@", "http", "www", "/", "`", "a ", "!", "\\", "*", "_",
    ":", ".", "x", "]", "![", "~", "<", "&", "> ",
])  # fmt: skip
inline = st.one_of(
    words,
    hostile.map(lambda text: Said(text=text)),
    hostile.map(lambda text: Code(text=text)),
    hostile.map(lambda text: Link(text=text, url=URL)),
    hostile.map(lambda text: Link(text="x", url=text)),
    words.map(lambda text: Strong(text=text)),
)
line = st.lists(inline, max_size=4).map(tuple)
said_only = hostile.map(lambda text: (Said(text=text),))


def _table(rows: list[tuple[Line, Line]]) -> Table:
    return Table(header=("One", "Two"), rows=tuple(rows))


block: st.SearchStrategy[Block] = st.one_of(
    line.map(lambda each: Paragraph(line=each)),
    st.lists(line, max_size=3).map(lambda lines: Bullets(lines=tuple(lines))),
    st.lists(st.tuples(line, line), max_size=3).map(_table),
    hostile.map(lambda text: Quotation(text=text, source=Link(text=text, url=URL))),
    hostile.map(lambda text: Preformatted(text=text, language=text)),
    st.tuples(words, line).map(
        lambda each: Steps(steps=(Step(label=each[0], seconds=1, detail=each[1]),))
    ),
    st.tuples(said_only, hostile).map(
        lambda each: Choices(choices=(Choice(label=each[0], sentence=each[1] or "x"),))
    ),
)
card = st.builds(
    Card,
    key=st.sampled_from(["run:F-7", "cluster:C-12", "weird key --> here"]),
    title=st.lists(inline, max_size=2).map(tuple),
    tone=st.sampled_from(["info", "running", "failed"]),
    facts=st.lists(st.builds(Fact, label=words, value=line), max_size=2).map(tuple),
    sections=st.lists(
        st.builds(
            Section,
            title=st.sampled_from(["", "Title", "*a* _b_ #", "![x](y)"]),
            blocks=st.lists(block, max_size=3).map(tuple),
            collapsed=st.booleans(),
        ),
        max_size=3,
    ).map(tuple),
    actions=st.lists(
        st.tuples(hostile, words).map(
            lambda each: Action(label=each[1], sentence=each[0], url=each[0], confirm=each[0])
        ),
        max_size=2,
    ).map(tuple),
    footer=line,
)
