"""What was signed: artifacts, envelopes, statements, and which digest is at hand."""

import hashlib
import json

from case import UNREADABLE, VERIFIED, Group
from edits import copy_of, drop, flip64, put
from keys import key
from rekor import b64
from story import ARTIFACT, pae, statement

case = Group("content")
SIGNATURE = "client-spec 4.5: signature over the payload"
STATEMENT = "in-toto Statement: _type, subject"
SUBJECT = "in-toto Statement: a subject's digest is the artifact's"
SHAPE = "client-spec 4.1: exactly one content, one signature that is not empty"
ONE_OF = "sigstore_bundle.proto: both arms, or neither: reject"
SIGNER = key("p256", "signer")


def digest(name, data=ARTIFACT):
    return hashlib.new(name, data).hexdigest()


def subjects(*digests):
    return statement(subject=[{"name": f"s{i}", "digest": d} for i, d in enumerate(digests)])


# --- message signatures
case("empty artifact", VERIFIED, SIGNATURE, signed=b"", artifact=b"")
case("artifact of a mebibyte", VERIFIED, SIGNATURE, signed=bytes(1 << 20), artifact=bytes(1 << 20))
case("another artifact", "log_entry", "client-spec 4.4: digest == artifact digest",
     artifact=b"other\n")
case("another artifact, Rekor v1", "log_entry", "client-spec 4.4: digest == artifact digest",
     artifact=b"other\n", generation=1)
case("signature over other bytes, all else of the artifact", "signature", SIGNATURE,
     signature=lambda _: SIGNER.sign(b"other\n"))
case("signature by another key, all else of the artifact", "signature", SIGNATURE,
     signature=lambda _: key("p256", "stranger").sign(ARTIFACT))
case("the same, Rekor v1", "signature", SIGNATURE, generation=1,
     signature=lambda _: key("p256", "stranger").sign(ARTIFACT))
case("signature with bytes behind its DER", "signature", SIGNATURE,
     signature=lambda made: made + b"\0")
case("signature of RSA key by another hash", "signature", "algorithm-registry: SHA-256 with RSA",
     leaf_kind="rsa2048", signature=lambda _: key("rsa2048", "signer").sign(ARTIFACT, "sha512"))
case("signature changed after logging", "log_entry", "client-spec 4.4: signature == bundle's",
     bundle=put("message.signature", flip64))
case("no digest", VERIFIED, "sigstore_bundle.proto: a hint", bundle=drop("message.messageDigest"))
case("digest of another file", "log_entry", "sigstore_bundle.proto: compare if present",
     bundle=put("message.messageDigest.digest", b64(hashlib.sha256(b"x").digest())))
case("digest by number of its algorithm", VERIFIED, "proto3 JSON: also accept the number",
     bundle=put("message.messageDigest.algorithm", 1))
case("digest by another algorithm, right", VERIFIED, "sigstore_bundle.proto: compare if present",
     bundle=put("message.messageDigest",
                {"algorithm": "SHA2_512", "digest": b64(hashlib.sha512(ARTIFACT).digest())}))
case("digest by another algorithm, wrong", "log_entry", "sigstore_bundle.proto: compare if present",
     bundle=put("message.messageDigest", {"algorithm": "SHA2_512", "digest": b64(bytes(64))}))
case("digest of an unknown algorithm", UNREADABLE, "algorithm-registry: hash enum",
     bundle=put("message.messageDigest.algorithm", "MD5"))
case("digest of unspecified algorithm", UNREADABLE, "algorithm-registry: hash enum",
     bundle=put("message.messageDigest.algorithm", "HASH_ALGORITHM_UNSPECIFIED"))
case("digest of 31 bytes", UNREADABLE, "sigstore_bundle.proto: digest of the algorithm's length",
     bundle=put("message.messageDigest.digest", b64(bytes(31))))

