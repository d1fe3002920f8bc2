"""The trusted root: spellings, several of each, windows, keys that are not known."""

import json

import story
from case import TRUST, VERIFIED, Group
from certificates import EPOCH, YEAR, Sct
from edits import both, copy_of, drop, put
from keys import key
from rekor import b64

case = Group("trusted root")
TYPES = "sigstore_trustroot.proto: read all three"
START = "sigstore_trustroot.proto: a log without a start: reject the whole"
STRICT = "RFC 8259"
KEYS = "sigstore_trustroot.proto: an unsupported key: skip with a warning"
DEMAND = "docs/reasons.md: what the trusted root names is demanded"
TYPE = "application/vnd.dev.sigstore.trustedroot"

for spelling in (f"{TYPE}+json;version=0.1", f"{TYPE}.v0.1+json", f"{TYPE}.v0.2+json"):
    case(f"type {spelling}", VERIFIED, TYPES, root=put("mediaType", spelling))
for spelling in (f"{TYPE}+json;version=0.3", f"{TYPE}.v1+json", "application/json", ""):
    case(f"type '{spelling}'", TRUST, TYPES, root=put("mediaType", spelling))
SIGNING = {"mediaType": "application/vnd.dev.sigstore.signingconfig.v0.2+json", "caUrls": [],
           "oidcUrls": [], "rekorTlogUrls": [], "tsaUrls": [],
           "rekorTlogConfig": {"selector": "ANY"}, "tsaConfig": {"selector": "ANY"}}
case("in a ClientTrustConfig", VERIFIED, "sigstore_trustroot.proto: ClientTrustConfig",
     root_text=lambda text: json.dumps({
         "mediaType": "application/vnd.dev.sigstore.clienttrustconfig.v0.1+json",
         "trustedRoot": json.loads(text), "signingConfig": SIGNING}).encode())

# --- logs
for name in ("tlogs.0", "tlogs.1", "ctlogs.0", "ctlogs.1"):
    which = {"0": "unneeded", "1": "needed"}[name[-1]]
    case(f"start of a {which} log of {name[:-2]} missing", TRUST, START,
         root=drop(f"{name}.publicKey.validFor.start"))
    case(f"window of a {which} log of {name[:-2]} missing", TRUST, START,
         root=drop(f"{name}.publicKey.validFor"))
case("end of a log null", VERIFIED, "sigstore_trustroot.proto: null: same as absent",
     root=put("tlogs.1.publicKey.validFor.end", None))
case("start of a log with fraction and offset", VERIFIED, "proto3 JSON: RFC 3339",
     root=put("tlogs.1.publicKey.validFor.start", "2026-03-01T14:00:04.999999999+02:00"))
for text in ("2026-03-01", "yesterday", "2026-02-30T00:00:00Z", "2026-03-01T12:00:00", ""):
    case(f"start of a log '{text}'", TRUST, "proto3 JSON: RFC 3339",
         root=put("tlogs.1.publicKey.validFor.start", text))
case("hash of a log SHA2_512", TRUST, "sigstore_trustroot.proto: must be SHA2_256",
     root=put("tlogs.1.hashAlgorithm", "SHA2_512"))
case("enums as numbers", VERIFIED, "proto3 JSON: as proto JSON does", root=both(
    put("tlogs.1.hashAlgorithm", 1), put("tlogs.1.publicKey.keyDetails", 7),
    put("ctlogs.1.publicKey.keyDetails", 5)))
case("log without ID", TRUST, "sigstore_trustroot.proto: logId", root=drop("tlogs.1.logId"))
case("log's ID of 31 bytes", TRUST, "sigstore_trustroot.proto: 32 bytes",
     root=put("tlogs.1.logId.keyId", b64(bytes(31))))
case("unneeded log with a key not known", VERIFIED, KEYS,
     root=put("tlogs.0.publicKey", {"keyDetails": "ML_DSA_65", "rawBytes": b64(bytes(1952)),
                                    "validFor": {"start": "2026-01-01T00:00:00Z"}}))
case("unneeded log with a key by unknown number", VERIFIED, KEYS,
     root=put("tlogs.0.publicKey.keyDetails", 21))
case("needed CT log with a key not known", "sct", KEYS,
     root=put("ctlogs.1.publicKey.keyDetails", "LMS_SHA256"))
case("CT log's key as bare PKCS #1", VERIFIED, "sigstore_trustroot.proto: rebuild the SPKI",
     scts=(Sct("ct rsa", "rsa2048"),), root=both(
         put("ctlogs.3.publicKey.keyDetails", "PKCS1_RSA_PKCS1V5"),
         put("ctlogs.3.publicKey.rawBytes", b64(key("rsa2048", "ct rsa").spki[24:]))))
case("CT log's key by its old name", VERIFIED, "algorithm-registry: 1 and 3 still seen in roots",
     scts=(Sct("ct rsa", "rsa2048"),),
     root=put("ctlogs.3.publicKey.keyDetails", "PKIX_RSA_PKCS1V5"))
case("CT log's ID of another key", "sct", "sigstore_trustroot.proto: CT log: H(SPKI)",
     root=put("ctlogs.1.publicKey.rawBytes", b64(key("p256", "stranger").spki)))
NONE = "docs/reasons.md: an empty list says that there is none; a list that is missing says nothing"
case("no logs", VERIFIED, NONE, root=put("tlogs", []), unchecked=("log_entry",))
case("logs missing", "log_entry", NONE, root=drop("tlogs"))
case("no logs, and no authority of timestamps", "timestamp", "client-spec 4.2: a time of signing",
     root=both(put("tlogs", []), put("timestampAuthorities", [])), unchecked=("log_entry",))
