"""Checkpoints and their signed notes (C2SP), and witnesses."""

import hashlib

from case import VERIFIED, Group
from edits import replace
from keys import key
from rekor import Entry, b64, cosignature, leaf_hash, line_parts, note_line, spoiled

case = Group("checkpoint")
NOTE = "signed-note: text, blank line, signature lines"
HEAD = "tlog-checkpoint: root and size are the proof's"
UNKNOWN = "signed-note: skip unknown keys"
TEXT = "tlog-checkpoint: origin, size, root hash, extension lines"
NAME = "tlog-checkpoint: name and origin are the host"
BAD_LINE = "signed-note: a line from a known key that fails makes the note malformed"
HOST = "rekor2.matrix.example"
STRANGER = note_line("elsewhere.example", b"\1\2\3\4", bytes(64))


def entry(**changes):
    return (Entry(**changes),)


def resized(line, change):
    name, key_id, signature = line_parts(line)
    return note_line(name, key_id, signature + b"\0" if change > 0 else signature[:change])


def lines(edit):
    """Of the log's line alone."""
    return entry(lines=lambda own, text: edit(own[0]))


for title, edit in (
        ("a line of a stranger behind", lambda own: [own, STRANGER]),
        ("a line of a stranger before", lambda own: [STRANGER, own]),
        ("a line of our name with another ID", lambda own: [
            note_line(HOST, b"\1\2\3\4", bytes(71)), own]),
        ("a line of our ID with another name", lambda own: [own.replace(HOST, "x.example"), own]),
        ("our line twice", lambda own: [own, own]),
        ("17 lines of strangers", lambda own: [STRANGER] * 9 + [own] + [STRANGER] * 8),
        ("100 lines", lambda own: [STRANGER] * 50 + [own] + [STRANGER] * 49),
        ("a line with a long signature", lambda own: [note_line("pq.example", b"pqpq", bytes(2428)),
                                                      own])):
    case(title, VERIFIED, UNKNOWN, entries=lines(edit))
case("two witnesses", VERIFIED, UNKNOWN, entries=entry( lines=lambda own, text: [
     *own, cosignature("w1.example", text), cosignature("w2.example", text)]))
case("two witnesses, Rekor v1", VERIFIED, UNKNOWN, entries=entry(
    generation=1, lines=lambda own, text: [cosignature("w1.example", text), *own,
                                           cosignature("w2.example", text)]))
for title, text, edit in (
        ("no lines", NOTE, lambda own: []), ("strangers' lines only", NOTE, lambda own: [STRANGER]),
        ("our line with another ID", NAME, lambda own: [note_line(HOST, b"\1\2\3\4", bytes(64))]),
        ("our line with another name", NAME, lambda own: [own.replace(HOST, "elsewhere.example")]),
        ("our line with a name like it", NAME, lambda own: [own.replace(HOST, HOST + ".example")]),
        ("our line twice, one bad", BAD_LINE, lambda own: [own, spoiled(own)]),
        ("our line twice, the first bad", BAD_LINE, lambda own: [spoiled(own), own]),
        ("signature of 63 bytes", NOTE, lambda own: [resized(own, -1)]),
        ("signature of 65 bytes", NOTE, lambda own: [resized(own, 1)]),
        ("a line without signature", NOTE, lambda own: [own, "\u2014 x.example AQIDBA==\n"]),
        ("a line without name", NOTE, lambda own: [own, "\u2014 AQIDBAU=\n"]),
        ("a line with a hyphen for the dash", NOTE, lambda own: [own, STRANGER.replace("\u2014",
         "-")]),
        ("a line that is no Base64", NOTE, lambda own: [own, "\u2014 x.example AQ*DBAU=\n"]),
        ("a line of unpadded Base64", NOTE, lambda own: [own, "\u2014 x.example AQIDBAU\n"]),
        ("a name with a plus", NOTE, lambda own: [own, "\u2014 x+y AQIDBAU=\n"]),
        ("a carriage return", NOTE, lambda own: [own.replace("\n", "\r\n")]),
        ("last line without its end", NOTE, lambda own: [own.rstrip("\n")]),
        ("101 lines", "signed-note: cap of 100 lines", lambda own: [own] + [STRANGER] * 100)):
    case(title, "log_entry", text, entries=lines(edit))


case("signed by another key", "log_entry", NOTE, entries=entry(note_by=key("ed25519", "stranger")))
case("ECDSA key", VERIFIED, "signed-note: type 2", entries=entry(key_kind="p256"))
case("ECDSA key, signed by another", "log_entry", NOTE,
     entries=entry(key_kind="p256", note_by=key("p256", "stranger")))
case("ECDSA key under another name", "log_entry", "signed-note: not bound to the name",
     entries=entry(key_kind="p256", note_name="elsewhere.example", origin="elsewhere.example"))
case("another tree of the same log", "log_entry", HEAD,
     entries=entry(note_root=leaf_hash(b"other")))
