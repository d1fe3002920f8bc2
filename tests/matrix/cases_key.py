"""Bundles that a key signed without a certificate, and the key that is demanded."""

from case import TRUST, UNREADABLE, VERIFIED, Group
from certificates import EPOCH, YEAR
from edits import both, drop, put
from keys import key
from rekor import Entry

case = Group("key")
FIT = "client-spec 4: identity policy with a key's bundle, or the reverse: fail"
HINT = "sigstore_bundle.proto: hint ignored"
TIME = "docs/reasons.md: a time is needed where the root names a TSA or the log is retired"
NO_TSA = put("timestampAuthorities", [])

for kind in ("p256", "p384", "p521", "rsa2048", "rsa3072", "rsa4096", "ed25519"):
    case(f"{kind}", VERIFIED, "algorithm-registry: keys that sign", managed=kind)
    case(f"{kind}, Rekor v1", VERIFIED, "algorithm-registry: keys that sign", managed=kind,
         generation=1)
case("envelope", VERIFIED, "client-spec 4.5: signature over the payload", managed="p256", dsse=True)
case("envelope, Rekor v1", VERIFIED, "client-spec 4.5: signature over the payload",
     managed="p256", dsse=True, generation=1)
case("as DER", VERIFIED, "client-spec 4: key", managed="p256", key_file=key("p256", "signer").spki)
case("another key", "log_entry", "client-spec 4.4: the managed key's SPKI", managed="p256",
     key_file=key("p256", "stranger").pem)
case("another kind of key", "log_entry", "client-spec 4.4: the managed key's SPKI", managed="p256",
     key_file=key("ed25519", "stranger").pem)
case("a name is demanded", "format", FIT, managed="p256", asks_name=True)
case("a key is demanded of a certificate's bundle", "format", FIT,
     key_file=key("p256", "signer").pem)
for title, edit in (("another", put("material.publicKey.hint", "x")),
                    ("empty", put("material.publicKey.hint", "")),
                    ("missing", put("material.publicKey", {}))):
    case(f"hint {title}", VERIFIED, HINT, managed="p256", bundle=edit)
case("hint and keyid equal", VERIFIED, "client-spec: keyid equals the hint if both are there",
     managed="p256", hint="k", dsse=True, bundle=put("envelope.signatures.0.keyid", "k"))
case("hint and keyid differ", UNREADABLE, "client-spec: keyid equals the hint if both are there",
     managed="p256", hint="k", dsse=True, bundle=put("envelope.signatures.0.keyid", "l"))
case("no time, no authority in the root", VERIFIED, TIME, managed="p256", tokens=(), root=NO_TSA,
     unchecked=("timestamp",))
case("no time, an authority in the root", "timestamp", TIME, managed="p256", tokens=())
case("no time, retired log", "timestamp", TIME, managed="p256", tokens=(), root=NO_TSA,
     log_window=(EPOCH - YEAR, EPOCH + YEAR))
case("no entry", "log_entry", "client-spec 4: managed key: log 1", managed="p256",
     bundle=drop("material.tlogEntries"))
case("no proof", "log_entry", "sigstore_bundle.proto: proof and checkpoint; SET or timestamp",
     managed="p256", bundle=drop("entry.inclusionProof"))
case("another artifact", "log_entry", "client-spec 4.4: entry against bundle",
     managed="p256", artifact=b"other\n")
case("signature over other bytes", "signature", "client-spec 4.5: signature over the payload",
     managed="p256", signature=lambda _: key("p256", "signer").sign(b"other\n"))
case("no authority and no CT log in the root", VERIFIED, "sigstore_bundle.proto: no SCT",
     managed="p256", root=both(put("certificateAuthorities", []), put("ctlogs", [])))
case("two logs", VERIFIED, "docs/reasons.md", managed="p256", entries=(
    Entry(), Entry(host="rekor3.matrix.example", key_name="log three")))
for title, text in (("empty", b""), ("junk", b"junk\n"),
                    ("cut short", key("p256", "signer").pem[:-30]),
                    ("a certificate's PEM", b"-----BEGIN CERTIFICATE-----\nAAAA\n"
                                            b"-----END CERTIFICATE-----\n"),
                    ("DER with bytes behind", key("p256", "signer").spki + b"\0"),
                    ("of a curve not known", key("k256", "signer").pem)):
    case(f"file {title}", TRUST, "docs/reasons.md: trust: the key is unusable", managed="p256",
         key_file=text)
