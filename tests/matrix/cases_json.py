"""Spellings of a bundle: versions, shapes, proto3 JSON, Base64, lists of bundles."""

import base64
import json

from case import UNREADABLE, VERIFIED, Group
from edits import bare, both, drop, put, url_safe
from rekor import Entry, b64
from story import Story
from tokens import Token

case = Group("json")
MEDIA = "sigstore_bundle.proto: media types, exact"
MATRIX = "sigstore_bundle.proto: what each version requires"
ONE_OF = "sigstore_bundle.proto: exactly one of the arms"
BASE64 = "proto3 JSON: both alphabets, padded or not"
STRICT = "RFC 8259, and no duplicates, nothing behind, 32 levels"
NUMBERS = "proto3 JSON: int64 as string or number"
DEFAULTS = "proto3 JSON: proto defaults may be absent, null equals absent"
TYPE = "application/vnd.dev.sigstore.bundle"


def chained(*which):
    """Of a bundle 0.2: authorities behind the leaf."""
    def edit(bundle):
        certificates = bundle["verificationMaterial"]["x509CertificateChain"]["certificates"]
        certificates += [{"rawBytes": b64(Story().authority_chain()[n])} for n in which]
        return bundle
    return edit


for version, spelling in (("0.3", f"{TYPE}.v0.3+json"), ("0.3", f"{TYPE}+json;version=0.3"),
                          ("0.2", f"{TYPE}+json;version=0.2"), ("0.2", f"{TYPE}.v0.2+json")):
    case(f"type {spelling}", VERIFIED, MEDIA, version=version, media_type=spelling)
for spelling in (f"{TYPE}+json;version=0.1", f"{TYPE}.v0.1+json"):
    case(f"type {spelling}", VERIFIED, MEDIA, version="0.1", media_type=spelling, generation=1)
for spelling in (f"{TYPE}.v0.4+json", f"{TYPE}+json;version=99.9", f"{TYPE}.v0.3+json ",
                 f"{TYPE}.V0.3+json", f"{TYPE}.v0.3+json;charset=utf-8", f"{TYPE}+json",
                 "application/json", "x"):
    case(f"type '{spelling}'", UNREADABLE, MEDIA, media_type=spelling)
case("type missing", UNREADABLE, MEDIA, bundle=drop("mediaType"))
case("type with a NUL", UNREADABLE, "RFC 8259: U+0000", media_type=f"{TYPE}.v0.3+json\0")
case("version 0.3 with a chain", UNREADABLE, MATRIX, version="0.2", media_type=f"{TYPE}.v0.3+json")
case("version 0.2 with one certificate", UNREADABLE, MATRIX, media_type=f"{TYPE}+json;version=0.2")
case(
    "chain with its issuer", VERIFIED,
     "sigstore_bundle.proto: ignoring extra certificates is legal", version="0.2",
     bundle=chained(0))
case("chain with its root", UNREADABLE, MATRIX + ": root must not be there", version="0.2",
     bundle=chained(0, 1))
case("chain of none", UNREADABLE, "sigstore_bundle.proto: empty certificates[]: reject",
     version="0.2", bundle=put("material.x509CertificateChain.certificates", []))
case("chain with the leaf last", "log_entry", "sigstore_bundle.proto: leaf first", version="0.2",
     bundle=both(chained(0), put("material.x509CertificateChain.certificates",
                                 lambda certificates: certificates[::-1])))
case("no certificate", UNREADABLE, ONE_OF, bundle=drop("material.certificate"))
case("certificate null", UNREADABLE, ONE_OF, bundle=put("material.certificate", None))
case("certificate and key", UNREADABLE, ONE_OF, bundle=put("material.publicKey", {"hint": "x"}))
case("certificate and chain", UNREADABLE, ONE_OF, bundle=put(
    "material.x509CertificateChain", {"certificates": []}))
case("certificate and a key of null", VERIFIED, DEFAULTS, bundle=put("material.publicKey", None))
case("no material", UNREADABLE, ONE_OF, bundle=drop("verificationMaterial"))

