"""Signed certificate timestamps in the leaf, and the windows of CT logs."""

import der
from case import VERIFIED, Group
from certificates import EPOCH, YEAR, Sct
from keys import key

case = Group("sct")
COUNT = "RFC 6962 3.2: one of a known log, in its window"
SIGNED = "RFC 6962 3.2: signed bytes"
KNOWN_BAD = "docs/reasons.md: a bad one of a known log fails"
VECTOR = "RFC 6962 3.3: the TLS vector"
WINDOW = "sigstore_trustroot.proto: the SCT's time in the log's closed window"
STRANGE = Sct(log="ct of nobody")
LEAF_INDEX = b"\x00\x00\x05\x00\x00\x12\xd6\x87"

case("two logs", VERIFIED, COUNT, scts=(Sct(), Sct("ct two")))
case("two of one log", VERIFIED, COUNT, scts=(Sct(), Sct(ms=EPOCH * 1000 + 1)))
case("RSA log", VERIFIED, "RFC 6962 3.2: RSA 2048, PKCS #1 v1.5", scts=(Sct("ct rsa", "rsa2048"),))
case("static log's leaf index", VERIFIED, "static-ct-api: verifiers must keep extensions",
     scts=(Sct(extensions=LEAF_INDEX),))
case("extensions of another kind", VERIFIED, "RFC 6962 3.2: copied verbatim",
     scts=(Sct(extensions=b"\x07\x00\x01x"),))
case("unknown log beside a known one", VERIFIED, "RFC 6962 3.2: unknown log: skip",
     scts=(STRANGE, Sct()))
case("unknown log only", "sct", COUNT, scts=(STRANGE,))
case("none", "sct", COUNT, scts=())
case("time changed", "sct", SIGNED, scts=(Sct(signed_ms=EPOCH * 1000 - 1),))
case("extensions added", "sct", SIGNED, scts=(Sct(extensions=LEAF_INDEX, signed_extensions=b""),))
case("extensions taken off", "sct", SIGNED, scts=(Sct(signed_extensions=LEAF_INDEX),))
case("other issuer's key hash", "sct", SIGNED, scts=(Sct(issuer_key=key("p384", "anchor")),))
case("of another precertificate", "sct", SIGNED,
     scts=(Sct(over=lambda tbs: tbs[:-1] + bytes([tbs[-1] ^ 1])),))
case("as for a final certificate", "sct", "RFC 6962 3.2: entry type 1, precert_entry",
     scts=(Sct(entry_type=0),))
case("signature changed", "sct", SIGNED, scts=(Sct(flip=True),))
case("signed by another key", "sct", SIGNED, scts=(Sct(signer=key("p256", "stranger")),))
case("good one beside a bad one of another known log", "sct", KNOWN_BAD,
     scts=(Sct(), Sct("ct two", flip=True)))
case("bad one before a good one of one log", "sct", KNOWN_BAD, scts=(Sct(flip=True), Sct()))
case("RSA named, ECDSA signed", "sct", "RFC 6962 3.2: sig 3 ecdsa, 1 rsa",
     scts=(Sct(algorithms=(4, 1)),))
case("SHA-1 named", "sct", "RFC 6962 3.2: hash 4", scts=(Sct(algorithms=(2, 3)),))
case("version 2", "sct", "RFC 6962 3.2: version 0", scts=(Sct(version=1),))
case("byte behind the signature", "sct", VECTOR, scts=(Sct(tail=b"\0"),))
case("empty list", "sct", VECTOR, scts=(), sct_bytes=lambda _: b"\0\0")
case("list longer than it says", "sct", VECTOR, sct_bytes=lambda whole: whole + b"\0")
case("list shorter than it says", "sct", VECTOR, sct_bytes=lambda whole: whole[:-1])
case("entry of no bytes", "sct", VECTOR, sct_bytes=lambda whole: b"\0\2\0\0")
case("extension is no OCTET STRING", "sct", "RFC 6962 3.2: OCTET STRING in OCTET STRING",
     scts=(), leaf={"more": [("1.3.6.1.4.1.11129.2.4.2", False, der.null())]})
for title, verdict, pair in (
        ("ends at its time", VERIFIED, (EPOCH - YEAR, EPOCH)),
        ("ended a millisecond before", "sct", (EPOCH - YEAR, "2026-03-01T11:59:59.999Z")),
        ("begins at its time", VERIFIED, (EPOCH, None)),
        ("begins a millisecond later", "sct", ("2026-03-01T12:00:00.001Z", None))):
    case(f"window {title}", verdict, WINDOW, ct_windows={"ct one": pair})
case("window ends at its millisecond", VERIFIED, WINDOW, scts=(Sct(ms=EPOCH * 1000 + 999),),
     ct_windows={"ct one": (EPOCH - YEAR, "2026-03-01T12:00:00.999Z")})
case("expired log beside one in its window", VERIFIED, "RFC 6962 3.2: out of window: skip",
     scts=(Sct(), Sct("ct two")), ct_windows={"ct one": (EPOCH - YEAR, EPOCH - 1)})
case("bad one of an expired log beside a good one", VERIFIED,
     "RFC 6962 3.2: out of window: skip", scts=(Sct(flip=True), Sct("ct two")),
     ct_windows={"ct one": (EPOCH - YEAR, EPOCH - 1)})