# --- by digest
case("by digest", VERIFIED, "client-spec 4: artifact and policy", by_digest=True)
case("by digest, Rekor v1", VERIFIED, "client-spec 4: artifact and policy", by_digest=True,
     generation=1)
case("by digest, RSA", VERIFIED, "client-spec 4.5: from digest", by_digest=True,
     leaf_kind="rsa3072")
case("by digest of another file", "log_entry",
     "client-spec 4.4: entry against bundle", by_digest=True, artifact=b"other\n")
for kind in ("p384", "p521", "ed25519"):
    case(f"by digest, key {kind}", "format",
         "client-spec 4.5: cannot verify, error", by_digest=True, leaf_kind=kind)
case("by digest, envelope", VERIFIED,
     "in-toto Statement: a subject's digest is the artifact's", by_digest=True, dsse=True)
case("by digest, envelope of a P-384 key", VERIFIED,
     "client-spec 4.5: PAE is signed", by_digest=True, dsse=True, leaf_kind="p384")
case("by digest, envelope of another file", "artifact", SUBJECT, by_digest=True, dsse=True,
     artifact=b"other\n")

# --- envelopes
for kind in ("p256", "p384", "p521", "rsa2048"):
    case(f"envelope, key {kind}", VERIFIED, SIGNATURE, dsse=True, leaf_kind=kind)
case("envelope of another file", "artifact", SUBJECT, dsse=True, artifact=b"other\n")
case("envelope, payload signed in place of the PAE", "signature", "client-spec 4.5: PAE", dsse=True,
     signature=lambda _: SIGNER.sign(json.dumps(statement()).encode()))
case("envelope, PAE of another type signed", "signature", "client-spec 4.5: PAE", dsse=True,
     signature=lambda _: SIGNER.sign(pae("text/plain", json.dumps(statement()).encode())))
case("envelope, payload changed", "log_entry", "client-spec 4.4: hash(PAE)", dsse=True,
     bundle=put("envelope.payload", b64(json.dumps(statement(predicate={"x": 1})).encode())))
case("envelope, type changed", "log_entry", "client-spec 4.4: hash(PAE)", dsse=True,
     bundle=put("envelope.payloadType", "text/plain"))
case("envelope, type changed, Rekor v1", "signature", "client-spec 4.5: PAE", dsse=True,
     generation=1, bundle=put("envelope.payloadType", "text/plain"))
case("envelope, signature changed", "log_entry", "client-spec 4.4: entry against bundle", dsse=True,
     bundle=put("envelope.signatures.0.sig", flip64))
case("envelope of plain text", "artifact", "in-toto Statement: payloadType must be in-toto",
     dsse=True, payload_type="text/plain", payload=ARTIFACT)
case("envelope of in-toto in other letters", "artifact",
     "in-toto Statement: payloadType must be in-toto", dsse=True,
     payload_type="application/vnd.in-toto+JSON")
case("envelope with keyid", VERIFIED, "client-spec: keyid equals the hint if both are there",
     dsse=True, bundle=put("envelope.signatures.0.keyid", "some key"))
case("envelope with empty keyid", VERIFIED, "client-spec: keyid: normally \"\"", dsse=True,
     bundle=put("envelope.signatures.0.keyid", ""))
case("envelope without signatures", UNREADABLE, SHAPE,
     dsse=True, bundle=put("envelope.signatures", []))
case("envelope with two signatures", UNREADABLE, SHAPE, dsse=True,
     bundle=copy_of("envelope.signatures.0", "envelope.signatures"))
case("envelope with an empty signature", UNREADABLE, SHAPE, dsse=True,
     bundle=put("envelope.signatures.0.sig", ""))
case("empty signature", UNREADABLE, SHAPE, bundle=put("message.signature", ""))
case("no signature", UNREADABLE, SHAPE, bundle=drop("message.signature"))
case("no content", UNREADABLE, ONE_OF, bundle=drop("messageSignature"))
case("two contents", UNREADABLE, ONE_OF, bundle=put("dsseEnvelope", {
    "payload": b64(b"{}"), "payloadType": "x", "signatures": [{"sig": b64(b"x")}]}))