# --- numbers
V1 = {"generation": 1}
for title, name in (("index", "entry.logIndex"), ("time", "entry.integratedTime"),
                    ("size", "proof.treeSize"), ("index in the tree", "proof.logIndex")):
    case(f"{title} as a number", VERIFIED, NUMBERS, bundle=put(name, int), **V1)
    case(f"{title} negative", UNREADABLE, "client-spec 4.1: integers >= 0",
         bundle=put(name, "-1"), **V1)
    case(f"{title} above 2^63", UNREADABLE, NUMBERS, bundle=put(name, "9223372036854775808"), **V1)
for title, value in (
    ("a fraction", 3.5),
    ("a word", "three"),
    ("hexadecimal", "0x3"),
    ("empty", ""),
    ("true", True),
    ("a list", [3]),
    ("with a blank", " 3")):
    case(f"index {title}", UNREADABLE, NUMBERS, bundle=put("proof.logIndex", value))

# --- defaults
FIRST = {"entries": (Entry(index=0, size=5),)}
case("index 0 left out", VERIFIED, DEFAULTS, **FIRST,
     bundle=both(drop("entry.logIndex"), drop("proof.logIndex")))
case("index 0 null", VERIFIED, DEFAULTS, **FIRST,
     bundle=both(put("entry.logIndex", None), put("proof.logIndex", None)))
case("hashes left out of a tree of one", VERIFIED, DEFAULTS, entries=(Entry(index=0, size=1),),
     bundle=drop("proof.hashes"))
case("hashes null of a tree of one", VERIFIED, DEFAULTS, entries=(Entry(index=0, size=1),),
     bundle=put("proof.hashes", None))
case("promise and time null", VERIFIED, DEFAULTS, bundle=both(
    put("entry.inclusionPromise", None), put("entry.integratedTime", None)))
case("empty timestamps beside a promise", VERIFIED, DEFAULTS, generation=1,
     bundle=put("material.timestampVerificationData", {}))
case("timestamps null beside a promise", VERIFIED, DEFAULTS, generation=1,
     bundle=put("material.timestampVerificationData", None))
case("list of timestamps null beside a promise", VERIFIED, DEFAULTS, generation=1,
     bundle=put("material.timestampVerificationData", {"rfc3161Timestamps": None}))
case("digest null", VERIFIED, DEFAULTS, bundle=put("message.messageDigest", None))

# --- Base64
PLACES = ("message.signature", "message.messageDigest.digest", "material.certificate.rawBytes",
          "entry.canonicalizedBody", "entry.logId.keyId", "proof.rootHash", "proof.hashes.0",
          "token.signedTimestamp")
case("Base64 for URLs", VERIFIED, BASE64, bundle=both(*[put(p, url_safe) for p in PLACES]))
case("Base64 without padding", VERIFIED, BASE64, bundle=both(*[put(p, bare) for p in PLACES]))
case("Base64 for URLs without padding", VERIFIED, BASE64, bundle=both(
    *[put(p, lambda text: bare(url_safe(text))) for p in PLACES]))
case("Base64 with trailing bits", VERIFIED,
     "proto3 JSON: bits behind the last byte are not looked at",
     bundle=put("message.messageDigest.digest",
     lambda text: text[:-2] + chr(ord(text[-2]) + 1) + "="))
for title, edit in (("with a line end", lambda text: text[:40] + "\n" + text[40:]),
                    ("with a blank behind", lambda text: text + " "),
                    ("with a star", lambda text: "*" + text[1:]),
                    ("with a character too many", lambda text: bare(text) + "A=" * 3),
                    ("of one character", lambda text: "A"),
                    ("that is a number", lambda text: 7), ("that is an object", lambda text: {})):
    case(f"Base64 {title}", UNREADABLE, BASE64, bundle=put("message.signature", edit))
case("Base64 as hexadecimal", UNREADABLE, "proto3 JSON: bytes are Base64", bundle=put(
    "message.messageDigest.digest", lambda text: base64.b64decode(text).hex()))

# --- members and texts
for place in ("future", "material.future", "entry.future", "proof.future", "message.future"):
    case(f"unknown member {place}", VERIFIED,
         "proto3 JSON: unknown members may be ignored", bundle=put(place, {"x": [1]}))