case("another size of the same log", "log_entry", HEAD, entries=entry(note_size="8"))
case("origin of another log", "log_entry", NAME, entries=entry(origin="elsewhere.example"))
case("origin like Rekor v1's", "log_entry", NAME, entries=entry(origin=HOST + " - 1"))
case("name of another log", "log_entry", NAME, entries=entry(note_name="elsewhere.example"))
for title, text in (("one line", "extension\n"), ("two lines", "one\ntwo\n"),
                    ("a line of a frozen log", "frozen 7\n")):
    case(f"{title} behind the root hash", VERIFIED,
         TEXT + ": extension lines", entries=entry(extra_text=text))
for title, old, new in (
        ("size with a leading zero", "\n7\n", "\n07\n"), ("size with a sign", "\n7\n", "\n+7\n"),
        ("negative size", "\n7\n", "\n-7\n"), ("size with a blank", "\n7\n", "\n7 \n"),
        ("size in hexadecimal", "\n7\n", "\n0x7\n"), ("size missing", "\n7\n", "\n"),
        ("size above 2^63", "\n7\n", "\n18446744073709551623\n"),
        ("origin missing", HOST + "\n", ""), ("origin empty", HOST + "\n", "\n"),
        ("root hash without padding", "=\n", "\n"), ("root hash with bytes more", "=\n", "AAA\n")):
    case(title, "log_entry", TEXT, entries=entry(text=replace(old, new)))
case("root hash missing", "log_entry", TEXT,
     entries=entry(text=lambda text: "\n".join(text.split("\n")[:2]) + "\n"))
case("root hash in hexadecimal", "log_entry", TEXT, entries=entry(
    text=lambda text: f"{HOST}\n7\n{hashlib.sha256(b'').hexdigest()}\n"))
case("root hash of the empty tree", "log_entry", HEAD, entries=entry(
    note_root=hashlib.sha256(b"").digest()))
case("empty extension line", "log_entry", TEXT +": non-empty",
     entries=entry(extra_text="one\n\ntwo\n"))
case("tab in the text", "log_entry", NOTE + ": no byte below 0x20",
     entries=entry(extra_text="a\tb\n"))
case("no blank line", "log_entry", NOTE, entries=entry(note=replace("\n\n", "\n")))
case("two blank lines", "log_entry", TEXT, entries=entry(note=replace("\n\n", "\n\n\n")))
case("line changed after signing", "log_entry", NOTE, entries=entry(
    extra_text="one\n", note=replace("one\n", "two\n")))
case("line taken off after signing", "log_entry", NOTE, entries=entry(
    extra_text="one\n", note=replace("one\n", "")))
case("text behind the note", "log_entry", NOTE, entries=entry(note=lambda note: note + "more\n"))


# --- witnesses
def verifier_key(name):
    raw = b"\x04" + key("ed25519", name).raw
    key_id = hashlib.sha256(name.encode() + b"\n" + raw).hexdigest()[:8]
    return f"{name}+{key_id}+{b64(raw)}"


POLICY = "".join(f"witness {n} {verifier_key(n + '.example')}\n" for n in ("w1", "w2", "w3"))
TWO_OF_THREE = POLICY + "group all2 2 w1 w2 w3\nquorum all2\n"
QUORUM = "tlog-policy: quorum"


def witnessed(*names, spoil=None):
    def edit(own, text):
        made = [cosignature(f"{name}.example", text) for name in names]
        return [*own, *([spoiled(one) if spoil == name else one for name, one in zip(names, made)])]
    return entry(lines=edit)


case("quorum 2 of 3, two there", VERIFIED, QUORUM, entries=witnessed("w1", "w3"),
     witness_policy=TWO_OF_THREE)
case("quorum 2 of 3, three there", VERIFIED, QUORUM, entries=witnessed("w1", "w2", "w3"),
     witness_policy=TWO_OF_THREE)
case("quorum 2 of 3, one there", "witness", QUORUM, entries=witnessed("w2"),
     witness_policy=TWO_OF_THREE)
case("quorum 2 of 3, one there twice", "witness", "signed-note: do not count twice",
     entries=witnessed("w2", "w2"), witness_policy=TWO_OF_THREE)
case("quorum 2 of 3, one and a stranger", "witness", QUORUM, entries=witnessed("w2", "w9"),
     witness_policy=TWO_OF_THREE)
case("quorum 2 of 3, two good and one bad", "witness", BAD_LINE,
     entries=witnessed("w1", "w2", "w3", spoil="w2"), witness_policy=TWO_OF_THREE)
case("quorum of none", VERIFIED, "tlog-policy: quorum none",
     witness_policy=POLICY + "quorum none\n")
case("quorum of one for every entry of two", "witness", "docs/reasons.md: each one's checkpoint",
     entries=(*witnessed("w1"), Entry(host="rekor3.matrix.example", key_name="log three")),
     witness_policy=POLICY + "quorum w1\n")