case("two contents, one null", VERIFIED, "proto3 JSON: null equals absent",
     bundle=put("dsseEnvelope", None))

# --- statements
case("statement v0.1", VERIFIED, STATEMENT + ": accept v0.1 on read", dsse=True,
     statement=statement(_type="https://in-toto.io/Statement/v0.1"))
case("statement of another type", "artifact", STATEMENT, dsse=True,
     statement=statement(_type="https://in-toto.io/Statement/v2"))
case("statement without type", "artifact", STATEMENT, dsse=True,
     statement={k: v for k, v in statement().items() if k != "_type"})
RIGHT, WRONG = digest("sha256"), digest("sha256", b"other\n")
for title, digests in (
        ("second of two subjects", ({"sha256": WRONG}, {"sha256": RIGHT})),
        ("last of 40 subjects", (*({"sha256": WRONG},) * 39, {"sha256": RIGHT})),
        ("subject by sha512", ({"sha512": digest("sha512")},)),
        ("subject by sha384", ({"sha384": digest("sha384")},)),
        ("subject by sha256 and sha512", ({"sha256": RIGHT, "sha512": digest("sha512")},)),
        ("digest in upper case", ({"sha256": RIGHT.upper()},)),
        ("subject with a gitCommit too", ({"gitCommit": "00" * 20, "sha256": RIGHT},)),
        ("gitCommit beside", ({"gitCommit": "00" * 20}, {"sha256": RIGHT}))):
    case(f"statement, {title}", VERIFIED, SUBJECT, dsse=True, statement=subjects(*digests))
for title, digests in (
        ("all subjects others", ({"sha256": WRONG}, {"sha512": digest("sha512", b"x")})),
        ("gitCommit only", ({"gitCommit": RIGHT},)), ("digest of no algorithm", ({},)),
        ("sha1 only", ({"sha1": digest("sha1")},)),
        ("sha256 cut short", ({"sha256": RIGHT[:-2]},)), ("sha256 is no hex",
         ({"sha256": "x" * 64},)),
        ("sha256 right, stronger one wrong",
         ({"sha256": RIGHT, "sha512": digest("sha512", b"x")},))):
    case(f"statement, {title}", "artifact", SUBJECT + "; the strongest decides", dsse=True,
         statement=subjects(*digests))
case("statement, subject without digest", "artifact", SUBJECT, dsse=True,
     statement=statement(subject=[{"name": "artifact"}]))
case("statement, name is the digest", "artifact", "in-toto Statement: never match by name",
     dsse=True, statement=statement(subject=[{"name": RIGHT, "digest": {"sha256": WRONG}}]))
case("statement without subjects", "artifact", STATEMENT, dsse=True,
     statement=statement(subject=[]))
case("statement with 1,025 subjects", "artifact", "sigstore-go's limits: 1,024", dsse=True,
     statement=subjects(*({"sha256": RIGHT},) * 1025))
case("statement with 1,024 subjects", VERIFIED, "sigstore-go's limits: 1,024", dsse=True,
     statement=subjects(*({"sha256": RIGHT},) * 1024))
case("statement, subject is no list", "artifact", STATEMENT, dsse=True,
     statement=statement(subject={"digest": {"sha256": RIGHT}}))
for title, payload in (
        ("no JSON", b"statement"), ("no bytes", b""), ("a list", b"[]"),
        ("with bytes behind", json.dumps(statement()).encode() + b"x"),
        ("with a member twice", json.dumps(statement()).encode().replace(
            b'"subject"', b'"subject": [], "subject"'))):
    case(f"payload {title}", "artifact", STATEMENT, dsse=True, payload=payload)
case("payload with blanks and an unknown member", VERIFIED, "in-toto Statement: bytes as they are",
     dsse=True, payload=json.dumps(statement(more=[1]), indent=3).encode() + b"\n")