def twice(member, text):
    return text.replace(member, member + b" 1, " + member, 1)


for member in ("mediaType", "logIndex", "signature", "rawBytes"):
    case(f"member {member} twice", UNREADABLE, STRICT,
         text=lambda text, member=member: twice(f'"{member}":'.encode(), text))
case("member twice, one escaped", UNREADABLE, STRICT, text=lambda text: text.replace(
    b'"mediaType":', b'"media\\u0054ype": 1, "mediaType":', 1))
case("unknown member twice", UNREADABLE, STRICT,
     text=lambda text: b'{"x": 1, "x": 1, ' + text[1:])
for title, verdict, edit in (
        ("escaped member name", VERIFIED, lambda t: t.replace(b'"mediaType"',
         b'"media\\u0054ype"')),
        ("indented", VERIFIED, lambda t: json.dumps(json.loads(t), indent=4).encode()),
        ("blanks and line ends around", VERIFIED, lambda t: b" \r\n\t" + t + b"\r\n\n"),
        ("members in another order", VERIFIED,
         lambda t: json.dumps(json.loads(t), sort_keys=True).encode()),
        ("escaped solidus", VERIFIED, lambda t: t.replace(b"/", b"\\/")),
        ("byte order mark", UNREADABLE, lambda t: b"\xef\xbb\xbf" + t),
        ("text behind", UNREADABLE, lambda t: t + b"x"), ("second object behind", UNREADABLE,
         lambda t: t + t),
        ("NUL behind", UNREADABLE, lambda t: t + b"\0"), ("cut short", UNREADABLE,
         lambda t: t[:-1]),
        ("comma behind the last member", UNREADABLE, lambda t: t[:-1] + b",}"),
        ("comment", UNREADABLE, lambda t: b"/* */" + t), ("single quotes", UNREADABLE,
                                                         lambda t: t.replace(b'"', b"'")),
        ("NaN", UNREADABLE, lambda t: b'{"x": NaN, ' + t[1:]),
        ("leading zero", UNREADABLE, lambda t: b'{"x": 01, ' + t[1:]),
        ("not UTF-8", UNREADABLE, lambda t: b'{"x": "\xff", ' + t[1:]),
        ("control character in a string", UNREADABLE, lambda t: b'{"x": "\x01", ' + t[1:]),
        ("lone surrogate", UNREADABLE, lambda t: b'{"x": "\\ud800", ' + t[1:]),
        ("depth of 20", VERIFIED, lambda t: b'{"x": ' + b"[" * 20 + b"]" * 20 + b", " + t[1:]),
        ("depth of 40", UNREADABLE, lambda t: b'{"x": ' + b"[" * 40 + b"]" * 40 + b", " + t[1:]),
        ("list around", UNREADABLE, lambda t: b"[" + t + b"]"),
        ("UTF-16", UNREADABLE, lambda t: t.decode().encode("utf-16")),
        ("empty file", UNREADABLE, lambda t: b""), ("null", UNREADABLE, lambda t: b"null")):
    case(f"text: {title}", verdict, STRICT if verdict is UNREADABLE else "RFC 8259", text=edit)

# --- lists of bundles
LIST = {"file_name": "artifact.sigstore.jsonl"}
OTHER = json.dumps(Story(signed=b"other\n").written_bundle()).encode()
case("list of one", VERIFIED, "sigstore_bundle.proto: JSON lines of bundles", **LIST)
case(
    "list, ours second", VERIFIED, "sigstore_bundle.proto: proof and checkpoint; SET or timestamp",
    text=lambda t: OTHER +b"\n" +t +b"\n", **LIST)
case(
    "list with an unreadable line", VERIFIED,
    "sigstore_bundle.proto: proof and checkpoint; SET or timestamp", text=lambda t: b"x\n" +t, **
    LIST)
case("list of others", UNREADABLE, "docs/reasons.md: no bundle of a list is about the file",
     text=lambda t: OTHER + b"\n", **LIST)
case("list, ours bad", "signature", "client-spec 4.5: signature over the payload",
     tokens=(Token(),),
     signature=lambda made: made + b"\0", text=lambda t: OTHER + b"\n" + t, **LIST)