case("no logs, and no time but a log's", "timestamp", DEMAND, root=put("tlogs", []), generation=1,
     unchecked=("log_entry",))
case("no logs with a key that is known", "log_entry", DEMAND + ", also a log that cannot be read",
     root=both(*[put(f"tlogs.{i}.publicKey.keyDetails", "ML_DSA_44") for i in range(2)]))
case("no CT logs", VERIFIED, NONE, root=put("ctlogs", []), unchecked=("sct",))
case("CT logs missing", "sct", NONE, root=drop("ctlogs"))
case("no CT logs and no SCT", VERIFIED, NONE, root=put("ctlogs", []), scts=(),
     unchecked=("sct",))
case("no CT logs with a key that is known", "sct", DEMAND + ", also a log that cannot be read",
     root=both(*[put(f"ctlogs.{i}.publicKey.keyDetails", "ML_DSA_44") for i in range(4)]))
case(
    "no authorities", "certificate",
    "client-spec 4.3: a certificate of the root, the demanded name and issuer",
    root=put("certificateAuthorities", []))
case("CT logs that are others", "sct", "RFC 6962 3.2: threshold 1", root=lambda root: put(
    "ctlogs", lambda logs: logs[:1])(root))

RETIRED = {"start": "2020-01-01T00:00:00Z", "end": "2021-01-01T00:00:00Z"}


def again(kind):
    """The log stands twice: first in a window that is over."""
    def edit(root):
        log = root[kind][1]
        first = {**log, "publicKey": {**log["publicKey"], "validFor": RETIRED}}
        return {**root, kind: [root[kind][0], first, *root[kind][1:]]}
    return edit


case("log twice, the first window over", VERIFIED, "sigstore_trustroot.proto: one of its entries",
     root=again("tlogs"))
case("log twice, both windows over", "timestamp", "sigstore_trustroot.proto: one of its entries",
     root=both(again("tlogs"), put("tlogs.2.publicKey.validFor", RETIRED)))
case("another log of the same key in its window", "timestamp",
     "CLIENTS.md: a log may reuse its public key among instances", root=both(
         again("tlogs"), put("tlogs.2.baseUrl", "https://elsewhere.example")))
case("CT log twice, the first window over", VERIFIED,
     "sigstore_trustroot.proto: one of its entries", root=again("ctlogs"))

# --- authorities
AUTHORITY = "certificateAuthorities.1"


def moved(end):
    """The same authority twice: an older window, and the one that holds."""
    return both(copy_of(AUTHORITY, "certificateAuthorities"),
                lambda root: put("certificateAuthorities.1", {
                    **root["certificateAuthorities"][1], "validFor": story.window(end)})(root))


case("authority twice, the first window over", VERIFIED, "client-spec 4.3: there exists an entry",
     root=moved((EPOCH - YEAR, EPOCH)))
case("authority twice, the first window not yet", VERIFIED,
      "client-spec 4.3: there exists an entry", root=moved((EPOCH +YEAR, None)))
case("future authority beside", VERIFIED, "sigstore_trustroot.proto: both must load",
     root=put("certificateAuthorities.0.validFor", {"start": "2030-01-01T00:00:00Z"}))
case("retired timestamp authority beside", VERIFIED, "sigstore_trustroot.proto: both must load",
     root=put("timestampAuthorities.0.validFor", {"start": "2020-01-01T00:00:00Z",
                                                  "end": "2021-01-01T00:00:00Z"}))
case("window of a timestamp authority missing", VERIFIED, "sigstore_trustroot.proto: always valid",
     root=drop("timestampAuthorities.1.validFor"))
case("authority without certificates", TRUST, "sigstore_trustroot.proto: certChain",
     root=put(f"{AUTHORITY}.certChain.certificates", []))
case("authority's certificate is junk", TRUST, "sigstore_trustroot.proto: DER",
     root=put(f"{AUTHORITY}.certChain.certificates.0.rawBytes", b64(b"junk")))
case("authority's certificate with bytes behind", TRUST, "X.690: no trailing bytes",
     root=put(f"{AUTHORITY}.certChain.certificates.0.rawBytes",
              b64(story.Story().authority_chain()[0] + b"\0")))
case("issuer as an authority of timestamps only", "certificate",
     "sigstore_trustroot.proto: authorities by role",
     root=lambda root: {**root, "timestampAuthorities": [
         *root["timestampAuthorities"], root["certificateAuthorities"].pop()]})

# --- texts
for place in ("future", "tlogs.1.future", f"{AUTHORITY}.future", "ctlogs.1.publicKey.future"):
    case(f"unknown member {place}", VERIFIED,
         "proto3 JSON: unknown members may be ignored", root=put(place, [1]))
case("operator", VERIFIED, "sigstore_trustroot.proto: operator", root=both(
    put("tlogs.1.operator", "matrix.example"), put(f"{AUTHORITY}.operator", "matrix.example")))
for title, edit in (("member twice", lambda t: t.replace(b'"tlogs":', b'"tlogs": [], "tlogs":')),
                    ("text behind", lambda t: t + b"x"), ("empty", lambda t: b""),
                    ("cut short", lambda t: t[:-1]), ("a list", lambda t: b"[" + t + b"]")):
    case(f"text: {title}", TRUST, STRICT, root_text=edit)
