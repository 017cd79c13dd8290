"""Words that make two reports two problems although all the rest is the same. "Export loses the
last row" and "import loses the last row" share every other word, and a sentence vector hardly tells
them apart. What is opposed may be suggested and is never joined unasked."""

import re

import numpy as np
from numpy.typing import NDArray

Sides = NDArray[np.uint64]

# A line is a question that has one answer; its sides, between bars, exclude each other.
_AXES = """
open opens opened opening reopen | close closes closed closing shut
import imports imported importing importer | export exports exported exporting exporter
add adds added adding insert | remove removes removed removing delete deletes deleted deleting
upload uploads uploaded uploading | download downloads downloaded downloading
login signin logon | logout logoff signout
signup register registration | login signin
enable enables enabled enabling | disable disables disabled disabling
encode encodes encoding encoder encoded | decode decodes decoding decoder decoded
encrypt encrypts encrypted encryption encrypting | decrypt decrypts decrypted decryption decrypting
compress compresses compressed compression | decompress decompresses uncompress decompression
serialize serializes serialized serialization | deserialize deserializes deserialization parse
ascending asc | descending desc
first | last
before | after
with | without
light | dark
min minimum minimal | max maximum maximal
read reads reading reader | write writes writing writer
left | right
top | bottom
upper uppercase | lower lowercase
horizontal horizontally landscape | vertical vertically portrait
start starts starting started startup | stop stops stopping stopped shutdown
send sends sending sent outgoing outbound | receive receives receiving received incoming inbound
push pushes pushed pushing | pull pulls pulled pulling
show shows shown showing visible | hide hides hidden hiding invisible
increase increases increased increment | decrease decreases decreased decrement
expand expands expanded expanding | collapse collapses collapsed collapsing
connect connects connecting connected | disconnect disconnects disconnecting disconnected
install installs installed installing | uninstall uninstalls uninstalled uninstalling
subscribe subscribes subscribed | unsubscribe unsubscribes unsubscribed
mute mutes muted | unmute unmutes unmuted
lock locks locked locking | unlock unlocks unlocked unlocking
pin pins pinned | unpin unpins unpinned
archive archives archived archiving | unarchive restore restores restored restoring
undo | redo
previous prev backward backwards | next forward forwards
older oldest | newer newest
smaller smallest shrink shrinks | larger largest bigger grow grows
online | offline
public | private
sync synchronous | async asynchronous
client | server
input | output
request requests | response responses
accept accepts accepted approve approves approved | reject rejects rejected decline declined
checkin | checkout
credit credits | debit debits
deposit deposits | withdraw withdraws withdrawal withdrawals
buy buys purchase purchases | sell sells sale sales
debug | release
dev development staging | prod production
mobile phone | desktop
android | ios iphone ipad
windows | mac macos osx | linux ubuntu debian
chrome chromium | firefox | safari | edge
v1 | v2 | v3
32bit 32-bit x86 | 64bit 64-bit x64
ipv4 | ipv6
english | german | french | spanish
monthly | weekly | daily | yearly annual
morning | evening
km kilometers kilometres | miles
celsius | fahrenheit
postgres postgresql | mysql | sqlite
arm arm64 | amd64
"""
_AXIS_BITS: list[int] = []
_BIT: dict[str, int] = {}


def _load() -> None:
    bit = 0
    for line in _AXES.strip().splitlines():
        whole = 0
        for side in line.split("|"):
            for word in side.split():
                _BIT[word] = _BIT.get(word, 0) | 1 << bit
            whole |= 1 << bit
            bit += 1
        _AXIS_BITS.append(whole)


_load()
WIDTH = max(_AXIS_BITS).bit_length() // 64 + 1
_JOINED = re.compile(r"\b(log|sign|start|shut|check)[ -](in|on|out|off|up|down)\b")
_BITS = re.compile(r"\b(32|64)[ -]?bit\b")
_TOKEN = re.compile(r"[a-z0-9]+")
_NO = re.compile(r"\b(?:not|no|never|cannot|can't|\w+n[’']t)\b", re.IGNORECASE)


def sides_of(text: str) -> Sides:
    """Which sides of which questions a text names, as bits in ``WIDTH`` words of 64."""
    said = _BITS.sub(r"\1bit", _JOINED.sub(r"\1\2", text.lower()))
    found = 0
    for word in _TOKEN.findall(said):
        found |= _BIT.get(word, 0)
    return np.array([found >> 64 * n & (1 << 64) - 1 for n in range(WIDTH)], dtype=np.uint64)


def negated(text: str) -> bool:
    """Whether a text says that something is not so."""
    return _NO.search(text) is not None


def opposed(ours: Sides, theirs: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Which rows of ``theirs`` answer a question that ``ours`` answers, and answer it otherwise."""
    found = np.zeros(len(theirs), dtype=bool)
    for axis in _MASKS[(_MASKS & ours).any(axis=1)]:
        other = theirs & axis
        found |= other.any(axis=1) & ~(other & ours).any(axis=1)
    return found


_MASKS: Sides = np.array(
    [[axis >> 64 * n & (1 << 64) - 1 for n in range(WIDTH)] for axis in _AXIS_BITS], dtype=np.uint64
)
# What a report runs on is said anywhere in it, not in its title alone.
PLATFORMS = sides_of("android ios") | sides_of("windows mac linux chrome firefox safari edge")
